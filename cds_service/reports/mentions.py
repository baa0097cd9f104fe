"""The levels a sentence names, as one place after another: lists, ordinals, mere references."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.clinical.levels import LEVELS, between
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
    r"(?:around|about|surrounding|adjacent to|next to|along|beside) the (?:cement|cleft|fracture)|"
    r"[\-:]?\s?(?:old|acute|chronic|recent|subacute|healed|fresh|remote|new))\s*)?"
    r"(?:,\s*(?:and|or)?|and|or|nor|&|/|\+|>{1,2}|as well as|and also)\s*"
    r"(?:,?\s?(?:to a lesser (?:extent|degree)|less so|less markedly|possibly|probably|"
    r"faintly|mildly|slightly|additionally|again|finally|more mildly|(?:more |"
    r"less )?(?:mild(?:er|ly)?|moderate(?:ly)?|"
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
    r"(?<!apart )(?<!aside )(?<!away )(?<!backward )(?<!backwards )(?<!posteriorly "
    r")(?<!fractures )(?<!fracture )(?<!deformities )"
    r"(?<!levels )(?<!vertebrae )(?<!bodies )(?<!seen )(?<!found )(?<!present )(?<!evident )"
    r"(?<!identified )(?<!visible )(?<!noted )"
    r"(?<!backward )(?<!backwards )(?<!posteriorly )(?<!dorsally )(?<!retropulsion )"
    r"(?<!retropulsed )(?<!fragment )(?<!fragments )from|abnormality (?:extending|from)|"
    r"counting from|"
    r"in contradistinction to|"
    r"(?<!\d )(?:compared (?:with|to)|versus|vs\.?|against) (?:\w+ )?\d{1,3}(?:\.\d)?\s?"
    r"(?:mm|cm|%) (?:at|in|of)|"
    r"\((?:normal|cf\.?|compare\w*)(?: \w+)? (?:at|in|of)|isointense to|"
    r"similar "
    r"to|caudal to|cranial to|at the level of)\s+(?:the\s+)?$"
)
_FROM: Final = re.compile(r"(?<!\w)(?:extends?|extending|spreads?|bulges?|grows?) from (?:the )?$")
_INTO: Final = re.compile(r"(?: \w+){0,2} (?:in)?to(?!\w)(?! (?:the )?(?:th|[ctld])-?\d)")
"""A level from which something runs on into the canal is its own ("from L1 into the canal")."""
_WHICH: Final = re.compile(
    r", (?:which|where) (?:shows?|has|is|there|contains|harbors|appears)(?!\w)"
)
"""A level of which something is told is no mere measure: "worse than T10, which shows none"."""
_AT_LEVEL: Final = re.compile(r"(?<!\w)level of (?:the )?(?:\w+ )?$")
_DEFORMED: Final = re.compile(r" (?:\w+ )?(?:fracture|metasta|burst|lesion|tumor|retropuls)")
"""Where a cord ends at "the level of the L1 fracture", L1 is broken."""
_BROKEN: Final = re.compile(r"[^.;]{0,40}?(?:fracture|burst|collapse|vcf)")
"""Behind the level of a kyphosis that is one of a fracture: "kyphosis at the T12 fracture"."""
_EXTENT: Final = re.compile(
    r"(?<!\w)(?:tumor|tissue|mass|edema|compression|disease|metasta\w+|"
    r"myelopathy|deposits?|cement|augmented|vertebroplasty|kyphoplasty)"
    r"(?: (?:extends?|extending|spreads?|spreading|reaching|seen|present|is|all along)){0,2}"
    r" from (?:the )?$"
)
"""Behind these a range is where something is: "epidural tumor from T8 to T10"."""
_IMAGED: Final = re.compile(
    r"(?<!\w)(?:blocks?|slices?|images?|sections?|axials?|sagittals?|coverage|scan\w*|imag\w+|"
    r"acqui\w+|views?|sequences?|fus\w+|rods?|screws|instrument\w*|fixation) from (?:the )?$"
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
    rf"the (?<!\wthe )({'|'.join(_ORDINALS)}|former|latter|other|last|last-named|upper|lower|"
    r"middle|central)"
    r"(?:(?:(?<=former)|(?<=latter))(?! (?:half|parts?|portion|two|three|study|scan))(?!\w)|"
    r"(?<!other)(?<!last) (?:level|vertebra|one|fracture)"
    r"(?=\s*[,.;:]|\s(?:there|has|is|shows?|with)|$)|"
    r"(?=\s+(?:has|is|was|about|shows?|one|by|and|an?\s|with|being|demonstrates|appears|having|"
    r"which|remains|of which|only|alone|but|while|whereas|not|fractures|acute|old|chronic|normal|"
    r"intact|there|it|also|levels|of (?:the|these) two|of (?:these|them)|"
    r"older|recent|subacute|healed|fresh|new|does|breaches|extends|involves|"
    r"contains|lacks|harbors|carries|retains|measures|reaches|narrows|compresses|takes|occupies|"
    r"(?:level|vertebra|body|fracture)(?! (?:of|at|in) (?:the )?(?:th|[ctld])-?\d)(?!\w))|"
    r"\s*[,.:;]|$))"
)

_SOME: Final = re.compile(
    r"the (first|last|upper|lower|other|remaining|former|latter|outer) (two|three)"
    r"(?=\s+(?:has|have|is|are|was|were|do|did|shows?|with|being|demonstrate|appear|remain|levels|"
    r"fractures|bodies|vertebrae|lesions|deposits)(?!\w)|\s*[,.:;]|$)"
)

_OWN_VERB: Final = re.compile(r" (?:can't|cannot|can not|couldn't|could not) ")
"""Behind a level of which something else is told: "not at L1, L2 cannot be judged"."""
_PLACE: Final = r"(?:level|vertebra|vertebral body|body|segment|one)"
_NEAR_BY: Final = r"(?:immediately |just |directly |right )?"
_NEXT: Final = re.compile(
    rf"(?:the|one|a) (?:new(?:ly)? |fractured )?(?:{_PLACE} {_NEAR_BY}|{_PLACE} "
    r"(?P<far>two|three) (?:levels |vertebrae )?)(?P<way>above|below|beneath|underneath)(?!\w)|"
    r"(?<!\w)(?P<count>one|two|three) (?:levels?|vertebrae?|segments?) (?:further )?"
    r"(?P<turn>above|below|higher|lower)(?!\w)"
)
_RELATIVE: Final = re.compile(r"above|below|beneath|higher|lower|interven|between")
"""Without one of these no level is told by another one."""
_UP: Final = frozenset({"above", "higher"})
_BETWEEN: Final = re.compile(
    r"the (?:intervening (?:level|vertebra|vertebral body|body|segment)|"
    r"(?:level|vertebra|body|segment|one) (?:in )?between(?: them)?)(?!\w)"
)
"""The one vertebra that lies between the two named before."""
_OF_IT: Final = re.compile(r" (?:the )?(?:\w+ )?")
_FAR_BY: Final = {"one": 1, "two": 2, "three": 3}
_COUNTS: Final = {"two": 2, "three": 3, "four": 4, "five": 5}
_OTHERS: Final = re.compile(
    r"the (?:others(?! (?:levels|vertebrae))|(?:other|remaining) (?:fractures|deformities|"
    rf"({'|'.join(_COUNTS)})(?: (?:fractures|deformities|vertebrae|levels|of (?:these|them)))?))"
    r"(?!\w)"
)
"""What is left of a list of which one was told: "T11, L1 and L4 ... the other two are old"."""


_NUMBER: Final = re.compile(r"\d{1,2}")
_NUMBERS: Final = re.compile(
    r"(?<![\w.%/-])(?:(?<=at )|(?<=these )|(?<=whom )|(?<=which )|(?<=[;,:] )|(?<=and )|(?<=but )|"
    r"(?<=[.\n] )|(?<=\n)|(?<=the )|\A)((?:1[0-2]|[1-9])(?:(?:, | and |, and | & )(?:1[0-2]|"
    r"[1-9]))*)"
    r"(?=\s?:(?!\d)|(?<=\d) fractures?(?!\w)|\s(?:is|are|has|have|shows?|does|do|chronic|acute|"
    r"old)(?!\w)|(?<=at \d)[.,;]|"
    r"(?<=at \d\d)[.,;])"
)
"""Numbers that stand where a level may: behind "at", or before what is said of it."""


def mentions(
    text: str,
    sentence: Sentence,
    before: Sequence[str],
    ever: Sequence[str],
    listed: Sequence[str] = (),
) -> list[Mention]:
    """Find the levels of a sentence; `before` and `ever` are those that "the latter" may mean.

    `listed` are those of the last sentence that named several.
    """
    named = levels_in(text, sentence.start, sentence.end)
    named += _bare(text, sentence, named, ever)
    if named[1:] and text.find("(", named[0].end, named[-1].start) >= 0:
        named = _once(text, named)
    found = [one for one in named if not _is_reference(text, sentence.start, one)]
    found += _anaphors(text, sentence, named, before if len(before) > 1 else ever[-_PAIR:], ever)
    if len(listed) > _PAIR and not found and (hit := _OTHERS.search(text, *_span(sentence))):
        left = tuple(level for level in listed if level not in before)
        if len(left) == _COUNTS.get(hit[1], len(left)) and len(left) < len(listed):
            found.append(Mention(hit.start(), hit.end(), left))
    if _RELATIVE.search(text, sentence.start, sentence.end) and (
        beside := list(_next_ones(text, sentence, named, before))
    ):
        only_where = [where for one, where in beside if where and _names(text, one, where)]
        found = [one for one in found if one not in only_where]
        found += [one for one, _ in beside]
    found.sort(key=lambda one: one.start)
    return found


def _once(text: str, named: list[Mention]) -> list[Mention]:
    """Leave out a second name in brackets ("BWK 12 (T12)")."""
    return [
        one
        for last, one in zip([None, *named], named, strict=False)
        if last is None
        or last.levels != one.levels
        or text[last.end : one.start].strip() not in {"(", "(="}
    ]


def _next_ones(
    text: str, sentence: Sentence, named: list[Mention], before: Sequence[str]
) -> Iterator[tuple[Mention, Mention | None]]:
    """Read "the level above" and "two levels below" (of one named before it, or right behind it).

    With it goes the mention behind, which only tells where it is.
    """
    for hit in _NEXT.finditer(text, *_span(sentence)):
        known = [m.levels for m in named if m.end <= hit.start() and not m.disc] or [tuple(before)]
        behind = next((m for m in named if _OF_IT.fullmatch(text, hit.end(), m.start)), None)
        of = behind.levels if behind else known[-1]
        place = LEVELS.index(of[-1]) if len(of) == 1 or not behind else -1
        far = _FAR_BY[hit["far"] or hit["count"] or "one"]
        place += -far if (hit["way"] or hit["turn"]) in _UP else far
        alone = len(of) == 1 or (behind is None and len(known) > 1)
        if alone and 0 < place < len(LEVELS):
            yield Mention(hit.start(), hit.end(), (LEVELS[place],)), behind
    for hit in _BETWEEN.finditer(text, *_span(sentence)):
        two = sorted(before, key=LEVELS.index)[:: len(before) - 1] if len(before) > 1 else []
        inner = sorted(between(*two) - set(two)) if len(two) == _PAIR else []
        if len(before) == _PAIR and len(inner) == 1:
            yield Mention(hit.start(), hit.end(), (inner[0],)), None


def _names(text: str, one: Mention, where: Mention) -> bool:
    """Tell whether a level behind "the vertebra above" only tells which one is meant."""
    return text[one.end : where.start].strip() in {"", "the"}


def _span(sentence: Sentence) -> tuple[int, int]:
    """Give where a sentence stands."""
    return sentence.start, sentence.end


def _bare(
    text: str, sentence: Sentence, named: list[Mention], ever: Sequence[str]
) -> list[Mention]:
    """Read numbers alone as levels named before: "7 and 8 are chronic", "12: a third is lost"."""
    made = []
    for hit in _NUMBERS.finditer(text, sentence.start, sentence.end) if len(ever) > 1 else ():
        levels = [[lv for lv in ever if lv[1:] == one] for one in _NUMBER.findall(hit[1])]
        free = not any(one.start < hit.end() and hit.start() < one.end for one in named)
        if free and all(len(one) == 1 for one in levels):
            made.append(Mention(hit.start(1), hit.end(1), tuple(one[0] for one in levels)))
    return made


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
    if word == "outer":
        return (pool[0], pool[-1]) if count == _PAIR and len(pool) > _PAIR else ()
    if word in {"upper", "lower"}:
        pool.sort(key=LEVELS.index)
    return tuple(pool[:count] if word in {"first", "upper", "former"} else pool[-count:])


def _meant_by(word: str, levels: list[str]) -> str:
    """Choose the level that an anaphor means."""
    levels = list(dict.fromkeys(levels))
    if word in {"former", "latter", "other", "middle", "central"}:
        fits = len(levels) == (_PAIR + 1 if word in {"middle", "central"} else _PAIR)
        return (levels[0] if word == "former" else levels[1]) if fits else ""
    if word in {"last", "last-named"}:
        return levels[-1] if levels else ""
    if word in {"upper", "lower"}:
        two = sorted(levels, key=LEVELS.index) if len(levels) == _PAIR else ["", ""]
        return two[0] if word == "upper" else two[1]
    if _ORDINALS[word] > _LUMBAR:
        return f"T{_ORDINALS[word]}"
    if len(levels) >= _PAIR and _ORDINALS[word] <= len(levels):
        return levels[_ORDINALS[word] - 1]
    fitting = [level for level in levels if int(level[1:]) == _ORDINALS[word]]
    return fitting[0] if len(fitting) == 1 else ""


def _is_extent(text: str, mention: Mention, before: str) -> bool:
    """Tell whether levels behind "from" or "level of" are those where something is."""
    return bool(
        (_FROM.search(before) and _INTO.match(text, mention.end))
        or (_AT_LEVEL.search(before) and _DEFORMED.match(text, mention.end))
        or (len(mention.levels) > 1 and _EXTENT.search(before))
    )


def _is_reference(text: str, start: int, mention: Mention) -> bool:
    """Tell whether a level is only a measure for another one, or where the cord ends.

    "From C1 to the sacrum" is the whole spine.
    """
    if mention.levels[0] in _TOP and _TO_THE_END.match(text, mention.end):
        return True
    before = text[max(start, mention.start - 40) : mention.start]
    if _is_extent(text, mention, before) or _WHICH.match(text, mention.end):
        return False
    found = _REFERRED.search(before) or _TERMINUS.search(before)
    if found and found[0].startswith("kypho") and _BROKEN.match(text, mention.end):
        return False
    if found and found[0].startswith("from ") and len(mention.levels) > 1:
        return bool(_IMAGED.search(before))  # "from T6 to T9" is a range
    if found and before.endswith(("lies at ", "lies in ")):  # "a second fracture lies at L2"
        return _OF_CORD.search(text, start, mention.start) is not None
    return found is not None


def run(text: str, mentions: list[Mention], *, backwards: bool = False) -> list[Mention]:
    """Take a list of levels that one statement names one after another."""
    run = mentions[:1]
    for one in mentions[1:]:
        first, second = (one, run[-1]) if backwards else (run[-1], one)
        if not _JOINER.fullmatch(text[first.end : second.start]) or (
            not backwards and _OWN_VERB.match(text, one.end)
        ):
            break
        run.append(one)
    return run
