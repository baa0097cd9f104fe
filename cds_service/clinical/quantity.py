"""A number with its unit, and what can be said of it when a record gives only a bound."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from cds_service.clinical.truth import Truth


@dataclass(frozen=True, slots=True)
class Quantity:
    """A limit: a number in the unit of the fact that it limits."""

    value: Decimal
    unit: str = ""

    def __str__(self) -> str:
        """Show the number as it was written, and the unit where it is more than a mark."""
        unit = (
            ""
            if self.unit in {"", "1", "{INR}", "{score}"}
            else f" {UNIT_WORDS.get(self.unit, self.unit)}"
        )
        return f"{self.value}{unit}"


UNIT_WORDS = {"10*9/L": "×10⁹/L", "10*3/uL": "×10³/µL", "Cel": "°C", "[degF]": "°F"}
"""UCUM units that people write in another way."""


class Measured(NamedTuple):
    """A measured number, or the range that a comparator leaves open.

    `low` and `high` bound it (None is unbounded); an open end excludes the bound itself.
    """

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False

    @classmethod
    def exactly(cls, value: Decimal) -> Measured:
        """Make a measurement without any comparator."""
        return cls(value, value)

    def above(self, limit: Decimal) -> Truth:
        """Tell whether the number is greater than `limit`, as far as its bounds decide it."""
        if self.low is not None and (self.low > limit or (self.low == limit and self.low_open)):
            return Truth.YES
        if self.high is not None and self.high <= limit:
            return Truth.NO
        return Truth.UNKNOWN

    def below(self, limit: Decimal) -> Truth:
        """Tell whether the number is less than `limit`, as far as its bounds decide it."""
        if self.high is not None and (self.high < limit or (self.high == limit and self.high_open)):
            return Truth.YES
        if self.low is not None and self.low >= limit:
            return Truth.NO
        return Truth.UNKNOWN
