"""The parts that the endpoints work with; `app.py` puts them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the wire only needs their names: tests hand in parts of their own
    from opentelemetry.trace import Tracer

    from cds_service.advise import Advice, Gather
    from cds_service.catalog import Catalog
    from cds_service.clients.checker import Checker
    from cds_service.clinical.order import HookRequest
    from cds_service.clinical.procedure import Procedure
    from cds_service.evidence.peers import Peers
    from cds_service.feedback.store import Store
    from cds_service.settings import Settings
    from cds_service.web.tally import Tally


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that answers a request.

    `concerns` and `advise` are the story's two doors, `kinds` names the orders that it answers,
    for the audit trail, `clock` gives the moment of an answer as
    an aware time in the zone of the site. `terminology` says which expansion is in force.
    Without a `checker` nobody is asked who they are, without a `tally` nothing is counted,
    without a `tracer` nothing is traced;
    `metrics_token` is what a scraper must send, if anything, and an operator in production. `peers`
    is what the FHIR client remembers of servers.
    """

    settings: Settings
    catalog: Catalog
    gather: Gather
    store: Store
    clock: Callable[[], datetime]
    concerns: Callable[[HookRequest, Procedure], bool]
    advise: Callable[[HookRequest, Procedure, Gather, datetime], Advice]
    terminology: Callable[[], Mapping[str, object]] = dict
    checker: Checker | None = None
    tally: Tally | None = None
    tracer: Tracer | None = None
    peers: Peers | None = None
    metrics_token: str = field(default="", repr=False)
    kinds: Callable[[HookRequest, Procedure], tuple[str, ...]] = lambda *_: ()
