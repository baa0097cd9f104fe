"""Drugs: what an entry says of taking today, for each of the four resource types (rules.md 3.2)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import DrugUse, Standing
from tests.facts.records import chart, read

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
WARFARIN: dict[str, Any] = {"coding": [{"system": RXNORM, "code": "11289", "display": "warfarin"}]}
TAKING, ENDED, UNCLEAR = Standing.TAKING, Standing.ENDED, Standing.UNCLEAR


def entry(kind: str, **more: Any) -> dict[str, Any]:
    """Write an entry about warfarin."""
    return {"resourceType": kind, "id": "m1", "medicationCodeableConcept": WARFARIN, **more}


def use_of(resource: dict[str, Any]) -> DrugUse | None:
    """Read the one use of an entry, if it is one."""
    uses = chart(resource).drugs
    assert len(uses) <= 1
    return uses[0] if uses else None


def told(use: DrugUse | None) -> tuple[Any, ...] | None:
    """Say what a use tells: agent, standing, day and minute of the last dose."""
    if use is None:
        return None
    last = use.last_dose.latest.strftime("%Y-%m-%d %H:%M") if use.last_dose else ""
    return use.agents, use.standing, last


def until(*ends: str) -> list[dict[str, Any]]:
    """Write a dosage for each end; an empty one has none."""
    bounds: list[dict[str, Any]] = [
        {"start": "2025-01-01"} | ({"end": end} if end else {}) for end in ends
    ]
    return [{"timing": {"repeat": {"boundsPeriod": bound}}} for bound in bounds]


PAST, AHEAD = "2025-05-14", "2025-06-30"
W = ("warfarin",)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"status": "active", "intent": "order"}, (W, TAKING, "")),
        ({"status": " Active "}, (W, TAKING, "")),
        ({"status": "active", "dosageInstruction": until(PAST)}, (W, ENDED, "2025-05-14 23:59")),
        ({"status": "active", "dosageInstruction": until("2025-05-20")}, (W, TAKING, "")),
        (
            {"status": "active", "dosageInstruction": until("2025-05-20T07:30:00Z")},
            (W, ENDED, "2025-05-20 07:30"),
        ),
        ({"status": "active", "dosageInstruction": until(PAST, "")}, (W, TAKING, "")),
        (
            {"status": "active", "dosageInstruction": until(PAST, "2025-05-17")},
            (W, ENDED, "2025-05-17 23:59"),
        ),
        ({"status": "active", "dosageInstruction": until(AHEAD)}, (W, TAKING, "")),
        ({"status": "on-hold"}, (W, UNCLEAR, "")),
        ({"status": "on-hold", "dosageInstruction": until(PAST)}, (W, ENDED, "2025-05-14 23:59")),
        ({"status": "stopped", "dosageInstruction": until(PAST)}, (W, ENDED, "2025-05-14 23:59")),
        ({"status": "completed", "dosageInstruction": until(PAST)}, (W, ENDED, "2025-05-14 23:59")),
        ({"status": "stopped", "dosageInstruction": until(AHEAD)}, (W, UNCLEAR, "")),
        ({"status": "completed"}, (W, UNCLEAR, "")),
        ({"status": "unknown"}, (W, UNCLEAR, "")),
        ({}, (W, UNCLEAR, "")),
        ({"status": 7}, (W, UNCLEAR, "")),
        ({"status": "cancelled"}, None),
        ({"status": "entered-in-error"}, None),
        ({"status": "draft"}, None),
        ({"status": "active", "doNotPerform": True}, None),
        ({"status": "active", "intent": "plan"}, None),
        ({"status": "active", "intent": "proposal"}, None),
        ({"status": "active", "intent": "option"}, None),
        ({"status": "active", "intent": "plan", "reportedBoolean": True}, (W, UNCLEAR, "")),
        (
            {"status": "active", "intent": "plan", "reportedReference": {"reference": "Patient/p"}},
            (W, UNCLEAR, ""),
        ),
    ],
)
def test_a_request_tells_what_is_taken(
    more: dict[str, Any], expected: tuple[Any, ...] | None
) -> None:
    """A completed prescription does not mean that nothing is taken; a day counts to its end."""
    found = use_of(entry("MedicationRequest", authoredOn="2025-05-01", **more))
    assert told(found) == expected


def test_a_request_is_dated_by_its_author() -> None:
    """The date of writing shows a list that is kept."""
    found = use_of(entry("MedicationRequest", status="active", authoredOn="2025-05-01"))
    assert found is not None
    assert found.dated == found.started
    assert found.dated is not None
    assert found.dated.text == "2025-05-01"
    assert (found.reference, found.shown, found.by_name) == (
        "MedicationRequest/m1",
        "warfarin",
        False,
    )


@pytest.mark.parametrize(
    ("kind", "more", "agents"),
    [
        ("MedicationRequest", {"status": "completed", "authoredOn": "2024-04-15"}, W),
        ("MedicationRequest", {"status": "completed", "authoredOn": "2024-04-14"}, ()),
        ("MedicationRequest", {"status": "stopped", "authoredOn": "2016"}, ()),
        ("MedicationRequest", {"status": "stopped"}, W),
        ("MedicationRequest", {"status": "active", "authoredOn": "2016-01-01"}, W),
        ("MedicationRequest", {"status": "on-hold", "authoredOn": "2016-01-01"}, W),
        (
            "MedicationRequest",
            {"status": "stopped", "authoredOn": "2016", "dosageInstruction": until(PAST)},
            W,
        ),
        ("MedicationStatement", {"status": "completed", "dateAsserted": "2016-01-01"}, ()),
        ("MedicationStatement", {"status": "completed", "dateAsserted": "2025-05-01"}, W),
        ("MedicationDispense", {"status": "completed", "whenHandedOver": "2016-01-01"}, ()),
        ("MedicationDispense", {"status": "completed", "whenHandedOver": "2025-01-01"}, W),
    ],
)
def test_what_ended_long_ago_is_history(
    kind: str, more: dict[str, Any], agents: tuple[str, ...]
) -> None:
    """Only 400 days are asked for (codes.md 8): an older ended entry keeps its date alone."""
    found = use_of(entry(kind, **more))
    assert found is not None
    assert found.agents == agents
    assert (found.group == "anticoagulant") == bool(agents)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"status": "active"}, (W, TAKING, "")),
        ({"status": "active", "effectiveDateTime": PAST}, (W, TAKING, "")),
        ({"status": "active", "effectivePeriod": {"end": PAST}}, (W, ENDED, "2025-05-14 23:59")),
        ({"status": "active", "effectivePeriod": {"end": AHEAD}}, (W, TAKING, "")),
        ({"status": "completed", "effectivePeriod": {"end": PAST}}, (W, ENDED, "2025-05-14 23:59")),
        (
            {"status": "stopped", "effectivePeriod": {"end": "2025-05-14T21:00:00Z"}},
            (W, ENDED, "2025-05-14 21:00"),
        ),
        (
            {"status": "stopped", "effectivePeriod": {"end": "2025-05"}},
            (W, ENDED, "2025-05-31 23:59"),
        ),
        ({"status": "stopped", "effectiveDateTime": PAST}, (W, ENDED, "2025-05-14 23:59")),
        ({"status": "stopped", "effectiveDateTime": AHEAD}, (W, UNCLEAR, "")),
        ({"status": "stopped", "effectivePeriod": {"start": PAST}}, (W, UNCLEAR, "")),
        ({"status": "stopped"}, (W, UNCLEAR, "")),
        ({"status": "on-hold"}, (W, UNCLEAR, "")),
        ({"status": "on-hold", "effectivePeriod": {"end": PAST}}, (W, ENDED, "2025-05-14 23:59")),
        ({"status": "unknown"}, (W, UNCLEAR, "")),
        ({}, (W, UNCLEAR, "")),
        ({"status": "not-taken"}, ((), ENDED, "")),
        ({"status": "intended"}, None),
        ({"status": "entered-in-error"}, None),
    ],
)
def test_a_statement_tells_what_is_taken(
    more: dict[str, Any], expected: tuple[Any, ...] | None
) -> None:
    """The end of the period is the last dose; without one, nobody knows it."""
    assert told(use_of(entry("MedicationStatement", dateAsserted="2025-05-19", **more))) == expected


def test_a_statement_is_dated_by_its_assertion_and_starts_with_its_period() -> None:
    """Both dates are read, since the one shows review and the other the change of drug."""
    period = {"start": "2023-02", "end": PAST}
    resource = entry(
        "MedicationStatement", status="stopped", dateAsserted="2025-05-16", effectivePeriod=period
    )
    found = use_of(resource)
    assert found is not None
    assert found.dated is not None
    assert found.started is not None
    assert (found.dated.text, found.started.text) == ("2025-05-16", "2023-02")


def test_not_taken_is_on_the_list_and_needs_no_name() -> None:
    """It shows that somebody asked; what the product was does not matter then."""
    resource = {
        "resourceType": "MedicationStatement",
        "status": "not-taken",
        "dateAsserted": "2025-05-19",
    }
    found = use_of(resource)
    assert found is not None
    assert found.dated is not None
    assert (found.resolved, found.agents, found.dated.text) == (True, (), "2025-05-19")


def days(value: Any, **unit: str) -> dict[str, Any]:
    """Write a supply."""
    return {"daysSupply": {"value": value, **unit}}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (days(30, unit="day"), (W, TAKING, "2025-05-31 23:59")),
        (days(19), (W, TAKING, "2025-05-20 23:59")),
        (days(18), (W, ENDED, "2025-05-19 23:59")),
        (days(7, unit="Days", code="d"), (W, ENDED, "2025-05-08 23:59")),
        ({"status": "completed"} | days(7), (W, ENDED, "2025-05-08 23:59")),
        ({"status": "unknown"} | days(7), (W, ENDED, "2025-05-08 23:59")),
        ({"status": "completed"}, (W, UNCLEAR, "")),
        (days(2, unit="wk"), (W, UNCLEAR, "")),
        (days(0), (W, UNCLEAR, "")),
        (days(1e12), (W, UNCLEAR, "")),
        ({"daysSupply": "30"}, (W, UNCLEAR, "")),
        ({"status": "stopped"} | days(7), (W, UNCLEAR, "")),
        *[
            ({"status": status} | days(30), None)
            for status in ("cancelled", "declined", "entered-in-error")
        ],
        *[
            ({"status": status} | days(30), None)
            for status in ("preparation", "in-progress", "on-hold")
        ],
    ],
)
def test_a_dispense_lasts_as_long_as_its_supply(
    more: dict[str, Any], expected: tuple[Any, ...] | None
) -> None:
    """What was handed over is taken until the supply ends; what was not does not count."""
    assert (
        told(use_of(entry("MedicationDispense", whenHandedOver="2025-05-01", **more))) == expected
    )


def test_a_dispense_without_handing_over_counts_from_its_preparation() -> None:
    """Some pharmacies note only that."""
    found = use_of(
        entry("MedicationDispense", status="completed", whenPrepared="2025-05-01", **days(7))
    )
    assert told(found) == (W, ENDED, "2025-05-08 23:59")
    assert told(use_of(entry("MedicationDispense", status="completed", **days(7)))) == (
        W,
        UNCLEAR,
        "",
    )


NIGHT = "2025-05-20T02:00:00Z"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"status": "completed", "effectiveDateTime": NIGHT}, (W, ENDED, "2025-05-20 02:00")),
        (
            {"status": "completed", "effectivePeriod": {"start": PAST, "end": NIGHT}},
            (W, ENDED, "2025-05-20 02:00"),
        ),
        (
            {"status": "stopped", "effectivePeriod": {"start": PAST, "end": NIGHT}},
            (W, ENDED, "2025-05-20 02:00"),
        ),
        ({"status": "completed", "effectivePeriod": {"start": PAST}}, (W, UNCLEAR, "")),
        ({"status": "completed"}, (W, UNCLEAR, "")),
        ({"status": "in-progress", "effectivePeriod": {"start": PAST}}, (W, TAKING, "")),
        ({"status": "in-progress", "effectiveDateTime": PAST}, (W, TAKING, "")),
        ({"status": "on-hold", "effectiveDateTime": PAST}, (W, UNCLEAR, "")),
        ({"status": "unknown", "effectiveDateTime": PAST}, (W, UNCLEAR, "")),
        ({"status": "not-done", "effectiveDateTime": PAST}, None),
        ({"status": "entered-in-error", "effectiveDateTime": PAST}, None),
    ],
)
def test_an_administration_tells_what_was_given(
    more: dict[str, Any], expected: tuple[Any, ...] | None
) -> None:
    """A completed one is the last dose known; one that runs is being taken."""
    assert told(use_of(entry("MedicationAdministration", **more))) == expected


def test_other_drugs_stay_on_the_list() -> None:
    """Their dates prove that the list was reviewed (rules.md 9.4)."""
    other = entry("MedicationRequest", status="active", authoredOn="2025-05-19")
    found = use_of(other | {"medicationCodeableConcept": {"text": "Acetaminophen 500 mg tablet"}})
    assert found is not None
    assert found.dated is not None
    assert (found.group, found.agents, found.resolved, found.dated.text) == (
        "",
        (),
        True,
        "2025-05-19",
    )


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        (
            entry("MedicationRequest", status="active", authoredOn="yesterday"),
            "authoredOn is no date",
        ),
        (
            entry("MedicationStatement", status="active", effectiveDateTime="soon"),
            "effective[x] is no time",
        ),
        (entry("MedicationDispense", whenHandedOver=["2025"]), "whenHandedOver is no date"),
    ],
)
def test_a_date_that_cannot_be_read_is_told(resource: dict[str, Any], why: str) -> None:
    """The entry stays, without the date."""
    found, unreadable = read(resource)
    assert len(found.drugs) == 1
    assert [one.why for one in unreadable] == [why]
