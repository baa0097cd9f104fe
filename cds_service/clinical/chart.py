"""The chart: all that the rules may know of one patient on one day."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from cds_service.clinical.answer import Answer, Gap, worst
from cds_service.clinical.evidence import Sought, Source
from cds_service.clinical.fact import (
    ON_DEMAND_OF,
    QUERIES_OF,
    Allergy,
    Culture,
    Diagnosis,
    DrugUse,
    Fact,
    Finding,
    Kind,
    Match,
    Patient,
    Result,
    Study,
    Visit,
)
from cds_service.clinical.levels import in_order, region_of
from cds_service.clinical.order import Order
from cds_service.clinical.reading import Reading
from cds_service.clinical.report import ReadReport
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import When, Window

Made = TypeVar("Made")
Member = tuple[Diagnosis, Match]

_UNASKED: Final[Any] = object()
_ANSWERED: Final = Sought.ANSWERED


@lru_cache(maxsize=4096)
def _missing(name: str, window: Window | None, level: str) -> Gap:
    """Say that a fact was sought and not found: in our own words, and so the same each time."""
    return Gap(Reason.MISSING, name, str(window or ""), level=level)


@dataclass(frozen=True, slots=True)
class Chart:
    """The facts of one patient, with the state of every query behind them.

    `now` is the time of the order and `planned` that of the procedure (rules.md 1.1).
    `inpatient` is None where the encounters could not be asked. `orders` are all orders of the
    procedure, selected or not; `lists` are the dates of reviewed lists ("drugs", "allergies").
    `hints` are what reports say without stating it plainly: they raise suspicion and no more
    (rules.md 1.6). `unread` are imaging reports whose text could not be read in full. `reports` are
    all of them as they were read: for the trace, no rule looks at them.
    """

    now: datetime
    planned: datetime
    orders: tuple[Order, ...] = ()
    patient: Patient = field(default_factory=Patient)
    results: Mapping[str, tuple[Result, ...]] = field(default_factory=dict)
    cultures: tuple[Culture, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    drugs: tuple[DrugUse, ...] = ()
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    studies: tuple[Study, ...] = ()
    inpatient: bool | None = None
    procedures: tuple[tuple[Order, When | None], ...] = ()
    lists: Mapping[str, tuple[When, ...]] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    visits: tuple[Visit, ...] = ()
    hints: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    unread: tuple[ReadReport, ...] = ()
    reports: tuple[ReadReport, ...] = ()
    memo: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Answer a question that several rules ask, once for this chart.

        `key` names the question with all that its answer depends on besides the chart.
        """
        made: Made = self.memo.get(key, _UNASKED)
        if made is _UNASKED:
            made = self.memo[key] = make()
        return made

    @property
    def selected(self) -> tuple[Order, ...]:
        """The orders that the clinician has just selected."""
        return self.once("selected", self._selected)

    def _selected(self) -> tuple[Order, ...]:
        """Look for the selected orders."""
        return tuple([order for order in self.orders if order.selected])

    @property
    def targets(self) -> tuple[str, ...]:
        """The levels that the selected orders name, from the head down."""
        return self.once("targets", self._targets)

    def _targets(self) -> tuple[str, ...]:
        """Put the levels of the selected orders together."""
        return in_order({level for order in self.selected for level in order.levels})

    @property
    def doubtful(self) -> tuple[str, ...]:
        """What the selected orders say of levels without naming one for certain."""
        return self.once("doubtful", self._doubtful)

    def _doubtful(self) -> tuple[str, ...]:
        """Put the doubtful words of the selected orders together."""
        return tuple([word for order in self.selected for word in order.doubtful])

    @property
    def unnamed(self) -> bool:
        """Tell whether a selected order is for a vertebra that it does not name at all.

        An add-on code may stand for a level that another order names already.
        """
        return self.once("unnamed", self._unnamed)

    def _unnamed(self) -> bool:
        """Look for a selected order without a level of its own."""
        bare = [order for order in self.selected if not order.levels and not order.doubtful]
        total = sum(order.count or 1 for order in self.selected)
        spare = total > len(self.targets) + len(self.doubtful)
        return not self.selected or any(spare or not order.add_on for order in bare)

    def lack(self, kind: Kind) -> Gap | None:
        """Say why an absence of this kind proves nothing, or None when all was answered."""
        known: Mapping[Kind, Gap | None] = self.memo.get("lacks") or self.lacks
        return known[kind]

    @property
    def lacks(self) -> Mapping[Kind, Gap | None]:
        """Say for each kind of facts why an absence proves nothing; rules ask a hundred times."""
        return self.once("lacks", self._lacks)

    def _lacks(self) -> Mapping[Kind, Gap | None]:
        """Look at the queries of every kind."""
        return {kind: self._lack(kind) for kind in Kind}

    def _lack(self, kind: Kind) -> Gap | None:
        """Look for a query of this kind that was not answered."""
        added = [query for query in ON_DEMAND_OF.get(kind, ()) if query in self.sources]
        for query in (*QUERIES_OF[kind], *added):
            source = self.sources.get(query)
            if source is None or source.state is not _ANSWERED:
                detail = source.detail if source else ""
                return Gap(Reason.SOURCE_ERROR, kind.value, detail=detail)
        return None

    @property
    def members_of(self) -> Mapping[str, tuple[Member, ...]]:
        """The active conditions of each set, with how they came into it."""
        return self.once("members", self._members_of)

    def _members_of(self) -> Mapping[str, tuple[Member, ...]]:
        """Sort the active conditions by the sets that they belong to."""
        found: dict[str, list[Member]] = {}
        for diagnosis in self.diagnoses:
            if diagnosis.active:
                for name, match in diagnosis.sets.items():
                    found.setdefault(name, []).append((diagnosis, match))
        return {name: tuple(members) for name, members in found.items()}

    def members(self, value_set: str) -> tuple[Member, ...]:
        """List the active conditions of a set."""
        known: Mapping[str, tuple[Member, ...]] = self.memo.get("members") or self.members_of
        return known.get(value_set, ())

    def absence(self, fact: Fact, window: Window | None = None, level: str = "") -> Gap:
        """Describe the lack of a fact: sought and not found, or not to be had."""
        lack = self.lack(fact.kind)
        if lack is None:
            return _missing(fact.name, window, level)
        return Gap(lack.reason, lack.what, detail=lack.detail, level=level)

    def latest(self, fact: Fact, within: Window) -> Reading:
        """Read the newest result of a kind, inside a window that ends now."""
        return self.once(("latest", fact, within), lambda: self._latest(fact, within))

    def _latest(self, fact: Fact, within: Window) -> Reading:
        """Choose the newest result of a kind."""
        return Reading.of(
            self.results.get(fact.name, ()),
            self.absence(fact, within),
            within,
            self.now,
            self.lack(fact.kind),
        )

    def per_level(self, ask: Callable[[str], Answer]) -> Answer:
        """Ask a question for each target level and report the worst answer (rules.md 1.5)."""
        answers = {level: self._asked(level, ask) for level in self.targets}
        if self.unnamed:
            answers[""] = Answer.unknown(Gap(Reason.MISSING, "target_level"))
        for words in self.doubtful:
            answers[words] = Answer.unknown(Gap(Reason.MISSING, "clear_target_level", level=words))
        return worst(answers)

    def _asked(self, level: str, ask: Callable[[str], Answer]) -> Answer:
        """Ask for one level; the sources describe thoracic and lumbar practice only (1.10)."""
        if region_of(level) == "cervical":
            return Answer.unknown(Gap(Reason.MISSING, "described_region", level=level))
        return ask(level)
