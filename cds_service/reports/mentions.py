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
    r"versus|vs\.?|rather than|in contrast (?:to|with)|as opposed to|in comparison (?:to|with)|"
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
    r"(?<!levels )(?<!vertebrae )(?<!bodies )(?<!seen )(?<!found )(?<!present )(?<!evident )"
    r"(?<!identified )(?<!visible )(?<!noted )from|abnormality (?:extending|from)|counting from|"
    r"(?<!\d )(?:compared (?:with|to)|versus|vs\.?|against) (?:\w+ )?\d{1,3}(?:\.\d)?\s?"
    r"(?:mm|cm|%) (?:at|in|of)|"
    r"\((?:normal|cf\.?|compare\w*)(?: \w+)? (?:at|in|of)|isointense to|"
    r"similar "
    r"to|caudal to|cranial to|at the level of)\s+(?:the\s+)?$"
)
_OF_CORD: Final = re.compile(
    r"(?<!\w)(?:conus|cord|cone|tip|medull\w+|catheter|lead|filum|needle)(?!\w)"
)
_TOP: Final = frozenset({"C1", "C2", "C3", "T1"})
_TO_THE_END: Final = re.compile(
    r"\s?(?:down )?(?:to|through|until|-)\s?(?:the )?(?:sacrum|sacral|conus|coccyx|cauda|filum|"
    r"s\s?[1-5](?!\d))"
)
_TERMINUS: Final = re.compile(r"(?<!\w)(?:terminat\w+|ends?|tip|lies)\s(?:\w+\s){0,3}$")
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
}  # fmt: skip
_ORDINAL: Final = re.compile(
    rf"the (?<!\wthe )({'|'.join(_ORDINALS)}|former|latter|other|last|last-named|upper|lower)"
    r"(?=\s+(?:has|is|was|about|shows?|one|by|and|an?\s|with|being|demonstrates|appears|having|"
    r"which|remains|of which|only|alone|but|while|whereas|not|fracture\w*|acute|old|chronic|normal|"
    r"intact|there|it|also|levels?|vertebra|body)|\s*[,.:;]|$)"
)

_SOME: Final = re.compile(
    r"the (first|last|upper|lower|other|remaining|former|latter) (two|three)"
    r"(?=\s+(?:has|have|is|are|was|were|do|did|shows?|with|being|demonstrate|appear|remain|levels|"
    r"fractures|bodies|vertebrae|lesions|deposits)(?!\w)|\s*[,.:;]|$)"
)
_COUNTS: Final = {"two": 2, "three": 3}


def mentions(
    text: str, sentence: Sentence, before: Sequence[str], ever: Sequence[str]
) -> list[Mention]:
    """Find the levels of a sentence; `before` and `ever` are those that "the latter" may mean."""
    named = levels_in(text, sentence.start, sentence.end)
    return sorted(
        [one for one in named if not _is_reference(text, sentence.start, one)]
        + _anaphors(text, sentence, named, before if len(before) > 1 else ever[-_PAIR:], ever),
        key=lambda one: one.start,
    )


def _anaphors(
    text: str,
    sentence: Sentence,
    named: list[Mention],
    earlier: Sequence[str],
    ever: Sequence[str],
) -> list[Mention]:
    """Read "the former", "the latter", "the first" as one of the levels named before."""
    made = []
    for hit in _ORDINAL.finditer(text, sentence.start, sentence.end):
        known = [lv for m in named if m.end <= hit.start() and not m.disc for lv in m.levels]
        level = _meant_by(hit[1], known) or _meant_by(hit[1], list(earlier))
        if level:
            made.append(Mention(hit.start(), hit.end(), (level,)))
    for hit in _SOME.finditer(text, sentence.start, sentence.end) if len(ever) > _PAIR else ():
        known = [lv for m in named if m.end <= hit.start() and not m.disc for lv in m.levels]
        levels = _some_of(hit[1], _COUNTS[hit[2]], known, earlier, ever)
        if levels:
            made.append(Mention(hit.start(), hit.end(), levels))
    return made


def _some_of(
    word: str, count: int, known: list[str], earlier: Sequence[str], ever: Sequence[str]
) -> tuple[str, ...]:
    """Choose the levels that "the first two" or "the other two" means; none where it is open."""
    if word in {"other", "remaining"}:
        said = known or list(earlier)
        rest = tuple(level for level in ever if level not in said)
        return rest if len(rest) == count else ()
    pool = list(dict.fromkeys(known if len(known) > count else earlier))
    if len(pool) <= count:
        pool = list(dict.fromkeys(ever))
    if word in {"upper", "lower"}:
        pool.sort(key=LEVELS.index)
    return tuple(pool[:count] if word in {"first", "upper", "former"} else pool[-count:])


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
    if not fitting and len(levels) == _PAIR and _ORDINALS[word] <= _PAIR:
        return levels[_ORDINALS[word] - 1]
    return fitting[0] if len(fitting) == 1 else ""


def _is_reference(text: str, start: int, mention: Mention) -> bool:
    """Tell whether a level is only a measure for another one, or where the cord ends.

    "From C1 to the sacrum" is the whole spine.
    """
    if mention.levels[0] in _TOP and _TO_THE_END.match(text, mention.end):
        return True
    before = text[max(start, mention.start - 40) : mention.start]
    found = _REFERRED.search(before) or _TERMINUS.search(before)
    if found and before.endswith(("lies at ", "lies in ")):  # "a second fracture lies at L2"
        return _OF_CORD.search(text, start, mention.start) is not None
    return found is not None


def run(text: str, mentions: list[Mention], *, backwards: bool = False) -> list[Mention]:
    """Take a list of levels that one statement names one after another."""
    run = mentions[:1]
    for one in mentions[1:]:
        first, second = (one, run[-1]) if backwards else (run[-1], one)
        if not _JOINER.fullmatch(text[first.end : second.start]):
            break
        run.append(one)
    return run
