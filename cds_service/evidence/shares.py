"""The threads that all gatherings share: no server can hold so many that others have none."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from threading import Lock
from typing import Any, TypeVar

Brought = TypeVar("Brought")
_Waiting = deque[tuple[Future[Any], Callable[[], Any]]]


class Shares:
    """Hands work to a pool, and keeps its last quarter for servers that hold less than a quarter.

    One server alone may so use three quarters of the threads, and when it answers nobody, others
    still start at once. What finds no room waits in the order in which it came, each server's work
    in a row of its own; what was cancelled meanwhile takes no thread.
    """

    def __init__(self, pool: Executor, threads: int) -> None:
        """Share out the threads of a pool."""
        self._pool = pool
        self._free = threads
        self._quarter = max(threads // 4, 1)
        self._held: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, _Waiting] = {}
        self._lock = Lock()

    def submit(self, whose: Hashable, work: Callable[[], Brought]) -> Future[Brought]:
        """Hand in work for one server."""
        future: Future[Brought] = Future()
        with self._lock:
            self._waiting.setdefault(whose, deque()).append((future, work))
            self._start()
        return future

    def _start(self) -> None:
        """Start what there is room for, one piece of each server in turn."""
        while any(self._start_one(whose) for whose in tuple(self._waiting)):
            pass

    def _start_one(self, whose: Hashable) -> bool:
        """Start the next piece of work for one server, if it may have a thread."""
        row = self._waiting.pop(whose)
        while row and row[0][0].cancelled():
            row.popleft()[0].set_running_or_notify_cancel()
        room = self._free > (0 if self._held.get(whose, 0) < self._quarter else self._quarter)
        begins = bool(row) and room
        if begins:
            future, work = row.popleft()
            self._pool.submit(self._run, whose, future, work)
            self._free -= 1
            self._held[whose] += 1
        if row:
            self._waiting[whose] = row  # behind all others now
        return begins

    def _run(self, whose: Hashable, future: Future[Any], work: Callable[[], Any]) -> None:
        """Do a piece of work in a thread of the pool, and give the thread back."""
        try:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - as executors do: whoever waits gets it
                    future.set_exception(error)
        finally:
            with self._lock:
                self._free += 1
                self._held[whose] -= 1
                if not self._held[whose]:
                    del self._held[whose]
                self._start()
