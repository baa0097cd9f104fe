"""Balance of the spine in standing, after a fracture of the thoracolumbar junction."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    STUDIES,
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Proof,
    Reason,
    Truth,
    Window,
    any_of,
    condition,
    has_condition,
    imaging_finding,
    rule,
)
from cds_service.clinical.examined import ONSET
from cds_service.clinical.fact import Study
from cds_service.clinical.imaging import FRACTURES, abnormal_levels, seen
from cds_service.clinical.levels import near_region
from cds_service.clinical.scans import shown_by

FRACTURE = imaging_finding("vertebral-fracture")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    junction: tuple[str, ...]
    imaging: Window


@rule(
    limits=Limits,
    reads=(FRACTURE, STUDIES, ONSET, *(condition(name) for name in FRACTURES)),
)
def sagittal_balance(chart: Chart, limits: Limits) -> Answer:
    """Is a fracture of the thoracolumbar junction without a recent film in standing?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level; a film that does not say how it was taken leaves it open."""
    if level not in limits.junction:
        return Answer.not_applicable(Proof("ordered_level", level=level))
    film = shown_by(chart, level, limits.imaging, _stood, "standing_film")
    if film.truth is Truth.YES:
        return (~film).doubted(chart.lack(ONSET.kind))
    stated = seen(chart, FRACTURE, level, limits.imaging)
    absent = stated.proven(value=False)
    if absent.truth is Truth.YES:
        return Answer.not_applicable(*absent.because)
    coded = [has_condition(chart, name, lambda d, m: _of(chart, d, m, level)) for name in FRACTURES]
    fractured = any_of([stated.says(value=True), *coded])
    perhaps = shown_by(chart, level, limits.imaging, _may_have_stood, "standing_film")
    gaps = [
        Gap(Reason.MISSING, "standing_film", "", "posture_unsaid", proof, level)
        for proof in perhaps.only_proofs()
    ]
    lacking = Answer.unknown(*gaps, *perhaps.missing) if gaps or perhaps.missing else ~film
    return fractured & lacking


def _stood(study: Study) -> bool:
    """Take a radiograph whose words say that the patient stood."""
    return study.modality == "XR" and study.standing is True


def _may_have_stood(study: Study) -> bool:
    """Take a radiograph whose words do not tell the posture."""
    return study.modality == "XR" and study.standing is None


def _of(chart: Chart, diagnosis: Diagnosis, match: Match, level: str) -> bool:
    """Tell whether the code of a fracture is for this level (rules.md 1.5)."""
    if diagnosis.levels:
        return level in diagnosis.levels
    only = chart.targets == (level,) and not abnormal_levels(chart) - {level}
    return only and near_region(level, match.marks.get("region", ""))
