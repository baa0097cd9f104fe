"""Pregnancy tests and the status of pregnancy: what their values say (codes.md 2.8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import LOINC, SNOMED, chart, codes, concept, observation, quantity

BELOW_FIVE = [{"high": {"value": 5, "unit": "m[IU]/mL"}}]
V3 = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
POS, NEG = [concept("POS", V3)], [concept("NEG", V3)]


def read(code: Any = "2118-8", **more: Any) -> tuple[Any, str, bool]:
    """Read one test or status: its value, the trouble with it, and whether it is final."""
    facts = chart(observation(code, **more)).findings
    ((one,),) = facts.values()
    return one.value, one.trouble, one.final


@pytest.mark.parametrize(
    "code", ["2106-3", "2112-1", "2110-5", "2118-8", "80384-1", "80385-8", "19080-1", "21198-7"]
)
def test_every_code_of_a_test_is_read(code: str) -> None:
    assert read(code, valueCodeableConcept={"text": "Negative"}) == ("negative", "", True)
    assert list(chart(observation(code, valueString="Positive")).findings) == ["hcg"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"text": "Positive"}, "positive"),
        ({"text": "POSITIVE *"}, "positive"),
        (concept("10828004", SNOMED), "positive"),
        (concept("260373001", SNOMED, text="Detected"), "positive"),
        (concept("11214006", SNOMED), "positive"),
        (concept("POS", V3), "positive"),
        ({"coding": [{"display": "Positive (qualifier value)"}]}, "positive"),
        ({"text": "Not detected"}, "negative"),
        (concept("260385009", SNOMED, text="Negative"), "negative"),
        (concept("260415000", SNOMED), "negative"),
        (concept("131194007", SNOMED), "negative"),
        (concept("NEG", V3), "negative"),
        ({"text": "Indeterminate"}, "possible"),
        (concept("720735008", SNOMED), "possible"),
    ],
)
def test_a_coded_value(value: Any, expected: str) -> None:
    assert read(valueCodeableConcept=value) == (expected, "", True)


@pytest.mark.parametrize(
    "value",
    [
        {"text": "Negative predictive value low"},
        {"text": "false positive"},
        {"text": "see note"},
        concept("125154007", SNOMED),
        concept("260385009", SNOMED, text="Positive"),
    ],
)
def test_a_value_that_says_neither(value: Any) -> None:
    assert read(valueCodeableConcept=value) == (None, "words", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Negative", "negative"), ("positive.", "positive"), ("NEG", "negative")],
)
def test_a_value_in_words(text: str, expected: str) -> None:
    assert read(valueString=text) == (expected, "", True)


@pytest.mark.parametrize("text", ["not positive", "Negative?", "sample hemolyzed", "+"])
def test_other_words_are_unreadable(text: str) -> None:
    assert read(valueString=text)[:2] == (None, "words")


def milli(value: Any, **more: Any) -> dict[str, Any]:
    """Write an amount of hCG."""
    return quantity(value, "m[IU]/mL", **more)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (milli(4.9), ("negative", "")),
        (milli(5), ("negative", "")),
        (milli(5.1), ("positive", "")),
        (milli(2, comparator="<"), ("negative", "")),
        (milli(200000, comparator=">"), ("positive", "")),
        (milli(10, comparator="<"), (None, "undecided")),
        (quantity(5.1), (None, "no_unit")),
        (quantity(5.1, "ng/mL"), (None, "unit_unknown")),
    ],
)
def test_an_amount_is_judged_by_the_range_of_the_laboratory(value: Any, expected: Any) -> None:
    assert read("21198-7", valueQuantity=value, referenceRange=BELOW_FIVE)[:2] == expected


def test_an_amount_as_text_is_judged_in_the_same_way() -> None:
    assert read("19080-1", valueString="<2 m[IU]/mL", referenceRange=BELOW_FIVE)[0] == "negative"


@pytest.mark.parametrize(
    "ranges",
    [
        [],
        [{"low": milli(9.5), "high": milli(750)}],
        [{**BELOW_FIVE[0], "text": "4 weeks of gestation"}],
        [{**BELOW_FIVE[0], "text": "Pregnant"}],
        [{**BELOW_FIVE[0], "appliesTo": [{"text": "postmenopausal"}]}],
        [*BELOW_FIVE, {"high": milli(25)}],
        [{"low": milli(0)}],
    ],
)
def test_a_range_that_is_not_for_everybody_judges_nothing(ranges: Any) -> None:
    assert read("21198-7", valueQuantity=milli(4), referenceRange=ranges)[:2] == (None, "undecided")


def test_a_range_for_who_is_not_pregnant_judges() -> None:
    ranges = [{**BELOW_FIVE[0], "low": milli(0), "text": "Non-pregnant: below 5"}]
    assert read("21198-7", valueQuantity=milli(4), referenceRange=ranges)[0] == "negative"


def test_an_interpretation_decides_where_no_range_does() -> None:
    assert read("21198-7", valueQuantity=milli(40), interpretation=POS)[0] == "positive"
    assert read("21198-7", interpretation=NEG)[0] == "negative"
    assert read(interpretation=POS) == ("positive", "", True)


def test_an_interpretation_that_contradicts_the_value_makes_it_unreadable() -> None:
    assert read(valueString="Negative", interpretation=POS)[:2] == (None, "words")
    ranged = {"valueQuantity": milli(4), "referenceRange": BELOW_FIVE, "interpretation": POS}
    assert read("21198-7", **ranged)[0] is None
    assert read("21198-7", valueQuantity=quantity(4), interpretation=NEG)[:2] == (None, "no_unit")
    assert read(valueString="see note", interpretation=NEG)[:2] == (None, "words")


def test_a_value_that_is_absent() -> None:
    absent = {"dataAbsentReason": concept("error")}
    assert read(**absent, interpretation=NEG)[:2] == (None, "absent_reason")
    assert read()[:2] == (None, "no_value")


def test_a_panel_is_no_test_of_its_own() -> None:
    panel = observation("2118-8", hasMember=[{"reference": "Observation/o2"}])
    assert chart(panel).findings == {}


@pytest.mark.parametrize("state", ["preliminary", "unknown"])
def test_a_test_that_may_change_is_not_final(state: str) -> None:
    assert read(status=state, valueString="Negative") == ("negative", "", False)


@pytest.mark.parametrize("state", ["entered-in-error", "cancelled"])
def test_a_test_that_does_not_count(state: str) -> None:
    assert chart(observation("2118-8", status=state, valueString="Positive")).findings == {}


def test_a_name_alone_raises_suspicion_and_clears_nothing() -> None:
    name = {"text": "Urine pregnancy test"}
    assert read(name, valueString="Positive") == ("possible", "", True)
    assert read(name, valueString="Negative") == (None, "named_only", True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (concept("77386006", SNOMED), "pregnant"),
        ({"text": "Pregnant"}, "pregnant"),
        (concept("60001007", SNOMED, text="Not pregnant"), "not-pregnant"),
        ({"text": "Not pregnant"}, "not-pregnant"),
        (concept("146799005", SNOMED), "possible"),
        (concept("102874004", SNOMED), "possible"),
        (concept("152231000119106", SNOMED), "possible"),
        (concept("261665006", SNOMED, text="Unknown"), None),
        ({"text": "Previously pregnant"}, None),
    ],
)
def test_the_status_of_pregnancy(value: Any, expected: str | None) -> None:
    assert read("82810-3", valueCodeableConcept=value)[0] == expected


def test_a_status_as_text_or_by_its_name() -> None:
    assert read("82810-3", valueString="Not pregnant")[0] == "not-pregnant"
    name = {"text": "Pregnancy status"}
    assert read(name, valueString="Pregnant")[0] == "possible"
    assert read(name, valueString="Not pregnant")[:2] == (None, "named_only")
    assert read("82810-3")[:2] == (None, "no_value")


def test_it_is_asked_for_with_the_laboratory() -> None:
    asked = codes().by_query["laboratory"]
    assert {f"{LOINC}|82810-3", f"{LOINC}|2106-3"} <= set(asked)
