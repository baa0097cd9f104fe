"""The story: from a hook request to a few cards.

Is it ours? Gather what the record holds, read it and the texts of its reports, ask every question,
write the cards. No step knows the next one; nothing here asks the clock, the environment or the
network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from cds_service.cards.case import Case
from cds_service.cards.render import render
from cds_service.clinical.answer import Answer
from cds_service.clinical.card import Card
from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Evidence, Unreadable
from cds_service.clinical.order import HookRequest, Order
from cds_service.clinical.procedure import Check, Finding, Procedure, is_evidence
from cds_service.errors import DataUnavailable
from cds_service.facts import orders as order_reader
from cds_service.facts.read import read_chart
from cds_service.facts.told import with_texts
from cds_service.narrative.reading import read_reports

Gather = Callable[[HookRequest, Procedure], Evidence]
"""Gets the evidence for a request: from its prefetch and FHIR server, from a Bundle, a file."""


@dataclass(frozen=True, slots=True)
class Advice:
    """One answer, with every step that led to it."""

    orders: tuple[Order, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    chart: Chart | None = None
    findings: tuple[Finding, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    cards: tuple[Card, ...] = ()


def concerns(request: HookRequest, procedure: Procedure) -> bool:
    """Tell at little cost whether a selected order is one of the procedure."""
    return order_reader.concerns(request.drafts, request.selections, procedure.orders)


def kinds(request: HookRequest, procedure: Procedure) -> tuple[str, ...]:
    """Name the kinds of the selected orders of the procedure, such as "CPT 22514"."""
    orders = order_reader.read_orders(
        request.drafts, request.selections, request.patient_id, procedure.orders
    )
    return tuple(sorted({order.matched for order in orders if order.selected}))


def advice_for(request: HookRequest, procedure: Procedure, gather: Gather, now: datetime) -> Advice:
    """Answer one request about one procedure at one moment, in the zone of the site.

    Every step is kept, for whoever asks why. DataUnavailable (412) when nothing at all could be
    gathered.
    """
    if not concerns(request, procedure):
        return Advice()
    orders = order_reader.read_orders(
        request.drafts, request.selections, request.patient_id, procedure.orders
    )
    if not any(order.selected for order in orders):
        return Advice(orders)
    evidence = gather(request, procedure)
    if evidence.nothing_could_be_had:
        message = "no patient data: no prefetch, and no FHIR server that knows the patient was read"
        raise DataUnavailable(message, "prefetch")
    planned = planned_time(orders, now, procedure.lead_days)
    chart, unreadable = read_chart(
        evidence,
        orders,
        now,
        planned,
        procedure.codes,
        strict=procedure.strict,
        table=procedure.orders,
    )
    chart = with_texts(chart, read_reports(evidence, procedure.codes, now), procedure.codes)
    findings = ask(procedure, chart)
    cards = render(Case(request, procedure, chart), findings)
    return Advice(chart.orders, evidence, chart, findings, unreadable, cards)


def ask(procedure: Procedure, chart: Chart) -> tuple[Finding, ...]:
    """Put every question of the procedure to the chart.

    Not those that the site switched off, nor those that find nothing there: they are remembered.
    """
    remembered = procedure.bare.to(chart)
    return tuple(
        [
            _asked(check, known, procedure, chart)
            for check, known in zip(procedure.checks, remembered, strict=True)
        ]
    )


def _asked(check: Check, known: Answer | None, procedure: Procedure, chart: Chart) -> Finding:
    """Put one question, unless its answer is `known`: nothing that it looks for is on record."""
    if check.off is not None:
        return Finding(check, Answer.unknown(), recorded=False)
    answer = check.ask(chart) if known is None else known
    recorded = is_evidence(check, answer) or check.recorded(chart, procedure.kinds)
    return Finding(check, answer, recorded)


def planned_time(orders: Iterable[Order], now: datetime, lead_days: int) -> datetime:
    """Say when the procedure is planned: the first day named, else the assumed lead (1.1).

    A day alone stands for noon (9.1); a day in the past cannot be meant, so it is never before
    now.
    """
    days = [order.planned for order in orders if order.selected and order.planned]
    if not days:
        return now + timedelta(days=lead_days)
    return max(datetime.combine(min(days), time(12), now.tzinfo), now)
