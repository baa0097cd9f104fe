"""A vertebra that has lost most of its height."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Quantity, Window, imaging_finding, rule, settle
from cds_service.clinical.imaging import seen

LOSS = imaging_finding("height-loss")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    loss_above: Quantity
    compared_at: Quantity
    imaging: Window


@rule(limits=Limits, reads=(LOSS,))
def height_loss_severe(chart: Chart, limits: Limits) -> Answer:
    """Has the vertebra lost more than two thirds of its height?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level, by the share that is lost; what remains is another measure."""
    lost = seen(chart, LOSS, level, limits.imaging).above(limits.loss_above, limits.compared_at)
    return settle(lost, ~lost)
