"""The levels a sentence names, as one place after another: lists, ordinals, mere references."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cds_service.clinical.levels import LEVELS
from cds_service.reports.layout import Sentence
from cds_service.reports.levels import Mention, levels_in

_PAIR: Final = 2
_LUMBAR: Final = 5
"""Only the thoracic spine has more vertebrae (of the cervical one nothing is asked)."""
_JOINER: Final = re.compile(
    r"\s*(?:(?:vertebra\w*|vertebral bod\w+|bod(?:y|ies)|levels?|fractures?|\([^()]{0,30}\)|"
    r",\s(?:the|a) (?:[\w\-]+ ){0,2}(?:level|vertebra|body|one)(?=,)|"
    r"(?:genant )?grade \d[ab]?|"
    r"[\-:]?\s?(?:(?:more than|less than|about|approximately|~|<|>)\s?)?\d{1,3}(?:\.\d)?\s?(?:mm|"
    r"%)|"
    r"[\-:]?\s?(?:old|acute|chronic|recent|subacute|healed|fresh|remote|new))\s*)?"
    r"(?:,\s*(?:and|or)?|and|or|nor|&|/|\+|as well as|and also)\s*"
    r"(?:,?\s?(?:to a lesser (?:extent|degree)|less so|less markedly|possibly|probably|"
    r"additionally|again|finally|more mildly|(?:more |less )?(?:mild(?:er|ly)?|moderate(?:ly)?|"
    r"marked|"
    r"faint|fainter|less|minor|slight|severe|minimal|intense|a (?:fainter|smaller|milder) one)"
    r"(?=\s(?:at|in|of)\s)),?\s)?"
    r"(?:(?:another|a second|a third|a further|one)\s(?:one\s)?(?=(?:at|in|of)\s))?"
    r"(?:(?:also|both|the|at|in|of|for|from|involving|probably|mild|moderate|severe|minor|marked|"
    r"acute|chronic|old|recent|subacute|healed|remote)\s+){0,3}"
    r"(?:(?:superior|inferior|upper|lower|cranial|caudal|anterior|posterior)\s(?:end\s?-?plates?|"
    r"third|half|corner|aspect|portion|margin)\s(?:of|at|in)\s(?:the\s)?)?"
)
_REFERRED: Final = re.compile(
    r"(?<!\w)(?:unlike|compared (?:with|to)|relative to|than|(?:than|to|from|like|unlike|with|as|"
    r"exceeds|half|thirds?|quarters?|%|times|over|below) (?:that|those) of|"
    r"(?:%|percent|half|thirds?|quarters?|fifths?) of (?:that|those) (?:at|of|in|seen at)|"
    r"versus|vs\.?|in contrast (?:to|with)|as opposed to|in comparison (?:to|with)|"
    r"conus(?: medullaris)?(?: tip| level)?\s?[:=]|"
    r"(?:(?:^|[.:;,] ?|normal )conus(?: medullaris)?|"
    r"conus(?: medullaris)?(?: (?:is|normal|normally|"
    r"unremarkable|located|situated|sited|positioned|seen|tip|and|of|in|signal|position)){1,4}) at|"
    r"terminat\w+ (?:at|around)|ends? at|tip at|lies at|level of|"
    r"(?:kyphos[ie]s|kyphotic|angle|cobb\w*|lordosis|scoliosis)(?: \w+){0,3} (?:between|from|at|"
    r"of)|"
    r"extending(?: from)?|(?:unlike|than|from|with|to) (?:the (?:one|ones|fracture|deformity)|"
    r"that|those) (?:at|of|in)|extends? from|prolongation from|signal from|change "
    r"from|"
    r"(?<!apart )(?<!aside )(?<!fractures )(?<!fracture )(?<!deformities )"
    r"(?<!levels )(?<!vertebrae )(?<!bodies )from|abnormality (?:extending|from)|counting from|"
    r"(?<!\d )(?:compared (?:with|to)|versus|vs\.?|against) (?:\w+ )?\d{1,3}(?:\.\d)?\s?"
    r"(?:mm|cm|%) (?:at|in|of)|"
    r"\((?:normal|cf\.?|compare\w*)(?: \w+)? (?:at|in|of)|isointense to|"
    r"similar "
    r"to|caudal to|cranial to|at the level of)\s+(?:the\s+)?$"
)
_IMAGED: Final = re.compile(
    r"(?<!\w)(?:blocks?|slices?|images?|sections?|axials?|sagittals?|coverage|scan\w*|imag\w+|acqui\w+|"
    r"views?|sequences?|fus\w+|rods?|screws|instrument\w*|fixation) from (?:the )?$"
)
_TERMINUS: Final = re.compile(r"(?<!\w)(?:terminat\w+|ends?|tip|lies)\s(?:\w+\s){0,3}$")
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
}  # fmt: skip
_ORDINAL: Final = re.compile(
    rf"the (?<!\wthe )({'|'.join(_ORDINALS)}|former|latter|other|last|last-named|upper|lower)"
    r"(?=\s+(?:has|is|was|about|shows?|one|by|and|an?\s|with|being|demonstrates|appears|having|"
    r"which|remains|of which|only|alone|but|while|whereas|of (?:the|these) two|of (?:these|them)|"
    r"old|older|acute|chronic|recent|subacute|healed|fresh|new|not|it|does|breaches|extends|involves|"
    r"contains|lacks|harbors|carries|retains|measures|reaches|narrows|compresses|takes|occupies|"
    r"(?:level|vertebra|body|fracture)(?! (?:of|at|in) (?:the )?(?:th|[ctld])-?\d)(?!\w))|"
    r"\s*[,.:;]|$)"
)

_COUNTS: Final = {"two": 2, "three": 3, "four": 4}
_OTHERS: Final = re.compile(
    r"(?<!\w)the (?:other|remaining) (two|three|four)(?! (?:discs|levels above|levels below))(?!\w)"
)


def mentions(
    text: str, sentence: Sentence, before: Sequence[str], ever: Sequence[str]
) -> list[Mention]:
    """Find the levels of a sentence; `before` and `ever` are those that "the latter" may mean."""
    named = levels_in(text, sentence.start, sentence.end)
    if len(named) > 1 and text.find("(", named[0].end, named[-1].start) >= 0:
        named = _once(text, named)
    return sorted(
        [one for one in named if not _is_reference(text, sentence.start, one)]
        + _anaphors(text, sentence, named, before, ever),
        key=lambda one: one.start,
    )


def _once(text: str, named: list[Mention]) -> list[Mention]:
    """Leave out a second name in brackets ("BWK 12 (T12)")."""
    return [
        one
        for last, one in zip([None, *named], named, strict=False)
        if last is None
        or last.levels != one.levels
        or text[last.end : one.start].strip() not in {"(", "(="}
    ]


def _anaphors(
    text: str,
    sentence: Sentence,
    named: list[Mention],
    before: Sequence[str],
    ever: Sequence[str],
) -> list[Mention]:
    """Read "the former", "the first", "the other two" as levels named before."""
    made = []
    earlier = before if len(before) > 1 else ever[-_PAIR:]
    for hit in _OTHERS.finditer(text, sentence.start, sentence.end):
        told = {lv for m in named if m.end <= hit.start() for lv in m.levels} or set(before)
        rest = tuple(level for level in ever if level not in told)
        if told and len(rest) == _COUNTS.get(hit[1], len(rest)) and rest:
            made.append(Mention(hit.start(), hit.end(), rest))
    for hit in _ORDINAL.finditer(text, sentence.start, sentence.end):
        known = [lv for m in named if m.end <= hit.start() and not m.disc for lv in m.levels]
        level = _meant_by(hit[1], known) or _meant_by(hit[1], list(earlier))
        if level:
            made.append(Mention(hit.start(), hit.end(), (level,)))
    return made


def _meant_by(word: str, levels: list[str]) -> str:
    """Choose the level that an anaphor means."""
    levels = list(dict.fromkeys(levels))
    if word in {"former", "latter", "other"}:
        pair = len(levels) == _PAIR
        return (levels[0] if word == "former" else levels[1]) if pair else ""
    if word in {"last", "last-named"}:
        return levels[-1] if levels else ""
    if word in {"upper", "lower"}:
        two = sorted(levels, key=LEVELS.index) if len(levels) == _PAIR else ["", ""]
        return two[0] if word == "upper" else two[1]
    if _ORDINALS[word] > _LUMBAR:
        return f"T{_ORDINALS[word]}"
    fitting = [level for level in levels if int(level[1:]) == _ORDINALS[word]]
    counted = len(levels) > _PAIR or (not fitting and len(levels) == _PAIR)
    if counted and _ORDINALS[word] <= _PAIR:
        return levels[_ORDINALS[word] - 1]
    return fitting[0] if len(fitting) == 1 else ""


def _is_reference(text: str, start: int, mention: Mention) -> bool:
    """Tell whether a level is only a measure for another one, or where the cord ends."""
    before = text[max(start, mention.start - 40) : mention.start]
    referred = _REFERRED.search(before)
    if referred and referred[0].startswith("from ") and len(mention.levels) > 1:
        return bool(_IMAGED.search(before))  # "from T6 to T9" is a range
    return bool(referred) or bool(_TERMINUS.search(before))


def run(text: str, mentions: list[Mention], *, backwards: bool = False) -> list[Mention]:
    """Take a list of levels that one statement names one after another."""
    run = mentions[:1]
    for one in mentions[1:]:
        first, second = (one, run[-1]) if backwards else (run[-1], one)
        if not _JOINER.fullmatch(text[first.end : second.start]):
            break
        run.append(one)
    return run
