"""Numbers with a comparator decide only where the bound alone decides (codes.md 2.10)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.quantity import Measured
from cds_service.clinical.truth import Truth
from tests.charts import limit, measured

NUMBERS = st.decimals(min_value=-100, max_value=100, places=2)


@pytest.mark.parametrize(
    ("said", "above", "below"),
    [
        ("49.9", "clear", "fires"),
        ("50", "clear", "clear"),
        ("50.1", "fires", "clear"),
        ("<50", "clear", "fires"),
        ("<=50", "clear", "unknown"),
        ("<49", "clear", "fires"),
        ("<51", "unknown", "unknown"),
        (">50", "fires", "clear"),
        (">=50", "unknown", "clear"),
        (">51", "fires", "clear"),
        (">49", "unknown", "unknown"),
    ],
)
def test_against_fifty(said: str, above: str, below: str) -> None:
    assert measured(said).above(Decimal(50)) == above
    assert measured(said).below(Decimal(50)) == below


def test_nothing_known_decides_nothing() -> None:
    nothing = Measured(None, None)
    assert nothing.above(Decimal(0)) is Truth.UNKNOWN
    assert nothing.below(Decimal(0)) is Truth.UNKNOWN


@given(NUMBERS, NUMBERS, st.sampled_from(["", "<", "<=", ">", ">="]), NUMBERS)
def test_a_bound_never_says_more_than_the_number_behind_it(
    bound: Decimal, value: Decimal, comparator: str, against: Decimal
) -> None:
    inside = {
        "": value == bound,
        "<": value < bound,
        "<=": value <= bound,
        ">": value > bound,
        ">=": value >= bound,
    }
    if not inside[comparator]:
        return
    said = measured(f"{comparator}{bound}") if bound >= 0 else Measured.exactly(value)
    assert said.above(against) in (Measured.exactly(value).above(against), Truth.UNKNOWN)
    assert said.below(against) in (Measured.exactly(value).below(against), Truth.UNKNOWN)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("1.5", "{INR}", "1.5"),
        ("3", "1", "3"),
        ("5", "{score}", "5"),
        ("5", "", "5"),
        ("50", "10*9/L", "50 ×10⁹/L"),
        ("38.0", "Cel", "38.0 °C"),
        ("33.3", "%", "33.3 %"),
    ],
)
def test_a_limit_is_shown_as_people_write_it(value: str, unit: str, shown: str) -> None:
    assert str(limit(value, unit)) == shown
