"""Edema beside the ordered level, within two levels (rules.md 3.7)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.adjacent_edema_unaddressed import Limits, adjacent_edema_unaddressed
from tests.charts import Some, finding, limit, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("2", "1"), Window(days=90))
ALL = ("T11", "T12", "L2", "L3")


def edema(value: Any, level: str = "L1", when: When | None = LAST_WEEK) -> Finding:
    return finding("marrow-edema", value, level, when, modality="MR")


HERE = edema(value=True)
DRY = [edema(value=False, level=level) for level in ALL]
TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "beside": ("fires", [HERE, edema(value=True, level="L2")]),
    "two levels away": ("fires", [HERE, edema(value=True, level="L3")]),
    "three levels away": ("unknown(missing)", [HERE, edema(value=True, level="L4")]),
    "three levels away, none nearer": ("clear", [HERE, *DRY, edema(value=True, level="L4")]),
    "none beside": ("clear", [HERE, *DRY]),
    "one neighbour not stated": ("unknown(missing)", [HERE, *DRY[1:]]),
    "beside, without a level, while another level is abnormal": (
        "unknown(suspected)",
        [HERE, *DRY[1:], edema(value=True, level="")],
    ),
    "beside, but not here: another question": (
        "unknown(missing)",
        [edema(value=False), edema(value=True, level="L2")],
    ),
    "beside, at a level with a cleft": (
        "fires",
        [
            edema(value=False),
            finding("intravertebral-cleft", value=True),
            edema(value=True, level="L2"),
        ],
    ),
    "ninety days": (
        "clear",
        [edema(value=False, level=level, when=days(90)) for level in ALL],
    ),
    "ninety-one days": (
        "unknown(stale)",
        [edema(value=False, level=level, when=days(91)) for level in ALL],
    ),
    "in the future": (
        "unknown(unparseable)",
        [edema(value=False, level=level, when=FUTURE) for level in ALL],
    ),
}


@cases(TABLE)
def test_adjacent_edema_unaddressed(expected: str, facts: list[Some]) -> None:
    assert ask(adjacent_edema_unaddressed, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(adjacent_edema_unaddressed, LIMITS, [HERE, *DRY], states=states)
        == "unknown(source-error)"
    )
    assert (
        ask(
            adjacent_edema_unaddressed, LIMITS, [HERE, edema(value=True, level="L2")], states=states
        )
        == "fires"
    )


def test_a_level_that_is_ordered_too_is_no_neighbour() -> None:
    facts = [HERE, edema(value=True, level="L2"), *DRY, edema(value=False, level="L4")]
    facts = [f for f in facts if f.value is True or f.level != "L2"]
    assert ask(adjacent_edema_unaddressed, LIMITS, facts, orders=(order("L1", "L2"),)) == "clear"


def test_the_neck_is_not_asked_for() -> None:
    facts: list[Some] = [edema(value=level == "T1", level=level) for level in ("T1", "T2", "T3")]
    assert ask(adjacent_edema_unaddressed, LIMITS, facts, orders=(order("T1"),)) == "clear"
