"""The worker process of gunicorn: more requests than there is time for, and what is no HTTP at all.

gunicorn's queue has no end: under more load than a worker can bear each answer would come a little
later than the one before it, until all come too late for the clinician who waits.
"""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Final

from gunicorn import util  # type: ignore[import-untyped] # has no types
from gunicorn.http import errors  # type: ignore[import-untyped] # has no types

from cds_service.web import logs
from cds_service.web.arrivals import ArrivalWorker, refusal
from cds_service.web.crowd import crowded

_LOG: Final = logging.getLogger(__name__)
_STATUSES: Final = {
    errors.LimitRequestLine: (414, "URI Too Long"),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
}
_TURNING_AWAY: Final = 2
_PLANNED: Final = 0.7
_SHARE: Final = 0.05
"""The weight of the last request in how long they usually take."""


class JsonWorker(ArrivalWorker):
    """Answers what is not even HTTP as all other errors are answered, without repeating it.

    A client may take twice its `patience` to take the answer. `longest` is how many seconds a
    request may wait for a thread: one that would wait longer, as requests go now, is told to come
    again, at once and by threads of their own. So is one for which there is none of the `places`
    for each thread. `number` is its own among the workers that are alive.
    """

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

    def _answer(self, conn: Any) -> None:
        """Give a request to a thread, if there is time for it."""
        if len(self._waiting) < self._room():
            self._waiting[conn] = time.monotonic()
            super()._answer(conn)
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

    def notify(self) -> None:
        """Tell gunicorn that this process lives, and let go who does not take the answer."""
        super().notify()
        now = time.monotonic()
        for conn, since in tuple(self._busy.items()):
            if now - since > 2 * self.patience:
                with contextlib.suppress(OSError):  # the client has gone already
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer by the kind of the error; gunicorn's own page is HTML and quotes the request."""
        del req, addr
        status, reason = _STATUSES.get(type(exc), (400, "Bad Request"))
        if not isinstance(exc, errors.ParseException):
            status, reason = 500, "Internal Server Error"
        logs.say(_LOG, logging.WARNING, "not answered", status=status, **logs.blame(exc))
        try:
            util.write_nonblock(client, refusal(status, reason))
        except OSError:  # the client has gone
            logs.say(_LOG, logging.DEBUG, "client gone")
