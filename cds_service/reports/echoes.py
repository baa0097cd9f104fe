"""Levels of which a report says only that they are like another one: "same at L5", "L5: as L4"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from cds_service.reports.line import ACUITY, FRACTURE, Line
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement
from cds_service.reports.values import HEIGHT

_LIKE: Final = r"(?:same|ditto|idem|likewise|similarly|similar)"
_WHAT: Final = r"(?: (?:findings?|appearances?|changes?|fractures?|deformity|picture))?"
_BEFORE: Final = re.compile(
    rf"\W*(?:and )?(?:the )?{_LIKE}{_WHAT}(?: (?:is|are) (?:seen|present|noted))?"
    r"(?: (?:for|at|in|of|applies to|goes for))?(?: the)?\s*"
)
_AFTER: Final = re.compile(
    rf"\s*[:\-,]?\s*(?:(?:is|shows?|has|demonstrates?) )?(?:the )?{_LIKE}{_WHAT}\W*|"
    r"\s*[:\-,]?\s*as above\W*"
)
_AS: Final = re.compile(
    rf"\s*[:\-,]?\s*(?:(?:is|looks) )?(?:{_LIKE} )?(?:as|to|like)(?: (?:at|in|for))? "
)
_NONE_OF_IT: Final = re.compile(r"(?<!\w)(?:none|neither)(?!\w)")
_NONE_BEHIND: Final = re.compile(
    r",?\s(?:(?:where )?there (?:is|are|was|were) none|"
    r"(?:has |shows? |demonstrates? |exhibits? )?(?:none of (?:these|this|them|it)|"
    r"neither(?: of (?:these|them))?))\W*$"
)
_NONE_BEFORE: Final = re.compile(
    r"(?<!\w)(?:neither|none of (?:these|this|them))"
    r"(?: (?:is|are)(?: (?:present|seen))?)? (?:at|in) $"
)
_OWN: Final = frozenset({FRACTURE, ACUITY, HEIGHT})
"""What a vertebra has by itself."""
_ABOVE: Final = "as above"
_ENDS: Final = re.compile(r"\W*")


def echoes(line: Line, said: Iterable[Statement]) -> Iterator[Statement]:
    """Repeat for a level what was `said` of the last one, or of the one that it is like."""
    model = _likened(line)
    if model is None:
        return
    told = [one for one in said if one.level]
    if _ABOVE in line.text[slice(*line.whole)] and {one.level for one in told} >= set(model[0]):
        return  # each of them has been told of
    known = [one for one in told if not model[1] or one.level == model[1]]
    last = known[-1].level if known else ""
    for one in known:
        if one.level == last and not one.rest:
            for level in model[0]:
                made = line.made(one.finding, Place(level), one.status, one.value, one.unit)
                yield replace(made, many=False)


def denied_there(line: Line, said: list[Statement]) -> Iterator[Statement]:
    """Deny of a level what a sentence has just said of others ("L3 has none of these")."""
    last = line.places.mentions[-1] if line.places.mentions else None
    if last is None or last.disc or not _NONE_OF_IT.search(line.text, *line.whole):
        return
    before = line.before(last.start, 40)
    if not (_NONE_BEHIND.match(line.text, last.end, line.end) or _NONE_BEFORE.search(before)):
        return
    named = dict.fromkeys(
        one.finding
        for one in said
        if one.level not in last.levels and one.status is Meaning.PRESENT
    )
    known = {(one.finding, one.level) for one in said}
    for finding in named:
        for level in last.levels:
            if (finding, level) not in known and finding not in _OWN:
                yield line.made(finding, Place(level), Meaning.ABSENT)


def _likened(line: Line) -> tuple[tuple[str, ...], str] | None:
    """Give the levels that are like another one, and that one where it is named."""
    mentions = [one for one in line.places.mentions if not one.disc]
    if len(mentions) == 1:
        (only,) = mentions
        like = _BEFORE.fullmatch(line.text, line.start, only.start)
        if like and _ENDS.fullmatch(line.text, only.end, line.end):
            return only.levels, ""
        like = _AFTER.fullmatch(line.text, only.end, line.end)
        return (only.levels, "") if like else None
    if len(mentions) == 2:  # noqa: PLR2004 - one level and the one it is like
        one, other = mentions
        between = _AS.fullmatch(line.text, one.end, other.start)
        if between and _ENDS.fullmatch(line.text, other.end, line.end):
            return one.levels, other.levels[0]
    return None
