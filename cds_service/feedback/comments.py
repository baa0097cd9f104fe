"""Comments of clinicians: free text that may name a patient, so kept for some days at most."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, update

from cds_service.feedback.entry import Entry
from cds_service.feedback.tables import FEEDBACK

DAYS: Final = 90
_PAUSE: Final = timedelta(hours=1)


class Comments:
    """Keeps comments for some days; with none, not even for a moment."""

    def __init__(self, days: int) -> None:
        """Take for how many days."""
        self._age = timedelta(days=days)
        self._looked: datetime | None = None

    def kept(self, entry: Entry) -> Entry:
        """Give an entry as it may be kept."""
        return entry if self._age else replace(entry, comment="")

    def expire(self, connection: Connection, now: datetime) -> None:
        """Remove old comments, at most once an hour; the rest of their entries stays."""
        if self._looked is not None and abs(now - self._looked) < _PAUSE:
            return
        self._looked = now
        old = FEEDBACK.c.received_at < (now - self._age).astimezone(UTC)
        connection.execute(update(FEEDBACK).where(old, FEEDBACK.c.comment != "").values(comment=""))
