"""The audit trail: a chain of records, each with the hash of the one before it.

One chain for one database, whatever number of workers and replicas writes to it: a record that is
changed, moved, put in or taken out shows in `verify`, and so does the end when it is cut off. Each
worker with a chain of its own would need no lock, but then a whole chain could vanish unnoticed,
and no order would hold between them. The lock is one row (`audit_end`), held for one commit that
many answers share.

Who may write to the database may also write a whole new chain. So each commit says in the log
where the chain ends: hold `verify` against a line that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from cds_service.feedback.tables import AUDIT, AUDIT_END

DAYS: Final = 2190
NOTHING: Final = "0" * 64
"""What the first record holds in the place of a hash."""

EXPIRED: Final = "expired"
"""The kind of record that says up to where older ones were removed by age."""

_PAUSE: Final = timedelta(hours=1)


class Event(NamedTuple):
    """What is to be recorded: its kind, when it was, and what is said of it (plain JSON)."""

    kind: str
    at: datetime
    said: Mapping[str, Any]


class Link(NamedTuple):
    """One record as it stands in the database, or the end of the chain."""

    number: int
    hash: str


class Retention:
    """Removes records by age, the oldest first, and records that it did."""

    def __init__(self, days: int) -> None:
        """Take for how many days records are kept; 0 keeps them for ever."""
        self._age = timedelta(days=days)
        self._looked: datetime | None = None

    def expire(self, connection: Connection, now: datetime) -> None:
        """Remove old records, at most once an hour."""
        if not self._age or (self._looked is not None and abs(now - self._looked) < _PAUSE):
            return
        self._looked = now
        _take(connection, 0)
        young = AUDIT.c.at >= (now - self._age).astimezone(UTC)
        first = connection.scalar(select(func.min(AUDIT.c.number)))
        kept = connection.scalar(select(func.min(AUDIT.c.number)).where(young))
        if first is None or first == kept:
            return
        older = select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)
        if kept is not None:
            older = older.where(AUDIT.c.number < kept)
        last = Link(*connection.execute(older).one())
        said = {"through": last.number, "through_hash": last.hash}
        append(connection, [Event(EXPIRED, now, said)])
        connection.execute(delete(AUDIT).where(AUDIT.c.number <= last.number))


def append(connection: Connection, events: Sequence[Event]) -> Link:
    """Add records to the end of the chain, in the open transaction; tell where it ends now."""
    last = _take(connection, len(events))
    rows: list[dict[str, Any]] = []
    for event in events:
        record = text_of(event)
        number = last.number + 1
        row = {"number": number, "at": event.at.astimezone(UTC), "record": record}
        seal = hash_of(number, last.hash, record)
        rows.append(row | {"before": last.hash, "hash": seal})
        last = Link(number, seal)
    if rows:
        connection.execute(insert(AUDIT), rows)
    connection.execute(update(AUDIT_END).values(hash=last.hash))
    return last


def unwritten(connection: Connection, events: Sequence[Event]) -> list[Event]:
    """Leave out the events that stand in the trail already, word for word.

    The end of the trail is taken first: see `_take`.
    """
    _take(connection, 0)
    moments = [event.at.astimezone(UTC) for event in events]
    found = connection.scalars(select(AUDIT.c.record).where(AUDIT.c.at.in_(moments)))
    written = set(found)
    return [event for event in events if text_of(event) not in written]


def text_of(event: Event) -> str:
    """Write a record: plain ASCII, so that every database gives back the very same text."""
    at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps({"kind": event.kind, "at": at, **event.said}, separators=(",", ":"))


def hash_of(number: int, before: str, record: str) -> str:
    """Seal a record in its place."""
    return hashlib.sha256(f"{number}:{before}:{record}".encode()).hexdigest()


def _take(connection: Connection, count: int) -> Link:
    """Take the lock on the end of the chain, and room for new records; tell where it ended.

    The first statement of the transaction that touches the trail, so that in SQLite too nothing
    is read that another writer may change before the lock is had.
    """
    longer = update(AUDIT_END).values(number=AUDIT_END.c.number + count)
    found = connection.execute(longer.returning(AUDIT_END.c.number, AUDIT_END.c.hash)).one()
    return Link(found.number - count, found.hash)
