"""Biopsy: a sign of tumor without a diagnosis of the fracture (rules.md 3.7)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.biopsy_consider import Limits, biopsy_consider
from tests.charts import Some, diagnosis, finding
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))
CANCER = diagnosis("malignancy_spine")
BRITTLE = diagnosis("vcf_osteoporotic")


def matrix(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("lesion-matrix", value, "L1", when, **({"modality": "MR"} | more))


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "cancer on record": ("fires", [CANCER]),
    "cancer long ago": ("fires", [diagnosis("malignancy_spine", active=False)]),
    "cancer in words": ("unknown(suspected)", [diagnosis("malignancy_spine", by_words=True)]),
    "a lytic lesion": ("fires", [matrix("lytic")]),
    "a lytic lesion, osteoporotic fracture coded": ("fires", [matrix("lytic"), BRITTLE]),
    "fracture coded as neoplastic": ("clear", [CANCER, diagnosis("vcf_neoplastic")]),
    "osteoporotic, no lesion": ("clear", [BRITTLE, matrix("none")]),
    "osteoporotic, lesion not stated": ("unknown(missing)", [BRITTLE]),
    "no lesion, no diagnosis": ("unknown(missing)", [matrix("none")]),
    "ninety days": ("clear", [BRITTLE, matrix("none", days(90))]),
    "ninety-one days": ("unknown(stale)", [BRITTLE, matrix("none", days(91))]),
    "in the future": ("unknown(unparseable)", [BRITTLE, matrix("none", FUTURE)]),
}


@cases(TABLE)
def test_biopsy_consider(expected: str, facts: list[Some]) -> None:
    assert ask(biopsy_consider, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(biopsy_consider, LIMITS, [BRITTLE, matrix("none")], states=states)
        == "unknown(source-error)"
    )
    facts: list[Some] = [matrix("lytic")]
    assert ask(biopsy_consider, LIMITS, facts, states=states) == "fires"
