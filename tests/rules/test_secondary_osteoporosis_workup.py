"""Tests for a cause of osteoporosis: calcium, vitamin D and kidney in 365 days (rules.md 3.7)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import Window
from cds_service.rules.secondary_osteoporosis_workup import Limits, secondary_osteoporosis_workup
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, finding, result
from tests.times import FILED, FUTURE, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=365), Window(days=90))
BONE = diagnosis("vcf_osteoporotic")
CALCIUM, VITAMIN_D = result("calcium", "9.4"), result("vitamin_d", "31")
CREATININE, EGFR = result("creatinine", "0.9"), result("egfr", "70")


def lytic(ago: int) -> Finding:
    return finding("lesion-matrix", "lytic", "L1", days(ago), modality="MR")


ALL: list[Some] = [BONE, CALCIUM, VITAMIN_D, CREATININE]

TABLE: Table = {
    "all there": ("clear", ALL),
    "eGFR stands for creatinine": ("clear", [BONE, CALCIUM, VITAMIN_D, EGFR]),
    "none": ("fires", [BONE]),
    "no calcium": ("fires", [BONE, VITAMIN_D, CREATININE]),
    "no vitamin D": ("fires", [BONE, CALCIUM, CREATININE]),
    "no kidney test": ("fires", [BONE, CALCIUM, VITAMIN_D]),
    "one year": ("clear", [BONE, replace(CALCIUM, when=days(365)), VITAMIN_D, EGFR]),
    "a year and a day": ("fires", [BONE, replace(CALCIUM, when=days(366)), VITAMIN_D, EGFR]),
    "in another unit the test was done": (
        "clear",
        [BONE, replace(CALCIUM, trouble="unit_unknown", measured=None), VITAMIN_D, EGFR],
    ),
    "without a unit the test was done": (
        "clear",
        [BONE, CALCIUM, replace(VITAMIN_D, trouble="no_unit", measured=None), EGFR],
    ),
    "in words": (
        "unknown(unparseable)",
        [BONE, replace(CALCIUM, trouble="words", measured=None), VITAMIN_D, EGFR],
    ),
    "undated": ("unknown(unparseable)", [BONE, replace(CALCIUM, when=None), VITAMIN_D, EGFR]),
    "filed only": ("unknown(unparseable)", [BONE, replace(CALCIUM, when=FILED), VITAMIN_D, EGFR]),
    "in the future": (
        "unknown(unparseable)",
        [BONE, replace(CALCIUM, when=FUTURE), VITAMIN_D, EGFR],
    ),
    "by its name only": (
        "unknown(suspected)",
        [BONE, CALCIUM, replace(VITAMIN_D, suspected=True), EGFR],
    ),
    "preliminary": ("unknown(missing)", [BONE, CALCIUM, replace(VITAMIN_D, final=False), EGFR]),
    "one kidney test old, the other readable": (
        "clear",
        [BONE, CALCIUM, VITAMIN_D, replace(CREATININE, when=days(900)), EGFR],
    ),
    "no creatinine, an eGFR that cannot be read": (
        "unknown(unparseable)",
        [BONE, CALCIUM, VITAMIN_D, replace(EGFR, trouble="words", measured=None)],
    ),
    "no eGFR, a creatinine that cannot be read": (
        "unknown(unparseable)",
        [BONE, CALCIUM, VITAMIN_D, replace(CREATININE, trouble="words", measured=None)],
    ),
    "no fracture on record": ("unknown(missing)", [CALCIUM]),
    "osteoporosis alone": ("unknown(suspected)", [diagnosis("osteoporosis")]),
    "a malignant fracture": ("clear", [diagnosis("vcf_neoplastic")]),
    "a tumor at the level ninety days ago": ("unknown(conflicting)", [BONE, lytic(90)]),
    "a tumor at the level long ago": ("unknown(stale)", [BONE, lytic(91)]),
    "an old visit": ("unknown(stale)", [diagnosis("vcf_osteoporotic", dormant=True)]),
    "both causes": ("unknown(conflicting)", [BONE, diagnosis("vcf_neoplastic")]),
}


@cases(TABLE)
def test_workup(expected: str, facts: list[Some]) -> None:
    assert ask(secondary_osteoporosis_workup, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("facts", "lacking"),
    [
        ([BONE], "calcium or vitamin_d or creatinine"),
        ([BONE, CALCIUM, EGFR], "vitamin_d"),
        ([BONE, CALCIUM, VITAMIN_D], "creatinine"),
    ],
)
def test_the_line_names_what_lacks(facts: list[Some], lacking: str) -> None:
    answer = secondary_osteoporosis_workup.ask(chart_of(*facts), LIMITS)
    assert dict(answer.values) == {"lacking": lacking}


@unanswered("laboratory")
def test_a_laboratory_that_did_not_answer(states: dict[str, Sought | None]) -> None:
    for facts in ([BONE], ALL):
        said = ask(secondary_osteoporosis_workup, LIMITS, facts, states=states)
        assert said == "unknown(source-error)"
