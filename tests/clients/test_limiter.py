"""Limits of a client: so many a minute, so many at once, for all processes together."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable

import pytest

from cds_service.clients.client import Client, Clients
from cds_service.clients.limiter import Limiter, Place
from cds_service.errors import TooMany

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
FORKED = multiprocessing.get_context("fork")


class Clock:
    """A clock that a test sets."""

    now = 5000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def client(name: str = "ehr", a_minute: int = 60, at_once: int = 256) -> Client:
    issuer = f"https://{name}.example"
    return Client(name, issuer, (), requests_per_minute=a_minute, at_once=at_once)


def limiter(*clients: Client, clock: Callable[[], float] | None = None) -> Limiter:
    return Limiter(Clients(clients), clock or Clock())


def entered(one: Limiter, who: Client, times: int) -> int:
    """Count how many of these calls come in; each leaves at once."""
    found = 0
    for _ in range(times):
        try:
            one.enter(who).leave()
        except TooMany:
            continue
        found += 1
    return found


def test_after_a_pause_ten_seconds_worth_come_at_once_and_then_one_each_interval() -> None:
    who, clock = client(a_minute=60), Clock()
    one = limiter(who, clock=clock)
    assert entered(one, who, 15) == 10
    clock.now += 0.99
    assert entered(one, who, 1) == 0
    clock.now += 0.01
    assert entered(one, who, 2) == 1
    clock.now += 3600
    assert entered(one, who, 15) == 10


def test_a_slow_rate_still_lets_one_in() -> None:
    who, clock = client(a_minute=1), Clock()
    one = limiter(who, clock=clock)
    assert entered(one, who, 2) == 1
    with pytest.raises(TooMany) as raised:
        one.enter(who)
    assert raised.value.retry_after == 60
    clock.now += 59.5
    with pytest.raises(TooMany) as raised:
        one.enter(who)
    assert raised.value.retry_after == 1
    clock.now += 0.5
    assert entered(one, who, 2) == 1


def test_a_client_does_not_use_up_what_is_another_ones() -> None:
    first, second = client("first", at_once=1), client("second", at_once=1)
    one = limiter(first, second)
    place = one.enter(first)
    with pytest.raises(TooMany):
        one.enter(first)
    one.enter(second)
    place.leave()
    assert entered(one, second, 9) == 0
    assert entered(one, first, 12) == 9


def test_what_is_uncounted_did_not_count() -> None:
    who = client(a_minute=6)
    one = limiter(who)
    one.enter(who).leave()
    assert entered(one, who, 1) == 0
    one.uncount(who)
    assert entered(one, who, 2) == 1


def test_a_call_without_a_place_does_not_count() -> None:
    who = client(a_minute=12, at_once=1)
    one = limiter(who)
    place = one.enter(who)
    for _ in range(5):
        with pytest.raises(TooMany) as raised:
            one.enter(who)
        assert raised.value.retry_after == 1
    place.leave()
    assert entered(one, who, 3) == 1


def test_a_place_is_free_again_when_it_was_left_once_or_twice() -> None:
    who = client(a_minute=6000, at_once=2)
    one = limiter(who)
    first, second = one.enter(who), one.enter(who)
    assert (first.number, second.number) == (0, 1)
    first.leave()
    first.leave()
    assert one.enter(who).number == 0


def test_threads_count_together() -> None:
    who = client(a_minute=600)
    one = limiter(who)
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(entered(one, who, 50))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(found) == 100


def test_processes_count_together() -> None:
    who = client(a_minute=600)
    one = limiter(who)
    results = FORKED.SimpleQueue()
    workers = [FORKED.Process(target=lambda: results.put(entered(one, who, 80))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert results.get() + results.get() == 100


def test_the_places_of_a_process_that_is_killed_are_free_again() -> None:
    who = client(a_minute=6000, at_once=3)
    one = limiter(who)
    results = FORKED.SimpleQueue()

    def hold() -> None:
        results.put([one.enter(who).number for _ in range(3)])
        signal.pause()

    worker = FORKED.Process(target=hold)
    worker.start()
    assert results.get() == [0, 1, 2]
    with pytest.raises(TooMany):
        one.enter(who)
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    assert isinstance(one.enter(who), Place)


def test_it_counts_where_memory_has_no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    who = client(at_once=1)
    one = limiter(who)
    place = one.enter(who)
    with pytest.raises(TooMany):
        one.enter(who)
    place.leave()
    assert entered(one, who, 1) == 1
