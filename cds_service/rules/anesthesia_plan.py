"""Anesthesia planned ahead where sedation may not do.

No source gives factors from which the dose of an opioid could be counted as morphine, and none
codes for sleep apnea: an opioid in use leaves the question open, and sleep apnea is not asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    DRUGS,
    ORDERS,
    PROCEDURES,
    Answer,
    Chart,
    Gap,
    Quantity,
    Reason,
    Standing,
    Truth,
    Window,
    any_of,
    examination,
    rule,
)
from cds_service.clinical.antithrombotics import reviewed_drugs
from cds_service.clinical.imaging import of_patient, stated
from cds_service.clinical.session import levels_above

PLANNED, PRONE = examination("planned-anesthesia"), examination("prone-tolerance")
OPIOID = "opioid"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    levels_above: Quantity
    session: Window
    opioid_from: Quantity
    review: Window
    examination: Window
    anesthesia: Window


@rule(
    limits=Limits,
    reads=(PLANNED, PRONE, ORDERS, PROCEDURES, DRUGS),
    rests_on=(PLANNED,),
    tiers=("many_levels",),
    says=("count",),
)
def anesthesia_plan(chart: Chart, limits: Limits) -> Answer:
    """Does something call for a plan of anesthesia, and there is none?"""
    many = levels_above(chart, limits.levels_above, limits.session)
    risks = [
        stated(chart, PRONE, limits.examination, value=value)
        for value in ("cannot", "with-ga-only")
    ]
    sedated = many & ~_planned(chart, limits, "general")
    if sedated.truth is Truth.YES:
        return sedated.saying("many_levels")
    other = any_of((*risks, _opioids(chart, limits)))
    return sedated | other & ~_planned(chart, limits, "local", "sedation", "general")


def _planned(chart: Chart, limits: Limits, *kinds: str) -> Answer:
    """Tell whether one of these kinds of anesthesia is planned; no plan at all is a no."""
    plan = of_patient(chart, PLANNED, limits.anesthesia)
    if not (plan.findings or plan.tentative) and plan.absence.reason is Reason.MISSING:
        return Answer.no()
    first, *others = kinds
    return plan.proven(first, *others)


def _opioids(chart: Chart, limits: Limits) -> Answer:
    """Tell whether opioids are taken in a high dose: no where a current list has none at all."""
    gaps = [
        Gap(Reason.MISSING, "opioid_dose", proof=use.proof())
        for use in chart.drugs
        if OPIOID in use.kinds and use.standing is not Standing.ENDED
    ]
    gaps += [
        Gap(Reason.UNPARSEABLE, "unnamed_drug", proof=use.proof())
        for use in chart.drugs
        if not use.resolved and use.standing is not Standing.ENDED
    ]
    listed = reviewed_drugs(chart, limits.review, OPIOID)
    return Answer.no().doubted(*gaps, *listed.missing)
