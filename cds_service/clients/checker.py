"""Who calls: from the `Authorization` header to a registered EHR, or to nobody."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, Final, Protocol

from cds_service.clients.client import Client, Clients
from cds_service.clients.key_sets import KeySets
from cds_service.clients.keys import Key
from cds_service.clients.limiter import Limiter, Place
from cds_service.clients.token import (
    SKEW,
    Refused,
    Token,
    take_apart,
    wrong_in_claims,
    wrong_in_header,
    wrong_signature,
)
from cds_service.errors import Unavailable

_BEARER: Final = re.compile(r"bearer +(?P<token>[^ ]+)", re.IGNORECASE)


class Seen(Protocol):
    """Remembers which tokens were used, for all workers together."""

    def first(self, issuer: str, jti: str, until: float, now: float) -> bool:
        """Tell whether this is the first use; raises where nothing can be remembered."""


@dataclass(frozen=True, slots=True)
class Proven:
    """An EHR that has proven who it is, with what its token says of itself."""

    client: Client
    jti: str
    tenant: str
    until: float


class Checker:
    """Checks tokens against the registration; safe for threads."""

    def __init__(self, clients: Clients, public_url: str, seen: Seen, keys: KeySets) -> None:
        """Take the registration, and what remembers tokens and holds keys."""
        self.clients = clients
        self._limiter = Limiter(clients)
        self._public_url = public_url
        self._seen = seen
        self._keys = keys
        self._accepted: dict[tuple[str, str], frozenset[str]] = {}

    def prove(self, header: str | None, endpoint: str, now: float) -> Proven:
        """Prove who made the token of a call to an endpoint; Refused or Unavailable."""
        found = _BEARER.fullmatch(header or "")
        if found is None:
            msg = "there is no header 'Authorization: Bearer TOKEN'"
            raise Refused(msg)
        token = take_apart(found["token"])
        client = self.clients.of(token.claims.get("iss"))
        if client is None:
            msg = "'iss' is not registered"
            raise Refused(msg)
        for problem in wrong_in_header(token.header, client):
            raise Refused(problem)
        for problem in wrong_in_claims(token.claims, client, self.accepted(client, endpoint), now):
            raise Refused(problem)
        if problem := wrong_signature(token, self.key(client, token)):
            raise Refused(problem)
        claims: Any = token.claims
        until = claims["exp"] + 2 * SKEW  # clocks of replicas differ as well
        return Proven(client, claims["jti"], claims.get("tenant") or "", until)

    def admit(self, proven: Proven, now: float) -> Place:
        """Let a proven call in, once; TooMany, Refused, or what `Seen` raises.

        A token is noted last: nobody can use up the tokens of others, and one that came too early
        may come again. Replays do not count: who has got hold of a token cannot silence its owner.
        """
        client = proven.client
        place = self._limiter.enter(client)
        try:
            first = not client.replay or self._seen.first(
                client.issuer, proven.jti, proven.until, now
            )
        except BaseException:
            place.leave()
            raise
        if not first:
            place.leave()
            self._limiter.uncount(client)
            msg = "this token was used before ('jti')"
            raise Refused(msg)
        return place

    def accepted(self, client: Client, endpoint: str) -> Collection[str]:
        """Name the audiences of an endpoint, worked out once."""
        found = self._accepted.get((client.name, endpoint))
        if found is None:
            found = client.accepted(self._public_url, endpoint)
            self._accepted[client.name, endpoint] = found
        return found

    def warm(self) -> None:
        """Begin to fetch all key sets in a thread of its own, before a token asks for them.

        While the first look at an address lasts, all tokens but one are told to come again.
        """
        Thread(target=self._fetch_all, name="keys", daemon=True).start()

    def _fetch_all(self) -> None:
        """Fetch the keys of each client; one that cannot be asked now is asked again later."""
        for client in self.clients.listed:
            if client.key_set is None:
                with suppress(Unavailable):
                    self._keys.find(client.jwks_url, client.algorithms, "", client.networks)

    def key(self, client: Client, token: Token) -> Key | None:
        """Find the key that a token names."""
        kid = token.header["kid"]
        if client.key_set is not None:
            return client.key_set.get(kid)
        return self._keys.find(client.jwks_url, client.algorithms, kid, client.networks)
