"""The worker process of gunicorn: clients that never finish, more of them than there is time for.

gunicorn's threads wait for the bytes of a request without end: as many clients as there are threads
would silence the whole service by sending half a request each. And its queue has no end: under
more load than a worker can bear each answer would come a little later than the one before it, until
all come too late for the clinician who waits.
"""

from __future__ import annotations

import contextlib
import logging
import math
import selectors
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar, Final

import orjson
from gunicorn import util  # type: ignore[import-untyped] # has no types
from gunicorn.http import errors  # type: ignore[import-untyped] # has no types
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped] # has no types

from cds_service.web import logs
from cds_service.web.crowd import crowded
from cds_service.web.problems import ISSUES, outcome

_LOG: Final = logging.getLogger(__name__)
_STATUSES: Final = {
    errors.LimitRequestLine: (414, "URI Too Long"),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
}


_TURNING_AWAY: Final = 2
_PLANNED: Final = 0.7
_SHARE: Final = 0.05
"""The weight of the last request in how long they usually take."""


class JsonWorker(ThreadWorker):  # type: ignore[misc] # gunicorn tells no types
    """Answers what is not even HTTP as all other errors are answered, without repeating it.

    `patience` is how many seconds a client may take to send a request, and again to take the
    answer. `longest` is how many seconds a request may wait for a thread: one that would wait
    longer, as requests go now, is told to come again, at once and by threads of their own. So is
    one for which there is none of the `places` for each thread. `number` is its own among the
    workers that are alive.
    """

    patience: ClassVar[float] = 15.0
    longest: ClassVar[float] = 1.0
    places: ClassVar[int] = 6
    number = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Know of no connection yet."""
        super().__init__(*args, **kwargs)
        self._busy: dict[Any, float] = {}
        self._waiting: dict[Any, float] = {}
        self._usual = 0.0
        self._aside = ThreadPoolExecutor(_TURNING_AWAY, "turn-away")

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread once it has something to say, if there is room."""
        if not (conn.initialized or conn.data_ready):
            self._wait_for(conn)
        elif len(self._waiting) < self._room():
            self._waiting[conn] = time.monotonic()
            super().enqueue_req(conn)
        else:
            done = self._aside.submit(self._turn_away, conn)
            done.add_done_callback(
                lambda future: self.method_queue.defer(self.finish_request, conn, future)
            )

    def handle(self, conn: Any) -> Any:
        """Handle one request, and know since when; refuse one that has waited for too long."""
        now = time.monotonic()
        if now - self._waiting.pop(conn, now) > self.longest:
            return self._turn_away(conn)
        done = self._handle(conn)
        self._usual += _SHARE * (time.monotonic() - now - self._usual)
        return done

    def _room(self) -> float:
        """Tell how many may wait, so that none waits for too long: planned for most of that."""
        threads: int = self.cfg.threads
        in_time = threads * _PLANNED * self.longest / self._usual if self._usual else math.inf
        return min(max(in_time, threads), self.places * threads)

    def _turn_away(self, conn: Any) -> Any:
        """Handle a request for which there is no time: the application refuses it (`Crowded`)."""
        with crowded():
            return self._handle(conn)

    def _handle(self, conn: Any) -> Any:
        """Handle one request, and know since when."""
        self._busy[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._busy[conn]

    def _wait_for(self, conn: Any) -> None:
        """Let the poller wait for the first bytes: a silent client costs no thread."""
        conn.sock.settimeout(0)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(
            conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn)
        )

    def _cap_keepalive(self, deadline: float) -> None:
        """Let silent clients hold up the end no longer than those who were answered once."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def notify(self) -> None:
        """Tell gunicorn about once a second that this process lives, and cut who takes too long.

        Without its reading side a request ends where it is, and is answered as one that broke off;
        one that was read in time is not disturbed.
        """
        super().notify()
        now = time.monotonic()
        for conn, since in tuple(self._busy.items()):
            if now - since > self.patience:
                late = now - since > 2 * self.patience
                with contextlib.suppress(OSError):  # the client has gone already
                    conn.sock.shutdown(socket.SHUT_RDWR if late else socket.SHUT_RD)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer by the kind of the error; gunicorn's own page is HTML and quotes the request."""
        del req, addr
        status, reason = _STATUSES.get(type(exc), (400, "Bad Request"))
        if not isinstance(exc, errors.ParseException):
            status, reason = 500, "Internal Server Error"
        logs.say(_LOG, logging.WARNING, "not answered", status=status, **logs.blame(exc))
        code, message = ISSUES.get(status, ("exception", "an internal error; it has been logged"))
        body = orjson.dumps(outcome(code, message))
        head = (
            f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            util.write_nonblock(client, head.encode() + body)
        except OSError:  # the client has gone
            logs.say(_LOG, logging.DEBUG, "client gone")
