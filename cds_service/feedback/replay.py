"""Tokens that were used, remembered until they expire, for all workers and replicas together."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Final

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from cds_service.feedback.database import Database, StoreDown
from cds_service.feedback.tables import USED

SWEEP_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 3.0
"""How long a thread waits for the one that writes: a database that hangs must not hold them all."""


@dataclass(slots=True, eq=False)
class _Use:
    """One use of a token that a thread wants to have noted."""

    mark: str
    until: int
    awake: Event = field(default_factory=Event)
    done: bool = False
    is_first: bool = False
    error: BaseException | None = None


class Used:
    """Remembers the use of tokens in the database of the store; safe for threads.

    Of a token only a hash of issuer and `jti` is kept. Every process that uses the database sees a
    use at once, whatever becomes of the one that noted it; no commit waits for the disk, because
    each call would pay for that: after a loss of power the tokens of the last moments, an hour
    old at most, could be used once more.

    One thread writes at a time, for all that wait, and then the one that waits longest: threads
    that each try for the lock of SQLite may wait for ever while others pass.
    """

    def __init__(self, database_url: str) -> None:
        """Prepare; nothing is opened yet. SettingsError for a URL that cannot be used."""
        self._database = Database(database_url, lasting=False)
        self._lock = Lock()
        self._waiting: list[_Use] = []
        self._busy = False
        self._swept = -math.inf

    def first(self, issuer: str, jti: str, until: float, now: float) -> bool:
        """Note the use of a token; tell whether it is the first one. StoreDown when it fails."""
        use = _Use(_mark(issuer, jti), math.ceil(until))
        with self._lock:
            self._waiting.append(use)
            leads, self._busy = not self._busy, True
        if not leads and not use.awake.wait(LONGEST_SECONDS):
            self._give_up(use)
        if not use.done:
            self._write(now)
        if use.error is not None:
            raise StoreDown from use.error
        return use.is_first

    def close(self) -> None:
        """Let go of the connections."""
        self._database.let_go()

    def _give_up(self, use: _Use) -> None:
        """Wait no longer, unless it is just now over; StoreDown."""
        with self._lock:
            if use.awake.is_set():
                return
            if use in self._waiting:
                self._waiting.remove(use)
        raise StoreDown

    def _write(self, now: float) -> None:
        """Note all that wait, then let the next one do the same."""
        with self._lock:
            uses, self._waiting = self._waiting, []
        problem: BaseException | None = StoreDown()
        new: set[str] = set()
        try:
            new, problem = self._noted(uses, now), None
        except (SQLAlchemyError, StoreDown) as error:
            problem = error
        finally:
            for use in uses:
                use.done, use.error, use.is_first = True, problem, use.mark in new
                new.discard(use.mark)
            with self._lock:
                self._busy = bool(self._waiting)
                for use in (*self._waiting[:1], *uses):
                    use.awake.set()

    def _noted(self, uses: list[_Use], now: float) -> set[str]:
        """Write uses in one transaction; tell which marks were not there yet."""
        rows = [{"token": use.mark, "until": use.until} for use in uses]
        insert = self._database.once(USED).values(rows).returning(USED.c.token)
        with self._database.begin() as connection:
            if now - self._swept >= SWEEP_SECONDS:
                self._swept = now
                connection.execute(delete(USED).where(USED.c.until < math.floor(now)))
            return set(connection.execute(insert).scalars())


def _mark(issuer: str, jti: str) -> str:
    """Name one token of one issuer."""
    return hashlib.sha256(f"{len(issuer)}:{issuer}{jti}".encode()).hexdigest()
