"""JSON lines on standard output, with no more than the fields allowed here.

Our own messages are written as their templates, without arguments; of other libraries only logger,
level and place are. So nothing of a patient, a request or a token can get in.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from time import perf_counter
from traceback import walk_tb
from typing import Any, Final

import orjson
from flask import Flask, Response, g

ALLOWED: Final = frozenset(
    {"service", "hook", "status", "duration_ms", "cards", "fired", "version", "error", "where"}
    | {"count", "profile", "address", "clients", "client", "issuer", "tenant"}
    | {"scopes_missing", "audit"}
)
"""What a line may say besides time, level, logger and event."""

_OURS: Final = "cds_service"
_LOG: Final = logging.getLogger(__name__)


class Lines(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Keep what is allowed, drop the rest."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        if record.name.startswith(_OURS):
            line["event"] = str(record.msg)
        else:
            line["where"] = f"{record.module}:{record.lineno}"
        said = getattr(record, "said", {})
        line |= {name: value for name, value in said.items() if name in ALLOWED}
        if record.exc_info and record.exc_info[1] and "error" not in line:
            line |= blame(record.exc_info[1])
        return orjson.dumps(line).decode()


def configure(level: str) -> None:
    """Send all log lines to standard output; libraries only from warnings up."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Lines())
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # unused
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("cds_service").setLevel(level)


def say(log: logging.Logger, level: int, event: str, **said: object) -> None:
    """Write one line: a fixed event and fields of the allow-list."""
    if log.isEnabledFor(level):
        log.log(level, event, extra={"said": said})


def failed(log: logging.Logger, event: str, error: BaseException) -> None:
    """Write that something failed: the class of the error and where, never what it says."""
    say(log, logging.ERROR, event, **blame(error))


def blame(error: BaseException) -> dict[str, str]:
    """Name the class of an error and the last line of ours, or else of all, that it passed."""
    frames = [(f.f_globals.get("__name__", "?"), line) for f, line in walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame[0].startswith(_OURS)]
    module, line = (ours or frames or [("?", 0)])[-1]
    return {"error": type(error).__name__, "where": f"{module}:{line}"}


def note(**said: object) -> None:
    """Add fields to the line that is written when the present request has been answered."""
    g.said |= said


def install(app: Flask) -> None:
    """Write one line for each request that is answered."""

    @app.before_request
    def started() -> None:
        g.said = {}
        g.started = perf_counter()

    @app.after_request
    def answered(response: Response) -> Response:
        duration = round((perf_counter() - g.started) * 1000, 2)
        say(
            _LOG,
            logging.INFO,
            "answered",
            **g.said,
            status=response.status_code,
            duration_ms=duration,
        )
        return response
