"""A spine MRI of the level, made since the pain began and not too long ago."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    STUDIES,
    Age,
    Answer,
    Chart,
    Gap,
    Proof,
    Reason,
    Truth,
    When,
    Window,
    examination,
    rule,
)
from cds_service.clinical.imaging import (
    EDEMA,
    FLUID,
    MRI,
    fluid_sensitive,
    onset_of_pain,
    precedes_onset,
    seen,
    stated,
    studies_of,
    uncertain_mri,
)

FEASIBLE = examination("mri-feasible")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(
    limits=Limits,
    reads=(STUDIES, FLUID, EDEMA, examination("pain-onset"), FEASIBLE),
    notes=("onset_unknown",),
)
def imaging_missing_or_stale(chart: Chart, limits: Limits) -> Answer:
    """Is there no recent MRI of the level with a fluid-sensitive sequence?"""
    answer = chart.per_level(lambda level: _at(chart, limits.imaging, level))
    return answer if onset_of_pain(chart) else answer.saying(notes=["onset_unknown"])


def _at(chart: Chart, window: Window, level: str) -> Answer:
    """Ask for one level."""
    since = onset_of_pain(chart)
    fluid = fluid_sensitive(chart, level, window, since)
    looked = seen(chart, EDEMA, level, window, MRI, since)
    edema = looked.proven(value=True)
    if Truth.YES in (fluid.truth, edema.truth):
        shown = Answer.no(*fluid.only_proofs(), *edema.only_proofs())
        return shown.doubted(chart.lack(FLUID.kind))  # the onset of the pain could be hidden
    gaps = _perhaps(chart, window, level, since)
    gaps += uncertain_mri(chart, level, window)
    if edema.truth is Truth.NO:
        gaps += [Gap(Reason.MISSING, FLUID.name, proof=p, level=level) for p in edema.because]
    gaps += [gap for gap in edema.missing if gap.reason not in (Reason.MISSING, Reason.STALE)]
    gaps += [
        Gap(Reason.MISSING, EDEMA.name, str(window), "only_preliminary", finding.proof(), level)
        for finding in looked.tentative
        if not finding.final and finding.modality in MRI
    ]
    gaps += [gap for gap in (chart.lack(STUDIES.kind), chart.lack(FLUID.kind)) if gap]
    if gaps:
        return Answer.unknown(*gaps)
    alternative = _alternative(chart, window, level)
    return Answer.yes(*_older(chart, level)) if alternative is None else alternative


def _perhaps(chart: Chart, window: Window, level: str, since: When | None) -> list[Gap]:
    """Name MRIs of the level whose sequences are not known, or that may be older than the pain."""
    gaps = []
    for study in studies_of(chart, "MR", level, window):
        if not precedes_onset(study.when, since):
            gaps.append(Gap(Reason.MISSING, FLUID.name, proof=study.proof(), level=level))
        elif study.when and since and not since.surely_follows(study.when.latest):
            gap = Gap(Reason.STALE, "mri", str(window), "before_onset", study.proof(), level)
            gaps.append(gap)
    return gaps


def _alternative(chart: Chart, window: Window, level: str) -> Answer | None:
    """Accept CT together with a bone scan where MRI is stated to be impossible (S002)."""
    impossible = stated(chart, FEASIBLE, window, value=False)
    possible = stated(chart, FEASIBLE, window, value=True)
    if impossible.truth is not Truth.YES or possible.truth is Truth.YES:
        return None
    since = onset_of_pain(chart)
    scans = [study for study in chart.studies if study.bone_scan and study.final]
    scans = [s for s in scans if window.age_of(s.when, chart.now) is Age.INSIDE]
    scans = [s for s in scans if s.covers is None or level in s.covers]
    both = [*studies_of(chart, "CT", level, window)], scans
    current = [[s for s in found if not precedes_onset(s.when, since)] for found in both]
    if not all(current):
        return None
    return Answer.not_applicable(
        *impossible.because, *(study.proof() for found in current for study in found)
    )


def _older(chart: Chart, level: str) -> tuple[Proof, ...]:
    """Name the newest MRI that shows the level but is too old, or that there is none."""
    older = [
        study
        for study in chart.studies
        if study.modality == "MR" and study.covers and level in study.covers and study.when
    ]
    if not older:
        return (Proof("mri", level=level, note="none_found"),)
    last = max(older, key=lambda study: study.when.latest if study.when else chart.now)
    return (last.proof("too_old"),)
