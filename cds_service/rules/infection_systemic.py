"""Systemic infection: sepsis, bacteremia, endocarditis, a positive blood culture."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    DRUGS,
    ENCOUNTERS,
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Quantity,
    Reason,
    Truth,
    Window,
    condition,
    has_condition,
    lab,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.infection import (
    TEMPERATURE,
    anti_infective,
    fever,
    systemic_infection,
)

LEUKOCYTES, NEUTROPHILS = lab("leukocytes"), lab("neutrophils")
CRP, PROCALCITONIN = lab("crp"), lab("procalcitonin")
POSSIBLE = "infection_possible"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    fever: Quantity
    inpatient: Window
    outpatient: Window
    culture: Window
    inflammation: Window
    anti_infective: Window


@rule(
    limits=Limits,
    reads=(
        condition("infection_systemic"),
        condition(POSSIBLE),
        lab("blood_culture"),
        TEMPERATURE,
        ENCOUNTERS,
        LEUKOCYTES,
        NEUTROPHILS,
        CRP,
        PROCALCITONIN,
        DRUGS,
    ),
)
def infection_systemic(chart: Chart, limits: Limits) -> Answer:
    """Does this patient have an active systemic infection?"""
    fires = systemic_infection(chart, limits.culture)
    hot = fever(chart, limits.fever, limits.inpatient, limits.outpatient)
    possible = has_condition(chart, POSSIBLE, _without_fever_too)
    neutropenia = has_condition(chart, POSSIBLE, _with_fever_only)
    leukocytes = chart.latest(LEUKOCYTES, limits.inflammation)
    treated = anti_infective(chart, limits.anti_infective)
    high = leukocytes.above_normal()
    low = leukocytes.below_normal()
    clear = ~hot & ~high & ~low & ~possible & ~treated
    raised = [
        chart.latest(test, limits.inflammation).above_normal() for test in (CRP, PROCALCITONIN)
    ]
    clues = [hot, high, possible, treated, *raised]
    if hot.truth is Truth.YES:
        clues += [neutropenia, chart.latest(NEUTROPHILS, limits.inflammation).below_normal()]
    gaps = [gap for clue in clues for gap in suspicion(clue, "sign_of_infection")]
    gaps += [Gap(Reason.CONFLICTING, LEUKOCYTES.name, proof=p) for p in low.only_proofs()]
    return settle(fires, clear, *gaps)


def _with_fever_only(_: Diagnosis, match: Match) -> bool:
    """Take codes that raise suspicion only together with fever (neutropenia, rules.md 9.9)."""
    return bool(match.marks.get("with_fever_only"))


def _without_fever_too(_: Diagnosis, match: Match) -> bool:
    """Take codes that raise suspicion by themselves."""
    return not match.marks.get("with_fever_only")
