"""A burst fracture, which imaging shows better than any code."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Gap,
    Reason,
    Truth,
    Window,
    condition,
    imaging_finding,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.anatomy import BURST_CODES, burst_code, wide_burst_code
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import seen

BURST = imaging_finding("burst-morphology")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(BURST, condition(BURST_CODES)))
def burst_fracture(chart: Chart, limits: Limits) -> Answer:
    """Is this a burst fracture?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: imaging first, then a code that names this vertebra alone."""
    looked = seen(chart, BURST, level, limits.imaging, AXIAL)
    shown, denied = looked.says(value=True), looked.proven(value=False)
    coded = burst_code(chart, level)
    if shown.truth is not Truth.YES and denied.truth is Truth.YES and coded.truth is Truth.YES:
        proofs = (*denied.because, *coded.because)
        return Answer.unknown(
            *(Gap(Reason.CONFLICTING, proof.what, proof=proof, level=level) for proof in proofs)
        )
    wide = (
        () if denied.truth is Truth.YES else suspicion(wide_burst_code(chart, level), BURST_CODES)
    )
    return settle(shown | coded, denied, *wide)
