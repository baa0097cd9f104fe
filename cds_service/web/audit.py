"""What is recorded of a call about our orders: who called, what was read, which rules fired.

Nothing of a patient: the call is named by its `hookInstance`, by which the EHR knows whom it was
about. A site may have the user recorded, or the user and the patient (`CDS_AUDIT_NAMES`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from cds_service.clinical.card import Card
from cds_service.clinical.evidence import Evidence, Source
from cds_service.clinical.order import HookRequest
from cds_service.errors import RequestError
from cds_service.feedback.audit import Event
from cds_service.web.auth import Caller
from cds_service.web.parts import Parts

if TYPE_CHECKING:
    from cds_service.catalog import Service
    from cds_service.clinical.procedure import Procedure

CALL: Final = "call"
FEEDBACK: Final = "feedback"

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_STAFF: Final = re.compile(r"(Practitioner|PractitionerRole)/[A-Za-z0-9.-]{1,64}")
_PERSON: Final = re.compile(r"([A-Z][A-Za-z]{1,40}/)?[A-Za-z0-9.-]{1,64}")


class Record:
    """What one call comes to, noted on its way."""

    def __init__(self, parts: Parts) -> None:
        """Know of nothing yet."""
        self._gather = parts.gather
        self._sources: Mapping[str, Source] = {}
        self._cards: Sequence[Card] = ()

    def gather(self, request: HookRequest, procedure: Procedure) -> Evidence:
        """Gather, and keep how each query ended."""
        evidence = self._gather(request, procedure)
        self._sources = evidence.sources
        return evidence

    def answered(self, cards: Sequence[Card]) -> None:
        """Keep the cards of the answer."""
        self._cards = cards

    @property
    def fired(self) -> list[str]:
        """Name the rules that fired."""
        return sorted({rule for card in self._cards for rule in card.fired})

    def told(self) -> dict[str, Any]:
        """Write what was read, and what was said."""
        sources = {source.name: _words(source) for source in self._sources.values()}
        cards = [card.uuid for card in self._cards]
        return {"cards": cards, "fired": self.fired, "sources": sources}


@contextmanager
def audited(
    parts: Parts, who: Caller, service: Service, asked: HookRequest, now: datetime
) -> Iterator[Record]:
    """Record a call, whatever becomes of it."""
    record, status = Record(parts), 500
    try:
        yield record
        status = 200
    except RequestError as error:
        status = error.status
        raise
    finally:
        said = {
            **_caller(who, service.id),
            "hook": asked.hook,
            **_names(asked, parts.settings.audit_names),
            "orders": list(parts.kinds(asked, service.procedure)),
            "status": status,
            "version": parts.catalog.version,
            **record.told(),
        }
        parts.store.record(Event(CALL, now, said))


def reported(who: Caller, service_id: str, received: int, stored: int, now: datetime) -> Event:
    """Record that feedback came."""
    said = _caller(who, service_id) | {"received": received, "stored": stored}
    return Event(FEEDBACK, now, said)


def _caller(who: Caller, service_id: str) -> dict[str, Any]:
    """Name who called, and what."""
    client = {"client": who.client.name, "issuer": who.client.issuer} if who.client else {}
    tenant = {"tenant": who.tenant} if who.tenant else {}
    return {**client, **tenant, "service": service_id}


def _names(asked: HookRequest, which: str) -> dict[str, str]:
    """Name the call, and those persons whom the site wants to be named.

    Only what has the form of an id: a text could say more.
    """
    named = {}
    if _UUID.fullmatch(asked.hook_instance):
        named["instance"] = asked.hook_instance
    users = {"user": _STAFF, "patient": _PERSON}.get(which)
    if users and users.fullmatch(asked.user_id):
        named["user"] = asked.user_id
    if which == "patient" and _PERSON.fullmatch(asked.patient_id):
        named["patient"] = asked.patient_id
    return named


def _words(source: Source) -> dict[str, str]:
    """Say how one query ended, and who answered it."""
    told = {"state": str(source.state), "origin": source.origin, "detail": source.detail}
    return {name: words for name, words in told.items() if words}
