"""Antibiotics for the procedure, about which the sources differ."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import DRUGS, Age, Answer, Chart, Standing, Window, rule

PROCEDURE = "procedure"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    plan: Window


@rule(limits=Limits, reads=(DRUGS,))
def antibiotic_prophylaxis_plan(chart: Chart, limits: Limits) -> Answer:
    """Is no antibiotic on order that is meant for a procedure?

    The line is neutral, and shown wherever such an order is not seen: it is never unknown.
    """
    planned = [
        use.proof()
        for use in chart.drugs
        if use.anti_infective
        and use.intent == PROCEDURE
        and use.standing is Standing.TAKING
        and limits.plan.age_of(use.dated, chart.now) is Age.INSIDE
    ]
    return Answer.no(*planned) if planned and not chart.lack(DRUGS.kind) else Answer.yes()
