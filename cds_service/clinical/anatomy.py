"""What several rules ask of the anatomy of one level: walls, lesions, fractures, burst codes."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.answer import Answer, settle
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.fact import AXIAL, Diagnosis, Fact, Finding, Match, imaging_finding
from cds_service.clinical.imaging import seen
from cds_service.clinical.levels import near_region
from cds_service.clinical.truth import Truth
from cds_service.clinical.when import Window

FRACTURE: Final = imaging_finding("vertebral-fracture")
MATRIX: Final = imaging_finding("lesion-matrix")
LESIONS: Final = ("lytic", "mixed", "blastic")
BURST_CODES: Final = "burst"


def stated_on_axial(chart: Chart, fact: Fact, level: str, window: Window) -> Answer:
    """Ask whether something is present at a level; only CT or MRI can prove that it is not."""
    looked = seen(chart, fact, level, window, AXIAL)
    return settle(looked.says(value=True), looked.proven(value=False))


def is_lesion(finding: Finding) -> Truth:
    """Tell whether a lesion matrix is that of any lesion."""
    return Truth.YES if finding.value in LESIONS else Truth.NO


def burst_code(chart: Chart, level: str) -> Answer:
    """Ask whether a burst code stands for this one level (rules.md 9.18)."""
    return has_condition(chart, BURST_CODES, lambda d, _: d.levels == (level,))


def wide_burst_code(chart: Chart, level: str) -> Answer:
    """Ask whether a burst code may mean this level: one of a range, or none in particular."""
    return has_condition(
        chart, BURST_CODES, lambda d, m: d.levels != (level,) and _may(d, m, level)
    )


def unstable_burst_code(chart: Chart, level: str) -> Answer:
    """Ask whether a code for an unstable burst may mean this level."""
    return has_condition(
        chart, BURST_CODES, lambda d, m: bool(m.marks.get("unstable")) and _may(d, m, level)
    )


def _may(diagnosis: Diagnosis, match: Match, level: str) -> bool:
    """Tell whether a code can speak of a level."""
    if diagnosis.levels:
        return level in diagnosis.levels
    return near_region(level, match.marks.get("region", ""))
