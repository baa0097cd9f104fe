"""Dates at which somebody wrote something down."""

from __future__ import annotations

from cds_service.clinical.evidence import Resource
from cds_service.clinical.when import When
from cds_service.facts.context import Context


def dated(resource: Resource, name: str, reference: str, context: Context) -> When | None:
    """Read a date element; one that is there and cannot be read is noted as skipped."""
    value = resource.get(name)
    when = context.when(value) if value else None
    if value and when is None:
        context.skip(reference, f"{name} is no date")
    return when
