"""A lesion or fracture that reaches into a pedicle."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Window, imaging_finding, rule
from cds_service.clinical.anatomy import stated_on_axial

PEDICLE = imaging_finding("pedicle-involvement")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    imaging: Window


@rule(limits=Limits, reads=(PEDICLE,))
def pedicle_extension(chart: Chart, limits: Limits) -> Answer:
    """Does the lesion extend into a pedicle at the level to be treated?"""
    return chart.per_level(lambda level: stated_on_axial(chart, PEDICLE, level, limits.imaging))
