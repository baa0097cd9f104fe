"""Spinal infection: discitis, vertebral osteomyelitis, epidural abscess."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Age,
    Answer,
    Chart,
    Gap,
    Proof,
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
from cds_service.clinical.imaging import MRI, onset_of_pain, seen, seen_anywhere
from cds_service.clinical.infection import (
    TEMPERATURE,
    fever,
    positive_culture,
    systemic_infection,
)
from cds_service.clinical.later import newer_mri

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
    if imaged.truth is Truth.YES:
        imaged = imaged._replace(because=(*imaged.because, *_denied_since(chart, limits)))
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


def _denied_since(chart: Chart, limits: Limits) -> list[Proof]:
    """List what later reports say against signs of infection: shown, though a text never clears."""
    told = [f for f in chart.findings.get(DISCITIS.name, ()) if f.when and f.when.earliest]
    told = [f for f in told if limits.imaging.age_of(f.when, chart.now) is Age.INSIDE]
    days = (f.when.latest.date() for f in told if f.when and f.value is True)
    seen_last = max(days, default=chart.now.date())
    return [
        f.proof("denied_later")
        for f in told
        if f.value is False and f.quote and f.when and f.when.latest.date() > seen_last
    ]


def _triad(chart: Chart, limits: Limits) -> list[Gap]:
    """Name what, together with new back pain, calls for a search for spinal infection (IDSA)."""
    onset = onset_of_pain(chart)
    if limits.imaging.age_of(onset, chart.now) is not Age.INSIDE:
        return []
    hot = fever(chart, limits.fever, limits.inpatient, limits.outpatient)
    raised = [chart.latest(test, limits.inflammation).above_normal() for test in (CRP, ESR)]
    proofs = [proof for answer in (hot, *raised) for proof in answer.only_proofs()]
    return [Gap(Reason.SUSPECTED, "new_pain_with_inflammation", proof=proof) for proof in proofs]
