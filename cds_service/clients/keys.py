"""Public keys: read from a key set, and parsed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jwt import PyJWK
from jwt.exceptions import PyJWTError

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""All that may be registered: signatures by a key that we do not have ourselves."""

LARGEST_SET: Final = 256 << 10
"""Bytes of a key set."""

MOST_KEYS: Final = 100
LEAST_RSA_BITS: Final = 2048
MOST_RSA_BITS: Final = 8192
"""Beyond that a signature takes too long to check."""

_CURVES: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_SECRET: Final = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, ready for each algorithm that its owner has registered."""

    kid: str
    ready: Mapping[str, PyJWK] = field(repr=False)


def read_keys(raw: Any, algorithms: Iterable[str]) -> tuple[dict[str, Key], list[str]]:
    """Read a JWK Set (RFC 7517): keys by their id, and what is wrong with the others."""
    listed = raw.get("keys") if isinstance(raw, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        return {}, [f"is no JWK Set: an object with a list 'keys' of at most {MOST_KEYS}"]
    found: dict[str, Key] = {}
    problems: list[str] = []
    twice: set[str] = set()
    algorithms = tuple(algorithms)
    for number, one in enumerate(listed, 1):
        key = _read_key(one, algorithms)
        if isinstance(key, str):
            problems.append(f"key {number}: {key}")
        elif key.kid in found or key.kid in twice:
            twice.add(key.kid)
            found.pop(key.kid, None)
            problems.append(f"key {number}: its 'kid' stands twice, so none of them is used")
        else:
            found[key.kid] = key
    return found, problems


def _read_key(raw: Any, algorithms: tuple[str, ...]) -> Key | str:
    """Read one key; a text says why it cannot be used."""
    if not isinstance(raw, dict) or not isinstance(raw.get("kid"), str) or not raw["kid"]:
        return "needs a 'kid'"
    if any(member in raw for member in _SECRET):
        return "holds a secret: only public keys belong here, and this one is burnt"
    if raw.get("use", "sig") != "sig" or "verify" not in _operations(raw):
        return "is not meant for signatures ('use', 'key_ops')"
    return _made(raw, algorithms)


def _made(raw: dict[str, Any], algorithms: tuple[str, ...]) -> Key | str:
    """Make a key for each algorithm that it is for; a text says why there is none."""
    suited = [name for name in _suited(raw) if name in algorithms]
    if not suited:
        return f"fits none of the registered algorithms ({', '.join(algorithms)})"
    try:
        ready = {name: PyJWK(raw, name) for name in suited}
    except (PyJWTError, ValueError, TypeError, KeyError):
        return "cannot be read"
    bits = getattr(next(iter(ready.values())).key, "key_size", 0)
    if raw["kty"] == "RSA" and not LEAST_RSA_BITS <= bits <= MOST_RSA_BITS:
        return f"has {bits} bits; RSA needs {LEAST_RSA_BITS} to {MOST_RSA_BITS}"
    return Key(raw["kid"], ready)


def _operations(raw: Mapping[str, Any]) -> tuple[object, ...]:
    """Read what a key may be used for."""
    named = raw.get("key_ops", ["verify"])
    return tuple(named) if isinstance(named, list) else ()


def _suited(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the algorithms of a key: by its kind, and no other than the one that it names."""
    kind, curve = raw.get("kty"), raw.get("crv")
    if kind == "RSA":
        suited = tuple(name for name in ALGORITHMS if name[:2] in {"RS", "PS"})
    elif kind == "EC" and isinstance(curve, str) and curve in _CURVES:
        suited = (_CURVES[curve],)
    elif kind == "OKP" and curve == "Ed25519":
        suited = ("EdDSA",)
    else:
        suited = ()
    return tuple(name for name in suited if raw.get("alg", name) == name)
