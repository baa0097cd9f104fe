"""Small records for tests of readers, and the chart that comes of them."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import QUERIES, Evidence, Item, Sought, Source, Unreadable
from cds_service.facts.codes import Codes, load_codes
from cds_service.facts.order_codes import OrderTable, load_orders
from cds_service.facts.read import read_chart

NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
BASE = "https://example.org/vertebral-augmentation-cds"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CPT = "http://www.ama-assn.org/go/cpt"
FINDING = f"{BASE}/CodeSystem/finding"
VALUE = f"{BASE}/CodeSystem/finding-value"
L1, L2, T12 = "66794005", "14293000", "23215003"
PROCEDURE = Path(__file__).parents[2] / "cards" / "vertebral_augmentation" / "procedure.toml"
ANSWERED = {name: Source(name, Sought.ANSWERED) for name in QUERIES}


@cache
def codes() -> Codes:
    """Load the code tables once."""
    return load_codes(BASE)


@cache
def trigger_table() -> OrderTable:
    """Load the orders of the project's own procedure once."""
    raw = tomllib.loads(PROCEDURE.read_text(encoding="utf-8"))
    return load_orders(raw["orders"])


def evidence(*resources: Any) -> Evidence:
    """Gather resources as if every query had been answered."""
    return Evidence(tuple(Item(resource) for resource in resources), ANSWERED)


def read(*resources: Any, **more: Any) -> tuple[Chart, tuple[Unreadable, ...]]:
    """Read resources into a chart of 2025-05-20, with what could not be read."""
    planned = NOW + timedelta(days=7)
    return read_chart(evidence(*resources), (), NOW, planned, codes(), **more)


def chart(*resources: Any, **more: Any) -> Chart:
    """Read resources into a chart of 2025-05-20."""
    return read(*resources, **more)[0]


def concept(code: str, system: str = LOINC, **more: Any) -> dict[str, Any]:
    """Code something."""
    return {"coding": [{"system": system, "code": code}], **more}


def observation(code: Any, name: str = "o1", **more: Any) -> dict[str, Any]:
    """Write a final observation of 2025-05-18."""
    coded = concept(code) if isinstance(code, str) else code
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": coded,
        "effectiveDateTime": "2025-05-18",
        **more,
    }


def quantity(value: Any, unit: str = "", **more: Any) -> dict[str, Any]:
    """Write a value with its unit."""
    return {"value": value, **({"unit": unit} if unit else {}), **more}


def finding(code: str, name: str = "f1", level: str = L1, **more: Any) -> dict[str, Any]:
    """Write a finding of our own code system, at a level where one is given."""
    site = {"bodySite": concept(level, SNOMED)} if level else {}
    return observation(concept(code, FINDING), name, **site, **more)


def condition(code: Any, name: str = "c1", **more: Any) -> dict[str, Any]:
    """Write a condition without status, recorded in 2025."""
    coded = concept(code, ICD) if isinstance(code, str) else code
    return {
        "resourceType": "Condition",
        "id": name,
        "code": coded,
        "recordedDate": "2025-05-01",
        **more,
    }


def status(code: str) -> dict[str, Any]:
    """Write a status as a concept."""
    return concept(code, "http://terminology.hl7.org/CodeSystem/condition-clinical")
