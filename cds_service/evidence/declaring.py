"""Asking a FHIR server what it offers, beside a gathering that does not wait for the answer."""

from __future__ import annotations

from dataclasses import replace
from threading import Timer
from typing import Final

from cds_service.evidence.flight import Flight
from cds_service.evidence.prefetch import KINDS as QUERY_KINDS
from cds_service.evidence.statement import KINDS, read_statement
from cds_service.evidence.turn import Turn

LARGEST: Final = 8 << 20
"""Bytes of a CapabilityStatement; those of large servers have a few millions."""
_OURS: Final = frozenset(QUERY_KINDS.values())


def declare(turn: Turn) -> None:
    """Ask for the CapabilityStatement and remember what it says; a failure leaves all as it is.

    Without a token: it is public, and about no patient.
    """
    flight = Flight(turn.flight.seconds, turn.flight.reach)
    watch = Timer(flight.seconds, flight.end)
    watch.daemon = True
    watch.start()
    try:
        asking = Turn(turn.wire, replace(turn.access, token=None), flight, turn.peer)
        body = asking.get(f"{turn.access.base}/metadata", LARGEST).body
        if isinstance(body, dict) and body.get("resourceType") in KINDS:
            turn.peer.learned.declares(read_statement(body).about(_OURS))
    finally:
        watch.cancel()
