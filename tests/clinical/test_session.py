"""Sessions: orders of one day, and what was done in the hours before (rules.md 9.16)."""

from __future__ import annotations

from cds_service.clinical.session import sessions
from cds_service.clinical.when import Window
from tests.charts import chart_of, order
from tests.times import PLANNED, hours, planned_on

DAY = Window(hours=24)


def test_an_order_without_a_day_belongs_to_every_session() -> None:
    orders = (
        order("L1", planned=planned_on(1)),
        order("L2", planned=planned_on(2)),
        order("L3"),
    )
    named = [list(session.named) for session in sessions(chart_of(orders=orders), DAY)]
    assert named == [["L1", "L3"], ["L2", "L3"]]


def test_each_level_names_the_order_that_names_it() -> None:
    done = ((order("T12", "L1"), hours(2, of=PLANNED)),)
    chart = chart_of(orders=(order("L2", "L1"), order("L1", "L3")), procedures=done)
    (session,) = sessions(chart, DAY)
    assert dict(session.named) == {
        "T12": "ServiceRequest/T12-L1",
        "L1": "ServiceRequest/L2-L1",
        "L2": "ServiceRequest/L2-L1",
        "L3": "ServiceRequest/L1-L3",
    }
    assert session.counted is None


def test_codes_count_what_they_stand_for_and_what_was_done() -> None:
    done = ((order("T12", "L1"), hours(2, of=PLANNED)),)
    orders = (order("L1"), order(add_on=True, count=2))
    (session,) = sessions(chart_of(orders=orders, procedures=done), DAY)
    assert session.counted == 4
    assert [proof.reference for proof in session.coded] == ["ServiceRequest/bare"]


def test_without_a_selected_order_the_session_is_empty() -> None:
    (session,) = sessions(
        chart_of(orders=(order("L1", selected=False, planned=planned_on(1)),)), DAY
    )
    assert not session.named
    assert session.unnamed
