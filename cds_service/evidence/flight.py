"""One deadline over many requests: when it comes, every connection still in use is cut.

Timeouts of sockets run per read, so that a server which drips a byte now and then holds a thread
for ever. Here each connection in use is known by a second handle on its socket; at the deadline
these are shut down, the blocked reads end at once, and the threads are free.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from math import inf
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from cds_service.evidence.addresses import Reach

_MOST_ADDRESSES: Final = 4
_LEAST_SECONDS: Final = 0.001
_LOCK: Final = threading.Lock()
_NOW: Final = threading.local()


class Exchange:
    """One request and its answer, with second handles on the sockets that it uses."""

    def __init__(self, flight: Flight, *, fresh: bool = False) -> None:
        """Belong to a flight; `fresh` to take no connection that has served before."""
        self.flight = flight
        self.fresh = fresh
        self.reused = False
        self._held: list[tuple[Line, socket.socket]] = []

    def hold(self, line: Line, sock: socket.socket) -> None:
        """Take a connection for this exchange; shut it down at once when it is too late."""
        handle = socket.socket(fileno=os.dup(sock.fileno()))
        with _LOCK:
            line.exchange = self
            self._held.append((line, handle))
            if self.flight.over:
                self.shut()

    def shut(self) -> None:
        """End all traffic on connections that no other exchange has taken over since."""
        for line, handle in self._held:
            if line.exchange is self:
                with contextlib.suppress(OSError):  # the other side may have gone already
                    handle.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Close the second handles; the connections themselves may live on in their pool."""
        for _, handle in self._held:
            handle.close()


class Flight:
    """One gathering: its deadline, where its connections may lead, and the exchanges in the air.

    `room` is how many bytes all its answers may bring together, unpacked; each alone may stay
    below its own limit, and eighteen of them still be more than a worker has.
    """

    def __init__(self, seconds: float, reach: Reach, room: float = inf) -> None:
        """Start the clock."""
        self._room = room
        self.seconds = seconds
        self.begun = time.monotonic()
        self.ends = self.begun + seconds
        self.reach = reach
        self.over = False
        self._exchanges: set[Exchange] = set()

    def take(self, size: int) -> bool:
        """Take room for some bytes; tell whether there was any left."""
        with _LOCK:
            self._room -= size
            return self._room >= 0

    def remaining(self) -> float:
        """Give the seconds that are left; none after the flight was ended."""
        return 0.0 if self.over else self.ends - time.monotonic()

    @contextlib.contextmanager
    def exchange(self, *, fresh: bool = False) -> Iterator[Exchange]:
        """Count what this thread does on the network as part of the flight."""
        exchange = Exchange(self, fresh=fresh)
        with _LOCK:
            self._exchanges.add(exchange)
        _NOW.exchange = exchange
        try:
            yield exchange
        finally:
            _NOW.exchange = None
            with _LOCK:
                self._exchanges.discard(exchange)
                exchange.release()

    def end(self) -> None:
        """Cut what is still in the air; later connections of this flight are cut at birth."""
        with _LOCK:
            self.over = True
            for exchange in self._exchanges:
                exchange.shut()


def wants_fresh() -> bool:
    """Tell whether this thread must not take a connection that has served before."""
    exchange: Exchange = _NOW.exchange
    return exchange.fresh


class Line(HTTPConnection):
    """A connection that reports itself to the exchange of its thread; useless without one."""

    exchange: Exchange | None = None

    def _new_conn(self) -> socket.socket:
        """Look the name up once, and connect to what was found if all of it may be reached.

        The connection is then bound to its address: a name that leads elsewhere a moment later
        changes nothing. TLS still proves the name.
        """
        exchange: Exchange = _NOW.exchange
        try:
            found = socket.getaddrinfo(
                self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM
            )
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, _unknown(error)) from error
        if not all(exchange.flight.reach.allows(str(where[0])) for *_, where in found):
            raise NewConnectionError(self, "the name leads to an address that must not be reached")
        sock = self._first_of(found[:_MOST_ADDRESSES], exchange.flight)
        exchange.hold(self, sock)
        return sock

    def _first_of(self, found: list[Any], flight: Flight) -> socket.socket:
        """Connect to the first address that answers."""
        last: OSError | None = None
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(max(flight.remaining(), _LEAST_SECONDS))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.connect(address)
            except OSError as error:
                last = error
                sock.close()
            else:
                return sock
        if isinstance(last, TimeoutError):
            raise ConnectTimeoutError(self, "no connection in time") from last
        raise NewConnectionError(self, "no connection") from last

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request; a connection from the pool changes hands here."""
        if self.sock is not None:
            _NOW.exchange.reused = True
            _NOW.exchange.hold(self, self.sock)
        super().request(*args, **kwargs)


class TlsLine(Line, HTTPSConnection):
    """The same over TLS; the handshake is watched as well."""


def _unknown(error: Exception) -> socket.gaierror:
    """Say of a name that cannot even be asked for that it is not known."""
    return error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
