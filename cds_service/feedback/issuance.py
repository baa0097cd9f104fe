"""What feedback may speak of: cards and suggestions that went out, to the very same client.

The specification names no status for a card that nobody knows. It is answered like any other, and
not kept: feedback comes long after the clinician acted, in one body for many cards, and a refusal
would cost the others. A card of another client is no different from one that never was, not even
by the time that the answer takes; so nobody learns from it which cards there are.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from threading import BoundedSemaphore
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError

from cds_service.feedback.database import Database, StoreDown
from cds_service.feedback.entry import Entry
from cds_service.feedback.tables import AUDIT_END, ISSUED

PAUSES: Final = (0.1, 0.2, 0.4, 0.8)
"""Seconds between looks for cards that are not there: answers are noted in groups, by the worker
that gave them, about a fifth of a second after they went out."""

MOST_WAITING: Final = 2
"""Threads that may wait for cards: reports on cards that never were must not hold them all."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Issuance:
    """Holds feedback against the cards that were issued; safe for threads."""

    def __init__(self, database: Database) -> None:
        """Take the database; nothing is opened yet."""
        self._database = database
        self._places = BoundedSemaphore(MOST_WAITING)

    def own(self, entries: Iterable[Entry], client: str) -> tuple[Entry, ...]:
        """Give what speaks of cards of this client, with no suggestions but theirs.

        StoreDown when that cannot be told now.
        """
        entries = tuple(replace(one, card=one.card.lower()) for one in entries)
        wanted = {one.card for one in entries if _UUID.fullmatch(one.card)}
        found = self._look(wanted, client)
        if wanted - found.keys():
            found |= self._wait(wanted - found.keys(), client)
        bound = [_bound(one, found[one.card]) for one in entries if one.card in found]
        return tuple([one for one in bound if one is not None])

    def _wait(self, wanted: set[str], client: str) -> dict[str, frozenset[str]]:
        """Look again for cards that may just have gone out; StoreDown when too many wait.

        Where nothing can be written now, a card may have gone out long ago and not stand there yet:
        who reported on it would be told that it never was.
        """
        if not self._places.acquire(blocking=False):
            raise StoreDown
        found: dict[str, frozenset[str]] = {}
        try:
            self._prove_writing()
            for pause in PAUSES:
                time.sleep(pause)
                found |= self._look(wanted - found.keys(), client)
                if not wanted - found.keys():
                    break
        finally:
            self._places.release()
        return found

    def _prove_writing(self) -> None:
        """Write what stands there already, where each group of cards must pass; StoreDown."""
        try:
            with self._database.begin() as connection:
                connection.execute(update(AUDIT_END).values(number=AUDIT_END.c.number))
        except SQLAlchemyError as error:
            raise StoreDown from error

    def _look(self, wanted: set[str], client: str) -> dict[str, frozenset[str]]:
        """Find cards of a client, each with its suggestions."""
        if not wanted:
            return {}
        named = select(ISSUED.c.card, ISSUED.c.suggestions)
        own = named.where(ISSUED.c.card.in_(sorted(wanted)), ISSUED.c.client == client)
        try:
            with self._database.begin() as connection:
                return {card: frozenset(ids) for card, ids in connection.execute(own)}
        except SQLAlchemyError as error:
            raise StoreDown from error


def _bound(entry: Entry, suggestions: frozenset[str]) -> Entry | None:
    """Keep the suggestions that the card had; None for an acceptance of others only."""
    accepted = tuple([one.lower() for one in entry.accepted if one.lower() in suggestions])
    return None if entry.accepted and not accepted else replace(entry, accepted=accepted)


def reasons_of(
    entries: Iterable[Entry], reasons: Mapping[str, frozenset[str]]
) -> tuple[Entry, ...]:
    """Keep the reasons that are known, systems by their codes; of others only that there was none.

    A client may offer reasons of its own (specification, "overrideReasons"): what the clinician
    did counts none the less, but a code that we do not know could say anything.
    """
    return tuple([_reasoned(one, reasons) for one in entries])


def _reasoned(entry: Entry, reasons: Mapping[str, frozenset[str]]) -> Entry:
    """Drop a reason that is not known; a code without a system counts where any has it."""
    system, code = entry.reason_system, entry.reason_code
    known = reasons.get(system, frozenset()) if system else frozenset().union(*reasons.values())
    return entry if code in known else replace(entry, reason_system="", reason_code="")
