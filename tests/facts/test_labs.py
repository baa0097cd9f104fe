"""Results: the newest counts even when it cannot be read, and nothing is guessed (rules.md 9.2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.fact import Result
from cds_service.clinical.quantity import Measured
from tests.facts.records import FINDING, LOINC, chart, concept, observation, quantity, read


def result(fact: str, *resources: Any) -> Result:
    """Read the one result of a fact."""
    (only,) = chart(*resources).results[fact]
    return only


def test_a_result_shows_the_record_and_counts_in_its_own_unit() -> None:
    """The card shows what was written; the rule compares in the fact's unit."""
    found = result("platelets", observation("777-3", valueQuantity=quantity(150000, "/uL")))
    assert found.measured == Measured.exactly(Decimal(150))
    assert found.shown == "150000 /uL"
    assert (found.reference, found.final, found.suspected) == ("Observation/o1", True, False)
    assert found.when is not None
    assert found.when.text == "2025-05-18"


def test_the_unit_of_an_inr_is_not_shown() -> None:
    """A ratio has none."""
    found = result("inr", observation("6301-6", valueQuantity=quantity(2.4, "{INR}")))
    assert found.shown == "2.4"


def test_any_coding_may_be_the_loinc_one() -> None:
    """Epic puts its own system first or second (real-data.md 4)."""
    code = {
        "coding": [
            {"system": "urn:oid:1.2.840.114350.1", "code": "123"},
            {"system": " urn:oid:2.16.840.1.113883.6.1 ", "code": " 6301-6 "},
            {"code": "777-3"},
            {"system": LOINC},
            {"system": LOINC, "code": 5},
            "junk",
        ]
    }
    found = chart(observation(code, valueQuantity=quantity(1.1))).results
    assert set(found) == {"inr"}


@pytest.mark.parametrize("code", ["92891-1", "5894-1", "52129-4", "13056-7", "2339-0"])
def test_another_loinc_code_is_another_test(code: str) -> None:
    """An INR goal is no INR, whatever it is called."""
    named = concept(code) | {"text": "INR"}
    assert chart(observation(named, valueQuantity=quantity(2.5))).results == {}


def test_a_result_without_loinc_is_suspected_by_its_whole_name() -> None:
    """Meditech has no codings at all; "INR goal" is not the name of an INR."""
    found = result("inr", observation({"text": " Protime  INR "}, valueQuantity=quantity(1.2)))
    assert found.suspected
    assert chart(observation({"text": "INR goal"}, valueQuantity=quantity(2.5))).results == {}
    local = {"coding": [{"system": "urn:x", "code": "1", "display": "Platelets"}]}
    assert result("platelets", observation(local, valueQuantity=quantity(90, "K/uL"))).suspected


@pytest.mark.parametrize(
    ("value", "trouble", "shown"),
    [
        ({"valueQuantity": quantity(45)}, "no_unit", "45"),
        ({"valueQuantity": quantity(45, "kg")}, "unit_unknown", "45 kg"),
        ({"valueQuantity": {}}, "no_value", ""),
        ({"valueQuantity": "45"}, "words", "45"),
        ({"valueString": "Clotted"}, "words", "Clotted"),
        ({"valueString": " "}, "words", ""),
        ({"valueString": 5}, "words", "5"),
        ({"valueCodeableConcept": {"text": "low"}}, "words", "low"),
        ({"valueCodeableConcept": concept("1")}, "words", "1"),
        ({"valueRange": {"low": quantity(1)}}, "words", ""),
        ({"dataAbsentReason": {"text": "masked"}}, "absent_reason", ""),
        ({"dataAbsentReason": {}, "valueInteger": 45}, "no_unit", "45"),
        ({}, "no_value", ""),
    ],
)
def test_what_cannot_be_read_says_why(value: dict[str, Any], trouble: str, shown: str) -> None:
    """The newest result stands, even when nobody can read it."""
    found = result("platelets", observation("777-3", **value))
    assert (found.trouble, found.shown, found.measured) == (trouble, shown, None)


def test_a_value_of_the_wrong_shape_is_counted() -> None:
    """One bad entry spoils nothing else and is named."""
    chart_, unreadable = read(
        observation("777-3", "bad", valueQuantity=[45]),
        observation("6301-6", "good", valueQuantity=quantity(1.1)),
    )
    assert chart_.results["platelets"][0].trouble == "words"
    assert chart_.results["inr"][0].measured is not None
    assert [entry.where for entry in unreadable] == ["Observation/bad"]


@pytest.mark.parametrize(
    ("status", "final"),
    [
        ("final", True),
        ("amended", True),
        (" Corrected ", True),
        ("preliminary", False),
        ("registered", False),
        ("unknown", False),
        ("", False),
        (None, False),
    ],
)
def test_only_a_final_result_can_clear(status: object, final: bool) -> None:
    """An unknown status is not taken for a final one."""
    found = result("inr", observation("6301-6", status=status, valueQuantity=quantity(1.1)))
    assert found.final is final


def test_errors_and_announcements_are_left_out() -> None:
    """Oracle writes 'entered-in-error ' with a trailing blank; registered has no value yet."""
    gone = [
        observation("6301-6", "a", status="entered-in-error ", valueQuantity=quantity(9)),
        observation("6301-6", "b", status="cancelled", valueQuantity=quantity(9)),
        observation("6301-6", "c", status="registered"),
    ]
    assert chart(*gone).results == {}


def test_a_component_is_a_result_of_its_own() -> None:
    """Panels hold their values inside; the time and status are those of the panel."""
    panel = observation(
        {"text": "coagulation"},
        component=[
            {"code": concept("6301-6"), "valueQuantity": quantity(1.1)},
            {"code": concept("777-3"), "valueQuantity": quantity(90, "K/uL")},
            "junk",
        ],
    )
    found = chart(panel).results
    assert set(found) == {"inr", "platelets"}
    assert found["inr"][0].when == found["platelets"][0].when
    assert found["inr"][0].final


def test_a_panel_without_a_value_is_no_result() -> None:
    """Its members are."""
    panel = observation("777-3", hasMember=[{"reference": "Observation/x"}])
    assert chart(panel).results == {}


def test_contained_members_inherit_time_and_status() -> None:
    """Values stand in contained observations of a report or of a panel (real-data.md 4)."""
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "effectiveDateTime": "2025-05-16",
        "result": [{"reference": "#a"}, {"reference": "#b"}, {"reference": "#none"}, "junk"],
        "contained": [
            {
                "resourceType": "Observation",
                "id": "a",
                "code": concept("6301-6"),
                "valueQuantity": quantity(1.1),
            },
            {
                "resourceType": "Observation",
                "id": "b",
                "status": "preliminary",
                "effectiveDateTime": "2025-05-17",
                "code": concept("777-3"),
                "valueQuantity": quantity(90, "K/uL"),
            },
            {"resourceType": "Observation", "id": "unlisted", "code": concept("718-7")},
        ],
    }
    found = chart(report).results
    assert set(found) == {"inr", "platelets"}
    inr, platelets = found["inr"][0], found["platelets"][0]
    assert (inr.reference, inr.final) == ("DiagnosticReport/r#a", True)
    assert (platelets.reference, platelets.final) == ("DiagnosticReport/r#b", False)
    assert [one.when.text for one in (inr, platelets) if one.when] == ["2025-05-16", "2025-05-17"]


def test_a_panel_that_contains_itself_ends() -> None:
    """Circles are cut."""
    panel = observation("777-3", hasMember=[{"reference": "#p"}], valueQuantity=quantity(5, "K/uL"))
    panel["contained"] = [observation("777-3", "p", hasMember=[{"reference": "#p"}])]
    assert len(chart(panel).results["platelets"]) == 1


def test_the_range_of_the_laboratory_is_converted_too() -> None:
    """A range without a unit is in that of the value."""
    ranges = [
        {"type": concept("therapeutic"), "low": quantity(1)},
        {"type": concept("normal"), "low": quantity(150000, "/uL"), "high": quantity(400, "K/uL")},
    ]
    given: dict[str, Any] = {"valueQuantity": quantity(100, "K/uL"), "referenceRange": ranges}
    assert result("platelets", observation("777-3", **given)).normal == Measured(
        Decimal(150), Decimal(400)
    )
    plain: dict[str, Any] = {
        "valueQuantity": quantity(120000, "/uL"),
        "referenceRange": [{"high": quantity(400000)}],
    }
    assert result("platelets", observation("777-3", **plain)).normal == Measured(None, Decimal(400))


@pytest.mark.parametrize(
    "ranges",
    [[], "4-11", [{"text": "4-11"}], [{"low": {"value": "x"}}], [{"low": quantity(4, "bananas")}]],
)
def test_a_range_that_cannot_be_read_is_none(ranges: object) -> None:
    """Then "above normal" is not known."""
    given: dict[str, Any] = {"valueQuantity": quantity(9, "K/uL"), "referenceRange": ranges}
    assert result("leukocytes", observation("6690-2", **given)).normal is None


@pytest.mark.parametrize(
    ("code", "more", "site"),
    [
        ("8310-5", {}, ""),
        ("8331-1", {}, "oral"),
        ("8310-5", {"method": {"text": "Axillary"}}, "axillary"),
        ("8310-5", {"bodySite": {"text": "skin of forehead"}}, "surface"),
        ("8310-5", {"method": {"text": "temporal artery, forehead"}}, "temporal"),
        ("8328-7", {}, "axillary"),
    ],
)
def test_a_temperature_tells_where_it_was_taken(code: str, more: dict[str, Any], site: str) -> None:
    """Skin and axilla under-read."""
    given: dict[str, Any] = {"valueQuantity": quantity(37, "Cel"), **more}
    assert result("temperature", observation(code, **given)).site == site


def test_an_observation_of_two_facts_is_both() -> None:
    """A finding may carry a second code beside ours."""
    both = {
        "coding": [
            {"system": LOINC, "code": "6301-6"},
            {"system": FINDING, "code": "marrow-edema"},
            {"system": FINDING, "code": "height-loss"},
        ]
    }
    seen = chart(observation(both, valueQuantity=quantity(1.1, "1")))
    assert set(seen.results) == {"inr"}
    assert set(seen.findings) == {"marrow-edema", "height-loss"}


def test_what_may_fire_only_is_never_final() -> None:
    """An estimated platelet count and an axillary temperature never clear."""
    estimate = observation("49497-1", valueQuantity=quantity(200, "K/uL"))
    assert result("platelets", estimate).final is False
    both = {"coding": [{"system": LOINC, "code": code} for code in ("8310-5", "8328-7")]}
    assert (
        result("temperature", observation(both, valueQuantity=quantity(37, "Cel"))).final is False
    )


def test_a_point_of_care_inr_says_so() -> None:
    """It may clear, and the card asks for a venous sample."""
    found = result("inr", observation("46418-0", valueQuantity=quantity(2.1)))
    assert (found.note, found.final) == ("point_of_care", True)


def test_a_visual_scale_in_millimetres_is_divided() -> None:
    """Without its unit a value above ten is unreadable (codes.md 2.9)."""
    in_mm = observation("38214-3", valueQuantity=quantity(74, "mm"))
    assert result("pain_score", in_mm).measured == Measured.exactly(Decimal("7.4"))
    assert result(
        "pain_score", observation("38214-3", valueQuantity=quantity(74, "{score}"))
    ).trouble


def test_a_stage_in_words_is_shown() -> None:
    """Facts without a unit are context only."""
    found = result("ecog", observation("89247-1", valueCodeableConcept={"text": "ECOG 2"}))
    assert (found.shown, found.measured, found.trouble) == ("ECOG 2", None, "")


@pytest.mark.parametrize(
    ("more", "text", "aged"),
    [
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2025-05-01"}},
            "2025-05-01",
            True,
        ),
        ({"effectiveDateTime": None, "issued": "2025-05-02T10:00:00Z"}, "2025-05-02", False),
        (
            {
                "effectiveDateTime": None,
                "issued": "2025-05-19T10:00:00Z",
                "specimen": {"reference": "#s"},
                "contained": [{"id": "s", "collection": {"collectedDateTime": "2025-05-03"}}],
            },
            "2025-05-03",
            True,
        ),
        (
            {
                "effectiveDateTime": None,
                "issued": "2025-05-19T10:00:00Z",
                "specimen": {"reference": "Specimen/gone"},
            },
            "2025-05-19",
            False,
        ),
    ],
    ids=["period", "issued only", "specimen", "specimen that is gone"],
)
def test_a_result_is_as_old_as_its_sample(more: dict[str, Any], text: str, aged: bool) -> None:
    """`issued` is the moment of filing and gives no age (rules.md 1.1)."""
    when = result("inr", observation("6301-6", valueQuantity=quantity(1.1), **more)).when
    assert when is not None
    assert when.text == text
    assert (when.earliest is not None) is aged


def test_a_time_that_cannot_be_read_is_named() -> None:
    """The result stands, without a date."""
    chart_, unreadable = read(
        observation("6301-6", effectiveDateTime="yesterday", valueQuantity=quantity(1.1))
    )
    assert chart_.results["inr"][0].when is None
    assert unreadable[0].why == "effective[x] is no date"
    bare = observation("6301-6", effectiveDateTime=None, valueQuantity=quantity(1.1))
    assert chart(bare).results["inr"][0].when is None


@pytest.mark.parametrize(
    ("code", "value", "unit", "more", "expected"),
    [
        ("72514-3", 7, "{score}", {}, "7"),
        ("72514-3", 7, "", {}, "7"),
        ("72514-3", 7, "/10", {}, "7"),
        ("72514-3", 70, "", {}, "implausible"),
        ("38214-3", 45, "", {}, "no_unit"),
        ("38208-5", 4, "", {}, "no_unit"),
        ("72514-3", 11, "{score}", {}, "implausible"),
        ("72514-3", 7, "mm", {}, "unit_unknown"),
        ("38221-8", 6, "{score}", {}, "6"),
        ("38214-3", 65, "mm", {}, "6.5"),
        ("38214-3", 6.5, "cm", {}, "6.5"),
        ("38214-3", 65, "{score}", {}, "implausible"),
        ("38208-5", 4, "{score}", {}, "no_scale"),
        ("38208-5", 4, "{score}", {"referenceRange": [{"text": "0-10"}]}, "4"),
        ("38208-5", 4, "{score}", {"referenceRange": [{"text": "0-100"}]}, "no_scale"),
        (
            "38208-5",
            4,
            "{score}",
            {"referenceRange": [{"low": {"value": 0}, "high": {"value": 10}}]},
            "4",
        ),
        (
            "38208-5",
            4,
            "{score}",
            {"referenceRange": [{"low": {"value": 0}, "high": {"value": 5}}]},
            "no_scale",
        ),
    ],
)
def test_a_pain_score_counts_only_on_a_known_scale(
    code: str, value: float, unit: str, more: dict[str, Any], expected: str
) -> None:
    """A 4 of 5 is no 4 of 10, and millimetres of a line are tenths (codes.md 2.9)."""
    found = result("pain_score", observation(code, valueQuantity=quantity(value, unit), **more))
    known = Measured.exactly(Decimal(expected)) if expected[0].isdigit() else None
    assert (found.measured, found.trouble) == (known, "" if known else expected)


@pytest.mark.parametrize(
    ("value", "unit", "trouble"),
    [(0.35, "%", "implausible"), (0.6, "%", "implausible"), (0.35, "1", ""), (35, "%", "")],
)
def test_an_ejection_fraction_keyed_as_a_fraction_of_percent_is_not_read(
    value: float, unit: str, trouble: str
) -> None:
    """0.6 % is 60 %, not the weakest heart (codes.md 2.10)."""
    found = result("lvef", observation("10230-1", valueQuantity=quantity(value, unit)))
    assert found.trouble == trouble


def test_every_pain_score_is_kept_because_the_highest_decides() -> None:
    scores = [
        observation("72514-3", "a", valueQuantity=quantity(2, "{score}")),
        observation(
            "72514-3",
            "b",
            valueQuantity=quantity(8, "{score}"),
            effectiveDateTime="2025-05-10",
        ),
    ]
    assert len(chart(*scores).results["pain_score"]) == len(scores)
