"""A whole record as one Bundle: what is not in it was sought and not found (rules.md 9.20)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cds_service.clinical.evidence import QUERIES, Evidence, Item, Source, Unreadable
from cds_service.errors import BadRequest
from cds_service.evidence.entries import Haul
from cds_service.evidence.prefetch import KINDS
from cds_service.evidence.server import PAGES_LEFT
from cds_service.evidence.whose import (
    doubted,
    last_segment,
    named_patient,
    only_of,
    patient_key,
    urls_of_patients,
)


def evidence_of_bundle(bundle: Any, patient: str | None = None) -> tuple[Evidence, str]:
    """Take a Bundle for a record in which every query was answered; gives the patient's id, too.

    With several Patients `patient` chooses, else the one whom most resources name. An
    OperationOutcome of severity warning or worse, or a `next` link, leaves every query
    incomplete. Raises BadRequest for what is no Bundle, or when nobody in it is that patient.
    """
    haul = Haul("bundle", "bundle")
    if not isinstance(bundle, dict) or not haul.add_page(bundle):
        msg = "this is not a FHIR Bundle: an object with resourceType Bundle and a list of entries"
        raise BadRequest(msg)
    if haul.next is None:
        haul.answered()
    else:
        haul.stopped(PAGES_LEFT)
    chosen = _patient(haul.items, last_segment(patient) if patient else None)
    odd: list[Unreadable] = list(haul.odd)
    items = only_of(chosen, haul.items, odd)
    sources = {name: Source(name, haul.state, haul.detail, "bundle") for name in QUERIES}
    return Evidence(items, doubted(sources, odd, KINDS), tuple(odd)), chosen


def _patient(items: list[Item], wanted: str | None) -> str:
    """Choose the patient: the one that is wanted, or whom most resources name."""
    urls = urls_of_patients(items)
    named = Counter(named_patient(item.resource, urls) or "" for item in items)
    there = {patient_key(item) for item in items if item.resource["resourceType"] == "Patient"}
    candidates = there or set(named)
    if wanted is not None:
        if wanted not in there | set(named):
            msg = "nobody in this Bundle has the id of the patient that was asked for"
            raise BadRequest(msg)
        return wanted
    candidates.discard("")
    return max(sorted(candidates), key=lambda key: named[key], default="")
