"""The requests of one query: past the breaker, and repeated once at most."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from cds_service.evidence.body import Reply
from cds_service.evidence.flight import Flight
from cds_service.evidence.origins import Access
from cds_service.evidence.peers import Peer, alive
from cds_service.evidence.wire import LATE, Call, Wire


@dataclass
class Turn:
    """One query's turn at a server; `repeated` once its one repeat is spent."""

    wire: Wire
    access: Access
    flight: Flight
    peer: Peer
    repeated: bool = False

    def get(self, url: str, limit: int, accept: str = "") -> Reply:
        """Read one URL within the flight."""
        return self.send(Call(url, limit, accept))

    def send(self, call: Call) -> Reply:
        """Make a request, once more where that is safe and within the budget.

        What is sent by POST here only searches: it may be repeated as a GET may.
        """
        reply = self._once(call)
        if not self.repeated and self.peer.may_repeat(reply, self.flight):
            self.repeated = True
            time.sleep(reply.wait or 0)
            reply = self._once(replace(call, fresh=True))
        return reply

    def _once(self, call: Call) -> Reply:
        """Ask if the breaker lets us, and tell it what came of that."""
        passed = self.peer.breaker.admit(self.flight)
        if passed is None:
            in_time = self.flight.remaining() > 0
            return Reply(problem=self.peer.breaker.refusal(self.flight) if in_time else LATE)
        self.peer.asked()
        had_time = self.flight.remaining() >= self.flight.seconds / 2
        reply, shown = Reply(), None
        try:
            reply = self.wire.send(call, self.access, self.flight)
            shown = alive(reply, had_time=had_time)
        finally:
            self.peer.breaker.ended(passed, shown, reply.problem)
        return reply
