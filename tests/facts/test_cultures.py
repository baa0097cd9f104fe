"""Cultures: an organism, no growth, or neither; and where the specimen is from (codes.md 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import Culture
from tests.facts.records import chart, concept, observation


def culture(*resources: Any) -> Culture:
    """Read the one culture."""
    (only,) = chart(*resources).cultures
    return only


@pytest.mark.parametrize(
    ("value", "grown", "shown"),
    [
        ({"valueString": "Staphylococcus aureus"}, True, "Staphylococcus aureus"),
        ({"valueString": "No growth after 5 days"}, False, "No growth after 5 days"),
        ({"valueString": "pending"}, None, "pending"),
        (
            {"valueCodeableConcept": {"text": "Raoultella planticola"}},
            True,
            "Raoultella planticola",
        ),
        ({"valueCodeableConcept": {"text": "Not detected"}}, False, "Not detected"),
        ({"valueCodeableConcept": {"text": "See note"}}, None, "See note"),
        ({"valueCodeableConcept": {"text": "R"}}, None, "R"),
        ({}, None, ""),
    ],
)
def test_a_culture_says_what_grew(value: dict[str, Any], grown: object, shown: str) -> None:
    """A coded organism need not be one that we know."""
    found = culture(observation("600-7", **value))
    assert (found.grown, found.shown, found.site, found.final) == (grown, shown, "blood", True)


def test_the_organism_may_stand_in_members_or_components() -> None:
    """MIMIC and others chain it by hasMember (real-data.md 4)."""
    links = [{"reference": f"Observation/{name}"} for name in ("m1", "m2", "gone")]
    organism = observation({"text": "organism"}, "m1", valueString="Escherichia coli")
    other = observation({"text": "organism"}, "m2", valueString="no growth anaerobic")
    found = culture(observation("600-7", hasMember=links), organism, other)
    assert (found.grown, found.shown) == (True, "Escherichia coli")
    parts = [{"code": {"text": "bottle 1"}, "valueString": "No growth"}]
    assert culture(observation("600-7", component=parts)).grown is False


def test_a_contaminant_is_one_wherever_it_says_so() -> None:
    """In the value, in a note, or in the interpretation."""
    grown: dict[str, Any] = {"valueString": "Coagulase-negative staphylococci"}
    assert culture(
        observation("600-7", **grown, note=[{"text": "probable contaminant"}])
    ).contaminant
    assert culture(
        observation("600-7", **grown, interpretation=[{"text": "Contaminated"}])
    ).contaminant
    assert not culture(observation("600-7", **grown)).contaminant


@pytest.mark.parametrize(
    ("code", "specimen", "site"),
    [
        ("11475-1", {"type": {"text": "Venous blood"}}, "blood"),
        (
            "11475-1",
            {"type": {"text": "Tissue"}, "collection": {"bodySite": {"text": "disc"}}},
            "spine",
        ),
        ("11475-1", {"type": {"text": "Urine"}}, ""),
        ("17934-1", {"type": {"text": "Blood"}}, "blood"),
        ("17934-1", {"type": {"text": "vertebral bone"}}, ""),
    ],
)
def test_some_codes_need_a_specimen(code: str, specimen: dict[str, Any], site: str) -> None:
    """A urine culture under a general code is no blood culture."""
    held: dict[str, Any] = {"specimen": {"reference": "#s"}, "contained": [{"id": "s", **specimen}]}
    assert culture(observation(code, valueString="E. coli", **held)).site == site


def test_the_display_of_a_specimen_that_cannot_be_read_counts() -> None:
    """Often the reference leads nowhere."""
    held: dict[str, Any] = {"specimen": {"reference": "Specimen/x", "display": "Blood"}}
    assert culture(observation("17934-1", valueString="E. coli", **held)).site == "blood"
    assert culture(observation("17934-1", valueString="E. coli")).site == ""


def test_a_culture_known_by_name_alone_proves_nothing() -> None:
    """It raises a question; it neither fires nor takes a growth back."""
    named = {"text": "Blood culture"}
    assert culture(observation(named, valueString="E. coli")).grown is None
    negative = culture(observation(named, valueString="No growth"))
    assert (negative.grown, negative.final) == (False, False)


@pytest.mark.parametrize(
    ("status", "conclusion", "grown", "final"),
    [
        ("final", "Growth of Staphylococcus aureus in 2 of 2 bottles", True, True),
        ("preliminary", "No growth to date", False, False),
        ("final", "See note", None, True),
    ],
)
def test_a_report_may_tell_it_in_its_conclusion_only(
    status: str, conclusion: str, grown: object, final: bool
) -> None:
    """No Observation at all is common."""
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": status,
        "code": concept("600-7"),
        "conclusion": conclusion,
    }
    found = culture(report)
    assert (found.grown, found.final, found.reference) == (grown, final, "DiagnosticReport/r")


def test_a_report_named_a_blood_culture_proves_nothing() -> None:
    """As with observations, a name alone raises a question."""
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "Blood culture"},
    }
    assert culture(report | {"conclusion": "E. coli"}).grown is None
    assert chart(report | {"conclusion": " "}).cultures == ()
    assert chart(report | {"code": {"text": "INR"}, "conclusion": "high"}).cultures == ()
    assert chart(report | {"status": "cancelled", "conclusion": "E. coli"}).cultures == ()
