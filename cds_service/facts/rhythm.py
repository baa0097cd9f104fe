"""How often a drug is taken: from the structured timing, else from its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from cds_service.facts.dosage_words import DosageWords
from cds_service.facts.elements import coding_objects, number, obj, objs, texts, word

_DAY: Final = Decimal(24)
_LONGEST: Final = Decimal(24 * 366)
_MOST: Final = Decimal(100)
_EVERY: Final = re.compile(
    r"(?i)(?<!\w)(?:every|q)\.?\s*(\d{1,3})(?:\s*(?:-|to)\s*(\d{1,3}))?\s*-?\s*(?:hours?|hourly|hrs?|h)(?!\w)"
)


class Rhythm(NamedTuple):
    """The longest time between two doses, in hours, and the most doses of a day.

    Both are the less favourable reading: the one makes a hold in doses longer, the other a
    daily dose larger.
    """

    interval: Decimal
    per_day: Decimal


def rhythm_of(dosage: Mapping[str, Any], words: DosageWords) -> Rhythm | None:
    """Read how often a dose is taken; None where that is not known for certain."""
    for timing in objs(dosage.get("timing")):
        repeat = obj(timing.get("repeat"))
        if "period" in repeat:
            return _of_repeat(repeat, words)
        coded = _of_code(timing.get("code"), words)
        if coded:
            return coded
    for text in (word(dosage.get("text")), word(dosage.get("patientInstruction"))):
        said = rhythm_said(text, words) if text else None
        if said:
            return said
    return None


def _of_repeat(repeat: Mapping[str, Any], words: DosageWords) -> Rhythm | None:
    """Read Timing.repeat: `frequency` times (once, if not said) in each `period`."""
    unit = words.period_hours.get(word(repeat.get("periodUnit")))
    shortest = number(repeat.get("period"))
    longest = number(repeat.get("periodMax", repeat.get("period")))
    least = number(repeat.get("frequency", 1))
    most = number(repeat.get("frequencyMax", repeat.get("frequency", 1)))
    if unit is None or repeat.get("dayOfWeek"):
        return None
    if not (shortest and longest and least and most and min(shortest, longest, least, most) > 0):
        return None
    found = Rhythm(longest * unit / least, most * _DAY / (shortest * unit))
    return found if found.interval <= _LONGEST and found.per_day <= _MOST else None


def _of_code(concept: object, words: DosageWords) -> Rhythm | None:
    """Read Timing.code: by its code (HL7 v3 GTSAbbreviation), else by its words."""
    for coding in coding_objects(concept):
        hours = words.timing_codes.get(word(coding.get("code")).upper())
        if hours:
            return Rhythm(hours, _DAY / hours)
    for text in texts(concept):
        said = rhythm_said(text, words)
        if said:
            return said
    return None


def rhythm_said(text: str, words: DosageWords) -> Rhythm | None:
    """Read how often from words; several times of a day count each, days off leave it open."""
    text = " ".join(text.split())  # runs of blanks would cost the patterns much time
    hours: list[Decimal] = []
    most = Decimal(0)
    for hit in _EVERY.finditer(text):
        bounds = [Decimal(bound) for bound in hit.groups() if bound and Decimal(bound)]
        if bounds:
            hours.append(max(bounds))
            most += _DAY / min(bounds)
    rest = _EVERY.sub(" ", text)
    for hit in words.interval_pattern.finditer(rest):
        hours.append(words.intervals[" ".join(hit[0].lower().split())])
        most += _DAY / hours[-1]
    if not hours or words.no_interval.search(rest):
        return None
    return Rhythm(max(hours), most)
