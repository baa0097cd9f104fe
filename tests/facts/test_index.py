"""References and twins: one resource counts once, and a doubtful name resolves to nothing."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Item
from cds_service.facts.index import Index, reference_of, without_twins

DRUG: dict[str, Any] = {"resourceType": "Medication", "id": "m1"}


def index(*items: Item) -> Index:
    """Index some items."""
    return Index(without_twins(items))


def test_every_form_of_a_reference_resolves() -> None:
    """Relative, absolute, with a version, by urn, and as a bare string."""
    base = "https://ehr.example.org/r4"
    found = index(Item(DRUG, f"{base}/Medication/m1"), Item({"resourceType": "X"}, "urn:uuid:1"))
    for text in ("Medication/m1", f"{base}/Medication/m1", f"{base}/Medication/m1/_history/3"):
        assert found.resolve({"reference": text}, {}) is DRUG
        assert found.resolve(text, {}) is DRUG
    assert found.resolve({"reference": "urn:uuid:1"}, {}) == {"resourceType": "X"}
    assert found.resolve({"reference": "https://proxy.example.org/Medication/m1"}, {}) is DRUG


def test_a_contained_resource_resolves_in_its_holder_only() -> None:
    """`#m` means something else in every resource."""
    holder = {"contained": [{"resourceType": "Medication", "id": "m"}, "junk"]}
    assert index().resolve({"reference": "#m"}, holder) == holder["contained"][0]
    assert index().resolve({"reference": "#m"}, {}) is None


def test_what_points_nowhere_is_none() -> None:
    """Identifiers without a reference, junk, and missing targets."""
    references: list[object] = [{}, {"identifier": {"value": "1"}}, None, 5, [], "Medication/other"]
    for reference in references:
        assert index(Item(DRUG)).resolve(reference, {}) is None


def test_a_name_of_two_resources_resolves_to_neither() -> None:
    """Two servers may both have a Medication/m1: taking one of them would be a guess."""
    other = DRUG | {"code": {"text": "warfarin"}}
    found = index(
        Item(DRUG, "https://a.example.org/Medication/m1"),
        Item(other, "https://b.example.org/Medication/m1"),
    )
    assert found.resolve("Medication/m1", {}) is None
    assert found.resolve("https://b.example.org/Medication/m1", {}) is other


def test_the_same_resource_under_two_keys_counts_once() -> None:
    """Prefetch keys overlap."""
    items = [Item(DRUG, origin="a"), Item(dict(DRUG), "https://ehr.example.org/Medication/m1", "b")]
    assert len(without_twins(items)) == 1


def test_of_two_versions_the_later_one_counts() -> None:
    """Whichever comes first."""
    old = DRUG | {"meta": {"lastUpdated": "2025-01-01T00:00:00Z"}, "status": "active"}
    new = DRUG | {"meta": {"lastUpdated": "2025-02-01T00:00:00Z"}, "status": "inactive"}
    for pair in ([old, new], [new, old]):
        kept = without_twins(map(Item, pair))
        assert [item.resource for _, item in kept] == [new]


def test_two_versions_without_an_order_both_count() -> None:
    """Nobody can tell which one is newer."""
    assert len(without_twins([Item(DRUG), Item(DRUG | {"status": "active"})])) == 2


def test_a_resource_without_id_is_named_by_its_url() -> None:
    """So that a card can still point at it."""
    assert reference_of({"resourceType": "Observation"}, "urn:uuid:2") == "urn:uuid:2"
    assert reference_of({"resourceType": "Observation"}) == "Observation"
    assert reference_of({"resourceType": "Observation", "id": "o"}, "urn:uuid:2") == "Observation/o"
