"""What a finding is worth: a share of a hundred, millimetres, a grade, a fracture's age."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from cds_service.reports.amounts import Amount, lengths, percents
from cds_service.reports.levels import levels_in
from cds_service.reports.phrases import Target
from cds_service.reports.spots import Spots

Span = tuple[int, int]
Words = Mapping[str, re.Pattern[str]]

HEIGHT: Final = "height-loss"
BONE: Final = "retropulsion-canal-compromise"
TUMOR: Final = "epidural-tumor-canal-compromise"
SHARES: Final = (HEIGHT, BONE, TUMOR)
"""Findings whose value is a share of a hundred."""

_ARROW: Final = re.compile(r"[-=]>|→")
_RETROPULSED: Final = re.compile(
    r"\s?\)?\s?(?:(?:posterior|bony|osseous)\s)?"
    r"retropuls(?!\w*\s?[:=]?\s?\d{1,2}(?:\.\d)?\s?(?:mm|cm))"
)
_RETROPULSED_BY: Final = re.compile(
    r"retropuls\w*\s?(?:[:(,=]\s?|of\s|by\s|is\s|approx\w*\s|about\s|~\s?){0,3}$"
)
_VERSUS: Final = re.compile(r"(?<!\w)(?:versus|vs\.?|against) $")
_OWED: Final = re.compile(
    r"\s?(?:(?:is|are|was) )?(?:(?:due|owing|attributable|secondary|caused) )?(?:to|by|from) "
    r"(?:the )?((?:\w+ ){0,3}?(?:retropuls\w*|bone|bony|fragment\w*|osseous|epidural|tumor\w*|"
    r"soft[\s-]tissue|metasta\w*))(?!\w)"
)
"""Of what a share of the canal is taken: "20% is due to bone and 30% to tumor"."""
_OF_WHICH: Final = re.compile(r"[\s,;(]{1,3}of (?:which|that|this)(?!\w)[^.;]{0,60}\d\s?%")
_NOT_BY: Final = re.compile(r"(?<!\w)not (?:by |of |about |the ){0,2}$")
_BUT_BY: Final = re.compile(r"[^.;%]{0,60}(?<!\w)but (?:by |of |rather ){0,2}(?:about )?\d")
"""A share that is put right: "not by 20%, as first dictated, but by 35%"."""
_BESIDE_LEVEL: Final = re.compile(r" (?:at|in|for|of) (?:the )?(?:th|[tld])-?\d")
_CANAL_BY: Final = re.compile(
    r"(?:narrow|reduc|compromis|encroach|obliterat|occup|fill)\w* (?:of )?(?:the |upon the )?"
    r"(?:spinal |central )?canal (?:by|of) (?:about |around |approximately |some |up to )?$"
)
_FILLED: Final = re.compile(
    r"canal(?!\w).{0,60}(?<!\w)(?:takes? up|taking up|occup\w+|fill\w*)"
    r" (?:only |just |about |around |some |up to )?$"
)
_MOVED: Final = re.compile(r"(?:displac|retropuls|push|shift|protru)\w* (?:by |of |about )?$")
_LABELLED: Final = re.compile(r"(?<!\w)(?:th|[tld])-?\d{1,2}\s?[:\-]\s*[~<>]?\s?$")
_BEHIND_FRACTURE: Final = re.compile(
    r"(?<!\w)(?:fractures?|burst|wedge|crush|vcf|deformity|collapse) [~<>]?\s?$"
)
_OF_IT: Final = re.compile(r"\s*of it(?!\w)")
_TAKES: Final = re.compile(
    r"(?<!\w)(?:takes?|taking|occup\w+|fill\w*)(?: up)? (?:about |almost |nearly |around )?$"
)
_NEXT: Final = re.compile(r"\s*\)?\s*(?:[,;.]|$)")
_FRACTURE_BEFORE: Final = re.compile(
    r"(?<!\w)(?:fractures?|burst|wedge|crush|compression|vcf|deformity|collapse)"
    r"[^,;]{0,30}(?:,[^,;%\d]{0,25}){0,2},\s*[~<>-]?\s*$"
)
_AS_TUMOR: Final = re.compile(
    r"\s*of the (?:\w+ )?canal (?:as|by|with|due to) (?:an? |the )?(?:\w+ )?"
    r"(?:epidural|tumor|metasta\w*|soft|mass|neoplas\w*)"
)
_BUT: Final = re.compile(r"not [\w\-]+,? but (?:rather |only )?(\w+)")
"""A grade that is put right: "not severe but moderate"."""
_RELATIVE: Final = re.compile(
    r"\s*(?:points? )?(?:more|less|greater|smaller|higher|lower|worse|larger|further|deeper)"
    r"(?: (?!height|loss|of )[\w\-]+){0,2}? than(?!\w)"
    r"(?! (?:expected|normal|usual|anticipated|adjacent|neighbo\w+|posterior\w*|dorsal\w*|"
    r"(?:it|its|the|that|they|those) (?!last|previous|prior|earlier|old|fracture|one))(?!\w))"
    r"|\s*(?:as|so) (?:much|great|high|severe|deep|large|far)(?!\w)"
)
"""Behind an amount that is measured by another: "20% more than before", "half as much as L2"."""
_MEASURED: Final = re.compile(r"(?<!\w)(?:than|as|so|by|exceed\w*|height) ")
"""Without one of these no amount is measured by another."""
_BY_SO_MUCH: Final = re.compile(
    r"(?<!\w)(?:(?:increas|progress|worsen|advanc|ris|rose|gone up|grow|grew|decreas|deteriorat|"
    r"lower|higher|greater|deeper|more|less)\w*|up|down)(?: (?:height )?loss)?"
    r"(?: (?:at|in|of) (?:the )?[\w\-]{2,8})?(?: further)? "
    r"by (?:about |approximately |some |a further |another |an additional ){0,2}$"
    r"|(?<!\w)exceed\w*(?! by)[^.;]{1,50} by (?:about |some )?$"
)
"""Before an amount by which another one has changed, or by which it is more than another."""
_NOW_AT: Final = re.compile(
    r"(?: loss| of height| points?){0,2},? (?:(?:and|is) )?(?:(?:up|down) )?"
    r"(?:to|now|currently|today)(?: \w+){0,3} ~?\d"
)
"""Behind the change the figure of today: "increased by 20% to 50%", "up by 20%, now 50%"."""
_TO: Final = re.compile(r"(?:%|percent|per cent) to ")
"""Within a change and what it led to: "increased by 20% to 50%"."""
_ADDED: Final = re.compile(
    r"(?: \w+){0,4} by (?:about )?(?:a further |another |an additional |an extra |a )"
    r"(?:about )?(\d{1,2})\s?(?:%|percent|per cent)(?! to)"
)
"""Behind what there was before what came to it: "increased from 20% by a further 15%"."""
_OF_ANOTHER: Final = re.compile(
    r"\s*(?:of|relative to|compared (?:with|to)) (?:(?:the|that|the height) (?:(?:of|at|in) )?)?"
    r"(?:the )?"
    r"(?:th|[tld])-?\d{1,2}(?!\w|'s)"
)
_HEIGHT_IS: Final = re.compile(
    r"(?<!lost )(?<!loss )height(?: (?:at|of|in) (?:the )?[\w\-]{2,8})?"
    r"(?: is| are| was| measures| being|:|=| about| only| approximately| now| at){0,3}\s$"
)
"""One height as a share of another: "L1 height is 70% of L2"."""
_FRONT_HEIGHT: Final = re.compile(
    r"(?<!\w)(?:anterior|central|middle|mid|ventral)(?:-?(?:vertebral|body|wall))?"
    r"(?: (?:vertebral|body|wall)){0,2} height"
    r"(?: (?:at|of|in) (?:the )?[\w\-]{2,8})?"
    r"(?: is| measures|:|=| about| only| approximately){0,3} $"
)
_OF_BACK: Final = re.compile(
    r"\s*(?:of(?: that of)?|compared (?:with|to)) (?:the )?(?:height of the )?(?:posterior|dorsal)"
    r"(?: (?:vertebral|body|wall|cortical|margin)){0,2}(?: height| one)?(?=\s*(?:[.,;)]|$))"
)
"""The front of a body as a share of its back: "anterior height 60% of posterior"."""
_THAN: Final = (
    r"(?<!\w)(?:than|exceeds?|exceeding|compared (?:with|to)|versus|vs\.?|unlike|as)"
    r"(?: (?:that|those|the one|the loss|it is))?(?: (?:at|of|in))?(?: the)? "
    r"((?:th|[tld])-?\d{1,2})"
)
_THAN_IT: Final = re.compile(rf"{_THAN}\s?\(\s?(?:about |approximately |with |which is )?$")
"""Before an amount of a level that another is compared with: "2 mm less than at L1 (6 mm)"."""
_THAN_TWO: Final = re.compile(rf"{_THAN}\s?[,:(]\s?(?:(?:namely|with|i\.e\.) )?")
_AGAINST: Final = re.compile(
    r"\s?(?:loss )?(?:versus|vs\.?|against|compared (?:with|to))(?: about)?\s?"
)
"""Between the two figures of "more loss than L1, 50% versus 30%"."""
_PAIR: Final = 2
_LEAVES: Final = re.compile(
    r"(?<!\w)(?:leav(?:es|ing|e)|left with|all but|all except)"
    r"(?: (?:merely|only|just|about|some|barely|approximately|a mere|perhaps|an? estimated)){0,2} $"
)
_TAKEN_AWAY: Final = re.compile(
    r"\s*(?:[\w\-]+ ){0,3}?(?:loss|lost|reduc|collaps|compress|decreas|wedg|shorten|compromis|"
    r"narrow|stenos|encroach|occlu|obliterat|deficit|involve)"
)
"""Of what is left: "all but a quarter", "leaves merely 30% of the canal"; no "20% stenosis"."""
_NEAR: Final = 70
_LOOK: Final = 45
_AFTER_IS_NEARER: Final = 4


def shares(text: str, sentence: Span, words: Words) -> list[Amount]:
    """Find the shares of a hundred in a sentence that speak of today; of "from A to B" B alone."""
    return of_today(text, sentence, percents(text, *sentence), words)


def of_today(text: str, sentence: Span, amounts: list[Amount], words: Words) -> list[Amount]:
    """Choose the shares that speak of today; of "from A to B" B alone."""
    found: list[Amount] = []
    for one in amounts:
        before = text[max(sentence[0], one.start - _LOOK) : one.start]
        after = text[one.end : min(sentence[1], one.end + _LOOK)]
        if words["share_before_of_part"].search(before) or words["share_of_part"].match(after):
            continue
        if _OF_WHICH.match(text, one.end, sentence[1]):  # its parts are told
            continue
        if _is_relative(text, sentence, one):
            continue
        if _NOT_BY.search(before) and _BUT_BY.match(text, one.end, sentence[1]):
            continue
        beside = _BESIDE_LEVEL.match(after) and _VERSUS.search(before)
        past = words["share_of_the_past"].search(before) and not beside
        if past or words["share_was_past"].match(after):
            continue
        if words["share_then"].search(before) and words["share_now"].match(text, one.end):
            continue
        if any(o.start <= one.start < o.end for o in found):
            continue
        found.append(_changed(text, sentence, one, words))
    return found


def compared(text: str, start: int, amount: Amount) -> tuple[str, ...]:
    """Give the level that a comparison is with, of which an amount in brackets behind it is."""
    with_it = _THAN_IT.search(text, max(start, amount.start - _LOOK), amount.start)
    return levels_in(text, *with_it.span(1))[0].levels if with_it else ()


def two_compared(text: str, sentence: Span, amounts: list[Amount]) -> dict[Amount, str]:
    """Give two amounts with their levels that a comparison of two levels has in their order."""
    than = _THAN_TWO.search(text, *sentence)
    if than is None:
        return {}
    one, other = sorted(amounts, key=lambda amount: amount.start)
    first = levels_in(text, sentence[0], than.start())
    known = len(first) == 1 and len(first[0].levels) == 1
    follows = 0 <= than.end() - one.start < _PAIR
    if known and follows and _AGAINST.fullmatch(text, one.end, other.start):
        return {one: first[0].levels[0], other: levels_in(text, *than.span(1))[0].levels[0]}
    return {}


def _is_relative(text: str, sentence: Span, one: Amount) -> bool:
    """Tell whether an amount is measured by another one: more than before, a share of another's."""
    if not _MEASURED.search(text, *sentence):
        return False
    before = text[max(sentence[0], one.start - _NEAR) : one.start]
    if _RELATIVE.match(text, one.end, sentence[1]):
        return True
    if _OF_ANOTHER.match(text, one.end, sentence[1]) and _HEIGHT_IS.search(before):
        return True
    change = _BY_SO_MUCH.search(before)
    if change is None:
        return False
    return change[0].startswith("exceed") or bool(_NOW_AT.match(text, one.end, sentence[1]))


def past_height(text: str, sentence: Span, amounts: list[Amount], words: Words) -> Amount | None:
    """Find the share of the height that was lost at another time, for comparison."""
    for one in amounts:
        before = text[max(sentence[0], one.start - _LOOK) : one.start]
        after = text[one.end : min(sentence[1], one.end + _LOOK)]
        if _ARROW.search(text, one.start, one.end):
            first = float(re.findall(r"\d{1,3}", text[one.start : one.end])[0])
            return Amount(one.start, one.end, first, first)
        changed = words["change_before"].search(
            text[max(sentence[0], one.start - _NEAR) : one.start]
        )
        if one.low != one.high and changed:
            return Amount(one.start, one.end, one.low, one.low)
        if words["past_height"].search(before) or words["share_was_past"].match(after):
            return one
        if words["share_then"].search(before) and words["share_now"].match(text, one.end):
            return one
    return None


def _changed(text: str, sentence: Span, one: Amount, words: Words) -> Amount:
    """Take the second of two figures where one became the other."""
    before = text[max(sentence[0], one.start - _NEAR) : one.start]
    arrow = _ARROW.search(text, one.start, one.end)
    added = _ADDED.match(text, one.end, sentence[1])
    if added and one.low == one.high and before.endswith("from "):
        return replace(one, low=one.low + int(added[1]), high=one.high + int(added[1]))
    if one.low != one.high and (
        arrow
        or words["change_before"].search(before)
        or (_TO.search(text, one.start, one.end) and _BY_SO_MUCH.search(before))
    ):
        return Amount(one.start, one.end, _last(text, one), _last(text, one), one.group)
    return one


def _last(text: str, one: Amount) -> float:
    """Read the last figure of a range, as it was written."""
    figures = re.findall(r"\d{1,3}(?:[.,]\d{1,2})?", text[one.start : one.end])
    return float(figures[-1].replace(",", ".")) if figures else one.high


def kind_of(text: str, sentence: Span, clause: Span, amount: Amount, words: Words) -> str:
    """Tell what a share is a share of: the height of a vertebra, or the canal, and by what."""
    after = text[amount.end : min(sentence[1], amount.end + _NEAR)]
    of_it = _OF_IT.match(after)
    if of_it and (
        _TAKES.search(text, clause[0], amount.start)
        or _is_of_canal(text, sentence, (clause[0], amount.end), words)
    ):
        return _taken_by(text, sentence, amount, words)
    owed = _OWED.match(after) if words["canal_words"].search(text, *sentence) else None
    if owed:
        return BONE if words["bone_words"].search(owed[1]) else TUMOR
    if (
        words["share_of_canal"].match(after)
        or _FILLED.search(text, sentence[0], amount.start)
        or _CANAL_BY.search(text, clause[0], amount.start)
    ):
        return _taken_by(text, sentence, amount, words)
    before = text[max(sentence[0], amount.start - _LOOK) : amount.start]
    behind = _RETROPULSED_BY.search(before) and not words["lost_after"].match(after)
    if _RETROPULSED.match(after) or behind:
        return BONE
    labelled = _LABELLED.search(before) and _NEXT.match(text, amount.end)
    if labelled and words["canal_words"].search(text, clause[0], amount.start):
        labelled = None
    listed = _stands_alone(text, clause, amount) and _FRACTURE_BEFORE.search(
        text, clause[0], amount.start
    )
    if labelled or listed or _BEHIND_FRACTURE.search(before):
        return HEIGHT
    return _kind_by_words(text, sentence, clause, amount, words)


def _is_of_canal(text: str, sentence: Span, clause: Span, words: Words) -> bool:
    """Tell whether a share "of it" can be one of the canal: "the tumor takes half of it"."""
    if words["height_words"].search(text, *clause):
        return False
    return any(words[name].search(text, *sentence) for name in ("tumor_words", "bone_words"))


def _kind_by_words(text: str, sentence: Span, clause: Span, amount: Amount, words: Words) -> str:
    """Tell what a share is of by the nearest word."""
    clause = _segment(text, clause, amount, words)
    heights = _distances(text, clause, amount, words["height_words"])
    canals = _distances(text, clause, amount, words["canal_words"])
    if canals and (not heights or min(canals) < min(heights)):
        return _taken_by(text, sentence, amount, words)
    if not heights and text.find("epidural", clause[0], amount.start) >= 0:
        return TUMOR
    if heights or not words["other_shares"].search(text, *clause):
        return HEIGHT
    return ""


def _segment(text: str, clause: Span, amount: Amount, words: Words) -> Span:
    """Take the words between commas around a figure, where they tell what it is of."""
    start = max(clause[0], text.rfind(",", clause[0], amount.start) + 1)
    comma = text.find(",", amount.end, clause[1])
    part = start, comma if comma >= 0 else clause[1]
    told = words["height_words"].search(text, *part) or words["canal_words"].search(text, *part)
    return part if told else clause


def _stands_alone(text: str, clause: Span, amount: Amount) -> bool:
    """Tell whether a figure stands between commas with nothing else."""
    before = text[clause[0] : amount.start].rstrip(" ~<>-(")
    return before.endswith((",", ";")) and _NEXT.match(text, amount.end) is not None


def _taken_by(text: str, sentence: Span, amount: Amount, words: Words) -> str:
    """Tell what takes the canal: the nearest word for bone or tumor, those before first."""
    bone = _nearest_end(text, sentence[0], amount.start, words["bone_words"])
    tumor = _nearest_end(text, sentence[0], amount.start, words["tumor_words"])
    if _AS_TUMOR.match(text, amount.end):
        return TUMOR
    if bone < 0 and tumor < 0:
        found = words["tumor_words"].search(text, amount.end, sentence[1])
        other = words["bone_words"].search(text, amount.end, sentence[1])
        return TUMOR if found and not other else BONE
    return TUMOR if tumor > bone else BONE


def _nearest_end(text: str, start: int, end: int, pattern: re.Pattern[str]) -> int:
    """Give where the last match before a place ends, or -1."""
    return max((hit.end() for hit in pattern.finditer(text, start, end)), default=-1)


def _distances(text: str, clause: Span, amount: Amount, pattern: re.Pattern[str]) -> list[int]:
    """Measure how far words are from an amount; a word after it is nearer than one before."""
    start, end = max(clause[0], amount.start - _NEAR), min(clause[1], amount.end + _NEAR)
    return [
        hit.start() - amount.end
        if hit.start() >= amount.end
        else amount.start - hit.end() + _AFTER_IS_NEARER
        for hit in pattern.finditer(text, start, end)
    ]


def lost(text: str, sentence: Span, amount: Amount, words: Words) -> Amount:
    """Turn a share of what remains into one of what is lost."""
    after = text[amount.end : min(sentence[1], amount.end + _NEAR)]
    before = text[max(sentence[0], amount.start - _LOOK) : amount.start]
    if words["lost_after"].match(after):
        return amount
    if _FRONT_HEIGHT.search(before) and _OF_BACK.match(after):
        return amount.remaining()
    if _LEAVES.search(before) and not _TAKEN_AWAY.match(after):
        return amount.remaining()
    if words["remains_after"].match(after) or words["remains_before"].search(before):
        return amount.remaining()
    return amount


def length_near(text: str, clause: Span, hit: Span, words: Words) -> Amount | None:
    """Choose the millimetres that stand beside a displaced fragment."""
    near = [
        one
        for one in _of_now(text, clause, words)
        if not compared(text, clause[0], one)
        if -_NEAR < one.start - hit[1] < _NEAR or -_NEAR < hit[0] - one.end < _NEAR
        if not words["other_lengths"].match(text, one.end)
        or (
            _MOVED.search(text, max(clause[0], one.start - _LOOK), one.start)
            and not words["other_lengths_before"].search(
                text[max(clause[0], one.start - 24) : one.start]
            )
        )
    ]
    moved = [
        one for one in near if _MOVED.search(text, max(clause[0], one.start - _LOOK), one.start)
    ]
    near = moved or near
    return min(near, key=lambda one: max(one.start - hit[1], hit[0] - one.end), default=None)


def _of_now(text: str, clause: Span, words: Words) -> list[Amount]:
    """Find the lengths of a clause; of "increased from 2 to 5 mm" the second."""
    found = []
    for one in lengths(text, *clause):
        before = text[max(clause[0], one.start - _NEAR) : one.start]
        if _is_relative(text, clause, one):
            continue
        if one.low != one.high and words["change_before"].search(before):
            later = text.find(" ", one.start) + 1
            found.append(Amount(later, one.end, one.high, one.high))
        else:
            found.append(one)
    if len(found) < _PAIR:
        return found
    today = [one for one in found if not _was_then(text, clause, one, words)]
    return today or found


def _was_then(text: str, clause: Span, one: Amount, words: Words) -> bool:
    """Tell whether an amount is that of another time: "6 mm before and 4 mm after"."""
    before = text[max(clause[0], one.start - _LOOK) : one.start]
    after = text[one.end : min(clause[1], one.end + _LOOK)]
    return bool(words["share_of_the_past"].search(before) or words["share_was_past"].match(after))


def grade(spots: Spots, clause: Span, hit: Span, target: Target) -> str:
    """Choose the grade whose word is nearest to a hit; inside another longer one it is none."""
    start, end = max(clause[0], hit[0] - _NEAR), min(clause[1], hit[1] + _NEAR)
    found = [
        (_gap(one.span(), hit), -(one.end() - one.start()), name, one.span())
        for name, words in target.grades.items()
        for one in spots.each(words, start, end)
    ]
    kept = [one for one in found if not any(_inside(one[3], other[3]) for other in found)]
    nearest = min(kept, default=None)
    right = nearest and _BUT.match(spots.text, nearest[3][0] - 4)
    if right and right[1] in target.grades:
        return right[1]
    return nearest[2] if nearest else ""


def _gap(one: Span, hit: Span) -> int:
    """Measure how far a word is from a hit."""
    if hit[0] <= one[0] < hit[1]:
        return 0
    return hit[0] - one[1] if one[1] <= hit[0] else one[0] - hit[1] + 3


def _inside(one: Span, other: Span) -> bool:
    """Tell whether a place lies within another, longer one."""
    return other != one and other[0] <= one[0] and one[1] <= other[1]


def shared_out(amounts: Sequence[Amount], levels: Sequence[str], text: str, end: int) -> list[str]:
    """Give each figure of a list its level, in their order; none where the counts differ."""
    if levels and {one.slots for one in amounts} == {len(levels)}:
        return [levels[one.slot] for one in amounts]
    groups = {one.group for one in amounts}
    listed = groups != {0} and len(groups) == 1
    respective = "respective" in text[amounts[-1].end : end] if amounts else False
    if len(amounts) == len(levels) > 1 and (listed or respective):
        return list(levels)
    return []
