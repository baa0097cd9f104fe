"""The audit trail: one chain for all who write, whatever is done to it shows, nothing waits."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.card import Card
from cds_service.feedback.audit import NOTHING, Event, hash_of, text_of
from cds_service.feedback.database import Database, StoreDown
from cds_service.feedback.proof import Verdict, newest, verify
from cds_service.feedback.store import Store
from cds_service.feedback.waiting import Noted, Waiting, line_of, rows_of, thing_of
from cds_service.feedback.writer import Writer

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MakeCard = Callable[..., Card]


def event(number: int = 0, at: datetime = NOW) -> Event:
    return Event("call", at, {"client": "ehr", "number": number})


def proven(url: str, number: int = 0) -> Verdict:
    database = Database(url)
    try:
        return verify(database, number)
    finally:
        database.let_go()


def said(url: str) -> list[dict[str, Any]]:
    database = Database(url)
    try:
        return [one.said for one in newest(database, 1000)]
    finally:
        database.let_go()


def do(url: str, *statements: str) -> None:
    """Do something to the file itself."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def write(url: str, count: int = 5, at: datetime = NOW, **more: Any) -> None:
    store = Store(url, **more)
    for number in range(count):
        store.record(event(number, at))
    store.close()


def test_each_record_holds_the_hash_of_the_one_before_it(url: str) -> None:
    write(url, 3)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        rows = connection.execute(
            "SELECT number, before, record, hash FROM audit ORDER BY number"
        ).fetchall()
    before = NOTHING
    for place, (number, stands, record, seal) in enumerate(rows, 1):
        assert (number, stands) == (place, before)
        assert record == text_of(event(place - 1))
        assert seal == hash_of(number, before, record)
        before = seal
    found = proven(url, 2)
    assert (found.count, found.first, found.last) == (3, 1, (3, before))
    assert found.seen == rows[1][-1]
    assert not found.broken


def test_an_empty_trail_is_whole(url: str) -> None:
    found = proven(url)
    assert (found.count, found.broken) == (0, [])


SPOILED = {
    "a word changed": (
        "UPDATE audit SET record = replace(record, 'ehr', 'xyz') WHERE number = 3",
        3,
    ),
    "a text that is none": ("UPDATE audit SET record = '[' WHERE number = 3", 3),
    "a time changed": ("UPDATE audit SET at = '2026-11-20 09:30:00.000000' WHERE number = 3", 3),
    "a hash changed": ("UPDATE audit SET hash = 'x' WHERE number = 3", 3),
    "one removed": ("DELETE FROM audit WHERE number = 3", 4),
    "the first removed": ("DELETE FROM audit WHERE number = 1", 2),
    "the first two removed": ("DELETE FROM audit WHERE number < 3", 3),
    "the last removed": ("DELETE FROM audit WHERE number = 5", 4),
    "all removed": ("DELETE FROM audit", 0),
    "the end removed": ("DELETE FROM audit_end", 0),
    "the end moved": ("UPDATE audit_end SET number = 4", 5),
    "one put behind the end": (
        "INSERT INTO audit VALUES (6, '2026-11-21 09:30:00.000000', '{}', 'x', 'y')",
        6,
    ),
}


@pytest.mark.parametrize("case", SPOILED.values(), ids=SPOILED.keys())
def test_whatever_is_done_to_it_shows_and_where(url: str, case: tuple[str, int]) -> None:
    write(url)
    do(url, case[0])
    broken = proven(url).broken
    assert broken
    assert broken[0].number == case[1]


def test_two_that_change_places_show(url: str) -> None:
    write(url)
    do(
        url,
        "UPDATE audit SET number = 99 WHERE number = 2",
        "UPDATE audit SET number = 2 WHERE number = 3",
        "UPDATE audit SET number = 3 WHERE number = 99",
    )
    assert {one.number for one in proven(url).broken} >= {2, 3}


def test_a_new_end_after_a_cut_is_found_by_what_the_log_said(url: str) -> None:
    """Who can write to the database can also mend the end: a line kept elsewhere tells."""
    write(url)
    end = proven(url).last
    do(
        url,
        "DELETE FROM audit WHERE number > 3",
        "UPDATE audit_end SET (number, hash) = (SELECT number, hash FROM audit WHERE number = 3)",
    )
    found = proven(url, end.number)
    assert not found.broken
    assert not found.seen


def _rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute(query).fetchall()


def crowd(url: str) -> None:
    """Write from one process of several, in many commits."""
    store = Store(url)
    for number in range(40):
        store.record(event(number))
        if number % 8 == 0:
            time.sleep(0.25)
    store.close()
    assert store.audit == {"written": True, "waiting": 0, "lost": 0, "spooled": True}


def test_several_workers_write_one_whole_chain(url: str) -> None:
    Store(url).open()
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.map(crowd, [url] * 3)
    found = proven(url)
    assert (found.count, found.last.number, found.broken) == (120, 120, [])


def test_a_commit_tells_the_log_where_the_trail_ends(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "cds_service"):
        write(url)
    told = [record for record in caplog.records if record.msg == "audit trail"]
    end = proven(url).last
    assert told[-1].said == {"audit": f"{end.number}:{end.hash}"}  # type: ignore[attr-defined] # set by `extra`


def test_what_is_old_goes_and_the_rest_is_still_whole(url: str) -> None:
    write(url, 4, NOW - 40 * DAY)
    write(url, 2, NOW, audit_days=30)
    found = proven(url)
    assert (found.count, found.first, found.broken) == (3, 5, [])
    assert said(url)[-1]["kind"] == "expired"
    assert said(url)[-1]["through"] == 4


def test_what_expires_in_turn_leaves_its_own_trace(url: str) -> None:
    for days in (80, 40, 0):
        write(url, 2, NOW - days * DAY, audit_days=30)
    found = proven(url)
    assert (found.first, found.broken) == (6, [])
    assert [one["kind"] for one in said(url)] == ["call", "call", "expired"]


def test_a_removal_by_hand_is_no_expiry(url: str) -> None:
    write(url, 4, NOW - 40 * DAY)
    write(url, 3, NOW, audit_days=30)
    do(url, "DELETE FROM audit WHERE number = 5")
    assert proven(url).broken[0] == (6, "what was before it is gone, and not by age")


def test_without_a_bound_nothing_expires(url: str) -> None:
    write(url, 4, NOW - 40_000 * DAY)
    write(url, 2, NOW, audit_days=0)
    assert proven(url).count == 6


def test_old_records_are_looked_for_once_an_hour(url: str) -> None:
    store = Store(url, audit_days=30)
    write(url, 2, NOW - 40 * DAY)
    store._database.open()
    with store._database.begin() as connection:
        store._retention.expire(connection, NOW)
    write(url, 1, NOW - 40 * DAY)
    with store._database.begin() as connection:
        store._retention.expire(connection, NOW + timedelta(minutes=59))
    assert proven(url).count == 2
    store.close()


def test_refused_callers_are_counted_in_one_record(url: str) -> None:
    store = Store(url)
    for second in range(500):
        store.refuse("unauthorized", NOW + timedelta(seconds=second))
    store.refuse("too many", NOW + timedelta(seconds=500))
    store.close()
    [one] = said(url)
    assert (one["kind"], one["count"]) == ("refused", 501)
    assert one["why"] == {"too many": 1, "unauthorized": 500}
    assert one["since"].startswith("2026-11-21T09:30:00")


def test_refused_callers_are_told_of_in_time_while_nothing_else_happens(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.feedback.refusals.SECONDS", 0.1)
    store = Store(url)
    store.open()
    for _ in range(2):
        store.refuse("unauthorized", NOW)
        written = len(said(url))
        deadline = time.monotonic() + 10
        while len(said(url)) == written and time.monotonic() < deadline:
            time.sleep(0.02)
    assert [one["count"] for one in said(url)] == [1, 1]
    store.close()


def test_while_it_cannot_be_written_the_state_says_so(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.feedback.writer._RETRY_SECONDS", 0.01)
    folder = Path(url.removeprefix("sqlite:///")).parent
    folder.write_text("in the way", encoding="utf-8")
    store = Store(url)
    assert store.audit["written"] is True
    store.record(event())
    _until(lambda: store.audit["written"] is False)
    folder.unlink()
    _until(lambda: store.audit["written"] is True)
    store.close()
    assert proven(url).count == 1


def _until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not what() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert what()


def test_what_was_lost_is_counted_and_the_trail_itself_tells(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Writer._start
    monkeypatch.setattr(Writer, "_start", lambda _: None)
    store = Store(url, capacity=1)
    for number in range(3):
        store.record(event(number))
    assert store.audit == {"written": False, "waiting": 1, "lost": 2, "spooled": True}
    begun(store._writer)
    _until(lambda: store.audit["written"] is True)
    store.record(event(3))
    store.close()
    assert [(one["kind"], one.get("count")) for one in said(url)] == [
        ("lost", 2),
        ("call", None),
        ("call", None),
    ]


def test_a_trail_that_can_never_be_written_takes_no_card_with_it(url: str, card: MakeCard) -> None:
    store = Store(url)
    store.open()
    do(url, "DELETE FROM audit_end")
    store.issued([card("a")], "s", "v", NOW)
    store.record(event())
    store.close()
    assert _rows(url, "SELECT count(*) FROM issued") == [(1,)]
    assert store.audit == {"written": False, "waiting": 0, "lost": 1, "spooled": True}


def test_cards_that_can_never_be_written_take_no_record_with_them(url: str, card: MakeCard) -> None:
    store = Store(url)
    store.open()
    impossible = Card(None, "s", card().indicator, card().source)  # type: ignore[arg-type] # on purpose
    store.issued([impossible], "s", "v", NOW)
    store.record(event())
    store.close()
    assert (store.lost, proven(url).count) == (1, 1)


def test_a_trail_that_cannot_be_read_is_told(tmp_path: Path, url: str) -> None:
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    database = Database(f"sqlite:///{broken}")
    for ask in (verify, newest):
        with pytest.raises(StoreDown):
            ask(database, 1)
    write(url)
    do(url, "DROP TABLE audit")
    database = Database(url)
    for ask in (verify, newest):
        with pytest.raises(StoreDown):
            ask(database, 1)
    database.let_go()


def test_every_character_comes_back_from_every_database() -> None:
    text = text_of(Event("call", NOW, {"tenant": "é\x00\u202e\U0001f9b4"}))
    assert text.isascii()
    assert "\x00" not in text
    assert json.loads(text)["tenant"] == "é\x00\u202e\U0001f9b4"


WORKER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from cds_service.feedback.audit import Event
from cds_service.feedback.store import Store
store = Store(sys.argv[1], spool=Path(sys.argv[2]))
for number in range(60):
    store.record(Event("call", datetime.now(UTC), {"number": number}))
    print(number, flush=True)
    time.sleep(0.02)
"""


def killed_after(number: int, url: str, spool: Path) -> None:
    """Let a process record a number of events, and kill it then."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(spool)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == str(number):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait(timeout=10)
    process.stdout.close()


def test_what_a_killed_worker_recorded_is_written_by_the_next_one(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "spool"
    Store(url).open()
    killed_after(50, url, spool)
    before = proven(url)
    assert before.broken == []
    assert before.count < 51
    with caplog.at_level(logging.WARNING):
        Store(url, spool=spool).open()
    assert "spool recovered" in caplog.text
    assert proven(url).broken == []
    numbers = [one["number"] for one in said(url)]
    assert numbers[:51] == list(range(51))
    assert numbers[51:] in ([], [51])  # it may have come a little further
    assert list(spool.iterdir()) == []


def test_a_worker_recovers_when_it_begins(url: str, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    Store(url).open()
    killed_after(10, url, spool)
    store = Store(url, spool=spool)
    store.start()
    store.start()
    _until(lambda: not list(spool.glob("*.jsonl")))
    store.close()
    assert [one["number"] for one in said(url)][:11] == list(range(11))


def test_what_is_in_the_trail_already_is_not_written_again(url: str, tmp_path: Path) -> None:
    """A worker may die between the commit and the tidying of its file."""
    spool = tmp_path / "spool"
    spool.mkdir()
    write(url, 3)
    lines = [line_of(Waiting(event=event(number))) for number in (1, 2, 7)]
    (spool / "dead.jsonl").write_bytes(b"\n".join([*lines, b'{"rows": [], "ev']))
    Store(url, spool=spool).open()
    assert [one["number"] for one in said(url)] == [0, 1, 2, 7]
    assert proven(url).broken == []


def test_cards_of_a_killed_worker_are_noted_too(url: str, tmp_path: Path, card: MakeCard) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    one = card("a")
    line = line_of(Waiting(tuple(rows_of(Noted((one,), "s", "v", NOW, "ehr")))))
    (spool / "dead.jsonl").write_bytes(line + b"\n")
    Store(url, spool=spool).open()
    assert _rows(url, "SELECT card, issued_at FROM issued") == [
        (one.uuid, f"{NOW.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}")
    ]


def test_what_the_queue_has_no_room_for_is_written_from_the_spool(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Writer._start
    monkeypatch.setattr(Writer, "_start", lambda _: None)
    store = Store(url, capacity=1, spool=tmp_path / "spool")
    for number in range(5):
        store.record(event(number))
    begun(store._writer)
    _until(lambda: not list((tmp_path / "spool").glob("*.jsonl")))
    store.close()
    assert store.audit == {"written": True, "waiting": 0, "lost": 0, "spooled": True}
    assert sorted(one["number"] for one in said(url)) == list(range(5))


def test_a_store_that_is_down_at_the_end_loses_nothing(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.feedback.writer._RETRY_SECONDS", 0.01)
    folder = Path(url.removeprefix("sqlite:///")).parent
    folder.write_text("in the way", encoding="utf-8")
    spool = tmp_path / "spool"
    store = Store(url, spool=spool)
    store.record(event(1))
    _until(lambda: store.audit["written"] is False)
    store.close()
    assert store.audit["lost"] == 0
    assert Store(url, spool=spool).open() is False
    folder.unlink()
    assert Store(url, spool=spool).open() is True
    assert [one["number"] for one in said(url)] == [1]


def test_what_was_left_waits_for_a_store_that_cannot_be_written(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "dead.jsonl").write_bytes(line_of(Waiting(event=event(1))) + b"\n")
    store = Store(url, spool=spool)
    monkeypatch.setattr(store._writer, "_wrote", lambda _: False)
    store.open()
    monkeypatch.undo()
    assert [path.name for path in spool.iterdir()] == ["dead.jsonl"]
    store.record(event(2))
    store.close()
    assert sorted(one["number"] for one in said(url)) == [1, 2]


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b'{"rows": 1}', b'{"rows": [{}]}', b"\xff"])
def test_a_line_that_is_none_is_no_thing(line: bytes) -> None:
    assert thing_of(line) is None


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b'{"rows":[],"event":"x"}',
        b'{"rows":[],"event":{"kind":"call","at":"2026-01-01T00:00:00+00:00","said":[1]}}',
        b'{"rows":[],"event":{"kind":"call","at":"0001-01-01T00:00:00+14:00","said":{}}}',
        b'{"rows":[{"issued_at":"2026-01-01T00:00:00+00:00","card":"a"}],"event":null}',
    ],
)
def test_a_line_that_is_none_of_ours_stops_nothing_and_is_told(
    url: str, tmp_path: Path, line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as of another version: the service starts, and the lines beside it are written."""
    spool = tmp_path / "spool"
    spool.mkdir()
    ours = line_of(Waiting(event=event(1)))
    (spool / "dead.jsonl").write_bytes(line + b"\n" + ours + b"\n")
    assert Store(url, spool=spool).open() is True
    assert [one["number"] for one in said(url)] == [1]
    assert "spool lines not read" in caplog.text


def test_refused_callers_are_not_forgotten_over_what_was_left(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written stays in its file; the count of the refused stands in none."""
    spool = tmp_path / "spool"
    spool.mkdir()
    (spool / "dead.jsonl").write_bytes(line_of(Waiting(event=event(1))) + b"\n")
    store = Store(url, spool=spool)
    monkeypatch.setattr(store._writer, "_start", lambda: None)
    monkeypatch.setattr("cds_service.feedback.refusals.SECONDS", 0.0)
    monkeypatch.setattr(store._writer, "_wrote", lambda _: False)
    store.refuse("expired", NOW)
    store.open()
    monkeypatch.undo()
    store.start()
    store.close()
    assert [one["kind"] for one in said(url)].count("refused") == 1


def test_a_writer_whose_thread_has_ended_does_not_work(url: str) -> None:
    """Whatever ended it: readiness tells, so that somebody looks."""
    store = Store(url)
    store.start()
    thread = store._writer._thread
    assert thread is not None
    before = store.audit
    store._writer._queue.put(None)
    thread.join(timeout=10)
    assert (before["written"], store.audit["written"]) == (True, False)
    store.close()
