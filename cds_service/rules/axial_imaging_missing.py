"""CT or MRI of the level, which alone can show the canal."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    STUDIES,
    Age,
    Answer,
    Chart,
    Gap,
    Reason,
    Truth,
    Window,
    imaging_finding,
    rule,
)
from cds_service.clinical.examined import ONSET
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import seen
from cds_service.clinical.scans import is_axial, shown_by

OF_THE_CANAL = (
    imaging_finding("cord-compression"),
    imaging_finding("canal-stenosis-grade"),
    imaging_finding("retropulsion-canal-compromise"),
    imaging_finding("epidural-tumor-canal-compromise"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(STUDIES, ONSET, *OF_THE_CANAL))
def axial_imaging_missing(chart: Chart, limits: Limits) -> Answer:
    """Is there no recent CT or MRI of the level?"""
    return chart.per_level(lambda level: _at(chart, limits.imaging, level))


def _at(chart: Chart, window: Window, level: str) -> Answer:
    """Ask for one level; a finding of the canal tells of imaging that is not listed."""
    shown = shown_by(chart, level, window, is_axial, "axial_imaging")
    if shown.truth is Truth.NO:
        shown = shown.doubted(*_told_of(chart, window, level))
        return ~shown
    return (~shown).doubted(chart.lack(ONSET.kind))


def _told_of(chart: Chart, window: Window, level: str) -> list[Gap]:
    """Name current findings of the canal: somebody has seen it on a study of which we know none."""
    return [
        Gap(Reason.MISSING, "axial_imaging", str(window), "", finding.proof(), level)
        for fact in OF_THE_CANAL
        for finding in seen(chart, fact, level, window).findings
        if finding.modality in AXIAL and window.age_of(finding.when, chart.now) is Age.INSIDE
    ]
