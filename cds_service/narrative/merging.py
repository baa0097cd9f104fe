"""Several resources about one examination: copies, addenda, and readings that were replaced."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cds_service.clinical.when import When
from cds_service.narrative.entry import Entry
from cds_service.narrative.exam import Exam
from cds_service.narrative.pieces import ADDENDUM

_REVISED: Final = frozenset({"amended", "corrected"})
_LONG_ENOUGH: Final = 80
"""Shorter texts ("Normal study.") may be alike by chance."""

_APART: Final = timedelta(days=1)
_FILED_LATER: Final = timedelta(days=14)


def merged(entries: list[Entry]) -> list[Entry]:
    """Leave one entry for each report, in the order in which they came."""
    kept: list[Entry] = []
    for entry in sorted(entries, key=_precedence):
        other = next((one for one in kept if _is_taken_in(entry, one)), None)
        if other is None:
            kept.append(entry)
        elif _is_superseded(entry, other):
            other.others += [entry.candidate.reference, *entry.others]
        elif entry.is_addendum and other.words not in entry.words:
            other.take_over(entry, header=ADDENDUM)
        else:
            other.take_over(entry)
    places = {id(entry): place for place, entry in enumerate(entries)}
    return sorted(kept, key=lambda entry: places[id(entry)])


def _precedence(entry: Entry) -> tuple[bool, bool, bool, bool, bool, _Backwards]:
    """Put first what others are measured by: read, final, whole, revised, reports, the newest."""
    candidate = entry.candidate
    return (
        not entry.said,
        not entry.final,
        entry.is_addendum,
        candidate.status not in _REVISED,
        candidate.is_document,
        _Backwards(candidate.revised),
    )


class _Backwards(str):
    """A string that sorts the other way round."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        """Come first where a string would come last."""
        return str.__gt__(self, other)


def _is_taken_in(entry: Entry, other: Entry) -> bool:
    """Tell whether an entry is about the report of another one, and has no place of its own."""
    mine, known = entry.words, other.words
    if entry.candidate.keys & other.candidate.keys:
        return (
            _is_superseded(entry, other)
            or entry.is_addendum
            or entry.candidate.is_document
            or bool(mine and mine in known)
        )
    if not _same_time(entry.when, other.when):
        return False
    shorter, longer = sorted((mine, known), key=len)
    return len(shorter) >= _LONG_ENOUGH and shorter in longer


def _is_superseded(entry: Entry, other: Entry) -> bool:
    """Tell whether the reading of an entry was replaced by a final or a corrected one."""
    if not (other.said and entry.candidate.keys & other.candidate.keys) or entry.is_addendum:
        return False
    if not _same_part(entry.exam, other.exam):
        return False
    if not entry.final:
        return other.final or entry.candidate.revised < other.candidate.revised
    revised = other.candidate.status in _REVISED and not other.candidate.is_document
    return revised and entry.candidate.revised <= other.candidate.revised


def _same_part(one: Exam, other: Exam) -> bool:
    """Tell whether two examinations of one number may be the same: it may stand for several."""
    parts = one.covers is None or other.covers is None or one.covers == other.covers
    return parts and (one.modality == other.modality or not (one.modality and other.modality))


def _same_time(one: When | None, other: When | None) -> bool:
    """Tell whether two reports may be of one day; a day of filing is some days later."""
    if one is None or other is None:
        return True
    if one.earliest is None and other.earliest is None:
        return abs(one.latest - other.latest) <= _FILED_LATER
    if one.earliest is None or other.earliest is None:
        taken, told = (one, other) if one.earliest is not None else (other, one)
        late = told.latest - taken.latest
        return -_APART <= late <= _FILED_LATER
    return one.earliest - _APART <= other.latest and other.earliest - _APART <= one.latest
