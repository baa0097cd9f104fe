"""One pass over the record: patient, stay, lists, twins, and what nobody foresaw."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.clinical.evidence import Evidence, Item, Sought, Source, Unreadable
from cds_service.clinical.fact import Fact, Kind, Patient, lab
from cds_service.clinical.fact import condition as condition_fact
from cds_service.errors import ContentError
from cds_service.facts.index import reference_of
from cds_service.facts.read import READERS, read_chart
from cds_service.facts.tables import keys_of
from tests.changed import replace
from tests.facts.records import (
    ANSWERED,
    CPT,
    FINDING,
    ICD,
    LOINC,
    NOW,
    SNOMED,
    chart,
    codes,
    concept,
    condition,
    evidence,
    finding,
    observation,
    quantity,
    read,
    trigger_table,
)


def patient(name: str = "p", **more: Any) -> dict[str, Any]:
    """Write a patient."""
    return {"resourceType": "Patient", "id": name, **more}


@pytest.mark.parametrize(
    ("born", "age"),
    [
        ("1950-05-20", 75),
        ("1950-05-21", 74),
        ("1950-05", 75),
        ("1950", 75),
        ("2007-05-21", 17),
        ("2030-01-01", None),
        ("long ago", None),
        (None, None),
    ],
)
def test_age_is_in_full_years(born: object, age: int | None) -> None:
    """Without a day the higher age counts: such patients clear drugs more slowly."""
    found = chart(patient(birthDate=born, gender="Female")).patient
    assert (found.age, found.sex, found.reference) == (age, "female", "Patient/p")


def test_two_patients_are_none() -> None:
    """Facts of two people would be mixed."""
    found, unreadable = read(patient("p"), patient("q"))
    assert found.patient == Patient()
    assert unreadable[0].why == "there is more than one patient"


@pytest.mark.parametrize(
    ("resource", "state", "inside"),
    [
        ({"status": "in-progress", "class": {"code": "IMP"}}, Sought.ANSWERED, True),
        ({"status": "in-progress", "class": {"code": "ACUTE"}}, Sought.ANSWERED, True),
        ({"status": "in-progress", "class": {"code": "AMB"}}, Sought.ANSWERED, False),
        ({"status": "finished", "class": {"code": "IMP"}}, Sought.ANSWERED, False),
        ({"status": "in-progress"}, Sought.ANSWERED, False),
        ({"status": "in-progress", "class": {"code": ["IMP"]}}, Sought.ANSWERED, False),
        ({"status": "in-progress", "class": {"code": "IMP"}}, Sought.INCOMPLETE, None),
        ({}, Sought.FAILED, None),
    ],
)
def test_a_stay_in_hospital_is_one_in_progress(
    resource: dict[str, Any], state: Sought, inside: bool | None
) -> None:
    """Where the encounters could not be asked, nobody knows."""
    encounter = {"resourceType": "Encounter", "id": "e", **resource}
    asked = replace(
        evidence(encounter), sources=ANSWERED | {"encounters": Source("encounters", state)}
    )
    found, _ = read_chart(asked, (), NOW, NOW, codes())
    assert found.inpatient is inside
    unasked, _ = read_chart(replace(asked, sources={}), (), NOW, NOW, codes())
    assert unasked.inpatient is None


def reviewed(kind: str, **more: Any) -> dict[str, Any]:
    """Write a list of drugs or allergies."""
    system = "http://terminology.hl7.org/CodeSystem/list-example-use-codes"
    coded = concept(kind, system)
    return {"resourceType": "List", "id": kind, "status": "current", "code": coded, **more}


def test_reviewed_lists_give_their_dates() -> None:
    """As proof of review (rules.md 9.4)."""
    found = chart(
        reviewed("medications", date="2025-05-01"), reviewed("allergies", date="2025-05-02")
    )
    dates = {kind: [when.text for when in whens] for kind, whens in found.lists.items()}
    assert dates == {"drugs": ["2025-05-01"], "allergies": ["2025-05-02"]}


@pytest.mark.parametrize(
    ("more", "noted"),
    [
        ({"status": "entered-in-error", "date": "2025-05-01"}, 0),
        ({"date": "2025-05-01", "emptyReason": concept("notasked", "x")}, 0),
        ({"date": "2025-05-01", "code": concept("medications", "urn:x")}, 0),
        ({"date": "2025-05-01", "code": concept("wishes", "urn:x")}, 0),
        ({"date": "soon"}, 1),
        ({}, 1),
    ],
)
def test_a_list_that_proves_no_review_is_left_out(more: dict[str, Any], noted: int) -> None:
    """Withdrawn, never asked, of another kind, or without a date."""
    found, unreadable = read(reviewed("medications", **more))
    assert found.lists == {}
    assert len(unreadable) == noted


def test_a_resource_under_two_keys_is_one_fact() -> None:
    """Prefetch keys overlap; a twin would make the newest result ambiguous."""
    inr = observation("6301-6", valueQuantity=quantity(1.1))
    assert len(chart(inr, dict(inr)).results["inr"]) == 1


def test_a_shape_that_nobody_foresaw_costs_its_own_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are read, and the loss is counted by its place and kind."""

    def break_down(*_: object) -> None:
        raise AttributeError

    monkeypatch.setitem(READERS, "List", break_down)
    found, unreadable = read(
        reviewed("medications"), observation("6301-6", valueQuantity=quantity(1))
    )
    assert "inr" in found.results
    assert unreadable == (Unreadable("List/medications", "unexpected shape (AttributeError)"),)


def test_a_finding_that_breaks_its_reader_costs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings are read last; the same holds for them."""

    def break_down(*_: object) -> None:
        raise KeyError

    monkeypatch.setattr("cds_service.facts.findings.value_of", break_down)
    found, unreadable = read(finding("marrow-edema", valueBoolean=True))
    assert found.findings == {}
    assert unreadable == (Unreadable("Observation/f1", "unexpected shape (KeyError)"),)


def test_what_was_not_gathered_well_is_told_first() -> None:
    """The list goes on where gathering ended."""
    gathered = replace(evidence(), unreadable=(Unreadable("entry 3", "no object"),))
    assert read_chart(gathered, (), NOW, NOW, codes())[1] == gathered.unreadable


def test_a_moment_without_a_zone_is_read_as_utc() -> None:
    """Nothing below the story asks the clock; it may still be handed a bare one."""
    bare = NOW.replace(tzinfo=None)
    found, _ = read_chart(evidence(), (), bare, bare, codes())
    assert found.now == bare


def test_every_fact_that_a_rule_asks_for_must_be_in_a_table() -> None:
    """A slip in a name stops the start."""
    edema, drugs = Fact("marrow-edema", Kind.FINDING), Fact("drugs", Kind.DRUG)
    codes().prove((lab("inr"), condition_fact("dialysis"), edema, drugs), "x")
    for fact in (lab("inrr"), condition_fact("x"), Fact("temperature", Kind.LABORATORY)):
        with pytest.raises(ContentError):
            codes().prove((fact,), "x")


def test_queries_ask_for_every_code_but_those_not_to_be_asked_for() -> None:
    """Race-stratified eGFR codes are accepted in the history and never requested."""
    asked = codes().by_query
    assert f"{LOINC}|6301-6" in asked["laboratory"]
    assert f"{LOINC}|8310-5" in asked["vital_signs"]
    assert f"{FINDING}|marrow-edema" in asked["findings"]
    assert f"{LOINC}|48642-3" not in asked["laboratory"]
    assert "egfr" in chart(observation("48642-3", valueQuantity=quantity(60))).results


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)
ELEMENTS = sorted(
    keys_of(
        "status code subject bodySite component hasMember contained result referenceRange specimen"
        " effectiveDateTime effectivePeriod issued valueQuantity valueString valueBoolean method"
        " valueCodeableConcept clinicalStatus verificationStatus category recordedDate note meta"
        " onsetDateTime modality series procedureCode description started derivedFrom conclusion"
        " presentedForm birthDate gender date emptyReason performedDateTime id text display class"
        " medicationCodeableConcept dosageInstruction reaction authoredOn coding reference quantity"
        " abatementDateTime interpretation"
    )
)
CODINGS = st.sampled_from(
    [
        {"coding": [{"system": LOINC, "code": code}]}
        for code in ("6301-6", "777-3", "600-7", "8310-5", "24968-0", "11475-1")
    ]
    + [
        {"coding": [{"system": ICD, "code": "A41.9"}]},
        {"coding": [{"system": CPT, "code": "22514"}]},
    ]
    + [{"coding": [{"system": FINDING, "code": code}]} for code in ("marrow-edema", "pain-onset")]
    + [{"coding": [{"system": SNOMED, "code": "66794005"}], "text": "L1"}, {"text": "INR"}]
)
VALUES = CODINGS | JSON | st.lists(CODINGS, max_size=2) | st.just("2025-05-01")
RESOURCES = st.builds(
    lambda kind, name, body: {**body, "resourceType": kind, "id": name},
    st.sampled_from(sorted(READERS)),
    st.sampled_from(["a", "b", "c", ""]),
    st.dictionaries(st.sampled_from(ELEMENTS), VALUES, max_size=8),
)


@settings(max_examples=300)
@given(st.lists(RESOURCES, max_size=6))
def test_any_json_in_a_resource_is_read_or_counted(resources: list[dict[str, Any]]) -> None:
    """No shape raises."""
    found, _ = read(*resources, table=trigger_table())
    assert found.now == NOW


@given(st.lists(JSON, max_size=5))
def test_any_json_in_place_of_a_resource_is_read(entries: list[Any]) -> None:
    """What is no resource at all is passed over."""
    found, _ = read(*entries)
    assert found.results == {}


@settings(max_examples=200)
@given(st.lists(RESOURCES, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_entries_never_changes_the_chart(
    resources: list[dict[str, Any]], order: random.Random
) -> None:
    """Servers promise no order."""
    shuffled = list(resources)
    order.shuffle(shuffled)
    assert read(*resources, table=trigger_table()) == read(*shuffled, table=trigger_table())


@given(st.lists(RESOURCES, max_size=4), JSON)
def test_irrelevant_resources_change_nothing(resources: list[dict[str, Any]], junk: Any) -> None:
    """Neither a type that we do not read nor an observation of something else."""
    others = [
        {"resourceType": "Immunization", "id": "i", "code": junk},
        observation("2339-0", "glucose", valueQuantity=quantity(5, "mmol/L")),
        condition(concept("38341003", SNOMED), "hypertension"),
    ]
    assert read(*resources)[0] == read(*resources, *others)[0]


def test_references_are_names_and_never_change() -> None:
    """A fact names the entry that it is from, by its URL where it has no id."""
    bare = observation("6301-6", valueQuantity=quantity(1.1))
    del bare["id"]
    gathered = Evidence((Item(bare, "urn:uuid:7"),), ANSWERED)
    found, _ = read_chart(gathered, (), NOW, NOW, codes())
    assert found.results["inr"][0].reference == "urn:uuid:7" == reference_of(bare, "urn:uuid:7")


def test_the_day_of_a_fact_is_that_of_the_site() -> None:
    """Late in the evening in UTC it is the next day in Berlin."""
    now = datetime(2025, 5, 20, 14, tzinfo=ZoneInfo("Europe/Berlin"))
    late = observation(
        "6301-6", effectiveDateTime="2025-05-18T23:30:00Z", valueQuantity=quantity(1)
    )
    found, _ = read_chart(evidence(late), (), now, now, codes())
    when = found.results["inr"][0].when
    assert when is not None
    assert when.text == "2025-05-19"
