"""The neurology of the legs before the procedure, to tell a later change by."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Window, rule
from cds_service.clinical.examined import DEFICIT, undocumented
from cds_service.clinical.imaging import of_patient


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    examination: Window


@rule(limits=Limits, reads=(DEFICIT,))
def neuro_baseline_missing(chart: Chart, limits: Limits) -> Answer:
    """Is a current neurological examination of the legs not on record?"""
    return undocumented(of_patient(chart, DEFICIT, limits.examination))
