"""The assessment by the operator, where the record holds a schedule (rules.md 3.6, 1.7a)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Kind, Visit
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.truth import Truth
from cds_service.clinical.when import When, Window
from cds_service.rules.preprocedure_visit_timing import Limits, preprocedure_visit_timing
from tests.charts import Some, chart_of, finding
from tests.times import FILED, PLANNED, days, span
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(14))


def before(ago: float) -> When:
    """Give the day so many days before the procedure."""
    return days(ago, of=PLANNED)


def visit(when: When | None, said: str = "", **more: Any) -> Some:
    """Make a visit to the operator, or one of which something else is said."""
    return finding("operator-visit", said or True, "", when, **more)


EARLY_MAY = span(PLANNED.replace(day=1, hour=0), PLANNED.replace(day=20, hour=0), "2025-05")


def until(ago: float) -> When:
    """Give the days from the fifth before the procedure until another."""
    return span(before(5).latest - timedelta(hours=12), before(ago).latest, "2025-05-22")


TABLE: Table = {
    "none": ("fires", []),
    "a week before": ("clear", [visit(before(7))]),
    "fourteen days before": ("clear", [visit(before(14))]),
    "fifteen days before": ("fires", [visit(before(15))]),
    "the day before": ("clear", [visit(before(1))]),
    "on the day": ("fires", [visit(before(0))]),
    "after it": ("fires", [visit(before(-14))]),
    "too early and in time": ("clear", [visit(before(40)), visit(before(9))]),
    "without a day": ("unknown(suspected)", [visit(None)]),
    "with the moment of filing only": ("unknown(suspected)", [visit(FILED)]),
    "of the month": ("unknown(suspected)", [visit(EARLY_MAY)]),
    "of the days up to the procedure": ("unknown(suspected)", [visit(until(0))]),
    "of the days around the procedure": ("unknown(suspected)", [visit(until(-2))]),
    "of the days before the procedure": ("clear", [visit(until(1))]),
    "perhaps by the operator": ("unknown(suspected)", [visit(before(3), "possible")]),
    "perhaps, too early": ("fires", [visit(before(20), "possible")]),
    "planned for a day that has passed": ("unknown(suspected)", [visit(before(9), final=False)]),
    "one perhaps and one for certain": ("clear", [visit(before(3), "possible"), visit(before(8))]),
}


@cases(TABLE)
def test_an_assessment(expected: str, facts: list[Some]) -> None:
    assert ask(preprocedure_visit_timing, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (Visit("Encounter/e", "Spine clinic", before(9), ("spine",)), "unknown(suspected)"),
        (Visit("Encounter/e", "Spine clinic", before(15), ("spine",)), "fires"),
        (Visit("Encounter/e", "Dentist", before(9)), "fires"),
        (Visit("Encounter/e", "", before(9), told=False), "unknown(missing)"),
        (Visit("Encounter/e", "", before(15), told=False), "fires"),
        (Visit("Encounter/e", "", None, told=False), "unknown(missing)"),
    ],
)
def test_another_visit(held: Visit, expected: str) -> None:
    assert ask(preprocedure_visit_timing, LIMITS, [], visits=(held,)) == expected
    clear = ask(preprocedure_visit_timing, LIMITS, [visit(before(9))], visits=(held,))
    assert clear == "clear"


def test_a_visit_outside_the_time_is_shown() -> None:
    answer = preprocedure_visit_timing.ask(chart_of(visit(before(20))), LIMITS)
    assert answer.truth is Truth.YES
    assert [proof.note for proof in answer.because] == ["outside_lead"]


@unanswered("visits", "service_requests")
def test_a_schedule_that_could_not_be_asked(states: dict[str, Sought | None]) -> None:
    for facts in ([], [visit(before(9))]):
        said = ask(preprocedure_visit_timing, LIMITS, facts, states=states)
        assert said == "unknown(source-error)"


def test_a_schedule_is_not_recorded_unless_a_site_says_so(procedure: Procedure) -> None:
    """What is on record counts all the same (rules.md 9.14)."""
    check = next(one for one in procedure.checks if one.name == "preprocedure_visit_timing")
    assert not check.recorded(chart_of(), procedure.kinds)
    assert check.recorded(chart_of(visit(before(9))), procedure.kinds)
    assert check.recorded(chart_of(), frozenset({Kind.SCHEDULE}))
