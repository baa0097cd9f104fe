"""A breaker: a FHIR server that answers nobody is left alone for a while, and then tried once.

Without it each clinician waits the whole deadline for a server that is known to be dead. Libraries
were looked at: pybreaker holds its lock while the call runs, so that eighteen searches would go one
after another, and knows neither jitter nor a probe for which others wait; tenacity and urllib3's
Retry repeat, but remember nothing from one request to the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import SystemRandom
from threading import Condition
from typing import Final, NamedTuple

from cds_service.evidence.flight import Flight

FAILURES: Final = 5
"""So many in a row, without any answer in between, and a server counts as dead."""
COOL_SECONDS: Final = 10.0
LONGEST_SECONDS: Final = 60.0
"""The pause after the first opening, doubled with each probe that fails, up to the longest."""
RESTING: Final = "the FHIR server did not answer before, and was not asked again yet"

JITTER: Final = 0.2
"""The part by which a pause may be shorter or longer, so that workers do not probe together."""


class Pass(NamedTuple):
    """Leave for one request: since when, and whether it is the probe of a server that was dead."""

    since: float
    probe: bool = False


def jittered() -> float:
    """Give a factor around 1."""
    return SystemRandom().uniform(1 - JITTER, 1 + JITTER)


@dataclass
class Breaker:
    """Whether one server is asked at the moment; safe for threads.

    `told` hears "opened" and "closed". A failure counts only where nobody was answered since the
    request began: a server that answers others is not dead, however slow one search is.
    """

    cool: float = COOL_SECONDS
    told: Callable[[str], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = jittered
    _failures: int = field(default=0, init=False)
    _openings: int = field(default=0, init=False)
    _until: float | None = field(default=None, init=False)
    _opened: float = field(default=float("-inf"), init=False)
    _why: str = field(default="", init=False)
    _answered: float = field(default=float("-inf"), init=False)
    _probing: Flight | None = field(default=None, init=False)
    _changed: Condition = field(default_factory=Condition, init=False, repr=False)

    @property
    def is_open(self) -> bool:
        """Tell whether the server counts as dead, being probed or not."""
        return self._until is not None

    def admit(self, flight: Flight) -> Pass | None:
        """Let a request through, or not; `ended` must follow every pass.

        After the pause the first request is the probe. Others of its gathering wait for what comes
        of it, so that the first clinician after an outage gets a whole answer; everybody else is
        not kept.
        """
        with self._changed:
            while self._until is not None:
                if self._probing is None:
                    if self.clock() < self._until:
                        return None
                    self._probing = flight
                    return Pass(self.clock(), probe=True)
                left = flight.remaining()
                if self._probing is not flight or left <= 0:
                    return None
                self._changed.wait(left)
            return Pass(self.clock())

    def refusal(self, flight: Flight) -> str:
        """Say why a request was not let through.

        A gathering that was on its way when the server was found dead hears what was found: its
        queries have one reason, whichever of them was asked first.
        """
        with self._changed:
            return self._why if flight.begun <= self._opened else RESTING

    def ended(self, passed: Pass, alive: bool | None, why: str = "") -> None:
        """Hear how a request ended: answered, not answered, or (None) nothing to learn from it.

        `why` says in our own words what was wrong.
        """
        with self._changed:
            if passed.probe:
                self._probing = None
            if alive:
                self._answer()
            elif alive is False and self._answered < passed.since:
                self._failures += 1
                if passed.probe or (self._until is None and self._failures >= FAILURES):
                    self._open(why)
            self._changed.notify_all()

    def _answer(self) -> None:
        """Take the server for alive."""
        self._answered = self.clock()
        self._failures = 0
        if self._until is not None:
            self._until, self._openings = None, 0
            self.told("closed")

    def _open(self, why: str) -> None:
        """Leave the server alone, each time for longer."""
        pause = min(self.cool * 2**self._openings, LONGEST_SECONDS)
        if self._until is None:
            self.told("opened")
        self._opened, self._why = self.clock(), why
        self._until = self._opened + pause * self.jitter()
        self._openings = min(self._openings + 1, 16)
        self._failures = 0
