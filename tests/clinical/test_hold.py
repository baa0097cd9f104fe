"""Rows of the table of holds: how long, for whom, and how a card says it (rules.md 6)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.clinical.hold import Hold, renal, rows_for
from cds_service.clinical.kidney import Clearance
from tests.charts import drug
from tests.holds import HOLDS
from tests.times import FUTURE, NOW, days, hours, month

DOZEN = Decimal(12)


@pytest.mark.parametrize(
    ("hold", "said"),
    [
        (Hold("a", days=5), "5 days"),
        (Hold("a", days=1), "1 day"),
        (Hold("a", doses=Decimal(1)), "1 dose"),
        (Hold("a", doses=Decimal(2), hours=Decimal(24)), "2 doses or 24 hours"),
        (Hold("a", none=True), "no hold"),
    ],
)
def test_a_hold_is_said(hold: Hold, said: str) -> None:
    assert str(hold) == said


@pytest.mark.parametrize(
    ("hold", "value", "covered"),
    [
        (Hold("a"), "3", True),
        (Hold("a", clearance_from=Decimal(50)), "50", True),
        (Hold("a", clearance_from=Decimal(50)), "50.1", True),
        (Hold("a", clearance_from=Decimal(50)), "120", True),
        (Hold("a", clearance_from=Decimal(50)), "49.9", False),
        (Hold("a", clearance_from=Decimal(15), clearance_below=Decimal(50)), "49.9", True),
        (Hold("a", clearance_from=Decimal(15), clearance_below=Decimal(50)), "50.1", False),
        (Hold("a", clearance_below=Decimal(50)), "90", False),
        (Hold("a", clearance_below=Decimal(50)), "3", True),
        (Hold("a", clearance_from=Decimal(15), clearance_below=Decimal(50)), "15", True),
        (Hold("a", clearance_from=Decimal(15), clearance_below=Decimal(50)), "14.9", False),
        (Hold("a", clearance_from=Decimal(15), clearance_below=Decimal(50)), "50", False),
    ],
)
def test_a_band_of_clearance(hold: Hold, value: str, covered: bool) -> None:
    assert hold.covers(Decimal(value)) is covered


@pytest.mark.parametrize(
    ("hold", "last", "interval", "expected"),
    [
        (Hold("a", days=5), days(5), None, "fires"),
        (Hold("a", days=5), days(6), None, "clear"),
        (Hold("a", days=5), month(4), None, "clear"),
        (Hold("a", days=5), month(5), None, "fires"),
        (Hold("a", days=5), FUTURE, None, "fires"),
        (Hold("a", hours=Decimal(6)), hours(6), None, "clear"),
        (Hold("a", hours=Decimal(6)), hours(5.9), None, "fires"),
        (Hold("a", hours=Decimal(6)), days(0), None, "fires"),
        (Hold("a", hours=Decimal(12)), days(1), None, "clear"),
        (Hold("a", hours=Decimal(13)), days(1), None, "fires"),
        (Hold("a", doses=Decimal(4)), hours(47), DOZEN, "fires"),
        (Hold("a", doses=Decimal(4)), hours(48), DOZEN, "clear"),
        (Hold("a", doses=Decimal(4)), days(900), None, "unknown"),
        (Hold("a", doses=Decimal(4)), days(900), Decimal(0), "unknown"),
        (Hold("a", doses=Decimal(2), hours=Decimal(30)), hours(25), DOZEN, "fires"),
        (Hold("a", doses=Decimal(2), hours=Decimal(30)), hours(30), DOZEN, "clear"),
        (Hold("a", doses=Decimal(2), hours=Decimal(24)), hours(30), None, "unknown"),
        (Hold("a", none=True), days(0), None, "clear"),
        (Hold("a"), days(0), None, "unknown"),
    ],
)
def test_the_last_dose(hold: Hold, last: object, interval: Decimal | None, expected: str) -> None:
    assert hold.holds(last, NOW, interval) == expected  # type: ignore[arg-type] # all rows are a When


@pytest.mark.parametrize(
    ("agent", "more", "clearance", "rows"),
    [
        ("apixaban", {}, None, 2),
        ("apixaban", {}, "50", 1),
        ("apixaban", {}, "14", 0),
        ("heparin", {}, None, 2),
        ("heparin", {"route": "iv"}, None, 1),
        ("heparin", {"route": "oral"}, None, 0),
        ("enoxaparin", {}, None, 2),
        ("enoxaparin", {"intent": "prophylactic"}, None, 1),
        ("tinzaparin", {}, None, 0),
    ],
)
def test_what_is_not_known_leaves_every_row_standing(
    agent: str, more: dict[str, str], clearance: str | None, rows: int
) -> None:
    known = Clearance(Decimal(clearance) if clearance else None)
    assert len(rows_for(HOLDS, drug(agent, **more), agent, known)) == rows


def test_which_holds_ask_the_kidneys() -> None:
    agents = {hold.agent for hold in HOLDS if renal(HOLDS, hold.agent)}
    assert agents == {"apixaban", "rivaroxaban", "dabigatran", "fondaparinux"}


def test_an_agent_is_known_by_its_name() -> None:
    """The record's own copy of it, not the one of the table."""
    name = "-dabigatran".removeprefix("-")
    assert rows_for(HOLDS, drug(name), name, Clearance(None))
    assert renal(HOLDS, name)
