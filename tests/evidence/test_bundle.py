"""A whole record as one Bundle, for `explain` (rules.md 9.20)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.evidence import QUERIES, Sought
from cds_service.errors import BadRequest
from cds_service.evidence.bundle import evidence_of_bundle

SYNTHEA = Path(__file__).parents[3] / "shared" / "data" / "synthea"


def record(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Collect resources, each with a full URL by its id."""
    entries = [{"fullUrl": f"urn:uuid:{r.get('id')}", "resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}


def person(name: str) -> dict[str, Any]:
    """Make a Patient."""
    return {"resourceType": "Patient", "id": name}


def problem(name: str, whose: str) -> dict[str, Any]:
    """Make a Condition of somebody."""
    return {"resourceType": "Condition", "id": name, "subject": {"reference": whose}}


TWO = [person("a"), person("b"), problem("1", "urn:uuid:b"), problem("2", "Patient/b"),
       problem("3", "Patient/a")]  # fmt: skip


def test_every_query_was_answered() -> None:
    """What is not in the Bundle was sought and not found."""
    evidence, patient = evidence_of_bundle(record(person("a"), problem("1", "Patient/a")))
    assert patient == "a"
    assert tuple(evidence.sources) == QUERIES
    assert {(s.state, s.origin) for s in evidence.sources.values()} == {(Sought.ANSWERED, "bundle")}
    assert len(evidence.items) == 2


@given(st.permutations(TWO))
def test_of_several_patients_the_one_whom_most_resources_name(rows: list[dict[str, Any]]) -> None:
    """In whatever order they stand; the others and what is theirs are left out."""
    evidence, patient = evidence_of_bundle(record(*rows))
    assert patient == "b"
    assert {item.resource["id"] for item in evidence.items} == {"b", "1", "2"}
    assert len(evidence.unreadable) == 2


@pytest.mark.parametrize("asked", ["a", "Patient/a", "urn:uuid:a"])
def test_a_patient_can_be_chosen(asked: str) -> None:
    """Also against the majority."""
    evidence, patient = evidence_of_bundle(record(*TWO), asked)
    assert patient == "a"
    assert {item.resource["id"] for item in evidence.items} == {"a", "3"}


def test_a_patient_who_is_not_there_cannot_be_chosen() -> None:
    """An empty record of nobody would look like a healthy patient."""
    with pytest.raises(BadRequest, match="nobody in this Bundle"):
        evidence_of_bundle(record(*TWO), "c")


def test_without_any_patient_resource_references_decide() -> None:
    """An export may lack the Patient."""
    rows = [problem("1", "Patient/x"), problem("2", "Patient/x"), problem("3", "Patient/y")]
    evidence, patient = evidence_of_bundle(record(*rows))
    assert patient == "x"
    assert len(evidence.items) == 2


def test_a_bundle_about_nobody_is_kept_whole() -> None:
    """Then there is nobody to confuse."""
    evidence, patient = evidence_of_bundle(record({"resourceType": "Condition", "id": "1"}))
    assert patient == ""
    assert len(evidence.items) == 1


def test_a_patient_without_an_id_is_known_by_the_full_url() -> None:
    """As in transactions whose server gives the ids."""
    entries = [
        {"fullUrl": "urn:uuid:p", "resource": {"resourceType": "Patient"}},
        {"resource": problem("1", "urn:uuid:p")},
    ]
    evidence, patient = evidence_of_bundle({"resourceType": "Bundle", "entry": entries})
    assert patient == "p"
    assert len(evidence.items) == 2


@pytest.mark.parametrize(
    "doubt",
    [
        {
            "entry": [
                {
                    "resource": {
                        "resourceType": "OperationOutcome",
                        "issue": [{"severity": "warning"}],
                    }
                }
            ]
        },
        {"link": [{"relation": "next", "url": "http://x/2"}]},
        {"entry": [{"response": {"status": "403 Forbidden"}}]},
        {"entry": [{"response": {"status": "500"}}]},
    ],
)
def test_a_doubt_makes_every_absence_unknown(doubt: dict[str, Any]) -> None:
    """An OperationOutcome of severity warning, another page, or a search that was refused."""
    evidence, _ = evidence_of_bundle({"resourceType": "Bundle"} | doubt)
    assert {source.state for source in evidence.sources.values()} == {Sought.INCOMPLETE}


@pytest.mark.parametrize(
    "wrong",
    [None, 3, "x", [], {}, {"resourceType": "Patient"}, {"resourceType": "Bundle", "entry": {}}],
)
def test_what_is_no_bundle_is_said_to_be_none(wrong: Any) -> None:
    """With the words that help whoever typed the path."""
    with pytest.raises(BadRequest, match="not a FHIR Bundle"):
        evidence_of_bundle(wrong)


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason="the Synthea patients are not on this machine")
@pytest.mark.parametrize("path", sorted(SYNTHEA.glob("*.json")), ids=lambda path: path.stem)
def test_synthea_transactions_are_read_whole(path: Path) -> None:
    """Nothing of their own patient is lost to a reference that nobody can follow."""
    bundle = json.loads(path.read_text(encoding="utf-8"))
    evidence, patient = evidence_of_bundle(bundle)
    assert patient
    assert evidence.unreadable == ()
    assert len(evidence.items) == len(bundle["entry"])
