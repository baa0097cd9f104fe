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

_PERSISTS: Final = re.compile(
    r"\s(?:persists?|is (?:still |again )?(?:present|seen|there|evident)|"
    r"has (?:not resolved|increased))(?!\w)"
)

_DOUBTED: Final = re.compile(
    r"\s*[:\-]?\s*(?:(?:is|are|remains?) )?(?:questionable|equivocal|doubtful|suspected|suspicious|"
    r"probable|possible|likely|uncertain|possibly (?:so|involved|affected))(?=\s*(?:$|[,.;(]))"
)
"""Behind "those of T4"."""
_GRADED: Final = re.compile(
    r"(?:^|[,;:]|(?<!\w)(?:and|but|or|is|are|while|whereas)) ?(?:only |also |just |at most |is |"
    r"are )?"
    r"(?:(?P<suspected>possible|probable|suspected|likely|questionable|equivocal|doubtful|unlikely|"
    r"conceivable|suspicious)|(?P<absent>excluded|ruled out|absent|lacking|denied)|"
    r"(?P<present>definite|certain|obvious|unequivocal|confirmed|proven)|"
    r"(?P<indeterminate>indeterminate|not assessable|unassessable|uninterpretable))"
    r" (?:at|in|on|for) (?:the )?(?:left at |right at )?$"
)
_GRADES: Final = (
    Meaning.SUSPECTED,
    Meaning.ABSENT,
    Meaning.PRESENT,
    Meaning.INDETERMINATE,
)
_STOPS: Final = re.compile(r"\s*(?:$|[,.;:()]|(?:and|but|or|while|whereas)(?!\w))")
_SIGNALS: Final = frozenset({EDEMA, UPTAKE, FLUID})
_NOT_RAISED: Final = re.compile(
    r"\s(?:(?:is|are|was) )?not (?:raised|increased|elevated|abnormal|seen|present)(?=\s*(?:$|"
    r"[,.;(]|but))"
)
_NOT_RAISED_AT: Final = re.compile(
    r"(?<!\w)not (?:raised|increased|elevated|abnormal) (?:at|in|of|on)(?: the)?\s*$"
)
"""Of a signal or an uptake that is raised at another level."""


def answers(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read each answer beside a level, about the finding that was named last before it."""
    for mention in line.places.mentions:
        if mention.disc:
            continue
        before = [hit for hit in hits if hit.span[1] <= mention.start]
        target = before[-1].target if before else line.report.last
        said = _answer(line, mention, target) if target else None
        if target is None or said is None or (target.between and mention.joined):
            continue
        if target.finding == FLUID:
            target = line.lists.targets[EDEMA]
        for level in mention.levels:
            if not (target.measure == "percent" and said is Meaning.PRESENT):
                yield line.made(target.finding, Place(level), said)


def _answer(line: Line, mention: Mention, target: Target) -> Meaning | None:
    """Read the answer beside a level, if one stands there with nothing else."""
    values = line.lists.values
    before, after = line.before(mention.start, 40), line.after(mention.end, 40)
    said = _of_another(line, mention, target, before)
    if said is not None:
        return said
    if said := _graded(before, after):
        return said
    if values["answer_ends"].match(after):
        if values["answer_no_before"].search(before):
            return Meaning.ABSENT
        if values["answer_yes_before"].search(before):
            return Meaning.PRESENT
    if values["answer_no_after"].match(after):
        return Meaning.ABSENT
    return Meaning.PRESENT if values["answer_yes_after"].match(after) else None


def _graded(before: str, after: str) -> Meaning | None:
    """Read "present at T4, possible at T6 and excluded at T9": each level has its own word."""
    if not _STOPS.match(after):
        return None
    word = _GRADED.search(before)
    return next((said for said in _GRADES if word and word[said]), None)


def _of_signal(line: Line, mention: Mention, target: Target, before: str) -> Meaning | None:
    """Read "raised at L1, not raised at L2" of a signal or an uptake."""
    values = line.lists.values
    if _NOT_RAISED.match(line.text, mention.end, line.end) or _NOT_RAISED_AT.search(before):
        return Meaning.ABSENT
    if target.finding != EDEMA:
        return None
    if values["raised_before"].search(before):
        return Meaning.PRESENT
    return Meaning.ABSENT if values["suppressed_before"].search(before) else None


def _of_another(line: Line, mention: Mention, target: Target, before: str) -> Meaning | None:
    """Read "that of T12 is intact" and "but intact at T12" behind what another level shows."""
    values, after = line.lists.values, (mention.end, line.end)
    if target.finding in _SIGNALS and (signal := _of_signal(line, mention, target, before)):
        return signal
    that = _THAT_OF.search(before)
    if that and _PERSISTS.match(line.text, *after):
        return Meaning.PRESENT
    if that and _DOUBTED.match(line.text, *after):
        return Meaning.SUSPECTED
    if target.finding not in {WALL, PEDICLE}:
        return None
    if values["kept_before"].search(before) or (
        that and values["topic_kept"].match(line.text, *after)
    ):
        return Meaning.ABSENT
    broken = values["broken_before"].search(before) or (
        that and values["topic_broken"].match(line.text, *after)
    )
    return Meaning.PRESENT if broken else None
