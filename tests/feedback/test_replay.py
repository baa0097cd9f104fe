"""Used tokens: each is new once, for all threads and processes; what has expired goes."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import pytest

from cds_service.feedback.replay import Used, _Use
from cds_service.feedback.store import Store, StoreDown

NOW = 1_795_253_400.0
LATER = NOW + 300


def kept(url: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return connection.execute("SELECT token, until FROM used").fetchall()
    finally:
        connection.close()


def test_a_token_is_new_once_for_each_issuer(url: str) -> None:
    used = Used(url)
    assert used.first("a", "1", LATER, NOW)
    assert not used.first("a", "1", LATER, NOW)
    assert not used.first("a", "1", LATER + 60, NOW)
    assert used.first("b", "1", LATER, NOW)
    assert used.first("a1", "", LATER, NOW)
    assert used.first("", "a1", LATER, NOW)
    used.close()


def test_only_a_hash_is_kept(url: str) -> None:
    used = Used(url)
    used.first("https://ehr.example", "jti-1", LATER + 0.5, NOW)
    used.close()
    [(mark, until)] = kept(url)
    assert len(str(mark)) == 64
    assert until == LATER + 1


def test_what_has_expired_goes_once_a_minute(url: str) -> None:
    used = Used(url)
    used.first("a", "1", NOW + 10, NOW)
    used.first("a", "2", NOW + 100, NOW)
    used.first("a", "3", NOW + 100, NOW + 59)
    assert len(kept(url)) == 3
    used.first("a", "4", NOW + 300, NOW + 60)
    assert len(kept(url)) == 3
    assert not used.first("a", "2", NOW + 100, NOW + 60)
    used.close()


def test_it_survives_the_process(url: str) -> None:
    used = Used(url)
    assert used.first("a", "1", LATER, NOW)
    used.close()
    again = Used(url)
    assert not again.first("a", "1", LATER, NOW)
    again.close()


def test_a_database_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreDown):
        Used(f"sqlite:///{tmp_path}/file/cds.sqlite3").first("a", "1", LATER, NOW)
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreDown):
        Used(f"sqlite:///{broken}").first("a", "1", LATER, NOW)


def test_a_table_that_is_gone_is_told(url: str) -> None:
    used = Used(url)
    used.first("a", "1", LATER, NOW)
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("DROP TABLE used")
    connection.commit()
    connection.close()
    with pytest.raises(StoreDown):
        used.first("a", "2", LATER, NOW)
    used.close()


def race(url: str, tokens: int) -> list[str]:
    """Use each of some tokens, 500 times together, from several threads; name the new ones."""
    used = Used(url)
    names = [str(number % tokens) for number in range(500)]
    with ThreadPoolExecutor(5) as pool:
        found = pool.map(used.first, repeat("a"), names, repeat(LATER), repeat(NOW))
        new = [name for name, first in zip(names, found, strict=True) if first]
    used.close()
    return new


@pytest.mark.parametrize("tokens", [1, 20])
def test_of_a_thousand_uses_in_two_processes_one_each_is_new(url: str, tokens: int) -> None:
    Store(url).open()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        new = [name for names in pool.starmap(race, [(url, tokens)] * 2) for name in names]
    assert sorted(new, key=int) == [str(number) for number in range(tokens)]


@pytest.mark.parametrize("known", [True, False], ids=["opened before", "never opened"])
def test_while_the_database_is_locked_everybody_is_told_soon(
    url: str, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """One after the other, 40 threads would wait for most of a minute."""
    monkeypatch.setattr("cds_service.feedback.database.BRIEF_SECONDS", 0.2)
    used = Used(url)
    if known:
        used.first("a", "0", LATER, NOW)
    else:
        Path(url.removeprefix("sqlite:///")).parent.mkdir()
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")

    def told(number: int) -> float:
        begun = time.monotonic()
        with pytest.raises(StoreDown):
            used.first("a", str(number), LATER, NOW)
        return time.monotonic() - begun

    with ThreadPoolExecutor(40) as pool:
        waited = list(pool.map(told, range(1, 41)))
    holder.close()
    assert max(waited) < 3
    assert used.first("a", "1", LATER, NOW)
    used.close()


def test_a_database_that_hangs_holds_one_thread_and_no_other(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.feedback.replay.LONGEST_SECONDS", 0.2)
    used, hanging, entered = Used(url), threading.Event(), threading.Event()
    begin = used._database.begin

    def hang() -> object:
        entered.set()
        hanging.wait(10)
        return begin()

    with monkeypatch.context() as patched, ThreadPoolExecutor(9) as pool:
        patched.setattr(used._database, "begin", hang)
        slow = pool.submit(used.first, "a", "0", LATER, NOW)
        assert entered.wait(10)
        others = [pool.submit(used.first, "a", str(number), LATER, NOW) for number in range(1, 9)]
        for one in others:
            with pytest.raises(StoreDown):
                one.result(timeout=3)
        assert not slow.done()
        hanging.set()
        assert slow.result(timeout=10)
    assert used.first("a", "1", LATER, NOW)
    assert not used.first("a", "0", LATER, NOW)
    used.close()


def test_who_is_told_at_the_last_moment_gives_nothing_up(url: str) -> None:
    """Between the end of the wait and the lock the turn may have come."""
    used = Used(url)
    use = _Use("mark", 1)
    use.awake.set()
    used._give_up(use)
    use.awake.clear()
    with pytest.raises(StoreDown):
        used._give_up(use)
