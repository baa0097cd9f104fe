"""Whose a resource is: nothing of another patient may reach the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from cds_service.clinical.evidence import Item, Resource, Sought, Source, Unreadable
from cds_service.evidence.body import refusal

FOREIGN: Final = "another patient's"
UNRESOLVED: Final = "names a patient that cannot be found"
STRANGER: Final = "the FHIR server does not know this patient"
NOBODY_KNOWN: Final = ""
_NAMING: Final = ("subject", "patient")
_NO_SUCH: Final = frozenset({refusal(HTTPStatus.NOT_FOUND), refusal(HTTPStatus.GONE)})


def last_segment(reference: str) -> str:
    """Give the id in a reference or URL: relative, absolute, with a version, or `urn:uuid:`."""
    path = reference.partition("/_history/")[0].rstrip("/")
    return path.rpartition("/")[2].removeprefix("urn:uuid:").removeprefix("urn:oid:")


def patient_key(item: Item) -> str:
    """Give the id of a Patient, from its full URL if it has none itself."""
    own = item.resource.get("id")
    return own if isinstance(own, str) else last_segment(item.full_url)


def named_patient(resource: Resource, urls: Mapping[str, str]) -> str | None:
    """Give the id of the patient whom a resource names; None where it names none.

    `urls` leads from the full URLs of Patients to their ids. A contained Patient (`#x`) has no
    identity that could differ. What cannot be read, or names something else than a patient,
    gives `NOBODY_KNOWN`.
    """
    named: str | None = None
    for key in _NAMING:
        value: Any = resource.get(key)
        reference = value.get("reference") if isinstance(value, dict) else value
        if reference is None or (isinstance(reference, str) and reference.startswith("#")):
            continue
        found = _patient_in(reference, urls)
        if named not in {None, found}:
            return NOBODY_KNOWN
        named = found
    return named


def _patient_in(reference: object, urls: Mapping[str, str]) -> str:
    """Give the patient's id in one reference, or `NOBODY_KNOWN`."""
    if not isinstance(reference, str):
        return NOBODY_KNOWN
    if reference in urls:
        return urls[reference]
    before = reference.partition("/_history/")[0].rstrip("/").split("/")[:-1]
    if before and before[-1] != "Patient":
        return NOBODY_KNOWN
    return last_segment(reference)


def urls_of_patients(items: Iterable[Item]) -> dict[str, str]:
    """Map the full URL of each Patient to its id."""
    return {
        item.full_url: patient_key(item)
        for item in items
        if item.full_url and item.resource.get("resourceType") == "Patient"
    }


def only_of(patient: str, items: Iterable[Item], odd: list[Unreadable]) -> tuple[Item, ...]:
    """Keep what is about the patient or about nobody, each resource once; count the others."""
    items = tuple(items)
    expected = f"Patient/{patient}"
    urls: dict[str, str] | None = None
    seen: dict[tuple[Any, str], Resource] = {}
    kept = []
    for item in items:  # once through all of them: in a large record every look costs a cache miss
        resource = item.resource
        whom, other = resource.get("subject"), resource.get("patient")
        named = whom if other is None else other if whom is None else None
        kind = resource["resourceType"]
        if type(named) is not dict or named.get("reference") != expected or kind == "Patient":
            if urls is None and (whom is not None or other is not None):
                urls = urls_of_patients(items)
            if not _is_of(patient, item, urls or {}):
                why = UNRESOLVED if _leads_nowhere(resource, urls or {}) else FOREIGN
                odd.append(Unreadable(kind, why))
                continue
        own = resource.get("id")
        if type(own) is str:  # a copy, of the same type, id and content, is no second fact
            first = seen.get((kind, own))
            if first is None:
                seen[kind, own] = resource
            elif first == resource:
                continue
        kept.append(item)
    return tuple(kept)


def _leads_nowhere(resource: Resource, urls: Mapping[str, str]) -> bool:
    """Tell whether a resource names its patient by an id that only its own Bundle could resolve."""
    names = (resource.get(key) for key in _NAMING)
    references = [name.get("reference") for name in names if isinstance(name, dict)]
    return any(
        isinstance(one, str) and one.startswith("urn:") and one not in urls for one in references
    )


def doubted(
    sources: Mapping[str, Source], odd: Iterable[Unreadable], kinds: Mapping[str, str]
) -> dict[str, Source]:
    """Mark queries as incomplete whose answer held something that could not be assigned.

    It may be the patient's: without it an absence proves nothing. `kinds` gives the resource
    type of each query.
    """
    lost = {one.where for one in odd if one.why == UNRESOLVED}
    return {
        name: replace(source, state=Sought.INCOMPLETE, detail=UNRESOLVED)
        if kinds.get(name) in lost and source.state is Sought.ANSWERED
        else source
        for name, source in sources.items()
    }


def known(sources: Mapping[str, Source], items: Collection[Item]) -> dict[str, Source]:
    """Fail the empty answers of a server that says there is no such patient.

    It searches for anybody and finds nothing: about a patient whom it does not know that proves
    nothing, not even that a test is missing. With anything on record the patient is known.
    """
    if items or sources["patient"].detail not in _NO_SUCH:
        return dict(sources)
    return {
        name: replace(source, state=Sought.FAILED, detail=STRANGER)
        if source.state is Sought.ANSWERED and source.origin == "server"
        else source
        for name, source in sources.items()
    }


def _is_of(patient: str, item: Item, urls: Mapping[str, str]) -> bool:
    """Tell whether a resource is the patient, is about the patient, or is about nobody."""
    if item.resource["resourceType"] == "Patient":
        return patient_key(item) in {patient, ""}
    return named_patient(item.resource, urls) in {patient, None}
