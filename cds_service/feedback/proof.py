"""Reading the audit trail: whether the chain is whole, and what its records say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select, true
from sqlalchemy.exc import SQLAlchemyError

from cds_service.feedback.audit import EXPIRED, NOTHING, Link, hash_of
from cds_service.feedback.database import Database, StoreDown
from cds_service.feedback.tables import AUDIT, AUDIT_END


class Broken(NamedTuple):
    """What is wrong with one record."""

    number: int
    why: str


class Kept(NamedTuple):
    """One record, read, with its place in the chain."""

    number: int
    hash: str
    said: dict[str, Any]


@dataclass(slots=True)
class Verdict:
    """What came of walking along the whole chain.

    `seen` is the hash of the record that was asked for, if it is still there.
    """

    count: int = 0
    first: int = 0
    last: Link = field(default_factory=lambda: Link(0, NOTHING))
    seen: str = ""
    broken: list[Broken] = field(default_factory=list)


def verify(database: Database, number: int = 0) -> Verdict:
    """Walk along the chain, and note the hash of one record; StoreDown when it cannot be read.

    One statement reads records and end, so that a service that goes on writing disturbs nothing.
    """
    asked = (
        select(AUDIT, AUDIT_END.c.number.label("end"), AUDIT_END.c.hash.label("end_hash"))
        .select_from(AUDIT_END.outerjoin(AUDIT, true()))
        .order_by(AUDIT.c.number)
        .execution_options(yield_per=1000)
    )
    try:
        with database.begin() as connection:
            return _walk(connection.execute(asked), number)
    except SQLAlchemyError as error:
        raise StoreDown from error


def newest(database: Database, most: int) -> list[Kept]:
    """Read the newest records, the oldest of them first; StoreDown when they cannot be read."""
    asked = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(most)
    try:
        with database.begin() as connection:
            rows = connection.execute(asked).all()
    except SQLAlchemyError as error:
        raise StoreDown from error
    return [Kept(row.number, row.hash, _read(row.record)) for row in reversed(rows)]


def _walk(rows: Iterable[Row[Any]], number: int) -> Verdict:
    """Hold each record against the one before it, and the last one against the end."""
    found = Verdict()
    begins, end = NOTHING, None
    expired: dict[str, object] = {}
    for row in rows:
        end = Link(row.end, row.end_hash)
        if row.number is None:
            break
        if not found.count:
            found.first, begins = row.number, row.before
            found.last = Link(row.number - 1, row.before)
        found.broken += _wrong(row, found.last)
        said = _read(row.record)
        if said.get("kind") == EXPIRED:
            expired[str(said.get("through"))] = said.get("through_hash")
        found.seen = row.hash if row.number == number else found.seen
        found.last = Link(row.number, row.hash)
        found.count += 1
    if found.first > 1 and expired.get(str(found.first - 1)) != begins:
        found.broken.insert(0, Broken(found.first, "what was before it is gone, and not by age"))
    if found.first == 1 and begins != NOTHING:
        found.broken.insert(0, Broken(1, "it is not the first one of this chain"))
    if end != found.last:
        found.broken.append(Broken(found.last.number, "the chain does not end here"))
    return found


def _wrong(row: Row[Any], last: Link) -> Iterator[Broken]:
    """Say what is wrong with a record."""
    if row.number != last.number + 1:
        missing = row.number - last.number - 1
        yield Broken(row.number, f"{missing} before it are missing")
    elif row.before != last.hash:
        yield Broken(row.number, "it does not hold the hash of the one before it")
    if row.hash != hash_of(row.number, row.before, row.record):
        yield Broken(row.number, "it was changed")
    elif _read(row.record).get("at") != _written(row.at):
        yield Broken(row.number, "its time was changed")


def _read(record: str) -> dict[str, Any]:
    """Read the text of a record; one that was spoiled says nothing."""
    try:
        said = json.loads(record)
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}


def _written(at: datetime) -> str:
    """Write a time as records do; SQLite gives it back without its zone."""
    moment = at if at.tzinfo else at.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
