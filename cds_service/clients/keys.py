"""Public keys: read from a key set, parsed once, fetched from the registered address only."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from cds_service.errors import Unavailable
from cds_service.evidence.addresses import LOOPBACK, Network, Reach
from cds_service.evidence.flight import Flight
from cds_service.evidence.origins import Access, origin_of
from cds_service.evidence.wire import Wire

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""All that may be registered: signatures by a key that we do not have ourselves."""

LARGEST_SET: Final = 256 << 10
MOST_KEYS: Final = 100
LEAST_RSA_BITS: Final = 2048
MOST_RSA_BITS: Final = 8192
"""Beyond that a signature takes too long to check."""
FETCH_SECONDS: Final = 3.0
WAIT_SECONDS: Final = 0.5
"""How long a token with an unknown key waits for another thread to fetch: nobody has proven yet
who sent it, so it must not hold threads for long."""
FRESH_SECONDS: Final = 900.0
"""How long a key set is used without a look at the registered address."""
LAST_SECONDS: Final = 3600.0
"""How long a key set is used when that address does not answer any more."""
PAUSE_SECONDS: Final = 60.0
"""Least time between two looks, whatever the reason."""
RETRY_SECONDS: Final = 10.0
"""The same as long as there are no keys at all."""

_CURVES: Final = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_SECRET: Final = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_LOG: Final = logging.getLogger(__name__)


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


class Source(NamedTuple):
    """Where the keys of a client come from, and for which algorithms."""

    url: str
    algorithms: tuple[str, ...]
    networks: tuple[Network, ...]


@dataclass(slots=True)
class _Held:
    """The keys of one address as far as they are known, and when they were asked for."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: Mapping[str, Key] | None = None
    fetched: float = 0.0
    tried: float | None = None


class KeySets:
    """The key sets at registered addresses: held in memory, looked at again now and then.

    Safe for threads. No address but `jwks_url` of the registration is ever asked: there are no
    redirects, no proxies, and both the bytes and the time of an answer are bounded.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Hold nothing yet; nothing is fetched before a token asks for it."""
        self._clock = clock
        self._wire = Wire(1, accept="application/json")
        self._held: dict[Source, _Held] = {}
        self._lock = threading.Lock()

    def find(
        self, url: str, algorithms: tuple[str, ...], kid: str, networks: tuple[Network, ...] = ()
    ) -> Key | None:
        """Find a key by its id; Unavailable when there are no keys to be had at all.

        An unknown id leads to another look, at most once a minute. The address is a public one, or
        lies in `networks`; by http it is on this machine.
        """
        source = Source(url, algorithms, networks)
        with self._lock:
            held = self._held.setdefault(source, _Held())
        known = held.keys is not None and kid in held.keys and self._age(held) < LAST_SECONDS
        patience = 0.0 if known else WAIT_SECONDS if held.keys is not None else FETCH_SECONDS
        stale = self._age(held) >= FRESH_SECONDS
        if (stale or not known) and held.lock.acquire(timeout=patience):
            try:
                self._look(held, source, kid)
            finally:
                held.lock.release()
        if held.keys is None or self._age(held) >= LAST_SECONDS:
            msg = "not possible now; try again later"
            raise Unavailable(msg)
        return held.keys.get(kid)

    def close(self) -> None:
        """Close idle connections."""
        self._wire.close()

    def _age(self, held: _Held) -> float:
        """Say how many seconds ago keys were fetched."""
        return self._clock() - held.fetched

    def _look(self, held: _Held, source: Source, kid: str) -> None:
        """Fetch the keys, unless another thread just did or the pause is not over."""
        now = self._clock()
        if held.keys is not None and kid in held.keys and self._age(held) < FRESH_SECONDS:
            return
        pause = RETRY_SECONDS if held.keys is None else PAUSE_SECONDS
        if held.tried is not None and now - held.tried < pause:
            return
        held.tried = now
        keys = self._fetch(source)
        if keys is None:
            _LOG.warning("the keys of a client could not be fetched")
        else:
            held.keys, held.fetched = keys, now

    def _fetch(self, source: Source) -> Mapping[str, Key] | None:
        """Fetch a key set; None when what came cannot be used."""
        origin = origin_of(source.url)
        if origin is None:
            return None
        reach = LOOPBACK if origin.scheme == "http" else Reach(networks=source.networks)
        flight = Flight(FETCH_SECONDS, reach)
        alarm = threading.Timer(FETCH_SECONDS, flight.end)
        alarm.daemon = True
        alarm.start()
        try:
            reply = self._wire.get(source.url, Access(source.url, origin), flight, LARGEST_SET)
        finally:
            alarm.cancel()
        if reply.problem:
            return None
        keys, problems = read_keys(reply.body, source.algorithms)
        for _ in problems:
            _LOG.warning("a key of a client cannot be used")
        return keys or None
