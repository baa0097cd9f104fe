"""Laboratory results and vital signs: numbers in the fact's own unit (codes.md 2, rules.md 9.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Result
from cds_service.clinical.quantity import Measured
from cds_service.clinical.when import When
from cds_service.facts.context import Context, Pending
from cds_service.facts.elements import codings, number, obj, objs, shown, texts, word
from cds_service.facts.lab_codes import LabCode
from cds_service.facts.observed import Observed, effective
from cds_service.facts.quantities import Value, measure, of_quantity, of_text
from cds_service.facts.units import Units

_SITED: Final = "temperature"
_SITES: Final = (
    (re.compile(r"(?i)axill|armpit"), "axillary"),
    (re.compile(r"(?i)temporal"), "temporal"),
    (re.compile(r"(?i)forehead|skin|surface"), "surface"),
    (re.compile(r"(?i)oral|mouth|sublingual"), "oral"),
    (re.compile(r"(?i)tympan|\bear\b"), "tympanic"),
    (re.compile(r"(?i)rect"), "rectal"),
)
_EVERY: Final = frozenset({"temperature", "pain_score"})
"""Facts of which every result in a window counts, not only the newest: the highest one decides."""

_SCALE: Final = re.compile(r"(?i)(?<![\d.])0\s*(?:-|–|to)\s*10(?![\d.])|/\s*10(?![\d.])")
"""Words of a scale from 0 to 10."""

_NUMBERS: Final = ("valueInteger", "valueDecimal")


def read_result(code: LabCode, observed: Observed, context: Context) -> None:
    """Note one result; of most facts only those that may be the newest are worth reading."""
    when = effective(observed.resource, observed.reference, context)
    if code.fact.name in _EVERY or observed.holder.get("hasMember"):
        add_result(code, observed, when, context)
    else:
        context.pending.setdefault(code.fact.name, []).append((code, observed, when))


def newest_results(context: Context) -> Iterator[Pending]:
    """List the results that may be the newest of their kind, now that all dates are known.

    The newest final one decides, and so may all that overlap it or have no date (9.2): an older
    result never stands in.
    """
    for pending in context.pending.values():
        starts = [
            when.earliest
            for code, observed, when in pending
            if when and when.earliest and observed.final and not code.never_clears
        ]
        last = max(starts, default=None)
        for code, observed, when in pending:
            if last is None or when is None or when.latest >= last:
                yield code, observed, when


def add_result(code: LabCode, observed: Observed, when: When | None, context: Context) -> None:
    """Add one result; one that cannot be read says why and still is the newest (9.2)."""
    holder = observed.holder
    value = value_of(holder, code, observed.reference, context)
    if code.unstated_scale and not value.trouble and not _zero_to_ten(observed):
        value = value._replace(measured=None, trouble="no_scale")
    if value.trouble == "no_value" and holder.get("hasMember"):
        return
    result = Result(
        code.fact.name,
        when,
        observed.reference,
        value.shown,
        value.measured,
        value.trouble,
        observed.final and not code.never_clears,
        not code.code,
        _site(code, observed),
        normal_range(holder, value, code.units) if value.measured else None,
        code.note,
    )
    context.results.setdefault(code.fact.name, []).append(result)


def value_of(holder: Resource, code: LabCode, reference: str, context: Context) -> Value:
    """Read the value of a result, in whichever element it stands."""
    if not code.fact.measured:
        return _words(holder)
    if holder.get("dataAbsentReason"):
        return _words(holder)._replace(trouble="absent_reason")
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict):
        return of_quantity(quantity, code.units)
    for key in _NUMBERS:
        value = number(holder.get(key))
        if value is not None:
            return measure(value, "", [], code.units, str(value))
    text = word(holder.get("valueString"))
    if text:
        return of_text(text, code.units)
    if quantity is not None:
        context.skip(reference, "valueQuantity is no object")
    return _words(holder)._replace(trouble="words" if _has_value(holder) else "no_value")


def _has_value(holder: Resource) -> bool:
    """Tell whether there is a value of any type."""
    return any(
        key.startswith("value") and value not in (None, "", {}) for key, value in holder.items()
    )


def _words(holder: Resource) -> Value:
    """Show a value that is not measured in its own words."""
    for key, value in holder.items():
        if key.startswith("value") and value is not None:
            said = texts(value) or [code for _, code in codings(value)]
            plain = str(value) if isinstance(value, (str, int, float)) else ""
            return Value(shown(said[0] if said else plain))
    return Value(trouble="no_value")


def _zero_to_ten(observed: Observed) -> bool:
    """Tell whether a score says that its scale runs from 0 to 10: by its range or its words."""
    holder = observed.holder
    ranges = objs(holder.get("referenceRange"))
    ends = [[number(obj(one.get(end)).get("value")) for end in ("low", "high")] for one in ranges]
    said = [*texts(holder.get("code")), *(word(one.get("text")) for one in ranges)]
    return [Decimal(0), Decimal(10)] in ends or any(_SCALE.search(text) for text in said if text)


def _site(code: LabCode, observed: Observed) -> str:
    """Tell where a temperature was taken: by its code, else by the words of method or site."""
    if code.site or code.fact.name != _SITED:
        return code.site
    resource = observed.resource
    said = texts(resource.get("method")) + texts(resource.get("bodySite"))
    if not said:
        return ""
    words = " ".join(said)
    return next((site for pattern, site in _SITES if pattern.search(words)), "")


def normal_range(holder: Resource, value: Value, units: Units) -> Measured | None:
    """Read the laboratory's own range, in the unit of the value where it names none."""
    for normal in objs(holder.get("referenceRange")):
        kind = normal.get("type")
        if not kind or any(code == "normal" for _, code in codings(kind)):
            of_value = obj(holder.get("valueQuantity"))
            low = _bound(normal.get("low"), of_value, value, units)
            high = _bound(normal.get("high"), of_value, value, units)
            return Measured(low, high) if low is not None or high is not None else None
    return None


def _bound(end: object, of_value: Resource, value: Value, units: Units) -> Decimal | None:
    """Read one end of a range."""
    quantity = obj(end)
    bound = number(quantity.get("value"))
    if bound is None or value.conversion is None:
        return None
    unit, code = quantity.get("unit"), quantity.get("code")
    if (not unit or unit == of_value.get("unit")) and (not code or code == of_value.get("code")):
        return value.conversion.of(bound)
    measured = of_quantity(quantity, units).measured
    return measured.low if measured else None
