"""Cards that went out, noted in passing: a bounded queue and one thread that empties it."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from cds_service.clinical.card import Card
from cds_service.feedback.database import Database, StoreDown, log_failure
from cds_service.feedback.tables import ISSUED

_LOG: Final = logging.getLogger(__name__)
_GROUP: Final = 500
_RETRY_SECONDS: Final = 1.0
_DRAIN_SECONDS: Final = 5.0
_LINGER_SECONDS: Final = 0.2
"""How long the first answer waits for others: a commit for each costs more than its cards."""


class Noted(NamedTuple):
    """One answer that went out."""

    cards: tuple[Card, ...]
    service: str
    version: str
    at: datetime


class Writer:
    """Writes cards to the database without ever holding up an answer.

    The thread starts with the first card, so that it lives in the worker process that serves, not
    in the parent that forked it. `lost` counts cards that could not be noted.
    """

    def __init__(
        self, database: Database, capacity: int, tidy: Callable[[Connection, datetime], None]
    ) -> None:
        """Take the database, how many answers may wait, and what else is done with each commit."""
        self.lost = 0
        self._tidy = tidy
        self._database = database
        self._queue: Queue[Noted | None] = Queue(capacity)
        self._lock = Lock()
        self._closing = Event()
        self._thread: Thread | None = None

    def note(self, cards: Sequence[Card], service: str, version: str, now: datetime) -> None:
        """Take the cards of an answer: never waits, never fails."""
        if not cards or self._closing.is_set():
            return
        if self._thread is None:
            self._start()
        try:
            self._queue.put_nowait(Noted(tuple(cards), service, version, now))
        except Full:
            self._lose(len(cards), "queue full")

    def close(self) -> None:
        """Write what is still in the queue, for a few seconds at most."""
        self._closing.set()
        if self._thread is not None and self._thread.is_alive():
            try:
                self._queue.put(None, timeout=_RETRY_SECONDS)
            except Full:
                log_failure("store not drained", None)
            self._thread.join(_DRAIN_SECONDS)
        atexit.unregister(self.close)

    def _start(self) -> None:
        """Start the thread, once."""
        with self._lock:
            if self._thread is None:
                thread = Thread(target=self._drain, name="store", daemon=True)
                thread.start()
                atexit.register(self.close)
                self._thread = thread

    def _drain(self) -> None:
        """Write group after group until the end."""
        ending = False
        while not ending:
            group = self._next_group()
            ending = None in group
            rows = [row for noted in group if noted for row in rows_of(noted)]
            while rows and not self._wrote(rows):
                if self._closing.is_set():
                    self._lose(len(rows), "store down")
                    break
                self._closing.wait(_RETRY_SECONDS)

    def _next_group(self) -> list[Noted | None]:
        """Wait for one answer, and a little for others that share its commit; the end waits not."""
        group = [self._queue.get()]
        self._closing.wait(_LINGER_SECONDS)
        try:
            while len(group) < _GROUP:
                group.append(self._queue.get_nowait())
        except Empty:
            pass
        return group

    def _wrote(self, rows: list[dict[str, Any]]) -> bool:
        """Write rows in one transaction; False when it is worth another attempt."""
        try:
            with self._database.begin() as connection:
                connection.execute(self._database.once(ISSUED), rows)
                self._tidy(connection, rows[-1]["issued_at"])
        except (OperationalError, InterfaceError, StoreDown) as error:
            log_failure("cards not noted yet", error)
            return False
        except SQLAlchemyError as error:
            self._lose(len(rows), type(error).__name__)
        return True

    def _lose(self, count: int, why: str) -> None:
        """Count and log cards that could not be noted."""
        self.lost += count
        _LOG.error("cards not noted", extra={"said": {"count": count, "error": why}})


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
        }
