"""Key sets at registered addresses: fetched from there only, held in memory, seldom looked at."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cds_service.clients.keys import LARGEST_SET, Key, read_keys
from cds_service.errors import Unavailable
from cds_service.evidence.addresses import LOOPBACK, Network, Reach
from cds_service.evidence.flight import Flight
from cds_service.evidence.origins import Access, origin_of
from cds_service.evidence.wire import Wire

FETCH_SECONDS: Final = 2.0
"""How long a key server may take, and with it the one thread that asks it."""
FRESH_SECONDS: Final = 900.0
"""How long a key set is used without a look at the registered address."""
LAST_SECONDS: Final = 3600.0
"""How long a key set is used when that address does not answer any more."""
PAUSE_SECONDS: Final = 60.0
"""Least time between two looks, whatever the reason."""
RETRY_SECONDS: Final = 30.0
"""The same as long as there are no keys at all."""

_LOG: Final = logging.getLogger(__name__)


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

    def __init__(self, clock: Callable[[], float] = time.monotonic, authorities: str = "") -> None:
        """Hold nothing yet; nothing is fetched before a token asks for it.

        `authorities` are certificates (PEM) that are trusted beside the public ones.
        """
        self._clock = clock
        self._wire = Wire(1, accept="application/json", authorities=authorities)
        self._held: dict[Source, _Held] = {}
        self._lock = threading.Lock()

    def find(
        self, url: str, algorithms: tuple[str, ...], kid: str, networks: tuple[Network, ...] = ()
    ) -> Key | None:
        """Find a key by its id; Unavailable when there are no keys to be had at all.

        An unknown id leads to another look, at most once a minute, and by one thread alone: nobody
        has proven yet who sent the token, so a key server that hangs must not hold another one.
        The address is a public one, or lies in `networks`; by http it is on this machine.
        """
        source = Source(url, algorithms, networks)
        with self._lock:
            held = self._held.setdefault(source, _Held())
        known = held.keys is not None and kid in held.keys and self._age(held) < LAST_SECONDS
        stale = self._age(held) >= FRESH_SECONDS
        if (stale or not known) and held.lock.acquire(blocking=False):
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
            said = {"address": source.url}
            _LOG.warning("the keys of a client could not be fetched", extra={"said": said})
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
