"""Why a vertebra broke: codes speak of the patient, a lesion of its level (rules.md 1.3, 1.5)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.indication import indication, neoplastic, osteoporotic
from cds_service.clinical.when import Window
from tests.charts import Some, chart_of, diagnosis, finding, order
from tests.times import days
from tests.verdicts import unanswered, verdict

IMAGING = Window(days=90)
BONE, TUMOR = diagnosis("vcf_osteoporotic"), diagnosis("vcf_neoplastic")
CANCER, POROTIC = diagnosis("malignancy_spine"), diagnosis("osteoporosis")
LYTIC, NONE = finding("lesion-matrix", "lytic"), finding("lesion-matrix", "none")
LUMBAR, THORACIC = {"region": "lumbar"}, {"region": "thoracic"}


def both(*facts: Some, **more: object) -> tuple[str, str]:
    chart = chart_of(*facts, **more)  # type: ignore[arg-type]
    return verdict(osteoporotic(chart, IMAGING)), verdict(neoplastic(chart, IMAGING))


@pytest.mark.parametrize(
    ("expected", "facts"),
    [
        (("unknown(missing)", "unknown(missing)"), []),
        (("fires", "clear"), [BONE]),
        (("fires", "clear"), [BONE, POROTIC]),
        (("clear", "fires"), [TUMOR]),
        (("clear", "fires"), [LYTIC]),
        (("clear", "fires"), [finding("lesion-matrix", "blastic")]),
        (("clear", "fires"), [TUMOR, POROTIC]),
        (("unknown(missing)", "clear"), [NONE]),
        (("fires", "clear"), [BONE, NONE]),
        (("fires", "clear"), [BONE, NONE, CANCER]),
        (("unknown(suspected)", "unknown(suspected)"), [BONE, CANCER]),
        (("unknown(suspected)", "unknown(suspected)"), [CANCER]),
        (("unknown(suspected)", "unknown(missing)"), [POROTIC]),
        (("unknown(suspected)", "clear"), [POROTIC, NONE]),
        (("unknown(missing)", "unknown(missing)"), [diagnosis("vcf_other")]),
        (("unknown(conflicting)", "unknown(conflicting)"), [BONE, TUMOR]),
        (("unknown(conflicting)", "unknown(conflicting)"), [TUMOR, NONE]),
        (("unknown(conflicting)", "fires"), [BONE, LYTIC]),
        (
            ("unknown(suspected)", "unknown(suspected)"),
            [BONE, finding("lesion-matrix", "lytic", "T8")],
        ),
        (
            ("unknown(stale)", "unknown(stale)"),
            [BONE, finding("lesion-matrix", "lytic", "L1", days(91))],
        ),
        (("fires", "clear"), [BONE, finding("lesion-matrix", "none", "L1", days(91))]),
        (("unknown(missing)", "unknown(missing)"), [diagnosis("vcf_osteoporotic", active=False)]),
        (
            ("unknown(suspected)", "unknown(missing)"),
            [diagnosis("vcf_osteoporotic", by_words=True)],
        ),
        (("unknown(stale)", "unknown(missing)"), [diagnosis("vcf_osteoporotic", dormant=True)]),
        (("fires", "clear"), [diagnosis("vcf_osteoporotic", marks=LUMBAR)]),
        (("unknown(missing)", "unknown(missing)"), [diagnosis("vcf_osteoporotic", levels=("T8",))]),
        (("fires", "clear"), [diagnosis("vcf_osteoporotic", levels=("L1",))]),
    ],
)
def test_indication(expected: tuple[str, str], facts: list[Some]) -> None:
    assert both(*facts) == expected


def test_a_code_of_another_region_says_nothing_of_the_level() -> None:
    away = diagnosis("vcf_osteoporotic", marks=THORACIC)
    assert both(away, orders=(order("L4"),))[0] == "unknown(missing)"
    assert both(away, orders=(order("T8"),))[0] == "fires"


@pytest.mark.parametrize("level", ["L1", "L3", "L5", "T8"])
def test_a_tumor_at_another_level_is_a_sign_and_no_more(level: str) -> None:
    bone, tumor = diagnosis("vcf_osteoporotic", levels=("L4",)), "-L4".removeprefix("-")
    lytic = finding("lesion-matrix", "lytic", level)
    suspected = ("unknown(suspected)", "unknown(suspected)")
    assert both(bone, lytic, orders=(order("L4"),)) == suspected
    here = finding("lesion-matrix", "lytic", tumor)
    assert both(bone, here, orders=(order("L4"),)) == ("unknown(conflicting)", "fires")


def test_an_order_without_a_level_asks_for_the_patient() -> None:
    assert both(BONE, orders=(order(),)) == ("fires", "clear")
    assert both(LYTIC, orders=(order(),)) == ("unknown(suspected)", "unknown(suspected)")


def test_each_level_has_its_own_cause() -> None:
    chart = chart_of(LYTIC, finding("lesion-matrix", "none", "L3"), orders=(order("L1", "L3"),))
    assert verdict(indication(chart, "L1", IMAGING).neoplastic) == "fires"
    assert verdict(indication(chart, "L3", IMAGING).neoplastic) == "clear"
    assert verdict(neoplastic(chart, IMAGING)) == "fires"


@unanswered("conditions")
def test_codes_that_could_not_be_asked_leave_it_open(states: dict[str, Sought | None]) -> None:
    assert both(states=states) == ("unknown(source-error)", "unknown(source-error)")
    assert both(BONE, states=states)[1] == "unknown(source-error)"


@unanswered("findings")
def test_a_lesion_that_could_not_be_asked_for_leaves_it_open(
    states: dict[str, Sought | None],
) -> None:
    assert both(BONE, states=states) == ("unknown(source-error)", "unknown(source-error)")
