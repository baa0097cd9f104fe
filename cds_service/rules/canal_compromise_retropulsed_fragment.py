"""A bone fragment pushed into the spinal canal."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Quantity,
    Window,
    imaging_finding,
    rule,
    settle,
)
from cds_service.clinical.fact import AXIAL
from cds_service.clinical.imaging import seen

FRAGMENT = imaging_finding("retropulsion-canal-compromise")
STENOSIS = imaging_finding("canal-stenosis-grade")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    canal_above: Quantity
    compared_at: Quantity
    nothing: Quantity
    imaging: Window


@rule(limits=Limits, reads=(FRAGMENT, STENOSIS))
def canal_compromise_retropulsed_fragment(chart: Chart, limits: Limits) -> Answer:
    """Does a retropulsed fragment take more than a third of the canal?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level: by the measured share, or by a severe stenosis with retropulsion."""
    fragment = seen(chart, FRAGMENT, level, limits.imaging, AXIAL)
    share = fragment.above(limits.canal_above, limits.compared_at)
    severe = seen(chart, STENOSIS, level, limits.imaging, AXIAL).says("severe")
    graded = severe & fragment.above(limits.nothing, limits.compared_at)
    return settle(share | graded.only_fires(), ~share)
