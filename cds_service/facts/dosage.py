"""What the dosages of an entry say: interval, dose of a day, route, purpose, and the last day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cds_service.clinical.when import When
from cds_service.facts.context import Context
from cds_service.facts.dates import when_of
from cds_service.facts.dosage_words import DosageWords
from cds_service.facts.doses import Amounts, amounts_in, doses_of, milligrams_of
from cds_service.facts.elements import obj, objs, texts, word
from cds_service.facts.rhythm import Rhythm, rhythm_of

_PLACES: Final = 2
_TOO_MUCH: Final = Decimal(10**9)

PURPOSES: Final = ("reasonCode", "note", "reasonReference")
"""What an entry says beside its dosages of what a drug is given for."""


class Dosage(NamedTuple):
    """The dosages of one entry, as `DrugUse` holds them."""

    interval_hours: Decimal | None = None
    daily_mg: Decimal | None = None
    route: str = ""
    intent: str = ""


def dosage_of(
    resource: Mapping[str, Any],
    dosages: Sequence[Mapping[str, Any]],
    strength: Amounts,
    words: DosageWords,
) -> Dosage:
    """Read all dosages of an entry together; `strength` is that of the product.

    Of several the longest interval counts, and their doses add up: the less favourable reading.
    """
    rhythms = [rhythm_of(one, words) for one in dosages]
    known = [rhythm for rhythm in rhythms if rhythm]
    whole = bool(known) and len(known) == len(rhythms)
    pairs = zip(dosages, rhythms, strict=True)
    daily = [_daily(one, rhythm, strength, words) for one, rhythm in pairs]
    sums = [mg for mg in daily if mg is not None]
    return Dosage(
        _rounded(max(rhythm.interval for rhythm in known)) if whole else None,
        _rounded(sum(sums, Decimal(0))) if sums and len(sums) == len(daily) else None,
        route_of(dosages, words),
        _intent(resource, dosages, words),
    )


def _rounded(value: Decimal) -> Decimal | None:
    """Round to hundredths and write plainly; what nobody could take is no amount."""
    return Decimal(f"{round(value, _PLACES).normalize():f}") if value < _TOO_MUCH else None


def _daily(
    dosage: Mapping[str, Any], rhythm: Rhythm | None, strength: Amounts, words: DosageWords
) -> Decimal | None:
    """Tell the milligrams of a day; None unless dose and rhythm are both known."""
    if rhythm is None:
        return None
    doses = [milligrams_of(dose, strength) for dose in doses_of(dosage, words.units)]
    if not doses:
        said = amounts_in(instructions([dosage]))
        doses = [next(iter(said.milligrams)) if len(said.milligrams) == 1 else None]
    known = [dose for dose in doses if dose is not None]
    return max(known) * rhythm.per_day if len(known) == len(doses) else None


def instructions(dosages: Iterable[Mapping[str, Any]]) -> list[str]:
    """List the words of dosages."""
    found: list[str] = []
    for one in dosages:
        found += [word(one.get("text")), word(one.get("patientInstruction"))]
        found += texts(one.get("additionalInstruction")) + texts(one.get("method"))
    return [text for text in found if text]


def route_of(dosages: Iterable[Mapping[str, Any]], words: DosageWords) -> str:
    """Tell the route ("iv", "sc", "po") by the words of its codes, else by those of the dosage.

    Empty where nothing says it, or two routes are named.
    """
    dosages = list(dosages)
    stated = [text for one in dosages for text in texts(one.get("route"))]
    for said in (stated, instructions(dosages)):
        found = _named(words.routes, said)
        if found:
            return found[0] if len(found) == 1 else ""
    return ""


def _named(patterns: Mapping[str, re.Pattern[str]], said: Iterable[str]) -> list[str]:
    """Name the patterns that match one of the texts."""
    said = list(said)
    if not said:
        return []
    return [name for name, pattern in patterns.items() if any(map(pattern.search, said))]


def _intent(
    resource: Mapping[str, Any], dosages: Iterable[Mapping[str, Any]], words: DosageWords
) -> str:
    """Tell what it is given for; a full dose wins where both are named, as its hold is longer."""
    found = _named(words.intents, purpose_words(resource, dosages))
    return found[0] if found else ""


def purpose_words(resource: Mapping[str, Any], dosages: Iterable[Mapping[str, Any]]) -> list[str]:
    """List all words of an entry that may say what a drug is given for."""
    dosages = list(dosages)
    said = texts(resource.get("reasonCode")) + instructions(dosages)
    said += [word(note.get("text")) for note in objs(resource.get("note"))]
    said += [word(reason.get("display")) for reason in objs(resource.get("reasonReference"))]
    said += [text for one in dosages for text in texts(one.get("asNeededCodeableConcept"))]
    return said


def last_day(dosages: Sequence[Mapping[str, Any]], context: Context) -> When | None:
    """Tell the documented end of all dosages; None where one of them has none."""
    ends = []
    for one in dosages:
        timings = objs(one.get("timing"))
        if not timings:
            return None
        for timing in timings:
            bounds = obj(timing.get("repeat")).get("boundsPeriod")
            end = when_of(bounds.get("end"), context.zone) if isinstance(bounds, dict) else None
            if end is None:
                return None
            ends.append(end)
    return max(ends, key=lambda end: end.latest, default=None)
