"""Which draft orders were picked (cds-hooks-conformance.md 2, points 12 to 15)."""

from __future__ import annotations

import pytest

from cds_service.facts.selection import selected_places

LONG = "eYg3-1aiW." * 19
DRAFTS = [
    {"resourceType": "ServiceRequest", "id": "a"},
    {"resourceType": "MedicationRequest", "id": "a"},
    {"resourceType": "ServiceRequest", "id": LONG},
    {"resourceType": "ServiceRequest", "id": "c"},
    {"resourceType": "ServiceRequest"},
]


@pytest.mark.parametrize(
    ("selections", "places"),
    [
        (["ServiceRequest/a"], {0}),
        (["MedicationRequest/a"], {1}),
        ([f"ServiceRequest/{LONG}"], {2}),
        (["https://ehr.example.org/r4/ServiceRequest/c"], {3}),
        (["ServiceRequest/c/_history/2"], {3}),
        (["https://ehr.example.org/r4/ServiceRequest/c/_history/2"], {3}),
        ([" c "], {3}),
        (["a"], set()),
        (["ServiceRequest/other", "", 5, None], set()),
        (["ServiceRequest/a", "c"], {0, 3}),
        ([], set()),
    ],
    ids=[
        "type and id",
        "same id, other type",
        "190 characters",
        "absolute",
        "version",
        "absolute with version",
        "bare id",
        "ambiguous bare id",
        "nothing",
        "several",
        "empty",
    ],
)
def test_selections_are_matched_by_type_and_id(selections: list[str], places: set[int]) -> None:
    """Bases and versions do not matter; what is ambiguous or unknown is ignored."""
    assert selected_places(DRAFTS, selections) == places


def test_without_selections_every_draft_counts() -> None:
    """order-sign has none: all that is signed is meant (point 19)."""
    assert selected_places(DRAFTS, None) == {0, 1, 2, 3, 4}


def test_an_id_with_slashes_is_opaque() -> None:
    """Clients invent ids; they are compared as they are."""
    drafts = [{"resourceType": "ServiceRequest", "id": "x/y/z"}]
    assert selected_places(drafts, ["ServiceRequest/x/y/z"]) == {0}
