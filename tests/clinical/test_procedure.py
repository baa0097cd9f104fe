"""Checks: which of them a record can answer at all (rules.md 1.7a, 9.14)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from cds_service.clinical.answer import Answer, Gap
from cds_service.clinical.chart import Chart
from cds_service.clinical.fact import Fact, Kind, condition, examination, lab, site
from cds_service.clinical.procedure import Check, Finding, Procedure, is_evidence
from cds_service.clinical.rule import rule
from cds_service.clinical.statement import RuleClass, Statement
from cds_service.clinical.truth import Reason
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, finding


def check(*reads: Fact, rests_on: tuple[Fact, ...] = ()) -> Check:
    """Make a check that answers with its limits."""

    @rule(limits=int, reads=reads, tiers=("grave",), rests_on=rests_on)
    def too_high(_: Chart, limits: int) -> Answer:
        """Compare it.

        This is for the reader of the code.
        """
        return Answer.yes().saying(value=str(limits))

    words: dict[str, Any] = {"limit_sources": {}, "sources": (), "fires": {}, "unknown_line": ""}
    return Check(too_high, Statement("too_high", "T", RuleClass.GAP, 1, 7, **words))


def test_a_rule_is_named_by_its_function_and_asks_its_docstring() -> None:
    one = check(lab("inr"))
    assert (one.name, one.rule.question, one.rule.tiers) == (
        "too_high",
        "Compare it.",
        ("grave",),
    )
    assert dict(one.ask(chart_of()).values) == {"value": "7"}


@pytest.mark.parametrize(
    ("reads", "kinds", "expected"),
    [
        ((), set(), True),
        ((lab("inr"),), {Kind.LABORATORY}, True),
        ((lab("inr"),), {Kind.CONDITION}, False),
        ((examination("neuro-deficit"),), set(), True),
        ((examination("pain-pattern"),), set(), False),
        ((examination("pain-pattern"), lab("inr")), {Kind.LABORATORY}, True),
    ],
)
def test_a_finding_that_is_there_counts_mapped_or_not(
    reads: tuple[Fact, ...], kinds: set[Kind], expected: bool
) -> None:
    chart = chart_of(finding("neuro-deficit", "new", level=""))
    assert check(*reads).recorded(chart, frozenset(kinds)) is expected


@pytest.mark.parametrize(
    ("facts", "kinds", "expected"),
    [
        ([], {Kind.CONDITION}, False),
        ([finding("pain-pattern", "mixed", level="")], {Kind.CONDITION}, True),
        ([diagnosis("radiculopathy")], set(), True),
        ([diagnosis("radiculopathy", active=False)], set(), False),
        ([diagnosis("burst")], {Kind.CONDITION}, False),
        ([], {Kind.EXAMINATION}, True),
    ],
)
def test_a_rule_is_left_out_where_what_it_needs_is_not_recorded(
    facts: list[Some], kinds: set[Kind], expected: bool
) -> None:
    pattern, codes = examination("pain-pattern"), condition("radiculopathy")
    one = check(pattern, codes, rests_on=(pattern,))
    assert one.recorded(chart_of(*facts), frozenset(kinds)) is expected


@pytest.mark.parametrize(
    ("rule_class", "answer", "counts"),
    [
        (RuleClass.ABSOLUTE, Answer.yes(), True),
        (RuleClass.RELATIVE, Answer.yes(), True),
        (RuleClass.GAP, Answer.yes(), False),
        (RuleClass.ADVISORY, Answer.yes(), False),
        (RuleClass.ABSOLUTE, Answer.no(), False),
        (RuleClass.ABSOLUTE, Answer.unknown(Gap(Reason.MISSING, "inr")), False),
        (RuleClass.ABSOLUTE, Answer.unknown(Gap(Reason.SUSPECTED, "inr")), True),
        (RuleClass.GAP, Answer.unknown(Gap(Reason.SUSPECTED, "inr")), True),
    ],
)
def test_evidence_counts_wherever_it_is_from_and_an_absence_does_not(
    rule_class: RuleClass, answer: Answer, *, counts: bool
) -> None:
    one = check(lab("inr"))
    told = Check(one.rule, replace(one.statement, rule_class=rule_class))
    assert is_evidence(told, answer) is counts


@pytest.mark.parametrize(("said", "recorded"), [(None, False), (("yes",), True), ((), True)])
def test_what_only_a_site_can_say_counts_once_it_has_said_it(
    said: tuple[str, ...] | None, *, recorded: bool
) -> None:
    one = check(site("monitoring"))
    told = Check(one.rule, replace(one.statement, limits=SimpleNamespace(monitoring=said)))
    assert told.recorded(chart_of(), frozenset()) is recorded
    other = check(examination("monitoring"))
    told = Check(other.rule, replace(other.statement, limits=SimpleNamespace(monitoring=said)))
    assert not told.recorded(chart_of(), frozenset())


def test_a_finding_is_of_a_record_that_can_answer() -> None:
    assert Finding(check(lab("inr")), Answer.no()).recorded


def test_what_is_the_same_on_every_card_is_made_once(procedure: Procedure) -> None:
    made: list[str] = []

    def make() -> str:
        made.append("made")
        return "words"

    assert [procedure.once("a key of this test", make) for _ in range(2)] == ["words", "words"]
    assert made == ["made"]
