"""A plan shared with oncology for a fracture through a tumor."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Age, Answer, Chart, Gap, Reason, Truth, Window, any_of, rule
from cds_service.clinical.fact import VISITS, Visit
from cds_service.clinical.indication import INDICATION_READS, neoplastic

ONCOLOGY = "oncology"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    visits: Window
    imaging: Window


@rule(limits=Limits, reads=(VISITS, *INDICATION_READS))
def oncology_coordination(chart: Chart, limits: Limits) -> Answer:
    """Is a malignant fracture on record without a recent visit to oncology or radiotherapy?"""
    tumor = neoplastic(chart, limits.imaging)
    if tumor.truth is Truth.NO:
        return Answer.not_applicable(*tumor.because)
    lack = chart.lack(VISITS.kind)
    visited = any_of(_visited(chart, visit, limits.visits) for visit in chart.visits)
    return tumor & (~visited.doubted(lack)).doubted(lack)


def _visited(chart: Chart, visit: Visit, window: Window) -> Answer:
    """Judge one visit: of oncology and recent, or of a kind that nobody wrote down."""
    age = window.age_of(visit.when, chart.now)
    if ONCOLOGY in visit.topics and (visit.staying or age is Age.INSIDE):
        return Answer.yes(visit.proof())
    if ONCOLOGY in visit.topics and age is not Age.OUTSIDE:
        return Answer.unknown(Gap(Reason.UNPARSEABLE, "visit", "", age.value, visit.proof()))
    if not visit.told and age is not Age.OUTSIDE:
        return Answer.unknown(Gap(Reason.MISSING, "kind_of_visit", proof=visit.proof()))
    return Answer.no()
