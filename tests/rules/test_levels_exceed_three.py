"""Levels of one session: more than three, by name and by code (rules.md 3.4, 9.16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.when import Window
from cds_service.rules.levels_exceed_three import Limits, levels_exceed_three
from tests.charts import chart_of, limit, order
from tests.times import NOW, PLANNED, days, hours, planned_on
from tests.verdicts import ask, unanswered

LIMITS = Limits(limit("3"), Window(hours=24))
TODAY, TOMORROW = planned_on(0), planned_on(1)


def add_on(count: int | None = 1, *levels: str, **more: Any) -> Any:
    return order(*levels, add_on=True, count=count, **more)


ORDERS = {
    "one": ((order("L1"),), "clear"),
    "three": ((order("L1", "L2", "L3"),), "clear"),
    "four": ((order("L1", "L2", "L3", "L4"),), "fires"),
    "the same level twice is one": ((order("L1", "L2", "L3"), order("L3")), "clear"),
    "two orders of two levels (trap 5)": ((order("L1", "L2"), order("L3", "L4")), "fires"),
    "an order on record counts": ((order("L1", "L2", "L3"), order("L4", selected=False)), "fires"),
    "no level": ((order(),), "unknown(missing)"),
    "no level in another order of the session": (
        (order("L1"), order(selected=False)),
        "unknown(missing)",
    ),
    "a doubtful level": ((order("L1", doubtful=("T12-L1",)),), "unknown(missing)"),
    "add-ons are counted though unnamed (trap 5)": (
        (order("L1"), add_on(3)),
        "unknown(conflicting)",
    ),
    "add-ons and no level at all": ((order(), add_on(3)), "fires"),
    "add-ons up to three, unnamed": ((order("L1"), add_on(1)), "unknown(missing)"),
    "add-ons that name their levels": ((order("L1"), add_on(1, "L2"), add_on(1, "L3")), "clear"),
    "add-ons named on the first order": ((order("L1", "L2", "L3"), add_on(2)), "clear"),
    "four by name and by code": ((order("L1"), add_on(3, "L2", "L3", "L4")), "fires"),
    "four by name, two by code": (
        (order("L1", "L2", "L3", "L4"), add_on(1)),
        "unknown(conflicting)",
    ),
    "three by name, four by code": (
        (order("L1", "L2", "L3"), add_on(3)),
        "unknown(conflicting)",
    ),
    "four by name, three by code": (
        (order("L1", "L2", "L3", "L4"), add_on(2)),
        "unknown(conflicting)",
    ),
    "four by name, at least two by code": (
        (order("L1", "L2", "L3", "L4"), add_on(1, at_least=True)),
        "fires",
    ),
    "an add-on without a quantity, unnamed": (
        (order("L1"), add_on(1, at_least=True)),
        "unknown(missing)",
    ),
    "an add-on with an unreadable quantity": (
        (order("L1"), add_on(None, "L2", at_least=True)),
        "unknown(missing)",
    ),
    "a facility code": ((order(composite=True, count=2, at_least=True),), "unknown(missing)"),
    "a facility code and one name": (
        (order("L1", composite=True, count=2, at_least=True),),
        "unknown(missing)",
    ),
    "a quantity above the named levels": ((order("L1", count=2),), "unknown(missing)"),
    "an unreadable quantity": ((order("L1", count=None, at_least=True),), "unknown(missing)"),
    "a quantity above three": ((order("L1", count=4),), "unknown(conflicting)"),
    "a code that does not count": ((order("L1", "L2", count=None),), "clear"),
    "a code that does not count, four levels": (
        (order("L1", "L2", "L3", "L4", count=None),),
        "fires",
    ),
}


@pytest.mark.parametrize(("orders", "expected"), ORDERS.values(), ids=list(ORDERS))
def test_levels(orders: Any, expected: str) -> None:
    assert ask(levels_exceed_three, LIMITS, [], orders=orders) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (TODAY, TODAY, "fires"),
        (TODAY, TOMORROW, "clear"),
        (TODAY, None, "fires"),
        (None, TODAY, "fires"),
        (None, None, "fires"),
    ],
)
def test_a_session_is_a_day(first: Any, second: Any, expected: str) -> None:
    orders = (order("L1", "L2", planned=first), order("L3", "L4", planned=second))
    assert ask(levels_exceed_three, LIMITS, [], orders=orders) == expected


def test_the_worst_session_answers() -> None:
    orders = (
        order("L1", planned=TODAY),
        order("T9", "T10", "T11", "T12", planned=TOMORROW),
        order("L4", "L5", selected=False, planned=planned_on(2)),
    )
    assert ask(levels_exceed_three, LIMITS, [], orders=orders) == "fires"


def test_sessions_without_a_selected_order_do_not_count() -> None:
    four = order("T9", "T10", "T11", "T12", selected=False, planned=TOMORROW)
    orders = (order("L1", planned=TODAY), four)
    assert ask(levels_exceed_three, LIMITS, [], orders=orders) == "clear"


@pytest.mark.parametrize(
    ("ago", "expected"),
    [(23.9, "fires"), (24, "fires"), (24.1, "clear"), (24 * 400, "clear")],
)
def test_what_was_done_in_the_day_before_counts(ago: float, expected: str) -> None:
    done = ((order("T11", "T12"), hours(ago, of=PLANNED)),)
    got = ask(levels_exceed_three, LIMITS, [], orders=(order("L1", "L2"),), procedures=done)
    assert got == expected


@pytest.mark.parametrize(
    ("orders", "done", "expected"),
    [
        ((order("L1"),), (order("L1"), hours(2)), "clear"),
        ((order("L1"), add_on(1, "L2")), (order("T11", "T12"), hours(2)), "fires"),
        ((order("L1"),), (order(), hours(2)), "unknown(missing)"),
        ((order("L1"),), (order("T12", doubtful=("L1-2",)), hours(2)), "unknown(missing)"),
        ((order("L1"),), (order("T12"), None), "unknown(missing)"),
        ((order("L1"),), (order(), days(30)), "clear"),
    ],
)
def test_an_earlier_procedure(orders: Any, done: Any, expected: str) -> None:
    got = ask(levels_exceed_three, LIMITS, [], orders=orders, procedures=(done,), planned=NOW)
    assert got == expected


@pytest.mark.parametrize(
    ("orders", "count"),
    [
        ((order("L1", "L2"),), "2"),
        ((order("L1"), add_on(3)), "4"),
        ((order("L1", "L2", "L3", "L4", "L5"),), "5"),
    ],
)
def test_the_card_says_how_many(orders: Any, count: str) -> None:
    answer = levels_exceed_three.ask(chart_of(orders=orders), LIMITS)
    assert dict(answer.values) == {"count": count}


def test_no_order_is_no_session() -> None:
    assert ask(levels_exceed_three, LIMITS, [], orders=()) == "unknown(missing)"


def test_a_date_far_in_the_future_is_no_session_of_ours() -> None:
    done = ((order("T10", "T11", "T12"), hours(-48, of=PLANNED + timedelta(0))),)
    got = ask(levels_exceed_three, LIMITS, [], orders=(order("L1"),), procedures=done)
    assert got == "clear"


@unanswered("service_requests", "procedures")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    one, four = (order("L1"),), (order("L1", "L2", "L3", "L4"),)
    assert (
        ask(levels_exceed_three, LIMITS, [], orders=one, states=states) == "unknown(source-error)"
    )
    assert ask(levels_exceed_three, LIMITS, [], orders=four, states=states) == "fires"
