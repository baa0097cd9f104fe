"""Suggestions: drafts in the name of the patient, and only those that fit the order."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.cards.case import Case
from cds_service.cards.suggest import MOST, behavior, suggestions_for
from cds_service.clinical.card import Action, Suggestion
from cds_service.clinical.procedure import Draft

from .builders import case, order
from .invented import DRAFTS


def actions(key: str, made: Case | None = None) -> tuple[Action, ...]:
    """Make one suggestion and take its actions."""
    [suggestion] = suggestions_for(made or case(), [key])
    assert suggestion.label == DRAFTS[key].label
    assert suggestion.recommended is False
    return suggestion.actions


def resources(key: str, made: Case | None = None) -> list[dict[str, Any]]:
    """Make one suggestion and take the resources that it creates."""
    found = actions(key, made)
    assert {action.kind for action in found} == {"create"}
    return [dict(action.resource or {}) for action in found]


def test_a_draft_order_is_a_proposal_for_this_patient_and_nothing_more() -> None:
    assert resources("inr") == [
        {
            "resourceType": "ServiceRequest",
            "status": "draft",
            "intent": "proposal",
            "code": {
                "text": "INR",
                "coding": [
                    {"system": "http://loinc.org", "code": "6301-6", "display": "Name of 6301-6"}
                ],
            },
            "subject": {"reference": "Patient/p-1"},
        }
    ]


def test_a_draft_task_is_a_proposal_for_this_patient() -> None:
    task = {
        "resourceType": "Task",
        "status": "draft",
        "intent": "proposal",
        "code": {"text": "Plan"},
        "description": "The prescriber decides.",
        "for": {"reference": "Patient/p-1"},
    }
    assert resources("hold") == [task]
    look = task | {"code": {"text": "Examine the legs"}, "description": "Examine the legs"}
    assert resources("look") == [look]


@pytest.mark.parametrize("key", ["inr", "hold"])
def test_a_draft_belongs_to_the_encounter_where_there_is_one(key: str) -> None:
    [resource] = resources(key, case(encounter="e-1"))
    assert resource["encounter"] == {"reference": "Encounter/e-1"}


def test_an_order_without_a_code_is_one_of_words() -> None:
    [resource] = resources("ask")
    assert resource["code"] == {"text": "Consultation: surgery"}
    assert resource["priority"] == "urgent"
    assert "note" not in resource


def test_several_codes_are_several_orders_each_of_its_own_name() -> None:
    assert [one["code"]["text"] for one in resources("two")] == ["Name of 1-8", "Name of 2-6"]
    described = [action.description for action in actions("two")]
    assert described == ["Order two: Name of 1-8", "Order two: Name of 2-6"]


@pytest.mark.parametrize(
    ("levels", "mri", "ct"),
    [
        (("L1",), ["MR lumbar"], ["CT lumbar"]),
        (("T11", "T12"), ["MR thoracic"], ["CT thoracic"]),
        (("T12", "L1"), ["MR spine"], ["CT thoracic", "CT lumbar"]),
        ((), ["MR spine"], ["CT thoracic", "CT lumbar"]),
        (("C5",), ["MR spine"], ["Spine CT"]),
        (("C7", "T1"), ["MR spine"], ["Spine CT"]),
    ],
)
def test_imaging_is_of_the_region_of_the_levels(
    levels: tuple[str, ...], mri: list[str], ct: list[str]
) -> None:
    made = case(order(*levels))
    assert [one["code"]["text"] for one in resources("mri", made)] == mri
    assert [one["code"]["text"] for one in resources("ct", made)] == ct
    assert resources("mri", made)[0]["note"] == [{"text": "with STIR"}]


def test_deleting_concerns_the_selected_drafts_that_can_be_named() -> None:
    made = case(
        order("L1", reference="ServiceRequest/a"),
        order("L2", reference="ServiceRequest/b", selected=False),
        order("L3", reference="urn:uuid:x"),
        order("L4", reference="https://fhir.example/ServiceRequest/c"),
    )
    expected = (Action("delete", "Delete this draft", resource_id="ServiceRequest/a"),)
    assert actions("cancel", made) == expected


def test_what_does_not_fit_the_order_is_not_offered() -> None:
    assert suggestions_for(case(order("L1", reference="urn:uuid:x")), ["cancel"]) == ()
    assert suggestions_for(case(), ["split"]) == ()


def test_each_suggestion_is_offered_once_in_the_order_of_the_card_file() -> None:
    made = suggestions_for(case(), ["ask", "inr", "ask", "split", "look"])
    assert [one.label for one in made] == ["Ask surgery", "Order INR", "Examine"]


def test_a_card_offers_no_more_than_can_be_read() -> None:
    drafts = {str(n): Draft(str(n), f"Draft {n}", "order", text="x") for n in range(MOST + 3)}
    made = suggestions_for(case(drafts=drafts), drafts)
    assert [one.label for one in made] == [f"Draft {n}" for n in range(MOST)]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ([], ""),
        ([["create"]], "any"),
        ([["create", "create"], ["create"]], "any"),
        ([["create"], ["delete"]], "at-most-one"),
        ([["update", "create"]], "at-most-one"),
    ],
)
def test_only_new_orders_may_be_accepted_together(kinds: list[list[str]], expected: str) -> None:
    made = tuple(Suggestion("x", "u", tuple(Action(k, "x") for k in one)) for one in kinds)
    assert behavior(made) == expected
