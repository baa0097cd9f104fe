"""A breach in the back wall of the vertebra, through which cement may leak."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Window, imaging_finding, rule
from cds_service.clinical.anatomy import stated_on_axial
from cds_service.clinical.denial import contradicted

BURST = imaging_finding("burst-morphology")
WALL = imaging_finding("posterior-wall-disruption")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(WALL, BURST))
def posterior_wall_disruption(chart: Chart, limits: Limits) -> Answer:
    """Is the posterior wall of the vertebra disrupted?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level; a burst fracture, seen that day or later, breaks the wall as well."""
    stated = stated_on_axial(chart, WALL, level, limits.imaging)
    return contradicted(chart, BURST, level, limits.imaging, stated)
