"""Drugs for the bone: in use, or given in the time for which they work (codes.md 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cds_service.clinical.answer import Answer, Gap, any_of
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import DrugUse, Kind, Standing
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import Age, When, Window

BONE_AGENT: Final = "bone_agent"
_SHORT: Final = frozenset({"romosozumab", "teriparatide", "abaloparatide"})


@dataclass(frozen=True, slots=True)
class LookBack:
    """How long after the last dose or entry a drug for the bone counts (rules.md 5)."""

    oral: Window
    denosumab: Window
    zoledronic_acid: Window
    short_acting: Window

    def of(self, use: DrugUse) -> Window:
        """Choose the window of a product; the longest where it holds several agents."""
        windows = [self._of_agent(agent) for agent in use.ingredients] or [self.oral]
        return max(windows, key=lambda window: window.days)

    def _of_agent(self, agent: str) -> Window:
        """Choose the window of an agent; one without a row of its own counts as taken by mouth."""
        if agent in _SHORT:
            return self.short_acting
        return {"denosumab": self.denosumab, "zoledronic_acid": self.zoledronic_acid}.get(
            agent, self.oral
        )


def bone_agent_in_use(chart: Chart, look_back: LookBack) -> Answer:
    """Tell whether the bone is treated; a no means that a complete list names no such drug.

    An active entry of a drug that is given at long intervals counts only as far as its date
    does; one that is taken day by day counts as long as it is active.
    """
    uses = [use for use in chart.drugs if BONE_AGENT in use.kinds]
    unnamed = [
        Gap(Reason.UNPARSEABLE, "unnamed_drug", proof=use.proof())
        for use in chart.drugs
        if not use.resolved
        and look_back.zoledronic_acid.age_of(_last(use, chart), chart.now) is not Age.OUTSIDE
    ]
    answer = any_of(_one(chart, look_back, use) for use in uses)
    return answer.doubted(*unnamed, chart.lack(Kind.DRUG))


def _one(chart: Chart, look_back: LookBack, use: DrugUse) -> Answer:
    """Judge one entry."""
    window = look_back.of(use)
    taking = use.standing is Standing.TAKING
    if taking and window in (look_back.oral, look_back.short_acting):
        return Answer.yes(use.proof())
    age = window.age_of(_last(use, chart), chart.now)
    if age is Age.INSIDE:
        return Answer.yes(use.proof())
    if age is Age.OUTSIDE and not taking:
        return Answer.no()
    if age is Age.OUTSIDE:
        return Answer.unknown(Gap(Reason.STALE, "bone_agent", str(window), proof=use.proof()))
    gap = Gap(Reason.UNPARSEABLE, "bone_agent", detail=age.value, proof=use.proof())
    return Answer.unknown(gap)


def _last(use: DrugUse, chart: Chart) -> When | None:
    """Give the last time that an entry speaks of; what lies ahead of us was not given yet."""
    times = [when for when in (use.last_dose, use.dated, use.started) if when and when.earliest]
    passed = [when for when in times if (when.earliest or when.latest) <= chart.now]
    return max(passed or times, key=lambda when: when.latest, default=None)
