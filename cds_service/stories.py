"""Saved patients: a fixture folder or any FHIR Bundle, made into a request and its evidence."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cds_service.clinical.evidence import Evidence, Sought, Source
from cds_service.clinical.levels import LEVELS
from cds_service.clinical.order import HookRequest
from cds_service.clinical.procedure import Procedure
from cds_service.errors import BadRequest
from cds_service.evidence.bundle import evidence_of_bundle
from cds_service.facts.codes import Codes
from cds_service.facts.systems import Systems

MOST_LEVELS = len(LEVELS)

_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})(T.*)?$")


@dataclass(frozen=True, slots=True)
class Story:
    """One saved patient with the order to be judged, on one day.

    `expects` is what a fixture says must come of it; empty for a plain Bundle.
    """

    name: str
    bundle: Any
    today: date
    drafts: tuple[Mapping[str, Any], ...]
    selections: tuple[str, ...] | None
    patient: str
    unanswered: frozenset[str] = frozenset()
    expects: Mapping[str, Any] = field(default_factory=dict)

    def now(self, zone: ZoneInfo) -> datetime:
        """Give the moment of the order: noon of the day (rules.md 9.1)."""
        return datetime.combine(self.today, time(12), zone)

    def request(self, prefetch: Mapping[str, Any] | None = None) -> HookRequest:
        """Make the hook request of this story."""
        return HookRequest(
            hook="order-select",
            hook_instance="00000000-0000-4000-8000-000000000000",
            patient_id=self.patient,
            user_id="Practitioner/example",
            drafts=self.drafts,
            selections=self.selections,
            prefetch=prefetch,
        )

    def evidence(self) -> Evidence:
        """Take the Bundle for a record in which every query was answered (rules.md 9.20)."""
        evidence, _ = evidence_of_bundle(self.bundle, self.patient)
        failed = {
            name: Source(name, Sought.FAILED, "the search failed", "bundle")
            for name in self.unanswered
        }
        return replace(evidence, sources={**evidence.sources, **failed})


def story_of_folder(folder: Path, procedure: Procedure) -> Story:
    """Read a fixture folder: `chart.json`, `expects.toml` and perhaps `draft.json`."""
    bundle = read_json(folder / "chart.json")
    expects = tomllib.loads((folder / "expects.toml").read_text(encoding="utf-8"))
    _, patient = evidence_of_bundle(bundle)
    draft = folder / "draft.json"
    if draft.is_file():
        drafts = _resources(read_json(draft))
        selections = tuple(expects["selections"])
    else:
        drafts = draft_orders(
            expects["codes"], expects["levels"], patient, procedure, expects.get("planned")
        )
        selections = tuple(f"ServiceRequest/{one['id']}" for one in drafts)
    return Story(
        folder.name,
        bundle,
        expects["today"],
        drafts,
        selections,
        patient,
        frozenset(expects.get("unanswered", ())),
        expects,
    )


def read_json(path: Path) -> Any:
    """Read a JSON file; BadRequest says what is wrong with it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        msg = f"{path.name}: cannot be read as JSON: {type(error).__name__}"
        raise BadRequest(msg) from error


def _resources(bundle: Any) -> tuple[Mapping[str, Any], ...]:
    """List the resources of a Bundle of draft orders."""
    entries = bundle.get("entry", []) if isinstance(bundle, dict) else []
    resources = (entry.get("resource") for entry in entries if isinstance(entry, dict))
    return tuple(resource for resource in resources if isinstance(resource, dict))


def draft_orders(
    wanted: Iterable[str],
    levels: Iterable[str],
    patient: str,
    procedure: Procedure,
    planned: date | None = None,
) -> tuple[Mapping[str, Any], ...]:
    """Write draft ServiceRequests for codes such as "22514" or "22515*2" (with a quantity).

    The first order names all levels. BadRequest for a level that is none.
    """
    drafts = []
    for index, text in enumerate(wanted):
        code, _, quantity = text.partition("*")
        draft: dict[str, Any] = {
            "resourceType": "ServiceRequest",
            "id": f"draft-{index + 1}",
            "status": "draft",
            "intent": "order",
            "code": {"coding": [{"system": _system(code, procedure), "code": code}]},
            "subject": {"reference": f"Patient/{patient}"},
        }
        if quantity:
            draft["quantityQuantity"] = {"value": _quantity(text, quantity)}
        if planned:
            draft["occurrenceDateTime"] = planned.isoformat()
        if index == 0 and (sites := [_site(level, procedure.codes) for level in levels]):
            draft["bodySite"] = sites
        drafts.append(draft)
    return tuple(drafts)


def _quantity(text: str, quantity: str) -> int:
    """Read how often an add-on is ordered."""
    if not quantity.isdecimal() or not 0 < int(quantity) < MOST_LEVELS:
        msg = f"{text!r}: write a code and how often, as in 22515*2"
        raise BadRequest(msg)
    return int(quantity)


def _site(level: str, codes: Codes) -> dict[str, Any]:
    """Write a vertebra as a body site."""
    name = level.strip().upper()
    if name not in LEVELS:
        msg = f"{level!r} is no vertebral level; use C1 to C7, T1 to T12 or L1 to L5"
        raise BadRequest(msg)
    code = next(code for code, level in codes.vertebrae.levels.items() if level == name)
    system = codes.systems.uris("snomed")[0]
    return {"coding": [{"system": system, "code": code, "display": name}]}


def _system(code: str, procedure: Procedure) -> str:
    """Find the code system of an order code; a code that is not ours is taken for CPT."""
    systems: Systems = procedure.codes.systems
    keys = [system for system, known in procedure.orders.codes if known == code]
    return systems.uris(keys[0] if keys else "cpt")[0]


def moved(value: Any, days: timedelta) -> Any:
    """Move every whole date in a JSON value by some days, so that a saved patient stays fresh."""
    if isinstance(value, dict):
        return {key: moved(one, days) for key, one in value.items()}
    if isinstance(value, list):
        return [moved(one, days) for one in value]
    match = _DAY.match(value) if isinstance(value, str) else None
    if match is None:
        return value
    return (date.fromisoformat(match[1]) + days).isoformat() + (match[2] or "")


def json_default(value: object) -> object:
    """Write the few things in a trace that JSON does not know."""
    return float(value) if isinstance(value, Decimal) else str(value)
