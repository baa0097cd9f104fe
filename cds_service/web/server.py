"""gunicorn around the application (gthread: threads that wait for FHIR servers cost little)."""

from __future__ import annotations

import gc
import logging
import resource
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped] # has no types
from gunicorn.glogging import Logger  # type: ignore[import-untyped] # has no types

from cds_service.web import logs
from cds_service.web.metrics import METERING, forget
from cds_service.web.worker import JsonWorker

LARGEST_HEADER: Final = 20_480
"""Bytes of one header line: client tokens may have 16 KiB."""

BACKGROUND: Final = "background"
"""The name of the extension that starts threads: a fork takes none with it, so each worker does."""

_LARGE_ONES: Final = 4
"""How many of the largest requests a worker has room for, at least."""

_CONNECTIONS: Final = 1000
_FILES: Final = 4096
_OWN_FILES: Final = 256
"""Files that a worker may need beside its connections: FHIR servers, the store, the log."""

_LOG: Final = logging.getLogger(__name__)
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - heartbeats only, no data


class JsonLogger(Logger):  # type: ignore[misc] # gunicorn tells no types
    """Hands gunicorn's own lines to our log, whose format lets nothing of a request through."""

    def setup(self, cfg: Any) -> None:
        """Let the root logger write, instead of handlers of gunicorn's own."""
        self.error_log.propagate = True
        self.error_log.handlers[:] = []
        self.error_log.setLevel(cfg.loglevel.upper())
        self.access_log.disabled = True


class Server(BaseApplication):  # type: ignore[misc] # gunicorn tells no types
    """One application under gunicorn."""

    def __init__(self, build: Callable[[], Flask], options: dict[str, Any]) -> None:
        """Take how the application is built, and gunicorn's options."""
        self._build = build
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn its options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application and tell the garbage collector that it is here to stay.

        Scanning some hundred thousand objects again and again costs a heavy request a third.
        """
        app = self._build()
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        return app


def run(
    build: Callable[[], Flask],
    bind: str,
    workers: int,
    threads: int,
    largest: int = JsonWorker.largest,
) -> None:
    """Serve until a signal ends it: requests under way have eight seconds to finish.

    The application is built once, before the workers are forked, so that they share its memory.
    A body beyond the `largest` size is not waited for.
    """
    JsonWorker.largest = largest
    JsonWorker.room = max(JsonWorker.room, _LARGE_ONES * largest)
    options = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "worker_connections": _connections(),
        "worker_class": JsonWorker,
        "preload_app": True,
        "graceful_timeout": 8,
        "timeout": 60,
        "keepalive": 15,
        "limit_request_line": 4094,
        "limit_request_fields": 100,
        "limit_request_field_size": LARGEST_HEADER,
        "logger_class": JsonLogger,
        "loglevel": "warning",
        "worker_tmp_dir": str(_SHARED_MEMORY) if _SHARED_MEMORY.is_dir() else None,
        "control_socket_disable": True,
        "when_ready": _listening,
        "pre_fork": _numbered,
        "post_worker_init": _working,
        "worker_exit": _leaving,
        "child_exit": _gone,
        "on_exit": _stopped,
    }
    Server(build, options).run()


def _connections() -> int:
    """Tell how many connections a worker may have; open files are left for its own work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < _FILES:
        soft = _FILES if hard < 0 else min(hard, _FILES)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _CONNECTIONS if soft < 0 else max(min(_CONNECTIONS, soft - _OWN_FILES), _OWN_FILES)


def _listening(arbiter: Any) -> None:
    """Say where the service listens."""
    for listener in arbiter.LISTENERS:
        logs.say(_LOG, logging.INFO, "listening", address=str(listener))


def _numbered(arbiter: Any, worker: Any) -> None:
    """Give a worker the least number that no other one has who is alive."""
    taken = {other.number for other in arbiter.WORKERS.values()}
    worker.number = next(number for number in count() if number not in taken)


def _working(worker: Any) -> None:
    """Start what a worker does in the background."""
    start = worker.wsgi.extensions.get(BACKGROUND)
    if start is not None:
        start()
    meter = worker.wsgi.extensions.get(METERING)
    if meter is not None:
        meter.start(worker.number)


def _leaving(arbiter: Any, worker: Any) -> None:
    """Hand on the last numbers of a worker."""
    del arbiter
    app = getattr(worker, "wsgi", None)
    meter = app and app.extensions.get(METERING)
    if meter is not None:
        meter.stop()


def _gone(arbiter: Any, worker: Any) -> None:
    """Forget a worker that has ended, however it did."""
    del arbiter
    forget(worker.number)


def _stopped(arbiter: Any) -> None:
    """Say that the service has ended."""
    del arbiter
    logs.say(_LOG, logging.INFO, "stopped")
