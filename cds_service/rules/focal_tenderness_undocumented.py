"""Tenderness over the spinous process of the level, which shows that this fracture hurts."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Window, rule
from cds_service.clinical.examined import TENDERNESS, undocumented
from cds_service.clinical.imaging import seen


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    examination: Window


@rule(limits=Limits, reads=(TENDERNESS,))
def focal_tenderness_undocumented(chart: Chart, limits: Limits) -> Answer:
    """Is the midline tenderness of the level not on record?"""
    return chart.per_level(
        lambda level: undocumented(seen(chart, TENDERNESS, level, limits.examination))
    )
