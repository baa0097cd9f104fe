"""Spinal infection: discitis, vertebral osteomyelitis, epidural abscess."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Age,
    Answer,
    Chart,
    Gap,
    Quantity,
    Reason,
    Truth,
    Window,
    condition,
    has_condition,
    imaging_finding,
    lab,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.imaging import MRI, newer_mri, onset_of_pain, seen, seen_anywhere
from cds_service.clinical.infection import (
    TEMPERATURE,
    fever,
    positive_culture,
    systemic_infection,
)

DISCITIS = imaging_finding("discitis-osteomyelitis-suspected")
CRP, ESR = lab("crp"), lab("esr")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window
    culture: Window
    inflammation: Window
    fever: Quantity
    inpatient: Window
    outpatient: Window


@rule(
    limits=Limits,
    reads=(condition("infection_spinal"), DISCITIS, lab("blood_culture"), CRP, ESR, TEMPERATURE),
)
def infection_spinal(chart: Chart, limits: Limits) -> Answer:
    """Does this patient have an active infection of the spine?"""
    coded = has_condition(chart, "infection_spinal")
    imaged = seen_anywhere(chart, DISCITIS, limits.imaging)
    fires = coded | imaged | positive_culture(chart, "spine", limits.culture)
    shown = chart.per_level(lambda level: _seen(chart, limits, level))
    systemic = systemic_infection(chart, limits.culture)
    clear = ~shown
    gaps = [Gap(Reason.CONFLICTING, DISCITIS.name, proof=p) for p in shown.only_proofs()]
    gaps += suspicion(systemic, "bloodstream_infection")
    if shown.truth is not Truth.NO:
        gaps += _triad(chart, limits)
    return settle(fires, clear, *gaps)


def _seen(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask the newest MRI of a level, drawn since the pain began, for signs of infection."""
    since = onset_of_pain(chart)
    newest = seen(chart, DISCITIS, level, limits.imaging, MRI, since)
    unread = newer_mri(chart, level, limits.imaging, newest.findings)
    return newest.says(value=True).doubted(*unread, *newest.against(value=True))


def _triad(chart: Chart, limits: Limits) -> list[Gap]:
    """Name what, together with new back pain, calls for a search for spinal infection (IDSA)."""
    onset = onset_of_pain(chart)
    if limits.imaging.age_of(onset, chart.now) is not Age.INSIDE:
        return []
    hot = fever(chart, limits.fever, limits.inpatient, limits.outpatient)
    raised = [chart.latest(test, limits.inflammation).above_normal() for test in (CRP, ESR)]
    proofs = [proof for answer in (hot, *raised) for proof in answer.only_proofs()]
    return [Gap(Reason.SUSPECTED, "new_pain_with_inflammation", proof=proof) for proof in proofs]
