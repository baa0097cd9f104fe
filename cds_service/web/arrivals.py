"""Requests on their way: a thread is for a whole request, not for a client.

gunicorn gives a thread to each connection, and the thread waits for the bytes of a request: as many
clients as there are threads would silence the whole service by sending half a request each. Here
bytes are taken as they come, by one thread for all connections, and a request gets a thread of its
own when it is whole.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import selectors
import socket
import struct
import termios
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

import orjson
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped] # has no types

from cds_service.web.inbox import Held, Inbox
from cds_service.web.problems import ISSUES, outcome

_PIECE: Final = 256 << 10
_SEND_BUFFER: Final = 1 << 20
"""What the system takes of an answer though its client reads nothing of it."""

_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""The system has no room for another connection: gunicorn would end the worker."""

_MOST_UNTAKEN: Final = 64 << 10
_FAREWELL_SECONDS: Final = 2.0
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class Arrival:
    """A request on its way, since when, whether it is watched, and its sender was told to go on."""

    inbox: Inbox
    since: float
    watched: bool = False
    told: bool = False


class ArrivalWorker(ThreadWorker):  # type: ignore[misc] # gunicorn tells no types
    """Waits for whole requests by the poller, and for farewells too.

    `patience` is how many seconds a client may take to send a request; `largest` how many bytes a
    body may have, and `room` all requests together that are not answered yet.
    """

    patience: ClassVar[float] = 15.0
    largest: ClassVar[int] = 8 << 20
    room: ClassVar[int] = 64 << 20

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Know of no connection yet."""
        super().__init__(*args, **kwargs)
        self._arriving: dict[Any, Arrival] = {}
        self._leaving: dict[Any, float] = {}
        self._held = 0

    def accept(self, listener: Any) -> None:
        """Take a connection; where there is no room for more, in the place of the oldest."""
        if self.nr_conns + 1 >= self.worker_connections:
            self._make_place()
        try:
            super().accept(listener)
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self._make_place()  # the client waits until another one's file is closed

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Read the next request of a connection, unless its place was just given to another."""
        if client.fileno() >= 0:
            super().on_client_socket_readable(conn, client)

    def enqueue_req(self, conn: Any) -> None:
        """Wait for a whole request on a connection: new, kept alive, or with more bytes at once.

        Who asks again and again and takes no answer would hold a thread when the system has no more
        room for them.
        """
        if conn.parser is not None and _untaken(conn.sock) > _MOST_UNTAKEN:
            self._close(conn)
            return
        arrival = Arrival(Inbox(self.largest), time.monotonic())
        if conn.parser is None:
            with contextlib.suppress(OSError):  # it may be gone again
                conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        else:
            arrival.inbox.add(conn.parser.unreader.rest)
            self._held += len(arrival.inbox.held)
        conn.sock.setblocking(False)  # noqa: FBT003 - its only argument
        self._arriving[conn] = arrival
        if arrival.inbox.whole:
            self._hand_over(conn)
        else:
            self._receive(conn, conn.sock)

    def _receive(self, conn: Any, sock: Any) -> None:
        """Take what has come; a thread answers as soon as that is all.

        What the poller told of this connection may be older than the end of it: it may have given
        way to another one that was told of at the same time.
        """
        arrival = self._arriving.get(conn)
        if arrival is None:
            return
        inbox = arrival.inbox
        try:
            data = sock.recv(_PIECE)
        except BlockingIOError:
            self._watch(conn, arrival)
            return
        except OSError:
            data = b""
        inbox.add(data)
        self._held += len(data)
        if not inbox.held:
            self._drop(conn)
        elif inbox.whole:
            self._hand_over(conn)
        elif not data:
            self._break_off(conn)
        else:
            self._watch(conn, arrival)
        while self._held > self.room and self._arriving:
            self._drop_oldest()

    def _watch(self, conn: Any, arrival: Arrival) -> None:
        """Wait for more; who asks for leave to send it gets that once."""
        if not arrival.watched:
            arrival.watched = True
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))
        if arrival.inbox.asks and not arrival.told:
            arrival.told = True
            with contextlib.suppress(OSError):  # then it will be seen to have gone
                conn.sock.send(_CONTINUE)

    def _forget(self, conn: Any) -> Inbox:
        """Wait no more for a connection; give what has come by it."""
        arrival = self._arriving.pop(conn)
        if arrival.watched:
            self.poller.unregister(conn.sock)
        return arrival.inbox

    def _break_off(self, conn: Any) -> None:
        """Answer half a request, which needs no thread."""
        self._held -= len(self._forget(conn).held)
        with contextlib.suppress(OSError):  # the client has gone
            conn.sock.send(refusal(400, "Bad Request"))
        self._see_off(conn)

    def _hand_over(self, conn: Any) -> None:
        """Let a thread answer what has come; it takes room until it is answered."""
        inbox = self._forget(conn)
        conn.data_ready = True
        conn.init()
        if not isinstance(conn.parser.unreader, Held):
            conn.parser.unreader = Held()
        conn.parser.unreader.hold(inbox)
        self._answer(conn)

    def _answer(self, conn: Any) -> None:
        """Give a request to a thread."""
        super().enqueue_req(conn)

    def _drop(self, conn: Any) -> None:
        """Wait no more for a connection."""
        self._held -= len(self._forget(conn).held)
        self._close(conn)

    def _make_place(self) -> None:
        """Let one connection go: an idle one costs its client least, then one that is slow."""
        if self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self._close(conn)
        else:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        """Make room: honest requests are whole at once, so the oldest is a slow one."""
        conn = next(iter(self._arriving), None)
        if conn is not None:
            self._drop(conn)

    def _close(self, conn: Any) -> None:
        """Close a connection that gets no answer."""
        self.nr_conns -= 1
        conn.close()

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Keep a connection for its next request, or see it off.

        gunicorn would wait for the client's farewell here, two seconds long, with all others.
        """
        well = not fs.cancelled() and fs.exception() is None and fs.result()
        unreader = conn.parser.unreader
        self._held -= unreader.size
        unreader.release()
        if not well or unreader.last:
            self._see_off(conn)
        elif unreader.rest:
            self.enqueue_req(conn)
        else:
            super().finish_request(conn, fs)

    def _see_off(self, conn: Any) -> None:
        """Say that no more will be sent, and take what still comes: else the answer may be lost."""
        try:
            conn.sock.setblocking(False)  # noqa: FBT003 - its only argument
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._let_go, conn))
        except (OSError, ValueError):  # it has gone already
            self._close(conn)
            return
        self._leaving[conn] = time.monotonic()

    def _let_go(self, conn: Any, sock: Any) -> None:
        """Throw away what still comes, and close when nothing more will."""
        try:
            more = sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._end(conn)

    def _end(self, conn: Any) -> None:
        """Close a connection that was seen off."""
        del self._leaving[conn]
        self.poller.unregister(conn.sock)
        self._close(conn)

    def notify(self) -> None:
        """Tell gunicorn about once a second that this process lives, and wait for nobody too long.

        Half a request is told that it is none. At the end of a worker nobody is waited for longer
        than for a farewell.
        """
        super().notify()
        now = time.monotonic()
        patience = self.patience if self.alive else min(self.patience, _FAREWELL_SECONDS)
        while self._arriving:  # the oldest comes first
            conn, arrival = next(iter(self._arriving.items()))
            if now - arrival.since <= patience:
                break
            if arrival.inbox.held:
                self._break_off(conn)
            else:
                self._drop(conn)
        while self._leaving:
            conn, since = next(iter(self._leaving.items()))
            if now - since <= _FAREWELL_SECONDS:
                break
            self._end(conn)


def refusal(status: int, reason: str) -> bytes:
    """Write the answer to what is no HTTP request, without repeating any of it."""
    code, message = ISSUES.get(status, ("exception", "an internal error; it has been logged"))
    body = orjson.dumps(outcome(code, message))
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _untaken(sock: socket.socket) -> int:
    """Tell how many bytes of earlier answers a client has not taken yet; 0 where nobody knows."""
    try:
        told = fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4))
    except OSError:
        return 0
    return int(struct.unpack("i", told)[0])
