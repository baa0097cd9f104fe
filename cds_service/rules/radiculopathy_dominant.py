"""Pain of a nerve root, or off the midline, that exceeds the pain of the vertebra."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Diagnosis,
    Gap,
    Match,
    Proof,
    Reason,
    Truth,
    Window,
    condition,
    has_condition,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.examined import PATTERN
from cds_service.clinical.imaging import of_patient_at
from cds_service.clinical.levels import near_region

CODES = "radiculopathy"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    examination: Window


@rule(limits=Limits, reads=(PATTERN, condition(CODES)), rests_on=(PATTERN,))
def radiculopathy_dominant(chart: Chart, limits: Limits) -> Answer:
    """Does radicular pain, or pain off the midline, exceed the pain of the vertebra?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level; a code says nothing of what dominates."""
    pattern = of_patient_at(chart, PATTERN, level, limits.examination)
    dominant = pattern.says("radicular") | pattern.says("off-midline")
    axial = pattern.proven("axial-midline")
    mixed = suspicion(pattern.says("mixed"), "mixed_pain")
    weak = () if axial.truth is Truth.YES else _codes(chart, level)
    other = [Gap(Reason.MISSING, "dominant_pain", proof=proof) for proof in _denied(axial)]
    return settle(dominant, axial, *mixed, *weak, *other)


def _denied(axial: Answer) -> tuple[Proof, ...]:
    """Name the statements of a pattern that is neither axial nor another that dominates."""
    return (~axial).only_proofs()


def _codes(chart: Chart, level: str) -> tuple[Gap, ...]:
    """Name the codes that may speak of this level: a suspicion, where no pattern is stated."""
    coded = has_condition(chart, CODES, lambda d, m: _concerns(d, m, level))
    return (*suspicion(coded, CODES), *(gap for gap in coded.missing if gap.proof))


def _concerns(diagnosis: Diagnosis, match: Match, level: str) -> bool:
    """Tell whether a code may speak of this level; one of another region does not."""
    return bool(diagnosis.levels) or near_region(level, match.marks.get("region", ""))
