"""CT together with a bone scan, where MRI is not possible."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    STUDIES,
    Answer,
    Chart,
    Gap,
    Reason,
    Truth,
    Window,
    condition,
    examination,
    has_condition,
    rule,
    suspicion,
)
from cds_service.clinical.examined import ONSET
from cds_service.clinical.imaging import stated
from cds_service.clinical.scans import is_bone_scan, is_ct, is_mri, shown_by

FEASIBLE = examination("mri-feasible")
BARRIER = "mri_barrier"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(
    limits=Limits,
    reads=(FEASIBLE, STUDIES, ONSET, condition(BARRIER)),
    says=("found",),
    rests_on=(FEASIBLE,),
)
def mri_alternative_incomplete(chart: Chart, limits: Limits) -> Answer:
    """Where MRI is not possible: is CT or a bone scan lacking?"""
    return chart.per_level(lambda level: _at(chart, limits.imaging, level))


def _at(chart: Chart, window: Window, level: str) -> Answer:
    """Ask for one level: is an alternative needed, and is it complete?"""
    hidden = chart.lack(FEASIBLE.kind)
    mri = shown_by(chart, level, window, is_mri, "mri")
    if mri.truth is Truth.YES:
        return Answer.not_applicable(*mri.because).doubted(hidden)
    ct = shown_by(chart, level, window, is_ct, "study_ct")
    scan = shown_by(chart, level, window, is_bone_scan, "study_nm")
    both = ct & scan
    if both.truth is Truth.YES:
        return (~both).doubted(hidden)
    impossible = stated(chart, FEASIBLE, window, value=False)
    possible = stated(chart, FEASIBLE, window, value=True)
    if possible.truth is Truth.YES and impossible.truth is Truth.NO:
        return Answer.not_applicable(*possible.because).doubted(hidden)
    if impossible.truth is not Truth.YES or possible.truth is not Truth.NO:
        return _unclear(chart, impossible, possible)
    lacking = ~both
    if lacking.truth is not Truth.YES:
        return lacking
    found = ct.only_proofs() or scan.only_proofs()
    answer = Answer.yes(*impossible.because, *found, *lacking.because)
    return answer.saying(found=found[0].what if found else "nothing")


def _unclear(chart: Chart, impossible: Answer, possible: Answer) -> Answer:
    """Say that nobody has stated whether MRI is possible; an implant only raises the question."""
    if impossible.truth is possible.truth is Truth.YES:
        proofs = dict.fromkeys((*impossible.because, *possible.because))
        return Answer.unknown(*(Gap(Reason.CONFLICTING, FEASIBLE.name, proof=p) for p in proofs))
    barrier = has_condition(chart, BARRIER)
    weak = (*suspicion(barrier, BARRIER), *(gap for gap in barrier.missing if gap.proof))
    told = (*impossible.missing, *possible.missing) or (chart.absence(FEASIBLE),)
    return Answer.unknown(*weak, *told)
