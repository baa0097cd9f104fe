"""Sessions: orders of one day, and what was done in the hours before (rules.md 9.16)."""

from __future__ import annotations

from cds_service.clinical.session import levels_above, sessions
from cds_service.clinical.when import Window
from tests.charts import chart_of, limit, order
from tests.times import PLANNED, hours, planned_on
from tests.verdicts import verdict

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


def test_an_order_that_does_not_say_how_many_is_for_one_at_least() -> None:
    one, more = order("L1", count=None), order(add_on=True, count=None)
    (session,) = sessions(chart_of(orders=(one, more)), DAY)
    assert (session.counted, session.open_ended) == (2, True)
    (alone,) = sessions(chart_of(orders=(one,)), DAY)
    assert (alone.counted, alone.coded) == (None, ())


def test_a_code_for_a_whole_procedure_counts_without_saying_how_many() -> None:
    (session,) = sessions(chart_of(orders=(order("L1", composite=True, count=None),)), DAY)
    assert (session.counted, session.open_ended) == (1, True)
    assert [proof.what for proof in session.coded] == ["ordered_code"]


def test_names_and_codes_that_disagree_name_the_code() -> None:
    chart = chart_of(orders=(order("L1"), order(add_on=True, count=3)))
    answer = levels_above(chart, limit("3"), DAY)
    assert verdict(answer) == "unknown(conflicting)"
    shown = [gap.proof for gap in answer.missing if gap.what == "level_count"]
    assert [proof.what for proof in shown if proof] == ["ordered_code"]
