"""The store: cards that went out are noted in passing, feedback is kept before we say so."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from cds_service.clinical.card import Card
from cds_service.errors import CdsError
from cds_service.feedback.database import engine_of, upgrade
from cds_service.feedback.entry import Entry
from cds_service.feedback.tables import FEEDBACK, ISSUED

_LOG: Final = logging.getLogger(__name__)
_GROUP: Final = 500
_RETRY_SECONDS: Final = 1.0
_DRAIN_SECONDS: Final = 5.0


class StoreDown(CdsError):  # noqa: N818 - named as the errors in errors.py are
    """Nothing could be kept; the caller may try again later."""


class Noted(NamedTuple):
    """One answer that went out."""

    cards: tuple[Card, ...]
    service: str
    version: str
    at: datetime


class Store:
    """Keeps cards and feedback in SQLite or PostgreSQL; safe for threads, closed at exit.

    The writer thread starts with the first card, so that it lives in the worker process that
    serves, not in the parent that forked it. `lost` counts cards that could not be noted.
    """

    def __init__(self, database_url: str, capacity: int = 10_000) -> None:
        """Prepare; nothing is opened yet. SettingsError for a URL that cannot be used."""
        self.lost = 0
        self._engine = engine_of(database_url)
        dialect: Any = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert
        self._queue: Queue[Noted | None] = Queue(capacity)
        self._lock = Lock()
        self._closing = Event()
        self._writer: Thread | None = None
        self._is_open = False

    def open(self) -> bool:
        """Bring the database up to date; tell whether that worked, and log when it did not."""
        try:
            self._opened()
        except StoreDown as error:
            self._log_failure("store cannot be opened", error)
            return False
        finally:
            self._engine.dispose()  # no connection may live on in two processes after a fork
        return True

    def issued(self, cards: Sequence[Card], service: str, version: str, now: datetime) -> None:
        """Note the cards of an answer: put into a queue, never waiting, never failing."""
        if not cards or self._closing.is_set():
            return
        if self._writer is None:
            self._start()
        try:
            self._queue.put_nowait(Noted(tuple(cards), service, version, now))
        except Full:
            self._lose(len(cards), "queue full")

    def add_feedback(self, entries: Iterable[Entry], now: datetime) -> int:
        """Keep all entries or none, durably; tell how many were new. StoreDown when it fails."""
        entries = tuple(entries)
        try:
            self._opened()
            with self._engine.begin() as connection:
                return sum(self._is_new(connection, _feedback_row(one, now)) for one in entries)
        except SQLAlchemyError as error:
            raise StoreDown from error

    def reachable(self) -> bool:
        """Tell whether the store can be read now."""
        try:
            self._opened()
            with self._engine.connect() as connection:
                connection.execute(select(FEEDBACK.c.id).limit(1)).first()
        except (SQLAlchemyError, StoreDown):
            return False
        return True

    def close(self) -> None:
        """Write what is still in the queue, for a few seconds at most."""
        self._closing.set()
        if self._writer is not None and self._writer.is_alive():
            try:
                self._queue.put(None, timeout=_RETRY_SECONDS)
            except Full:
                self._log_failure("store not drained", None)
            self._writer.join(_DRAIN_SECONDS)
        atexit.unregister(self.close)
        self._engine.dispose()

    def _opened(self) -> None:
        """Bring the database up to date, once; StoreDown when that is not possible."""
        if self._is_open:
            return
        with self._lock:
            try:
                upgrade(self._engine)
            except Exception as error:  # Alembic and drivers raise of their own kind
                raise StoreDown from error
            self._is_open = True

    def _start(self) -> None:
        """Start the writer, in one thread only."""
        with self._lock:
            if self._writer is None:
                writer = Thread(target=self._drain, name="store", daemon=True)
                writer.start()
                atexit.register(self.close)
                self._writer = writer

    def _drain(self) -> None:
        """Write group after group until the store is closed."""
        ending = False
        while not ending:
            group = self._next_group()
            ending = None in group
            rows = [row for noted in group if noted for row in _issued_rows(noted)]
            while rows and not self._wrote(rows):
                if self._closing.is_set():
                    self._lose(len(rows), "store down")
                    break
                self._closing.wait(_RETRY_SECONDS)

    def _next_group(self) -> list[Noted | None]:
        """Wait for one answer and take along what has come since."""
        group = [self._queue.get()]
        try:
            while len(group) < _GROUP:
                group.append(self._queue.get_nowait())
        except Empty:
            pass
        return group

    def _wrote(self, rows: list[dict[str, Any]]) -> bool:
        """Write rows in one transaction; False when it is worth another attempt."""
        try:
            self._opened()
            with self._engine.begin() as connection:
                connection.execute(self._once(ISSUED), rows)
        except (OperationalError, InterfaceError, StoreDown) as error:
            self._log_failure("cards not noted yet", error)
            return False
        except SQLAlchemyError as error:
            self._lose(len(rows), type(error).__name__)
        return True

    def _is_new(self, connection: Connection, row: dict[str, Any]) -> bool:
        """Keep one entry; tell whether it was not there yet (PostgreSQL counts no rows here)."""
        insert = self._once(FEEDBACK).values(row).returning(FEEDBACK.c.id)
        return connection.execute(insert).first() is not None

    def _once(self, table: Table) -> Any:
        """Insert what is not there yet; the same again changes nothing."""
        return self._insert(table).on_conflict_do_nothing()

    def _lose(self, count: int, why: str) -> None:
        """Count and log cards that could not be noted."""
        self.lost += count
        _LOG.error("cards not noted", extra={"said": {"count": count, "error": why}})

    def _log_failure(self, event: str, error: BaseException | None) -> None:
        """Log a failure by the class of its cause: messages of drivers may quote values."""
        cause = error.__cause__ or error if error else None
        said = {"error": type(cause).__name__} if cause else {}
        _LOG.error(event, extra={"said": said})


def _issued_rows(noted: Noted) -> Iterable[dict[str, Any]]:
    """Write the rows of one answer."""
    for card in noted.cards:
        yield {
            "card": card.uuid,
            "service": noted.service,
            "rules": list(card.rules),
            "indicator": str(card.indicator),
            "content_version": noted.version,
            "issued_at": noted.at.astimezone(UTC),
        }


def _feedback_row(entry: Entry, now: datetime) -> dict[str, Any]:
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
