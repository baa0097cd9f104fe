"""Examination and imaging: where it hurts, and where imaging shows it (rules.md 3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.order import Order
from cds_service.clinical.when import When, Window
from cds_service.rules.exam_imaging_disparity import Limits, exam_imaging_disparity
from tests.charts import Some, finding, order
from tests.times import LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30), Window(days=90))


def stated(value: Any, when: When | None = LAST_WEEK, level: str = "L1") -> Finding:
    return finding("exam-imaging-concordance", value, level, when)


def tender(value: Any, level: str = "L1", when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("midline-tenderness", value, level, when, **more)


def edema(value: Any, level: str = "L1", when: When | None = LAST_WEEK) -> Finding:
    return finding("marrow-edema", value, level, when, modality="MR")


CLEFT = finding("intravertebral-cleft", value=True, modality="CT")
EDEMA, TENDER = edema(value=True), tender(value=True)

SECOND = [edema(value=True, level="L2"), tender(value=True, level="L2")]
FAR: list[Some] = [EDEMA, tender(value=True, level="L4")]

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "stated as concordant": ("clear", [stated("concordant")]),
    "stated as discordant": ("fires", [stated("discordant")]),
    "discordant, yet tender here": ("fires", [stated("discordant"), EDEMA, TENDER]),
    "concordant thirty days ago": ("clear", [stated("concordant", days(30))]),
    "concordant thirty-one days ago": ("unknown(stale)", [stated("concordant", days(31))]),
    "discordant thirty-one days ago": ("unknown(stale)", [stated("discordant", days(31))]),
    "discordant, later concordant": (
        "clear",
        [stated("discordant", days(9)), stated("concordant")],
    ),
    "concordant without a date": ("unknown(unparseable)", [stated("concordant", None)]),
    "both at one time": ("fires", [stated("concordant"), stated("discordant")]),
    "tender where edema is": ("clear", [EDEMA, TENDER]),
    "tender where a cleft is": ("clear", [CLEFT, TENDER]),
    "tender, no imaging": ("unknown(missing)", [TENDER]),
    "edema, no examination": ("unknown(missing)", [EDEMA]),
    "tender one level above": ("clear", [EDEMA, tender(value=True, level="T12")]),
    "tender one level below": ("clear", [EDEMA, tender(value=True, level="L2")]),
    "tender two levels below": ("fires", [EDEMA, tender(value=True, level="L3")]),
    "tender two levels above": ("fires", [EDEMA, tender(value=True, level="T11")]),
    "tender far away, no imaging": ("unknown(suspected)", [tender(value=True, level="L4")]),
    "tender far away, edema too old": (
        "unknown(suspected)",
        [edema(value=True, when=days(91)), tender(value=True, level="L4")],
    ),
    "edema ninety days ago, tender far away": (
        "fires",
        [edema(value=True, when=days(90)), tender(value=True, level="L4")],
    ),
    "tender here and far away": ("clear", [EDEMA, TENDER, tender(value=True, level="L4")]),
    "tender at another acute level": (
        "unknown(missing)",
        [EDEMA, edema(value=True, level="L4"), tender(value=True, level="L4")],
    ),
    "tender far away, here unreadable": (
        "unknown(suspected)",
        [EDEMA, tender(None, trouble="words"), tender(value=True, level="L4")],
    ),
    "tender far away, and somewhere that is not named": (
        "unknown(suspected)",
        [EDEMA, tender(value=True, level="L4"), tender(value=True, level="")],
    ),
    "acute and not tender": ("unknown(suspected)", [EDEMA, tender(value=False)]),
    "not tender and not acute": ("unknown(missing)", [edema(value=False), tender(value=False)]),
    "concordant, yet tender far away only": (
        "fires",
        [stated("concordant"), EDEMA, tender(value=True, level="L4")],
    ),
    "tender too long ago": ("unknown(stale)", [EDEMA, tender(value=True, when=days(31))]),
    "tender thirty days ago": ("clear", [EDEMA, tender(value=True, when=days(30))]),
    "tender in a preliminary note": ("unknown(missing)", [EDEMA, tender(value=True, final=False)]),
}


@cases(TABLE)
def test_disparity(expected: str, facts: list[Some]) -> None:
    assert ask(exam_imaging_disparity, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [EDEMA, TENDER], "unknown(missing)"),
        (("T8", "L1"), [stated("concordant"), stated("concordant", level="T8")], "clear"),
        (("T8", "L1"), [EDEMA, tender(value=True, level="L4")], "fires"),
        (("L1", "L2"), [EDEMA, TENDER, *SECOND], "clear"),
        ((), [EDEMA, TENDER], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(exam_imaging_disparity, LIMITS, facts, orders=(order(*levels),)) == expected


@pytest.mark.parametrize(
    "orders",
    [(order("L1", doubtful=("L4-5",)),), (order("L1"), order())],
    ids=["in doubt", "not named"],
)
def test_a_place_is_not_elsewhere_while_an_order_may_mean_it(orders: tuple[Order, ...]) -> None:
    assert ask(exam_imaging_disparity, LIMITS, FAR) == "fires"
    assert ask(exam_imaging_disparity, LIMITS, FAR, orders=orders) == "unknown(suspected)"


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    for facts in ([], [stated("concordant")], [EDEMA, TENDER]):
        assert ask(exam_imaging_disparity, LIMITS, facts, states=states) == "unknown(source-error)"
    assert ask(exam_imaging_disparity, LIMITS, [stated("discordant")], states=states) == "fires"
