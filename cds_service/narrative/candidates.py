"""Which resources of a record may be imaging reports that count: status, time, examination."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cds_service.clinical.evidence import Item, Resource
from cds_service.clinical.when import OUTSIDE, When, Window
from cds_service.facts.context import UNEXPECTED, Context
from cds_service.facts.dates import filed, period_of
from cds_service.facts.elements import codings, obj, objs, status_of, word
from cds_service.facts.imaging import FINAL_REPORT, VOID_STUDY
from cds_service.facts.observed import effective
from cds_service.narrative.exam import Exam, exam_of

KINDS: Final = frozenset({"DiagnosticReport", "DocumentReference"})
APPENDED: Final = "appended"
CURRENT: Final = "current"
_SHORTEST: Final = 4
"""Shorter numbers without a system may be anything's."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that may be an imaging report.

    `keys` name its examination: two candidates with a key in common are about the same one.
    """

    resource: Resource
    reference: str
    when: When | None
    status: str
    final: bool
    exam: Exam
    keys: frozenset[str]

    @property
    def is_document(self) -> bool:
        """Tell whether this is a document about a report, and not the report itself."""
        return self.resource.get("resourceType") == "DocumentReference"

    @property
    def revised(self) -> str:
        """Give the moment of the last change as it is written."""
        updated = obj(self.resource.get("meta")).get("lastUpdated")
        return word(self.resource.get("issued")) or word(updated)


def candidates(
    items: Iterable[tuple[str, Item]], context: Context, window: Window
) -> list[Candidate]:
    """List what may be imaging reports within a window; what is replaced or void is none."""
    found: list[Candidate] = []
    replaced: set[str] = set()
    for reference, item in items:
        if item.resource.get("resourceType") not in KINDS:
            continue
        try:
            made = _candidate(item.resource, reference, context)
            if made is not None:
                replaced.update(_targets(made.resource, "replaces"))
                found.append(made)
        except UNEXPECTED as error:
            context.skip_unexpected(reference, error)
    return [
        one
        for one in found
        if one.reference not in replaced and _may_lie_in(window, one.when, context)
    ]


def _candidate(resource: Resource, reference: str, context: Context) -> Candidate | None:
    """Make a candidate of a resource, None where it is void or no imaging report."""
    exam = exam_of(resource, context)
    if exam is None:
        return None
    keys = frozenset(_keys(resource, reference))
    if resource.get("resourceType") == "DiagnosticReport":
        status = status_of(resource)
        if status in VOID_STUDY:
            return None
        when = effective(resource, reference, context)
        return Candidate(resource, reference, when, status, status in FINAL_REPORT, exam, keys)
    status = status_of(resource, "docStatus")
    if status in VOID_STUDY or status_of(resource) not in {CURRENT, ""}:
        return None
    final = status in FINAL_REPORT or not status
    if any(_targets(resource, "appends")):
        status = APPENDED
    return Candidate(
        resource, reference, _time_of(resource, context), status or CURRENT, final, exam, keys
    )


def _time_of(document: Resource, context: Context) -> When | None:
    """Tell when the images of a document were taken; its own date says that they are older."""
    period = period_of(obj(document.get("context")).get("period"), context.zone)
    return period or filed(document.get("date"), context.zone)


def _may_lie_in(window: Window, when: When | None, context: Context) -> bool:
    """Tell whether a time may lie in a window; one that is surely before it does not."""
    if when is not None and when.earliest is None:
        return (context.now.date() - when.latest.date()).days <= window.days
    return window.age_of(when, context.now) is not OUTSIDE


def _keys(resource: Resource, reference: str) -> Iterator[str]:
    """Name the examination of a report in all ways in which another may name it too."""
    yield reference
    numbers = [*objs(resource.get("identifier")), *objs(resource.get("masterIdentifier"))]
    for number in numbers:
        if len(word(number.get("value"))) >= _SHORTEST or word(number.get("system")):
            yield f"{word(number.get('system'))}|{word(number.get('value'))}"
    related = objs(obj(resource.get("context")).get("related"))
    for link in (*objs(resource.get("imagingStudy")), *related):
        named = word(link.get("reference"))
        if named.split("/")[-2:-1] in (["ImagingStudy"], ["DiagnosticReport"]):
            yield "/".join(named.split("/")[-2:])
    yield from _targets(resource, "appends")
    yield from _targets(resource, "transforms")
    moment = resource.get("effectiveDateTime")
    if isinstance(moment, str) and "T" in moment:
        for _, code in codings(resource.get("code")):
            yield f"{moment} {code}"


def _targets(resource: Resource, relation: str) -> Iterator[str]:
    """Give the references of documents that this one replaces, appends or transforms."""
    for one in objs(resource.get("relatesTo")):
        named = word(obj(one.get("target")).get("reference"))
        if word(one.get("code")) == relation and named:
            yield "/".join(named.split("/")[-2:])
