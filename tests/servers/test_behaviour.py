"""What real servers do and our fake one cannot know: caches, small pages, references."""

from __future__ import annotations

from typing import Any, Final

import pytest

from cds_service.catalog import Catalog
from cds_service.clinical.evidence import Sought
from cds_service.errors import DataUnavailable
from cds_service.stories import Story, draft_orders
from tests.changed import replace
from tests.servers.conftest import Real
from tests.servers.records import DAY
from tests.servers.storing import store
from tests.servers.test_stories import by_record, by_server, shown

RESULTS: Final = 130
"""More than two pages of HAPI hold, and than its first look at a search brings."""


def story_of(patient: str, catalog: Catalog, *resources: dict[str, Any]) -> Story:
    """Write a story of a patient with some resources; each gets the patient as subject."""
    drafts = draft_orders(["22514"], ["L1"], patient, catalog.procedures[0])
    birth = {"resourceType": "Patient", "id": patient, "birthDate": "1950-01-01", "gender": "male"}
    subject = {"reference": f"Patient/{patient}"}
    told = [
        {**one, ("patient" if one["resourceType"] == "AllergyIntolerance" else "subject"): subject}
        for one in resources
    ]
    entries = [{"resource": one} for one in (birth, *told)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return Story(patient, bundle, DAY, drafts, (f"ServiceRequest/{drafts[0]['id']}",), patient)


def keep(real: Real, story: Story) -> None:
    """Store a story."""
    assert store(real.base, {story.name: story}, 40) == {}


def result(number: int) -> dict[str, Any]:
    """Write an INR, each a day older than the one before."""
    day = DAY.toordinal() - number
    return {
        "resourceType": "Observation",
        "id": f"many-{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "6301-6"}]},
        "effectiveDateTime": type(DAY).fromordinal(day).isoformat(),
        "valueQuantity": {"value": 1.1, "unit": "{INR}"},
    }


ALLERGY: Final = {
    "resourceType": "AllergyIntolerance",
    "id": "just-noted",
    "clinicalStatus": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                "code": "active",
            }
        ]
    },
    "code": {"text": "Bone cement"},
}
DRUG: Final = {
    "resourceType": "Medication",
    "id": "shared-drug",
    "code": {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "11289"}]
    },
}
PRESCRIPTION: Final = {
    "resourceType": "MedicationRequest",
    "id": "named-elsewhere",
    "status": "active",
    "intent": "order",
    "medicationReference": {"reference": "Medication/shared-drug"},
    "authoredOn": DAY.isoformat(),
}


def test_what_was_noted_a_moment_ago_is_on_the_card(real: Real, catalog: Catalog) -> None:
    """Selected, then signed a few seconds later: in between an allergy was noted."""
    before = story_of("noted", catalog)
    keep(real, before)
    assert not _warned(by_server(before, catalog, real.base))
    keep(real, story_of("noted", catalog, ALLERGY))
    assert _warned(by_server(before, catalog, real.base))


def _warned(advice: Any) -> bool:
    return any("allergy_cement" in card.fired for card in advice.cards)


def test_a_long_answer_comes_whole(real: Real, catalog: Catalog) -> None:
    story = story_of("many", catalog, *(result(number) for number in range(RESULTS)))
    keep(real, story)
    advice = by_server(story, catalog, real.base)
    brought = [item for item in advice.evidence.items if item.resource["id"].startswith("many-")]
    assert len(brought) == RESULTS
    assert advice.evidence.sources["laboratory"].state is Sought.ANSWERED
    assert shown(advice) == shown(by_record(story, catalog))


@pytest.mark.parametrize("form", ["asked", "simpler"])
def test_a_drug_that_stands_elsewhere_is_read(form: str, real: Real, catalog: Catalog) -> None:
    """HAPI sends it along (_include); the other server leaves it to be read."""
    story = story_of("elsewhere", catalog, PRESCRIPTION)
    drug = {**story.bundle, "entry": [{"resource": DRUG}, *story.bundle["entry"]]}
    whole = replace(story, bundle=drug)
    keep(real, whole)
    if form == "simpler":
        plain = {
            name: replace(query, asked="", template=query.simpler or query.template)
            for name, query in catalog.queries.items()
        }
        catalog = replace(catalog, queries=plain)
    advice = by_server(story, catalog, real.base)
    assert any("anticoagulant_active" in card.fired for card in advice.cards)


def test_a_patient_whom_the_server_does_not_know_gets_no_cards(
    real: Real, catalog: Catalog
) -> None:
    """It answers every search with nothing: that is no record without findings (412)."""
    with pytest.raises(DataUnavailable):
        by_server(story_of("nobody", catalog), catalog, real.base)
