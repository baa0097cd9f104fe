"""Splitting an order into sessions: the parts together are the order, and say so truthfully."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from cds_service.cards.case import Case
from cds_service.cards.split import split
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.statement import RuleClass

from .builders import case, check, order
from .invented import DRAFTS


@dataclass(frozen=True, slots=True)
class Levels:
    """The limit by which an order is split."""

    levels_above: Quantity = Quantity(Decimal(3))  # noqa: RUF009 -- frozen


LIMIT = check("levels", RuleClass.RELATIVE, 2, limits=Levels())
OTHER = check("other", RuleClass.RELATIVE, 1)
FIVE = ("T11", "T12", "L1", "L2", "L3")
SITES = [{"text": level} for level in ("L3", "L1", "T11", "T12", "L2")]


def many(levels: tuple[str, ...] = FIVE, **resource: Any) -> Case:
    """Make a case of one order, which a session of three levels may not hold."""
    full = {"bodySite": SITES, **resource}
    return case(order(*levels, resource=full), checks=[OTHER, LIMIT])


def test_the_parts_hold_every_site_once_in_the_order_of_the_orderer() -> None:
    kept, rest = split(many(), DRAFTS["split"])
    assert kept.resource is not None
    assert rest.resource is not None
    assert kept.resource["bodySite"] + rest.resource["bodySite"] == SITES
    assert (kept.kind, kept.description) == ("update", "Split: L3, L1, T11")
    assert (rest.kind, rest.description) == ("create", "Split: T12, L2")


def test_the_first_part_is_the_order_itself() -> None:
    made = many(identifier=[{"value": "A"}], occurrenceDateTime="2025-06-01", text={"div": "five"})
    kept, _ = split(made, DRAFTS["split"])
    [selected] = made.chart.selected
    same = {k: v for k, v in selected.resource.items() if k not in ("bodySite", "text")}
    assert kept.resource is not None
    assert {k: v for k, v in kept.resource.items() if k != "bodySite"} == same


def test_the_second_part_is_a_new_draft_without_the_names_and_the_day_of_the_first() -> None:
    of_one: dict[str, Any] = {
        "identifier": [{"value": "A"}],
        "requisition": {"value": "R"},
        "meta": {"versionId": "1"},
        "occurrenceDateTime": "2025-06-01",
        "text": {"div": "five levels"},
    }
    code, note = {"text": "Kyphoplasty"}, [{"text": "as discussed"}]
    of_both: dict[str, Any] = {"status": "active", "code": code, "note": note}
    _, rest = split(many(FIVE, **of_both, **of_one), DRAFTS["split"])
    assert rest.resource == {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "code": code,
        "note": [*note, {"text": "Second session"}],
        "bodySite": SITES[3:],
    }


def test_the_order_of_the_hook_is_not_touched() -> None:
    made = many(note=[{"text": "a"}])
    before = str(made.chart.selected[0].resource)
    split(made, DRAFTS["split"])
    assert str(made.chart.selected[0].resource) == before


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"text": "L1", "coding": [{"display": "x"}]}, "L1"),
        ({"coding": [{"code": "1"}, {"display": "First lumbar"}]}, "1"),
        ({"coding": [{"display": "First lumbar", "code": "1"}]}, "First lumbar"),
        ({"coding": ["x", {"display": 5}]}, "site"),
        ({"coding": "x", "text": ["L1"]}, "site"),
        ({}, "site"),
    ],
)
def test_a_site_is_said_in_its_own_words(site: dict[str, Any], words: str) -> None:
    kept, _ = split(many(bodySite=[site, *SITES[1:]]), DRAFTS["split"])
    assert kept.description == f"Split: {words}, L1, T11"


@pytest.mark.parametrize(
    "made",
    [
        many(("T12", "L1", "L2"), bodySite=SITES[:3]),
        many(bodySite=SITES[:4]),
        many(bodySite=[{"text": "T11 to L3"}]),
        many(bodySite=["T11", *SITES[1:]]),
        many(bodySite="everywhere"),
        many(bodySite=None),
        many(quantityQuantity={"value": 5}),
        many(quantityRange={"low": {"value": 4}}),
        case(order(*FIVE, resource={"bodySite": SITES}), checks=[OTHER]),
        case(order(*FIVE, resource={"bodySite": SITES}, selected=False), checks=[LIMIT]),
    ],
)
def test_an_order_that_cannot_be_split_by_its_sites_is_left_whole(made: Case) -> None:
    assert split(made, DRAFTS["split"]) == ()


def test_the_order_of_most_levels_is_split() -> None:
    small = order("L4", reference="ServiceRequest/small")
    large = order(*FIVE, resource={"id": "large", "bodySite": SITES})
    kept, _ = split(case(small, large, checks=[LIMIT]), DRAFTS["split"])
    assert kept.resource is not None
    assert kept.resource["id"] == "large"
