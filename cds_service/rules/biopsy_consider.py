"""A fracture whose cause is not established."""

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
    has_condition,
    rule,
    settle,
)
from cds_service.clinical.anatomy import MATRIX, is_lesion
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import seen

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
def biopsy_consider(chart: Chart, limits: Limits) -> Answer:
    """May the fracture be due to a tumor, without a diagnosis that says so?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: signs of tumor, and what establishes the cause.

    Past malignancy counts here, whatever its status: it is history that raises the question.
    """
    matrix = seen(chart, MATRIX, level, limits.imaging, AXIAL)
    past = [
        d.proof(MALIGNANCY)
        for d in chart.diagnoses
        if MALIGNANCY in d.sets and not (d.sets[MALIGNANCY].possible or d.sets[MALIGNANCY].by_words)
    ]
    malignant = Answer.yes(*past) if past else has_condition(chart, MALIGNANCY)
    suspicious = malignant | matrix.ask(is_lesion).only_fires()
    established = has_condition(chart, NEOPLASTIC)
    osteoporotic = has_condition(chart, OSTEOPOROTIC) & matrix.proven("none") & ~malignant
    if established.truth is Truth.YES:
        return Answer.no(*established.because).doubted(chart.lack(condition(NEOPLASTIC).kind))
    gap = Gap(Reason.MISSING, "cause_of_fracture")
    cause = osteoporotic if osteoporotic.truth is not Truth.NO else Answer.unknown(gap)
    return settle(suspicious & ~established, cause)
