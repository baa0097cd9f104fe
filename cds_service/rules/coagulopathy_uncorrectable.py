"""A bleeding disorder that cannot be corrected."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    DRUGS,
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
    examination,
    has_condition,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.antithrombotics import HoldLimits, drug_in_hold
from cds_service.clinical.bleeding import INR, PLATELETS, within_coagulation_window
from cds_service.clinical.imaging import stated

DISORDER = "bleeding_disorder"
CORRECTABLE = examination("bleeding-correctable")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    inr_above: Quantity
    platelets_below: Quantity
    window: Window
    window_at_risk: Window
    anticoagulant: HoldLimits


@rule(limits=Limits, reads=(condition(DISORDER), INR, PLATELETS, CORRECTABLE, DRUGS))
def coagulopathy_uncorrectable(chart: Chart, limits: Limits) -> Answer:
    """Does this patient have a bleeding disorder that cannot be corrected?"""
    final = stated(chart, CORRECTABLE, limits.window, value=False)
    fires = final | has_condition(chart, DISORDER, _is_dic)
    out = within_coagulation_window(
        chart,
        limits.window,
        limits.window_at_risk,
        lambda window: (
            chart.latest(INR, window).above(limits.inr_above)
            | chart.latest(PLATELETS, window).below(limits.platelets_below)
        ),
    )
    disorder = has_condition(chart, DISORDER, _may_hide)
    counted = has_condition(chart, DISORDER, lambda d, m: not _may_hide(d, m))
    drug = drug_in_hold(chart, limits.anticoagulant, "anticoagulant", "anticoagulant_flag")
    gaps = [*suspicion(disorder, "screening_may_miss")]
    seen_in_tests = (*counted.because, *(gap.proof for gap in counted.missing if gap.proof))
    gaps += [
        Gap(Reason.MISSING, "correctability", proof=proof)
        for proof in (*seen_in_tests, *out.only_proofs())
    ]
    if drug.truth is Truth.YES:
        gaps.append(Gap(Reason.MISSING, "coagulation_without_drug", proof=drug.because[0]))
    return settle(fires, ~out & ~disorder & ~_plain(drug), *gaps)


def _plain(drug: Answer) -> Answer:
    """Take weak signs of a drug for what they are: they raise no suspicion of a bleeding disorder.

    A code for the use of anticoagulants leaves the check open; it is no sign of a disease.
    """
    gaps = [
        Gap(Reason.MISSING, "coagulation_without_drug", proof=gap.proof)
        if gap.reason is Reason.SUSPECTED
        else gap
        for gap in drug.missing
    ]
    return drug._replace(missing=tuple(gaps))


def _may_hide(_: Diagnosis, match: Match) -> bool:
    """Take disorders that normal tests do not exclude: not those that a count or result decides."""
    return not ({"count_decides", "result_decides"} & match.marks.keys())


def _is_dic(_: Diagnosis, match: Match) -> bool:
    """Take disseminated intravascular coagulation."""
    return bool(match.marks.get("dic"))
