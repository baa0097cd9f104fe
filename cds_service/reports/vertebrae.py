"""What is said of vertebrae as a whole: "L2 is normal", "L3 cannot be assessed"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.levels import Mention
from cds_service.reports.line import EDEMA, FRACTURE, MALIGNANCY, UPTAKE, Line
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_BEGINS: Final = re.compile(
    r"(?:^|[.,;:\n(*•\-]|(?<!\w)(?:and|while|but|whereas|though|in particular))\s*"
    r"(?:the\s|in particular\s|in fact,?\s|actually\s|both\s|neither\s)?"
    r"(?:adjacent\s|neighbou?ring\s|remaining\s|adjoining\s)?"
    r"(?:(?:vertebrae?|vertebral bod(?:ies|y)|bod(?:ies|y)|levels?|segments?)\s(?:of\s|from\s|"
    r"at\s)?(?:the\s)?)?$"
)
_QUERIED: Final = re.compile(
    r"(?<!\w)(?:previously|earlier|elsewhere|initially) (?:\w+ )?"
    r"(?:queried|questioned|suspected|thought|reported|described|called|raised)(?: \w+){0,4} $"
)
_CALLED: Final = re.compile(r"\W*(?:normal|intact|unremarkable) ")
_ENDED: Final = re.compile(r"\W*")
_AGED: Final = re.compile(
    r"\W*(?:acute|chronic|old|older|new|recent|healed|subacute|fresh|remote|healing|established|"
    r"longstanding|consolidated)"
    r"(?: ones| fractures?| levels?)?(?:\s?\([^()]{0,30}\))?\s?:\s?(?:th|[tld])-?\d"
)
_NTH: Final = re.compile(
    r"\W*(?:the |an? |and (?:an? )?)?(?:first|second|third|fourth|one|other|another|further|"
    r"upper|lower|that|those)"
    r"(?: one| of (?:these|them|which)| fracture)?(?:,? (?:old|chronic|recent|acute|healed|"
    r"subacute|"
    r"fresh|new)(?: one| fracture)?)?,? (?:is (?:seen |found |present )?|lies |located |situated )?"
    r"(?:at|in|of|involves|involving|affects) (?:the )?"
)
_NEITHER: Final = re.compile(r"\W*(?:neither|none of)\s")
_SHARES: Final = re.compile(
    r"(?:\W*(?:th|[tld])-?\d{1,2}(?!\w)\s?[:(\-]?\s?[~<>]?\s?\d{1,3}\s?%"
    r"(?: (?:height )?loss)?){1,12}\W*"
)
"""Levels with nothing but the share of the height that each has lost."""
_INVOLVED: Final = re.compile(
    r"\s(?:is|are|appears?|looks?) (?:involved|affected|abnormal|damaged)(?!\w)"
)
_UNBROKEN: Final = re.compile(
    r"\s*[:\-]?\s*(?:(?:is|are|remains?|appears?) )?"
    r"(?:not fractured|unfractured|without fracture|no fracture)"
)
"""In a bone scan this is told of the bone, and not of its uptake."""
_MOST: Final = re.compile(
    r"\W*the (?:largest|biggest|worst|dominant|main|most \w+)(?: one| deposit|"
    r" lesion| metastasis| of (?:these|them|which))?,? (?:is |lies )?"
    r"(?:at|in|involves|involving|occupies|affects) (?:the )?"
)
_NORMAL: Final = re.compile(
    r"\W*(?:entirely |completely )?(?:normal|unremarkable|intact|nil|no abnormality|"
    r"not fractured)\W*"
)
"""Under the name of a vertebra."""
_THAT_OF: Final = re.compile(r"\W*(?:that|those) of (?:the )?")
_PART: Final = re.compile(
    r"(?<!\w)(?:walls?|cortex|margins?|pedicles?|endplates?|canal|discs?|signal|"
    r"(?<!loss of )height)(?!\w)"
    r"(?! loss)[^.\n]*[.;\n]\s*$"
)
_OF_THE_BODY: Final = frozenset({FRACTURE, EDEMA, "height-loss"})
"""Behind these "that of T9" is another body, behind others another wall."""
_AND: Final = re.compile(r"\s*(?:,|and|,\s*and|or|nor|&)\s*(?:the )?")


def vertebrae(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read "L2 is normal": no fracture there (in a bone scan: no uptake).

    Behind the name of a part ("Pedicles:") it is these that are normal.
    """
    if line.report.topic:
        return
    yield from _aged(line)
    if line.places.mentions:
        yield from _counted_off(line)
    finding = UPTAKE if line.report.nuclear else FRACTURE
    if any(hit.target.finding == finding and not _is_queried(line, hit) for hit in hits):
        return
    if line.places.under and _NORMAL.fullmatch(line.text, *line.whole):
        yield from (line.made(finding, Place(lv), Meaning.ABSENT) for lv in line.places.before)
    yield from _named(line, finding)


def _is_queried(line: Line, hit: Hit) -> bool:
    """Tell whether a fracture was only thought of before: "T10, previously queried, is normal"."""
    return _QUERIED.search(line.before(hit.span[0], 50)) is not None


def _named(line: Line, finding: str) -> Iterator[Statement]:
    """Read what is said of each vertebra that a sentence names, as a whole."""
    values = line.lists.values
    for mention in line.places.mentions:
        if mention.disc or mention.joined:
            continue
        listed = values["vertebra_normal_before"].search(line.before(mention.start, 60))
        called = listed is not None or _is_called_normal(line, mention)
        said = _said(line, mention) or (Meaning.ABSENT if called else None)
        if said is None or _is_excepted(line, mention):
            continue
        if values["topic_other"].match(line.text, *line.whole):
            return
        run = _run(line, mention)
        if listed or _is_subject(line, run[-1]):
            of = FRACTURE if _UNBROKEN.match(line.text, mention.end, line.end) else finding
            for level in (level for one in run for level in one.levels):
                yield line.made(of, Place(level), said)


def _is_excepted(line: Line, mention: Mention) -> bool:
    """Tell whether something is said of all vertebrae but this one."""
    all_but = line.lists.values["all_but"].match(line.text, line.start, mention.start)
    return all_but is not None and all_but.end() == mention.start


def _is_called_normal(line: Line, mention: Mention) -> bool:
    """Tell whether a sentence says no more than "Normal L4"."""
    return bool(
        _CALLED.fullmatch(line.text, line.start, mention.start)
        and _ENDED.fullmatch(line.text, mention.end, line.end)
    )


def _aged(line: Line) -> Iterator[Statement]:
    """Read "Chronic: T7, T8" behind a line about fractures: these are fractured too."""
    if line.report.fractured and _AGED.match(line.text, *line.whole):
        for mention in line.places.mentions:
            for level in mention.levels:
                yield line.made(FRACTURE, Place(level), Meaning.PRESENT)


def _counted_off(line: Line) -> Iterator[Statement]:
    """Read "the second, at L2, is old" behind fractures, "the largest is at T5" behind deposits.

    And "T7 30%, T9 40%." behind "multiple fractures".
    """
    last = line.report.last
    if last and last.finding == FRACTURE and _SHARES.fullmatch(line.text, *line.whole):
        for level in (lv for m in line.places.mentions for lv in m.levels):
            yield line.made(FRACTURE, Place(level), Meaning.PRESENT)
    for mention in line.places.mentions[:1] if line.report.fractured else ():
        if _NTH.fullmatch(line.text, line.start, mention.start) and not _said(line, mention):
            for level in mention.levels:
                yield line.made(FRACTURE, Place(level), Meaning.PRESENT)
    for mention in line.places.mentions[:1] if last and last.finding == MALIGNANCY else ():
        if _MOST.fullmatch(line.text, line.start, mention.start):
            for level in mention.levels:
                yield line.made(MALIGNANCY, Place(level), Meaning.PRESENT)


def _said(line: Line, mention: Mention) -> Meaning | None:
    """Tell what is said of a vertebra as a whole."""
    values, after = line.lists.values, line.after(mention.end, 90)
    if _INVOLVED.match(after) and _NEITHER.match(line.text, *line.whole):
        return Meaning.ABSENT
    nothing = line.report.listing and values["vertebra_nothing"].match(after)
    if nothing or values["vertebra_normal"].match(after):
        return Meaning.ABSENT
    return Meaning.INDETERMINATE if values["vertebra_open"].match(after) else None


def _run(line: Line, last: Mention) -> list[Mention]:
    """Give the mentions of a list from its last one back to its first."""
    run = [last]
    for one in reversed([m for m in line.places.mentions if m.end <= last.start]):
        if not _AND.fullmatch(line.text[one.end : run[-1].start]):
            break
        run.append(one)
    return run


def _is_subject(line: Line, first: Mention) -> bool:
    """Tell whether a sentence or clause begins with a vertebra, or a list of them."""
    if not line.text[line.start : first.start].strip():
        return True
    return bool(_BEGINS.search(line.before(first.start, 50, max(0, line.start - 2)))) or (
        _THAT_OF.fullmatch(line.text, line.start, first.start) is not None
        and line.report.last is not None
        and line.report.last.finding in _OF_THE_BODY
        and not _PART.search(line.text, max(0, line.start - 90), line.start)
    )
