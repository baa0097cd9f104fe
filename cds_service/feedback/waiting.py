"""What waits to be written: cards that went out and audit records, also as a line of the spool."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from cds_service.clinical.card import Card
from cds_service.feedback.audit import Event
from cds_service.feedback.spool import Segment
from cds_service.feedback.tables import ISSUED


class Noted(NamedTuple):
    """One answer that went out."""

    cards: tuple[Card, ...]
    service: str
    version: str
    at: datetime
    client: str


class Waiting(NamedTuple):
    """What is to be written: the rows of cards or an event, and the file in which it stands too."""

    rows: tuple[dict[str, Any], ...] = ()
    event: Event | None = None
    segment: Segment | None = None


def rows_of(noted: Noted) -> Iterator[dict[str, Any]]:
    """Write the rows of one answer."""
    for card in noted.cards:
        yield {
            "card": card.uuid,
            "service": noted.service,
            "rules": list(card.rules),
            "indicator": str(card.indicator),
            "content_version": noted.version,
            "issued_at": noted.at.astimezone(UTC),
            "client": noted.client,
            "suggestions": [one.uuid for one in card.suggestions],
        }


def line_of(thing: Waiting) -> bytes:
    """Write what waits as one line of JSON."""
    return orjson.dumps(
        {"rows": thing.rows, "event": thing.event._asdict() if thing.event else None}
    )


def thing_of(line: bytes) -> Waiting | None:
    """Read such a line; None for half a line, whose answer never went out, or another text."""
    try:
        read = orjson.loads(line)
        rows = [
            {name: row[name] for name in ISSUED.c.keys()}  # noqa: SIM118 - columns are no dictionary
            | {"issued_at": _moment(row["issued_at"])}
            for row in read["rows"]
        ]
        event = read["event"]
        known = event and Event(str(event["kind"]), _moment(event["at"]), dict(event["said"]))
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return Waiting(tuple(rows), known)


def _moment(written: str) -> datetime:
    """Read a moment as it is written to a line."""
    return datetime.fromisoformat(written).astimezone(UTC)
