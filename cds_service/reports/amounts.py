"""Amounts in words and figures: shares of a hundred, millimetres, fractions, and ranges of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

_UNITS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SPELT: Final = (
    rf"(?:(?:{'|'.join(_TENS)})(?:[\s\-](?:one|two|three|four|five|six|seven|eight|nine)(?!\w))?|"
    rf"(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))}))(?!\w)"
)
_FIGURE: Final = r"\d{1,3}(?:[.,]\d{1,2})?"
_NUMBER: Final = rf"(?:{_FIGURE}|{_SPELT})"
_BOUND: Final = (
    r"(>=|<=|(?<![-=])>|<|=|≥|≤|~|more than|greater than|over|less than|under|up to|at "
    r"most|no more than|not more than|no greater than|not exceeding|(?:does|do|did) not exceed|"
    r"at least|(?:not|no|nothing) less than|a maximum of|maximum of|maximally|max\.?|maximum|"
    r"well over|"
    r"just over|just under|exceeding|exceeds|below|above|in excess of|upwards of)?"
)
_UNIT: Final = r"\s{0,8}(?:%|percent|per cent|pct|p\.c\.)"
_PERCENT: Final = re.compile(
    rf"(?<![\w.]){_BOUND}\s{{0,8}}(?:about |approximately |around |approx\.? "
    rf"|roughly |~|an estimated |circa |ca\.? |some |only )?({_NUMBER})(?:{_UNIT})?"
    rf"(?:\s?(?:->|=>|→|-|to|–)\s?({_NUMBER}))?{_UNIT}"
)
_BETWEEN: Final = re.compile(
    rf"(?<!\w)between\s(?:about )?({_NUMBER})(?:{_UNIT})?\s(?:and|to)\s({_NUMBER}){_UNIT}"
)
_LISTED: Final = re.compile(
    rf"(?<![\w.,\-])({_NUMBER})(?:{_UNIT})?((?:(?:\s?,\s?(?:and\s)?|\s(?:and|"
    rf"&)\s|\s?/\s?){_NUMBER}(?:{_UNIT})?){{1,11}})"
    rf"(?:{_UNIT}|(?<=%))(?!\w)"
)
_SLOT: Final = rf"(?:{_NUMBER}(?:{_UNIT}|\s?mm)?|-{{1,2}}|–|nil|none|x)"
_SLOTS: Final = re.compile(rf"(?<![\w.,/\-]){_SLOT}(?:\s?/\s?{_SLOT}){{1,11}}(?![\w/\-])")
_GAP: Final = re.compile(r"(?:-|–|nil|none|x)\s?/|/\s?(?:-|–|nil|none|x)(?!\w)")
"""One figure for each of several levels, with gaps where there is none: "HL 20/30/-/40%"."""
_LONE: Final = re.compile(rf"{_NUMBER}\s?[,/]\s?{_NUMBER}{_UNIT}$")
"""Two numbers of which the first is no share ("grade 2, 32 %")."""
_WHOLE: Final = 100
_ONE: Final = re.compile(_NUMBER)
_LENGTH: Final = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:\s?(?:-|to|–)\s?({_NUMBER}))?(?:-|\s{{1,3}})?(mm|millimet(?"
    rf":er|re)s?|cm|centimet(?:er|re)s?)(?!\w)"
)
_MM: Final = re.compile(r"\d\s?mm")
_LAST: Final = 3
_DENIED: Final = 70
"""So far before a bound the word may stand that denies it."""
_LISTED_LENGTHS: Final = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:\s?mm)?(?:,\s({_NUMBER})(?:\s?mm)?)?,?\s(?:and|"
    rf"&)\s({_NUMBER})\s?mm(?!\w)"
)
_AT_MOST: Final = re.compile(
    r"(?:(?<!not )(?<!no )(?<!nothing )less than|(?<!well )under|below|at most|no more than|"
    r"not more than|not exceeding|<|≤)\s?$"
)
_AND_LESS: Final = re.compile(r"\s(?:at most|or less)")
_BEHIND: Final = re.compile(
    r"(?: (?:height )?loss)? "
    r"(?:(at (?:the )?most|or less|or so at most|maximum)|at least|or more)(?!\w)"
)
_HALF_CM: Final = re.compile(r"(?<!\w)half a (?:cm|centimet(?:er|re))(?!\w)")
_PARTS: Final = {
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fourth": 4,
    "fourths": 4,
    "fifth": 5,
    "fifths": 5,
    "sixth": 6,
    "sixths": 6,
    "eighth": 8,
    "eighths": 8,
    "tenth": 10,
    "tenths": 10,
    "half": 2,
}
_COUNTS: Final = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "1": 1,
    "2": 2,
    "3": 3,
    "4": 4,
}
_FRACTION: Final = re.compile(
    r"(?<!\w)([><≥≤]=?|more than|greater than|well over|over|less than|no more than|not more than|"
    r"under|"
    r"up to|at least|at most|exceeding|in excess of|below|above|about|approximately|nearly|"
    r"almost|roughly|some)?\s?"
    r"(?:(an?|one|two|three|four|five|six)[\s\-](thirds?|quarters?|fourths?|fifths?"
    r"|sixths?|eighths?|tenths?)|(?<![\d/.])(?<![hbl]wk )([1-4])/([2345])(?:rds?|ths?)?|(half|"
    r"one half|a half|"
    r"one-half|quarter|third(?!, (?:at |in )?(?:th|[tld])-?\d)))(?!\w|/|\s?(?:level|month|week|"
    r"day|a cent|a cm|"
    r"lumbar|thoracic|party|ventricle|(?:(?:new|old|acute|compression|wedge|smaller|small)\s)?"
    r"(?:fracture|deformity|metasta|lesion|deposit|vertebra|focus|body|rib))|"
    r"\s(?:and|or|to|through)\s(?:the\s)?(?:first|second|fourth|"
    r"fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth))"
)
_BETWEEN_PARTS: Final = re.compile(
    r"(?<!\w)between\s(a|one|two|three)[\s\-](thirds?|quarters?|fourths?|fifths?"
    r"|half)\s(?:and|to)\s(a|one|two|three)[\s\-](thirds?|quarters?|fourths?"
    r"|fifths?|half)(?!\w)"
)
_NONE_BEYOND: Final = re.compile(
    r"(?<!\w)(?:no|without|not|nor|none|neither)"
    r"(?:,? (?!but |and |with |has |is |shows? |or )[\w\-]+){0,5}? "
    r"(?:loss|height|stature|collaps\w*|wedg\w*|compress\w*|reduction|lost|compromise|"
    r"narrow\w*|encroach\w*|deformity|occup\w*)"
    r"(?: (?:at|in|of) (?:the )?[\w\-/]{2,8}| (?:that|which) (?:is|are|was)| of| is| by){0,2}\s?$"
)
"""Before a bound that is denied: "no height loss of more than 20%" is one of 20% at most."""
_SIGN: Final = re.compile(r"%|per ?cent|pct|p\.c\.")
_PART: Final = re.compile(r"half|third|quarter|fourth|fifth|sixth|eighth|tenth|[1-4]/[2-5]")
"""Without one of these a sentence has no share in figures, or none in words."""
_UP: Final = frozenset(
    {
        ">",
        "≥",
        "more than",
        "greater than",
        "over",
        "at least",
        "exceeding",
        "exceeds",
        "above",
        ">=",
        "in excess of",
        "upwards of",
        "not less than",
        "no less than",
        "nothing less than",
        "well over",
    }
)
_DOWN: Final = frozenset(
    {
        "<",
        "≤",
        "<=",
        "less than",
        "under",
        "below",
        "at most",
        "no more than",
        "not more than",
        "no greater than",
        "not exceeding",
        "does not exceed",
        "do not exceed",
        "did not exceed",
        "a maximum of",
        "maximum of",
        "maximally",
        "maximum",
        "max",
        "max.",
    }
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A share of a hundred or a length: from `low` to `high`, the same where it is one number.

    In a list with gaps it has the place `slot` of so many `slots`.
    """

    start: int
    end: int
    low: float
    high: float
    group: int = 0
    slot: int = 0
    slots: int = 0

    def value(self) -> float | list[float]:
        """Write it as one number, or as a range."""
        if self.low == self.high:
            return _plain(self.low)
        return [_plain(self.low), _plain(self.high)]

    def remaining(self) -> Amount:
        """Turn what is left of a hundred into what is lost."""
        return replace(self, low=100 - self.high, high=100 - self.low)


def _plain(number: float) -> float:
    """Write a whole number without a fraction, a third with one decimal."""
    return int(number) if number == int(number) else round(number, 1)


def percents(text: str, start: int, end: int) -> list[Amount]:
    """Find shares of a hundred, in figures or as fractions in words."""
    found = _figures(text, start, end) if _SIGN.search(text, start, end) else []
    if _PART.search(text, start, end):
        found += _thirds(text, start, end)
        found += [_fraction(hit) for hit in _FRACTION.finditer(text, start, end) if _is_part(hit)]
    if not found:
        return found
    kept = [one for one in found if 0 <= one.low <= one.high <= _WHOLE]
    return sorted(kept, key=lambda one: one.start)


def _figures(text: str, start: int, end: int) -> list[Amount]:
    """Find shares in figures: between two, several in a list, or one."""
    found: list[Amount] = []
    if text.find("between", start, end) >= 0:
        found += [_between(hit) for hit in _BETWEEN.finditer(text, start, end)]
    found += _slotted(text, start, end, _SIGN)
    for listed in _LISTED.finditer(text, start, end):
        if not _LONE.match(listed[0]):
            found += _each(listed, len(found) + 1)
    taken = [(one.start, one.end) for one in found]
    for hit in _PERCENT.finditer(text, start, end):
        if not any(hit.start() < last and first < hit.end() for first, last in taken):
            found.append(_percent(hit))
    return found


def _slotted(text: str, start: int, end: int, unit: re.Pattern[str]) -> Iterator[Amount]:
    """Find the amounts of a list with gaps, one for each of several levels."""
    if not _GAP.search(text, start, end):
        return
    for hit in _SLOTS.finditer(text, start, end):
        parts, at = hit[0].split("/"), hit.start()
        gaps = sum(_ONE.search(part) is None for part in parts)
        for slot, part in enumerate(parts):
            number = _ONE.search(part)
            if number and gaps and unit.search(hit[0]):
                low = _number(number[0])
                yield Amount(at, at + len(part), low, low, 0, slot, len(parts))
            at += len(part) + 1


def lengths(text: str, start: int, end: int) -> list[Amount]:
    """Find lengths, in millimetres."""
    found = list(_slotted(text, start, end, _MM))
    taken = {one.end for one in found}
    for hit in _LENGTH.finditer(text, start, end):
        if hit.end() in taken:
            continue
        factor = 10.0 if hit[3].startswith("c") else 1.0
        low = _number(hit[1]) * factor
        high = _number(hit[2]) * factor if hit[2] else low
        if _AT_MOST.search(text, max(start, hit.start() - 16), hit.start()) or _AND_LESS.match(
            text, hit.end()
        ):
            low = 0.0
        found.append(Amount(hit.start(), hit.end(), low, high))
    begun = {one.start for one in found}
    for hit in _LISTED_LENGTHS.finditer(text, start, end):
        found += [
            Amount(hit.start(at), hit.end(at), _number(hit[at]), _number(hit[at]), 1)
            for at in (1, 2, 3)
            if hit[at] and hit.start(at) not in begun and (at < _LAST or not found)
        ]
    found += [
        Amount(hit.start(), hit.end(), 5.0, 5.0) for hit in _HALF_CM.finditer(text, start, end)
    ]
    return found


def _between(hit: re.Match[str]) -> Amount:
    """Read "between 20 and 30 %"."""
    low, high = sorted((_number(hit[1]), _number(hit[2])))
    return Amount(hit.start(), hit.end(), low, high)


def _each(listed: re.Match[str], group: int) -> list[Amount]:
    """Read "20, 30 and 45 %": each number for itself."""
    return [
        Amount(hit.start() + listed.start(), hit.end() + listed.start(), number, number, group)
        for hit in _ONE.finditer(listed[0])
        for number in [_number(hit[0])]
    ]


def _thirds(text: str, start: int, end: int) -> list[Amount]:
    """Read "between one quarter and one third"."""
    found = []
    for hit in _BETWEEN_PARTS.finditer(text, start, end):
        low, high = sorted(
            float(round(100 * _COUNTS[hit[at]] / _PARTS[hit[at + 1]])) for at in (1, 3)
        )
        found.append(Amount(hit.start(), hit.end(), low, high))
    return found


def _percent(hit: re.Match[str]) -> Amount:
    """Read a share in figures, with the word that may bound it."""
    low = _number(hit[2])
    high = _number(hit[3]) if hit[3] else low
    bound = hit[1] or _bound_behind(hit.string, hit.end())
    return _bounded(hit, bound, min(low, high), max(low, high))


def _bound_behind(text: str, at: int) -> str:
    """Give the bound that stands behind a share: "10 % at most", "50 % or more"."""
    behind = _BEHIND.match(text, at)
    return "" if behind is None else "at most" if behind[1] else "at least"


def _is_part(hit: re.Match[str]) -> bool:
    """Tell whether a stroke makes a fraction: "3/3" is a score."""
    return not hit[4] or int(hit[4]) < int(hit[5])


def _fraction(hit: re.Match[str]) -> Amount:
    """Read a fraction in words or with a stroke."""
    if hit[6]:
        share = {"quarter": 25.0, "third": 33.0}.get(hit[6], 50.0)
    elif hit[4]:
        share = float(round(100 * int(hit[4]) / int(hit[5])))
    else:
        share = float(round(100 * _COUNTS[hit[2]] / _PARTS[hit[3]]))
    return _bounded(hit, hit[1] or "", share, share)


def _bounded(hit: re.Match[str], bound: str, low: float, high: float) -> Amount:
    """Open a share upwards or downwards where a word says so."""
    bound = bound.strip()
    if bound in _UP and _NONE_BEYOND.search(hit.string, max(0, hit.start() - _DENIED), hit.start()):
        return Amount(hit.start(), hit.end(), 0.0, high)
    if bound in _UP:
        return Amount(hit.start(), hit.end(), low, 100.0)
    if bound in _DOWN:
        return Amount(hit.start(), hit.end(), 0.0, high)
    return Amount(hit.start(), hit.end(), low, high)


def _number(text: str) -> float:
    """Read a number in figures, with a point or a comma, or in words up to ninety-nine."""
    if text[0].isdigit():
        return float(text.replace(",", "."))
    return float(sum(_TENS.get(one) or _UNITS[one] for one in re.split(r"[\s\-]", text)))
