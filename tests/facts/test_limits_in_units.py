"""Each number with which a card compares a result, just below, at and above, in each unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import pytest

from cds_service.catalog import load_catalog
from cds_service.clinical.quantity import Measured, Quantity
from cds_service.clinical.truth import Truth
from cds_service.facts.lab_codes import load_labs
from cds_service.facts.quantities import of_quantity
from cds_service.facts.tables import load_table
from cds_service.settings import load_settings
from tests.facts.records import chart, finding, quantity

TABLE: Final = load_table("labs.toml")
FACTS: Final = load_labs(TABLE).facts
LITTLE: Final = Fraction(1, 1000)


def compared() -> set[tuple[str, Quantity]]:
    """Find every pair of a fact and a number of a card whose rule reads it, in one unit.

    Nothing lies below zero: the test of its rule stands beside it.
    """
    checks = load_catalog(load_settings({})).procedures[0].checks
    return {
        (fact.name, limit)
        for check in checks
        for fact in check.rule.reads
        if fact.name in FACTS
        for field in fields(check.statement.limits)
        if isinstance(limit := getattr(check.statement.limits, field.name), Quantity)
        if limit.value and limit.unit == TABLE[fact.name].get("unit")
    }


def spelled(fact: str) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Give each spelling of a unit with the factor and the shift to it from our own unit."""
    for unit, factor in TABLE[fact].get("units", {}).items():
        above, _, below = str(factor).partition("/")
        yield unit, Fraction(below or 1) / Fraction(above), Fraction(0)
    for unit in TABLE[fact].get("units_f", ()):
        yield unit, Fraction(9, 5), Fraction(32)
    for unit in TABLE[fact].get("units_fraction", ()):
        yield unit, Fraction(1, 100), Fraction(0)


def read(fact: str, number: Fraction, unit: str) -> Measured:
    """Read a number as a record gives it, with as many digits as it takes."""
    value = Decimal(number.numerator) / Decimal(number.denominator)
    found = of_quantity({"value": value, "unit": unit}, FACTS[fact].units)
    assert not found.trouble
    assert found.measured is not None
    return found.measured


CASES: Final = [
    pytest.param(fact, limit, *unit, id=f"{fact} {limit.value} {unit[0]}")
    for fact, limit in sorted(compared(), key=str)
    for unit in spelled(fact)
]


def test_there_are_such_numbers() -> None:
    assert {fact for fact, _ in compared()} >= {"inr", "platelets", "temperature", "lvef"}


PERCENTS: Final = (
    "retropulsion-canal-compromise",
    "epidural-tumor-canal-compromise",
    "height-loss",
)
SHARES: Final = {"%": 1, "percent": 1, "1": 100, "{fraction}": 100}


def shares() -> set[tuple[str, Quantity]]:
    """Find every pair of a finding in percent and a number of a card whose rule reads it."""
    checks = load_catalog(load_settings({})).procedures[0].checks
    return {
        (fact.name, limit)
        for check in checks
        for fact in check.rule.reads
        if fact.name in PERCENTS
        for field in fields(check.statement.limits)
        if isinstance(limit := getattr(check.statement.limits, field.name), Quantity)
        if limit.unit == "%" and limit.value >= 1
    }


def test_each_finding_in_percent_has_a_limit() -> None:
    assert {fact for fact, _ in shares()} == set(PERCENTS)


@pytest.mark.parametrize("unit", sorted(SHARES))
@pytest.mark.parametrize(("fact", "limit"), sorted(shares(), key=str))
def test_both_sides_of_a_share(fact: str, limit: Quantity, unit: str) -> None:
    """At a tenth of a percent, which is what such limits are compared at (rules.md 5)."""

    def seen(value: Decimal) -> Measured:
        said = quantity(str(value / SHARES[unit]), unit)
        (found,) = chart(finding(fact, valueQuantity=said)).findings[fact]
        assert isinstance(found.value, Measured)
        return found.value

    tenth = Decimal("0.1")
    low, same, high = (seen(limit.value + step * tenth) for step in (-1, 0, 1))
    assert (low.below(limit.value), low.above(limit.value)) == (Truth.YES, Truth.NO)
    assert (same.below(limit.value), same.above(limit.value)) == (Truth.NO, Truth.NO)
    assert (high.below(limit.value), high.above(limit.value)) == (Truth.NO, Truth.YES)


@pytest.mark.parametrize(("fact", "limit", "unit", "factor", "shift"), CASES)
def test_both_sides_of_a_limit(
    fact: str, limit: Quantity, unit: str, factor: Fraction, shift: Fraction
) -> None:
    said: Any = Fraction(limit.value)
    low, high = (read(fact, said * n * factor + shift, unit) for n in (1 - LITTLE, 1 + LITTLE))
    assert (low.below(limit.value), low.above(limit.value)) == (Truth.YES, Truth.NO)
    assert (high.below(limit.value), high.above(limit.value)) == (Truth.NO, Truth.YES)
    same = read(fact, said * factor + shift, unit)
    assert same.low is not None
    assert abs(same.low - limit.value) < Decimal("1e-9")
    if Fraction(same.low) == said:
        assert (same.below(limit.value), same.above(limit.value)) == (Truth.NO, Truth.NO)
