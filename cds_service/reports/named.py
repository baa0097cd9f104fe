"""Statements about the findings that a sentence names, with their grades and lengths."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from cds_service.reports.amounts import lengths
from cds_service.reports.excepted import left_out
from cds_service.reports.hits import Hit
from cds_service.reports.line import EDEMA, FLUID, FRACTURE, STENOSIS, UPTAKE, Line
from cds_service.reports.meant import meant
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning, verdict
from cds_service.reports.statement import Statement
from cds_service.reports.values import HEIGHT, grade, length_near, shared_out, shares

_NOTHING: Final = object()
"""The value of a word that alone says nothing."""
_BEHIND: Final = re.compile(r"\s?[(\-:,]?\s?(?:(?:by|of|about|approximately|is)\s){0,2}")
_SEVERAL: Final = 2
_BESIDE: Final = 30
_OWN: Final = frozenset({EDEMA, UPTAKE})
_ONLY: Final = re.compile(
    r"(?<!\w)of (?:the|these|those|them|which)"
    r"(?: (?:\w+ )?(?:fractures|levels|vertebrae|deformities))?"
    r"(?: [\w,\- ]{1,60}?)?,? only (?:the )?"
)
_SPARING: Final = re.compile(
    r"(?: (?:and|or) \w+)?(?: (?:fractures?|levels|vertebrae|bodies))?[\s,;(\-]{1,3}"
    r"(?:(?:all )?(?:except(?:ing)?|exc\.?|excl\.?|excluding|but not|save|bar|barring|sparing|"
    r"minus|"
    r"with the exception of|other than|apart from|aside from))"
    r"(?: (?:for|at|of|in)){0,2} (?:the )?"
)
"""Between a finding, or a run of levels, and one that is left out: "L1-L3 fx, except L2"."""
_LEFT_OUT: Final = re.compile(
    r"(?<!\w)(?:exc|but not|save|bar(?!\w)|barring|sparing|minus|other than|apart|aside)"
)
"""Without one of these a sentence leaves no level out."""
_ARE: Final = re.compile(
    r"\)?(?: (?:is|are|were|has|have|shows?|all|also|now|both|an?|acute|recent|old|chronic|"
    r"compression|healed|edematous|wedge|vertebral|\w+ly)){1,4} "
)
"""Between the level that is left out and what the others have."""
_OF_THESE: Final = re.compile(
    r"\s?(?:[:,/&+\-–]|and|to|through)?\s?"
    r"(?:(?:of|at|in|from|involving|affecting|between) )?(?:the )?"
)
"""Between a finding and its levels, and between these."""
_IN_HEIGHT: Final = 12
"""So far behind "the bodies are normal" may stand "in height"."""
_REGION: Final = re.compile(
    r"(?<!\w)(?:lumbar|thoracic|dorsal|cervical) (?:vertebral )?(?:bodies|vertebrae|heights)(?!\w)"
)
_BESIDE_DISC: Final = re.compile(
    r"(?:,|(?<!\w)and|;) (mild|moderate|severe)(?: (?:canal )?(?:stenosis|narrowing))? (?:at|in) "
    r"[ctl]\d{1,2}\s?[-/]"
)
_OWN_GRADE: Final = re.compile(
    r"(?:,|;|(?<!\w)and|(?<!\w)but) (?:only |more |also )?(mild|moderate|severe)(?:ly)?"
    r"(?: (?:stenosis|narrowing|one))? (?:at|in) (?:the )?$"
)
_A_STEP: Final = 50
"""Characters of a clause that are searched for figures in one step, about."""


def named(line: Line, hit: Hit) -> Iterator[Statement]:
    """Make the statements of one hit, at each of its places."""
    said, target = meant(line, hit), hit.target
    if target.finding == FLUID:
        yield from _edema(line, hit)
    left = left_out(line, hit) if said is Meaning.ABSENT else []
    if left:
        yield from _excepted(line, hit, left)
        return
    leaves_out = said is Meaning.PRESENT and line.places.several
    places = (
        _of_which(line, hit, said)
        if leaves_out
        else line.said_of(hit.clause, hit.span, target, said)
    )
    if said is Meaning.PRESENT and target.finding in _OWN:
        yield from _left_out(line, hit, places)
    if said is Meaning.PRESENT and len(places) > 1:
        yield from _less_excepted(line, hit)
    each = _values_of(line, hit, places) if target.measure or target.finding == STENOSIS else {}
    for place in places:
        if _is_height(line, hit):
            there = _of_region(line) or place
            yield line.made(HEIGHT, there, Meaning.ABSENT)
            if there.level or place.level or place.rest:
                continue  # said of heights: of fractures only where it is of all
        value, unit = _value(line, hit, said)
        if value is not None:
            value = each.get(place.level, value)
        if value is not _NOTHING:
            nought = unit == "mm" and value == 0
            worth = (Meaning.ABSENT,) if nought else (said, value, unit)
            yield line.made(target.finding, place, *worth)


def _of_region(line: Line) -> Place | None:
    """Tell whether heights are of a region, in a report that tells of a fracture."""
    if not line.report.fractured or line.places.mentions:
        return None
    return Place(rest=True) if _REGION.search(line.text, *line.whole) else None


def _values_of(line: Line, hit: Hit, places: list[Place]) -> dict[str, Any]:
    """Give each of several levels its own figure or grade, where it has one."""
    if hit.target.finding == STENOSIS and len(places) > 1:
        return _grades_of(line, places)
    return _lengths_of(line, hit, places) if hit.target.measure == "millimetre" else {}


def _left_out(line: Line, hit: Hit, places: list[Place]) -> Iterator[Statement]:
    """Deny a finding of the levels that "of these only T11 shows it" leaves out."""
    only = _ONLY.search(line.text, *line.whole)
    told = {place.level for place in places}
    first = next((m for m in line.places.mentions if only and m.start == only.end()), None)
    if only is None or first is None or not told.issuperset(first.levels):
        return
    named = [lv for m in line.places.mentions if m.end <= first.start for lv in m.levels]
    for level in named or line.places.group_before:
        if level not in told:
            yield line.made(hit.target.finding, Place(level), Meaning.ABSENT)


def _less_excepted(line: Line, hit: Hit) -> Iterator[Statement]:
    """Deny of a level what all others have: "edema in all except L2", of the last thing named."""
    for left in left_out(line, hit):
        named = line.spots.findings(hit.span[1], line.end)
        if left.said is Meaning.PRESENT and not any(
            one.start() >= hit.span[1] for some in named.values() for one in some
        ):
            yield line.made(hit.target.finding, left.place, Meaning.ABSENT)


def _excepted(line: Line, hit: Hit, left: Sequence[tuple[Place, Meaning]]) -> Iterator[Statement]:
    """Make the statements of a hit that leaves levels out."""
    heights = _is_height(line, hit)
    for finding in (HEIGHT, hit.target.finding) if heights else (hit.target.finding,):
        yield line.made(finding, Place(rest=True), Meaning.ABSENT)
    for place, there in left:
        if there is Meaning.NO_FACT:
            continue
        if heights:
            if not shares(line.text, line.whole, line.lists.values):
                yield line.made(HEIGHT, place, there)
            continue
        value, unit = _value(line, hit, there)
        if value is not _NOTHING:
            yield line.made(hit.target.finding, place, there, value, unit)


def _of_which(line: Line, hit: Hit, said: Meaning) -> list[Place]:
    """Give the places of a hit, but for the levels that it leaves out."""
    places = line.said_of(hit.clause, hit.span, hit.target, said)
    if not _LEFT_OUT.search(line.text, line.start, line.end):
        return places
    if kept := _kept(line, hit):
        return [Place(level) for level in kept]
    spared = _spared(line, hit) if len(places) > 1 else set()
    return [place for place in places if place.level not in spared]


def _kept(line: Line, hit: Hit) -> list[str]:
    """Give the levels of a run that "T10 to L1 except T12 are fractured" leaves."""
    mentions = line.places.mentions
    for run_, left in itertools.pairwise(mentions):
        spared = len(run_.levels) > 1 and _SPARING.fullmatch(line.text, run_.end, left.start)
        if spared and _ARE.fullmatch(line.text, left.end, hit.span[0]):
            return [level for level in run_.levels if level not in left.levels]
    return []


def _spared(line: Line, hit: Hit) -> set[str]:
    """Give the levels that are left out right behind a finding or behind a run of levels."""
    ends = {hit.span[1]}
    found: set[str] = set()
    for mention in line.places.mentions:
        if any(_SPARING.fullmatch(line.text, end, mention.start) for end in ends):
            found.update(mention.levels)
        if any(_OF_THESE.fullmatch(line.text, end, mention.start) for end in ends):
            ends.add(mention.end)
    named = {level for one in line.places.mentions for level in one.levels}
    return found if found < named else set()


def _is_height(line: Line, hit: Hit) -> bool:
    """Tell whether a fracture is denied by a height alone."""
    words = line.text[hit.span[0] : min(hit.span[1] + _IN_HEIGHT, line.end)]
    return hit.denied and hit.target.finding == FRACTURE and "height" in words


def _lengths_of(line: Line, hit: Hit, places: list[Place]) -> dict[str, Any]:
    """Give each of several levels the length that stands behind its name, or that a list has."""
    levels = [place.level for place in sorted(places, key=lambda place: place.end)]
    if len(levels) < _SEVERAL:
        return {}
    _search(line, hit)
    found = sorted(lengths(line.text, *hit.clause), key=lambda one: one.start)
    listed = shared_out(found, levels, line.text, hit.clause[1])
    if listed:
        gaps = dict.fromkeys(levels if found[0].slots else (), _NOTHING)
        return {**gaps, **{level: one.value() for level, one in zip(listed, found, strict=True)}}
    return {
        place.level: one.value()
        for place in places
        for one in found
        if place.end >= 0 and _BEHIND.fullmatch(line.text, place.end, one.start)
    }


def _grades_of(line: Line, places: list[Place]) -> dict[str, Any]:
    """Give each of several levels the grade that stands right before it: "and mild at T8"."""
    ends = {place.end: place.level for place in places if place.level}
    found = {}
    for mention in line.places.mentions:
        own = mention.end in ends and _OWN_GRADE.search(line.before(mention.start, 40))
        if own:
            found[ends[mention.end]] = own[1]
    return found


def _worst(line: Line, hit: Hit, value: str) -> str:
    """Take the worst grade of several discs: "mild stenosis at L2-3, severe at L4-5"."""
    found = _BESIDE_DISC.findall(line.text, hit.span[1], hit.clause[1])
    order = {one: at for at, one in enumerate(hit.target.grades)}
    grades = [one for one in (value, *found) if one in order]
    return min(grades, key=order.__getitem__, default=value)


def _search(line: Line, hit: Hit) -> None:
    """Take the steps that a search of the clause for figures takes; Spent where there are none."""
    line.report.budget.spend(1 + (hit.clause[1] - hit.clause[0]) // _A_STEP)


def _edema(line: Line, hit: Hit) -> Iterator[Statement]:
    """Read "STIR: negative": the answer is about the edema."""
    end = hit.span[1]
    answer = verdict(line.text, end, min(hit.clause[1], end + _BESIDE))
    if answer is not None:
        edema = line.lists.targets[EDEMA]
        for place in line.said_of(hit.clause, hit.span, edema, answer):
            yield line.made(EDEMA, place, answer)


def _value(line: Line, hit: Hit, said: Meaning) -> tuple[Any, str]:
    """Read the value of a finding, with its unit; _NOTHING where a bare word says nothing."""
    text, target, values = line.text, hit.target, line.lists.values
    if target.measure == "millimetre" and said is not Meaning.ABSENT:
        _search(line, hit)
        near = length_near(text, hit.clause, hit.span, values)
        return (near.value(), "mm") if near else (None, "")
    if not target.grades:
        return None, ""
    if said is Meaning.ABSENT:
        return ("none" if target.finding == STENOSIS else None), ""
    value = grade(line.spots, hit.clause, hit.span, target)
    if target.finding == STENOSIS and line.places.discs:
        value = _worst(line, hit, value)
    bare = target.finding == STENOSIS and "stenosis" in text[slice(*hit.span)]
    if bare:
        _search(line, hit)
    if not value and bare and not shares(text, hit.clause, values):
        return None, ""
    return value or _NOTHING, ""
