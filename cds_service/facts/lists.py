"""Reviewed lists of drugs and allergies (rules.md 9.4)."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.facts.context import Context
from cds_service.facts.dates import when_of
from cds_service.facts.elements import codings, status_of

_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/list-example-use-codes"
_KINDS: Final = {"allergies": "allergies", "medications": "drugs"}
_WITHDRAWN: Final = frozenset({"entered-in-error", "retired"})
_NOT_REVIEWED: Final = frozenset({"notasked", "withheld", "unavailable", "notstarted"})


def read_list(resource: Resource, reference: str, context: Context) -> None:
    """Note the date of a list of drugs or allergies that somebody has gone through."""
    named = [code for system, code in codings(resource.get("code")) if system == _SYSTEM]
    kinds = {_KINDS[code] for code in named if code in _KINDS}
    if not kinds or status_of(resource) in _WITHDRAWN:
        return
    if any(code in _NOT_REVIEWED for _, code in codings(resource.get("emptyReason"))):
        return
    when = when_of(resource.get("date"), context.zone)
    if when is None:
        context.skip(reference, "a list without a date proves no review")
        return
    for kind in sorted(kinds):
        context.lists.setdefault(kind, []).append(when)
