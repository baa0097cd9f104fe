"""What the client handed over: the states of a prefetch key, kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cds_service.clinical.evidence import Item, Sought
from cds_service.evidence.entries import Haul
from cds_service.evidence.prefetch import Query
from cds_service.evidence.whose import patient_key

NOT_SUPPLIED: Final = "not supplied, and no FHIR server to ask"
JUNK: Final = "what was supplied could not be read"
CLIENT_FAILED: Final = "the client could not get it"
EXTRA: Final = "other keys"
SOMEONE_ELSE: Final = "what was supplied is about another patient"


def haul_of(query: Query, prefetch: Mapping[str, Any], patient: str) -> Haul:
    """Judge one prefetch key (conformance section 3, 7-12).

    The haul that comes back is ANSWERED or INCOMPLETE, or has a `next` page to be followed
    (NOT_SOUGHT with a page), or is as good as not supplied (NOT_SOUGHT, FAILED).
    """
    if query.name not in prefetch:
        return Haul(query.name, "", Sought.NOT_SOUGHT, NOT_SUPPLIED)
    haul = Haul(query.name, "prefetch")
    value = prefetch[query.name]
    if value is None:  # asked, and nothing was found
        haul.answered()
        return haul
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if kind == query.kind:
        _take_resource(haul, value, patient)
    elif kind == "OperationOutcome":
        haul.stopped(CLIENT_FAILED)
    elif not isinstance(value, dict) or not haul.add_page(value):
        haul.skip(query.name, JUNK)
        haul.stopped(JUNK)
    elif haul.next is None:
        haul.answered()
    return haul


def extras(prefetch: Mapping[str, Any], queries: Mapping[str, Query]) -> Haul:
    """Take resources under keys that we did not name: evidence, but no answer to any query."""
    haul = Haul(EXTRA, "prefetch")
    for key, value in prefetch.items():
        if key in queries or not isinstance(value, dict) or haul.add_page(value):
            continue
        if type(value.get("resourceType")) is str and value["resourceType"] not in _NO_EVIDENCE:
            haul.add_resource(value)
    return haul


_NO_EVIDENCE: Final = frozenset({"Bundle", "OperationOutcome"})


def _take_resource(haul: Haul, resource: Mapping[str, Any], patient: str) -> None:
    """Take one resource as the answer, unless it is another patient's own."""
    if haul.name == "patient" and patient_key(Item(resource)) not in {patient, ""}:
        haul.skip(haul.name, SOMEONE_ELSE)
        haul.stopped(SOMEONE_ELSE)
        return
    haul.add_resource(resource)
    haul.state = Sought.ANSWERED
