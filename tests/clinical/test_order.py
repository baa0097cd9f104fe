"""Orders: when the first of them is to begin (rules.md 1.1, 9.1), and what is not assumed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from cds_service.clinical.order import HookRequest, Order, first_start
from tests.charts import order
from tests.times import NOW, planned_on

EAST = timezone(timedelta(hours=9))
NOON = datetime(2025, 5, 27, 12, tzinfo=UTC)


def at(hour: int, zone: timezone | None = UTC) -> Order:
    """Make an order that is to begin at an hour of the seventh day from now."""
    begins = datetime(2025, 5, 27, hour, tzinfo=zone)
    return order("L1", planned=planned_on(7), begins=begins)


@pytest.mark.parametrize(
    ("orders", "start"),
    [
        ([], None),
        ([order("L1")], None),
        ([order("L1", planned=planned_on(7))], NOON),
        ([order("L1"), order("L2", planned=planned_on(7))], NOON),
        ([order("L1", planned=planned_on(9)), order("L2", planned=planned_on(7))], NOON),
        ([order("L1", planned=planned_on(2), selected=False)], None),
        ([at(8)], NOON - timedelta(hours=4)),
        ([at(8, None)], NOON - timedelta(hours=4)),
        ([at(17, EAST)], NOON - timedelta(hours=4)),
        ([at(15), order("L2", planned=planned_on(7))], NOON),
        ([order("L1", planned=planned_on(-1))], NOW),
    ],
)
def test_when_the_first_order_is_to_begin(orders: list[Order], start: datetime | None) -> None:
    """A day alone is its noon, a time without a zone is of the site, nothing begins before now."""
    begins = first_start(orders, NOW)
    assert begins == start
    assert begins is None or begins.tzinfo is NOW.tzinfo


def test_an_order_claims_nothing_by_itself() -> None:
    bare = Order("ServiceRequest/o", {}, "order", "text", selected=True)
    assert not any((bare.at_least, bare.add_on, bare.composite, bare.possible))


def test_the_token_of_a_request_is_never_shown() -> None:
    said: dict[str, Any] = {"token": "very-secret"}
    request = HookRequest("order-sign", "i", "p", "u", (), **said)
    assert request.token == "very-secret"
    assert "very-secret" not in repr(request)
