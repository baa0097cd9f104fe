"""The fracture itself: without one that imaging shows there is no indication."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Gap,
    Reason,
    Truth,
    Window,
    any_of,
    condition,
    has_condition,
    rule,
    settle,
)
from cds_service.clinical.anatomy import FRACTURE, MATRIX
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import FRACTURES, seen


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(FRACTURE, MATRIX, *(condition(name) for name in FRACTURES)))
def fracture_not_documented(chart: Chart, limits: Limits) -> Answer:
    """Does imaging say that the level has neither a fracture nor a lytic lesion?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask CT and MRI of one level; a code alone shows nothing, but it may contradict."""
    fracture = seen(chart, FRACTURE, level, limits.imaging, AXIAL)
    lesion = seen(chart, MATRIX, level, limits.imaging, AXIAL)
    none = fracture.proven(value=False) & lesion.proven("none", "blastic")
    shown = fracture.proven(value=True) | lesion.proven("lytic", "mixed")
    if none.truth is Truth.YES:
        coded = any_of(
            has_condition(chart, name, lambda d, _: d.levels == (level,)) for name in FRACTURES
        )
        proofs = coded.only_proofs()
        if proofs:
            both = (*none.because, *proofs)
            return Answer.unknown(*(Gap(Reason.CONFLICTING, p.what, proof=p) for p in both))
    return settle(none, shown)
