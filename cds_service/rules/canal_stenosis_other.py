"""A narrow spinal canal, whatever bone and ligament make it so."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Reason,
    Truth,
    Window,
    any_of,
    condition,
    has_condition,
    imaging_finding,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.fact import AXIAL, Finding
from cds_service.clinical.imaging import MRI, is_abnormal, seen
from cds_service.clinical.levels import around, near_region

STENOSIS = imaging_finding("canal-stenosis-grade")
TUMOR = imaging_finding("epidural-tumor-canal-compromise")
CODES = "canal_stenosis"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    significant: tuple[str, ...]
    slight: tuple[str, ...]
    imaging: Window


@rule(limits=Limits, reads=(STENOSIS, TUMOR, condition(CODES)))
def canal_stenosis_other(chart: Chart, limits: Limits) -> Answer:
    """Is the canal severely narrowed at the level or beside it, not by tumor?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level and its neighbours; a slight grade at the level itself clears."""
    here = _narrow(chart, limits, level)
    beside = [_narrow(chart, limits, place) for place in around(level)]
    fires = any_of(answer.only_fires() for answer in (here, *beside))
    looked = seen(chart, STENOSIS, level, limits.imaging, AXIAL)
    free = looked.proven(*limits.slight)
    weighty = (Reason.UNPARSEABLE, Reason.CONFLICTING, Reason.SUSPECTED)
    gaps = [gap for answer in (here, *beside) for gap in answer.missing]
    gaps = [gap for gap in gaps if gap.reason in weighty]
    if free.truth is not Truth.YES:
        gaps += suspicion(has_condition(chart, CODES, lambda d, m: _concerns(d, m, level)), CODES)
    if free.truth is Truth.NO and here.truth is not Truth.YES:
        gaps += [
            Gap(Reason.SUSPECTED, proof.what, proof=proof, level=level) for proof in free.because
        ]
    return settle(fires, free & ~here, *gaps)


def _narrow(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask axial imaging of one level for a significant grade that no tumor there explains."""
    severe = seen(chart, STENOSIS, level, limits.imaging, AXIAL).ask(
        lambda finding: Truth.YES if finding.value in limits.significant else Truth.NO
    )
    if severe.truth is not Truth.YES:
        return severe
    tumor = seen(chart, TUMOR, level, limits.imaging, MRI).ask(_some)
    if tumor.truth is not Truth.YES:
        return severe
    proofs = (*severe.because, *tumor.because)
    return Answer.unknown(*(Gap(Reason.SUSPECTED, "cause_of_stenosis", proof=p) for p in proofs))


def _some(finding: Finding) -> Truth:
    """Tell whether a share is more than nothing."""
    return Truth.YES if is_abnormal(finding) else Truth.NO


def _concerns(diagnosis: Diagnosis, match: Match, level: str) -> bool:
    """Tell whether a code can speak of a level or its neighbours."""
    if diagnosis.levels:
        return bool({level, *around(level)} & set(diagnosis.levels))
    return near_region(level, match.marks.get("region", ""))
