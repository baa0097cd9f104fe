"""Observation and follow-up after the procedure."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Gap, Reason, any_of, rule
from cds_service.clinical.fact import FOLLOW_UP, Finding


@dataclass(frozen=True, slots=True)
class Limits:
    """A question without numbers."""


@rule(limits=Limits, reads=(FOLLOW_UP,))
def postprocedure_plan(chart: Chart, limits: Limits) -> Answer:
    """Is no follow-up planned for the time after the procedure?

    A record that holds no schedule is not asked; a follow-up that it does hold counts (9.14).
    """
    del limits
    lack = chart.lack(FOLLOW_UP.kind)
    plans = chart.findings.get(FOLLOW_UP.name, ())
    planned = any_of(_follows(chart, plan) for plan in plans)
    return (~planned.doubted(lack)).doubted(lack)


def _follows(chart: Chart, plan: Finding) -> Answer:
    """Tell whether one visit or order lies on the day of the procedure or later."""
    day = chart.planned.date()
    if plan.when and plan.when.latest.date() < day:
        return Answer.no()
    if plan.when and plan.when.earliest and plan.when.earliest.date() >= day:
        return Answer.yes(plan.proof())
    gap = Gap(Reason.SUSPECTED, FOLLOW_UP.name, detail="day_unknown", proof=plan.proof())
    return Answer.unknown(gap)
