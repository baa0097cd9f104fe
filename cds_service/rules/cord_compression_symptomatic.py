"""Compression of the spinal cord or cauda equina with neurological signs."""

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
    examination,
    has_condition,
    imaging_finding,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.denial import still_denied
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import of_patient, seen, seen_anywhere
from cds_service.clinical.levels import around, near_region

COMPRESSION = imaging_finding("cord-compression")
DEFICIT = examination("neuro-deficit")
CODES = "cord_compression"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window
    examination: Window


@rule(limits=Limits, reads=(COMPRESSION, condition(CODES), DEFICIT))
def cord_compression_symptomatic(chart: Chart, limits: Limits) -> Answer:
    """Is the spinal cord or cauda equina compressed, with neurological signs?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level and its neighbours."""

    def part(*names: str) -> Answer:
        return has_condition(
            chart,
            CODES,
            lambda d, m: m.marks.get("part", "both") in names and _concerns(d, m, level),
        )

    places = (level, *around(level))
    imaged = any_of(
        answer
        for place in places
        if (answer := _compressed(chart, limits.imaging, place)).truth is Truth.YES
    )
    compressed = imaged | part("compression", "both")
    neurology = of_patient(chart, DEFICIT, limits.examination)
    examined = bool(chart.findings.get(DEFICIT.name))
    coded = part("deficit", "both")
    deficit = coded | (neurology.says("new") if examined else Answer.no())
    gaps = [*suspicion(has_condition(chart, CODES, lambda d, m: not _concerns(d, m, level)), CODES)]
    if compressed.truth is Truth.YES and deficit.truth is not Truth.YES:
        gaps += suspicion(compressed, "compression_without_examination")
    if deficit.truth is Truth.YES and compressed.truth is not Truth.YES:
        gaps += _deficit_alone(chart, limits, level, deficit)
    gaps += _doubtful_beside(chart, limits.imaging, level)
    known = neurology.proven("none", "stable-old") if examined else None
    return settle(compressed & deficit, _free(chart, limits, level, known) & ~coded, *gaps)


def _compressed(chart: Chart, window: Window, level: str) -> Answer:
    """Ask axial imaging of one level for compression."""
    looked = seen(chart, COMPRESSION, level, window, AXIAL)
    said = looked.says(value=True).doubted(*looked.against(value=True))
    return still_denied(chart, COMPRESSION, level, looked, said)


def _doubtful_beside(chart: Chart, window: Window, level: str) -> list[Gap]:
    """Name findings of the neighbouring levels that cannot be read: they may show compression."""
    answers = [_compressed(chart, window, place) for place in around(level)]
    gaps = [gap for answer in answers for gap in answer.missing if gap.proof]
    return [gap for gap in gaps if gap.reason is Reason.UNPARSEABLE]


def _deficit_alone(chart: Chart, limits: Limits, level: str, deficit: Answer) -> list[Gap]:
    """Weigh a deficit that imaging of the level does not explain for certain.

    A contradiction, or no imaging yet; but what a report suspects, and a compression elsewhere,
    may explain it and is named beside it.
    """
    shown = _compressed(chart, limits.imaging, level)
    perhaps = [gap for gap in shown.missing if gap.reason is Reason.SUSPECTED]
    elsewhere = seen_anywhere(chart, COMPRESSION, limits.imaging).only_proofs()
    perhaps += [Gap(Reason.SUSPECTED, COMPRESSION.name, proof=proof) for proof in elsewhere]
    if perhaps:
        found = [Gap(Reason.SUSPECTED, DEFICIT.name, proof=proof) for proof in deficit.because]
        return [*perhaps, *found]
    reason = Reason.CONFLICTING if shown.truth is Truth.NO else Reason.SUSPECTED
    return [Gap(reason, "deficit_without_compression", proof=proof) for proof in deficit.because]


def _free(chart: Chart, limits: Limits, level: str, known: Answer | None) -> Answer:
    """Ask for proof that the canal is free and, where any is on record, the examination normal.

    Without any examination on record, imaging as recent as an examination would have to be
    clears alone (rules.md 9.13).
    """
    if known is None:
        return ~_compressed(chart, limits.examination, level)
    return ~_compressed(chart, limits.imaging, level) & known


def _concerns(diagnosis: Diagnosis, match: Match, level: str) -> bool:
    """Tell whether a code can speak of this level: it names no region, or one that is near."""
    if diagnosis.levels:
        return level in diagnosis.levels or bool(set(around(level)) & set(diagnosis.levels))
    region = match.marks.get("region", "")
    return not region or near_region(level, region)
