"""Vertebral levels that a report names, with their places (codes.md 1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cds_service.clinical.levels import LEVELS, between

_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8, "9th": 9,
    "10th": 10, "11th": 11, "12th": 12,
}  # fmt: skip
_CARDINALS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
}  # fmt: skip
_REGION: Final = {
    "cervical": "C", "thoracic": "T", "dorsal": "T", "lumbar": "L",
    "hwk": "C", "bwk": "T", "lwk": "L",
}  # fmt: skip
_PAIR: Final = 2
_DIGIT: Final = re.compile(r"\d")
_WEIGHTINGS: Final = frozenset({"T1", "T2"})
_NUMBER: Final = r"(?:\s?-\s{0,8}|\s)?(?:1[0-2]|[1-9])(?!\d)"
_NAME: Final = rf"(?:th\.\s?(?:1[0-2]|[1-9])(?!\d)|(?:th|[ctdl]){_NUMBER})"
_FIRST: Final = rf"[ctdl](?<![a-z0-9].)(?:(?<=t)h\.?)?{_NUMBER}"
"""A name that no letter or digit stands before; its letter comes first, for that is found fast."""
_JOINT: Final = (
    r"(?:\s?,\s?(?:(?:and|or)\s(?:the\s)?)?|\s?(?:/|-|&|\+)\s?|"
    r"\s(?:to|through|thru|down to|up to|until|as well as|and|or|on|over|upon)\s(?:the\s)?|"
    rf"\s?(?={_NAME}))"
)
_GROUP: Final = re.compile(
    rf"({_FIRST})((?:{_JOINT}"
    rf"(?:{_NAME}|(?<=[\w][/\-])(?:1[0-2]|[1-9])(?!\d|\.\d|,\d|\s?(?:mm|cm|%|x|month|week|day|"
    rf"year|percent|per))|(?:1[0-2]|[1-9])(?!\d|\.\d|,\d\s?(?:mm|cm|%)|/[2-5]\s(?:lost|loss|of)\s?|"
    rf"\s?(?:mm|cm|%|x|-\s?\d|to \d|at [a-z]{{1,2}}\d|level|"
    rf"month|week|day|year|percent|per|small|other|acute|mild|old|fracture)))"
    rf")*)(?![a-z0-9%]|\.\d)"
)
_SPOKEN: Final = re.compile(
    rf"(?<!\w)({'|'.join(_ORDINALS)})\s+(cervical|thoracic|dorsal|lumbar)(?!\w)"
    rf"|(?<!\w)(cervical|thoracic|dorsal|lumbar|[hbl]wk)[\s\-]{{1,3}}(?:vertebra(?:l body)?\s)?"
    rf"(1[0-2]|[1-9]|(?:{'|'.join(_CARDINALS)})(?!\w))(?![\w%]|\.\d)"
)
_LETTERED: Final = re.compile(
    r"(?<!\w)(l|d|t|el|tea|tee)[\s\-]("
    rf"{'|'.join(_CARDINALS)})(?!\w)(?![\s\-](?:weighted|signal|hyper|hypo|bright|dark|sequence|"
    rf"image))"
)
_AT_LEVEL: Final = re.compile(
    r"(?<!\w)(?:at|behind|(?:body|level|fracture|vertebra) (?:at|of)) (?:the )?$"
)
"""Before "T two", where it is no weighting."""
_COUNT: Final = rf"(?:1[0-2]|[1-9]|(?:{'|'.join(_CARDINALS)})(?!\w))"
_SPOKEN_RUN: Final = re.compile(
    r"(?<!\w)(thoracic|dorsal|lumbar|[hbl]wk)"
    r"\s(?:(?:vertebra(?:e|l bodies)|bodies|levels|segments)\s|(?<=wk\s))"
    rf"({_COUNT})((?:(?:,|/|,?\sand|\s?-|\sto|\sthrough)\s?{_COUNT}){{1,11}})(?![\w%]|\.\d)"
)
_COUNTED: Final = re.compile(rf"(-|to|through)?\s?({_COUNT})")
_COMPARED: Final = re.compile(r"unlike|compar|contrast|relative|opposed|than")
_REFERENCE: Final = re.compile(
    r"(?<!\w)(?:unlike|compared (?:with|to)|in contrast (?:to|with)|relative to|as opposed to|"
    r"in comparison (?:to|with)|than)\s(?:the\s)?$"
)
_RANGE: Final = re.compile(r"\s?(?:-|to|through|thru|down to|up to)\s?(?:the\s)?")
_REGIONAL: Final = re.compile("|".join(_REGION))
_ORDINAL: Final = re.compile(rf"(?<!\w)(?:{'|'.join(_ORDINALS)})(?!\w)")
_SPOKEN_LIST: Final = re.compile(
    rf"(?<!\w)((?:{'|'.join(_ORDINALS)})(?:(?:\s?,\s?|\s?,?\sand\s|\s&\s)(?:the "
    rf")?(?:{'|'.join(_ORDINALS)})){{1,4}})\s+(cervical|thoracic|dorsal|lumbar)"
    rf"(?!\w)"
)
_PART: Final = re.compile(
    rf"(,|/|-|&|\+|(?:down |up )?to|until|through|thru|as well as|and|or|on|over|upon|"
    rf"^)?\s?(?:and\s|or\s)?(?:the\s)?({_NAME}|1[0-2]|[1-9])"
)
_WEIGHTED_AFTER: Final = re.compile(
    r"[\s,\-/]*(?:w\b|wi\b|weighted|(?:marrow\s)?signal|hyper\w*|hypo\w*|iso\w*|bright|dark|"
    r"fs\b|fat\b|stir|tirm|spair|tse|fse|"
    r"sequence\w*|image\w*|imaging|relax\w*|flair|map\w*|axial|sagittal|coronal|"
    r"and t[12]\b|t[12]\b|/\s?t2)"
)
_WEIGHTED_BEFORE: Final = re.compile(
    r"(?:\bon|sagittal|axial|coronal|sag|ax|fat[\s\-]sat\w*|fat[\s\-]suppressed|"
    r"tse|fse|suppressed|weighted|stir,?|high|low|increased|decreased|bright|"
    r"dark|contrast|gd|post\w*)[\s,]*(?:and\s|or\s)?$"
)
_PLANE: Final = re.compile(r"(?<!\w)(?:para)?(?:sagittal|axial|coronal)\s$")
"""Behind these a weighting is named, whatever follows: "sagittal T1: ..."."""
_LABELS: Final = re.compile(
    r"\s?[:=]\s(?!signal|low|high|hyper|hypo|iso|bright|dark|there|no signal)"
)
_BONE_AFTER: Final = re.compile(
    r"\s*(?:,?\s*(?:superior|inferior|anterior|posterior|upper|lower|central)"
    r")?\s*(?:\(?the vertebra|vertebra\w*|bod(?:y|ies)|level\w*|"
    r"(?:compression\s|burst\s|wedge\s|insufficiency\s)?fracture\w*|compression|height\b|"
    r"lesions?\s(?:is|are|has|was|extends?|with|and)\s|"
    r"(?:(?:sclerotic|lytic|blastic|osteolytic|osteoblastic|mixed|healed|old|chronic|acute|small|"
    r"known|large|new|pathologic\w*)[\s/]){0,3}(?:metasta|deposit|fracture|focus)|"
    r"(?:(?:sclerotic|lytic|blastic|osteolytic|osteoblastic|mixed|healed|old|chronic|acute|small|"
    r"pathologic\w*)[\s/]){1,3}lesion|"
    r"pedicle\w*|end\s?plate\w*|collapse|"
    r"(?:is|was|has|shows?|remains?|appears?)\s(?![\w\s]{0,25}(?:hyper|hypo|iso|bright|dark|"
    r"signal)))"
)
_OF_BONE: Final = re.compile(
    r"(?:(?:vertebra|body|level|fracture|compression|pedicle|endplate)\w*\s(?:at|of|in)?|"
    r"(?:wall|cortex|margin|height|loss|lesion|metasta\w*|collapse|deposit|cement|"
    r"osteomyelitis|"
    r"discitis|infection|destruction|erosion|involvement|tumor|vertebroplasty|kyphoplasty|"
    r"augmentation|edema|burst)\s(?:of|in)|"
    r"\bat)\s?(?:the\s)?$"
)
_DASH: Final = re.compile(r"[-/]")
_AND: Final = re.compile(r"and|,|&")
_NOT_DIGIT: Final = re.compile(r"\D")
_LIST: Final = re.compile(r"\s?,\s?(?:and\s|or\s)?|\s?&\s?|\s(?:and|or)\s")
_DISC: Final = re.compile(
    r"^\s*(?:level\s)?(?:inter(?:vertebral|space)|disc\w*|facet\w*|foram\w*|"
    r"neural|interspace|segment|disco|end\s?plates)"
)
_DISC_BEFORE: Final = re.compile(
    r"(?:disc(?:s| space)?|interspace|facets?|facet joints?):?\s(?:at\s|of\s)?(?:the\s)?$"
)
_UPON: Final = re.compile(r"\s(?:on|over|upon)\s")
_ROOT: Final = re.compile(
    r"\s(?:exiting |traversing |spinal )?"
    r"(?:nerves?|(?:nerve )?roots?|radicul\w+|dermatom\w+|myotom\w+)(?!\w)"
)
"""A root has a number too, and is no vertebra."""
_SACRAL: Final = re.compile(r"\s?[-/]\s?s\s?1(?!\d)")
_TWO_BODIES: Final = re.compile(
    r"\s*:?\s*(?:two|both)? ?(?:\w+ )?(?:vertebral bodies|bodies|vertebrae|"
    r"(?:compression |wedge |crush )?fractures)"
)
_BODIES_AFTER: Final = re.compile(
    r"^\s*(?:vertebral\s)?(?:bod(?:y|ies)|vertebrae|compression|fractures|collapse|wedge)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Levels named in one place.

    `disc` tells that the words speak of the space between two, `joined` that they may ("L4-5").
    """

    start: int
    end: int
    levels: tuple[str, ...]
    disc: bool = False
    joined: bool = False


def levels_in(text: str, start: int, end: int) -> list[Mention]:
    """Find the levels that a stretch of folded text names, from left to right."""
    found = [*_named(text, start, end), *_ranges(text, list(_spoken(text, start, end)))]
    return sorted(found, key=lambda mention: mention.start)


def _ranges(text: str, spoken: list[Mention]) -> Iterator[Mention]:
    """Join two levels that words make a range ("lumbar two through lumbar four")."""
    spoken.sort(key=lambda mention: mention.start)
    while spoken:
        one = spoken.pop(0)
        if spoken and _RANGE.fullmatch(text, one.end, spoken[0].start):
            last = spoken.pop(0)
            ends = sorted((one.levels[0], last.levels[-1]), key=LEVELS.index)
            yield Mention(one.start, last.end, _all_between(ends[0], ends[1]))
        else:
            yield one


def _all_between(first: str, last: str) -> tuple[str, ...]:
    """Name the levels from one to another, in order."""
    return (first, *sorted(between(first, last), key=LEVELS.index), last)


def _groups(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Find lists and ranges of levels; behind "unlike" the first stands for itself."""
    if not _COMPARED.search(text, start, end):
        yield from _GROUP.finditer(text, start, end)
        return
    while hit := _GROUP.search(text, start, end):
        comma = text.find(",", hit.start(), hit.end())
        if comma > 0 and _REFERENCE.search(text, max(0, hit.start() - 24), hit.start()):
            hit = _GROUP.search(text, hit.start(), comma) or hit
        yield hit
        start = hit.end()


def _named(text: str, start: int, end: int) -> Iterator[Mention]:
    """Find levels by letter and number, alone or in a list or range."""
    if not _DIGIT.search(text, start, end):
        return
    for hit in _groups(text, start, end):
        if hit[2] and _is_on_a_weighting(text, hit):
            yield from _named(text, hit.end(1), end)
            return
        levels = _levels_of(hit[0]) if hit[2] else _level_of(hit[1])
        if not levels or _is_weighting(text, hit, levels):
            continue
        if hit[2] and _UPON.search(hit[2]) and not _are_neighbours(levels):  # "a cleft in L1 on T2"
            yield Mention(hit.start(1), hit.end(1), _level_of(hit[1]))
            continue
        if _ROOT.match(text, hit.end()):
            continue
        if _SACRAL.match(text, hit.end()):
            yield Mention(hit.start(), hit.end() + 3, levels, disc=True)
            continue
        after = text[hit.end() : hit.end() + 40]
        joined = _is_joined(hit[0], levels) and not _BODIES_AFTER.match(after)
        disc = len(levels) == _PAIR and _is_disc(text, hit, levels, after)
        yield Mention(hit.start(), hit.end(), levels, disc, joined)


def _is_on_a_weighting(text: str, hit: re.Match[str]) -> bool:
    """Tell whether a list begins with a weighting: "dry on T2 and the L5 body"."""
    first = _level_of(hit[1])
    return _WEIGHTINGS.issuperset(first) and text.endswith("on ", 0, hit.start())


def _are_neighbours(levels: tuple[str, ...]) -> bool:
    """Tell whether levels lie beside each other."""
    places = sorted(LEVELS.index(level) for level in levels)
    return places[-1] - places[0] == len(places) - 1


def _spoken(text: str, start: int, end: int) -> Iterator[Mention]:
    """Find levels by their ordinal ("the first lumbar vertebra")."""
    for hit in _LETTERED.finditer(text, start, end):
        name = f"{'L' if hit[1] in {'l', 'el'} else 'T'}{_CARDINALS[hit[2]]}"
        before = max(0, hit.start() - 20), hit.start()
        plain = name not in _WEIGHTINGS or _AT_LEVEL.search(text, *before)
        if name in LEVELS and plain:
            yield Mention(hit.start(), hit.end(), (name,))
    if not _REGIONAL.search(text, start, end):
        return
    listed = list(_SPOKEN_LIST.finditer(text, start, end))
    for hit in listed:
        levels = [f"{_REGION[hit[2]]}{_ORDINALS[one]}" for one in _ORDINAL.findall(hit[1])]
        yield Mention(hit.start(), hit.end(2), tuple(one for one in levels if one in LEVELS))
    runs = list(_SPOKEN_RUN.finditer(text, start, end))
    for hit in runs:
        levels = []
        for joint, count in _COUNTED.findall(f"{hit[2]}{hit[3]}"):
            level = f"{_REGION[hit[1]]}{_CARDINALS.get(count) or int(count)}"
            if level not in LEVELS:
                break
            levels += _all_between(levels[-1], level)[1:] if joint and levels else [level]
        yield Mention(hit.start(), hit.end(), tuple(dict.fromkeys(levels)))
    for hit in _SPOKEN.finditer(text, start, end):
        number = _ORDINALS[hit[1]] if hit[1] else _CARDINALS.get(hit[4]) or int(hit[4])
        name = f"{_REGION[hit[2] or hit[3]]}{number}"
        if name in LEVELS and not any(
            one.start() <= hit.start() < one.end() for one in (*listed, *runs)
        ):
            yield Mention(hit.start(), hit.end(), (name,))


def _is_weighting(text: str, hit: re.Match[str], levels: tuple[str, ...]) -> bool:
    """Tell whether T1 or T2 is an MRI weighting here."""
    if not _WEIGHTINGS.issuperset(levels):
        return False
    before = text[max(0, hit.start() - 20) : hit.start()]
    if _PLANE.search(before):
        return True
    if _BONE_AFTER.match(text, hit.end()) or _LABELS.match(text, hit.end()):
        return False
    if _WEIGHTED_AFTER.match(text, hit.end()) or _WEIGHTED_BEFORE.search(before):
        return True
    return not _OF_BONE.search(before)


def _is_joined(words: str, levels: tuple[str, ...]) -> bool:
    """Tell whether two neighbours are joined by a dash or a stroke, or a list names only such."""
    parts = _LIST.split(words)
    if len(parts) > 1:
        return all(_is_joined(part, _levels_of(part)) for part in parts)
    beside = len(levels) == _PAIR and LEVELS.index(levels[1]) - LEVELS.index(levels[0]) == 1
    return beside and bool(_DASH.search(words, 1)) and not _AND.search(words)


def _is_disc(text: str, hit: re.Match[str], names: tuple[str, ...], after: str) -> bool:
    """Tell whether two levels mean the disc between them."""
    if _UPON.search(hit[0]):
        return True
    if not _DASH.search(hit[0], 1) or _AND.search(hit[0]):
        return bool(_DISC.match(after)) and "plate" not in after[:12]
    if _BODIES_AFTER.match(after):
        return False
    before = text[max(0, hit.start() - 24) : hit.start()]
    apart = names[0][0] != names[1][0]
    bodies = _TWO_BODIES.match(after)
    return bool(_DISC.match(after) or _DISC_BEFORE.search(before)) or (apart and not bodies)


def _level_of(word: str) -> tuple[str, ...]:
    """Name one level, if there is such a one."""
    number = int(_NOT_DIGIT.sub("", word))
    level = f"{word[0].upper().replace('D', 'T')}{number}"
    return (level,) if level in LEVELS else ()


def _levels_of(words: str) -> tuple[str, ...]:
    """Name the levels of a list or a range."""
    found: list[str] = []
    letter, joint = "", ""
    for part in _PART.finditer(words):
        name = part[2].replace(" ", "").replace("-", "").replace(".", "")
        joint = (part[1] or "").strip()
        number = _NOT_DIGIT.sub("", name)
        if name[0].isalpha():
            letter = name[0].upper().replace("D", "T")
        level = f"{letter}{int(number)}"
        if level not in LEVELS:
            return tuple(dict.fromkeys(found))
        if joint in {"-", "to", "down to", "up to", "until", "through", "thru"} and found:
            first, last = sorted((found[-1], level), key=LEVELS.index)
            found += sorted(between(first, last), key=LEVELS.index)
        found.append(level)
    return tuple(dict.fromkeys(found))
