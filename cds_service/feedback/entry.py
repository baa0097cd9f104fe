"""One piece of feedback, as it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """What a clinician did with a card, and when (UTC).

    `accepted` holds ids of suggestions. `comment` is free text that may hold patient data: it is
    kept out of logs and of every representation of the entry.
    """

    card: str
    outcome: str
    outcome_at: datetime
    accepted: tuple[str, ...] = ()
    reason_system: str = ""
    reason_code: str = ""
    comment: str = ""

    def __repr__(self) -> str:
        """Name the card and the outcome only."""
        return f"Entry({self.card!r}, {self.outcome!r})"
