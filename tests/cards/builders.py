"""A small invented procedure, charts and findings: a test says only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cds_service.cards.case import Case
from cds_service.clinical.answer import Answer, Gap, Proof
from cds_service.clinical.card import Indicator
from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Sought, Source
from cds_service.clinical.fact import Fact, Patient, lab
from cds_service.clinical.order import HookRequest, Order
from cds_service.clinical.procedure import Check, Finding, Procedure
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import Cited, RuleClass, Statement, Words
from cds_service.clinical.truth import Reason
from tests.changed import replace

from .invented import CANONICAL, DRAFTS, OVERRIDES, PAPERS, PHRASES, TEXTS

NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
INR = lab("inr")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of an invented rule."""

    inr_above: Quantity


def never(chart: Chart, limits: Any) -> Answer:
    """Stand in for a question: tests of cards give the answers themselves."""
    raise AssertionError((chart, limits))


def check(name: str, rule_class: RuleClass, position: int = 1, **changed: Any) -> Check:
    """Make a check of a class, with words from which its name can be told."""
    indicator = {
        RuleClass.ABSOLUTE: Indicator.CRITICAL,
        RuleClass.ADVISORY: Indicator.INFO,
        RuleClass.GAP: Indicator.INFO,
    }.get(rule_class, Indicator.WARNING)
    weak = Words(Indicator.WARNING, f"possible {name}: $because", f"{name} is not certain.")
    standard: dict[str, Any] = {
        "limits": Limits(Quantity(Decimal("1.5"))),
        "limit_sources": {"inr_above": Cited("guide", "Table 1", "INR above 1.5")},
        "sources": (Cited("guide", "Table 1", f"{name} matters"),),
        "fires": {"": Words(indicator, f"{name} found: $because", f"{name} speaks against it.")},
        "unknown_line": f"line of {name}",
        "suspected": weak if rule_class is RuleClass.ABSOLUTE else None,
        "limit_words": {"inr_above": "1.5"},
    }
    statement = Statement(
        rule=name,
        title=f"Title {name}",
        rule_class=rule_class,
        position=position,
        **(standard | changed),
    )
    reads: tuple[Fact, ...] = (INR,)
    return Check(Rule(name, f"Is there {name}?", never, Limits, reads), statement)


def yes(one: Check, *proofs: Proof, recorded: bool = True, **changed: Any) -> Finding:
    """Let a check fire."""
    because = proofs or (Proof("sign", f"sign of {one.name}", "2025-05-18", "Condition/1"),)
    return Finding(one, replace(Answer.yes(*because), **changed), recorded)


def no(one: Check, *, recorded: bool = True) -> Finding:
    """Let a check be clear."""
    return Finding(one, Answer.no(), recorded)


def unknown(one: Check, *gaps: Gap, recorded: bool = True, **changed: Any) -> Finding:
    """Leave a check open."""
    missing = gaps or (Gap(Reason.MISSING, f"fact_of_{one.name}"),)
    return Finding(one, replace(Answer.unknown(*missing), **changed), recorded)


def suspected(one: Check, value: str = "a weak word", **changed: Any) -> Finding:
    """Give a check weak evidence."""
    proof = Proof("hint", value, "2025-05-01", "Observation/9")
    return unknown(one, Gap(Reason.SUSPECTED, "hint", proof=proof), **changed)


def order(
    *levels: str,
    label: str = "kyphoplasty, lumbar",
    resource: Mapping[str, Any] | None = None,
    **changed: Any,
) -> Order:
    """Make a selected draft order."""
    full = {"resourceType": "ServiceRequest", "id": "draft", "status": "draft", "intent": "order"}
    standard: dict[str, Any] = {"reference": "ServiceRequest/draft", "selected": True}
    return Order(
        resource=full | dict(resource or {}),
        label=label,
        matched="code",
        levels=levels,
        **(standard | changed),
    )


def procedure(*checks: Check, **changed: Any) -> Procedure:
    """Make a procedure of some checks."""
    standard: dict[str, Any] = {
        "phrases": PHRASES,
        "papers": PAPERS,
        "drafts": DRAFTS,
        "overrides": OVERRIDES,
        "texts": TEXTS,
    }
    return Procedure(
        name="invented",
        title="spine procedure",
        version="1.0.0+abc",
        checks=checks,
        services=(),
        orders=None,
        codes=None,
        canonical=CANONICAL,
        lead_days=7,
        **(standard | changed),
    )


def case(
    *orders: Order,
    age: int | None = 70,
    unasked: Iterable[Source] = (),
    encounter: str | None = None,
    checks: Iterable[Check] = (),
    **changed: Any,
) -> Case:
    """Make a case: by default one order for L1 of an adult whose record was read in full."""
    sources = {"conditions": Source("conditions", Sought.ANSWERED)}
    sources |= {source.name: source for source in unasked}
    chart = Chart(NOW, NOW, orders or (order("L1"),), Patient(age), sources=sources)
    request = HookRequest(
        "order-select", "h-1", "p-1", "Practitioner/1", (), encounter_id=encounter
    )
    return Case(request, procedure(*checks, **changed), chart)
