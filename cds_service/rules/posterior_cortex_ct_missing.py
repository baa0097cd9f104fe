"""CT of the posterior cortex, where the fracture is a burst or from a tumor."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    STUDIES,
    Answer,
    Chart,
    Diagnosis,
    Match,
    Truth,
    Window,
    any_of,
    condition,
    has_condition,
    imaging_finding,
    rule,
    settle,
    suspicion,
)
from cds_service.clinical.examined import ONSET
from cds_service.clinical.imaging import Seen, abnormal_levels, seen
from cds_service.clinical.levels import near_region
from cds_service.clinical.scans import is_ct, shown_by

BURST = imaging_finding("burst-morphology")
MATRIX = imaging_finding("lesion-matrix")
TUMOR_CODES = ("vcf_neoplastic", "malignancy_spine")
CODES = ("burst", *TUMOR_CODES)
NEOPLASTIC = ("lytic", "mixed", "blastic")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(
    limits=Limits,
    reads=(BURST, MATRIX, STUDIES, ONSET, *(condition(name) for name in CODES)),
)
def posterior_cortex_ct_missing(chart: Chart, limits: Limits) -> Answer:
    """Is a burst or malignant fracture without a recent CT?"""
    return chart.per_level(lambda level: _at(chart, limits.imaging, level))


def _at(chart: Chart, window: Window, level: str) -> Answer:
    """Ask for one level: is a CT there, and if not, is it needed?"""
    ct = shown_by(chart, level, window, is_ct, "study_ct")
    if ct.truth is Truth.YES:
        return (~ct).doubted(chart.lack(ONSET.kind))
    burst, matrix = (seen(chart, fact, level, window) for fact in (BURST, MATRIX))
    firm = [_coded(chart, name, level, named=True) for name in CODES]
    loose = [_coded(chart, name, level, named=False) for name in CODES]
    needed = any_of([burst.says(value=True), _neoplastic(matrix), *firm])
    needless = burst.proven(value=False) & matrix.proven("none") & ~any_of([*firm, *loose])
    hints = [gap for name, one in zip(CODES, loose, strict=True) for gap in suspicion(one, name)]
    hints += [gap for one in (*firm, *loose) for gap in one.missing if gap.proof]
    if needed.truth is Truth.YES:
        return needed & ~ct
    return settle(Answer.no(), _plain(needless), *hints)


def _plain(needless: Answer) -> Answer:
    """Say that neither condition is there, so that no CT is asked for."""
    if needless.truth is Truth.YES:
        return Answer.not_applicable(*needless.because)._replace(truth=Truth.YES)
    return needless


def _neoplastic(matrix: Seen) -> Answer:
    """Ask whether the level is described as a lesion of a tumor."""
    return any_of(matrix.says(kind) for kind in NEOPLASTIC)


def _coded(chart: Chart, name: str, level: str, *, named: bool) -> Answer:
    """Ask for a code that is for this level for certain, or for one that may be.

    A code without a level is for the only level that is ordered or abnormal (rules.md 1.5); one
    for bone at any site never is.
    """
    only = chart.targets == (level,) and not chart.doubtful and not chart.unnamed
    only = only and not abnormal_levels(chart) - {level}

    def certain(diagnosis: Diagnosis, match: Match) -> bool:
        if diagnosis.levels:
            return diagnosis.levels == (level,)
        loose = name != TUMOR_CODES[0] or bool(match.marks.get("site_unspecific"))
        return only and not loose and near_region(level, match.marks.get("region", ""))

    def possible(diagnosis: Diagnosis, match: Match) -> bool:
        if certain(diagnosis, match):
            return False
        if diagnosis.levels:
            return level in diagnosis.levels
        return near_region(level, match.marks.get("region", ""))

    return has_condition(chart, name, certain if named else possible)
