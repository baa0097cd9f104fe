"""Units: the closed list of spellings of each fact, and how each is converted (codes.md 2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

_PLACES: Final = Decimal("0.000001")
_DIGITS: Final = -6
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a value in one unit becomes one in the fact's own: (value + offset) * up / down.

    `at_most_one` takes a fraction only; `refused` marks a unit that no such value can have.
    """

    up: Decimal = _ONE
    down: Decimal = _ONE
    offset: Decimal = Decimal(0)
    at_most_one: bool = False
    refused: bool = False

    def of(self, value: Decimal) -> Decimal:
        """Convert a value, to six places where the division does not end before."""
        if self is SAME:
            return value
        made = (value + self.offset) * self.up
        return made if self.down == _ONE else _short(made / self.down)


SAME: Final = Conversion()
"""The conversion of the fact's own unit, and of those that are equal to it."""


def _short(value: Decimal) -> Decimal:
    """Cut a number to six places, unless it has fewer."""
    exponent = value.as_tuple().exponent
    return value.quantize(_PLACES) if isinstance(exponent, int) and exponent < _DIGITS else value


@dataclass(frozen=True, slots=True)
class Units:
    """The closed list of spellings of a fact, and its plausible range.

    Each spelling stands as it is written and in small letters.
    """

    known: Mapping[str, Conversion] = field(default_factory=dict)
    low: Decimal | None = None
    high: Decimal | None = None

    def way(self, unit: str) -> Conversion | None:
        """Find how to convert from a unit, None for one that is not listed."""
        return self.known.get(unit) or self.known.get(spelling(unit))

    def plausible(self, value: Decimal) -> bool:
        """Tell whether a converted value can be true at all; both ends count as plausible.

        Nothing that is measured here can be negative.
        """
        return value >= 0 and not (
            (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
        )


def spelling(unit: str) -> str:
    """Write a unit in the one way in which spellings are compared."""
    return unit.strip().lower().replace("\u00b5", "u").replace("\u03bc", "u")
