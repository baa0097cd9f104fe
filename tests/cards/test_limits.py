"""Limits: each with its unit and its source, in the class that the rule asks for."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from cds_service.cards.limits import read_limits
from cds_service.clinical.hold import Hold
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.statement import Cited
from cds_service.clinical.when import Window
from cds_service.errors import ContentError

SOURCED = {"source": "sir", "where": "Table 1"}


@dataclass(frozen=True, slots=True)
class Drugs:
    """A group of limits that several rules share."""

    review: Window
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """All kinds of limits."""

    inr: Quantity
    window: Window
    agents: tuple[str, ...]
    drug: Drugs


@dataclass(frozen=True, slots=True)
class Strange:
    """A limit of a kind that no file can give."""

    many: list[int]


@dataclass(frozen=True, slots=True)
class OnlyInr:
    """One number."""

    inr: Quantity


@dataclass(frozen=True, slots=True)
class OnlyWindow:
    """One length of time."""

    window: Window


@dataclass(frozen=True, slots=True)
class OnlyHolds:
    """One table of holds."""

    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """Limits that may be off."""

    inr: Quantity | None
    agents: tuple[str, ...] | None


ROW = {"agent": "warfarin", "days": 5, **SOURCED}
DRUGS = {"review": {"hours": 72, **SOURCED}, "holds": [ROW, {**ROW, "agent": "aspirin"}]}
FULL = {
    "inr": {"value": Decimal("1.5"), "unit": "{INR}", "says": "INR above 1.5", **SOURCED},
    "window": {"days": 30, **SOURCED},
    "agents": {"names": ["pmma"], **SOURCED},
    "drug": DRUGS,
}


def read(table: Any, kind: type = Limits) -> tuple[Any, dict[str, Cited]]:
    """Read limits, with one other card file at hand."""
    return read_limits(table, kind, "card.toml", {"other": DRUGS}.__getitem__)


def test_every_kind_of_limit_is_read_with_its_source() -> None:
    limits, cited = read(FULL)
    drugs = Drugs(Window(hours=72), (Hold("warfarin", days=5), Hold("aspirin", days=5)))
    assert limits == Limits(Quantity(Decimal("1.5"), "{INR}"), Window(days=30), ("pmma",), drugs)
    assert set(cited) == {
        "inr",
        "window",
        "agents",
        "drug.review",
        "drug.holds[0]",
        "drug.holds[1]",
    }
    assert cited["inr"] == Cited("sir", "Table 1", "INR above 1.5")
    assert cited["window"] == Cited("sir", "Table 1", "")


def test_a_group_of_another_card_file_is_the_same_group() -> None:
    assert read(FULL | {"drug": {"same_as": "other"}}) == read(FULL)


def test_a_mistake_in_a_group_is_laid_to_the_file_that_holds_it() -> None:
    broken = {"other": DRUGS | {"more": 1}}
    with pytest.raises(ContentError, match=r"other\.toml \[limits\]: unknown key 'more'"):
        read_limits(FULL | {"drug": {"same_as": "other"}}, Limits, "card.toml", broken.__getitem__)


@pytest.mark.parametrize(
    ("kind", "table", "message"),
    [
        (OnlyInr, {}, r"card\.toml \[limits\]: key 'inr' is missing"),
        (OnlyInr, [], r"card\.toml \[limits\]: must be a table"),
        (OnlyInr, {"inr": 1.5}, r"\[limits\] inr: must be a table"),
        (OnlyInr, {"inr": {"value": 1, "unit": "1"}}, "inr: key 'source' is missing"),
        (
            OnlyInr,
            {"inr": {"value": 1, "unit": "1", "source": "x", "where": ""}},
            "'where' must be",
        ),
        (OnlyInr, {"inr": {"value": "1", "unit": "1", **SOURCED}}, "'value' must be a number"),
        (OnlyInr, {"inr": {"value": 1, "unit": 1, **SOURCED}}, "'unit' must be a text"),
        (OnlyWindow, {"window": {"days": 1, "hours": 1, **SOURCED}}, "give either days or hours"),
        (OnlyWindow, {"window": SOURCED}, "give either days or hours"),
        (OnlyWindow, {"window": {"days": 0, **SOURCED}}, "give either days or hours"),
        (OnlyWindow, {"window": {"day": 1, **SOURCED}}, "did you mean 'days'"),
        (Strange, {"many": [1]}, "no reader for limits of type"),
        (Limits, FULL | {"drug": {"same_as": "other", "review": 1}}, "unknown key 'review'"),
        (Limits, FULL | {"drug": {"same_as": 1}}, "'same_as' must be a text"),
        (Limits, FULL | {"drug": []}, "must be a table"),
        (Limits, FULL | {"agents": {"names": "pmma", **SOURCED}}, "must be a list of texts"),
    ],
)
def test_what_does_not_fit_is_refused(kind: type, table: Any, message: str) -> None:
    with pytest.raises(ContentError, match=message):
        read(table, kind)


def hold(**row: Any) -> Hold:
    """Read one row of a table of holds."""
    made: Hold = read({"holds": [{"agent": "x", **SOURCED, **row}]}, OnlyHolds)[0].holds[0]
    return made


def test_a_row_of_holds_can_say_all_that_a_hold_knows() -> None:
    full = hold(
        hours=Decimal("36.5"),
        doses=2,
        clearance_from=30,
        clearance_below=Decimal(50),
        route="subcutaneous",
        intent="therapeutic",
        needs="aptt",
    )
    assert [full.hours, full.doses] == [Decimal("36.5"), Decimal(2)]
    assert [full.clearance_from, full.clearance_below] == [Decimal(30), Decimal(50)]
    assert (full.route, full.intent, full.needs) == ("subcutaneous", "therapeutic", "aptt")
    assert hold(none=True).none is True


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, r"holds\[0\]: a hold needs days, hours or doses"),
        ({"none": False}, "a hold needs days, hours or doses"),
        ({"days": 0}, "a hold needs days, hours or doses"),
        ({"none": "yes"}, "'none' must be true or false"),
        ({"days": Decimal("1.5")}, "'days' must be a whole number"),
        ({"hours": "36"}, "'hours' must be a number"),
        ({"days": 1, "clearance_from": "low"}, "'clearance_from' must be a number"),
        ({"days": 1, "route": 1}, "'route' must be a text"),
        ({"days": 1, "agent": ""}, "'agent' must be a text"),
        ({"day": 1}, "unknown key 'day'"),
    ],
)
def test_a_row_that_makes_no_hold_is_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ContentError, match=message):
        hold(**row)


@pytest.mark.parametrize("table", [[], {}, "x", None])
def test_a_table_of_holds_has_rows(table: Any) -> None:
    with pytest.raises(ContentError, match="must be a list of holds"):
        read({"holds": table}, OnlyHolds)


OFF = {"off": True, **SOURCED}


def test_a_limit_that_may_be_off_is_none_until_it_is_set() -> None:
    limits, cited = read({"inr": OFF, "agents": OFF}, Optional)
    assert limits == Optional(None, None)
    assert cited == {name: Cited("sir", "Table 1") for name in ("inr", "agents")}
    limits, _ = read({"inr": FULL["inr"], "agents": FULL["agents"]}, Optional)
    assert limits == Optional(Quantity(Decimal("1.5"), "{INR}"), ("pmma",))


@pytest.mark.parametrize(
    ("table", "kind", "told"),
    [
        ({"inr": OFF}, OnlyInr, "inr"),
        ({"inr": {"off": False, **SOURCED}, "agents": OFF}, Optional, "'off' must be true"),
        ({"inr": {"off": "yes", **SOURCED}, "agents": OFF}, Optional, "true or false"),
        ({"inr": {**OFF, "value": Decimal(1)}, "agents": OFF}, Optional, "unknown key 'value'"),
        ({"inr": {**OFF, "says": "INR"}, "agents": OFF}, Optional, "unknown key 'says'"),
        ({"inr": {"off": True}, "agents": OFF}, Optional, "'source' is missing"),
        ({"inr": None, "agents": OFF}, Optional, "inr"),
    ],
)
def test_off_is_no_value_and_no_escape(table: Any, kind: type, told: str) -> None:
    with pytest.raises(ContentError, match=told):
        read(table, kind)
