"""Creatinine clearance: measured, or by Cockcroft and Gault, or not known (codes.md 2.7)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Patient
from cds_service.clinical.kidney import creatinine_clearance
from cds_service.clinical.quantity import Measured
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import Window
from tests.changed import replace
from tests.charts import MALE, Some, chart_of, diagnosis, result
from tests.times import days
from tests.verdicts import unanswered

MONTH = Window(days=30)
MEASURED = result("creatinine_clearance", "42")
CREATININE, WEIGHT = result("creatinine", "1.0"), result("body_weight", "72")
BOTH: list[Some] = [CREATININE, WEIGHT]


@pytest.mark.parametrize(
    ("patient", "value"),
    [
        (MALE, Decimal(70)),
        (Patient(70, "female"), Decimal("59.5")),
        (Patient(20, "male"), Decimal(120)),
    ],
)
def test_computed_for_age_and_sex(patient: Patient, value: Decimal) -> None:
    clearance = creatinine_clearance(chart_of(*BOTH, patient=patient), MONTH)
    assert clearance.value == value
    assert clearance.proofs[0].note == "cockcroft_gault"
    assert clearance.proofs[0].when == "2025-05-19"


@pytest.mark.parametrize(
    ("patient", "serum", "mass", "value", "shown"),
    [
        (Patient(80, "male"), "2.0", "60", "25", "25 mL/min"),
        (Patient(80, "female"), "2.5", "60", "17", "17 mL/min"),
        (Patient(68, "male"), "0.5", "50", "100", "100 mL/min"),
        (Patient(65, "male"), "1.5", "80", "55.56", "56 mL/min"),
    ],
)
def test_the_formula_of_cockcroft_and_gault(
    patient: Patient, serum: str, mass: str, value: str, shown: str
) -> None:
    """Twice the creatinine is half the clearance (codes.md 2.7)."""
    facts = [result("creatinine", serum), result("body_weight", mass)]
    clearance = creatinine_clearance(chart_of(*facts, patient=patient), MONTH)
    assert clearance.value is not None
    assert clearance.value.quantize(Decimal("0.01")) == Decimal(value)
    assert clearance.proofs[0].value == shown


def test_a_weight_or_a_creatinine_alone_computes_nothing() -> None:
    for one, other in (("<0.5", "72"), ("1.0", "<72")):
        facts = [result("creatinine", one), result("body_weight", other)]
        assert creatinine_clearance(chart_of(*facts), MONTH).value is None


def test_a_bound_that_repeats_itself_is_a_number() -> None:
    """Two ends that are equal but written on their own."""
    same = Measured(Decimal(42), Decimal("42.0"))
    assert creatinine_clearance(chart_of(replace(MEASURED, measured=same)), MONTH).value == 42


def test_measured_comes_first() -> None:
    assert creatinine_clearance(chart_of(MEASURED, *BOTH), MONTH).value == Decimal(42)


def test_the_same_values_twice_change_nothing() -> None:
    assert creatinine_clearance(chart_of(*BOTH, *BOTH), MONTH).value == Decimal(70)
    assert creatinine_clearance(chart_of(MEASURED, MEASURED), MONTH).value == Decimal(42)


@pytest.mark.parametrize(
    ("facts", "patient", "reason"),
    [
        ([], MALE, Reason.MISSING),
        ([CREATININE], MALE, Reason.MISSING),
        ([WEIGHT], MALE, Reason.MISSING),
        (BOTH, Patient(None, "male"), Reason.MISSING),
        (BOTH, Patient(70, ""), Reason.MISSING),
        (BOTH, Patient(70, "other"), Reason.MISSING),
        ([replace(CREATININE, when=days(31)), WEIGHT], MALE, Reason.STALE),
        ([CREATININE, replace(WEIGHT, when=days(31))], MALE, Reason.STALE),
        ([result("creatinine", "<0.5"), WEIGHT], MALE, Reason.MISSING),
        ([result("creatinine", "0"), WEIGHT], MALE, Reason.MISSING),
        ([CREATININE, result("creatinine", "2.0"), WEIGHT], MALE, Reason.MISSING),
        ([result("creatinine_clearance", "<15"), *BOTH], MALE, Reason.UNPARSEABLE),
        ([*BOTH, diagnosis("dialysis", possible=True)], MALE, Reason.SUSPECTED),
        ([result("egfr", "80")], MALE, Reason.MISSING),
    ],
)
def test_nothing_is_computed_from_what_is_not_known(
    facts: list[Some], patient: Patient, reason: Reason
) -> None:
    clearance = creatinine_clearance(chart_of(*facts, patient=patient), MONTH)
    assert clearance.value is None
    assert not clearance.dialysis
    assert reason in {gap.reason for gap in clearance.missing}


def test_dialysis_outranks_a_number() -> None:
    clearance = creatinine_clearance(chart_of(MEASURED, diagnosis("dialysis")), MONTH)
    assert clearance.dialysis
    assert clearance.value is None


@unanswered("laboratory", "conditions")
def test_what_could_not_be_asked_gives_no_number(states: dict[str, Sought | None]) -> None:
    clearance = creatinine_clearance(chart_of(MEASURED, *BOTH, states=states), MONTH)
    assert clearance.value is None
    assert {gap.reason for gap in clearance.missing} == {Reason.SOURCE_ERROR}
