"""What must never matter, and what must never get better by getting worse (field notes 5.2)."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.advise import Advice, advice_for
from cds_service.catalog import Catalog
from cds_service.clinical.card import Indicator
from cds_service.clinical.evidence import Item
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.report_text import Wanted
from cds_service.clinical.truth import Truth
from cds_service.evidence.gather import Gatherer
from cds_service.narrative.texts import wanted
from cds_service.stories import Story, story_of_folder
from tests.changed import replace
from tests.conftest import PATIENTS
from tests.fhir_server import serving

ZONE = ZoneInfo("UTC")
NAMES = sorted(path.name for path in PATIENTS.iterdir())
SOME = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(name: str, procedure: Procedure) -> Story:
    return story_of_folder(PATIENTS / name, procedure)


def play(story: Story, procedure: Procedure) -> Advice:
    evidence = story.evidence()
    return advice_for(story.request(), procedure, lambda *_: evidence, story.now(ZONE))


def meaning(advice: Advice) -> list[tuple[str, str, str]]:
    """What a clinician would read, without what is new in each answer."""
    return [(one.summary, one.indicator.value, one.detail) for one in advice.cards]


def with_entries(story: Story, extra: list[dict[str, Any]]) -> Story:
    bundle = copy.deepcopy(story.bundle)
    bundle["entry"] += [{"resource": one} for one in extra]
    return replace(story, bundle=bundle)


def irrelevant(patient: str) -> list[dict[str, Any]]:
    """Resources that no rule asks for."""
    subject = {"reference": f"Patient/{patient}"}
    sodium = {
        "resourceType": "Observation",
        "id": "noise-1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "2951-2"}], "text": "Sodium"},
        "subject": subject,
        "effectiveDateTime": "2025-05-19",
        "valueQuantity": {"value": 120, "unit": "mmol/L"},
    }
    hypertension = {
        "resourceType": "Condition",
        "id": "noise-2",
        "subject": subject,
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I10"}]},
    }
    others = [
        {"resourceType": kind, "id": f"noise-{kind}", "subject": subject}
        for kind in ("Goal", "CarePlan", "Immunization", "Unheard", "Claim")
    ]
    return [sodium, hypertension, *others]


@given(name=st.sampled_from(NAMES))
@SOME
def test_irrelevant_resources_change_nothing(name: str, procedure: Procedure) -> None:
    story = read(name, procedure)
    noisy = with_entries(story, irrelevant(story.patient))
    assert meaning(play(noisy, procedure)) == meaning(play(story, procedure))


@given(name=st.sampled_from(NAMES), other=st.sampled_from(NAMES))
@SOME
def test_another_patients_resources_change_nothing(
    name: str, other: str, procedure: Procedure
) -> None:
    if name == other:
        return
    story, stranger = read(name, procedure), read(other, procedure)
    foreign = []
    for entry in stranger.bundle["entry"]:
        one = copy.deepcopy(entry["resource"])
        if one["resourceType"] in {"Patient", "OperationOutcome", "Medication", "Specimen"}:
            continue
        one["id"] = f"foreign-{one.get('id', 'x')}"
        key = "patient" if one["resourceType"] == "AllergyIntolerance" else "subject"
        one[key] = {"reference": "Patient/somebody-else"}
        foreign.append(one)
    mixed = with_entries(story, foreign)
    assert meaning(play(mixed, procedure)) == meaning(play(story, procedure))


def result(code: str, value: str, unit: str, patient: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"given-{code}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": "2025-05-20T06:00:00Z",
        "valueQuantity": {"value": float(value), "unit": unit},
    }


def with_result(story: Story, code: str, value: str, unit: str) -> Story:
    """Replace every result of a code by one."""
    bundle = copy.deepcopy(story.bundle)
    bundle["entry"] = [entry for entry in bundle["entry"] if code not in str(entry)]
    return with_entries(replace(story, bundle=bundle), [result(code, value, unit, story.patient)])


EQUAL = [
    ("777-3", {"10*9/L": "1", "10*3/uL": "1", "K/uL": "1", "/uL": "1000", "lakh/uL": "0.01"}),
    ("8310-5", {"Cel": "1", "degC": "1", "°C": "1"}),
]


@pytest.mark.parametrize(("code", "units"), EQUAL, ids=["platelets", "temperature"])
@pytest.mark.parametrize("value", ["36.5", "38", "39.2", "49", "50", "51"])
def test_equivalent_units_change_nothing(
    code: str, units: dict[str, str], value: str, procedure: Procedure
) -> None:
    story = read("everything_known_and_clear", procedure)
    truths = set()
    for unit, factor in units.items():
        number = str(Decimal(value) * Decimal(factor))
        advice = play(with_result(story, code, number, unit), procedure)
        truths.add(tuple((f.check.name, f.answer.truth) for f in advice.findings))
    assert len(truths) == 1


def severity(advice: Advice) -> int:
    """The gravest indicator, as a number that grows with it."""
    order = list(Indicator)
    return max(len(order) - order.index(card.indicator) for card in advice.cards)


LADDER = [
    ("6301-6", "{INR}", ["0.9", "1.5", "1.51", "1.8", "2.4", "9"]),
    ("777-3", "10*9/L", ["250", "51", "50", "49", "12"]),
    ("8310-5", "Cel", ["36.8", "37.9", "38", "38.1", "40.5"]),
]


@pytest.mark.parametrize(("code", "unit", "values"), LADDER, ids=["inr", "platelets", "fever"])
def test_a_worse_value_never_lowers_a_severity(
    code: str, unit: str, values: list[str], procedure: Procedure
) -> None:
    story = read("everything_known_and_clear", procedure)
    answers = [play(with_result(story, code, value, unit), procedure) for value in values]
    grave = [severity(answer) for answer in answers]
    assert grave == sorted(grave)
    assert grave[0] < grave[-1]
    fired = [sum(f.answer.truth is Truth.YES for f in answer.findings) for answer in answers]
    assert fired == sorted(fired)


def needed(procedure: Procedure, now: datetime, items: Iterable[Item]) -> Iterable[Wanted]:
    """Name what the reports among some resources still need on a day."""
    return wanted(items, procedure.codes, now)


def test_fetched_data_give_the_cards_of_prefetched_data(
    procedure: Procedure, catalog: Catalog
) -> None:
    """Every story once through a real socket, in pages of three, and once as a whole record."""
    stories = {}
    for name in NAMES:
        story = read(name, procedure)
        stories[story.patient] = story
    differing = []
    with serving(stories) as base:
        for story in stories.values():
            now = story.now(ZONE)
            needs = partial(needed, procedure, now)
            gatherer = Gatherer(catalog.queries, deadline_seconds=20, wants=needs)
            request = replace(story.request(), fhir_server=base)
            advice = advice_for(request, procedure, gatherer, now)
            gatherer.close()
            whole = play(story, procedure)
            told = [f.answer.truth for f in advice.findings]
            same = [c.summary for c in advice.cards] == [c.summary for c in whole.cards]
            same = same or bool(story.unanswered)  # why a search failed is told in other words
            if not same or told != [f.answer.truth for f in whole.findings]:
                differing.append(story.name)
    assert differing == []
