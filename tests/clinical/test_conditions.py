"""Conditions: active or without status count, weak ones raise suspicion (rules.md 1.2, 1.4)."""

from __future__ import annotations

import pytest

from cds_service.clinical.answer import Answer, Proof
from cds_service.clinical.conditions import has_condition, suspicion
from cds_service.clinical.fact import Diagnosis
from tests.changed import replace
from tests.charts import UNANSWERED, chart_of, diagnosis
from tests.verdicts import verdict

FIRM = diagnosis("dialysis")
WORDS = diagnosis("dialysis", by_words=True)
OLD = diagnosis("dialysis", dormant=True)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([], "clear"),
        ([FIRM], "fires"),
        ([replace(FIRM, active=False)], "clear"),
        ([diagnosis("dialysis", possible=True)], "unknown(suspected)"),
        ([WORDS], "unknown(suspected)"),
        ([OLD], "unknown(stale)"),
        ([OLD, WORDS], "unknown(suspected)"),
        ([WORDS, FIRM], "fires"),
        ([diagnosis("malignancy_spine")], "clear"),
    ],
)
def test_members_of_a_set(members: list[Diagnosis], expected: str) -> None:
    assert verdict(has_condition(chart_of(*members), "dialysis")) == expected


def test_a_set_may_be_narrowed() -> None:
    chart = chart_of(diagnosis("bleeding_disorder", marks={"dic": True}), WORDS)
    narrow = has_condition(chart, "bleeding_disorder", lambda _, match: "dic" in match.marks)
    other = has_condition(chart, "bleeding_disorder", lambda _, match: "liver" in match.marks)
    assert (verdict(narrow), verdict(other)) == ("fires", "clear")


@pytest.mark.parametrize("state", UNANSWERED)
def test_none_found_proves_nothing_where_not_all_could_be_asked(state: str | None) -> None:
    chart = chart_of(states={"conditions": state})  # type: ignore[dict-item] # a member of Sought
    assert verdict(has_condition(chart, "dialysis")) == "unknown(source-error)"


def test_only_a_yes_is_a_suspicion() -> None:
    proof = Proof("inr")
    assert [gap.proof for gap in suspicion(Answer.yes(proof), "x")] == [proof]
    assert suspicion(Answer.no(proof), "x") == ()


@pytest.mark.parametrize(
    ("weak", "detail"),
    [
        (WORDS, "words_only"),
        (diagnosis("dialysis", possible=True), "possible_code"),
        (diagnosis("dialysis", possible=True, by_words=True), "words_only"),
        (OLD, "old_encounter_diagnosis"),
    ],
)
def test_why_a_condition_is_weak_is_told(weak: Diagnosis, detail: str) -> None:
    answer = has_condition(chart_of(weak), "dialysis")
    assert [gap.detail for gap in answer.missing] == [detail]
