"""A malignant fracture and no visit to oncology in 90 days (rules.md 3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Visit
from cds_service.clinical.when import Window
from cds_service.rules.oncology_coordination import Limits, oncology_coordination
from tests.charts import Some, diagnosis, finding
from tests.times import FILED, FUTURE, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90), Window(days=90))
TUMOR, LYTIC = diagnosis("vcf_neoplastic"), finding("lesion-matrix", "lytic")
SEEN = Visit("Encounter/o", "Oncology clinic", days(10), ("oncology",))

TABLE: Table = {
    "malignant by code": ("fires", [TUMOR]),
    "malignant by imaging of the level": ("fires", [LYTIC]),
    "sclerotic": ("fires", [finding("lesion-matrix", "blastic")]),
    "nothing": ("unknown(missing)", []),
    "malignancy, fracture not said to be": ("unknown(suspected)", [diagnosis("malignancy_spine")]),
    "osteoporotic": ("clear", [diagnosis("vcf_osteoporotic")]),
    "no tumor at the level": ("clear", [finding("lesion-matrix", "none")]),
    "no tumor at the level of a myeloma": (
        "clear",
        [diagnosis("malignancy_spine"), finding("lesion-matrix", "none")],
    ),
    "tumor at another level": (
        "unknown(suspected)",
        [finding("lesion-matrix", "lytic", "T8"), diagnosis("vcf_osteoporotic")],
    ),
    "a lytic lesion of ninety days ago": (
        "fires",
        [finding("lesion-matrix", "lytic", "L1", days(90))],
    ),
    "a lytic lesion of ninety-one days ago": (
        "unknown(stale)",
        [finding("lesion-matrix", "lytic", "L1", days(91))],
    ),
    "unreadable": ("unknown(unparseable)", [finding("lesion-matrix", None, trouble="words")]),
    "both causes by code": (
        "unknown(conflicting)",
        [TUMOR, diagnosis("vcf_osteoporotic")],
    ),
}


@cases(TABLE)
def test_oncology(expected: str, facts: list[Some]) -> None:
    assert ask(oncology_coordination, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("expected", "visits"),
    [
        ("clear", [SEEN]),
        ("clear", [Visit("Encounter/o", "x", days(89), ("oncology",))]),
        ("clear", [Visit("Encounter/o", "x", days(90), ("oncology",))]),
        ("fires", [Visit("Encounter/o", "x", days(91), ("oncology",))]),
        ("clear", [Visit("Encounter/o", "x", days(120), ("oncology",), staying=True)]),
        ("unknown(unparseable)", [Visit("Encounter/o", "x", None, ("oncology",))]),
        ("unknown(unparseable)", [Visit("Encounter/o", "x", FILED, ("oncology",))]),
        ("unknown(unparseable)", [Visit("Encounter/o", "x", FUTURE, ("oncology",))]),
        ("fires", [Visit("Encounter/g", "Office visit", days(10))]),
        ("unknown(missing)", [Visit("Encounter/g", "", days(10), told=False)]),
        ("fires", [Visit("Encounter/g", "", days(100), told=False)]),
        ("clear", [SEEN, Visit("Encounter/g", "", days(10), told=False)]),
    ],
)
def test_visits(expected: str, visits: list[Any]) -> None:
    assert ask(oncology_coordination, LIMITS, [TUMOR], visits=tuple(visits)) == expected


def test_without_a_tumor_no_visit_matters() -> None:
    facts: list[Some] = [diagnosis("vcf_osteoporotic")]
    assert ask(oncology_coordination, LIMITS, facts, visits=(SEEN,)) == "clear"


@unanswered("visits", "procedures")
def test_visits_that_could_not_be_asked(states: dict[str, Sought | None]) -> None:
    for visits in ((), (SEEN,)):
        said = ask(oncology_coordination, LIMITS, [TUMOR], states=states, visits=visits)
        assert said == "unknown(source-error)"


@unanswered("conditions", "findings")
def test_a_cause_that_could_not_be_asked(states: dict[str, Sought | None]) -> None:
    assert ask(oncology_coordination, LIMITS, [], states=states) == "unknown(source-error)"
