"""More requests than a worker has time for: refused before anything is read of them.

The worker knows how many wait, the application how an error is answered; what passes between them
is one mark on the thread. Probes and metrics are answered all the same: an orchestrator that hears
nothing would end a worker that has too much to do already.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from flask import Flask, request

from cds_service.errors import Crowded

_CROWDED: Final = ContextVar("crowded", default=False)
_ALWAYS: Final = frozenset({"/healthz", "/readyz", "/metrics"})


@contextmanager
def crowded() -> Iterator[None]:
    """Mark that there is no time for what this thread handles."""
    token = _CROWDED.set(True)
    try:
        yield
    finally:
        _CROWDED.reset(token)


def install(app: Flask) -> None:
    """Refuse what there is no time for, with 503 and Retry-After."""

    @app.before_request
    def refuse() -> None:
        if _CROWDED.get() and request.path not in _ALWAYS:
            raise Crowded
