"""The worker process of gunicorn: what is not even HTTP, and clients that never finish a request.

gunicorn's threads wait for the bytes of a request without end: as many clients as there are threads
would silence the whole service by sending half a request each.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from typing import Any, ClassVar, Final

import orjson
from gunicorn import util  # type: ignore[import-untyped] # has no types
from gunicorn.http import errors  # type: ignore[import-untyped] # has no types
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped] # has no types

from cds_service.web import logs
from cds_service.web.problems import ISSUES, outcome

_LOG: Final = logging.getLogger(__name__)
_STATUSES: Final = {
    errors.LimitRequestLine: (414, "URI Too Long"),
    errors.LimitRequestHeaders: (431, "Request Header Fields Too Large"),
}


class JsonWorker(ThreadWorker):  # type: ignore[misc] # gunicorn tells no types
    """Answers what is not even HTTP as all other errors are answered, without repeating it.

    `patience` is how many seconds a client may take to send a request, and again to take the
    answer. `number` is its own among the workers that are alive.
    """

    patience: ClassVar[float] = 15.0
    number = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Know of no connection yet."""
        super().__init__(*args, **kwargs)
        self._busy: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Handle one request, and know since when."""
        self._busy[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            del self._busy[conn]

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
