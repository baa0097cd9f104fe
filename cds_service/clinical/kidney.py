"""Creatinine clearance, on which the hold of many anticoagulants depends."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from cds_service.clinical.answer import Gap, Proof
from cds_service.clinical.chart import Chart
from cds_service.clinical.conditions import has_condition
from cds_service.clinical.fact import Result, lab, vital
from cds_service.clinical.truth import UNKNOWN, YES, Reason
from cds_service.clinical.when import Window

CLEARANCE: Final = lab("creatinine_clearance")
CREATININE: Final = lab("creatinine")
WEIGHT: Final = vital("body_weight")

SEX_FACTOR: Final = {"male": Decimal(1), "female": Decimal("0.85")}
_AGE_BASE = Decimal(140)
_DIVISOR = Decimal(72)


class Clearance(NamedTuple):
    """Creatinine clearance in mL/min, or why it is not known; `dialysis` outranks a number."""

    value: Decimal | None
    proofs: tuple[Proof, ...] = ()
    missing: tuple[Gap, ...] = ()
    dialysis: bool = False


def creatinine_clearance(chart: Chart, window: Window) -> Clearance:
    """Find the creatinine clearance: measured, or by Cockcroft and Gault (codes.md 2.7).

    Computed only when age, sex, weight and creatinine are all known and inside the window; an
    eGFR indexed to body surface never stands in for it.
    """
    dialysis = has_condition(chart, "dialysis")
    if dialysis.truth is YES:
        return Clearance(None, dialysis.because, dialysis=True)
    if dialysis.truth is UNKNOWN:
        return Clearance(None, missing=dialysis.missing)
    measured = chart.latest(CLEARANCE, window).value
    if measured is None:
        return _computed(chart, window)
    value = _exact(measured)
    if value is None:
        gap = Gap(Reason.UNPARSEABLE, CLEARANCE.name, "", "undecided", measured.proof())
        return Clearance(None, missing=(gap,))
    return Clearance(value, (measured.proof(),))


def _computed(chart: Chart, window: Window) -> Clearance:
    """Compute the clearance by Cockcroft and Gault, or say what lacks."""
    creatinine, weight = chart.latest(CREATININE, window), chart.latest(WEIGHT, window)
    gaps = [gap for known in (creatinine.known(), weight.known()) for gap in known.missing]
    factor = SEX_FACTOR.get(chart.patient.sex)
    if chart.patient.age is None or factor is None:
        gaps.append(Gap(Reason.MISSING, "age_and_sex"))
    serum, mass = _exact(creatinine.value), _exact(weight.value)
    if gaps or serum is None or mass is None or not serum or chart.patient.age is None:
        return Clearance(None, missing=tuple(gaps) or (Gap(Reason.MISSING, CLEARANCE.name),))
    years = _AGE_BASE - chart.patient.age
    value = years * mass * (factor or Decimal(0)) / (_DIVISOR * serum)
    day = creatinine.value.when.text if creatinine.value and creatinine.value.when else ""
    shown = f"{value.quantize(Decimal(1))} mL/min"
    return Clearance(value, (Proof(CLEARANCE.name, shown, day, note="cockcroft_gault"),))


def _exact(result: Result | None) -> Decimal | None:
    """Take the number of a result without a comparator."""
    measured = result.measured if result else None
    return measured.low if measured and measured.low == measured.high else None
