"""Procedures of the same kind that were done already: context for the levels of a session."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.facts.context import Context
from cds_service.facts.dates import time_of
from cds_service.facts.elements import status_of
from cds_service.facts.encounters import read_treatment
from cds_service.facts.orders import order_of

_NOT_DONE: Final = frozenset({"entered-in-error", "not-done", "preparation"})


def read_procedure(resource: Resource, reference: str, context: Context) -> None:
    """Note a procedure that a trigger code or its predecessor names, with its time."""
    when = time_of(resource, "performed", context.zone)
    if status_of(resource) not in _NOT_DONE:
        read_treatment(resource, reference, context, when)
    code = context.table.find(resource.get("code")) if context.table else None
    if code and context.table and status_of(resource) not in _NOT_DONE:
        done = order_of(resource, code, context.table, selected=False)
        context.procedures.append((done, when))
