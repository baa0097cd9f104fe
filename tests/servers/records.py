"""Saved patients as records of a FHIR server: ids that nobody else has, one transaction each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from cds_service.clinical.procedure import Procedure
from cds_service.hook_bodies import stored_entries
from cds_service.stories import Story, draft_orders, read_json, story_of_folder
from tests.conftest import PATIENTS, PROJECT

OUTSIDE: Final = sorted((PROJECT.parent / "shared" / "data" / "synthea").glob("*.json"))
"""Patients that nobody here wrote; the folder is not part of the project."""

DAY: Final = date(2026, 11, 21)
"""When their orders are selected: after all that their charts hold."""

FOLDERS: Final = sorted(path for path in PATIENTS.iterdir() if path.is_dir())

_ABSOLUTE: Final = re.compile(r"^https?://.+/([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})$")
"""A full URL of an entry: what comes after the base of its server is its name here."""

_REMARKS: Final = frozenset({"OperationOutcome"})
"""Remarks of a server on its answer, which no server stores."""


def fixtures(procedure: Procedure) -> dict[str, Story]:
    """Read every fixture patient, all queries answered, with ids of its own."""
    return {
        folder.name: owned(story_of_folder(folder, procedure), f"p{number}-")
        for number, folder in enumerate(FOLDERS)
    }


def outside(procedure: Procedure) -> dict[str, Story]:
    """Read the patients of Synthea, each with an order for the kyphoplasty of L1."""
    return {path.stem: _synthetic(path, procedure) for path in OUTSIDE}


def _synthetic(path: Path, procedure: Procedure) -> Story:
    """Make a story of a Bundle, under the ids that it has: nobody else has them."""
    bundle = read_json(path)
    patient = next(one["id"] for one in _resources(bundle) if one["resourceType"] == "Patient")
    drafts = draft_orders(["22514"], ["L1"], patient, procedure)
    selections = tuple(f"ServiceRequest/{one['id']}" for one in drafts)
    return owned(Story(path.stem, bundle, DAY, drafts, selections, patient), "")


def owned(story: Story, prefix: str) -> Story:
    """Give the story ids that start with a prefix, wherever they stand.

    Searches that the story calls unanswered are answered here: the server is well.
    """
    names = dict(_names(story.bundle, prefix))
    bundle = {**story.bundle, "entry": [_entry(e, prefix, names) for e in story.bundle["entry"]]}
    return replace(
        story,
        bundle=bundle,
        drafts=tuple(_named(draft, names) for draft in story.drafts),
        patient=f"{prefix}{story.patient}",
        unanswered=frozenset(),
    )


def transaction(story: Story) -> dict[str, Any]:
    """Write the Bundle that stores a story under its own ids.

    References are those of a server's own, as after any migration: relative.
    """
    entries = stored_entries(story.bundle)
    names = {}
    for entry in entries:
        found = _ABSOLUTE.match(str(entry.get("fullUrl", "")))
        if found:
            names[entry["fullUrl"]] = found[1]
    stored = [_named(entry["resource"], names) for entry in entries]
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "resource": one,
                "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
            }
            for one in stored
            if one["resourceType"] not in _REMARKS
        ],
    }


def _resources(bundle: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Go through the resources of a Bundle."""
    for entry in bundle["entry"]:
        yield entry["resource"]


def _names(bundle: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Lead from each name of a resource to its new one: relative, and its full URL."""
    for entry in bundle["entry"]:
        kind, own = entry["resource"]["resourceType"], entry["resource"]["id"]
        yield f"{kind}/{own}", f"{kind}/{prefix}{own}"
        full = entry.get("fullUrl", "")
        if full.endswith(f"/{kind}/{own}"):
            yield full, f"{full.removesuffix(own)}{prefix}{own}"


def _entry(entry: dict[str, Any], prefix: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Write an entry under its new name; a `urn:uuid` stays, and what is contained."""
    renamed: dict[str, Any] = _named(entry, names)
    renamed["resource"]["id"] = f"{prefix}{entry['resource']['id']}"
    return renamed


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """Put new names in the place of old ones, wherever they stand."""
    if isinstance(value, dict):
        return {key: _named(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def written_by_javascript(value: Any) -> Any:
    """Write numbers as JavaScript does, which knows no difference between 1.0 and 1."""
    if isinstance(value, dict):
        return {key: written_by_javascript(one) for key, one in value.items()}
    if isinstance(value, list):
        return [written_by_javascript(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
