"""Pain below the level that trials have studied."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Quantity, Window, rule
from cds_service.clinical.pain import PAIN, pain_below


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    pain_below: Quantity
    pain: Window


@rule(limits=Limits, reads=(PAIN,))
def pain_severity_low(chart: Chart, limits: Limits) -> Answer:
    """Are all pain scores of the last days below the level that trials have studied?"""
    return pain_below(chart, limits.pain_below, limits.pain)
