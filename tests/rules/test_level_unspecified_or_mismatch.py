"""The level of the order against the level that imaging shows (rules.md 3.6, 9.17)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.level_unspecified_or_mismatch import Limits, level_unspecified_or_mismatch
from tests.changed import replace
from tests.charts import Some, chart_of, finding, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))
RULE = level_unspecified_or_mismatch
PRESENT = True


def edema(level: str, value: Any = PRESENT, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("marrow-edema", value, level, when, **more)


def cleft(level: str, **more: Any) -> Finding:
    return finding("intravertebral-cleft", value=True, level=level, **more)


HERE, AWAY = edema("L1"), edema("T12")

TABLE: Table = {
    "edema at the level": ("clear", [HERE]),
    "cleft at the level": ("clear", [cleft("L1")]),
    "edema at the level and elsewhere": ("clear", [HERE, AWAY]),
    "edema elsewhere only": ("fires", [AWAY]),
    "cleft elsewhere only": ("fires", [cleft("T12")]),
    "edema elsewhere, none here": ("fires", [AWAY, edema("L1", value=False)]),
    "nothing on record": ("unknown(missing)", []),
    "no edematous level at all (9.17)": ("unknown(missing)", [edema("L1", value=False)]),
    "edema here, preliminary": ("unknown(suspected)", [edema("L1", final=False)]),
    "edema here, preliminary, and elsewhere": (
        "unknown(suspected)",
        [edema("L1", final=False), AWAY],
    ),
    "edema here long ago, preliminary, and elsewhere": (
        "fires",
        [edema("L1", final=False, when=days(91)), AWAY],
    ),
    "none here, preliminary, and elsewhere": (
        "fires",
        [edema("L1", value=False, final=False), AWAY],
    ),
    "edema here unreadable, and elsewhere": (
        "unknown(unparseable)",
        [edema("L1", None, trouble="words"), AWAY],
    ),
    "edema here and none on one day": ("unknown(conflicting)", [HERE, edema("L1", value=False)]),
    "edema here and none on one day, and elsewhere": (
        "unknown(conflicting)",
        [HERE, edema("L1", value=False), AWAY],
    ),
    "edema elsewhere, preliminary": ("unknown(missing)", [edema("T12", final=False)]),
    "edema here at ninety days": ("clear", [edema("L1", when=days(90))]),
    "edema here at ninety-one days": ("unknown(stale)", [edema("L1", when=days(91))]),
    "edema here long ago, elsewhere now": ("fires", [edema("L1", when=days(91)), AWAY]),
    "edema here in the future": ("unknown(unparseable)", [edema("L1", when=FUTURE)]),
    "edema before the pain began": (
        "unknown(stale)",
        [HERE, finding("pain-onset", None, "", days(1), moment=days(4))],
    ),
    "a cleft may be older than the pain": (
        "clear",
        [cleft("L1"), finding("pain-onset", None, "", days(1), moment=days(4))],
    ),
    "edema without a level cannot confirm the level": ("unknown(suspected)", [edema("")]),
    "edema without a level beside an acute one": ("unknown(suspected)", [edema(""), AWAY]),
}


@cases(TABLE)
def test_level(expected: str, facts: list[Some]) -> None:
    assert ask(RULE, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("orders", "facts", "expected"),
    [
        ((order(),), [HERE], "fires"),
        ((order("L1"), order()), [HERE], "fires"),
        ((order("L1"), order(add_on=True)), [HERE], "fires"),
        ((order("L1", "L2"), order(add_on=True)), [HERE, edema("L2")], "clear"),
        ((order("L1"), order(selected=False)), [HERE], "clear"),
        ((order(doubtful=("T12-L1",)),), [HERE], "unknown(missing)"),
        ((order("L1", doubtful=("L6",)),), [HERE], "unknown(missing)"),
        ((order("L1", "L2"),), [HERE], "fires"),
        ((order("L1", "L2"),), [HERE, edema("L2")], "clear"),
        ((order("L1", "L2"),), [], "unknown(missing)"),
        ((order("T8", regions=frozenset({"lumbar"})),), [edema("T8")], "fires"),
        ((order("L1", regions=frozenset({"lumbar"})),), [HERE], "clear"),
        ((order("T12", "L1", regions=frozenset({"lumbar"})),), [HERE, AWAY], "clear"),
        ((order("C5"),), [edema("C5")], "unknown(missing)"),
        (
            (order("L1"), order("T8", regions=frozenset({"lumbar"}))),
            [HERE, edema("T8")],
            "fires",
        ),
    ],
)
def test_the_order(orders: Any, facts: list[Some], expected: str) -> None:
    assert ask(RULE, LIMITS, facts, orders=orders) == expected


@pytest.mark.parametrize(
    ("orders", "tier", "values"),
    [
        ((order(),), "no_level", {}),
        ((order("T8", regions=frozenset({"lumbar"})),), "region", {"ordered": "T8"}),
        ((order("L1"),), "", {"ordered": "L1", "found": "T11, T12"}),
        ((order("L2", "T12"),), "", {"ordered": "L2", "found": "T11, T12"}),
    ],
)
def test_the_card_names_both_levels(orders: Any, tier: str, values: dict[str, str]) -> None:
    answer = RULE.ask(chart_of(AWAY, edema("T11"), orders=orders), LIMITS)
    assert (answer.truth, answer.tier, dict(answer.values)) == ("fires", tier, values)


def test_a_level_is_known_by_its_name() -> None:
    """The record's own copy of the name, not the one of the order."""
    assert ask(RULE, LIMITS, [edema("-L1".removeprefix("-"))]) == "clear"


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    for facts in ([], [HERE], [AWAY], [replace(HERE, value=False), AWAY]):
        assert ask(RULE, LIMITS, facts, states=states) == "unknown(source-error)"
