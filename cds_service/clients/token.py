"""Client tokens (CDS Hooks 2.0.1, "Trusting CDS Clients"; RFC 7519, RFC 8725).

PyJWT proves the signature. Everything that a token says of itself is held against the
registration first: algorithm and key come from there, never from the token.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from cds_service.clients.client import Client
from cds_service.clients.keys import Key
from cds_service.evidence import strict

LARGEST: Final = 16 << 10
"""Bytes of a token."""

SKEW: Final = 60
"""Seconds by which clocks may differ."""

LONGEST_NAME: Final = 255
"""Characters of `kid`, `jti` and `tenant`."""

_FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_REFUSED: Final = ("crit", "jwk", "x5u", "x5c", "b64", "zip", "enc")
_ANY_TIME: Final = 1 << 40
_JWS: Final = PyJWS()


class Refused(Exception):  # noqa: N818 - said of a token
    """A token that proves nothing; the reason is for developers, never for callers or logs."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it came, taken apart but not believed."""

    raw: str = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False)


def take_apart(raw: str) -> Token:
    """Read both objects of a token; Refused for what is no token."""
    if len(raw) > LARGEST:
        msg = f"the token is longer than {LARGEST} bytes"
        raise Refused(msg)
    if not _FORM.fullmatch(raw):
        msg = "a token is three parts in base64url (no padding) with dots between them"
        raise Refused(msg)
    header, claims, _ = raw.split(".")
    return Token(raw, _object(header, "header"), _object(claims, "payload"))


def _object(part: str, name: str) -> Mapping[str, Any]:
    """Read one part; each key may stand once."""
    try:
        value = strict.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError as error:
        msg = f"the {name} is no JSON object in base64url"
        raise Refused(msg) from error
    if not isinstance(value, dict):
        msg = f"the {name} is no JSON object"
        raise Refused(msg)
    return value


def wrong_in_header(header: Mapping[str, Any], client: Client) -> Iterator[str]:
    """Say what the header must not say."""
    algorithm = header.get("alg")
    if algorithm not in client.algorithms:
        yield f"'alg' is {_told(algorithm)}; registered: {', '.join(client.algorithms)}"
    kind = header.get("typ")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        yield f"'typ' is {_told(kind)}, must be 'JWT'"
    if not _is_name(header.get("kid")):
        yield f"'kid' must name the key, in at most {LONGEST_NAME} characters"
    for member in _REFUSED:
        if member in header:
            yield f"{member!r} is never accepted"
    if "jku" in header and (header["jku"] != client.jwks_url or not client.jwks_url):
        yield f"'jku' is {_told(header['jku'])}; registered: {client.jwks_url or 'none'}"


def wrong_in_claims(
    claims: Mapping[str, Any], client: Client, accepted: Collection[str], now: float
) -> Iterator[str]:
    """Say what the claims lack, or say that cannot be accepted; the client is that of `iss`."""
    yield from _wrong_audience(claims.get("aud"), accepted)
    yield from _wrong_times(claims, client.max_age, now)
    if not _is_name(claims.get("jti")):
        yield f"'jti' must be a text of at most {LONGEST_NAME} characters"
    tenant = claims.get("tenant")
    if client.tenants and tenant not in client.tenants:
        yield f"'tenant' is {_told(tenant)}; registered: {', '.join(client.tenants)}"
    elif tenant is not None and not _is_name(tenant):
        yield f"'tenant' must be a text of at most {LONGEST_NAME} characters"


def _wrong_audience(audience: Any, accepted: Collection[str]) -> Iterator[str]:
    """Say that a token is for somebody else: `aud` is a text, or a list of texts."""
    named = audience if isinstance(audience, list) else [audience]
    if not named or not all(isinstance(one, str) for one in named):
        yield "'aud' must be a text or a list of texts"
    elif not set(accepted).intersection(named):
        there = ", ".join(sorted(accepted)) or "none: set CDS_PUBLIC_URL or 'audiences'"
        yield f"'aud' is {', '.join(map(_told, named))}; accepted here: {there}"


def _wrong_times(claims: Mapping[str, Any], max_age: int, now: float) -> Iterator[str]:
    """Say which times are missing, past, to come, or too far apart."""
    ends, made, begins = (_moment(claims.get(name)) for name in ("exp", "iat", "nbf"))
    if ends is None:
        yield "'exp' must be a number of seconds since 1970"
    elif ends <= now - SKEW:
        yield f"'exp' was {now - ends:.0f} s ago"
    if made is None:
        yield "'iat' must be a number of seconds since 1970"
    elif made > now + SKEW:
        yield f"'iat' is {made - now:.0f} s ahead; compare the clocks"
    if "nbf" in claims and begins is None:
        yield "'nbf' must be a number of seconds since 1970"
    elif begins is not None and begins > now + SKEW:
        yield f"'nbf' is {begins - now:.0f} s ahead; compare the clocks"
    if ends is not None and made is not None and not 0 < ends - made <= max_age:
        yield f"'exp' is {ends - made:.0f} s after 'iat'; allowed: more than 0, up to {max_age}"


def wrong_signature(token: Token, key: Key | None) -> str:
    """Say why a signature proves nothing; an empty text when it does."""
    algorithm = token.header.get("alg")
    if key is None:
        return "no registered key has this 'kid'"
    ready = key.ready.get(algorithm) if isinstance(algorithm, str) else None
    if ready is None or not isinstance(algorithm, str):
        return f"the key is not for this 'alg', but for {', '.join(key.ready)}"
    try:
        _JWS.decode(token.raw, ready, algorithms=[algorithm])
    except (PyJWTError, ValueError, TypeError):
        return "the signature is not by the registered key, or the token was changed"
    return ""


def _moment(value: Any) -> float | None:
    """Read a NumericDate."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < _ANY_TIME else None


def _is_name(value: Any) -> bool:
    """Tell whether a value is a text of bounded length, without control characters."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and value.isprintable()


def _told(value: Any) -> str:
    """Show a developer what a token says, in one line."""
    return "missing" if value is None else repr(value)[:200]
