"""Tumors that the trials left out."""

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
    condition,
    has_condition,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.anatomy import MATRIX
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import Seen, abnormal_levels, seen

MALIGNANCY = "malignancy_spine"
NEOPLASTIC = "vcf_neoplastic"
OSTEOPOROTIC = "vcf_osteoporotic"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(
    limits=Limits,
    reads=(MATRIX, condition(MALIGNANCY), condition(NEOPLASTIC), condition(OSTEOPOROTIC)),
)
def tumor_type_outside_evidence(chart: Chart, limits: Limits) -> Answer:
    """Is the tumor sclerotic, or of a kind that the trials left out?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: the matrix of the lesion, and codes for a primary tumor."""
    matrix = seen(chart, MATRIX, level, limits.imaging, AXIAL)
    kind = has_condition(chart, MALIGNANCY, lambda d, m: _left_out(m) and _may_be(d, level))
    alone = chart.targets == (level,) and not abnormal_levels(chart) - {level}
    here = has_condition(
        chart,
        MALIGNANCY,
        lambda d, m: (
            m.marks.get("outside_evidence") == "true"
            and (d.levels == (level,) or (alone and not d.levels))
        ),
    )
    gaps = () if here.truth is Truth.YES else suspicion(kind, "tumor_left_out")
    malignant = has_condition(chart, MALIGNANCY) | has_condition(chart, NEOPLASTIC)
    of_bone = has_condition(chart, OSTEOPOROTIC, lambda d, _: _may_be(d, level))
    osteoporotic = of_bone & ~malignant
    clear = matrix.proven("lytic", "mixed", "none") | osteoporotic
    if matrix.findings and clear.truth is Truth.NO:
        gaps = (*gaps, *(Gap(Reason.CONFLICTING, MATRIX.name, proof=p) for p in clear.because))
    gaps = (*gaps, *_once_sclerotic(matrix))
    fires = matrix.says("blastic").only_fires() | here
    return settle(fires, clear, *gaps)


def _once_sclerotic(matrix: Seen) -> tuple[Gap, ...]:
    """Name a sclerotic lesion that is no longer current: no code of the bone answers it (1.3)."""
    return tuple(
        Gap(Reason.STALE, MATRIX.name, proof=finding.proof())
        for finding in matrix.findings
        if finding.value == "blastic"
    )


def _left_out(match: Match) -> bool:
    """Take codes of tumors that a trial left out, for certain or possibly."""
    return bool(match.marks.get("outside_evidence"))


def _may_be(diagnosis: Diagnosis, level: str) -> bool:
    """Tell whether a code can speak of a level."""
    return not diagnosis.levels or level in diagnosis.levels
