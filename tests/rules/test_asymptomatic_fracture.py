"""A painless fracture: stated so, never concluded from a score alone (rules.md 3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding, Result
from cds_service.clinical.when import When, Window
from cds_service.rules.asymptomatic_fracture import Limits, asymptomatic_fracture
from tests.charts import Some, chart_of, finding, limit, order, result
from tests.times import FUTURE, LAST_WEEK, YESTERDAY, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30), Window(days=14), limit("0", "{score}"))


def exam(name: str, value: Any, level: str = "L1", when: When | None = LAST_WEEK) -> Finding:
    return finding(name, value, level, when)


def hurts(value: Any, when: When | None = LAST_WEEK, level: str = "L1") -> Finding:
    return exam("level-symptomatic", value, level, when)


def tender(value: Any, when: When | None = LAST_WEEK, level: str = "L1") -> Finding:
    return exam("midline-tenderness", value, level, when)


def pattern(value: Any, when: When | None = LAST_WEEK, level: str = "") -> Finding:
    return exam("pain-pattern", value, level, when)


def pain(said: str, when: When | None = YESTERDAY, **more: Any) -> Result:
    return result("pain_score", said, when, **more)


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "stated as painful": ("clear", [hurts(value=True)]),
    "stated as painless": ("fires", [hurts(value=False)]),
    "no pain at all": ("fires", [pattern("none")]),
    "no pain at another level": ("unknown(missing)", [pattern("none", level="T8")]),
    "some pattern": ("unknown(missing)", [pattern("axial-midline")]),
    "painless, yet tender and in pain": (
        "fires",
        [hurts(value=False), tender(value=True), pain("7")],
    ),
    "tender and in pain": ("clear", [tender(value=True), pain("1")]),
    "tender without a score": ("unknown(missing)", [tender(value=True)]),
    "tender, score too old": ("unknown(stale)", [tender(value=True), pain("7", days(15))]),
    "tender, score fourteen days ago": ("clear", [tender(value=True), pain("7", days(14))]),
    "tender elsewhere and in pain": (
        "unknown(missing)",
        [tender(value=True, level="T8"), pain("7")],
    ),
    "in pain alone": ("unknown(missing)", [pain("7")]),
    "a single score of no pain": ("unknown(suspected)", [pain("0")]),
    "tender, yet a score of no pain": ("unknown(suspected)", [tender(value=True), pain("0")]),
    "painful, yet a score of no pain": ("clear", [hurts(value=True), pain("0")]),
    "painless thirty days ago": ("fires", [hurts(value=False, when=days(30))]),
    "painless thirty-one days ago": ("unknown(stale)", [hurts(value=False, when=days(31))]),
    "painful thirty days ago": ("clear", [hurts(value=True, when=days(30))]),
    "painful thirty-one days ago": ("unknown(stale)", [hurts(value=True, when=days(31))]),
    "painless, since then painful": (
        "clear",
        [hurts(value=False, when=days(9)), hurts(value=True)],
    ),
    "painful without a date": ("unknown(unparseable)", [hurts(value=True, when=None)]),
    "painful in the future": ("unknown(unparseable)", [hurts(value=True, when=FUTURE)]),
    "painful, pattern unreadable": (
        "unknown(unparseable)",
        [hurts(value=True), finding("pain-pattern", None, "", trouble="words")],
    ),
    "painless in a preliminary note": (
        "fires",
        [finding("level-symptomatic", value=False, final=False)],
    ),
    "painful in a preliminary note": (
        "unknown(missing)",
        [finding("level-symptomatic", value=True, final=False)],
    ),
    "painful and painless at one time": ("fires", [hurts(value=True), hurts(value=False)]),
}


@cases(TABLE)
def test_painless(expected: str, facts: list[Some]) -> None:
    assert ask(asymptomatic_fracture, LIMITS, facts) == expected


def test_pain_beside_the_statement_is_shown() -> None:
    chart = chart_of(hurts(value=False), tender(value=True), pain("7"))
    answer = asymptomatic_fracture.ask(chart, LIMITS)
    assert answer.notes == ("contradicted",)
    assert {proof.what for proof in answer.because} == {
        *("level-symptomatic", "midline-tenderness", "pain_score")
    }


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [hurts(value=True)], "unknown(missing)"),
        (("T8", "L1"), [hurts(value=True), hurts(value=False, level="T8")], "fires"),
        (("T8", "L1"), [pattern("none")], "fires"),
        ((), [hurts(value=True)], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(asymptomatic_fracture, LIMITS, facts, orders=(order(*levels),)) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    known: list[list[Some]] = [[], [hurts(value=True)], [tender(value=True), pain("7")]]
    for facts in known:
        assert ask(asymptomatic_fracture, LIMITS, facts, states=states) == "unknown(source-error)"
    assert ask(asymptomatic_fracture, LIMITS, [hurts(value=False)], states=states) == "fires"
