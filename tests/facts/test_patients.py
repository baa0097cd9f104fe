"""The patient: the ages that a birth date leaves open, and the sex at birth."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import chart

BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"


def patient(**more: Any) -> dict[str, Any]:
    """Write a patient."""
    return {"resourceType": "Patient", "id": "p", "gender": "female", **more}


@pytest.mark.parametrize(
    ("born", "ages"),
    [
        ("1969-05-20", (56, 56)),
        ("1969-05-21", (55, 55)),
        ("1969-05", (56, 55)),
        ("1969", (56, 55)),
        ("2030-01-01", (None, None)),
        ("long ago", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_birth_date_leaves_two_ages_open(born: str | None, ages: tuple[int | None, ...]) -> None:
    found = chart(patient(birthDate=born)).patient
    assert (found.age, found.youngest) == ages


@pytest.mark.parametrize(
    ("code", "expected"),
    [("F", "female"), ("M", "male"), ("UNK", "unknown"), ("OTH", "unknown"), (None, "unknown")],
)
def test_the_sex_at_birth(code: str | None, expected: str) -> None:
    extension = {"url": BIRTH_SEX} | ({"valueCode": code} if code else {})
    assert chart(patient(extension=[extension])).patient.birth_sex == expected


def test_no_statement_of_the_sex_at_birth() -> None:
    assert chart(patient()).patient.birth_sex == ""
    other = {"url": "https://hospital.example.org/other", "valueCode": "F"}
    assert chart(patient(extension=[other])).patient.birth_sex == ""
