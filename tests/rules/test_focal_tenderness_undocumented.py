"""Tenderness of the level: present or absent, but stated (rules.md 3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.focal_tenderness_undocumented import Limits, focal_tenderness_undocumented
from tests.changed import replace
from tests.charts import Some, finding, order
from tests.times import FILED, FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30))


def tender(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    return finding("midline-tenderness", value, level, when, **more)


YES, NO = tender(value=True), tender(value=False)

TABLE: Table = {
    "nothing on record": ("fires", []),
    "tender": ("clear", [YES]),
    "not tender, which is a statement too": ("clear", [NO]),
    "both of one day": ("clear", [YES, NO]),
    "at another level only": ("fires", [tender(value=True, level="T8")]),
    "without a level, one level meant": ("clear", [tender(value=True, level="")]),
    "without a level, another one abnormal": (
        "unknown(missing)",
        [tender(value=True, level=""), finding("marrow-edema", value=True, level="T8")],
    ),
    "twenty-nine days ago": ("clear", [tender(value=True, when=days(29))]),
    "thirty days ago": ("clear", [tender(value=True, when=days(30))]),
    "thirty-one days ago": ("fires", [tender(value=True, when=days(31))]),
    "old and new": ("clear", [tender(value=True, when=days(50)), NO]),
    "without a date": ("unknown(unparseable)", [tender(value=True, when=None)]),
    "with the time of filing only": ("unknown(unparseable)", [tender(value=True, when=FILED)]),
    "in the future": ("unknown(unparseable)", [tender(value=True, when=FUTURE)]),
    "in words": ("unknown(unparseable)", [tender(None, trouble="words")]),
    "preliminary": ("unknown(missing)", [replace(YES, final=False)]),
    "without a value": ("unknown(unparseable)", [tender(None)]),
}


@cases(TABLE)
def test_tenderness(expected: str, facts: list[Some]) -> None:
    assert ask(focal_tenderness_undocumented, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [YES], "fires"),
        (("T8", "L1"), [YES, tender(value=False, level="T8")], "clear"),
        ((), [YES], "unknown(missing)"),
        (("C5",), [tender(value=True, level="C5")], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    orders = (order(*levels),)
    assert ask(focal_tenderness_undocumented, LIMITS, facts, orders=orders) == expected


@unanswered("findings")
def test_an_absence_that_could_not_be_asked_never_fires(states: dict[str, Sought | None]) -> None:
    for facts in ([], [YES]):
        got = ask(focal_tenderness_undocumented, LIMITS, facts, states=states)
        assert got == "unknown(source-error)"
