"""A fracture that does not hurt, which needs no cement."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Gap,
    Quantity,
    Reason,
    Truth,
    Window,
    rule,
    settle,
)
from cds_service.clinical.examined import PATTERN, SYMPTOMATIC, TENDERNESS
from cds_service.clinical.imaging import of_patient_at, seen
from cds_service.clinical.pain import PAIN


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    examination: Window
    pain: Window
    no_pain: Quantity


@rule(
    limits=Limits,
    reads=(SYMPTOMATIC, TENDERNESS, PATTERN, PAIN),
    notes=("contradicted",),
    rests_on=(SYMPTOMATIC, TENDERNESS, PATTERN),
)
def asymptomatic_fracture(chart: Chart, limits: Limits) -> Answer:
    """Is the fracture on record as one that does not hurt?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: what was stated of it, and of the pain of the patient.

    Scores alone decide nothing: the record does not tell those at rest from those on movement.
    """
    stated = seen(chart, SYMPTOMATIC, level, limits.examination)
    pattern = of_patient_at(chart, PATTERN, level, limits.examination)
    tender = seen(chart, TENDERNESS, level, limits.examination).proven(value=True)
    score = chart.latest(PAIN, limits.pain)
    hurts, painless = score.above(limits.no_pain), _painless(chart, limits)
    free = stated.says(value=False) | pattern.says("none")
    shown = stated.proven(value=True) | (tender & hurts)
    if free.truth is Truth.YES:
        against = (*shown.only_proofs(), *tender.only_proofs(), *hurts.only_proofs())
        proofs = tuple(dict.fromkeys((*free.because, *against)))
        return free._replace(because=proofs).saying(notes=["contradicted"] if against else [])
    open_ones = [gap for gap in free.missing if gap.reason not in (Reason.MISSING, Reason.STALE)]
    scored = () if shown.truth is Truth.YES else painless
    return settle(Answer.no(), shown, *open_ones, *scored)


def _painless(chart: Chart, limits: Limits) -> list[Gap]:
    """Name the newest scores of no pain: perhaps at rest, while movement hurts."""
    score = chart.latest(PAIN, limits.pain)
    if score.above(limits.no_pain).truth is not Truth.NO:
        return []
    return [Gap(Reason.SUSPECTED, "score_of_no_pain", proof=r.proof()) for r in score.results]
