"""Numbers as a record writes them, turned into a fact's own unit (codes.md 2.10)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cds_service.clinical.quantity import Measured
from cds_service.facts.elements import SHOWN_LENGTH, number, word
from cds_service.facts.units import Conversion, Units

UNSAID: Final = frozenset({"", "1", "{INR}", "{score}", "{ratio}", "ratio"})
"""Units that a reader need not see beside the number."""

_TEXT: Final = re.compile(r"([<>]=?)?\s*(\d+(?:[.,]\d+)?)\s*(.*)", re.DOTALL)
_FLAGS: Final = re.compile(r"\s*[*HL]$")
_MOST_FLAGS: Final = 2
_THOUSANDS: Final = re.compile(r"\d{1,3},\d{3}")
_COMPARATORS: Final = frozenset({"", "<", "<=", ">", ">="})


class Value(NamedTuple):
    """A value as it was read: its number, or the trouble with it, and what may be shown."""

    shown: str = ""
    measured: Measured | None = None
    trouble: str = ""
    conversion: Conversion | None = None


def of_quantity(quantity: Mapping[str, Any], units: Units) -> Value:
    """Read a Quantity against the units of a fact."""
    value = number(quantity.get("value"))
    if value is None:
        return Value(trouble="no_value" if quantity.get("value") is None else "words")
    unit, code = word(quantity.get("unit")), word(quantity.get("code"))
    comparator = word(quantity.get("comparator")) if "comparator" in quantity else ""
    shown = _shown(comparator, value, unit or code)
    if comparator not in _COMPARATORS:
        return Value(shown, trouble="words")
    spellings = [name for name in dict.fromkeys((code, unit)) if name]
    return measure(value, comparator, spellings, units, shown)


def of_text(text: str, units: Units) -> Value:
    """Read a text that is only a number, with or without comparator, unit and flags (9.3)."""
    shown = " ".join(text.split())[:SHOWN_LENGTH]
    found = _TEXT.fullmatch(text.strip())
    if not found or (_THOUSANDS.fullmatch(found[2])):
        return Value(shown, trouble="words")
    unit = found[3].rstrip()
    for _ in range(_MOST_FLAGS):
        if not unit or units.way(unit):
            break
        unit = _FLAGS.sub("", unit).rstrip()
    if unit and not units.way(unit):
        return Value(shown, trouble="words")
    value = number(found[2].replace(",", "."))
    if value is None:
        return Value(shown, trouble="words")
    return measure(value, found[1] or "", [unit] if unit else [], units, shown)


def measure(
    value: Decimal, comparator: str, spellings: list[str], units: Units, shown: str
) -> Value:
    """Turn a number into a measurement in the fact's own unit, or say what is wrong with it.

    Of several spellings the first that is known counts; two that contradict each other do not.
    """
    way = units.way(spellings[0] if spellings else "")
    if len(spellings) > 1:
        second = units.way(spellings[1])
        if way and second and second != way:
            return Value(shown, trouble="unit_unknown")
        way = way or second
    if way is None:
        return Value(shown, trouble="unit_unknown" if spellings else "no_unit")
    if way.at_most_one and not 0 <= value <= 1:
        return Value(shown, trouble="unit_unknown")
    made = way.of(value)
    if way.refused or not units.plausible(made):
        return Value(shown, trouble="implausible", conversion=way)
    return Value(shown, bounded(made, comparator), conversion=way)


def bounded(value: Decimal, comparator: str) -> Measured:
    """Make the range that a comparator leaves open."""
    if not comparator:
        return Measured(value, value)
    if comparator in {"<", "<="}:
        return Measured(None, value, high_open=comparator == "<")
    return Measured(value, None, low_open=comparator == ">")


def _shown(comparator: str, value: Decimal, unit: str) -> str:
    """Write a number as the record does, without a unit that says nothing."""
    tail = "" if unit in UNSAID else f" {unit}"
    return f"{comparator}{value}{tail}"[:SHOWN_LENGTH]
