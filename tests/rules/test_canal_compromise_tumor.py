"""Tumor in the canal: more than one third, per level, on MRI only (rules.md 3.3, 5)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.canal_compromise_tumor import Limits, canal_compromise_tumor
from tests.charts import Some, diagnosis, finding, limit, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("33.3", "%"), limit("0.1", "%"), Window(days=90))
CANCER = diagnosis("malignancy_spine")


def tumor(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    settings = {"modality": "MR"} | more
    return finding("epidural-tumor-canal-compromise", value, level, when, **settings)


def matrix(value: str, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("lesion-matrix", value, "L1", when, **({"modality": "MR"} | more))


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "none": ("clear", [tumor("0")]),
    "the limit": ("clear", [tumor("33.3")]),
    "one third itself": ("clear", [tumor("33.33")]),
    "just above": ("fires", [tumor("33.4")]),
    "a bound that decides": ("fires", [tumor(">40")]),
    "a bound that straddles": ("unknown(unparseable)", [tumor(">30")]),
    "without a figure": ("unknown(unparseable)", [tumor(None, trouble="words")]),
    "small on CT proves nothing": ("unknown(missing)", [tumor("10", modality="CT")]),
    "large on CT": ("fires", [tumor("50", modality="CT")]),
    "ninety days": ("clear", [tumor("10", days(90))]),
    "ninety-one days": ("unknown(stale)", [tumor("10", days(91))]),
    "without a date": ("unknown(unparseable)", [tumor("10", None)]),
    "in the future": ("unknown(unparseable)", [tumor("10", FUTURE)]),
    "preliminary and large": ("fires", [tumor("50", final=False)]),
    "preliminary and small": ("unknown(missing)", [tumor("10", final=False)]),
    "no tumor on MRI": ("clear", [matrix("none")]),
    "no tumor on CT": ("unknown(missing)", [matrix("none", modality="CT")]),
    "no tumor in a preliminary report": ("unknown(missing)", [matrix("none", final=False)]),
    "no tumor long ago": ("unknown(stale)", [matrix("none", days(91))]),
    "a lytic lesion": ("unknown(missing)", [matrix("lytic")]),
    "a lesion and none on one day": ("unknown(conflicting)", [matrix("none"), matrix("lytic")]),
    "no tumor, yet a large share of the canal": ("fires", [matrix("none"), tumor("50")]),
    "no tumor, yet a share without a figure": (
        "unknown(unparseable)",
        [matrix("none"), tumor(None, trouble="words")],
    ),
    "malignancy without an MRI": ("unknown(suspected)", [CANCER]),
    "malignancy, no tumor on MRI": ("clear", [CANCER, matrix("none")]),
    "malignancy, small share": ("clear", [CANCER, tumor("10")]),
    "malignancy, share on an old MRI": ("unknown(stale)", [CANCER, tumor("10", days(91))]),
    "malignancy, share of another level": ("unknown(suspected)", [CANCER, tumor("50", level="T8")]),
    "without a level beside another abnormal level": (
        "unknown(suspected)",
        [tumor("50", level=""), finding("marrow-edema", value=True, level="T8")],
    ),
}


@cases(TABLE)
def test_tumor(expected: str, facts: list[Some]) -> None:
    assert ask(canal_compromise_tumor, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("orders", "facts", "expected"),
    [
        ((order("L1", "L2"),), [tumor("0"), tumor("50", level="L2")], "fires"),
        ((order("L1", "L2"),), [tumor("0")], "unknown(missing)"),
        ((order(),), [tumor("0")], "unknown(missing)"),
        ((order("C5"),), [tumor("0", level="C5")], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(orders: Any, facts: list[Some], expected: str) -> None:
    assert ask(canal_compromise_tumor, LIMITS, facts, orders=orders) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    for facts in ([tumor("0")], [matrix("none")]):
        assert ask(canal_compromise_tumor, LIMITS, facts, states=states) == "unknown(source-error)"
    assert ask(canal_compromise_tumor, LIMITS, [tumor("50")], states=states) == "fires"
