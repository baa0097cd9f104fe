"""Levels with an answer beside them: "T4 no, T6 yes", "edema in L1 but not in L2"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.levels import Mention
from cds_service.reports.line import EDEMA, FLUID, PEDICLE, UPTAKE, WALL, Line
from cds_service.reports.phrases import Target
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_THAT_OF: Final = re.compile(r"(?<!\w)(?:that|those|the ones?) (?:of|at|in)(?: the)?\s*$")

_BEFORE: Final = {
    "possibly_before": Meaning.SUSPECTED,
    "answer_no_before": Meaning.ABSENT,
    "answer_yes_before": Meaning.PRESENT,
}
"""What stands before a level with which the statement ends: "uptake at L1 and possibly at L3"."""
_AFTER: Final = {
    "no": Meaning.ABSENT,
    "yes": Meaning.PRESENT,
    "maybe": Meaning.SUSPECTED,
    "open": Meaning.INDETERMINATE,
}
_UNSURE: Final = frozenset({Meaning.SUSPECTED, Meaning.INDETERMINATE})
_NOR_THAT: Final = re.compile(
    r"(?<!\w)(?:nor|neither|not) (?:that|those|the ones?) \w+(?: the)?\s*$"
)
_OPPOSITE: Final = {Meaning.PRESENT: Meaning.ABSENT, Meaning.ABSENT: Meaning.PRESENT}
_PERSISTS: Final = re.compile(
    r"\s(?:persists?|is (?:still |again )?(?:present|seen|there|evident)|"
    r"has (?:not resolved|increased))(?!\w)"
)


def answers(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read each answer beside a level, about the finding that was named last before it."""
    for mention in line.places.mentions:
        if mention.disc:
            continue
        before = [hit for hit in hits if hit.span[1] <= mention.start]
        before = [hit for hit in before if hit.target.finding != FLUID] or before
        target = before[-1].target if before else _last_named(line)
        said = _answer(line, mention, target) if target else None
        if target is None or said is None or (hits and not before and said in _UNSURE):
            continue
        if target.finding == FLUID:
            target = line.lists.targets[EDEMA]
        for level in mention.levels:
            if not (target.measure == "percent" and said is Meaning.PRESENT):
                yield line.made(target.finding, Place(level), said)


def _last_named(line: Line) -> Target | None:
    """Give the finding of the sentence before, unless that is one of several or the line is headed.

    Behind "L3: burst fracture, 45% loss, wall intact. L4 nil." it is the whole of L4 that is well.
    """
    if line.report.topic:
        return line.lists.targets[line.report.topic]
    headed = line.lists.values["headed"]
    if line.report.listing or headed.match(line.text, line.start, line.places.mentions[0].start):
        return None
    return line.report.last


def _answer(line: Line, mention: Mention, target: Target) -> Meaning | None:
    """Read the answer beside a level, if one stands there with nothing else."""
    values = line.lists.values
    before, after = line.before(mention.start, 40), line.after(mention.end, 40)
    said = _of_another(line, mention, target, before)
    if said is not None:
        return said
    if values["lacks_before"].search(before) and values["lacks_after"].match(after):
        return Meaning.ABSENT
    if values["answer_ends"].match(after):
        for name, meaning in _BEFORE.items():
            if values[name].search(before):
                return meaning
    answer = values["answer_after"].match(after)
    return _AFTER[answer.lastgroup or ""] if answer else None


def _of_another(line: Line, mention: Mention, target: Target, before: str) -> Meaning | None:
    """Read "that of T12 is intact" and "but intact at T12" behind what another level shows."""
    values = line.lists.values
    if _THAT_OF.search(before):
        said = _of_that(line, mention, target)
        return _OPPOSITE.get(said, said) if said and _NOR_THAT.search(before) else said
    if target.finding in {EDEMA, UPTAKE}:
        names = {"raised_before": Meaning.PRESENT, "suppressed_before": Meaning.ABSENT}
    elif target.finding in {WALL, PEDICLE}:
        names = {"kept_before": Meaning.ABSENT, "broken_before": Meaning.PRESENT}
    else:
        return None
    return next((said for name, said in names.items() if values[name].search(before)), None)


def _of_that(line: Line, mention: Mention, target: Target) -> Meaning | None:
    """Read what "that of T12" does behind what another level shows."""
    values, after = line.lists.values, (mention.end, line.end)
    if values["that_open"].match(line.text, *after):
        return Meaning.INDETERMINATE
    if _PERSISTS.match(line.text, *after):
        return Meaning.PRESENT
    if target.finding not in {WALL, PEDICLE}:
        return None
    if values["topic_kept"].match(line.text, *after):
        return Meaning.ABSENT
    return Meaning.PRESENT if values["topic_broken"].match(line.text, *after) else None
