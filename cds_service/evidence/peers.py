"""What is remembered of each FHIR server from one gathering to the next."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Final

from cds_service.evidence.addresses import Reach
from cds_service.evidence.body import Fault, Reply
from cds_service.evidence.breaker import COOL_SECONDS, Breaker
from cds_service.evidence.flight import Flight
from cds_service.evidence.learned import Learned
from cds_service.evidence.origins import Access

LONGEST_WAIT: Final = 1.0
"""Seconds that a server may ask us to wait before we ask once more."""
REPEATED: Final = 0.1
"""The part of all requests to a server that may be repeats."""

_MOST_SERVERS: Final = 256
_MOST_SAVED: Final = 5.0
_DOWN: Final = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
"""A gateway says with these that there is nobody behind it. A 500 is an answer: one search failed,
and the others may not; so is every 4xx."""
_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass
class Peer:
    """One FHIR server: its breaker, what it is like, and how many repeats it may still be sent."""

    breaker: Breaker
    told: Callable[[str], None]
    learned: Learned = field(default_factory=Learned)
    _repeats: float = 1.0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def asked(self) -> None:
        """Count a request: ten of them are worth one repeat."""
        with self._lock:
            self._repeats = min(self._repeats + REPEATED, _MOST_SAVED)

    def may_repeat(self, reply: Reply, flight: Flight) -> bool:
        """Tell whether a request may be made once more, and take that from the budget.

        Only what was broken off before a byte came, or was put off for less than the flight has
        left: in both cases a search has no effect that could happen twice. A connection that the
        server had closed before it heard of the request costs nothing of the budget.
        """
        if reply.fault is Fault.STALE and flight.remaining() > 0:
            self.told("reconnected")
            return True
        wait = reply.wait if reply.status in _LATER else 0 if reply.fault is Fault.RESET else None
        if wait is None or wait > LONGEST_WAIT or wait >= flight.remaining():
            return False
        with self._lock:
            if self._repeats < 1:
                return False
            self._repeats -= 1
        self.told("repeated")
        return True


def alive(reply: Reply, *, had_time: bool) -> bool | None:
    """Tell from a reply whether a server is alive; None where it shows nothing.

    `had_time` is false for a request that began late in its flight: then the cut is our own.
    """
    if reply.fault is Fault.OWN or (reply.fault is Fault.STALE and not reply.late):
        return None
    if reply.late and reply.fault and not had_time:
        return None
    return not reply.fault and reply.status not in _DOWN


class Peers:
    """All servers, the least recently used forgotten first; safe for threads.

    Told apart by base URL, because hospitals may share a host, and by where connections for a
    client may lead: what one client cannot reach another may.
    """

    def __init__(self, cool: float = COOL_SECONDS) -> None:
        """Know of none; `cool` is the first pause of a breaker, in seconds."""
        self._cool = cool
        self._known: OrderedDict[tuple[str, Reach], Peer] = OrderedDict()
        self._events: Counter[str] = Counter()
        self._lock = Lock()

    def of(self, access: Access, reach: Reach) -> Peer:
        """Find or make what is remembered of a server."""
        key = access.base, reach
        with self._lock:
            peer = self._known.pop(key, None) or Peer(Breaker(self._cool, self.tell), self.tell)
            self._known[key] = peer
            if len(self._known) > _MOST_SERVERS:
                self._known.popitem(last=False)
            return peer

    def tell(self, event: str) -> None:
        """Count an event: for `EVENTS` of the metrics."""
        with self._lock:
            self._events[event] += 1

    def taken(self) -> dict[str, int]:
        """Hand over how often each event happened since the last time."""
        with self._lock:
            events, self._events = self._events, Counter()
        return dict(events)

    @property
    def resting(self) -> int:
        """The number of servers that are left alone at the moment."""
        with self._lock:
            return sum(peer.breaker.is_open for peer in self._known.values())
