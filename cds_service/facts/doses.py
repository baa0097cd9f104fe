"""How much one dose is: its quantity, its words, and the strength that a product's name states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cds_service.facts.dosage_words import DoseUnits
from cds_service.facts.elements import number, obj, objs, word

_NUMBER: Final = r"(?<![\d.,])(\d[\d.,]{0,15})"
_ACTIVITY: Final = (
    r"(?:\[?usp'?\s?u\]?(?:nits?)?|usp\s+units?|international\s+units?|units?|unt|iu|ie|u)"
)
_PER: Final = r"\s*(?:/|per\b)\s*"
_ANY: Final = re.compile(r"(?i)[\d.,]\s*[mui\[]")
"""Where each of the patterns below must match; a text without it costs one search, not five."""

_MG: Final = re.compile(
    rf"(?i){_NUMBER}\s*mg(?!\w)(?!{_PER}(?:\d|(?:k?g|m?l|h|hr|hour|min|d|day|m2)\b))"
)
_MG_PER_ML: Final = re.compile(rf"(?i){_NUMBER}\s*mg\s*(?:/|per)\s*(\d[\d.]{{0,9}})?\s*ml(?!\w)")
_ML: Final = re.compile(rf"(?i)(?<!/)(?<!/ ){_NUMBER}\s*ml(?!\w)")
_UNITS: Final = re.compile(rf"(?i){_NUMBER}\s*{_ACTIVITY}(?!\w)(?!{_PER}(?:\d|kg\b|ml\b))")
_UNITS_PER_ML: Final = re.compile(
    rf"(?i){_NUMBER}\s*{_ACTIVITY}\s*(?:/|per)\s*(\d[\d.]{{0,9}})?\s*ml(?!\w)"
)
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")


@dataclass(frozen=True, slots=True)
class Amounts:
    """What some words say of amounts: mg, mL and units of activity, and each per mL."""

    milligrams: frozenset[Decimal] = field(default_factory=frozenset)
    milligrams_per_ml: frozenset[Decimal] = field(default_factory=frozenset)
    milliliters: frozenset[Decimal] = field(default_factory=frozenset)
    activity: frozenset[Decimal] = field(default_factory=frozenset)
    activity_per_ml: frozenset[Decimal] = field(default_factory=frozenset)

    @property
    def strength(self) -> Decimal | None:
        """The milligrams of one piece, if the words leave no doubt."""
        if len(self.milligrams) == 1:
            return next(iter(self.milligrams))
        if not self.milligrams and len(self.milligrams_per_ml) == len(self.milliliters) == 1:
            return next(iter(self.milligrams_per_ml)) * next(iter(self.milliliters))
        return None


_NO_AMOUNTS: Final = Amounts()


class Dose(NamedTuple):
    """One dose as a quantity; at most one of the numbers is known."""

    milligrams: Decimal | None = None
    milliliters: Decimal | None = None
    activity: Decimal | None = None
    pieces: Decimal | None = None


def amounts_in(words: Iterable[str]) -> Amounts:
    """Read all amounts in some words; "40 mg/0.4 mL" is 40 mg in a piece and 100 mg/mL."""
    text = "\n".join(" ".join(one.split()) for one in words)
    if not _ANY.search(text):
        return _NO_AMOUNTS
    whole_mg, per_ml = _ratios(_MG_PER_ML, text)
    whole_units, units_per_ml = _ratios(_UNITS_PER_ML, text, pointed=True)
    return Amounts(
        _plain(_MG, text) | whole_mg,
        per_ml,
        _plain(_ML, text),
        _plain(_UNITS, text, pointed=True) | whole_units,
        units_per_ml,
    )


def _plain(pattern: re.Pattern[str], text: str, *, pointed: bool = False) -> frozenset[Decimal]:
    """List the numbers that stand before a unit."""
    values = (_value(hit[1], pointed=pointed) for hit in pattern.finditer(text))
    return frozenset(value for value in values if value)


def _ratios(
    pattern: re.Pattern[str], text: str, *, pointed: bool = False
) -> tuple[frozenset[Decimal], frozenset[Decimal]]:
    """List the whole amounts that are stated with a volume, and all amounts per mL."""
    whole, per_ml = set(), set()
    for hit in pattern.finditer(text):
        amount, volume = _value(hit[1], pointed=pointed), _value(hit[2] or "1")
        if amount and volume:
            per_ml.add((amount / volume).normalize())
            if volume != 1:
                whole.add(amount)
    return frozenset(whole), frozenset(per_ml)


def _value(text: str, *, pointed: bool = False) -> Decimal | None:
    """Read a number of words: "25,000" is thousands, "0,4" a fraction.

    With `pointed` "25.000" is thousands as well: so are units of heparin written in Europe.
    """
    plain = text.rstrip(".,")
    if _THOUSANDS.fullmatch(plain) and not plain.startswith("0"):
        plain = plain.replace(",", "")
        plain = plain.replace(".", "") if pointed else plain
    value = number(plain.replace(",", "."))
    return value.normalize() if value else None


def doses_of(dosage: Mapping[str, Any], units: DoseUnits) -> list[Dose]:
    """List the doses of a dosage: doseAndRate, or the element of older and other resources."""
    holders = [*objs(dosage.get("doseAndRate")), dosage]
    found = []
    for holder in holders:
        for name in ("doseQuantity", "dose"):
            found += [_dose(obj(holder.get(name)), units)] if obj(holder.get(name)) else []
        high = obj(obj(holder.get("doseRange")).get("high"))
        found += [_dose(high, units)] if high else []
    return found


def _dose(quantity: Mapping[str, Any], units: DoseUnits) -> Dose:
    """Read a Quantity; its code counts before its unit, and what is not listed is not known."""
    value = number(quantity.get("value"))
    if value is None or value <= 0:
        return Dose()
    for spelling in (word(quantity.get("code")).lower(), word(quantity.get("unit")).lower()):
        if spelling in units.milligrams:
            return Dose(milligrams=value * units.milligrams[spelling])
        if spelling in units.milliliters:
            return Dose(milliliters=value * units.milliliters[spelling])
        if spelling in units.activity:
            return Dose(activity=value * units.activity[spelling])
        if spelling and spelling in units.pieces:
            return Dose(pieces=value)
    bare = not word(quantity.get("code")) and not word(quantity.get("unit"))
    return Dose(pieces=value) if bare else Dose()


def milligrams_of(dose: Dose, product: Amounts) -> Decimal | None:
    """Tell the milligrams of a dose, with the strength of the product where it is counted."""
    if dose.pieces is not None:
        return None if product.strength is None else dose.pieces * product.strength
    if dose.milliliters is not None and len(product.milligrams_per_ml) == 1:
        return dose.milliliters * next(iter(product.milligrams_per_ml))
    return dose.milligrams
