"""The store: cards that went out are noted in passing, feedback is kept before we say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from cds_service.clinical.card import Card
from cds_service.feedback.audit import DAYS as AUDIT_DAYS
from cds_service.feedback.audit import Event, Retention
from cds_service.feedback.comments import DAYS, Comments
from cds_service.feedback.database import Database, StoreDown, log_failure
from cds_service.feedback.entry import Entry
from cds_service.feedback.issuance import Issuance
from cds_service.feedback.spool import Spool
from cds_service.feedback.tables import FEEDBACK
from cds_service.feedback.waiting import Noted
from cds_service.feedback.writer import Writer

__all__ = ["Store", "StoreDown"]

MOST_WRITING: Final = 1
"""Threads that may write feedback: they write one after the other anyway, and a database that is
locked must not hold all threads, from which advice comes."""

_TURN_SECONDS: Final = 0.5


class Store:
    """Keeps cards and feedback in SQLite or PostgreSQL; safe for threads, drained at exit."""

    def __init__(
        self,
        database_url: str,
        capacity: int = 20_000,
        comment_days: int = DAYS,
        audit_days: int = AUDIT_DAYS,
        spool: Path | None = None,
    ) -> None:
        """Prepare; nothing is opened yet. SettingsError for a URL that cannot be used.

        `capacity` is how many things may wait to be noted, two for each answer; `comment_days` and
        `audit_days` are how long comments and audit records are kept. What waits stands in the
        folder `spool` as well; without one it is gone when the process is killed.
        """
        self._database = Database(database_url)
        self._comments = Comments(comment_days)
        self._retention = Retention(audit_days)
        self._spool = Spool(spool)
        self._writer = Writer(self._database, capacity, self._tidy, self._spool)
        self._issuance = Issuance(self._database)
        self._places = BoundedSemaphore(MOST_WRITING)

    @property
    def lost(self) -> int:
        """How many cards could not be noted since the start."""
        return self._writer.lost

    @property
    def audit(self) -> dict[str, object]:
        """Say whether the audit trail is being written, by this process and since its start."""
        writer = self._writer
        return {
            "written": writer.works,
            "waiting": writer.waiting,
            "lost": writer.unrecorded,
            "spooled": not self._spool.failing,
        }

    def open(self) -> bool:
        """Bring the database up to date; tell whether that worked, and log when it did not."""
        try:
            self._database.open()
            self._writer.recover()
        except StoreDown as error:
            log_failure("store cannot be opened", error)
            return False
        finally:
            self._database.let_go()  # no connection may live on in two processes after a fork
        return True

    def start(self) -> None:
        """Begin in a worker process, with what one before it left."""
        self._writer.start()

    def issued(
        self, cards: Sequence[Card], service: str, version: str, now: datetime, client: str = ""
    ) -> None:
        """Note the cards of an answer: put into a queue, never waiting, never failing."""
        self._writer.note(Noted(tuple(cards), service, version, now, client))

    def own(self, entries: Iterable[Entry], client: str) -> tuple[Entry, ...]:
        """Give what speaks of cards that this client got, waiting briefly for those just issued.

        StoreDown when that cannot be told now.
        """
        return self._issuance.own(entries, client)

    def record(self, event: Event) -> None:
        """Add to the audit trail: put into a queue, never waiting, never failing."""
        self._writer.record(event)

    def refuse(self, why: str, now: datetime) -> None:
        """Count a caller who was refused, for the audit trail."""
        self._writer.refuse(why, now)

    def add_feedback(self, entries: Iterable[Entry], now: datetime) -> int:
        """Keep all entries or none, durably; tell how many were new. StoreDown when it fails."""
        entries = tuple(map(self._comments.kept, entries))
        if not self._places.acquire(timeout=_TURN_SECONDS):
            raise StoreDown
        try:
            with self._database.begin() as connection:
                self._comments.expire(connection, now)
                return sum(self._is_new(connection, row_of(one, now)) for one in entries)
        except SQLAlchemyError as error:
            raise StoreDown from error
        finally:
            self._places.release()

    def reachable(self) -> bool:
        """Tell whether the store can be read now."""
        try:
            with self._database.begin() as connection:
                connection.execute(select(FEEDBACK.c.id).limit(1)).first()
        except (SQLAlchemyError, StoreDown):
            return False
        return True

    def close(self) -> None:
        """Write what is still to be noted, for a few seconds at most, and let go."""
        self._writer.close()
        self._database.let_go()

    def _tidy(self, connection: Connection, now: datetime, records: bool) -> None:
        """Remove what has been kept for long enough; of the trail where it is written anyway."""
        self._comments.expire(connection, now)
        if records:
            self._retention.expire(connection, now)

    def _is_new(self, connection: Connection, row: dict[str, Any]) -> bool:
        """Keep one entry; tell whether it was not there yet (PostgreSQL counts no rows here)."""
        insert = self._database.once(FEEDBACK).values(row).returning(FEEDBACK.c.id)
        return connection.execute(insert).first() is not None


def row_of(entry: Entry, now: datetime) -> dict[str, Any]:
    """Write the row of one entry."""
    return {
        "card": entry.card,
        "outcome": entry.outcome,
        "outcome_at": entry.outcome_at.astimezone(UTC),
        "accepted": list(entry.accepted),
        "reason_system": entry.reason_system,
        "reason_code": entry.reason_code,
        "comment": entry.comment,
        "received_at": now.astimezone(UTC),
    }
