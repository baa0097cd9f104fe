"""Levels with an answer beside them: "T4 no, T6 yes", "edema in L1 but not in L2"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.levels import Mention
from cds_service.reports.line import (
    CORD,
    EDEMA,
    FLUID,
    FRACTURE,
    INFECTION,
    MALIGNANCY,
    PEDICLE,
    UPTAKE,
    WALL,
    Line,
)
from cds_service.reports.phrases import Target
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_THAT_OF: Final = re.compile(r"(?<!\w)(?:that|those|the ones?) (?:of|at|in)(?: the)?\s*$")

_PERSISTS: Final = re.compile(
    r"\s(?:persists?|is (?:still |again )?(?:present|seen|there|evident)|"
    r"has (?:not resolved|increased))(?!\w)"
)
_SPREADS: Final = frozenset({EDEMA, FRACTURE, INFECTION, MALIGNANCY, UPTAKE})
_NOT_REACHED: Final = re.compile(
    r"(?: (?:in|on)?to| across| as far as)?(?: of)?"
    r"(?: the| either| any of)*(?: (?:disc|vertebra|bod(?:y|ies)|levels?)(?: of| at)?)?\s*"
)
"""Between words of a list and a level: "the infection does not involve the body of L2"."""
_NOT_THAT: Final = re.compile(r",?\s(?:but|and|though) not (?:at |in |the |of ){0,2}$")
_HEDGE_ENDS: Final = re.compile(r"\s*(?:$|[.,;:()]|(?:and|or|but)(?!\w))")
_WHOLE_LEVEL: Final = re.compile(
    r"\s*(?:disc|vertebra\w*(?: bod(?:y|ies))?|bod(?:y|ies)|levels?)?"
    r"\s*(?:$|[.,;:)]|(?:and|or|but|nor|either|while|whereas|although|which|where|at all)(?!\w))"
)


def answers(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read each answer beside a level, about the finding that was named last before it."""
    mentions = line.places.mentions
    spared = bool(mentions) and line.spots.has(("not_reached",))
    for mention in mentions:
        if mention.disc and not spared:
            continue
        target = _target(line, mention, hits)
        if target is None:
            continue
        if spared and target.finding in _SPREADS and _is_spared(line, mention):
            said: Meaning | None = Meaning.ABSENT
        else:
            said = None if mention.disc else _answer(line, mention, target)
        if said is None:
            continue
        shared = _shared(mention, mentions) if mention.joined or mention.disc else frozenset()
        if target.finding == FLUID:
            target = line.lists.targets[EDEMA]
        for level in mention.levels:
            if level in shared:  # of the other disc something else is said
                continue
            if not (target.measure == "percent" and said is Meaning.PRESENT):
                yield line.made(target.finding, Place(level), said)


def _target(line: Line, mention: Mention, hits: list[Hit]) -> Target | None:
    """Give the finding named last before a level; behind "T9, but not T11, has" the one after."""
    target = None
    for hit in hits:
        if hit.span[1] <= mention.start:
            target = hit.target
    if target is None and hits and _NOT_THAT.search(line.before(mention.start, 20)):
        return hits[0].target
    return target or line.report.last


def _shared(mention: Mention, mentions: list[Mention]) -> frozenset[str]:
    """Give the levels of a disc that another one of the sentence has too."""
    others = [level for one in mentions if one is not mention for level in one.levels]
    return frozenset(mention.levels) & frozenset(others)


def _is_spared(line: Line, mention: Mention) -> bool:
    """Tell whether words before a level say that something has not reached it."""
    return _WHOLE_LEVEL.match(line.text, mention.end, line.end) is not None and any(
        _NOT_REACHED.fullmatch(line.text, one.end(), mention.start)
        and not line.text.endswith((" not ", " never "), 0, one.start())
        for one in line.spots.each("not_reached", line.start, mention.start)
    )


def _answer(line: Line, mention: Mention, target: Target) -> Meaning | None:
    """Read the answer beside a level, if one stands there with nothing else."""
    values = line.lists.values
    before, after = line.before(mention.start, 40), line.after(mention.end, 40)
    said = _of_another(line, mention, target, before)
    if said is not None:
        return said
    if values["answer_ends"].match(after):
        if values["answer_no_before"].search(before):
            return Meaning.ABSENT
        if values["answer_yes_before"].search(before):
            return Meaning.PRESENT
    if _HEDGE_ENDS.match(after) and values["answer_hedged_before"].search(before):
        return Meaning.SUSPECTED
    if values["answer_no_after"].match(after):
        return Meaning.ABSENT
    return Meaning.PRESENT if values["answer_yes_after"].match(after) else None


def _of_another(line: Line, mention: Mention, target: Target, before: str) -> Meaning | None:
    """Read "that of T12 is intact" and "but intact at T12" behind what another level shows."""
    values, after = line.lists.values, (mention.end, line.end)
    if target.finding == EDEMA:
        if values["raised_before"].search(before):
            return Meaning.PRESENT
        if values["suppressed_before"].search(before):
            return Meaning.ABSENT
    that = _THAT_OF.search(before)
    if that and _PERSISTS.match(line.text, *after):
        return Meaning.PRESENT
    if target.finding not in {WALL, PEDICLE, CORD, UPTAKE}:
        return None
    part = target.finding in {WALL, PEDICLE}
    that = that if part else None
    if values["kept_before"].search(before) or (
        that and values["topic_kept"].match(line.text, *after)
    ):
        return Meaning.ABSENT
    broken = values["broken_before"].search(before) or (
        that and values["topic_broken"].match(line.text, *after)
    )
    return Meaning.PRESENT if broken and part else None
