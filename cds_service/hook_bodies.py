"""Complete hook requests made of saved patients, as a client with our prefetch would send them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from cds_service.stories import Story


def hook_body(
    story: Story, templates: Mapping[str, str], hook: str = "order-select"
) -> dict[str, Any]:
    """Write the request: context, and a prefetch filled from the Bundle by each template.

    A query that the story calls unanswered comes as an OperationOutcome, as a client reports a
    search that failed.
    """
    prefetch = {name: filled(story, name, template) for name, template in templates.items()}
    body = request_body(story.patient, story.drafts, story.selections or (), prefetch)
    body["hook"] = hook
    if hook != "order-select":
        del body["context"]["selections"]
    return body


def request_body(
    patient: str,
    drafts: Iterable[Mapping[str, Any]],
    selections: Iterable[str],
    prefetch: Mapping[str, Any],
) -> dict[str, Any]:
    """Write an order-select request."""
    entries = [{"resource": draft} for draft in drafts]
    return {
        "hook": "order-select",
        "hookInstance": "6d0b9b3c-54a5-4d5b-9f0e-2f8c1c7b7a55",
        "context": {
            "userId": "Practitioner/example",
            "patientId": patient,
            "draftOrders": {"resourceType": "Bundle", "type": "collection", "entry": entries},
            "selections": list(selections),
        },
        "prefetch": dict(prefetch),
    }


FAILED = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "exception"}],
}
"""What a client sends in the place of an answer when a search failed (CDS Hooks 2.0.1)."""


def filled(story: Story, name: str, template: str) -> Any:
    """Answer one template from the Bundle, as a FHIR server that ignores codes would."""
    if name in story.unanswered:
        return FAILED
    kind = urlsplit(template).path.partition("/")[0]
    entries = [e for e in stored_entries(story.bundle) if e["resource"].get("resourceType") == kind]
    if "?" not in template:
        return _named(entries, story.patient)
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [*entries, *_remarks(story.bundle), *_referred(story.bundle, kind)],
        **_links(story.bundle),
    }


def stored_entries(bundle: Any) -> list[dict[str, Any]]:
    """List the entries of a Bundle that hold a resource, referring to each other as on a server.

    A server that stores a Bundle turns the `urn:uuid` of each entry into a reference of its own.
    """
    entries = [one for one in bundle.get("entry", []) if isinstance(one, dict)]
    entries = [entry for entry in entries if entry.get("resource")]
    names = {
        entry["fullUrl"]: f"{entry['resource'].get('resourceType')}/{entry['resource']['id']}"
        for entry in entries
        if str(entry.get("fullUrl", "")).startswith("urn:") and entry["resource"].get("id")
    }
    stored: list[dict[str, Any]] = _renamed(entries, names)
    return stored


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Put the names of a server in the place of those of a Bundle, wherever they stand."""
    if isinstance(value, dict):
        return {key: _renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def _named(entries: list[dict[str, Any]], patient: str) -> Any:
    """Take the one resource that a read names."""
    ids = {entry["resource"].get("id"): entry["resource"] for entry in entries}
    return ids.get(patient)


def _remarks(bundle: Any) -> list[dict[str, Any]]:
    """Keep what a server remarks on its answer, in each of them."""
    return [
        {"resource": entry["resource"], "search": {"mode": "outcome"}}
        for entry in stored_entries(bundle)
        if entry["resource"].get("resourceType") == "OperationOutcome"
    ]


def _links(bundle: Any) -> dict[str, Any]:
    """Keep the link to a next page, which says that the answer is not complete."""
    return {"link": bundle["link"]} if bundle.get("link") else {}


def _referred(bundle: Any, kind: str) -> list[dict[str, Any]]:
    """Add what requests and results refer to, as `_include` would."""
    wanted = {"MedicationRequest": "Medication", "Observation": "Specimen"}
    include = "Medication" if kind.startswith("Medication") else wanted.get(kind, "")
    return [
        entry
        for entry in stored_entries(bundle)
        if entry["resource"].get("resourceType") == include
    ]
