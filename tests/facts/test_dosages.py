"""Dosages: how often, how much, which way and what for; unknown rather than guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.fact import DrugUse
from tests.facts.records import chart

SYRINGE = "0.4 ML Enoxaparin sodium 100 MG/ML Prefilled Syringe"


def use_of(*dosages: Any, product: str = "enoxaparin", **more: Any) -> DrugUse:
    """Read one order for an antithrombotic."""
    resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": {"text": product},
        "dosageInstruction": list(dosages),
        **more,
    }
    (use,) = chart(resource).drugs
    return use


def repeat(**more: Any) -> dict[str, Any]:
    """Write a structured timing."""
    return {"timing": {"repeat": more}}


def number(text: str) -> Decimal | None:
    """Write an expected number; empty for unknown."""
    return Decimal(text) if text else None


@pytest.mark.parametrize(
    ("dosage", "hours"),
    [
        (repeat(frequency=2, period=1, periodUnit="d"), "12"),
        (repeat(frequency=1, period=1, periodUnit="d"), "24"),
        (repeat(period=12, periodUnit="h"), "12"),
        (repeat(frequency=1, period=1, periodUnit="wk"), "168"),
        (repeat(frequency=3, period=1, periodUnit="d"), "8"),
        (repeat(frequency=1, frequencyMax=2, period=1, periodUnit="d"), "24"),
        (repeat(frequency=1, period=12, periodMax=24, periodUnit="h"), "24"),
        (repeat(frequency="2", period="1", periodUnit="d"), "12"),
        (repeat(frequency=1, period=1, periodUnit="mo"), ""),
        (repeat(frequency=0, period=1, periodUnit="d"), ""),
        (repeat(frequency=1, period=-1, periodUnit="d"), ""),
        (repeat(frequency=1, period=1, periodUnit="d", dayOfWeek=["mon", "wed"]), ""),
        (repeat(frequency=1, period=1, periodUnit=None), ""),
        (repeat(frequency=1, period=1e9, periodUnit="d"), ""),
        (repeat(frequency=10**6, period=1, periodUnit="d"), ""),
        ({"timing": {"code": {"coding": [{"code": "BID"}]}}}, "12"),
        ({"timing": {"code": {"coding": [{"code": "tid"}]}}}, "8"),
        ({"timing": {"code": {"coding": [{"code": "Q12H"}]}}}, "12"),
        ({"timing": {"code": {"text": "once daily"}}}, "24"),
        ({"timing": {"code": {"text": "when needed"}}, "text": "twice daily"}, "12"),
        ({"timing": {"code": {"coding": [{"code": "X"}, {"code": "QD"}]}}}, "24"),
        ({"timing": "BID"}, ""),
        ({}, ""),
    ],
)
def test_an_interval_from_the_timing(dosage: dict[str, Any], hours: str) -> None:
    """Of a range the longer interval counts, since holds in doses grow with it."""
    assert use_of(dosage).interval_hours == number(hours)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("5 mg twice daily", "12"),
        ("5 mg Twice  Daily", "12"),
        ("1 tablet once daily", "24"),
        ("1 tablet daily", "24"),
        ("5 mg po bid", "12"),
        ("1 tab b.i.d.", "12"),
        ("40 mg q12h", "12"),
        ("40 mg q 24 hrs", "24"),
        ("every 12 hours", "12"),
        ("every 12-24 hours", "24"),
        ("every 8 to 12 hours", "12"),
        ("1 capsule every 6 hours as needed for headache", "6"),
        ("3 times a day", "8"),
        ("every other day", "48"),
        ("10 mg twice daily for 7 days, then 5 mg once daily", "24"),
        ("in the morning and in the evening", "12"),
        ("5 mg daily, 2.5 mg on Mondays", ""),
        ("1 tablet three times weekly", ""),
        ("1 tablet with supper", ""),
        ("according to the INR calendar", ""),
        ("every 0 hours", ""),
        ("bidet", ""),
    ],
)
def test_an_interval_from_words(text: str, hours: str) -> None:
    """Only what stands in the table of words is read; days without a dose leave it open."""
    assert use_of({"text": text}).interval_hours == number(hours)


def test_the_timing_counts_before_the_words() -> None:
    """Words are only read where the structured timing says nothing."""
    dosage = {"text": "once daily", **repeat(frequency=2, period=1, periodUnit="d")}
    assert use_of(dosage).interval_hours == Decimal(12)


def test_of_several_dosages_the_longest_interval_counts() -> None:
    """One that cannot be read leaves all open."""
    morning, other = {"text": "once daily"}, {"text": "twice daily"}
    assert use_of(morning, other).interval_hours == Decimal(24)
    assert use_of(morning, {"text": "at will"}).interval_hours is None


def dose(value: Any, unit: str = "", **more: Any) -> dict[str, Any]:
    """Write a dose twice a day."""
    amount = {"value": value, **({"unit": unit} if unit else {}), **more}
    return {"text": "twice daily", "doseAndRate": [{"doseQuantity": amount}]}


@pytest.mark.parametrize(
    ("dosage", "product", "daily"),
    [
        (dose(40, "mg"), "enoxaparin", "80"),
        (dose(40, "MG"), "enoxaparin", "80"),
        (dose(0.04, "x", code="g"), "enoxaparin", "80"),
        (dose("40", "mg"), "enoxaparin", "80"),
        (dose(1, "mg/kg"), "enoxaparin", ""),
        (dose(-40, "mg"), "enoxaparin", ""),
        (dose(1e40, "mg"), "enoxaparin", ""),
        (dose(1e25, "mg"), "enoxaparin", ""),
        (dose(0.4, "mL"), "enoxaparin", ""),
        (dose(0.4, "mL"), SYRINGE, "80"),
        (dose(1, "syringe"), SYRINGE, "80"),
        (dose(1), "enoxaparin 40 mg/0.4 mL syringe", "80"),
        (dose(0.4, "mL"), "enoxaparin 40 mg/0.4 mL syringe", "80"),
        (dose(2, "tablet"), "apixaban 2.5 mg tablet", "10"),
        (dose(2, "{tbl}"), "apixaban 2,5 mg", "10"),
        (dose(1, "tablet"), "Aspirin 25 MG / Dipyridamole 200 MG", ""),
        (dose(1, "tablet"), "apixaban", ""),
        (dose(1, "puff"), "apixaban 5 mg", ""),
        ({"text": "40 mg twice daily"}, "enoxaparin", "80"),
        ({"text": "1 mg/kg twice daily"}, "enoxaparin 80 mg", ""),
        ({"text": "40 mg or 60 mg twice daily"}, "enoxaparin", ""),
        ({"text": "1,000 mg twice daily"}, "aspirin", "2000"),
        ({"text": "twice daily"}, "enoxaparin 40 mg", ""),
        ({"text": "60 mg every morning, 60 mg every evening"}, "enoxaparin", "120"),
        ({"text": "40 mg"}, "enoxaparin", ""),
        ({"text": "twice daily", "doseQuantity": {"value": 40, "unit": "mg"}}, "enoxaparin", "80"),
        (
            {"text": "twice daily", "doseAndRate": {"doseQuantity": {"value": 40, "unit": "mg"}}},
            "enoxaparin",
            "80",
        ),
        (
            {
                "text": "twice daily",
                "doseAndRate": [
                    {
                        "doseRange": {
                            "low": {"value": 40, "unit": "mg"},
                            "high": {"value": 60, "unit": "mg"},
                        }
                    }
                ],
            },
            "enoxaparin",
            "120",
        ),
        (
            {
                "text": "twice daily",
                "doseAndRate": [
                    {"doseQuantity": {"value": 40, "unit": "mg"}},
                    {"doseQuantity": {"value": 1, "unit": "mg/kg"}},
                ],
            },
            "enoxaparin",
            "",
        ),
    ],
)
def test_the_dose_of_a_day(dosage: dict[str, Any], product: str, daily: str) -> None:
    """Dose by doses a day; tablets and syringes only by an unambiguous strength."""
    assert use_of(dosage, product=product).daily_mg == number(daily)


def test_doses_of_several_dosages_add_up() -> None:
    """A small dose in the morning and a large one in the evening are both taken."""
    small, large = {"text": "20 mg once daily"}, {"text": "60 mg once daily"}
    assert use_of(small, large).daily_mg == Decimal(80)
    assert use_of(small, {"text": "60 mg"}).daily_mg is None


def test_numbers_are_written_plainly() -> None:
    """A card that shows them shows no power of ten."""
    use = use_of({"text": "20 mg every 10 hours"})
    assert (str(use.interval_hours), str(use.daily_mg)) == ("10", "48")


@pytest.mark.parametrize(
    ("dosage", "route"),
    [
        ({"route": {"text": "subcutaneous"}}, "sc"),
        ({"route": {"coding": [{"code": "47625008", "display": "Intravenous route"}]}}, "iv"),
        ({"route": {"text": "Oral"}, "text": "not intravenous"}, "po"),
        ({"text": "40 mg subcut daily"}, "sc"),
        ({"text": "5000 units IV or SC"}, ""),
        ({"text": "5 mg daily"}, ""),
        ({"route": "oral"}, ""),
    ],
)
def test_the_route_from_codes_or_words(dosage: dict[str, Any], route: str) -> None:
    """Two routes leave it open, so that the longest hold counts."""
    assert use_of(dosage).route == route


@pytest.mark.parametrize(
    ("more", "intent"),
    [
        ({"reasonCode": [{"text": "DVT prophylaxis"}]}, "prophylactic"),
        ({"reasonCode": {"text": "Treatment of pulmonary embolism"}}, "therapeutic"),
        ({"note": [{"text": "thromboprophylaxis after surgery"}]}, "prophylactic"),
        ({"reasonReference": [{"display": "DVT prophylaxis"}]}, "prophylactic"),
        ({"dosageInstruction": [{"text": "40 mg daily for VTE prophylaxis"}]}, "prophylactic"),
        ({"reasonCode": [{"text": "stroke prophylaxis in atrial fibrillation"}]}, "therapeutic"),
        ({"reasonCode": [{"text": "deep vein thrombosis"}]}, ""),
        ({"note": "prophylaxis"}, ""),
        ({}, ""),
    ],
)
def test_what_it_is_given_for(more: dict[str, Any], intent: str) -> None:
    """A full dose wins where both are named: its hold is longer."""
    assert use_of(**more).intent == intent
