"""Callers who were refused: counted, not listed, so that a flood of them fills no disk."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from threading import Lock
from typing import Final

from cds_service.feedback.audit import Event

REFUSED: Final = "refused"
"""The kind of record that says how many callers were refused, why, and since when."""

SECONDS: Final = 60.0
"""How often they are told of, at most."""


class Refusals:
    """Counts until it is time to tell; safe for threads."""

    def __init__(self) -> None:
        """Know of none."""
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self._since: datetime | None = None
        self._last: datetime | None = None
        self._due: float | None = None

    def add(self, why: str, now: datetime) -> bool:
        """Count one; tell whether it is the first since they were last told of."""
        with self._lock:
            self._counts[why] += 1
            self._last = now
            if self._since is not None:
                return False
            self._since, self._due = now, time.monotonic() + SECONDS
            return True

    def due(self) -> float | None:
        """Tell in how many seconds it is time to tell; None when there is nothing to tell."""
        with self._lock:
            return None if self._due is None else max(self._due - time.monotonic(), 0.0)

    def told(self, *, at_once: bool) -> list[Event]:
        """Tell of all that were counted, if it is time, and begin anew."""
        with self._lock:
            if self._due is None or self._last is None or self._since is None:
                return []
            if not at_once and self._due > time.monotonic():
                return []
            since = self._since.astimezone(self._last.tzinfo).isoformat(timespec="seconds")
            count = self._counts.total()
            said = {"count": count, "why": dict(sorted(self._counts.items())), "since": since}
            event = Event(REFUSED, self._last, said)
            self._counts, self._since, self._due = Counter(), None, None
            return [event]
