"""Put a chart together: the same facts in the same order, whatever the order of the entries."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeVar

from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Evidence
from cds_service.clinical.fact import Finding
from cds_service.clinical.order import Order, first_start
from cds_service.facts.context import Context
from cds_service.facts.encounters import inpatient
from cds_service.facts.patients import the_patient

Thing = TypeVar("Thing")
Once = TypeVar("Once", bound=Hashable)

_TWO: Final = 2
_reference: Final[Callable[[Any], str]] = attrgetter("reference")


def assemble(
    evidence: Evidence,
    orders: tuple[Order, ...],
    now: datetime,
    planned: datetime,
    context: Context,
) -> Chart:
    """Make the chart of all that the readers found.

    `planned` gives way to a time of day that an order states: hours count to it (rules.md 1.1).
    """
    return Chart(
        now,
        first_start(orders, now) or planned,
        _with_existing(orders, context.orders),
        the_patient(context),
        {fact: _once(results) for fact, results in sorted(context.results.items())},
        _once(context.cultures),
        _sorted(context.diagnoses),
        _sorted(context.allergies),
        _sorted(context.drugs),
        _by_fact(_once(context.findings)),
        _once(context.studies),
        inpatient(evidence, context),
        tuple(sorted(context.procedures, key=repr)),
        {kind: tuple(sorted(dates, key=_moment)) for kind, dates in sorted(context.lists.items())},
        evidence.sources,
        _once(context.visits),
    )


def _with_existing(orders: tuple[Order, ...], existing: Iterable[Order]) -> tuple[Order, ...]:
    """Add the orders that are on record, each once; a draft stands for its earlier self."""
    known = {order.reference for order in orders}
    others = {order.reference: order for order in sorted(existing, key=_fully)}
    return (*orders, *(other for name, other in others.items() if name not in known))


def _by_fact(findings: Iterable[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    """Group findings by their name."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.fact, []).append(finding)
    return {fact: tuple(group) for fact, group in sorted(groups.items())}


def _once(things: Sequence[Once]) -> tuple[Once, ...]:
    """Keep each thing once, in an order of its own.

    Only what two entries of one name say can be the same.
    """
    if len(things) < _TWO:
        return tuple(things)
    alone = len({_reference(thing) for thing in things}) == len(things)
    return _sorted(things if alone else list(set(things)))


def _sorted(things: Sequence[Thing]) -> tuple[Thing, ...]:
    """Sort things by the resource that they are from, those of one resource by all they say."""
    if len(things) < _TWO:
        return tuple(things)
    alone = len({_reference(thing) for thing in things}) == len(things)
    key: Callable[[Any], Any] = _reference if alone else _fully
    return tuple(sorted(things, key=key))


def _fully(thing: Any) -> tuple[str, str]:
    """Give all that a fact says, for the rare ones that share a reference."""
    return str(thing.reference), repr(thing)


def _moment(when: Any) -> tuple[datetime, str]:
    """Sort times by their last moment."""
    return when.latest, when.text
