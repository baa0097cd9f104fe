"""Encounters: whether the patient is in hospital today and why, and visits to oncology."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cds_service.clinical.evidence import Evidence, Resource, Sought
from cds_service.clinical.fact import FOLLOW_UP, OPERATOR_VISIT, Finding, Visit
from cds_service.clinical.when import When
from cds_service.facts.condition_sets import sets_of
from cds_service.facts.context import Context
from cds_service.facts.dates import period_of
from cds_service.facts.elements import codings, obj, objs, shown, status_of, texts, word

_INPATIENT: Final = frozenset({"IMP", "ACUTE", "NONAC"})
"""Inpatient and its two kinds in HL7 v3 ActCode."""

_NOT_HELD: Final = frozenset({"planned", "cancelled", "entered-in-error"})
_HAPPENED: Final = frozenset({"finished", "in-progress", "onleave", "arrived", "triaged"})
_KNOWN: Final = _HAPPENED | {"planned", "unknown"}
_LONGEST_LEAD: Final = 90
"""Days: what is older is of no use to any site, whatever time it sets."""

_FRACTURES: Final = frozenset({"vcf_osteoporotic", "vcf_neoplastic", "vcf_other"})


def read_encounter(resource: Resource, reference: str, context: Context) -> None:
    """Note a stay in hospital that has not ended, and every visit that took place."""
    status = status_of(resource)
    staying = False
    if status == "in-progress":
        classes = {code for _, code in codings(resource.get("class"))}
        staying = bool(classes & _INPATIENT)
        if staying:
            context.inpatients.append(reference)
    if status == "planned":
        said = [*_words(resource), *texts(resource.get("reasonCode"))]
        when = period_of(resource.get("period"), context.zone)
        read_follow_up(said, when, reference, context)
    held = status not in _NOT_HELD
    said = [text for text in _words(resource) if text]
    may_be = _read_operator_visit(said, resource, reference, context, held=held)
    if not held:
        return
    topics = {"oncology"} if _is_oncology(said, context) else set()
    topics |= {"spine"} if may_be else set()
    if staying and any(_is_fracture(reason, context) for reason in _reasons(resource, context)):
        topics.add("fracture")
    when = period_of(resource.get("period"), context.zone)
    kind = shown(said[0]) if said else ""
    visit = Visit(reference, kind, when, tuple(sorted(topics)), bool(said), staying)
    context.visits.append(visit)


def read_follow_up(
    said: Sequence[str], when: When | None, reference: str, context: Context
) -> None:
    """Note what is planned to follow up a procedure, as far as its words say so."""
    words = context.codes.visits
    found = [text for text in said if words.follow_up.search(text)]
    if found and not any(map(words.oncology.search, said)):
        finding = Finding(FOLLOW_UP.name, when, reference, shown(found[0]), value=True)
        context.findings.append(finding)


def _read_operator_visit(
    said: Sequence[str], resource: Resource, reference: str, context: Context, *, held: bool
) -> bool:
    """Note a recent or planned assessment by the operator; tell of a held one that may be one.

    One that was planned for a day that has passed may not have taken place.
    """
    words, status = context.codes.visits, status_of(resource)
    if status not in _KNOWN or any(map(words.follow_up.search, said)):
        return False
    operator = any(map(words.operator.search, said))
    certain = operator and any(map(words.assessment.search, said))
    if not certain and not operator and not any(map(words.may_operate.search, said)):
        return False
    if held and not certain:
        return True
    when = period_of(resource.get("period"), context.zone)
    today = context.now.date()
    if when and (today - when.latest.date()).days > _LONGEST_LEAD:
        return False
    final = status in _HAPPENED or (
        status == "planned" and (when is None or when.latest.date() >= today)
    )
    shown_words = shown("; ".join(dict.fromkeys(said)))
    value = True if certain else "possible"
    finding = Finding(OPERATOR_VISIT.name, when, reference, shown_words, value=value, final=final)
    context.findings.append(finding)
    return False


def read_treatment(resource: Resource, reference: str, context: Context, when: When | None) -> None:
    """Note a procedure of oncology, such as radiotherapy, as a visit there."""
    said = texts(resource.get("code"))
    if _is_oncology(said, context):
        context.visits.append(Visit(reference, shown(said[0]), when, ("oncology",)))


def _words(resource: Resource) -> Iterator[str]:
    """Give the words that say what kind of visit this is: never those of its reason."""
    for name in ("type", "serviceType"):
        yield from texts(resource.get(name))
    yield word(obj(resource.get("serviceProvider")).get("display"))
    for place in objs(resource.get("location")):
        yield word(obj(place.get("location")).get("display"))
    for person in objs(resource.get("participant")):
        yield word(obj(person.get("individual")).get("display"))


def _is_oncology(said: Iterable[str], context: Context) -> bool:
    """Tell whether one of some words names oncology or radiotherapy."""
    return any(map(context.codes.visits.oncology.search, said))


def _reasons(resource: Resource, context: Context) -> Iterator[object]:
    """Give the concepts for which the patient was admitted."""
    yield from objs(resource.get("reasonCode"))
    links = list(objs(resource.get("reasonReference")))
    links += [obj(one.get("condition")) for one in objs(resource.get("diagnosis"))]
    for link in links:
        found = context.resolve(link, resource)
        if found and found.get("resourceType") == "Condition":
            yield found.get("code")


def _is_fracture(concept: object, context: Context) -> bool:
    """Tell whether a concept is coded as a vertebral fracture; words alone prove nothing."""
    found = sets_of(context.codes.conditions, concept, context.codes.systems.pairs(concept))
    return any(
        name in _FRACTURES and not match.possible and not match.by_words
        for name, match in found.items()
    )


def inpatient(evidence: Evidence, context: Context) -> bool | None:
    """Tell whether the patient is in hospital, None where the encounters could not be asked."""
    source = evidence.sources.get("encounters")
    if source is None or source.state is not Sought.ANSWERED:
        return None
    return bool(context.inpatients)
