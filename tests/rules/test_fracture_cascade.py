"""Cascade: more than three new fractures in the window (rules.md 3.7)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.when import When, Window
from cds_service.rules.fracture_cascade import Limits, fracture_cascade
from tests.charts import Some, chart_of, finding, limit, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("3", "1"), Window(days=90))
LEVELS = ("T10", "T11", "T12", "L1", "L2")


def new(count: int, value: str = "acute", when: When | None = LAST_WEEK) -> list[Some]:
    return [finding("fracture-acuity", value, level, when) for level in LEVELS[:count]]


def there(count: int, *, value: bool = True, when: When | None = LAST_WEEK) -> list[Some]:
    return [finding("vertebral-fracture", value, level, when) for level in LEVELS[:count]]


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "three": ("clear", [*new(3), *there(3)]),
    "four": ("fires", new(4)),
    "four, subacute": ("fires", new(4, "subacute")),
    "four, chronic": ("clear", [*new(4, "chronic"), *there(4)]),
    "four of unknown age": ("unknown(missing)", there(4)),
    "four, not to be judged": ("unknown(missing)", [*new(4, "indeterminate"), *there(4)]),
    "three of unknown age": ("clear", there(3)),
    "none": ("clear", there(2, value=False)),
    "ninety days": ("fires", new(4, when=days(90))),
    "ninety-one days": ("unknown(missing)", new(4, when=days(91))),
    "four without dates": ("unknown(unparseable)", new(4, when=None)),
    "four in the future": ("unknown(unparseable)", new(4, when=FUTURE)),
    "three and one without a level": (
        "unknown(suspected)",
        [*new(3), *there(3), finding("vertebral-fracture", value=True, level="")],
    ),
    "two and one without a level": (
        "clear",
        [*new(2), *there(2), finding("vertebral-fracture", value=True, level="")],
    ),
    "three of last year, and now a statement without a level": (
        "unknown(suspected)",
        [
            *new(3, when=days(91)),
            finding("vertebral-fracture", value=False, level="L1"),
            finding("vertebral-fracture", value=True, level=""),
        ],
    ),
    "neither yes nor no": ("unknown(missing)", [finding("vertebral-fracture", "perhaps")]),
}


@cases(TABLE)
def test_fracture_cascade(expected: str, facts: list[Some]) -> None:
    assert ask(fracture_cascade, LIMITS, facts) == expected


@pytest.mark.parametrize("levels", [("L1",), ("T12", "L1")])
def test_one_ordered_level_stands_for_the_imaging_that_lacks(levels: tuple[str, ...]) -> None:
    answer = fracture_cascade.ask(chart_of(orders=(order(*levels),)), LIMITS)
    assert [gap.level for gap in answer.missing] == [levels[0]]


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    facts: list[Some] = there(2)
    assert ask(fracture_cascade, LIMITS, facts, states=states) == "unknown(source-error)"
    assert ask(fracture_cascade, LIMITS, new(4), states=states) == "fires"
