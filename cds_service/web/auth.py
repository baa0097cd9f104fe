"""Who calls (CDS Hooks 2.0.1, "Trusting CDS Clients"; conformance section 8).

Without a file of clients nobody is asked, and an `Authorization` header is not even looked at
(conformance 8.11); production does not start that way. Why a token was refused is told to nobody:
`python -m cds_service auth explain` tells developers, on their own machine.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Final

from flask import Flask, Request, g

from cds_service.clients.client import Client
from cds_service.clients.token import Refused
from cds_service.errors import TooMany, Unauthorized, Unavailable
from cds_service.evidence.addresses import Network
from cds_service.feedback.store import StoreDown
from cds_service.web import logs
from cds_service.web.parts import Parts
from cds_service.web.tally import REFUSED

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; nobody in particular as long as nobody is asked to prove it.

    `tenant` is a registered one, or empty.
    """

    client: Client | None = None
    tenant: str = ""

    @property
    def servers(self) -> frozenset[tuple[str, str, int]] | None:
        """The origins of FHIR servers that may be asked for this caller; None for no bounds."""
        return self.client.origins if self.client else None

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks besides public addresses where these servers may be."""
        return self.client.networks if self.client else ()

    @property
    def batch(self) -> bool:
        """Whether these servers are to be asked by FHIR batches."""
        return self.client is not None and self.client.batch

    @property
    def mark(self) -> str:
        """Name the caller in the store, with the tenant: a hash; empty for nobody."""
        if self.client is None:
            return ""
        whole = f"{len(self.client.issuer)}:{self.client.issuer}{self.tenant}"
        return hashlib.sha256(whole.encode()).hexdigest()

    def lacks(self, scope: str | None) -> list[str]:
        """Name the registered scopes that an access token does not have."""
        granted = (scope or "").split()
        return [one for one in self.client.scopes if one not in granted] if self.client else []


_ANYBODY: Final = Caller()


def caller(request: Request, parts: Parts, endpoint: str) -> Caller:
    """Tell who calls an endpoint (`/ID`, `/ID/feedback`, or nothing for discovery).

    Unauthorized when nothing proves it, TooMany beyond the limits of the client, StoreDown or
    Unavailable when it cannot be found out. The caller has a place until the request is over.
    """
    checker = parts.checker
    if checker is None or (not endpoint and checker.clients.discovery_open):
        return _ANYBODY
    try:
        now = parts.clock().timestamp()
        proven = checker.prove(request.headers.get("Authorization"), endpoint, now)
        # `jti`, and a tenant that nobody registered, are whatever a client makes of them, perhaps
        # a patient's number, which even a hash would not hide: the line names the client only.
        logs.note(client=proven.client.name, issuer=proven.client.issuer)
        tenant = proven.tenant if proven.client.tenants else ""
        if tenant:
            logs.note(tenant=tenant)
        g.place = checker.admit(proven, now)
    except Refused:
        _count(parts, "unproven")
        parts.store.refuse("unauthorized", parts.clock())
        raise Unauthorized from None
    except TooMany:
        _count(parts, "throttled")
        parts.store.refuse("too many", parts.clock())
        raise
    except (Unavailable, StoreDown):
        _count(parts, "undecided")
        raise
    return Caller(proven.client, tenant)


def _count(parts: Parts, reason: str) -> None:
    """Count a caller that was not let in, where that is counted."""
    if parts.tally is not None:
        parts.tally.add(REFUSED, reason)


def install(app: Flask) -> None:
    """Take back the place of a caller when its request is over, whatever became of it."""

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        place = g.pop("place", None)
        if place is not None:
            place.leave()


def banner(parts: Parts) -> None:
    """Say at the start, in one line, how safe this service is."""
    said = {"profile": parts.settings.profile, "version": parts.catalog.version}
    if parts.checker is None:
        event = "starting without authentication: whoever reaches this service is answered"
        logs.say(_LOG, logging.WARNING, event, **said)
        return
    listed = parts.checker.clients.listed
    event = "starting: only registered clients are answered"
    logs.say(_LOG, logging.INFO, event, **said, clients=[one.name for one in listed])
    for one in listed:
        if not one.replay:
            event = "tokens of this client may be used again until they expire"
            logs.say(_LOG, logging.WARNING, event, client=one.name)
