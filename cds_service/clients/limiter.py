"""The limits of each client: requests a minute and requests at once, on one machine.

All workers of a service count together: they are forked from one process, and share a page of
memory for the rate and the locks of one file for the places. The system itself gives back the locks
of a process that dies. A service on several machines has these limits on each of them.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import mmap
import os
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from cds_service.clients.client import Client, Clients
from cds_service.errors import TooMany

MOST_AT_ONCE: Final = 256
MOST_A_MINUTE: Final = 1_000_000
BURST_SECONDS: Final = 10
"""A client that was quiet may send at once what it may send in this time."""

_DOUBLE: Final = 8


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places of a client, to be left when its request has been answered."""

    limiter: Limiter
    index: int
    number: int

    def leave(self) -> None:
        """Let the next request have it."""
        self.limiter.free(self.index, self.number)


class Limiter:
    """Counts the requests of each client; safe for threads, and for processes forked from it."""

    def __init__(self, clients: Clients, clock: Callable[[], float] = time.monotonic) -> None:
        """Count nothing yet. The clock must be one for all processes, as the monotonic one is."""
        self._index = {client.name: index for index, client in enumerate(clients.listed)}
        self._clock = clock
        self._file = _shared_file()
        weakref.finalize(self, os.close, self._file)
        size = _DOUBLE * max(1, len(clients.listed))
        os.ftruncate(self._file, size)
        self._due = memoryview(mmap.mmap(self._file, size)).cast("d")
        self._taken: list[set[int]] = [set() for _ in clients.listed]
        self._lock = Lock()

    def enter(self, client: Client) -> Place:
        """Count a request and give it a place; TooMany says when to come again."""
        index = self._index[client.name]
        interval = 60 / client.requests_per_minute
        self._count(index, interval, client.requests_per_minute)
        number = self._free_place(index, client.at_once)
        if number is None:
            self._move(index, -interval)
            raise TooMany(1)
        return Place(self, index, number)

    def uncount(self, client: Client) -> None:
        """Take back the count of a request that did not come from the client after all."""
        self._move(self._index[client.name], -60 / client.requests_per_minute)

    def free(self, index: int, number: int) -> None:
        """Give a place back."""
        with self._lock:
            self._taken[index].discard(number)
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(index, number))

    def _count(self, index: int, interval: float, a_minute: int) -> None:
        """Count a request by the time at which the next one is due (GCRA, a leaky bucket)."""
        burst = max(1, a_minute * BURST_SECONDS // 60)
        with self._alone(index):
            now = self._clock()
            due = max(self._due[index], now)
            early = due - now - interval * (burst - 1)
            if early > interval / 1000:  # less is the rounding of the clock
                raise TooMany(math.ceil(early))
            self._due[index] = due + interval

    def _move(self, index: int, seconds: float) -> None:
        """Move the time at which the next request is due."""
        with self._alone(index):
            self._due[index] += seconds

    @contextlib.contextmanager
    def _alone(self, index: int) -> Iterator[None]:
        """Keep other threads, and other processes, from the number of a client."""
        with self._lock:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, index)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, index)

    def _free_place(self, index: int, at_once: int) -> int | None:
        """Take the first place that neither this process nor another one has; None without."""
        taken = self._taken[index]
        with self._lock:
            for number in range(at_once):
                if number not in taken and self._try(_place(index, number)):
                    taken.add(number)
                    return number
        return None

    def _try(self, byte: int) -> bool:
        """Lock a byte of the file; locks are of processes, and may lie beyond its end."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError:
            return False
        return True


def _place(index: int, number: int) -> int:
    """Name the byte that stands for a place, far beyond those of the rates."""
    return (1 << 20) + index * MOST_AT_ONCE + number


def _shared_file() -> int:
    """Open a file without a name, in memory where the system can."""
    in_memory: Callable[[str], int] | None = getattr(os, "memfd_create", None)
    if in_memory is not None:
        return in_memory("limits")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
