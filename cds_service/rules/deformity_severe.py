"""A spine so bent that approach and positioning are difficult."""

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
    condition,
    has_condition,
    rule,
    settle,
    suspicion,
)

CODES = "deformity"


@dataclass(frozen=True, slots=True)
class Limits:
    """The words a card file must give."""

    severe: tuple[str, ...]
    slight: tuple[str, ...]


@rule(limits=Limits, reads=(condition(CODES),))
def deformity_severe(chart: Chart, limits: Limits) -> Answer:
    """Is a severe kyphosis or scoliosis on record?"""

    def of(*severities: str) -> Answer:
        def said(diagnosis: Diagnosis, _: Match) -> bool:
            return diagnosis.severity in severities

        return has_condition(chart, CODES, said)

    severe, slight = of(*limits.severe), of(*limits.slight)
    other = has_condition(
        chart, CODES, lambda d, _: d.severity not in (*limits.severe, *limits.slight)
    )
    gaps = suspicion(other, CODES)
    if slight.truth is Truth.NO and other.truth is Truth.NO:
        slight = Answer.unknown(Gap(Reason.MISSING, "alignment"))
    return settle(severe, slight & ~other, *gaps)
