"""Amounts in words and figures: shares of a hundred, millimetres, fractions, and ranges of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NUMBER: Final = r"\d{1,3}(?:[.,]\d{1,2})?"
_PERCENT: Final = re.compile(
    rf"(?<![\w.])(>|<|=|≥|≤|~|more than|greater than|over|less than|under|up to|at least|exceeding|below|above)?\s?~?\s?({_NUMBER})\s?(?:%|percent|per cent|pct)?"
    rf"(?:\s?(?:-|to|–|and)\s?({_NUMBER}))?\s?(?:%|percent|per cent|pct)"
)
_LENGTH: Final = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:\s?(?:-|to|–)\s?({_NUMBER}))?[\s\-]?(mm|millimet(?:er|re)s?|cm|centimet(?:er|re)s?)(?!\w)"
)
_HALVES: Final = {"half": 50.0, "one half": 50.0, "a half": 50.0, "one-half": 50.0}
_PARTS: Final = {
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fourth": 4,
    "fourths": 4,
    "fifth": 5,
    "fifths": 5,
}
_COUNTS: Final = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_FRACTION: Final = re.compile(
    r"(?<!\w)(more than|greater than|over|less than|under|up to|at least|exceeding|below|above|about|approximately|nearly|almost|roughly)?\s?"
    r"(?:(a|one|two|three|four)[\s\-](thirds?|quarters?|fourths?|fifths?)|([1-4])/([2345])|(half|one half|a half|one-half|50/50))(?!\w|/|\s?(?:level|month|week|day))"
)
_UP: Final = frozenset(
    {">", "≥", "more than", "greater than", "over", "at least", "exceeding", "above"}
)
_DOWN: Final = frozenset({"<", "≤", "less than", "under", "below"})


@dataclass(frozen=True, slots=True)
class Amount:
    """A share of a hundred or a length: from `low` to `high`, the same where it is one number."""

    start: int
    end: int
    low: float
    high: float

    def value(self) -> float | list[float]:
        """Write it as one number, or as a range."""
        if self.low == self.high:
            return _plain(self.low)
        return [_plain(self.low), _plain(self.high)]

    def remaining(self) -> Amount:
        """Turn what is left of a hundred into what is lost."""
        return Amount(self.start, self.end, 100 - self.high, 100 - self.low)


def _plain(number: float) -> float:
    """Write a whole number without a fraction, a third with one decimal."""
    return int(number) if number == int(number) else round(number, 1)


def percents(text: str, start: int, end: int) -> list[Amount]:
    """Find shares of a hundred, in figures or as fractions in words."""
    found = [_percent(hit) for hit in _PERCENT.finditer(text, start, end)]
    found += [_fraction(hit) for hit in _FRACTION.finditer(text, start, end)]
    kept = [one for one in found if 0 <= one.low <= one.high <= 100]
    return sorted(kept, key=lambda one: one.start)


def lengths(text: str, start: int, end: int) -> list[Amount]:
    """Find lengths, in millimetres."""
    found = []
    for hit in _LENGTH.finditer(text, start, end):
        factor = 10.0 if hit[3].startswith("c") else 1.0
        low = _number(hit[1]) * factor
        high = _number(hit[2]) * factor if hit[2] else low
        found.append(Amount(hit.start(), hit.end(), low, high))
    return found


def _percent(hit: re.Match[str]) -> Amount:
    """Read a share in figures, with the word that may bound it."""
    low = _number(hit[2])
    high = _number(hit[3]) if hit[3] else low
    return _bounded(hit, hit[1] or "", min(low, high), max(low, high))


def _fraction(hit: re.Match[str]) -> Amount:
    """Read a fraction in words or with a stroke."""
    if hit[6]:
        share = 50.0
    elif hit[4]:
        share = 100 * int(hit[4]) / int(hit[5])
    else:
        share = 100 * _COUNTS[hit[2]] / _PARTS[hit[3]]
    return _bounded(hit, hit[1] or "", share, share)


def _bounded(hit: re.Match[str], bound: str, low: float, high: float) -> Amount:
    """Open a share upwards or downwards where a word says so."""
    bound = bound.strip()
    if bound in _UP:
        return Amount(hit.start(), hit.end(), low, 100.0)
    if bound in _DOWN:
        return Amount(hit.start(), hit.end(), 0.0, high)
    return Amount(hit.start(), hit.end(), low, high)


def _number(text: str) -> float:
    """Read a number with a point or a comma."""
    return float(text.replace(",", "."))
