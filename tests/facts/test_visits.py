"""Visits: to oncology by the words for their kind; a stay for a fracture by its coded reason."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.errors import ContentError
from cds_service.facts.visit_words import load_visit_words
from tests.facts.records import ICD, SNOMED, chart, concept

FRACTURE = concept("M80.08XA", ICD)
REFERS = {"diagnosis": [{"condition": {"reference": "Condition/c1"}}]}
PLACE = {"serviceProvider": {"display": "Department of Medical Oncology"}}


def encounter(**more: Any) -> dict[str, Any]:
    """Write a visit of last week that is over."""
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "period": {"start": "2025-05-12", "end": "2025-05-12"},
        **more,
    }


def said(text: str) -> list[dict[str, Any]]:
    """Write a concept of words."""
    return [{"text": text}]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (encounter(type=said("Oncology follow-up")), (("oncology",), True, False)),
        (encounter(serviceType={"text": "Radiotherapy fraction 3"}), (("oncology",), True, False)),
        (encounter(**PLACE), (("oncology",), True, False)),
        (encounter(reasonCode=said("refer to oncology")), ((), False, False)),
        (encounter(type=said("Office visit")), ((), True, False)),
        (encounter(), ((), False, False)),
    ],
)
def test_a_visit(resource: dict[str, Any], expected: tuple[Any, ...]) -> None:
    (visit,) = chart(resource).visits
    assert (visit.topics, visit.told, visit.staying) == expected
    assert visit.when is not None
    assert visit.when.text == "2025-05-12"


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_a_visit_that_did_not_take_place_is_none(status: str) -> None:
    assert chart(encounter(status=status)).visits == ()


@pytest.mark.parametrize(
    ("more", "topics"),
    [
        ({"reasonCode": [FRACTURE]}, ("fracture",)),
        (REFERS, ("fracture",)),
        ({"reasonReference": [{"reference": "Condition/c1"}]}, ("fracture",)),
        ({"reasonCode": said("L1 compression fracture")}, ()),
        ({"reasonCode": [concept("J18.9", ICD)]}, ()),
        ({}, ()),
    ],
)
def test_a_stay_for_a_fracture(more: dict[str, Any], topics: tuple[str, ...]) -> None:
    admitted: dict[str, Any] = {"status": "in-progress", "class": {"code": "IMP"}}
    stay = encounter(**admitted, **more)
    condition: dict[str, Any] = {
        "resourceType": "Condition",
        "id": "c1",
        "code": concept("42942008", SNOMED),
    }
    (visit,) = chart(stay, condition).visits
    assert (visit.topics, visit.staying) == (topics, True)


def test_radiotherapy_among_the_procedures_is_a_visit() -> None:
    done: dict[str, Any] = {"resourceType": "Procedure", "id": "p1", "status": "completed"}
    done |= {"code": {"text": "External beam radiation T8"}, "performedDateTime": "2025-05-02"}
    assert [one.topics for one in chart(done).visits] == [("oncology",)]
    assert chart(done | {"status": "not-done"}).visits == ()


@pytest.mark.parametrize("table", [{}, {"oncology": "(", "follow_up": "x"}, {"color": "red"}, []])
def test_words_that_do_not_fit_stop_the_start(table: object) -> None:
    with pytest.raises(ContentError):
        load_visit_words(table)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (encounter(status="planned", type=said("Follow-up visit")), True),
        (encounter(status="planned", reasonCode=said("post-procedure check")), True),
        (encounter(status="planned", type=said("Oncology follow-up")), False),
        (encounter(status="planned", type=said("Dental visit")), False),
        (encounter(type=said("Follow-up visit")), False),
    ],
)
def test_a_planned_follow_up(resource: dict[str, Any], *, expected: bool) -> None:
    assert bool(chart(resource).findings.get("follow-up")) == expected


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, True),
        ({"status": "revoked"}, False),
        ({"doNotPerform": True}, False),
        ({"code": {"text": "Chest radiograph"}}, False),
    ],
)
def test_an_order_of_a_follow_up(more: dict[str, Any], *, found: bool) -> None:
    order: dict[str, Any] = {"resourceType": "ServiceRequest", "id": "s1", "status": "active"}
    order |= {"intent": "order", "code": {"text": "Follow-up visit, spine clinic"}}
    order |= {"occurrenceDateTime": "2025-06-10"} | more
    assert bool(chart(order).findings.get("follow-up")) == found


IR = said("Interventional radiology consultation")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"type": IR}, (True, True)),
        (
            {"type": said("Office visit"), "serviceType": {"text": "Interventional Radiology"}},
            (True, True),
        ),
        ({"type": said("Pre-kyphoplasty assessment")}, (True, True)),
        ({"type": said("Vertebroplasty clinic")}, (True, True)),
        ({"type": IR, "status": "planned", "period": {"start": "2025-05-22"}}, (True, True)),
        ({"type": IR, "status": "planned", "period": {"start": "2025-05-20"}}, (True, True)),
        ({"type": IR, "status": "planned", "period": {"start": "2025-05-19"}}, (True, False)),
        ({"type": IR, "status": "planned", "period": None}, (True, True)),
        ({"type": IR, "status": "unknown"}, (True, False)),
        ({"type": said("Spine clinic"), "status": "planned"}, ("possible", False)),
        ({"type": IR, "period": {"start": "2025-02-19", "end": "2025-02-19"}}, (True, True)),
        ({"type": IR, "period": {"start": "2025-02-18", "end": "2025-02-18"}}, None),
        ({"type": IR, "status": "cancelled"}, None),
        ({"type": IR, "status": "entered-in-error"}, None),
        ({"type": said("Interventional radiology follow-up visit")}, None),
        ({"type": said("Drainage, interventional radiology")}, None),
        ({"type": said("Spine clinic")}, None),
        ({"reasonCode": said("refer to interventional radiology clinic")}, None),
        ({"type": said("Dental visit")}, None),
    ],
)
def test_an_assessment_by_the_operator(more: dict[str, Any], expected: Any) -> None:
    found = chart(encounter(**more)).findings.get("operator-visit", ())
    assert [(one.value, one.final) for one in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("Neurosurgery", ("spine",)),
        ("Orthopaedic outpatient visit", ("spine",)),
        ("Pain clinic", ("spine",)),
        ("Drainage, interventional radiology", ("spine",)),
        ("Interventional radiology consultation", ()),
        ("Spine clinic follow-up", ()),
        ("Dental visit", ()),
    ],
)
def test_a_visit_to_who_may_be_the_operator(text: str, topics: tuple[str, ...]) -> None:
    assert [one.topics for one in chart(encounter(type=said(text))).visits] == [topics]
