"""What the allergy list says of an agent, and what proves that it says nothing (rules.md 9.4)."""

from __future__ import annotations

from cds_service.clinical.answer import Answer, Gap
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Allergy, Kind
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import Age, Window


def allergic(
    chart: Chart,
    review: Window,
    decisive: tuple[str, ...],
    suspicious: tuple[str, ...],
    absence_proven_by: tuple[str, ...],
) -> Answer:
    """Tell whether an allergy to one of the decisive agents is on record.

    `suspicious` agents, a decisive one that is no longer active, and an entry that does not say
    what it is about (codes.md 0.3: no match is not absence) leave the answer open.
    `absence_proven_by` names the statements of absence that count ("all", "drugs").
    """
    hits = [a for a in chart.allergies if a.agents & set(decisive)]
    active = [allergy.proof() for allergy in hits if allergy.active]
    if active:
        return Answer.yes(*active)
    gaps = [Gap(Reason.CONFLICTING, "past_allergy", proof=hit.proof()) for hit in hits]
    gaps += [
        Gap(Reason.SUSPECTED, "related_allergy", proof=allergy.proof())
        for allergy in chart.allergies
        if allergy.active and allergy.agents & set(suspicious)
    ]
    gaps += [
        Gap(Reason.UNPARSEABLE, "unnamed_allergy", proof=allergy.proof())
        for allergy in chart.allergies
        if allergy.active and allergy.unnamed
    ]
    lacks = (chart.lack(Kind.ALLERGY), chart.lack(Kind.CONDITION))
    reviewed = _reviewed(chart, review, absence_proven_by)
    return (~reviewed).doubted(*gaps, *lacks)


def _reviewed(chart: Chart, review: Window, absence_proven_by: tuple[str, ...]) -> Answer:
    """Tell whether the list was reviewed in the window: a dated list, entry or "none known".

    A statement that only no drug allergy is known proves nothing for other agents.
    """
    for when in chart.lists.get("allergies", ()):
        if review.age_of(when, chart.now) is Age.INSIDE:
            return Answer.yes()
    counting = [
        allergy
        for allergy in chart.allergies
        if allergy.listed and _counts(allergy, absence_proven_by)
    ]
    dated = [a for a in counting if review.age_of(a.dated, chart.now) is Age.INSIDE]
    if dated:
        return Answer.yes(*(allergy.proof() for allergy in dated))
    reason = Reason.STALE if counting else Reason.MISSING
    return Answer.unknown(Gap(reason, "reviewed_allergy_list", str(review)))


def _counts(allergy: Allergy, absence_proven_by: tuple[str, ...]) -> bool:
    """Tell whether an entry may show a review; a statement of absence must still hold."""
    if allergy.none_known:
        return allergy.active and allergy.none_known in absence_proven_by
    return True
