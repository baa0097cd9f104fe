"""Shares of a hundred: lost height, and what bone or tumor takes of the canal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.reports.amounts import Amount, percents
from cds_service.reports.excepted import left_out
from cds_service.reports.hits import Hit
from cds_service.reports.line import FRACTURE, PROGRESS, TUMOR_BEHIND, Line, Span
from cds_service.reports.meant import meant
from cds_service.reports.phrases import Target
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement
from cds_service.reports.values import (
    BONE,
    HEIGHT,
    TUMOR,
    compared,
    kind_of,
    lost,
    of_today,
    past_height,
    shared_out,
    two_compared,
)

_LOSS_OF: Final = re.compile(r"loss of (?:about )?$")
_NARROWING: Final = re.compile(r"canal|stenosis|narrowing|compromise|retropuls|fragment")
_VERSUS: Final = re.compile(r"(?<!\w)(?:versus|vs\.?) [\w ]{0,16}$")
_VERSUS_NEXT: Final = re.compile(r" (?:versus|vs\.?) [~<>]?\d")
_PART: Final = r"(anterior|posterior|central|middle|mid|ventral|dorsal)"
_OF_PART: Final = re.compile(
    rf" (?:(?:height )?loss )?(?:(?:of|in) (?:its |the )?)?{_PART}(?:ly)?(?!\w)"
)
_OF_PART_BEFORE: Final = re.compile(
    rf"(?<!\w){_PART}(?:ly)?(?: (?:body |vertebral )?(?:height )?loss(?: of| is|:)?|:)? "
    r"(?:about )?$"
)
"""Behind a share the part that has lost it: "10% posteriorly and 40% centrally"."""
_NEAR: Final = 40
_PAIR: Final = 2
_EARLIER: Final = 100
_OPENED: Final = re.compile(r"\s*\(\s*")
_IF_REAL: Final = re.compile(
    r"\W*if (?:it is |this is |they are )?(?:real|true|genuine|confirmed|so)(?!\w)"
)
_IF_SO: Final = re.compile(
    r"[\w\s]{0,40}? if (?:(?:it|this|that|they) )?(?:(?:is|are|be) )?(?:an? )?(?:real|true|genuine|"
    r"confirmed|so|present|tumor|metastasis|malignant)(?!\w)"
)
_BESIDE: Final = re.compile(r"(?!.*(?:with|loss|lost|height))[\w\s(]{0,30},?\s?\(?\s?")
_EACH: Final = 20
"""Steps that a share takes, about: the words around it are searched for what it is of."""


def losses(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read every share of a hundred, and the findings with a share that have words alone."""
    every = percents(line.text, *line.whole)
    line.report.budget.spend(_EACH * len(every))
    two = list(two_compared(line.text, line.whole, every)) if every and len(every) == _PAIR else []
    amounts = two or of_today(line.text, line.whole, every, line.lists.values)
    if amounts and line.spots.first("asked", line.start, amounts[0].start):
        return
    placed: set[tuple[str, str]] = set()
    for made in _figures(line, hits, amounts, placed) if amounts else ():
        if (made.finding, made.level) not in placed and (made.level or hits):
            placed.add((made.finding, made.level))
            yield made
            yield from () if two else _course(line, made, every)
    if amounts and any(one.slots for one in amounts):  # of the gaps of a list nothing is told
        levels = {level for mention in line.places.mentions for level in mention.levels}
        placed |= {(kind, level) for kind, _ in placed for level in levels}
    yield from _in_words(line, hits, placed)
    if not placed or BONE not in [finding for finding, _ in placed]:
        yield from _narrowed_by_bone(line)


def _figures(
    line: Line, hits: list[Hit], amounts: list[Amount], placed: set[tuple[str, str]]
) -> Iterator[Statement]:
    """Read each share: what of, of which level, and how it is meant; not where one is `placed`."""
    text, whole, values = line.text, line.whole, line.lists.values
    order = two_compared(text, whole, amounts) if len(amounts) == _PAIR else {}
    order = order or dict(zip(amounts, _in_order(line, amounts), strict=False))
    if not order:
        amounts = sorted(
            amounts, key=lambda one: not _LOSS_OF.search(line.before(one.start, 12, 0))
        )
    tumors = (hit for hit in hits if hit.target.finding == TUMOR_BEHIND)
    told = any(meant(line, hit) is not Meaning.NO_FACT for hit in tumors)
    for one in _worst_first(line.text, amounts) if len(amounts) > 1 else amounts:
        clause = line.clause_of(one.start)
        kind = kind_of(text, whole, clause, one, values)
        if kind == BONE and _speaks_of_tumor(line):
            kind = TUMOR
        if not kind:
            continue
        share = lost(text, whole, one, values)
        span = (share.start, share.end)
        said = _meant(line, clause, share)
        if (kind == TUMOR and _suspected(line, hits, TUMOR_BEHIND)) or (
            kind == HEIGHT and _suspected_loss(line, [h for h in hits if _names(line, h, share)])
        ):
            said = Meaning.SUSPECTED
        target = line.lists.targets[kind]
        where = [Place(order[one])] if order else _places(line, clause, span, target)
        for place in where:
            if (kind, place.level) in placed:
                continue
            yield line.made(kind, place, said, share.value(), "%")
            if kind == TUMOR and said is not Meaning.ABSENT and not told:  # it is there
                yield line.made(TUMOR_BEHIND, place, said)


def _worst_first(text: str, amounts: list[Amount]) -> list[Amount]:
    """Put the greatest first of what the parts of one body have lost."""
    parts = [
        _OF_PART_BEFORE.search(text, max(0, one.start - _NEAR), one.start)
        or _OF_PART.match(text, one.end)
        for one in amounts
    ]
    if len({one[1] for one in parts if one}) < len(amounts):
        return amounts
    return sorted(amounts, key=lambda one: -one.high)


def _in_order(line: Line, amounts: list[Amount]) -> list[str]:
    """Give the levels that a list of shares belongs to, one each."""
    mentions = line.places.mentions
    named = dict.fromkeys(lv for m in mentions if not m.disc for lv in m.levels)
    levels = list(named) or list(line.places.before)
    return shared_out(amounts, levels, line.text, line.end) or shared_out(
        amounts, line.places.ever, line.text, line.end
    )


def _speaks_of_tumor(line: Line) -> bool:
    """Tell whether a share of the canal belongs to the tumor of the sentence before."""
    return (
        line.report.last is not None
        and line.report.last.finding == TUMOR_BEHIND
        and not _bony(line)
    )


def _bony(line: Line, earlier: int = 0) -> bool:
    """Tell whether a sentence, or what stands so little before it, speaks of bone."""
    start = max(0, line.start - earlier)
    return bool(line.lists.values["bone_words"].search(line.text, start, line.end))


def _meant(line: Line, clause: Span, share: Amount) -> Meaning:
    """Tell how a figure is meant: none at all is an absence."""
    if share.high == 0:
        return Meaning.ABSENT
    if _IF_REAL.match(line.text, line.start, share.start) or _IF_SO.match(
        line.text, share.end, line.end
    ):
        return Meaning.SUSPECTED
    said = line.meant(clause, (share.start, share.end))
    against = _VERSUS.search(line.before(share.start, 30)) or _VERSUS_NEXT.match(
        line.text, share.end
    )
    if said is Meaning.SUSPECTED and against:
        return Meaning.PRESENT
    return Meaning.PRESENT if said is Meaning.ABSENT else said


def _suspected(line: Line, hits: list[Hit], finding: str = FRACTURE) -> bool:
    """Tell whether the tumor behind a share, or the fracture that has one, is only suspected."""
    return any(
        hit.target.finding == finding and meant(line, hit) is Meaning.SUSPECTED for hit in hits
    )


def _suspected_loss(line: Line, named: list[Hit]) -> bool:
    """Tell whether the fracture or the loss that a share is named for is only suspected."""
    return any(_suspected(line, named, finding) for finding in (FRACTURE, HEIGHT))


def _names(line: Line, hit: Hit, share: Amount) -> bool:
    """Tell whether a share stands right behind what is named: "possible fracture, 10 %"."""
    return _BESIDE.fullmatch(line.text, hit.span[1], share.start) is not None


def _places(line: Line, clause: Span, span: Span, target: Target) -> list[Place]:
    """Tell the level of a figure: in brackets behind it, else as any finding's."""
    beside = compared(line.text, line.start, Amount(*span, 0, 0))
    if beside:
        return [Place(level) for level in beside]
    for mention in line.places.mentions:
        if mention.start >= span[1] and _OPENED.fullmatch(line.text, span[1], mention.start):
            return [Place(level) for level in mention.levels]
    places = line.said_of(clause, span, target, Meaning.PRESENT)
    alone = target.finding == HEIGHT and not line.places.mentions
    if len(places) > 1 and alone and not _of_each(line, clause):
        return [Place()]  # one figure behind several vertebrae: of which, nobody said
    return places


def _of_each(line: Line, clause: Span) -> bool:
    """Tell whether words say that a figure is that of every vertebra before."""
    return bool(line.spots.first("all_of_them", *clause) or line.spots.first("all_ever", *clause))


def _course(line: Line, made: Statement, every: list[Amount]) -> Iterator[Statement]:
    """Compare a loss of height with an earlier one of the same sentence."""
    sure = made.finding == HEIGHT and made.status is Meaning.PRESENT and made.level
    one_level = len({m.levels for m in line.places.mentions}) <= 1
    if not sure or not one_level or not isinstance(made.value, int | float):
        return
    then = past_height(line.text, line.whole, every, line.lists.values)
    if then is not None and made.value >= then.low:
        said = Meaning.PRESENT if made.value > then.high else Meaning.ABSENT
        yield line.made(PROGRESS, Place(made.level), said)


def _in_words(line: Line, hits: list[Hit], placed: set[tuple[str, str]]) -> Iterator[Statement]:
    """Read findings with a share where no figure stands."""
    kinds = {kind for kind, _ in placed}
    for hit in hits:
        kind = hit.target.finding
        if hit.target.measure != "percent":
            continue
        if kind == BONE and (TUMOR in kinds or not _bony(line, hit.denied * _EARLIER)):
            continue
        said = meant(line, hit)
        left = left_out(line, hit) if said is Meaning.ABSENT else []
        yield from (line.made(kind, one.place, one.said) for one in left if not placed)
        for place in () if left else line.said_of(hit.clause, hit.span, hit.target, said):
            told = (kind, place.level) in placed or (kind in kinds and not place.level)
            everywhere = said is Meaning.ABSENT and kind == HEIGHT and not place.level
            if not told and not everywhere:
                yield line.made(kind, place, said)


def _narrowed_by_bone(line: Line) -> Iterator[Statement]:
    """Read that bone narrows the canal, in words alone."""
    speaks_of_it = _NARROWING.search(line.text, *line.whole)
    narrow = speaks_of_it and line.lists.values["bone_narrows"].search(line.text, *line.whole)
    if not narrow:
        return
    clause = line.clause_of(narrow.start())
    if line.meant(clause, narrow.span()) is Meaning.PRESENT:
        target = line.lists.targets[BONE]
        for place in line.said_of(line.whole, narrow.span(), target, Meaning.PRESENT):
            yield line.made(BONE, place, Meaning.PRESENT)
