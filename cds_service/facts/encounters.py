"""Encounters: whether the patient is in hospital today."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.evidence import Evidence, Resource, Sought
from cds_service.facts.context import Context
from cds_service.facts.elements import codings, status_of

_INPATIENT: Final = frozenset({"IMP", "ACUTE", "NONAC"})
"""Inpatient and its two kinds in HL7 v3 ActCode."""


def read_encounter(resource: Resource, reference: str, context: Context) -> None:
    """Note a stay in hospital that has not ended."""
    if status_of(resource) == "in-progress":
        classes = {code for _, code in codings(resource.get("class"))}
        if classes & _INPATIENT:
            context.inpatients.append(reference)


def inpatient(evidence: Evidence, context: Context) -> bool | None:
    """Tell whether the patient is in hospital, None where the encounters could not be asked."""
    source = evidence.sources.get("encounters")
    if source is None or source.state is not Sought.ANSWERED:
        return None
    return bool(context.inpatients)
