"""Heparin in a line: decided by dose, volume and route, never by the ingredient (codes.md 6.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import chart

FLUSH_100 = "heparin lock flush 100 units/mL"
SOLUTION_100 = "heparin sodium, porcine 100 UNT/ML Injectable Solution"


def dose(value: Any, unit: str) -> dict[str, Any]:
    """Write a dose."""
    return {"doseAndRate": [{"doseQuantity": {"value": value, "unit": unit}}]}


@pytest.mark.parametrize(
    ("product", "dosage", "expected"),
    [
        (FLUSH_100, {}, True),
        (FLUSH_100, dose(5, "mL"), True),
        (FLUSH_100, dose(500, "units"), True),
        (FLUSH_100, dose(501, "units"), False),
        (FLUSH_100, dose(6, "mL"), False),
        (FLUSH_100, {"route": {"text": "Subcutaneous"}}, False),
        (FLUSH_100, {"text": "continuous infusion"}, False),
        (FLUSH_100, {"doseAndRate": [{"rateQuantity": {"value": 500, "unit": "units/h"}}]}, False),
        ("heparin lock flush 100 units/mL, 5 mL syringe", {}, True),
        ("heparin 10 units/mL", {"text": "3 mL to keep patency of the line"}, True),
        ("heparin", {"text": "flush port with 5 mL (100 units/mL)"}, True),
        ("heparin", {"text": "flush the line"}, True),
        ("heparin", {"text": "flush with 5,000 units"}, False),
        ("heparin", {"text": "flush with 5.000 IE"}, False),
        ("heparin", {"text": "1000 units/h, flush the line first"}, False),
        ("heparin", {"text": "18 units/kg/h, flush the line first"}, False),
        ("heparin", {}, False),
        ("heparin", {"text": "5000 units subcutaneously every 8 hours"}, False),
        (SOLUTION_100, {}, True),
        (SOLUTION_100, dose(5, "mL"), True),
        (SOLUTION_100, dose(11, "mL"), False),
        (SOLUTION_100, {"route": {"text": "sc"}}, False),
        (SOLUTION_100, {"text": "titrate to aPTT"}, False),
        ("250 ML heparin sodium, porcine 100 UNT/ML Injection", {}, False),
        ("heparin 25,000 units in 250 mL", {}, False),
        ("heparin 25,000 units/250 mL", {}, False),
        ("heparin 1000 units/mL", {}, False),
        ("heparin 0 units/mL", {}, False),
        ("heparin 1000 units/mL", dose(5, "mL"), False),
        ("heparin 1000 units/mL lock for dialysis catheter", {}, False),
        ("heparin 1000 units/mL lock for dialysis catheter", dose(0.4, "mL"), True),
        ("heparin 1000 units/mL lock for dialysis catheter", dose(1.6, "mL"), False),
        ("heparin 5000 units/mL Luer-Lock syringe", {}, False),
        ("heparin Luer Lock syringe", {}, False),
    ],
)
def test_a_flush_is_small_in_dose_and_volume(
    product: str, dosage: dict[str, Any], *, expected: bool
) -> None:
    """Whatever runs, goes under the skin or exceeds a flush is anticoagulation."""
    resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": {"text": product},
        "dosageInstruction": [dosage],
    }
    assert [(use.agents, use.flush) for use in chart(resource).drugs] == [(("heparin",), expected)]


def test_an_administration_of_a_flush_is_one() -> None:
    """Its dosage is a single object with a dose of its own."""
    resource = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "effectiveDateTime": "2025-05-20T08:00:00Z",
        "medicationCodeableConcept": {"text": SOLUTION_100},
        "dosage": {"dose": {"value": 5, "unit": "mL"}},
    }
    assert [use.flush for use in chart(resource).drugs] == [True]


@pytest.mark.parametrize("product", ["enoxaparin flush 40 mg", "warfarin lock"])
def test_no_other_anticoagulant_is_a_flush(product: str) -> None:
    """Only unfractionated heparin is used for it."""
    resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": {"text": product},
    }
    assert [use.flush for use in chart(resource).drugs] == [False]
