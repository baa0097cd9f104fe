"""A fragment in the canal: more than one third, per level, on CT or MRI (rules.md 3.3, 5)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.levels import between
from cds_service.clinical.when import When, Window
from cds_service.rules.canal_compromise_retropulsed_fragment import (
    Limits,
    canal_compromise_retropulsed_fragment,
)
from tests.changed import replace
from tests.charts import Some, chart_of, finding, limit, order
from tests.times import FILED, FUTURE, LAST_WEEK, days, hours
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("33.3", "%"), limit("0.1", "%"), limit("0", "%"), Window(days=90))
RULE = canal_compromise_retropulsed_fragment


def fragment(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    settings = {"modality": "CT"} | more
    return finding("retropulsion-canal-compromise", value, level, when, **settings)


def stenosis(grade: str, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("canal-stenosis-grade", grade, "L1", when, **({"modality": "MR"} | more))


SMALL, LARGE = fragment("20"), fragment("40")

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "none": ("clear", [fragment("0")]),
    "just below one third": ("clear", [fragment("33.2")]),
    "the limit": ("clear", [fragment("33.3")]),
    "one third itself": ("clear", [fragment("33.3333333")]),
    "just below the next decimal": ("clear", [fragment("33.34")]),
    "the next decimal": ("fires", [fragment("33.4")]),
    "more than thirty (trap 5)": ("unknown(unparseable)", [fragment(">30")]),
    "more than one third": ("fires", [fragment(">33.3")]),
    "at least forty": ("fires", [fragment(">=40")]),
    "less than thirty": ("clear", [fragment("<30")]),
    "less than forty": ("unknown(unparseable)", [fragment("<40")]),
    "without a figure": ("unknown(unparseable)", [fragment(None, trouble="words")]),
    "a word for a figure": (
        "unknown(unparseable)",
        [finding("retropulsion-canal-compromise", "mild")],
    ),
    "on MRI": ("clear", [fragment("20", modality="MR")]),
    "severe stenosis, a fragment that takes one percent": (
        "fires",
        [stenosis("severe"), fragment("1")],
    ),
    "from an unnamed source": ("clear", [fragment("20", modality="")]),
    "on a radiograph": ("unknown(missing)", [fragment("20", modality="XR")]),
    "large on a radiograph": ("fires", [fragment("40", modality="XR")]),
    "on a bone scan": ("unknown(missing)", [fragment("20", modality="NM")]),
    "ninety days": ("clear", [fragment("20", days(90))]),
    "ninety-one days": ("unknown(stale)", [fragment("20", days(91))]),
    "large, ninety-one days": ("unknown(stale)", [fragment("40", days(91))]),
    "without a date": ("unknown(unparseable)", [fragment("20", None)]),
    "filed only": ("unknown(unparseable)", [fragment("20", FILED)]),
    "in the future": ("unknown(unparseable)", [fragment("20", FUTURE)]),
    "preliminary and small": ("unknown(missing)", [fragment("20", final=False)]),
    "preliminary and large": ("fires", [fragment("40", final=False)]),
    "preliminary, large and newer": ("fires", [SMALL, fragment("40", days(1), final=False)]),
    "preliminary, large and older": ("clear", [SMALL, fragment("40", days(9), final=False)]),
    "preliminary, large and of the same moment": (
        "fires",
        [fragment("20", hours(9)), fragment("40", hours(9), final=False)],
    ),
    "the newest wins": ("clear", [fragment("40", days(9)), SMALL]),
    "both of one day": ("fires", [SMALL, LARGE]),
    "the newest is unreadable": ("unknown(unparseable)", [SMALL, fragment(None, days(1))]),
    "at another level": ("unknown(missing)", [fragment("40", level="L2")]),
    "severe stenosis with a smaller fragment": ("fires", [SMALL, stenosis("severe")]),
    "severe stenosis without a fragment": ("clear", [fragment("0"), stenosis("severe")]),
    "severe stenosis alone": ("unknown(missing)", [stenosis("severe")]),
    "severe stenosis long ago": ("clear", [SMALL, stenosis("severe", days(91))]),
    "moderate stenosis": ("clear", [SMALL, stenosis("moderate")]),
    "severe stenosis in a preliminary report": ("fires", [SMALL, stenosis("severe", final=False)]),
    "without a level, the only one that can be meant": ("fires", [fragment("40", level="")]),
    "without a level, another level is abnormal too": (
        "unknown(suspected)",
        [fragment("40", level=""), finding("marrow-edema", value=True, level="T8")],
    ),
    "small without a level, another level is abnormal too": (
        "unknown(missing)",
        [fragment("20", level=""), finding("marrow-edema", value=True, level="T8")],
    ),
    "none without a level, over the whole spine": (
        "clear",
        [
            fragment("0", level="", covers=between("T1", "L5")),
            finding("marrow-edema", value=True, level="T8"),
        ],
    ),
    "large without a level, of another part": (
        "unknown(missing)",
        [fragment("40", level="", covers=between("C1", "C7"))],
    ),
    "large without a level beside a small one here": (
        "unknown(suspected)",
        [SMALL, fragment("40", level=""), finding("marrow-edema", value=True, level="T8")],
    ),
    "large without a level, long ago": (
        "clear",
        [SMALL, fragment("40", days(400), ""), finding("marrow-edema", value=True, level="T8")],
    ),
}


@cases(TABLE)
def test_fragment(expected: str, facts: list[Some]) -> None:
    assert ask(RULE, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("orders", "facts", "expected"),
    [
        ((order("L1", "L2"),), [SMALL, fragment("0", level="L2")], "clear"),
        ((order("L1", "L2"),), [SMALL], "unknown(missing)"),
        ((order("L1", "L2"),), [LARGE], "fires"),
        ((order("L1", "L2"),), [fragment("40", level="")], "unknown(suspected)"),
        ((order("L1"), order("L2")), [SMALL], "unknown(missing)"),
        ((order("L1"), order("L2", selected=False)), [SMALL], "clear"),
        ((order(),), [SMALL], "unknown(missing)"),
        ((order("L1"), order()), [SMALL], "unknown(missing)"),
        ((order("L1"), order(add_on=True)), [SMALL], "unknown(missing)"),
        ((order("L1"), order(), order("L2")), [LARGE, fragment("0", level="L2")], "fires"),
        (
            (order("L1", "L2"), order(add_on=True)),
            [SMALL, fragment("0", level="L2")],
            "clear",
        ),
        ((order(doubtful=("T12-L1",)),), [SMALL], "unknown(missing)"),
        ((order("L1", doubtful=("T12-L1",)),), [SMALL], "unknown(missing)"),
        ((order("C5"),), [fragment("0", level="C5")], "unknown(missing)"),
        ((order("C5"),), [fragment("40", level="C5")], "unknown(missing)"),
        ((order("C5", "L1"),), [LARGE], "fires"),
    ],
)
def test_the_worst_level_answers(orders: Any, facts: list[Some], expected: str) -> None:
    assert ask(RULE, LIMITS, facts, orders=orders) == expected


def test_the_answer_names_its_level() -> None:
    chart = chart_of(SMALL, fragment("50", level="L3"), orders=(order("L1", "L3"),))
    answer = RULE.ask(chart, LIMITS)
    assert answer.level == "L3"
    assert {level: one.truth for level, one in answer.levels} == {"L1": "clear", "L3": "fires"}


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(RULE, LIMITS, [SMALL], states=states) == "unknown(source-error)"
    assert ask(RULE, LIMITS, [LARGE], states=states) == "fires"


def test_an_equal_finding_twice_changes_nothing() -> None:
    assert ask(RULE, LIMITS, [SMALL, replace(SMALL, reference="Observation/copy")]) == "clear"
