"""The way to the vertebra: whether the pedicle can be seen."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Window, examination, rule, settle
from cds_service.clinical.imaging import seen

VISIBLE = examination("pedicle-visible")


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    statement: Window


@rule(limits=Limits, reads=(VISIBLE,))
def approach_anatomy(chart: Chart, limits: Limits) -> Answer:
    """Is the pedicle stated as not visible, so that the usual approach is difficult?"""
    return chart.per_level(lambda level: _at(chart, limits, level))


def _at(chart: Chart, limits: Limits, level: str) -> Answer:
    """Ask for one level, by the statement of whoever plans the approach."""
    visible = seen(chart, VISIBLE, level, limits.statement)
    return settle(visible.says(value=False), visible.proven(value=True))
