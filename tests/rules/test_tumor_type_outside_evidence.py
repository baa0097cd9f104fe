"""Tumor kinds that the trials left out (rules.md 3.7)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.tumor_type_outside_evidence import Limits, tumor_type_outside_evidence
from tests.changed import replace
from tests.charts import Some, diagnosis, finding, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))
PRIMARY = diagnosis("malignancy_spine", marks={"outside_evidence": "true"})
PERHAPS = diagnosis("malignancy_spine", marks={"outside_evidence": "possible"})
CANCER = diagnosis("malignancy_spine")


def matrix(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("lesion-matrix", value, "L1", when, **({"modality": "CT"} | more))


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "blastic": ("fires", [matrix("blastic")]),
    "lytic": ("clear", [matrix("lytic")]),
    "mixed": ("clear", [matrix("mixed")]),
    "no lesion": ("clear", [matrix("none")]),
    "primary tumor, only this level": ("fires", [PRIMARY]),
    "primary tumor, several abnormal levels": (
        "unknown(suspected)",
        [PRIMARY, finding("marrow-edema", value=True, level="T8")],
    ),
    "primary tumor of this level": ("fires", [replace(PRIMARY, levels=("L1",))]),
    "primary tumor of two levels": (
        "unknown(suspected)",
        [replace(PRIMARY, levels=("L1", "L2"))],
    ),
    "primary tumor of another level": ("unknown(missing)", [replace(PRIMARY, levels=("L2",))]),
    "a lesion in a word that means neither": ("unknown(conflicting)", [matrix("cystic")]),
    "plasmacytoma that may be one of several": ("unknown(suspected)", [PERHAPS, matrix("lytic")]),
    "metastasis, matrix unknown": ("unknown(missing)", [CANCER]),
    "osteoporotic fracture": ("clear", [diagnosis("vcf_osteoporotic")]),
    "osteoporotic fracture and cancer": (
        "unknown(missing)",
        [diagnosis("vcf_osteoporotic"), CANCER],
    ),
    "osteoporotic fracture, yet blastic": (
        "fires",
        [diagnosis("vcf_osteoporotic"), matrix("blastic")],
    ),
    "osteoporotic fracture, and blastic some months ago": (
        "unknown(stale)",
        [diagnosis("vcf_osteoporotic"), matrix("blastic", days(91))],
    ),
    "osteoporotic fracture of another level": (
        "unknown(missing)",
        [diagnosis("vcf_osteoporotic", levels=("L3",))],
    ),
    "ninety days": ("fires", [matrix("blastic", days(90))]),
    "ninety-one days": ("unknown(stale)", [matrix("blastic", days(91))]),
    "in the future": ("unknown(unparseable)", [matrix("lytic", FUTURE)]),
    "without a value": ("unknown(unparseable)", [matrix(None, trouble="words")]),
    "lytic, on a radiograph": ("unknown(missing)", [matrix("lytic", modality="XR")]),
}


@cases(TABLE)
def test_tumor_type_outside_evidence(expected: str, facts: list[Some]) -> None:
    assert ask(tumor_type_outside_evidence, LIMITS, facts) == expected


def test_a_tumor_without_a_level_is_of_neither_of_two() -> None:
    for facts in ([PRIMARY], [PRIMARY, CANCER]):
        said = ask(tumor_type_outside_evidence, LIMITS, facts, orders=(order("L1", "L2"),))
        assert said == "unknown(suspected)"


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(tumor_type_outside_evidence, LIMITS, [matrix("lytic")], states=states)
        == "unknown(source-error)"
    )
    facts: list[Some] = [matrix("blastic")]
    assert ask(tumor_type_outside_evidence, LIMITS, facts, states=states) == "fires"
