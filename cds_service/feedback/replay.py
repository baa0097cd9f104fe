"""Tokens that were used, remembered until they expire, for all workers and replicas together."""

from __future__ import annotations

import hashlib
import math
from threading import Lock
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from cds_service.feedback.database import Database, StoreDown
from cds_service.feedback.tables import USED

SWEEP_SECONDS: Final = 60.0


class Used:
    """Remembers the use of tokens in the database of the store; safe for threads.

    Of a token only a hash of issuer and `jti` is kept. Every process that uses the database sees a
    use at once, whatever becomes of the one that noted it; no commit waits for the disk, because
    each call would pay for that: after a loss of power the tokens of the last moments, an hour
    old at most, could be used once more.
    """

    def __init__(self, database_url: str) -> None:
        """Prepare; nothing is opened yet. SettingsError for a URL that cannot be used."""
        self._database = Database(database_url, lasting=False)
        self._lock = Lock()
        self._swept = -math.inf

    def first(self, issuer: str, jti: str, until: float, now: float) -> bool:
        """Note the use of a token; tell whether it is the first one. StoreDown when it fails."""
        row = {"token": _mark(issuer, jti), "until": math.ceil(until)}
        insert = self._database.once(USED).values(row).returning(USED.c.token)
        try:
            with self._database.begin() as connection:
                if self._is_due(now):
                    connection.execute(delete(USED).where(USED.c.until < math.floor(now)))
                return connection.execute(insert).first() is not None
        except SQLAlchemyError as error:
            raise StoreDown from error

    def close(self) -> None:
        """Let go of the connections."""
        self._database.let_go()

    def _is_due(self, now: float) -> bool:
        """Tell, once a minute, that what has expired is to be removed."""
        with self._lock:
            due = now - self._swept >= SWEEP_SECONDS
            if due:
                self._swept = now
            return due


def _mark(issuer: str, jti: str) -> str:
    """Name one token of one issuer."""
    return hashlib.sha256(f"{len(issuer)}:{issuer}{jti}".encode()).hexdigest()
