"""All statements of a report about one finding of one level, brought together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_ADDENDUM: Final = "addendum"
_STENOSIS: Final = "canal-stenosis-grade"
_FLUID: Final = "fluid-sensitive-sequence"
"""Acquired but not diagnostic is as good as not acquired."""
_INFECTION: Final = "discitis-osteomyelitis-suspected"
_GRAVE: Final = frozenset({"cord-compression", _INFECTION})
_REGION: Final = re.compile(
    r"(?i)(?<!\w)(?:no|not|without|nor|neither)(?!\w).*(?<!\w)(?:lumbar|thoracic|dorsal|"
    r"cervical)(?!\w)"
)
"""Of a region nothing is denied that is told of one of its vertebrae."""
_ACUITY: Final = "fracture-acuity"
_ON_CHRONIC: Final = re.compile(r"(?i)acute[\s-]on[\s-]chronic")
_NEARLY: Final = 5
"""Shares no further apart are the same, said in other words."""
_MATRIX: Final = "lesion-matrix"
_DISC: Final = re.compile(r"(?i)(?<!\w)[ctdl]\d{1,2}\s?[-/]\s?[ctdls]?\d")
_THEN: Final = re.compile(
    r"(?i)(?<!\w)(?:at that time|then|previously|formerly|before|initially|back then)(?!\w)"
)
_NOW: Final = re.compile(r"(?i)(?<!\w)(?:now|today|currently|no longer|at present)(?!\w)")
"""In one sentence of both times the last word is that of today."""
_CONUS: Final = re.compile(r"(?i)(?<!\w)(?:conus|cauda)(?!\w)")
_GRADES: Final = ("none", "mild", "moderate", "severe")


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two statements of one report that cannot both be true."""

    finding: str
    level: str
    statements: tuple[Statement, ...]

    def plain(self) -> dict[str, Any]:
        """Write it for JSON."""
        return {
            "finding": self.finding,
            "level": self.level or None,
            "statements": [one.plain() for one in self.statements],
        }


def merged(statements: Iterable[Statement]) -> tuple[list[Statement], list[Conflict]]:
    """Bring statements together: one finding for each level; an addendum wins."""
    groups: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for one in _standing(list(statements)):
        groups[one.finding, one.level].append(one)
    findings: list[Statement] = []
    conflicts: list[Conflict] = []
    for (finding, level), group in groups.items():
        said = _last_word(group)
        if not level:
            said = [one for one in said if not _covered(one, groups)]
        if not said:
            continue
        said = _deciding(said)
        one, disagree = _together(said) if len(said) > 1 else (said[0], False)
        findings.append(one)
        if disagree:
            conflicts.append(Conflict(finding, level, tuple(said)))
    return findings, conflicts


def elsewhere(said: Iterable[Statement], findings: Iterable[Statement]) -> Iterator[Statement]:
    """Give once what is denied of all that was not named, where nothing else lacks a level."""
    known = {one.finding for one in findings if not one.level}
    for one in said:
        wide = one.rest or (not one.level and _REGION.search(one.quote))
        if wide and one.status is Meaning.ABSENT and one.finding not in known:
            known.add(one.finding)
            yield one


def _deciding(said: list[Statement]) -> list[Statement]:
    """Choose the statements that decide among several about one finding of one level."""
    finding, found = said[0].finding, said
    if len(said) > 1 and _turned_since(said):
        found = said[-1:]
    elif finding == _FLUID:
        found = [one for one in said if one.status is Meaning.ABSENT]
    elif finding == _ACUITY:  # the old part of an "acute on chronic" fracture is no second word
        found = [one for one in said if one.value == "acute" and _ON_CHRONIC.search(one.quote)]
    elif finding == _MATRIX:  # "sclerotic, without a lytic part" denies one kind of two
        found = [one for one in said if one.status is not Meaning.ABSENT]
    elif finding == _STENOSIS and not said[0].level:
        found = _narrowest(said)
    return found or said


def _turned_since(said: list[Statement]) -> bool:
    """Tell whether one sentence states what was, and denies it of today, or the reverse."""
    return (
        {Meaning.PRESENT, Meaning.ABSENT} <= {one.status for one in said}
        and said[0].start == said[-1].start
        and _THEN.search(said[0].quote) is not None
        and _NOW.search(said[0].quote) is not None
    )


def _narrowest(said: list[Statement]) -> list[Statement]:
    """Of several places without a vertebra (discs) keep the narrowest."""
    return [max(said, key=lambda one: (one.status is not Meaning.ABSENT, _order(one.value)))]


def _order(grade: object) -> int:
    """Order the grades of a stenosis."""
    return _GRADES.index(grade) if grade in _GRADES else 0


def _standing(said: list[Statement]) -> list[Statement]:
    """Leave out absences of all the rest, and doubts that an addendum denies of the whole study."""
    absent = [one for one in said if one.status is Meaning.ABSENT]
    kept = [one for one in said if not (one.rest and one.status is Meaning.ABSENT)]
    withdrawn = {
        one.finding for one in absent if one.section == _ADDENDUM and not one.level and not one.rest
    }
    return [
        one
        for one in kept
        if one.finding not in withdrawn
        or one.section == _ADDENDUM
        or one.status not in {Meaning.SUSPECTED, Meaning.INDETERMINATE}
    ]


def _last_word(group: list[Statement]) -> list[Statement]:
    """Let an addendum stand alone where there is one."""
    later = [one for one in group if one.section == _ADDENDUM]
    return later or group


def _covered(one: Statement, groups: dict[tuple[str, str], list[Statement]]) -> bool:
    """Tell whether a statement without a level says no more than those with one.

    "No other fracture" beside a fracture is no contradiction; "fracture as above" is no second one.
    """
    named = [s for key, group in groups.items() if key[0] == one.finding and key[1] for s in group]
    told = any(s.status is not Meaning.ABSENT for s in named)
    if one.status is Meaning.INDETERMINATE and _CONUS.search(one.quote):
        return False  # of the end of the cord nobody can tell, whatever lies above
    if one.finding == _STENOSIS and one.status is not Meaning.ABSENT and _DISC.search(one.quote):
        return False
    return told and (one.status is Meaning.ABSENT or not one.many)


def _undecided(one: Statement) -> Statement:
    """Make a statement that stands for two which cannot both be true: it has no value."""
    return replace(one, status=Meaning.INDETERMINATE, value=None, unit="")


def _contradict(said: Sequence[Statement]) -> bool:
    """Tell whether values cannot all be true: two grades, old and new, 15 % and 25 %."""
    if said[0].finding == _ACUITY:
        return {"acute", "chronic"} <= {str(one.value) for one in said}
    if said[0].unit == "%":
        low = max(_bounds(one.value)[0] for one in said if one.value is not None)
        return low - min(_bounds(one.value)[1] for one in said if one.value is not None) > _NEARLY
    return said[0].finding == _STENOSIS


def _bounds(value: Any) -> tuple[float, float]:
    """Give the lowest and the highest share that a value may mean."""
    low, high = value if isinstance(value, list) else (value, value)
    return float(low), float(high)


def _together(said: Sequence[Statement]) -> tuple[Statement, bool]:
    """Make one statement of several, and tell whether they disagree."""
    present = [one for one in said if one.status is Meaning.PRESENT]
    absent = [one for one in said if one.status is Meaning.ABSENT]
    if said[0].finding == _INFECTION:  # "the abscess has resolved, but discitis persists"
        places = {one.start for one in present}
        absent = [one for one in absent if one.start not in places]
    suspected = [one for one in said if one.status is Meaning.SUSPECTED]
    if present and absent:
        return _undecided(present[0]), True
    values = {repr(one.value) for one in present if one.value is not None}
    said_together = {one.start for one in suspected}
    if present and all(one.start in said_together for one in present):
        return suspected[0], False
    best = [one for one in present if one.value is not None] or present
    if best and len(values) > 1 and _contradict(best):
        return _undecided(best[0]), True
    if best:
        return best[0], False
    if suspected and any(one.start not in said_together for one in absent):
        return _undecided(suspected[0]), True
    grave = said[0].finding in _GRAVE  # "No cord compression. CT is insensitive for the cord."
    unseen = [one for one in said if grave and one.status is Meaning.INDETERMINATE]
    return (suspected or unseen or absent or list(said))[0], False
