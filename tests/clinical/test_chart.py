"""The chart: target levels, and what an absence proves (rules.md 1.2, 1.5, 1.10)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.answer import Answer, Proof
from cds_service.clinical.evidence import Evidence, Sought, Source
from cds_service.clinical.fact import QUERIES_OF, Kind, lab
from cds_service.clinical.when import Window
from tests.changed import replace
from tests.charts import UNANSWERED, chart_of, diagnosis, order
from tests.verdicts import verdict


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("state", UNANSWERED)
def test_one_query_without_an_answer_leaves_an_absence_unproven(
    kind: Kind, state: Sought | None
) -> None:
    assert chart_of().lack(kind) is None
    for query in QUERIES_OF[kind]:
        lack = chart_of(states={query: state}).lack(kind)
        assert lack is not None
        assert lack.reason == "source-error"
        assert lack.what == kind.value


def test_why_a_source_failed_is_told() -> None:
    sources = {"laboratory": Source("laboratory", Sought.FAILED, "HTTP 403")}
    lack = chart_of(sources=sources).lack(Kind.LABORATORY)
    assert lack is not None
    assert (lack.what, lack.detail) == ("laboratory", "HTTP 403")


def test_an_absence_says_whether_it_was_sought() -> None:
    chart = chart_of(states={"laboratory": Sought.FAILED})
    assert chart.absence(lab("inr")).reason == "source-error"
    assert chart_of().absence(lab("inr"), Window(days=7)).window == "7 days"
    assert chart_of().absence(lab("inr")).window == ""


def test_a_question_is_answered_once_for_each_chart() -> None:
    asked = []
    chart, other = chart_of(), chart_of()
    for one in (chart, chart, other):
        one.once("question", lambda: asked.append("asked"))
    assert asked == ["asked", "asked"]


def test_a_changed_copy_of_a_chart_remembers_nothing() -> None:
    chart = chart_of(orders=(order("L1"),))
    assert chart.targets == ("L1",)
    assert replace(chart, orders=(order("L2"),)).targets == ("L2",)


def test_targets_are_those_of_the_selected_orders() -> None:
    chart = chart_of(orders=(order("L2", "T9"), order("L1", selected=False), order("L2")))
    assert chart.targets == ("T9", "L2")


@pytest.mark.parametrize(
    ("orders", "unnamed"),
    [
        ((order("L1"),), False),
        ((order(),), True),
        ((), True),
        ((order("L1"), order()), True),
        ((order("L1"), order(selected=False)), False),
        ((order(doubtful=("L6",)),), False),
        ((order("L1"), order(add_on=True)), True),
        ((order("L1", "L2"), order(add_on=True)), False),
        ((order("L1", "L2"), order(add_on=True, count=2)), True),
        ((order("L1", count=None), order(add_on=True, count=None)), True),
        ((order("L1", "L2", count=None), order(add_on=True, count=None)), False),
        ((order("L1", "L2", "L3"), order(add_on=True)), False),
        ((order("L1", doubtful=("L2-3",)), order(add_on=True)), False),
        ((order("L1", doubtful=("L2-3",)), order(add_on=True, count=2)), True),
        ((order("L1", doubtful=("L2-3", "L6"), count=3), order(add_on=True)), True),
    ],
)
def test_an_order_may_name_no_vertebra(orders: Any, unnamed: bool) -> None:
    assert chart_of(orders=orders).unnamed is unnamed


def test_every_level_is_asked_but_the_neck() -> None:
    asked = []

    def ask(level: str) -> Answer:
        asked.append(level)
        return Answer.no(Proof("x", level=level))

    answer = chart_of(orders=(order("C5", "L1", "L2"),)).per_level(ask)
    assert asked == ["L1", "L2"]
    assert verdict(answer) == "unknown(missing)"
    assert answer.missing[0].what == "described_region"


@pytest.mark.parametrize(
    ("orders", "lacks"),
    [
        ((order("L1"),), []),
        ((order(),), [("target_level", "")]),
        ((order("L1"), order()), [("target_level", "")]),
        ((order("L1", doubtful=("L2-3",)),), [("clear_target_level", "L2-3")]),
    ],
)
def test_a_level_that_is_not_named_is_never_clear(
    orders: Any, lacks: list[tuple[str, str]]
) -> None:
    answer = chart_of(orders=orders).per_level(lambda _: Answer.no())
    assert [(gap.what, gap.level) for gap in answer.missing] == lacks
    assert verdict(answer) == ("unknown(missing)" if lacks else "clear")


def test_the_members_of_a_set_are_its_active_conditions() -> None:
    firm, old = diagnosis("dialysis"), diagnosis("dialysis", active=False)
    chart = chart_of(firm, old, diagnosis("burst"))
    for _ in range(2):
        assert [one for one, _ in chart.members("dialysis")] == [firm]
        assert len(chart.members("burst")) == 1
        assert chart.members("deformity") == ()


def test_what_a_chart_remembers_is_no_part_of_it() -> None:
    chart, other = chart_of(orders=(order("L1"),)), chart_of(orders=(order("L1"),))
    assert chart.once("a question nobody asks twice", lambda: 1) == 1
    assert chart == other
    assert "a question nobody asks twice" not in repr(chart)


@pytest.mark.parametrize("state", list(Sought))
def test_evidence_knows_when_nothing_could_be_had(state: Sought) -> None:
    evidence = Evidence((), {"laboratory": Source("laboratory", state)})
    reached = state in (Sought.ANSWERED, Sought.INCOMPLETE)
    assert evidence.nothing_could_be_had is not reached
