"""Levels with an answer beside them: "T4 no, T6 yes", "edema in L1 but not in L2"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.reports.amounts import Amount, lengths
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

_BEFORE: Final = {
    "possibly_before": Meaning.SUSPECTED,
    "answer_hedged_before": Meaning.SUSPECTED,
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
_SPARED: Final = ("not_reached",)
_NONE: Final = Meaning.ABSENT
_BESIDE: Final = 20
_AT: Final = re.compile(r"\s(?:at|in|of|on) (?:the )?")
_FIGURE: Final = re.compile(r"\s?[:=\-(]?\s?[~<>]?\s?")
_ALONE: Final = re.compile(r"\s*(?:[,.;()]|$|(?:and|with|without|but)(?!\w))")
_LISTED: Final = re.compile(
    r"(?:[\s:,;()\-~]|(?:none|nil|no|absent|at|in|of|and|about|approximately|but|mm)(?!\w)|"
    r"(?:th|[tld])-?\d{1,2}(?!\w)|\d{1,2}(?:\.\d)?(?=\s?mm)){0,60}"
)
"""Nothing but levels, figures and answers."""
_UNSURE: Final = frozenset({Meaning.SUSPECTED, Meaning.INDETERMINATE})
_NOR_THAT: Final = re.compile(
    r"(?<!\w)(?:nor|neither|not) (?:that|those|the ones?) \w+(?: the)?\s*$"
)
_OPPOSITE: Final = {Meaning.PRESENT: Meaning.ABSENT, Meaning.ABSENT: Meaning.PRESENT}
_OVER: Final = re.compile(
    r"(?<!\w)(?:(excluded|ruled out)|resolved|cleared|disappeared|subsided|gone|settled|healed)"
    r"(?!\w)(?=.*(?<!\w)not(?!\w)|.*that (?:at|of|in) )"
)
_DENIES: Final = re.compile(r"(?<!\w)(?:no|not|without|neither|nor|absence|lack|lacks|never)(?!\w)")
_FREE_OF: Final = re.compile(
    r"(?<!\w)(?:free (?:of|from)|devoid of|spared (?:by|of)) (?:\w+ ){0,2}$"
)
_NOT_AT: Final = re.compile(r"(?<!\w)not(?: \w+){0,2} $")
_NOT_SO: Final = re.compile(r"\s?[:=]?\s?(?:(?:is|are|has|have|does|do) )?(?:not|no)(?!\w)")
_IS: Final = re.compile(r" (?:is|are|has|does|do)\s*(?:[.;,]|$)")
_APART: Final = re.compile(r"\s?[,;](?: (?:but|and|while|whereas|though|only))? (?:at |in )?")
_LACKED: Final = re.compile(
    r"(?<!\w)(?:absent|lacking|missing|not (?:present|seen)) (?:at|in)(?!\w)"
    r"[^.;]{1,60}(?<!\w)but not (?:at|in) (?:the )?$"
)
"""What is "lacking in T10, but not in T12" is there."""
_HAS_NOT: Final = re.compile(r" (?:has|have) not(?: resolved| cleared| healed)?\s*(?:[.;,]|$)")
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
_SPREADS: Final = frozenset({EDEMA, FRACTURE, INFECTION, MALIGNANCY, UPTAKE})
_NOT_REACHED: Final = re.compile(
    r"(?: (?:in|on)?to| across| as far as)?(?: of)?"
    r"(?: the| either| any of)*(?: (?:disc|vertebra|bod(?:y|ies)|levels?)(?: of| at)?)?\s*"
)
"""Between words of a list and a level: "the infection does not involve the body of L2"."""
_NOT_THAT: Final = re.compile(r",?\s(?:but|and|though) not (?:at |in |the |of ){0,2}$")
_WHOLE_LEVEL: Final = re.compile(
    r"\s*(?:disc|vertebra\w*(?: bod(?:y|ies))?|bod(?:y|ies)|levels?)?"
    r"\s*(?:$|[.,;:)]|(?:and|or|but|nor|either|while|whereas|although|which|where|at all)(?!\w))"
)


def answers(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read each answer beside a level, about the finding that was named last before it."""
    if line.places.mentions and not line.spots.lacks(_SPARED):
        yield from _spared(line, hits)
    for mention in line.places.mentions:
        if mention.disc:
            continue
        before = _told_before(line, mention, hits) if hits else hits
        target = before[-1].target if before else _last_named(line)
        said = _answer(line, mention, target, before) if target else None
        length = None
        if target and target.measure == "millimetre" and (before or not hits):
            length = _length(line, mention, before[-1].span[1] if before else line.start)
        if target and length:
            own = mention.levels[-1:] if length.start >= mention.end else mention.levels
            for level in own:
                yield line.made(target.finding, Place(level), Meaning.PRESENT, length.value(), "mm")
            continue
        unsure = hits and not before and said in _UNSURE
        if target is None or said is None or unsure or (target.between and mention.joined):
            continue
        if not (target.measure == "percent" and said is Meaning.PRESENT):
            finding = EDEMA if target.finding == FLUID else target.finding
            alone = mention.joined and said is not Meaning.PRESENT
            for level in _own(line, mention) if alone else mention.levels:
                yield line.made(finding, Place(level), said)


def _own(line: Line, mention: Mention) -> list[str]:
    """Give the levels beside a disc that no other disc has: of these something else is said."""
    others = {lv for one in line.places.mentions if one is not mention for lv in one.levels}
    return [level for level in mention.levels if level not in others]


def _told_before(line: Line, mention: Mention, hits: list[Hit]) -> list[Hit]:
    """Give what is told before a level; behind "T9, but not T11, has" the first one after."""
    before = [hit for hit in hits if hit.span[1] <= mention.start]
    if not before and _NOT_THAT.search(line.before(mention.start, 20)):
        return hits[:1]
    return [hit for hit in before if hit.target.finding != FLUID] or before


def _spared(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read "the infection does not involve L2": what has not reached a level is not there."""
    for mention in line.places.mentions:
        before = [hit for hit in hits if hit.span[1] <= mention.start]
        target = before[-1].target if before else line.report.last
        if target is None or target.finding not in _SPREADS or not _is_spared(line, mention):
            continue
        beside = mention.joined or mention.disc
        for level in _own(line, mention) if beside else mention.levels:
            yield line.made(target.finding, Place(level), Meaning.ABSENT)


def _is_spared(line: Line, mention: Mention) -> bool:
    """Tell whether words before a level say that something has not reached it."""
    return _WHOLE_LEVEL.match(line.text, mention.end, line.end) is not None and any(
        _NOT_REACHED.fullmatch(line.text, one.end(), mention.start)
        and not line.text.endswith((" not ", " never "), 0, one.start())
        for one in line.spots.each("not_reached", line.start, mention.start)
    )


def _or_not(line: Line, mention: Mention, target: Target, before: list[Hit]) -> Meaning:
    """Tell what "but not at L1" means: behind what has resolved it is there still."""
    since = before[-1].span[0] if before else line.start
    over = _OVER.search(line.text, since, mention.start)
    if before and over:
        return Meaning.SUSPECTED if over[1] else Meaning.PRESENT
    if before and _is_not(line, mention) and _is_well(line, before[-1]):
        return Meaning.PRESENT
    if before and _LACKED.search(line.text, before[-1].span[1], mention.start):
        return Meaning.PRESENT
    gone = any(one[0] == target.finding and one[1] is Meaning.ABSENT for one in line.places.told)
    if not before and gone and _HAS_NOT.match(line.text, mention.end):
        return Meaning.PRESENT
    return Meaning.ABSENT


def _is_not(line: Line, mention: Mention) -> bool:
    """Tell whether the answer is "not" or "no", and not that there is nothing ("nil")."""
    if _NOT_AT.search(line.before(mention.start, 20)):
        return True
    return _NOT_SO.match(line.text, mention.end) is not None


def _is_well(line: Line, hit: Hit) -> bool:
    """Tell whether what is told is that all is well: "intact at T8 but not at T9"."""
    if hit.denied:
        return not _DENIES.search(line.text, *hit.span)
    return _FREE_OF.search(line.before(hit.span[0], 40)) is not None


def _length(line: Line, mention: Mention, since: int) -> Amount | None:
    """Give the millimetres beside a level, in a list of answers ("none at T9, 3 mm at L1")."""
    first, last = max(since, mention.start - _BESIDE), min(line.end, mention.end + _BESIDE)
    if line.text.find("mm", first, last) < 0:
        return None
    for one in lengths(line.text, first, last):
        behind = _FIGURE.fullmatch(line.text, mention.end, max(mention.end, one.start))
        behind = behind if _ALONE.match(line.text, one.end, line.end) else None
        if (one.start >= mention.end and behind) or _AT.fullmatch(
            line.text, one.end, mention.start
        ):
            rest = since, min(one.start, mention.start)
            return one if one.high and _LISTED.fullmatch(line.text, *rest) else None
    return None


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


def _answer(line: Line, mention: Mention, target: Target, hits: list[Hit]) -> Meaning | None:
    """Read the answer beside a level, if one stands there with nothing else."""
    values = line.lists.values
    before, after = line.before(mention.start, 40), line.after(mention.end, 40)
    said = _of_another(line, mention, target, before) or _graded(before, after)
    if said is not None:
        return said
    if hits and _IS.match(after) and _is_denied(line, mention, hits[-1]):
        return Meaning.PRESENT
    if values["lacks_before"].search(before) and values["lacks_after"].match(after):
        return Meaning.ABSENT
    if values["answer_ends"].match(after):
        for name, meaning in _BEFORE.items():
            if values[name].search(before):
                return _or_not(line, mention, target, hits) if meaning is _NONE else meaning
    answer = values["answer_after"].match(after)
    said = _AFTER[answer.lastgroup or ""] if answer else None
    return _or_not(line, mention, target, hits) if said is _NONE else said


def _is_denied(line: Line, mention: Mention, hit: Hit) -> bool:
    """Tell whether what is said of a level turns a denial: "L1 is not fractured, L2 is."."""
    since = line.text[hit.span[1] : mention.start]
    before = line.before(hit.span[0], 24, hit.clause[0])
    words = line.text[slice(*hit.span)] if hit.denied else before
    return bool(_APART.fullmatch(since) and _DENIES.search(words))


def _graded(before: str, after: str) -> Meaning | None:
    """Read "present at T4, possible at T6 and excluded at T9": each level has its own word."""
    if not _STOPS.match(after):
        return None
    word = _GRADED.search(before)
    return next((said for said in _GRADES if word and word[said]), None)


def _of_another(line: Line, mention: Mention, target: Target, before: str) -> Meaning | None:
    """Read "that of T12 is intact" and "but intact at T12" behind what another level shows."""
    values = line.lists.values
    if _THAT_OF.search(before):
        said = _of_that(line, mention, target)
        return _OPPOSITE.get(said, said) if said and _NOR_THAT.search(before) else said
    if target.finding in _SIGNALS and (
        _NOT_RAISED.match(line.text, mention.end, line.end) or _NOT_RAISED_AT.search(before)
    ):
        return Meaning.ABSENT
    if target.finding in {EDEMA, UPTAKE}:
        names = {"raised_before": Meaning.PRESENT, "suppressed_before": Meaning.ABSENT}
    elif target.finding == CORD:
        names = {"kept_before": Meaning.ABSENT, "squeezed_before": Meaning.PRESENT}
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
    if _DOUBTED.match(line.text, *after):
        return Meaning.SUSPECTED
    if target.finding not in {WALL, PEDICLE}:
        return None
    if values["topic_kept"].match(line.text, *after):
        return Meaning.ABSENT
    return Meaning.PRESENT if values["topic_broken"].match(line.text, *after) else None
