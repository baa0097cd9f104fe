"""An assessment by the operator in the time before the procedure."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import Answer, Chart, Gap, Proof, Reason, Window, any_of, rule
from cds_service.clinical.fact import OPERATOR_VISIT, VISITS, Finding, Visit
from cds_service.clinical.truth import Truth
from cds_service.clinical.when import When

POSSIBLE = "spine"


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    lead: Window


@rule(limits=Limits, reads=(OPERATOR_VISIT, VISITS), rests_on=(OPERATOR_VISIT,))
def preprocedure_visit_timing(chart: Chart, limits: Limits) -> Answer:
    """Is no assessment by the operator on record for the time before the procedure?

    A record that holds no schedule is not asked; an assessment that it does hold counts (9.14).
    The day of the procedure itself is too late, whoever is seen on it.
    """
    lack = chart.lack(OPERATOR_VISIT.kind)
    planned = chart.findings.get(OPERATOR_VISIT.name, ())
    assessed = any_of(
        (
            *(_assessed(chart, visit, limits.lead) for visit in planned),
            *(_perhaps(chart, visit, limits.lead) for visit in chart.visits),
        )
    )
    return (~assessed.doubted(lack)).doubted(lack)


def _assessed(chart: Chart, visit: Finding, lead: Window) -> Answer:
    """Judge one assessment by the operator, or a planned visit that may be one."""
    inside = _lies_in(visit.when, chart, lead)
    if inside is Truth.NO:
        return Answer.no(visit.proof("outside_lead"))
    if inside is Truth.UNKNOWN:
        return _unsure("lead_unknown", visit.proof())
    if visit.value is not True:
        return _unsure("may_not_be_operator", visit.proof())
    return Answer.yes(visit.proof()) if visit.final else _unsure("not_held", visit.proof())


def _perhaps(chart: Chart, visit: Visit, lead: Window) -> Answer:
    """Judge a visit that took place: with somebody who may be the operator, or of no known kind."""
    if _lies_in(visit.when, chart, lead) is Truth.NO or (visit.told and not _may_be(visit)):
        return Answer.no()
    if not visit.told:
        return Answer.unknown(Gap(Reason.MISSING, "kind_of_visit", proof=visit.proof()))
    return _unsure("may_not_be_operator", visit.proof())


def _may_be(visit: Visit) -> bool:
    """Tell whether a visit may have been with the operator."""
    return POSSIBLE in visit.topics


def _unsure(detail: str, proof: Proof) -> Answer:
    """Answer that a visit may be the assessment, and why it does not prove it."""
    return Answer.unknown(Gap(Reason.SUSPECTED, OPERATOR_VISIT.name, detail=detail, proof=proof))


def _lies_in(when: When | None, chart: Chart, lead: Window) -> Truth:
    """Tell whether a visit lies in the days before the procedure, its own day left out."""
    day = chart.planned.date()
    first = day - lead.length
    if when is None:
        return Truth.UNKNOWN
    start, end = when.earliest, when.latest.date()
    if end < first or (start and start.date() >= day):
        return Truth.NO
    return Truth.YES if start and start.date() >= first and end < day else Truth.UNKNOWN
