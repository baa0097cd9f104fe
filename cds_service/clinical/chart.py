"""The chart: all that the rules may know of one patient on one day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cds_service.clinical.answer import Answer, Gap, worst
from cds_service.clinical.evidence import Sought, Source
from cds_service.clinical.fact import (
    QUERIES_OF,
    Allergy,
    Culture,
    Diagnosis,
    DrugUse,
    Fact,
    Finding,
    Kind,
    Patient,
    Result,
    Study,
)
from cds_service.clinical.levels import in_order, region_of
from cds_service.clinical.order import Order
from cds_service.clinical.reading import Reading
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import When, Window


@dataclass(frozen=True, slots=True)
class Chart:
    """The facts of one patient, with the state of every query behind them.

    `now` is the time of the order and `planned` that of the procedure (rules.md 1.1).
    `inpatient` is None where the encounters could not be asked. `orders` are all orders of the
    procedure, selected or not; `lists` are the dates of reviewed lists ("drugs", "allergies").
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

    @property
    def selected(self) -> tuple[Order, ...]:
        """The orders that the clinician has just selected."""
        return tuple(order for order in self.orders if order.selected)

    @property
    def targets(self) -> tuple[str, ...]:
        """The levels that the selected orders name, from the head down."""
        return in_order({level for order in self.selected for level in order.levels})

    @property
    def doubtful(self) -> tuple[str, ...]:
        """What the selected orders say of levels without naming one for certain."""
        return tuple(word for order in self.selected for word in order.doubtful)

    @property
    def unnamed(self) -> bool:
        """Tell whether a selected order is for a vertebra that it does not name at all.

        An add-on code may stand for a level that another order names already.
        """
        bare = [order for order in self.selected if not order.levels and not order.doubtful]
        total = sum(order.count or 1 for order in self.selected)
        spare = total > len(self.targets) + len(self.doubtful)
        return not self.selected or any(spare or not order.add_on for order in bare)

    def lack(self, kind: Kind) -> Gap | None:
        """Say why an absence of this kind proves nothing, or None when all was answered."""
        for query in QUERIES_OF[kind]:
            source = self.sources.get(query)
            if source is None or source.state is not Sought.ANSWERED:
                detail = source.detail if source else ""
                return Gap(Reason.SOURCE_ERROR, kind.value, detail=detail)
        return None

    def absence(self, fact: Fact, window: Window | None = None) -> Gap:
        """Describe the lack of a fact: sought and not found, or not to be had."""
        lack = self.lack(fact.kind)
        return lack or Gap(Reason.MISSING, fact.name, str(window or ""))

    def latest(self, fact: Fact, within: Window) -> Reading:
        """Read the newest result of a kind, inside a window that ends now."""
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
