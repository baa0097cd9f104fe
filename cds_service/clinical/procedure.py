"""Procedures: which orders concern us, which questions are asked, and with which words."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from cds_service.clinical.answer import Answer
from cds_service.clinical.bare import BareAnswers
from cds_service.clinical.card import Coding, Link
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Fact, Kind
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import OWN_CARD, Statement
from cds_service.clinical.truth import YES, Reason

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with its statement: a question with its numbers and its words.

    `off` is why a site has switched it off (perhaps empty); None where it is asked. With
    `text_critical` the text of a report may make its card critical (rules.md 1.6).
    """

    rule: Rule
    statement: Statement
    off: str | None = None
    text_critical: bool = False

    @property
    def name(self) -> str:
        """The one word that wires rule, card file, test and fixtures."""
        return self.rule.name

    def ask(self, chart: Chart) -> Answer:
        """Put the question to a chart, with the numbers of the card file."""
        return self.rule.ask(chart, self.statement.limits)

    def recorded(self, chart: Chart, kinds: frozenset[Kind]) -> bool:
        """Tell whether this record can hold the facts at all (rules.md 1.7a and 9.14).

        Of a rule that rests on certain facts a condition of its sets counts as well: it is there.
        """
        reads = self.rule.rests_on or self.rule.reads
        for fact in reads:
            if fact.kind in kinds or chart.findings.get(fact.name) or self._set_by_site(fact):
                return True
        return not reads or (bool(self.rule.rests_on) and self._on_record(chart))

    def _on_record(self, chart: Chart) -> bool:
        """Tell whether an active condition of a set that the rule reads is on record."""
        sets = [fact.name for fact in self.rule.reads if fact.kind is Kind.CONDITION]
        return any(chart.members(name) for name in sets)

    def _set_by_site(self, fact: Fact) -> bool:
        """Tell whether a site has set what only it can say."""
        limits = self.statement.limits
        return fact.kind is Kind.SITE and getattr(limits, fact.name, None) is not None


class Finding(NamedTuple):
    """What came of one check; `recorded` is False for a rule that this record cannot answer."""

    check: Check
    answer: Answer
    recorded: bool = True


def is_evidence(check: Check, answer: Answer) -> bool:
    """Tell whether an answer counts wherever it is from (9.14); an absence does not (1.7a)."""
    fired = answer.truth is YES and check.statement.rule_class in OWN_CARD
    return fired or answer.reason is Reason.SUSPECTED


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
    `lead_days` is the assumed time from order to procedure where the order names no day. `site` is
    how cards name the site, `links` are shown on each of them, `choices` what it says in words
    under a name of `parameters.toml`.
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
    site: str = ""
    links: tuple[Link, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)
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
