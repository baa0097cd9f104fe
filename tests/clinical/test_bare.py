"""Questions that find nothing on record: remembered only where nothing could change the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cds_service.clinical import bare
from cds_service.clinical.answer import Answer, Gap, Proof
from cds_service.clinical.bare import BareAnswers, names_in, shape_of
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Kind, imaging_finding, lab
from cds_service.clinical.imaging import seen
from cds_service.clinical.rule import rule
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import Window
from tests.charts import allergy, chart_of, culture, diagnosis, drug, finding, order, result, study

MONTH = Window(days=30)
Look = Callable[[Chart], object]


def asking(look: Look) -> BareAnswers:
    """Remember a rule that looks something up, and answers the same whatever it finds."""

    @rule(limits=int, reads=())
    def looking(chart: Chart, _: int) -> Answer:
        """Look it up."""
        look(chart)
        return Answer.no()

    return BareAnswers([(looking, 0)])


LOOKS: dict[str, tuple[Look, Any]] = {
    "a result": (lambda c: c.latest(lab("inr"), MONTH), result("inr", "1")),
    "results.get": (lambda c: c.results.get("inr"), result("inr", "1")),
    "results[]": (lambda c: "inr" in c.results, result("inr", "1")),
    "all results": (lambda c: list(c.results), result("inr", "1")),
    "any result": (lambda c: bool(c.results), result("inr", "1")),
    "a finding": (
        lambda c: seen(c, imaging_finding("marrow-edema"), "L1", MONTH),
        finding("marrow-edema", value=True),
    ),
    "all findings": (lambda c: list(c.findings.items()), finding("marrow-edema", value=True)),
    "a condition": (lambda c: has_condition(c, "dialysis"), diagnosis("dialysis")),
    "all conditions": (lambda c: c.diagnoses, diagnosis("dialysis")),
    "conditions by set": (lambda c: c.members_of, diagnosis("dialysis")),
    "cultures": (lambda c: c.cultures, culture(grown=True)),
    "allergies": (lambda c: c.allergies, allergy("pmma")),
    "drugs": (lambda c: c.drugs, drug("warfarin")),
    "studies": (lambda c: c.studies, study()),
}


@pytest.mark.parametrize(("look", "fact"), LOOKS.values(), ids=LOOKS)
def test_a_question_is_asked_where_what_it_looks_for_is_there(look: Look, fact: Any) -> None:
    known = asking(look)
    assert known.to(chart_of()) == (Answer.no(),)
    assert known.to(chart_of(fact)) == (None,)


@pytest.mark.parametrize(("look", "fact"), LOOKS.values(), ids=LOOKS)
def test_what_a_question_does_not_look_for_is_nothing_to_it(look: Look, fact: Any) -> None:
    other = (
        diagnosis("vcf_other")
        if not isinstance(fact, type(diagnosis("x")))
        else culture(grown=True)
    )
    assert asking(look).to(chart_of(other)) == (Answer.no(),)


ALWAYS: dict[str, Look] = {
    "patient": lambda c: c.patient.age,
    "orders": lambda c: c.orders,
    "selected": lambda c: c.selected,
    "planned": lambda c: c.planned,
    "sources": lambda c: c.sources,
}


@pytest.mark.parametrize("look", ALWAYS.values(), ids=ALWAYS)
def test_what_every_chart_has_is_never_remembered(look: Look) -> None:
    assert asking(look).to(chart_of()) == (None,)


@pytest.mark.parametrize("name", ["lists", "procedures"])
def test_a_filled_field_counts(name: str) -> None:
    held: Any = {"drugs": ()} if name == "lists" else ((order("L1"), None),)
    known = asking(lambda c: list(getattr(c, name)))
    assert known.to(chart_of()) == (Answer.no(),)
    assert known.to(chart_of(**{name: held})) == (None,)


def test_an_answer_that_depends_on_the_time_is_not_remembered() -> None:
    @rule(limits=int, reads=())
    def on_this_day(chart: Chart, _: int) -> Answer:
        """Tell the day."""
        return Answer.no(Proof("day", when=str(chart.now.date())))

    known = BareAnswers([(on_this_day, 0)])
    assert known.to(chart_of()) == (None,)


def test_levels_queries_and_ward_each_have_an_answer_of_their_own() -> None:
    @rule(limits=int, reads=())
    def where(chart: Chart, _: int) -> Answer:
        """Say where."""
        lack = chart.lack(Kind.IMAGING) or Gap(Reason.MISSING, str(chart.inpatient))
        return chart.per_level(lambda level: Answer.unknown(lack._replace(level=level)))

    charts = [
        chart_of(),
        chart_of(orders=(order("L2"),)),
        chart_of(orders=(order("L1"), order())),
        chart_of(inpatient=None),
        chart_of(inpatient=True),
        chart_of(states={"imaging_studies": Sought.FAILED}),
    ]
    known = BareAnswers([(where, 0)])
    assert [known.to(chart) for chart in charts] == [(where.ask(chart, 0),) for chart in charts]
    assert [known.to(chart) for chart in charts] == [(where.ask(chart, 0),) for chart in charts]
    assert len({repr(known.to(chart)) for chart in charts}) == len(charts)


def test_words_of_an_order_are_never_remembered() -> None:
    chart = chart_of(orders=(order("L1", doubtful=("the Smith level",)),))
    known = asking(lambda _: None)
    assert shape_of(chart) is None
    assert known.to(chart) == (None,)
    assert not known._known


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bare, "REMEMBERED", 2)
    known = asking(lambda _: None)
    for level in ("L1", "L2", "L3", "L4", "L5"):
        assert known.to(chart_of(orders=(order(level),))) == (Answer.no(),)
        assert len(known._known) <= 2


def test_a_question_is_put_to_bare_charts_once_for_a_shape() -> None:
    seen_at = []

    @rule(limits=int, reads=())
    def counting(chart: Chart, _: int) -> Answer:
        """Count."""
        seen_at.append(chart.now)
        return Answer.unknown(Gap(Reason.MISSING, "x"))

    known = BareAnswers([(counting, 0)])
    for days in range(5):
        chart = chart_of()
        answer = known.to(chart_of(now=chart.now + timedelta(days=days)))[0]
        assert answer is not None
        assert answer.truth is Truth.UNKNOWN
    assert len(seen_at) == 2


def test_names_are_those_of_filled_fields_facts_and_sets() -> None:
    chart = chart_of(result("inr", "1"), diagnosis("dialysis"), drug("warfarin"))
    always = {"orders", "patient", "planned", "sources"}
    assert names_in(chart) == always | {"results", "inr", "diagnoses", "dialysis", "drugs"}
    assert "dialysis" not in names_in(chart_of(diagnosis("dialysis", active=False)))
