"""What dominates the pain; a code alone never says so (rules.md 3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Diagnosis, Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.radiculopathy_dominant import Limits, radiculopathy_dominant
from tests.charts import Some, diagnosis, finding, order
from tests.times import LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30))


def pattern(value: Any, when: When | None = LAST_WEEK, level: str = "", **more: Any) -> Finding:
    return finding("pain-pattern", value, level, when, **more)


def coded(region: str = "", **more: Any) -> Diagnosis:
    return diagnosis("radiculopathy", marks={"region": region} if region else {}, **more)


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "radicular": ("fires", [pattern("radicular")]),
    "off the midline": ("fires", [pattern("off-midline")]),
    "axial": ("clear", [pattern("axial-midline")]),
    "mixed": ("unknown(suspected)", [pattern("mixed")]),
    "no pain": ("unknown(missing)", [pattern("none")]),
    "radicular at this level": ("fires", [pattern("radicular", level="L1")]),
    "radicular at another level": ("unknown(missing)", [pattern("radicular", level="T4")]),
    "code without a pattern": ("unknown(suspected)", [coded()]),
    "code of this region": ("unknown(suspected)", [coded("lumbar")]),
    "code of another region": ("unknown(missing)", [coded("cervical")]),
    "resolved code": ("unknown(missing)", [coded(active=False)]),
    "code from an old visit": ("unknown(stale)", [coded(dormant=True)]),
    "code, yet the pain is axial": ("clear", [coded(), pattern("axial-midline")]),
    "code and a mixed pattern": ("unknown(suspected)", [coded(), pattern("mixed")]),
    "radicular thirty days ago": ("fires", [pattern("radicular", days(30))]),
    "radicular thirty-one days ago": ("unknown(stale)", [pattern("radicular", days(31))]),
    "axial thirty days ago": ("clear", [pattern("axial-midline", days(30))]),
    "axial thirty-one days ago": ("unknown(stale)", [pattern("axial-midline", days(31))]),
    "radicular, later axial": ("clear", [pattern("radicular", days(9)), pattern("axial-midline")]),
    "both of one day": ("fires", [pattern("radicular"), pattern("axial-midline")]),
    "without a date": ("unknown(unparseable)", [pattern("axial-midline", None)]),
    "in words": ("unknown(unparseable)", [pattern(None, trouble="words")]),
    "radicular, preliminary": ("fires", [pattern("radicular", final=False)]),
    "axial, preliminary": ("unknown(missing)", [pattern("axial-midline", final=False)]),
}


@cases(TABLE)
def test_pattern(expected: str, facts: list[Some]) -> None:
    assert ask(radiculopathy_dominant, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [pattern("radicular")], "fires"),
        (("T8", "L1"), [pattern("axial-midline")], "clear"),
        (("T8", "L1"), [pattern("axial-midline", level="L1")], "unknown(missing)"),
        ((), [pattern("axial-midline")], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(radiculopathy_dominant, LIMITS, facts, orders=(order(*levels),)) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    for facts in ([], [pattern("axial-midline")]):
        assert ask(radiculopathy_dominant, LIMITS, facts, states=states) == "unknown(source-error)"
    assert ask(radiculopathy_dominant, LIMITS, [pattern("radicular")], states=states) == "fires"
