"""Heparin that only keeps a line open is no anticoagulation (codes.md 6.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from cds_service.facts.doses import Amounts, amounts_in, doses_of
from cds_service.facts.drug_codes import DrugCodes
from cds_service.facts.elements import objs

HEPARIN: Final = "heparin"
"""The agent that is used to flush lines; the low molecular weight ones are not."""

_RATES: Final = ("rateQuantity", "rateRatio", "rateRange", "rate")


def is_flush(
    product: Sequence[str],
    instructions: Sequence[str],
    dosages: Iterable[Mapping[str, Any]],
    route: str,
    drugs: DrugCodes,
) -> bool:
    """Tell whether heparin is meant for a line: by dose, volume and route, never by its name alone.

    `product` and `instructions` are the words of either. A dose under the skin, a running
    infusion, or more than a flush holds is none, whatever it is called.
    """
    dosages = list(dosages)
    if route == "sc" or _runs(instructions, dosages, drugs):
        return False
    said = amounts_in([*product, *instructions])
    given, volume = _given(amounts_in(instructions), dosages, said, drugs)
    most = max(said.activity, default=None) if given is None else given
    if most is not None and most > drugs.flush.units:
        return False
    strongest = max(said.activity_per_ml, default=None)
    weak = strongest is not None and strongest <= drugs.flush.concentration
    if _called_flush([*product, *instructions], drugs):
        return weak or strongest is None or most is not None
    volume = max(said.milliliters, default=None) if volume is None else volume
    return weak and (volume is None or volume <= drugs.flush.volume)


def _called_flush(words: Iterable[str], drugs: DrugCodes) -> bool:
    """Tell whether the words speak of a flush or lock, but not of the lock of a syringe."""
    text = drugs.dosage.not_flush.sub(" ", "\n".join(words))
    return drugs.flush.words.search(text) is not None


def _runs(
    instructions: Iterable[str], dosages: Iterable[Mapping[str, Any]], drugs: DrugCodes
) -> bool:
    """Tell whether it is an infusion or a bolus."""
    if any(drugs.dosage.running.search(text) for text in instructions):
        return True
    holders = [held for one in dosages for held in (one, *objs(one.get("doseAndRate")))]
    return any(holder.get(rate) for holder in holders for rate in _RATES)


def _given(
    instructed: Amounts, dosages: Iterable[Mapping[str, Any]], said: Amounts, drugs: DrugCodes
) -> tuple[Decimal | None, Decimal | None]:
    """Tell the largest single dose in units of activity, and in mL; None where not stated."""
    doses = [dose for one in dosages for dose in doses_of(one, drugs.dosage.units)]
    volumes = [dose.milliliters for dose in doses if dose.milliliters]
    volume = max(volumes or instructed.milliliters, default=None)
    units = [dose.activity for dose in doses if dose.activity] or list(instructed.activity)
    if units:
        return max(units), volume
    strongest = max(said.activity_per_ml, default=None)
    return (volume * strongest if volume and strongest else None), volume
