"""Stenosis: severe at the level or beside it, not by tumor (rules.md 3.3)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.canal_stenosis_other import Limits, canal_stenosis_other
from tests.charts import Some, diagnosis, finding
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(("severe",), ("none", "mild"), Window(days=90))
CODE = diagnosis("canal_stenosis")


def grade(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    return finding("canal-stenosis-grade", value, level, when, **({"modality": "MR"} | more))


def tumor(value: str) -> Finding:
    return finding("epidural-tumor-canal-compromise", value, "L1", LAST_WEEK, modality="MR")


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "severe": ("fires", [grade("severe")]),
    "severe beside the level": ("fires", [grade("none"), grade("severe", level="L2")]),
    "severe two levels away": ("clear", [grade("none"), grade("severe", level="L3")]),
    "moderate": ("unknown(suspected)", [grade("moderate")]),
    "mild": ("clear", [grade("mild")]),
    "none": ("clear", [grade("none")]),
    "none on a radiograph": ("unknown(missing)", [grade("none", modality="XR")]),
    "none, but the neighbour cannot be read": (
        "unknown(unparseable)",
        [grade("none"), grade(None, level="L2", trouble="words")],
    ),
    "severe, with tumor in the canal": ("unknown(suspected)", [grade("severe"), tumor("20")]),
    "severe, without tumor in the canal": ("fires", [grade("severe"), tumor("0")]),
    "a code without a grade": ("unknown(suspected)", [CODE]),
    "a code, graded as mild": ("clear", [CODE, grade("mild")]),
    "a code for the neck": (
        "unknown(missing)",
        [diagnosis("canal_stenosis", marks={"region": "cervical"})],
    ),
    "a code for the level": ("unknown(suspected)", [diagnosis("canal_stenosis", levels=("L1",))]),
    "a code for the level beside": (
        "unknown(suspected)",
        [diagnosis("canal_stenosis", levels=("L2",))],
    ),
    "a code for two levels away": (
        "unknown(missing)",
        [diagnosis("canal_stenosis", levels=("L3",))],
    ),
    "a code, resolved": ("unknown(missing)", [diagnosis("canal_stenosis", active=False)]),
    "none and severe on one day": ("fires", [grade("none"), grade("severe")]),
    "none and moderate on one day": ("unknown(conflicting)", [grade("none"), grade("moderate")]),
    "ninety days": ("clear", [grade("none", days(90))]),
    "ninety-one days": ("unknown(stale)", [grade("severe", days(91))]),
    "without a date": ("unknown(unparseable)", [grade("none", None)]),
    "in the future": ("unknown(unparseable)", [grade("none", FUTURE)]),
    "preliminary": ("fires", [grade("severe", final=False)]),
}


@cases(TABLE)
def test_canal_stenosis_other(expected: str, facts: list[Some]) -> None:
    assert ask(canal_stenosis_other, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(canal_stenosis_other, LIMITS, [grade("none")], states=states) == "unknown(source-error)"
    )
    facts: list[Some] = [grade("severe")]
    assert ask(canal_stenosis_other, LIMITS, facts, states=states) == "fires"
