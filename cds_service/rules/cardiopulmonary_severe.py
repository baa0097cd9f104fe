"""Heart or lungs too ill for sedation or anesthesia, by the word of anesthesia before any code."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Quantity,
    Reason,
    Truth,
    Window,
    any_of,
    condition,
    examination,
    has_condition,
    lab,
    rule,
    settle,
    vital,
)
from cds_service.clinical.conditions import recent_condition
from cds_service.clinical.imaging import of_patient
from cds_service.clinical.reading import Reading

FITNESS = examination("anesthesia-fitness")
LVEF, SPO2 = lab("lvef"), vital("spo2")
ACUTE = ("cardiac_severe", "respiratory_severe")
CHRONIC = ("cardiac_chronic", "respiratory_chronic")
ROOM_AIR = "room_air"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    anesthesia: Window
    acute: Window
    lvef_at_most: Quantity
    heart_function: Window
    spo2_below: Quantity | None
    oxygen: Window


@rule(
    limits=Limits,
    reads=(FITNESS, LVEF, SPO2, *(condition(name) for name in (*ACUTE, *CHRONIC))),
    rests_on=(FITNESS,),
    tiers=("chronic",),
)
def cardiopulmonary_severe(chart: Chart, limits: Limits) -> Answer:
    """Is this patient too ill for sedation or anesthesia, or severely ill and not yet assessed?"""
    fitness = of_patient(chart, FITNESS, limits.anesthesia)
    unfit = fitness.says("unfit")
    acute = any_of(recent_condition(chart, name, limits.acute) for name in ACUTE)
    grave = any_of((unfit.only_fires(), acute))
    if grave.truth is Truth.YES:
        return grave
    fit = fitness.proven("sedation-ok", "ga-only")
    if fit.truth is Truth.YES:
        return settle(acute, fit)
    chronic = any_of(
        (
            *(has_condition(chart, name, _severe) for name in CHRONIC),
            _weak_heart(chart, limits),
            _low_oxygen(chart, limits),
        )
    )
    unassessed = fit.reason in (Reason.MISSING, Reason.STALE)
    if chronic.truth is Truth.YES and unassessed:
        return chronic.saying("chronic")
    return settle(acute | _vague(chart), fit, *chronic.missing)


def _severe(_: Diagnosis, match: Match) -> bool:
    """Tell whether a code stands for a severe disease."""
    return "severity_unknown" not in match.marks


def _vague(chart: Chart) -> Answer:
    """Name diseases of which the code does not say how severe they are."""
    found = [has_condition(chart, name, lambda d, m: not _severe(d, m)) for name in CHRONIC]
    gaps = [
        Gap(Reason.SUSPECTED, "severity_unknown", proof=proof)
        for one in found
        for proof in one.only_proofs()
    ]
    return Answer.no().doubted(*gaps)


def _weak_heart(chart: Chart, limits: Limits) -> Answer:
    """Tell whether the newest ejection fraction is at or below the limit; it never clears."""
    newest = chart.latest(LVEF, limits.heart_function)
    return (~newest.above(limits.lvef_at_most)).only_fires()


def _low_oxygen(chart: Chart, limits: Limits) -> Answer:
    """Tell whether the newest saturation in room air is below the limit, where a site sets one."""
    if limits.spo2_below is None:
        return Answer.no()
    measured = tuple(r for r in chart.results.get(SPO2.name, ()) if r.site == ROOM_AIR)
    absence, doubt = chart.absence(SPO2, limits.oxygen), chart.lack(SPO2.kind)
    newest = Reading.of(measured, absence, limits.oxygen, chart.now, doubt)
    return newest.below(limits.spo2_below).only_fires()
