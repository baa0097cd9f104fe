"""The fracture: what CT or MRI says of the level, codes alone say nothing (rules.md 3.5)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.fracture_not_documented import Limits, fracture_not_documented
from tests.charts import Some, diagnosis, finding
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def fracture(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("vertebral-fracture", value, "L1", when, **({"modality": "MR"} | more))


def matrix(value: str, when: When | None = LAST_WEEK) -> Finding:
    return finding("lesion-matrix", value, "L1", when, modality="MR")


NORMAL = [fracture(value=False), matrix("none")]
TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "no fracture, no lesion": ("fires", NORMAL),
    "no fracture, lesion not stated": ("unknown(missing)", [fracture(value=False)]),
    "no fracture, a lytic lesion": ("clear", [fracture(value=False), matrix("lytic")]),
    "a fracture": ("clear", [fracture(value=True)]),
    "a mixed lesion alone": ("clear", [matrix("mixed")]),
    "no lesion alone": ("unknown(missing)", [matrix("none")]),
    "a radiograph only": ("unknown(missing)", [fracture(value=True, modality="XR")]),
    "no fracture on a radiograph": (
        "unknown(missing)",
        [fracture(value=False, modality="XR"), matrix("none")],
    ),
    "a code only": ("unknown(missing)", [diagnosis("vcf_osteoporotic")]),
    "a code for this level against imaging": (
        "unknown(conflicting)",
        [*NORMAL, diagnosis("vcf_other", levels=("L1",))],
    ),
    "a code without a level does not contradict": (
        "fires",
        [*NORMAL, diagnosis("vcf_osteoporotic")],
    ),
    "a code for another level does not contradict": (
        "fires",
        [*NORMAL, diagnosis("vcf_other", levels=("L2",)), diagnosis("vcf_other", levels=("T9",))],
    ),
    "ninety days": ("clear", [fracture(value=True, when=days(90))]),
    "ninety-one days": ("unknown(stale)", [fracture(value=True, when=days(91))]),
    "in the future": ("unknown(unparseable)", [fracture(value=True, when=FUTURE)]),
    "both on one day": (
        "unknown(conflicting)",
        [fracture(value=True), fracture(value=False), matrix("none")],
    ),
}


@cases(TABLE)
def test_fracture_not_documented(expected: str, facts: list[Some]) -> None:
    assert ask(fracture_not_documented, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(fracture_not_documented, LIMITS, [fracture(value=True)], states=states)
        == "unknown(source-error)"
    )
