"""A breach in the back wall of the vertebra, through which cement may leak."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Window, imaging_finding, rule
from cds_service.clinical.anatomy import stated_on_axial

WALL = imaging_finding("posterior-wall-disruption")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(WALL,))
def posterior_wall_disruption(chart: Chart, limits: Limits) -> Answer:
    """Is the posterior wall of the vertebra disrupted?"""
    return chart.per_level(lambda level: stated_on_axial(chart, WALL, level, limits.imaging))
