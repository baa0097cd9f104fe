"""A spine that is not stable, which cement alone does not hold."""

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
)
from cds_service.clinical.anatomy import BURST_CODES, unstable_burst_code
from cds_service.clinical.imaging import seen

INSTABILITY = imaging_finding("spinal-instability")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(INSTABILITY, condition(BURST_CODES)))
def mechanical_instability(chart: Chart, limits: Limits) -> Answer:
    """Is the spine mechanically unstable at the level to be treated?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: only a stated judgement decides, a code raises suspicion."""
    looked = seen(chart, INSTABILITY, level, limits.imaging)
    denied = looked.proven(value=False)
    coded = unstable_burst_code(chart, level)
    reason = Reason.CONFLICTING if denied.truth is Truth.YES else Reason.SUSPECTED
    gaps = [
        Gap(reason, "unstable_burst", proof=proof, level=level) for proof in coded.only_proofs()
    ]
    return settle(looked.says(value=True), denied & ~coded, *gaps)
