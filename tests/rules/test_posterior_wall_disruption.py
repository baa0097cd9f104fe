"""The posterior wall: a breach per level, excluded by CT or MRI only (rules.md 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.posterior_wall_disruption import Limits, posterior_wall_disruption
from tests.charts import Some, finding, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def sign(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    return finding("posterior-wall-disruption", value, level, when, **({"modality": "CT"} | more))


def burst(when: When | None, *, value: bool = True, level: str = "L1") -> Finding:
    return finding("burst-morphology", value, level, when, modality="CT")


INTACT = sign(value=False)

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "present": ("fires", [sign(value=True)]),
    "absent on CT": ("clear", [sign(value=False)]),
    "absent on MRI": ("clear", [sign(value=False, modality="MR")]),
    "present on a radiograph": ("fires", [sign(value=True, modality="XR")]),
    "absent on a radiograph": ("unknown(missing)", [sign(value=False, modality="XR")]),
    "ninety days": ("clear", [sign(value=False, when=days(90))]),
    "ninety-one days": ("unknown(stale)", [sign(value=True, when=days(91))]),
    "without a date": ("unknown(unparseable)", [sign(value=True, when=None)]),
    "in the future": ("unknown(unparseable)", [sign(value=False, when=FUTURE)]),
    "without a value": ("unknown(unparseable)", [sign(None, trouble="words")]),
    "preliminary, present": ("fires", [sign(value=True, final=False)]),
    "preliminary, absent": ("unknown(missing)", [sign(value=False, final=False)]),
    "at another level": ("unknown(missing)", [sign(value=True, level="L3")]),
    "the newest decides": ("clear", [sign(value=True, when=days(30)), sign(value=False)]),
    "both on one day": ("fires", [sign(value=True), sign(value=False)]),
    "absent, then a burst fracture": ("unknown(conflicting)", [INTACT, burst(days(2))]),
    "absent beside a burst fracture": ("unknown(conflicting)", [INTACT, burst(LAST_WEEK)]),
    "absent after a burst fracture": ("clear", [INTACT, burst(days(9))]),
    "absent, a burst fracture elsewhere": ("clear", [INTACT, burst(days(2), level="L3")]),
    "absent, a burst fracture without a date": ("clear", [INTACT, burst(None)]),
    "absent, then no burst fracture": ("clear", [INTACT, burst(days(2), value=False)]),
    "present, and a burst fracture": ("fires", [sign(value=True), burst(days(2))]),
    "present without a level beside another abnormal level": (
        "unknown(suspected)",
        [sign(value=True, level=""), finding("marrow-edema", value=True, level="T8")],
    ),
}


@cases(TABLE)
def test_posterior_wall_disruption(expected: str, facts: list[Some]) -> None:
    assert ask(posterior_wall_disruption, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(posterior_wall_disruption, LIMITS, [sign(value=False)], states=states)
        == "unknown(source-error)"
    )
    facts: list[Some] = [sign(value=True)]
    assert ask(posterior_wall_disruption, LIMITS, facts, states=states) == "fires"


@pytest.mark.parametrize(
    ("orders", "facts", "expected"),
    [
        ((order("L1", "L2"),), [sign(value=False), sign(value=True, level="L2")], "fires"),
        ((order("L1", "L2"),), [sign(value=False)], "unknown(missing)"),
        ((order(),), [sign(value=False)], "unknown(missing)"),
        ((order("C5"),), [sign(value=False, level="C5")], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(orders: Any, facts: list[Some], expected: str) -> None:
    assert ask(posterior_wall_disruption, LIMITS, facts, orders=orders) == expected
