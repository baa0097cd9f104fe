"""No server can take all threads; whatever is handed in ends, once, or is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from functools import partial

import pytest

from cds_service.evidence.shares import Shares

THREADS = 8
SECONDS = 10
Made = Callable[[], Shares]


@pytest.fixture
def shares() -> Iterator[Shares]:
    """Share out eight threads."""
    pool = ThreadPoolExecutor(THREADS)
    yield Shares(pool, THREADS)
    pool.shutdown()


class Held:
    """Work that holds its thread until it is let go, and counts who has begun."""

    def __init__(self) -> None:
        """Hold."""
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)

    def __call__(self) -> None:
        """Hold one thread."""
        self.begun.release()
        self.go.wait(SECONDS)

    def started(self, number: int) -> bool:
        """Wait until so many have begun."""
        return all(self.begun.acquire(timeout=SECONDS) for _ in range(number))

    def nobody_else(self) -> bool:
        """Tell whether nobody more has begun."""
        return not self.begun.acquire(blocking=False)


def test_one_server_takes_three_quarters_and_others_start_at_once(shares: Shares) -> None:
    dead, well = Held(), Held()
    stuck = [shares.submit("dead", dead) for _ in range(500)]
    assert dead.started(6)
    quick = [shares.submit("well", well) for _ in range(2)]
    assert well.started(2)
    assert dead.nobody_else()
    well.go.set()
    wait(quick, SECONDS)
    assert [shares.submit("well", lambda: 7).result(SECONDS) for _ in range(20)] == [7] * 20
    for future in stuck:
        future.cancel()
    dead.go.set()
    wait(stuck, SECONDS)
    assert sum(future.cancelled() for future in stuck) == 494


def test_two_servers_leave_a_quarter_for_a_third(shares: Shares) -> None:
    """As work ends, those who hold more than a quarter do not get the last threads back."""
    first, second = Held(), Held()
    futures = [shares.submit("first", first) for _ in range(50)]
    assert first.started(6)
    futures += [shares.submit("second", second) for _ in range(50)]
    assert second.started(2)
    first.go.set()
    assert second.started(4)
    wait(futures[:50], SECONDS)
    assert shares.submit("third", lambda: 3).result(SECONDS) == 3
    second.go.set()
    wait(futures, SECONDS)


def test_rows_of_different_servers_go_in_turn() -> None:
    """A long row of one does not stand before the short one of another."""
    with ThreadPoolExecutor(1) as pool:
        shares, held, done = Shares(pool, 1), Held(), list[str]()
        shares.submit("a", held)
        assert held.started(1)
        rows = ("a", "a", "a", "b")
        futures = [shares.submit(whose, partial(done.append, whose)) for whose in rows]
        held.go.set()
        wait(futures, SECONDS)
    assert done.index("b") < 2


def test_what_was_cancelled_takes_no_thread(shares: Shares) -> None:
    held, ran = Held(), list[int]()
    futures = [shares.submit("a", held) for _ in range(6)]
    assert held.started(6)
    late = [shares.submit("a", lambda: ran.append(1)) for _ in range(100)]
    assert all(future.cancel() for future in late)
    held.go.set()
    wait(futures, SECONDS)
    assert shares.submit("a", lambda: "next").result(SECONDS) == "next"
    assert ran == []
    with pytest.raises(CancelledError):
        late[0].result()


def test_work_that_is_cancelled_on_its_way_gives_its_thread_back() -> None:
    """Between the hand-over to the pool and its start."""
    with ThreadPoolExecutor(1) as pool:
        shares, held = Shares(pool, 2), Held()
        first = shares.submit("a", held)
        assert held.started(1)
        second = shares.submit("b", lambda: None)  # taken by the pool, whose one thread is busy
        assert second.cancel()
        held.go.set()
        wait([first], SECONDS)
        assert shares.submit("b", lambda: 1).result(SECONDS) == 1
        assert not shares._waiting
        assert not shares._held


def test_an_error_goes_to_whoever_waits(shares: Shares) -> None:
    def wrong() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        shares.submit("a", wrong).result(SECONDS)
    assert shares.submit("a", lambda: 1).result(SECONDS) == 1


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 64])
def test_one_server_alone_always_gets_through(threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        shares = Shares(pool, threads)
        futures = [shares.submit("a", partial(abs, n)) for n in range(300)]
        assert [future.result(SECONDS) for future in futures] == list(range(300))
