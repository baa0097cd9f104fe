"""Procedures: which orders concern us, which questions are asked, and with which words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from cds_service.clinical.answer import Answer
from cds_service.clinical.bare import BareAnswers
from cds_service.clinical.card import Coding
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Kind
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import Statement

Made = TypeVar("Made")


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
        for fact in self.rule.reads:
            if fact.kind in kinds or chart.findings.get(fact.name):
                return True
        return not self.rule.reads


class Finding(NamedTuple):
    """What came of one check; `recorded` is False for a rule that this record cannot answer."""

    check: Check
    answer: Answer
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """The pattern of a suggestion: orders, a Task, or a change of the draft (rules.md 1.9).

    `kind` is "order", "task", "delete" or "split". `codes` are LOINC codings, one order each;
    `by_region` gives one coding for thoracic, lumbar or both.
    """

    key: str
    label: str
    kind: str
    text: str = ""
    note: str = ""
    priority: str = ""
    codes: tuple[Coding, ...] = ()
    by_region: Mapping[str, Coding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paper:
    """A source that cards cite: its label is short enough for `source.label`."""

    key: str
    label: str
    citation: str
    url: str = ""
    read: str = ""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Our own words for the keys that rules and readers use.

    `facts` names things, `reasons` holds the templates of gaps, `details` says what is wrong
    with a fact. `valued` are the facts whose name stands before their value, `results` those of
    them that a laboratory or a device gives. `said` remembers sentences made of these words.
    """

    facts: Mapping[str, str]
    reasons: Mapping[str, str]
    details: Mapping[str, str]
    valued: frozenset[str] = frozenset()
    results: frozenset[str] = frozenset()
    said: dict[Hashable, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS Hooks service of a procedure, as discovery lists it."""

    id: str
    hook: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """All the clinical content of one procedure, proven at the start.

    `orders` and `codes` are the tables by which orders and facts are recognised, in the form of
    the readers that use them. `version` names the state of the content and stands on every card.
    `lead_days` is the assumed time from order to procedure where the order names no day.
    """

    name: str
    title: str
    version: str
    checks: tuple[Check, ...]
    services: tuple[Service, ...]
    orders: Any
    codes: Any
    phrases: Phrases
    papers: Mapping[str, Paper]
    drafts: Mapping[str, Draft]
    overrides: Mapping[str, tuple[Coding, ...]]
    texts: Mapping[str, str]
    canonical: str
    lead_days: int
    kinds: frozenset[Kind] = frozenset(Kind)
    strict: bool = False
    bare: BareAnswers = field(init=False, repr=False, compare=False)
    made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare what is remembered of the checks where nothing is on record."""
        questions = [(check.rule, check.statement.limits) for check in self.checks]
        object.__setattr__(self, "bare", BareAnswers(questions))

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Make once what is the same on every card: it depends on the content and `key` alone."""
        made: Made | None = self.made.get(key)
        if made is None:
            made = self.made[key] = make()
        return made
