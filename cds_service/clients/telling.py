"""What developers and operators are told: who is registered, and why a token is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cds_service.clients.client import PATH, Client, Clients
from cds_service.clients.file import ClientSettings, load_clients
from cds_service.clients.key_sets import KeySets
from cds_service.clients.token import (
    Refused,
    Token,
    take_apart,
    wrong_in_claims,
    wrong_in_header,
    wrong_signature,
)
from cds_service.errors import SettingsError, Unavailable
from cds_service.evidence.authorities import authorities_of

_SHOWN: Final = ("alg", "kid", "typ", "jku", "iss", "aud", "exp", "iat", "nbf", "jti", "tenant")
_LONGEST: Final = 120


def overview(settings: ClientSettings, path: Path) -> str:
    """Say in a few lines who may call, and how; SettingsError with every problem of the file."""
    clients = load_clients(path, settings)
    return "\n".join(_overview(clients, settings))


def _overview(clients: Clients, settings: ClientSettings) -> Iterator[str]:
    """Write a few lines for each client."""
    yield f"{len(clients.listed)} client(s), {settings.profile} profile; no problem found"
    yield f"discovery: {'anybody' if clients.discovery_open else 'with a token only'}"
    for one in clients.listed:
        yield f"\n{one.name}: {one.issuer}"
        yield f"  algorithms    {', '.join(one.algorithms)}"
        if one.key_set is None:
            yield f"  keys          fetched from {one.jwks_url} when first needed"
        else:
            yield f"  keys          from the file: {', '.join(one.key_set)}"
        yield f"  audiences     {', '.join(one.audiences) or f'{settings.public_url}{PATH}/...'}"
        yield f"  tenants       {', '.join(one.tenants) or 'any, or none'}"
        named = ", ".join(sorted(f"{scheme}://{host}:{port}" for scheme, host, port in one.origins))
        by_batch = ", asked by batches" if one.batch else ""
        yield f"  FHIR servers  {named or 'none: only what comes as prefetch is known'}{by_batch}"
        private = ", ".join(map(str, one.networks))
        yield f"  addresses     public ones{f', and those in {private}' if private else ''}"
        yield f"  scopes        {', '.join(one.scopes) or 'not looked at'}"
        once = "used once" if one.replay else "MAY BE USED AGAIN until it expires"
        yield f"  limits        {one.requests_per_minute} requests a minute, {one.at_once} at once"
        yield f"  a token       lives up to {one.max_age} s, {once}"


def explain(
    settings: ClientSettings, path: Path | None, raw: str, called: str, now: datetime
) -> tuple[bool, str]:
    """Tell whether a token would be accepted, and everything that speaks against it.

    Without the URL that was called, the audience of any endpoint will do.
    """
    if path is None:
        msg = "CDS_CLIENTS: say which clients are registered (or --clients FILE)"
        raise SettingsError(msg)
    clients = load_clients(path, settings)
    scheme, _, rest = raw.partition(" ")
    try:
        token = take_apart(rest.strip() if scheme.lower() == "bearer" else raw)
    except Refused as refused:
        return False, f"refused: {refused}"
    lines = list(_shown(token))
    client = clients.of(token.claims.get("iss"))
    if client is None:
        known = ", ".join(one.issuer for one in clients.listed)
        problems = [f"'iss' is not registered; registered: {known}"]
    else:
        lines.append(f"client {client.name}")
        accepted = _accepted(client, settings.public_url, called, token.claims.get("aud"))
        keys = KeySets(authorities=authorities_of(settings.ca_file))
        problems = list(_problems(token, client, accepted, now.timestamp(), keys))
        keys.close()
    lines += [f"refused: {problem}" for problem in problems]
    if not problems:
        lines.append("accepted, unless it was used before (not looked up here)")
    return not problems, "\n".join(lines)


def _accepted(client: Client, public_url: str, called: str, named: object) -> Collection[str]:
    """Name the audiences that would do for the URL that was called, or for any of ours."""
    _, path, tail = called.partition(PATH)
    if path:
        return client.accepted(public_url, tail.rstrip("/"))
    if client.audiences:
        return client.audiences
    base = f"{public_url}{PATH}"
    ours = named if isinstance(named, list) else [named]
    found = {url for url in ours if isinstance(url, str) and url.startswith(f"{base}/")}
    return found or {f"{base}/ID", f"{base}/ID/feedback"}


def _problems(
    token: Token, client: Client, accepted: Collection[str], now: float, keys: KeySets
) -> Iterator[str]:
    """Say all that speaks against a token."""
    in_header = list(wrong_in_header(token.header, client))
    yield from in_header
    yield from wrong_in_claims(token.claims, client, accepted, now)
    if in_header:
        yield "the signature was not looked at, as the header is refused"
        return
    kid = token.header["kid"]
    if client.key_set is not None:
        key = client.key_set.get(kid)
    else:
        try:
            key = keys.find(client.jwks_url, client.algorithms, kid, client.networks)
        except Unavailable:
            yield f"the keys at {client.jwks_url} could not be fetched (the service says 503)"
            return
    problem = wrong_signature(token, key)
    if problem:
        yield problem


def _shown(token: Token) -> Iterator[str]:
    """Show what a token says of itself."""
    said = {**token.claims, **token.header}
    for name in _SHOWN:
        if name in said:
            value = said[name]
            words = repr(value)[:_LONGEST]
            if name in {"exp", "iat", "nbf"} and type(value) is int and 0 <= value < 1 << 36:
                words += f" = {datetime.fromtimestamp(value, UTC).isoformat()}"
            yield f"{name:7} {words}"
