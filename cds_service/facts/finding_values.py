"""Values of findings, each read as the type that its code declares (codes.md 3.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.clinical.quantity import Measured
from cds_service.clinical.when import When
from cds_service.facts.context import Context
from cds_service.facts.dates import when_of
from cds_service.facts.elements import coding_objects, number, obj, shown, texts, word
from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.quantities import of_quantity
from cds_service.facts.systems import FINDING, FINDING_VALUE
from cds_service.facts.units import SAME, Conversion, Units

_FRACTION: Final = Conversion(Decimal(100), at_most_one=True)
_PERCENT: Final = Units(
    {"%": SAME, "percent": SAME, "1": _FRACTION, "{fraction}": _FRACTION},
    Decimal(0),
    Decimal(100),
)
_BOOLEANS: Final = {"true": True, "false": False}


class FindingValue(NamedTuple):
    """A value as it was read: `trouble` says why there is none."""

    value: bool | str | Measured | None = None
    shown: str = ""
    trouble: str = ""
    moment: When | None = None


def value_of(code: FindingCode, holder: Resource, context: Context) -> FindingValue:
    """Read a value as the type that its code declares."""
    if holder.get("dataAbsentReason"):
        return FindingValue(trouble="absent_reason")
    if code.value == "boolean":
        return _boolean(holder)
    if code.value == "percent":
        return _percent(holder)
    if code.value == "dateTime":
        moment = when_of(holder.get("valueDateTime"), context.zone)
        text = moment.text if moment else shown(holder.get("valueDateTime"))
        return FindingValue(shown=text, moment=moment, trouble="" if moment else _absent(holder))
    return _coded(code, holder, context)


def _boolean(holder: Resource) -> FindingValue:
    """Read a yes or no, given as such or as the exact word."""
    value = holder.get("valueBoolean")
    if isinstance(value, bool):
        return FindingValue(value, "yes" if value else "no")
    words = [holder.get("valueString"), *_codes(holder.get("valueCodeableConcept"))]
    for said in words:
        if word(said) in _BOOLEANS:
            return FindingValue(_BOOLEANS[word(said)], "yes" if _BOOLEANS[word(said)] else "no")
    return FindingValue(trouble=_absent(holder))


def _percent(holder: Resource) -> FindingValue:
    """Read a share of a hundred, with its comparator."""
    read = of_quantity(obj(holder.get("valueQuantity")), _PERCENT)
    trouble = _absent(holder) if read.trouble == "no_value" else read.trouble
    if read.conversion == SAME and _is_fraction(obj(holder.get("valueQuantity")).get("value")):
        return FindingValue(shown=read.shown, trouble="implausible")
    return FindingValue(read.measured, read.shown, trouble)


def _is_fraction(said: object) -> bool:
    """Tell whether a number is more likely a fraction, whose unit is then wrong (codes.md 2.10)."""
    value = number(said)
    return value is not None and 0 < value <= 1


def _coded(code: FindingCode, holder: Resource, context: Context) -> FindingValue:
    """Read one of the codes that the finding may take."""
    concept = holder.get("valueCodeableConcept")
    own = [c for key, c in context.codes.systems.pairs(concept) if key in {FINDING, FINDING_VALUE}]
    for said in [*own, word(holder.get("valueString"))]:
        if said in code.values:
            return FindingValue(said, said)
    words = texts(concept) or [word(holder.get("valueString"))]
    return FindingValue(shown=shown(words[0]), trouble=_absent(holder))


def _codes(concept: object) -> list[object]:
    """List the bare codes and the text of a concept."""
    return [*(coding.get("code") for coding in coding_objects(concept)), obj(concept).get("text")]


def _absent(holder: Resource) -> str:
    """Name the trouble of a value that could not be read: none there, or one we cannot read."""
    there = any(key.startswith("value") for key in holder)
    return "words" if there else "no_value"
