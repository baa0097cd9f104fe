"""INR and platelets, which should be known before a procedure with a high risk of bleeding."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Proof, Reason, Truth, Window, any_of, rule
from cds_service.clinical.bleeding import (
    HEMOGLOBIN,
    INR,
    PLATELETS,
    RISK_CONDITIONS,
    bleeding_risk,
    within_coagulation_window,
)
from cds_service.clinical.fact import DRUGS, Fact, condition


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    window: Window
    window_at_risk: Window


@rule(
    limits=Limits,
    reads=(INR, PLATELETS, HEMOGLOBIN, DRUGS, *(condition(name) for name in RISK_CONDITIONS)),
    tiers=("at_risk",),
    notes=("no_hemoglobin",),
    says=("tests",),
)
def coag_labs_missing(chart: Chart, limits: Limits) -> Answer:
    """Is a recent INR or platelet count missing?"""
    answer = within_coagulation_window(
        chart,
        limits.window,
        limits.window_at_risk,
        lambda window: any_of(_lacks(chart, test, window) for test in (INR, PLATELETS)),
    )
    at_risk = bleeding_risk(chart).truth is Truth.YES
    hemoglobin = chart.latest(HEMOGLOBIN, limits.window).known()
    notes = [] if hemoglobin.truth is Truth.YES else ["no_hemoglobin"]
    lacking = " or ".join(dict.fromkeys(proof.what for proof in answer.only_proofs()))
    return answer.saying("at_risk" if at_risk else "", notes, tests=lacking)


def _lacks(chart: Chart, test: Fact, window: Window) -> Answer:
    """Tell whether a test was sought and not found, or is too old; unreadable is unknown."""
    known = chart.latest(test, window).known()
    if known.truth is not Truth.UNKNOWN:
        return ~known
    gap = known.missing[0]
    if known.reason is Reason.STALE and gap.proof:
        return Answer.yes(gap.proof._replace(note="too_old"))
    if known.reason is Reason.MISSING and not gap.proof:
        return Answer.yes(Proof(test.name, note="none_found"))
    return known
