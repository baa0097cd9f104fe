"""Stability: a stated judgement decides, an unstable burst code raises suspicion (rules.md 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.mechanical_instability import Limits, mechanical_instability
from tests.charts import Some, diagnosis, finding, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def sign(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    return finding("spinal-instability", value, level, when, **({"modality": "CT"} | more))


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "present": ("fires", [sign(value=True)]),
    "absent on CT": ("clear", [sign(value=False)]),
    "absent on MRI": ("clear", [sign(value=False, modality="MR")]),
    "present on a radiograph": ("fires", [sign(value=True, modality="XR")]),
    "absent on a radiograph": ("clear", [sign(value=False, modality="XR")]),
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
    "present without a level beside another abnormal level": (
        "unknown(suspected)",
        [sign(value=True, level=""), finding("marrow-edema", value=True, level="T8")],
    ),
    "a code for an unstable burst": (
        "unknown(suspected)",
        [diagnosis("burst", levels=("L1",), marks={"unstable": "true"})],
    ),
    "a code for an unstable burst elsewhere": (
        "unknown(missing)",
        [diagnosis("burst", levels=("T8",), marks={"unstable": "true"})],
    ),
    "a code for a stable burst": ("unknown(missing)", [diagnosis("burst", levels=("L1",))]),
    "stated as stable against the code": (
        "unknown(conflicting)",
        [diagnosis("burst", levels=("L1",), marks={"unstable": "true"}), sign(value=False)],
    ),
}


@cases(TABLE)
def test_mechanical_instability(expected: str, facts: list[Some]) -> None:
    assert ask(mechanical_instability, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(mechanical_instability, LIMITS, [sign(value=False)], states=states)
        == "unknown(source-error)"
    )
    facts: list[Some] = [sign(value=True)]
    assert ask(mechanical_instability, LIMITS, facts, states=states) == "fires"


@unanswered("conditions")
def test_a_code_that_could_not_be_asked_for_may_stand_against_it(
    states: dict[str, Sought | None],
) -> None:
    facts: list[Some] = [sign(value=False)]
    got = ask(mechanical_instability, LIMITS, facts, states=states)
    assert got == "unknown(source-error)"


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
    assert ask(mechanical_instability, LIMITS, facts, orders=orders) == expected
