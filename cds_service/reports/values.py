"""What a finding is worth: a share of a hundred, millimetres, a grade, a fracture's age."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from cds_service.reports.amounts import Amount, lengths, percents
from cds_service.reports.phrases import Phrases, Target
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning

Make = Callable[..., Any]

_HEIGHT: Final = re.compile(
    r"(?<!\w)(?<!cord )(?<!conus )(?<!root )(?:height|loss|collaps\w*|compress\w*|stature|wedg\w*|reduction|shortening|depress\w*|vertebral body)(?!\w)"
)
_STRONG: Final = re.compile(
    r"height loss|loss (?:of|in) (?:\w+ ){0,3}(?:height|stature)|height reduction|reduction (?:of|in) (?:\w+ ){0,2}height|decreased height|reduced height|height \w+ (?:reduced|decreased|lost)|decrease in (?:\w+ ){0,2}height|lost (?:\w+ ){0,3}height"
)
_CANAL: Final = re.compile(
    r"(?<!\w)(?:canal|thecal sac|encroach\w*|cross-sectional|stenosis|canal\w*)(?!\w)"
)
_TUMOR: Final = re.compile(
    r"(?<!\w)(?:epidural|tumor\w*|mass|metasta\w*|soft[\s-]tissue|neoplas\w*)(?!\w)"
)
_REMAINS: Final = re.compile(
    r"(?:of (?:the |its |normal |original |expected |vertebral ){0,4}(?:body )?height (?:is |are )?(?:remain\w*|preserved|retained|maintained|left))|(?:remaining|residual|preserved|retained) (?:vertebral |body ){0,2}height|height (?:is |are )?(?:remain\w*|retained|preserved|maintained)|remain\w* (?:of (?:the |its ){0,2})?(?:\w+ ){0,2}height|^\s*(?:remain\w*|preserved|residual)"
)
_NEAR: Final = 70


def measured(
    text: str,
    clause: tuple[int, int],
    hit: tuple[int, int],
    target: Target,
    said: Meaning,
    make: Make,
    lists: Phrases,
) -> Iterable[Any]:
    """Make the statement of a finding that has a value."""
    del lists
    if target.measure == "millimetre":
        yield _with_length(text, clause, hit, target, said, make)
    elif target.measure == "percent":
        yield from _with_percent(text, clause, hit, target, said, make)
    else:
        value = grade(text, clause, hit, target)
        if target.finding == "canal-stenosis-grade" and said is Meaning.ABSENT:
            yield make(target.finding, said, "none")
        elif value or target.finding != "lesion-matrix":
            if value or target.finding == "canal-stenosis-grade":
                yield make(target.finding, said, value or None)


def _with_length(
    text: str,
    clause: tuple[int, int],
    hit: tuple[int, int],
    target: Target,
    said: Meaning,
    make: Make,
) -> Any:
    """Add the millimetres that stand beside a finding."""
    near = [
        one
        for one in lengths(text, *clause)
        if abs(one.start - hit[1]) < _NEAR or abs(hit[0] - one.end) < _NEAR
    ]
    if said is Meaning.PRESENT and near:
        best = min(near, key=lambda one: max(one.start - hit[1], hit[0] - one.end))
        return make(target.finding, said, best.value(), "mm")
    return make(target.finding, said)


def _with_percent(
    text: str,
    clause: tuple[int, int],
    hit: tuple[int, int],
    target: Target,
    said: Meaning,
    make: Make,
) -> Iterable[Any]:
    """Add the share that belongs to a finding: height lost, or canal taken by bone or tumor."""
    mine = [one for one in percents(text, *clause) if kind_of(text, clause, one) == target.finding]
    for one in mine:
        if one.start >= hit[0] - _NEAR and one.start <= hit[1] + _NEAR:
            lost = one.remaining() if _remains(text, clause, one) else one
            status = Meaning.PRESENT if said is Meaning.ABSENT else said
            if status is not Meaning.NO_FACT:
                yield make(target.finding, status, lost.value(), "%")
                return
            yield make(target.finding, status)
            return
    words = text[hit[0] : hit[1]]
    strong = (
        _STRONG.search(words)
        if target.finding == "height-loss"
        else _compromise(text, clause, target)
    )
    if not mine and strong:
        yield make(target.finding, said)


def _compromise(text: str, clause: tuple[int, int], target: Target) -> bool:
    """Tell whether a clause without a figure speaks of the canal being taken, and by what."""
    words = text[clause[0] : clause[1]]
    tumor = bool(_TUMOR.search(words))
    if target.finding == "epidural-tumor-canal-compromise":
        return tumor and bool(re.search(r"compromis|narrow|stenosis|encroach|effac", words))
    by_bone = re.search(r"retropuls|fragment|bony|osseous|compromis|encroach", words)
    return (
        bool(by_bone)
        and not tumor
        and bool(re.search(r"compromis|narrow|stenosis|encroach", words))
    )


def kind_of(text: str, clause: tuple[int, int], amount: Amount) -> str:
    """Tell what a share is a share of, by the nearest word."""
    start, end = max(clause[0], amount.start - _NEAR), min(clause[1], amount.end + _NEAR)
    heights = [_distance(h, amount, start) for h in _HEIGHT.finditer(text[start:end])]
    canals = [_distance(h, amount, start) for h in _CANAL.finditer(text[start:end])]
    if not heights and not canals:
        return ""
    if canals and (not heights or min(canals) < min(heights)):
        words = text[clause[0] : clause[1]]
        bone = re.search(r"retropuls|fragment|bony|osseous", words)
        tumor = _TUMOR.search(words) and not bone
        return "epidural-tumor-canal-compromise" if tumor else "retropulsion-canal-compromise"
    return "height-loss"


def _distance(hit: re.Match[str], amount: Amount, offset: int) -> int:
    """Measure how far a word is from an amount; a word after it is nearer than one before."""
    start, end = hit.start() + offset, hit.end() + offset
    return start - amount.end if start >= amount.end else amount.start - end + 4


def _remains(text: str, clause: tuple[int, int], amount: Amount) -> bool:
    """Tell whether a share of the height is what is left."""
    after = text[amount.end : min(clause[1], amount.end + 60)]
    before = text[max(clause[0], amount.start - 45) : amount.start]
    lost = re.search(r"^\W*(?:\w+ ){0,3}(?:loss|lost|reduc|collaps|compress|decreas|wedg)", after)
    if lost:
        return False
    return bool(
        _REMAINS.search(after)
        or re.search(
            r"(?:remaining|residual|retained|preserved|maintain\w*) (?:\w+ ){0,4}(?:height )?(?:\w+ ){0,3}$|height (?:is |of |at )?(?:\w+ ){0,2}(?:remain\w*|preserved|maintained|retained) (?:\w+ ){0,2}$",
            before,
        )
    )


def grade(text: str, clause: tuple[int, int], hit: tuple[int, int], target: Target) -> str:
    """Choose the grade whose word is nearest to a hit; the longer word wins where two meet."""
    start, end = max(clause[0], hit[0] - _NEAR), min(clause[1], hit[1] + 45)
    return _nearest(text, start, end, hit, target.grades)


def _nearest(
    text: str, start: int, end: int, hit: tuple[int, int], grades: Mapping[str, re.Pattern[str]]
) -> str:
    """Choose the nearest of some words; inside another longer one it does not count."""
    found = []
    for name, pattern in grades.items():
        for one in pattern.finditer(text, start, end):
            inside = hit[0] <= one.start() < hit[1]
            far = (
                0
                if inside
                else (hit[0] - one.end() if one.end() <= hit[0] else one.start() - hit[1] + 3)
            )
            found.append((far, -(one.end() - one.start()), name, one.span()))
    kept = [
        one
        for one in found
        if not any(o[3][0] <= one[3][0] and one[3][1] <= o[3][1] and o[3] != one[3] for o in found)
    ]
    return min(kept)[2] if kept else ""


def acuity(
    text: str, clause: tuple[int, int], hit: tuple[int, int], place: Place, lists: Phrases
) -> str:
    """Read how old a fracture is: a word beside it, or beside its level."""
    grades = next(one.grades for one in lists.targets if one.finding == "fracture-acuity")
    if place.end > hit[1]:
        beside = re.match(r"\s*\(([^)]*)\)", text[place.end : clause[1]])
        if beside:
            start = place.end + beside.start(1)
            said = _nearest(text, start, place.end + beside.end(1), (start, start), grades)
            if said:
                return said
    return _nearest(text, max(clause[0], hit[0] - 60), min(clause[1], hit[1] + 45), hit, grades)
