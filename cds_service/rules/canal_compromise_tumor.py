"""Tumor that grows into the spinal canal."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Quantity,
    Truth,
    Window,
    condition,
    has_condition,
    imaging_finding,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.imaging import MRI, seen

TUMOR = imaging_finding("epidural-tumor-canal-compromise")
MATRIX = imaging_finding("lesion-matrix")
MALIGNANCY = "malignancy_spine"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    canal_above: Quantity
    compared_at: Quantity
    imaging: Window


@rule(limits=Limits, reads=(TUMOR, MATRIX, condition(MALIGNANCY)))
def canal_compromise_tumor(chart: Chart, limits: Limits) -> Answer:
    """Does tumor take more than a third of the canal?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: by the measured share, or by an MRI that shows no tumor there."""
    share = seen(chart, TUMOR, level, limits.imaging, MRI)
    taken = share.above(limits.canal_above, limits.compared_at)
    clear = ~taken | seen(chart, MATRIX, level, limits.imaging, MRI).proven("none")
    measured = share.findings or share.tentative or share.vague
    fires = taken if measured else Answer.no()
    malignant = suspicion(has_condition(chart, MALIGNANCY), "malignancy_without_mri")
    return settle(fires, clear, *(() if measured or clear.truth is Truth.YES else malignant))
