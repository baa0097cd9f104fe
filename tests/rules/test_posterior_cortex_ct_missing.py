"""CT where the fracture is a burst or from a tumor (rules.md 3.6, 9.18)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Diagnosis, Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.posterior_cortex_ct_missing import Limits, posterior_cortex_ct_missing
from tests.charts import Some, diagnosis, finding, order, study
from tests.times import LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def burst(value: Any, when: When | None = LAST_WEEK, level: str = "L1") -> Finding:
    return finding("burst-morphology", value, level, when, modality="MR")


def matrix(value: Any, when: When | None = LAST_WEEK, level: str = "L1") -> Finding:
    return finding("lesion-matrix", value, level, when, modality="MR")


def coded(name: str, **more: Any) -> Diagnosis:
    return diagnosis(name, **more)


BURST, CT = burst(value=True), study("CT")
NEITHER = (burst(value=False), matrix("none"))

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "burst without CT": ("fires", [BURST]),
    "burst with CT": ("clear", [BURST, CT]),
    "CT alone": ("clear", [CT]),
    "neither": ("clear", [*NEITHER]),
    "no burst, lesion unsaid": ("unknown(missing)", [burst(value=False)]),
    "no lesion, burst unsaid": ("unknown(missing)", [matrix("none")]),
    "lytic lesion": ("fires", [matrix("lytic")]),
    "mixed lesion": ("fires", [matrix("mixed")]),
    "blastic lesion": ("fires", [matrix("blastic")]),
    "burst at another level": ("unknown(missing)", [burst(value=True, level="T8")]),
    "burst code of this level": ("fires", [coded("burst", levels=("L1",))]),
    "burst code of another level": ("clear", [*NEITHER, coded("burst", levels=("L4",))]),
    "burst code of two levels": (
        "unknown(suspected)",
        [*NEITHER, coded("burst", levels=("T12", "L1"))],
    ),
    "burst code without a level": ("unknown(suspected)", [*NEITHER, coded("burst")]),
    "code of a fracture from a tumor": ("fires", [coded("vcf_neoplastic")]),
    "the same, another level abnormal too": (
        "unknown(suspected)",
        [coded("vcf_neoplastic"), *NEITHER, finding("marrow-edema", value=True, level="T8")],
    ),
    "metastasis of bone at any site": (
        "unknown(suspected)",
        [coded("malignancy_spine", marks={"site_unspecific": "true"}), *NEITHER],
    ),
    "metastasis of this level": ("fires", [coded("malignancy_spine", levels=("L1",))]),
    "resolved": ("clear", [coded("vcf_neoplastic", active=False), *NEITHER]),
    "words only": ("unknown(suspected)", [coded("malignancy_spine", by_words=True), *NEITHER]),
    "CT ninety days ago": ("clear", [BURST, study("CT", days(90))]),
    "CT ninety-one days ago": ("fires", [BURST, study("CT", days(91))]),
    "CT of another region": ("fires", [BURST, study("CT", LAST_WEEK, "C5")]),
    "CT without a region": ("unknown(unparseable)", [BURST, study("CT", covers=None)]),
    "MRI is no CT": ("fires", [BURST, study()]),
    "burst ninety-one days ago": ("unknown(stale)", [burst(value=True, when=days(91))]),
    "neither, ninety days ago": ("clear", [burst(value=False, when=days(90)), matrix("none")]),
    "neither, ninety-one days ago": (
        "unknown(stale)",
        [burst(value=False, when=days(91)), matrix("none")],
    ),
    "unreadable": ("unknown(unparseable)", [burst(None), matrix("none")]),
}


@cases(TABLE)
def test_cortex(expected: str, facts: list[Some]) -> None:
    assert ask(posterior_cortex_ct_missing, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [BURST, CT], "unknown(missing)"),
        (("T8", "L1"), [BURST, study("CT", LAST_WEEK, "T8", "L1")], "clear"),
        (("T8", "L1"), [BURST, study("CT", LAST_WEEK, "T8")], "fires"),
        (("T8", "L1"), [coded("vcf_neoplastic")], "unknown(suspected)"),
        (("L1", "L2"), [coded("vcf_neoplastic")], "unknown(suspected)"),
        (("L2",), [coded("burst", levels=("L1", "L2"))], "unknown(suspected)"),
        (("L2",), [coded("burst", levels=("L2",))], "fires"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    orders = (order(*levels),)
    assert ask(posterior_cortex_ct_missing, LIMITS, facts, orders=orders) == expected


@unanswered("findings", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    got = ask(posterior_cortex_ct_missing, LIMITS, [*NEITHER], states=states)
    assert got == "unknown(source-error)"


@unanswered("imaging_studies", "diagnostic_reports")
def test_a_ct_that_could_not_be_asked_is_never_missing(states: dict[str, Sought | None]) -> None:
    got = ask(posterior_cortex_ct_missing, LIMITS, [BURST], states=states)
    assert got == "unknown(source-error)"
