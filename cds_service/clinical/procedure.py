"""Procedures: which orders concern us, which questions are asked, and with which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.clinical.answer import Answer
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Kind
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import Statement


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with its statement: a question with its numbers and its words."""

    rule: Rule
    statement: Statement

    @property
    def name(self) -> str:
        """The one word that wires rule, card file, test and fixtures."""
        return self.rule.name

    def ask(self, chart: Chart) -> Answer:
        """Put the question to a chart, with the numbers of the card file."""
        return self.rule.ask(chart, self.statement.limits)

    def recorded(self, chart: Chart, kinds: frozenset[Kind]) -> bool:
        """Tell whether this record can hold the facts at all (rules.md 1.7a and 9.14)."""
        reads = self.rule.reads
        return not reads or any(
            fact.kind in kinds or chart.findings.get(fact.name) for fact in reads
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one check; `recorded` is False for a rule that this record cannot answer."""

    check: Check
    answer: Answer
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """A suggestion's pattern: an order, a Task, or a change of the draft order (rules.md 1.9)."""

    key: str
    label: str
    kind: str
    resource: Mapping[str, Any] = field(default_factory=dict)
    independent: bool = True


@dataclass(frozen=True, slots=True)
class Procedure:
    """All the clinical content of one procedure, proven at the start.

    `codes` are the trigger codes by (system, code), read by `facts/orders.py`; `words` turns the
    keys that rules and readers use into phrases; `papers` are citations by key; `version` names
    the state of the content and stands on every card.
    """

    name: str
    title: str
    version: str
    checks: tuple[Check, ...]
    orders: Any
    words: Mapping[str, str]
    papers: Mapping[str, Mapping[str, str]]
    drafts: Mapping[str, Draft]
    overrides: Mapping[str, Mapping[str, str]]
    texts: Mapping[str, str]
    canonical: str
    kinds: frozenset[Kind] = frozenset(Kind)
    services: tuple[Mapping[str, str], ...] = ()
