"""Trials disagree about the benefit in osteoporotic fractures (rules.md 3.7)."""

from __future__ import annotations

from cds_service.clinical.evidence import Sought
from cds_service.clinical.when import Window
from cds_service.rules.evidence_uncertain import Limits, evidence_uncertain
from tests.charts import Some, chart_of, diagnosis, finding, order
from tests.times import days
from tests.verdicts import Table, ask, cases, unanswered, verdict

LIMITS = Limits(Window(days=90))
BONE, TUMOR = diagnosis("vcf_osteoporotic"), diagnosis("vcf_neoplastic")

TABLE: Table = {
    "osteoporotic": ("fires", [BONE]),
    "malignant": ("clear", [TUMOR]),
    "nothing": ("unknown(missing)", []),
    "a fracture of no stated cause": ("unknown(missing)", [diagnosis("vcf_other")]),
    "osteoporosis alone": ("unknown(suspected)", [diagnosis("osteoporosis")]),
    "both": ("unknown(conflicting)", [BONE, TUMOR]),
    "an old visit": ("unknown(stale)", [diagnosis("vcf_osteoporotic", dormant=True)]),
    "history": ("unknown(missing)", [diagnosis("vcf_osteoporotic", active=False)]),
    "a lytic lesion ninety days ago": (
        "clear",
        [finding("lesion-matrix", "lytic", "L1", days(90))],
    ),
    "a lytic lesion ninety-one days ago": (
        "unknown(stale)",
        [finding("lesion-matrix", "lytic", "L1", days(91))],
    ),
    "an unreadable lesion": (
        "unknown(unparseable)",
        [BONE, finding("lesion-matrix", None, trouble="words")],
    ),
}


@cases(TABLE)
def test_evidence(expected: str, facts: list[Some]) -> None:
    assert ask(evidence_uncertain, LIMITS, facts) == expected


def test_one_osteoporotic_level_is_enough() -> None:
    lesion = finding("lesion-matrix", "lytic", "L3")
    none = finding("lesion-matrix", "none", "L1")
    chart = chart_of(BONE, lesion, none, orders=(order("L1", "L3"),))
    assert verdict(evidence_uncertain.ask(chart, LIMITS)) == "fires"


@unanswered("conditions", "findings")
def test_what_could_not_be_asked_leaves_it_open(states: dict[str, Sought | None]) -> None:
    assert ask(evidence_uncertain, LIMITS, [], states=states) == "unknown(source-error)"
    assert ask(evidence_uncertain, LIMITS, [TUMOR], states=states) == "unknown(source-error)"
