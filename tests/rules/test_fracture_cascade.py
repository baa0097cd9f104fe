"""Cascade: more than three new fractures in the window (rules.md 3.7)."""

from __future__ import annotations

from cds_service.clinical.evidence import Sought
from cds_service.clinical.when import When, Window
from cds_service.rules.fracture_cascade import Limits, fracture_cascade
from tests.charts import Some, finding, limit
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
}


@cases(TABLE)
def test_fracture_cascade(expected: str, facts: list[Some]) -> None:
    assert ask(fracture_cascade, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    facts: list[Some] = there(2)
    assert ask(fracture_cascade, LIMITS, facts, states=states) == "unknown(source-error)"
    assert ask(fracture_cascade, LIMITS, new(4), states=states) == "fires"
