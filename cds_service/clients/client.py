"""What is registered about one EHR, and about all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cds_service.clients.keys import Key
from cds_service.evidence.addresses import Network

REQUESTS_PER_MINUTE: Final = 6000
AT_ONCE: Final = 64
"""What a client may do where its registration says nothing."""

LONGEST_LIFE: Final = 3600
"""Seconds that a token may live at most (conformance 8.6)."""

PATH: Final = "/cds-services"
_ENDPOINT: Final = re.compile(rf".*{PATH}(?P<tail>/.*)?")


@dataclass(frozen=True, slots=True)
class Client:
    """One EHR.

    `audiences` empty: the URL that is called, made of `CDS_PUBLIC_URL`. `tenants` empty: any, or
    none. `origins` of FHIR servers are scheme, host and port. `key_set` is there for keys that
    came as a file, by their id; nothing is fetched then. `networks` are those besides public
    addresses where its servers may be. `batch`: its FHIR servers are asked by batches.
    """

    name: str
    issuer: str
    algorithms: tuple[str, ...]
    jwks_url: str = ""
    key_set: Mapping[str, Key] | None = field(default=None, repr=False)
    audiences: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    origins: frozenset[tuple[str, str, int]] = frozenset()
    scopes: tuple[str, ...] = ()
    max_age: int = LONGEST_LIFE
    replay: bool = True
    requests_per_minute: int = REQUESTS_PER_MINUTE
    at_once: int = AT_ONCE
    networks: tuple[Network, ...] = ()
    batch: bool = False

    def accepted(self, public_url: str, endpoint: str) -> frozenset[str]:
        """Name the audiences that an endpoint takes: `` (discovery), `/ID` or `/ID/feedback`.

        A registered URL that names an endpoint holds for that one alone, any other for all.
        """
        if self.audiences:
            return frozenset(url for url in self.audiences if _tail(url) in {None, endpoint})
        base = f"{public_url}{PATH}"
        return frozenset({f"{base}{endpoint}", f"{base}/{endpoint}"} if public_url else ())


def _tail(url: str) -> str | None:
    """Read which endpoint a URL names; None when it names none."""
    found = _ENDPOINT.fullmatch(url)
    return None if found is None else re.sub("/+", "/", found["tail"] or "").rstrip("/")


@dataclass(frozen=True)
class Clients:
    """All EHRs that may call; `discovery_open` lets anybody ask which services there are."""

    listed: tuple[Client, ...]
    discovery_open: bool = True

    def __post_init__(self) -> None:
        """Find clients by their issuer."""
        object.__setattr__(self, "_by_issuer", by_issuer(self.listed))

    def of(self, issuer: object) -> Client | None:
        """Find the client with exactly this issuer."""
        known: Mapping[str, Client] = self.__dict__["_by_issuer"]
        return known.get(issuer) if isinstance(issuer, str) else None


def by_issuer(clients: Iterable[Client]) -> dict[str, Client]:
    """Arrange clients by issuer."""
    return {client.issuer: client for client in clients}
