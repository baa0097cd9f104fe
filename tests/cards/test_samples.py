"""Every suggestion is valid FHIR R4 before a patient sees one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.cards.content import load_drafts
from cds_service.cards.samples import prove_resource, prove_suggestions
from cds_service.errors import ContentError
from tests.changed import replace

from .builders import procedure
from .invented import DRAFTS
from .test_split import LIMIT

CARDS = Path(__file__).parents[2] / "cards" / "vertebral_augmentation"


def test_a_sample_of_every_suggestion_is_proven() -> None:
    made = procedure(LIMIT)
    # inr, two orders of `two`, mri, two of ct, ask, hold, look, and both parts of the split order
    assert prove_suggestions(made) == 11


def test_the_real_suggestions_are_fhir() -> None:
    assert prove_suggestions(procedure(LIMIT, drafts=load_drafts(CARDS))) > 20


def test_a_suggestion_that_is_not_fhir_stops_the_start() -> None:
    drafts = {"inr": replace(DRAFTS["inr"], priority="not a code ")}
    with pytest.raises(ContentError, match="a suggested ServiceRequest is not FHIR R4"):
        prove_suggestions(procedure(drafts=drafts))


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "ServiceRequest", "status": "draft"},
        {"resourceType": "Task", "status": "draft", "intent": "proposal", "note": "x"},
        {"resourceType": "Nonsense"},
        {},
    ],
)
def test_what_is_no_resource_of_r4_is_refused(resource: dict[str, str]) -> None:
    with pytest.raises(ContentError, match="is not FHIR R4"):
        prove_resource(resource)
