"""Follow-up after the procedure, where the record holds a schedule (rules.md 3.7, 1.7a)."""

from __future__ import annotations

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Kind
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.when import When
from cds_service.rules.postprocedure_plan import Limits, postprocedure_plan
from tests.charts import Some, chart_of, finding
from tests.times import PLANNED, days, span
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits()


def visit(when: When | None) -> Some:
    """Plan a follow-up."""
    return finding("follow-up", value=True, level="", when=when)


MONTH = span(PLANNED.replace(day=1, hour=0), PLANNED.replace(month=6, day=1, hour=0), "2025-05")

TABLE: Table = {
    "none": ("fires", []),
    "two weeks after": ("clear", [visit(days(-14, of=PLANNED))]),
    "the day after": ("clear", [visit(days(-1, of=PLANNED))]),
    "on the day": ("clear", [visit(days(0, of=PLANNED))]),
    "the day before": ("fires", [visit(days(1, of=PLANNED))]),
    "long ago": ("fires", [visit(days(100))]),
    "without a day": ("unknown(suspected)", [visit(None)]),
    "in the month of the procedure": ("unknown(suspected)", [visit(MONTH)]),
    "one too early and one after": ("clear", [visit(days(1)), visit(days(-3, of=PLANNED))]),
}


@cases(TABLE)
def test_follow_up(expected: str, facts: list[Some]) -> None:
    assert ask(postprocedure_plan, LIMITS, facts) == expected


@unanswered("visits", "service_requests")
def test_a_schedule_that_could_not_be_asked(states: dict[str, Sought | None]) -> None:
    after = visit(days(-14, of=PLANNED))
    for facts in ([], [after]):
        assert ask(postprocedure_plan, LIMITS, facts, states=states) == "unknown(source-error)"


def test_a_schedule_is_not_recorded_unless_a_site_says_so(procedure: Procedure) -> None:
    """What is on record counts all the same (rules.md 9.14)."""
    check = next(one for one in procedure.checks if one.name == "postprocedure_plan")
    assert Kind.SCHEDULE not in procedure.kinds
    assert not check.recorded(chart_of(), procedure.kinds)
    assert check.recorded(chart_of(visit(days(-9))), procedure.kinds)
    assert check.recorded(chart_of(), frozenset({Kind.SCHEDULE}))
