"""Another source of the pain: facet joints, sacroiliac joints, the sacrum."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Age,
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
from cds_service.clinical.examined import CONCORDANCE
from cds_service.clinical.imaging import seen
from cds_service.clinical.levels import near_region

CODES = "alternative_pain_source"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    examination: Window
    codes: Window


@rule(limits=Limits, reads=(CONCORDANCE, condition(CODES)), rests_on=(CONCORDANCE,))
def alternative_pain_source(chart: Chart, limits: Limits) -> Answer:
    """Is another source of the pain on record?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: recent codes of another source, and the word of the operator."""
    recent = has_condition(chart, CODES, lambda d, m: _near(m, level) and _inside(chart, limits, d))
    others = has_condition(
        chart, CODES, lambda d, m: _near(m, level) and not _inside(chart, limits, d)
    )
    stated = seen(chart, CONCORDANCE, level, limits.examination)
    doubts = [gap for gap in (*recent.missing, *others.missing) if gap.proof]
    doubts += [
        Gap(Reason.STALE, CODES, str(limits.codes), "" if proof.when else "undated", proof)
        for proof in others.only_proofs()
    ]
    discordant = stated.says("discordant")
    if recent.truth is Truth.YES:
        return recent
    doubts += suspicion(discordant, CONCORDANCE.name)
    lack = [gap for gap in (chart.lack(condition(CODES).kind),) if gap]
    return settle(Answer.no(), stated.proven("concordant"), *doubts, *lack)


def _near(match: Match, level: str) -> bool:
    """Tell whether a code may explain pain at this level; the sacrum is near every one."""
    return near_region(level, match.marks.get("region", ""))


def _inside(chart: Chart, limits: Limits, diagnosis: Diagnosis) -> bool:
    """Tell whether a diagnosis was recorded in the window, for certain."""
    return limits.codes.age_of(diagnosis.recorded, chart.now) is Age.INSIDE
