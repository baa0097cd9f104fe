"""The store: what is kept, what never blocks, what is told when it fails."""

from __future__ import annotations

import logging
import multiprocessing
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier, Event
from typing import Any
from unittest.mock import MagicMock, patch

import pytest
from sqlalchemy import Engine, inspect
from sqlalchemy.event import listen, remove

from cds_service.clinical.card import Card
from cds_service.errors import SettingsError
from cds_service.feedback.database import HEAD, engine_of, mark_of, upgrade
from cds_service.feedback.entry import Entry
from cds_service.feedback.store import MOST_WRITING, Store, StoreDown
from cds_service.feedback.tables import FEEDBACK, METADATA
from cds_service.feedback.writer import Batch, Writer

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MakeCard = Callable[..., Card]


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Ask the file itself."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_issued_cards_are_written_by_the_time_the_store_is_closed(
    store: Store, url: str, card: MakeCard
) -> None:
    cards = [card("coagulopathy_correctable", "coag_labs_missing"), card("allergy_cement")]
    zone = timezone(timedelta(hours=2))
    store.issued(cards, "vertebral-augmentation", "1.0", NOW.astimezone(zone))
    store.close()
    query = "SELECT card, service, rules, indicator, content_version, issued_at FROM issued"
    found = {row[0]: row[1:] for row in rows(url, query)}
    assert found[cards[0].uuid] == (
        "vertebral-augmentation",
        '["coagulopathy_correctable", "coag_labs_missing"]',
        "warning",
        "1.0",
        "2026-11-21 09:30:00.000000",
    )
    assert set(found) == {one.uuid for one in cards}
    assert store.lost == 0


def test_no_thread_starts_before_the_first_card(store: Store) -> None:
    store.open()
    store.issued([], "vertebral-augmentation", "1.0", NOW)
    assert store._writer._thread is None


def test_a_process_that_ends_has_written_its_cards(url: str) -> None:
    """The writer is a daemon; without the drain at exit its cards would be gone."""
    script = f"""
from datetime import UTC, datetime
from cds_service.clinical.card import Card, Indicator, Source
from cds_service.feedback.store import Store
store = Store({url!r})
for number in range(300):
    card = Card(str(number), "s", Indicator.INFO, Source("l"))
    store.issued([card], "s", "v", datetime.now(UTC))
"""
    subprocess.run([sys.executable, "-c", script], check=True)
    assert rows(url, "SELECT count(*) FROM issued") == [(300,)]


def test_a_full_queue_is_counted_and_logged_and_blocks_nobody(
    url: str, card: MakeCard, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Writer, "_start", lambda _: None)
    store = Store(url, capacity=1)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            store.issued([card("a"), card("b")], "s", "v", NOW)
    assert store.lost == 4
    assert [record.said["count"] for record in caplog.records] == [2, 2]  # type: ignore[attr-defined] # set by `extra`


def test_cards_wait_for_a_store_that_is_down(
    url: str, card: MakeCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer tries again until the store is back."""
    monkeypatch.setattr("cds_service.feedback.writer._RETRY_SECONDS", 0.01)
    folder = Path(url.removeprefix("sqlite:///")).parent
    folder.write_text("in the way", encoding="utf-8")
    store = Store(url)
    assert store.open() is False
    assert store.reachable() is False
    store.issued([card("a")], "s", "v", NOW)
    folder.unlink()
    assert store.reachable() is True
    deadline = time.monotonic() + 10
    while not rows(url, "SELECT 1 FROM issued") and time.monotonic() < deadline:
        time.sleep(0.01)
    store.close()
    assert rows(url, "SELECT count(*) FROM issued") == [(1,)]


def test_a_store_that_stays_down_loses_cards_and_says_how_many(
    url: str, card: MakeCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.feedback.writer._RETRY_SECONDS", 0.01)
    Path(url.removeprefix("sqlite:///")).parent.write_text("in the way", encoding="utf-8")
    store = Store(url)
    store.issued([card("a"), card("b")], "s", "v", NOW)
    store.close()
    assert store.lost == 2


def test_the_same_card_twice_spoils_no_other(store: Store, url: str, card: MakeCard) -> None:
    first, second = card("a"), card("b")
    store.issued([first, first, second], "s", "v", NOW)
    store.close()
    assert rows(url, "SELECT count(*) FROM issued") == [(2,)]


def test_feedback_is_kept_once_for_card_outcome_and_moment(store: Store, url: str) -> None:
    """Conformance 13.7: idempotent for the same (card, outcome, timestamp)."""
    entry = Entry("c1", "overridden", NOW, (), "urn:x", "other", "no")
    later = Entry("c1", "overridden", NOW + timedelta(milliseconds=1))
    accepted = Entry("c1", "accepted", NOW, ("s1", "s2"))
    assert store.add_feedback([entry, entry, accepted], NOW) == 2
    assert store.add_feedback([entry, later], NOW) == 1
    query = (
        "SELECT outcome, accepted, reason_system, reason_code, comment, outcome_at FROM feedback"
    )
    assert rows(url, query) == [
        ("overridden", "[]", "urn:x", "other", "no", "2026-11-21 09:30:00.000000"),
        ("accepted", '["s1", "s2"]', "", "", "", "2026-11-21 09:30:00.000000"),
        ("overridden", "[]", "", "", "", "2026-11-21 09:30:00.001000"),
    ]


def test_one_moment_is_one_moment_in_every_zone(store: Store) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    assert store.add_feedback([Entry("c1", "accepted", NOW, ("s",))], NOW) == 1
    assert store.add_feedback([Entry("c1", "accepted", NOW.astimezone(zone), ("s",))], NOW) == 0


def test_feedback_is_kept_wholly_or_not_at_all(store: Store, url: str) -> None:
    store.open()
    broken = Entry("c2", None, NOW)  # type: ignore[arg-type] # breaks a rule of the table
    with pytest.raises(StoreDown):
        store.add_feedback([Entry("c1", "accepted", NOW, ("s",)), broken], NOW)
    assert rows(url, "SELECT count(*) FROM feedback") == [(0,)]


@contextmanager
def full_disk() -> Iterator[None]:
    """Leave no room to databases that are opened now: SQLite says "database or disk is full"."""

    def bound(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        cursor.close()

    listen(Engine, "connect", bound)
    yield
    remove(Engine, "connect", bound)


def test_a_full_disk_refuses_feedback_wholly_and_loses_nothing(url: str) -> None:
    """Field notes 5.2: nothing is kept by halves, and what was acknowledged stays."""
    before = Store(url)
    before.open()
    assert before.add_feedback([Entry("first", "accepted", NOW, ("s",))], NOW) == 1
    before.close()
    long = [Entry(f"c{n}", "overridden", NOW, (), "urn:x", "y", "x" * 2000) for n in range(99)]
    with full_disk():
        store = Store(url)
        with pytest.raises(StoreDown):
            store.add_feedback(long, NOW)
        store.close()
    assert rows(url, "SELECT card FROM feedback") == [("first",)]
    after = Store(url)
    assert after.add_feedback(long, NOW) == 99
    after.close()


def test_feedback_to_a_store_that_is_down_is_an_error_of_its_own(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).parent.write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreDown):
        Store(url).add_feedback([Entry("c1", "accepted", NOW, ("s",))], NOW)


def test_a_comment_is_in_no_representation() -> None:
    assert "Mrs Smith" not in repr(Entry("c1", "overridden", NOW, comment="Mrs Smith is well"))


def test_the_steps_make_the_tables_that_the_store_uses(url: str) -> None:
    engine = engine_of(url)
    upgrade(engine)
    found = inspect(engine)
    for table in METADATA.sorted_tables:
        made = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert made == {column.name: column.nullable for column in table.columns}
    assert rows(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    engine.dispose()


def test_the_last_step_is_the_one_named_head() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import cds_service.feedback.migrations as steps

    config = Config()
    config.set_main_option("script_location", str(Path(steps.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_the_steps_can_be_taken_back(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    import cds_service.feedback.migrations as steps

    engine = engine_of(url)
    upgrade(engine)
    config = Config()
    config.set_main_option("script_location", str(Path(steps.__file__).parent))
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def open_store(url: str) -> bool:
    """Open a store in a process of its own."""
    return Store(url).open()


def test_several_workers_may_start_at_once(url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        assert pool.map(open_store, [url] * 4) == [True] * 4
    assert rows(url, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_a_known_database_is_opened_without_alembic(url: str) -> None:
    """Loading Alembic would be half of a start."""
    assert open_store(url)
    script = (
        "import sys; from cds_service.feedback.store import Store; "
        f"assert Store({url!r}).open(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("url", ["postgresql+nosuchdriver://db/cds", "postgresql://db:port/cds"])
def test_a_url_that_cannot_be_used_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="CDS_DATABASE_URL: cannot be used"):
        Store(url)


def test_what_can_never_be_written_holds_up_nobody(
    store: Store, url: str, card: MakeCard, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that breaks a rule of the table is lost and counted, not tried for ever."""
    store.open()
    impossible = Card(None, "s", card().indicator, card().source)  # type: ignore[arg-type] # on purpose
    store.issued([impossible], "s", "v", NOW)
    deadline = time.monotonic() + 10
    while not store.lost and time.monotonic() < deadline:
        time.sleep(0.01)
    store.issued([card("a")], "s", "v", NOW)
    store.close()
    assert store.lost == 1
    assert rows(url, "SELECT count(*) FROM issued") == [(1,)]
    assert "cards not noted" in caplog.text


def test_after_the_end_nothing_is_taken(store: Store, card: MakeCard) -> None:
    store.issued([card("a")], "s", "v", NOW)
    store.close()
    store.issued([card("b")], "s", "v", NOW)
    assert store._writer._queue.empty()


def test_postgresql_is_asked_in_its_own_words() -> None:
    """One process takes the lock, the same feedback again is no news."""
    from sqlalchemy.dialects import postgresql

    store = Store("postgresql+psycopg://cds@127.0.0.1:1/cds")
    dialect: Any = postgresql.dialect
    written = str(store._database.once(FEEDBACK).compile(dialect=dialect()))
    assert written.endswith("ON CONFLICT DO NOTHING")
    assert store.open() is False
    assert store.reachable() is False


def test_of_several_postgresql_processes_one_makes_the_steps() -> None:
    engine = MagicMock()
    engine.dialect.name = "postgresql"
    connection = engine.connect.return_value.__enter__.return_value
    connection.exec_driver_sql.return_value.scalar.return_value = None
    with patch("cds_service.feedback.database._make_steps") as steps:
        upgrade(engine)
    asked = [call.args[0] for call in connection.exec_driver_sql.call_args_list]
    assert asked[-1].startswith("SELECT pg_advisory_xact_lock(")
    steps.assert_called_once_with(connection)
    connection.commit.assert_called_once_with()


def test_a_queue_that_stays_full_does_not_hold_up_the_end(
    url: str, card: MakeCard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Even where the database hangs, a worker ends within seconds."""
    monkeypatch.setattr("cds_service.feedback.writer._RETRY_SECONDS", 0.01)
    monkeypatch.setattr("cds_service.feedback.writer._DRAIN_SECONDS", 0.01)
    hanging, taken = Event(), Event()

    def hang(*_: object) -> bool:
        taken.set()
        return hanging.wait(10)

    monkeypatch.setattr(Writer, "_wrote", hang)
    store = Store(url, capacity=1)
    store.issued([card("a")], "s", "v", NOW)
    assert taken.wait(10)
    store.issued([card("b")], "s", "v", NOW)
    store.close()
    assert "store not drained" in caplog.text
    hanging.set()


def test_answers_in_quick_succession_share_a_commit(
    url: str, card: MakeCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit for each answer cost more than a quarter of a millisecond and a disk write."""
    groups: list[int] = []

    def count(batch: Batch) -> bool:
        groups.append(len(batch.rows))
        batch.rows = []
        return True

    store = Store(url)
    monkeypatch.setattr(store._writer, "_wrote", count)
    for _ in range(50):
        store.issued([card("a")], "s", "v", NOW)
    store.close()
    assert groups == [50]


def test_the_end_does_not_wait_for_more_answers(
    url: str, card: MakeCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.feedback.writer._LINGER_SECONDS", 60.0)
    store = Store(url)
    store.issued([card("a")], "s", "v", NOW)
    begun = time.monotonic()
    store.close()
    assert time.monotonic() - begun < 4  # less than the drain would be given
    assert rows(url, "SELECT count(*) FROM issued") == [(1,)]


def test_threads_that_wait_for_the_opening_share_what_comes_of_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, eight would wait for the lock eight times as long."""
    monkeypatch.setattr("cds_service.feedback.database.PATIENCE_SECONDS", 0.5)
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    store = Store(url)

    def keep(number: int) -> float:
        begun = time.monotonic()
        with pytest.raises(StoreDown):
            store.add_feedback([Entry(str(number), "accepted", NOW, ("s",))], NOW)
        return time.monotonic() - begun

    with ThreadPoolExecutor(8) as pool:
        waited = list(pool.map(keep, range(8)))
    holder.close()
    assert max(waited) < 3
    assert store.add_feedback([Entry("1", "accepted", NOW, ("s",))], NOW) == 1
    store.close()


def test_several_databases_may_be_opened_at_once(tmp_path: Path) -> None:
    """What Alembic works with is one for the whole process."""
    together = Barrier(6)

    def opened(number: int) -> bool:
        store = Store(f"sqlite:///{tmp_path}/{number}.sqlite3")
        together.wait()
        return store.open()

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(opened, range(6))) == [True] * 6


def test_few_threads_wait_for_a_database_that_is_locked(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are told at once to come again; advice needs them."""
    monkeypatch.setattr("cds_service.feedback.store._TURN_SECONDS", 0.0)
    store = Store(url)
    store.open()
    for _ in range(MOST_WRITING):
        assert store._places.acquire(blocking=False)
    with pytest.raises(StoreDown):
        store.add_feedback([], NOW)
    store._places.release()
    assert store.add_feedback([], NOW) == 0
    store.close()


def test_each_database_has_a_name_of_its_own() -> None:
    """What waits for one must not be written to another."""
    one = mark_of("postgresql+psycopg://cds:first@store/cds")
    assert mark_of("postgresql+psycopg://cds:second@store/cds") == one
    assert mark_of("postgresql+psycopg://cds:first@other/cds") != one
    assert mark_of("postgresql+psycopg://cds:first@store/test") != one
    here = mark_of("sqlite:///var/cds.sqlite3")
    assert mark_of(f"sqlite:///{Path.cwd()}/var/cds.sqlite3") == here
    assert mark_of("sqlite:///var/test.sqlite3") != here
    assert "first" not in one
