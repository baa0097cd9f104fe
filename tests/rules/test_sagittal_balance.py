"""A film in standing after a fracture of T11 to L2 (rules.md 3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding, Study
from cds_service.clinical.when import When, Window
from cds_service.rules.sagittal_balance import Limits, sagittal_balance
from tests.charts import Some, diagnosis, finding, order, study
from tests.times import LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(("T11", "T12", "L1", "L2"), Window(days=90))


def broken(value: Any, when: When | None = LAST_WEEK, level: str = "L1") -> Finding:
    return finding("vertebral-fracture", value, level, when, modality="MR")


def film(when: When | None = LAST_WEEK, *levels: str, **more: Any) -> Study:
    return study("XR", when, *levels, **more)


BROKEN = broken(value=True)

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "fracture without a film": ("fires", [BROKEN]),
    "fracture, MRI only": ("fires", [BROKEN, study()]),
    "film in standing": ("clear", [BROKEN, film(standing=True)]),
    "film lying": ("fires", [BROKEN, film(standing=False)]),
    "film of unsaid posture": ("unknown(missing)", [BROKEN, film()]),
    "of unsaid posture, and one in standing": ("clear", [BROKEN, film(), film(standing=True)]),
    "film in standing of another region": ("fires", [BROKEN, film(LAST_WEEK, "C5", standing=True)]),
    "ninety days ago": ("clear", [BROKEN, film(days(90), standing=True)]),
    "ninety-one days ago": ("fires", [BROKEN, film(days(91), standing=True)]),
    "without a date": ("unknown(unparseable)", [BROKEN, film(None, standing=True)]),
    "code of a fracture": ("fires", [diagnosis("vcf_osteoporotic")]),
    "code of a fracture of this level": ("fires", [diagnosis("vcf_other", levels=("L1",))]),
    "code of a fracture elsewhere": (
        "unknown(missing)",
        [diagnosis("vcf_other", levels=("L5",))],
    ),
    "no fracture at this level": ("clear", [broken(value=False)]),
    "fracture seen too long ago": ("unknown(stale)", [broken(value=True, when=days(91))]),
    "code of a fracture, this level abnormal": (
        "fires",
        [diagnosis("vcf_osteoporotic"), finding("marrow-edema", value=True)],
    ),
    "code of a fracture, another level abnormal": (
        "unknown(missing)",
        [diagnosis("vcf_osteoporotic"), finding("marrow-edema", value=True, level="T8")],
    ),
    "code of a fracture of another region": (
        "unknown(missing)",
        [diagnosis("vcf_other", marks={"region": "cervical"})],
    ),
    "code of a fracture of this region": (
        "fires",
        [diagnosis("vcf_other", marks={"region": "lumbar"})],
    ),
    "an MRI in standing is no film": ("fires", [BROKEN, study(standing=True)]),
    "words of a fracture": ("unknown(suspected)", [diagnosis("vcf_other", by_words=True)]),
}


@cases(TABLE)
def test_balance(expected: str, facts: list[Some]) -> None:
    assert ask(sagittal_balance, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("T10", "clear"),
        ("T11", "fires"),
        ("L2", "fires"),
        ("L3", "clear"),
        ("C5", "unknown(missing)"),
    ],
)
def test_only_the_junction_is_asked_about(level: str, expected: str) -> None:
    facts = [broken(value=True, level=level)]
    assert ask(sagittal_balance, LIMITS, facts, orders=(order(level),)) == expected


def test_a_code_without_a_level_is_for_neither_of_two() -> None:
    facts: list[Some] = [diagnosis("vcf_osteoporotic")]
    said = ask(sagittal_balance, LIMITS, facts, orders=(order("L1", "L2"),))
    assert said == "unknown(missing)"


@unanswered("imaging_studies", "findings")
def test_an_absence_that_could_not_be_asked_never_fires(states: dict[str, Sought | None]) -> None:
    assert ask(sagittal_balance, LIMITS, [BROKEN], states=states) == "unknown(source-error)"


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    facts: list[Some] = [BROKEN, film(standing=True)]
    assert ask(sagittal_balance, LIMITS, facts, states=states) == "unknown(source-error)"
