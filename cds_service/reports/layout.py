"""Sections, sentences and clauses of a report, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cds_service.reports.folded import Folded
from cds_service.reports.lines import of_level, of_study, tells
from cds_service.reports.run_on import begun


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of each section; `any` begins like one of them."""

    any: re.Pattern[str]
    of: Mapping[str, re.Pattern[str]]


ADDENDUM: Final = "addendum"
_HEADER: Final = re.compile(
    r"^[\s*#>_\-=\d.()\[]{0,12}"
    r"([a-z](?:[a-z\d ,/&'()\-#]|(?<=dr)\.|(?<=prof)\.){1,60}?)[*_\]]{0,3}\s{0,4}(?"
    r"::|[-=]{2,}|\*{2,}|$)\s{0,20}"
)
_INLINE: Final = re.compile(r"(?:[.!?)]\s{1,4}|\s{2,8}|^)([a-z][a-z /']{1,30}):\s")
ITEM: Final = re.compile(r"^\s*(?:[-*•·>]+|\(?\d{1,2}[.)]|\(?[a-h][.)])\s+")
_END: Final = re.compile(
    r"(?:[.!]|\?(?! (?:not (?:at|in|of|on) |there (?:is|are) (?:not|none)|i (?:do not|"
    r"don't) (?:think|believe) so|"
    r"(?:it|this) (?:is|does) not"
    r"|no: |(?:absolutely|certainly|definitely|clearly) not))(?! (?:no|none|nil|yes|y|n|neg|"
    r"negative|pos|positive|neither|"
    r"(?:it|this|that|there|they|these) (?:is|are|does|do|has|have|was|were)(?: not)?|"
    r"i (?:do|would) not think so)\s*(?:[.,;:\-]|"
    r"$))(?<! \?(?= [a-z#])))(?=[\s\"')\]]|$)|"
    r";(?! (?:but )?(?:it|this|they) (?:is|are|was|has|does|do) not[.,;])"
    r"(?! (?:and |but )?(?:here|now|today|at present|currently),? (?:there (?:is|"
    r"are) )?none(?!\w))(?! (?:and |but )?(?:none|neither|nothing|all|both)(?: of (?:them|these|"
    r"which))?"
    r"(?: (?:is|are|was|were))? (?:present|seen|found|absent|identified|negative|"
    r"excluded|not)(?!\w))"
)
_NUMBERED: Final = re.compile(r"(?<![^\s:;])\(?([1-9])\)\s(?=[a-z])")
_LABEL: Final = re.compile(r"^\s*(?:[a-z][\w /&\-]{0,45}:|(?:th|[ctdl])-?\d{1,2}\s*[-:])")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:approx|approximately|vertebral|posterior|anterior|significant|vs|v\.a|dr|mr|mrs|"
    r"ms|prof|"
    r"fig|e\.g|i\.e|ca|cf|resp|incl|seq|ser|im|img|"
    r"vol|max|min|ant|post|fat sat|sup|inf|bilat|lat|rt|lt|pt|yr|yrs|hx|dx|th|vert|comp|sag|ax|"
    r"cor|incl|exc|excl)|"
    r"(?<![\w.])[a-z])$"
)
_SCANNED: Final = re.compile(
    r"(?<!\w)(?:sequences?|sag(?:ittals?)?|axials?|ax|coronal|t[12]w?|stir|tirm|weighted|contrast|"
    r"gadolinium|acquired|obtained|performed|protocol|reformats?|slices?|images?|views?|dose|mdp|"
    r"tesla|coil|multiplanar|reconstructions?|helical|injected|minutes)(?!\w)"
)
SEEN: Final = re.compile(
    r"(?<!\w)(?:there (?:is|are)|there's|shows?|demonstrates?|reveals?|has|have|is seen|are seen|"
    r"remains?|no (?:evidence|signs?|fracture|\w+ edema)|normal|intact|fracture|compression)(?!\w)"
)
_FROM_IMAGES: Final = re.compile(
    r"\s*(?:there (?:is|are)|there's|no |normal |the (?:\w+ )?(?:[tld]\d|vertebra|marrow|cord|"
    r"conus|canal|"
    r"spinal|alignment|fracture|bod)|(?:at |in )?(?:th|[tld])-?\d|alignment|vertebral|marrow|"
    r"acute |"
    r"(?:mild|moderate|severe|old|chronic) |compared |comparison |findings|compression |burst |"
    r"wedge |crush |fracture|marrow |cord |conus |canal |retropuls|height |both |(?:two|three|"
    r"multiple|several) (?:\w+ )?(?:fractures|metast|lesions|deposits)|(?:mri|mr|ct|xr|scan|"
    r"images?|radiographs?|films?|x-rays?)(?: [\w ]{0,30})?(?::| shows?| demonstrates?|"
    r" reveals?)|images )"
)
ASKS: Final = re.compile(
    r"\?|(?<!\w)(?:pain|fall|fell|rule out|exclude|evaluate|assess|history|known|suspected|trauma|"
    r"weakness|fever|remission|antibiotics|\d\s?(?:yo|y/o|yrs?|years?|y|m|f)|persistent|"
    r"previous|prior|since|after|following|presents?|please)(?!\w)"
)
_ASIDE: Final = re.compile(r"\W*incidental")
_BY_TECHNIQUE: Final = re.compile(
    r"\s*(?:the )?(?:(?:imaging|scan|mri?|ct) )?(?:technique|protocol|sequences?)(?!\w)"
)
_STUDY: Final = re.compile(r"(?<!\w)(?:available|dated|reviewed|none|performed|study of)(?!\w)")
_INLINE_ENDS: Final = frozenset({"indication", "technique", "comparison"})
_STUDY_NAME: Final = re.compile(
    r"\W*(?:mri?|mrt|ct|xr|x-?rays?|radiographs?|bone scan|spect|pet|nm)(?!\w)[^.:;?]{0,90}"
)
"""A first line that names the study, without a full stop."""
_NEAR: Final = 12
_SHORT_LINE: Final = 45
_LONGEST: Final = 1000
_OPEN_ENDED: Final = (",", " and", " or", " the", " of", " with", " at", " to", " in", "-", " a")
_ANSWERED: Final = (": -", ":-", "= -")
_OF_LEVEL: Final = frozenset("#*•-tTdDlL")
"""With one of these a line may begin that names a vertebra first."""
_PASSING: Final = frozenset({"indication", "comparison", "technique", "family", "consent", "title"})
"""Sections of one paragraph: what follows a blank line is the report again."""

_NARROW: Final = frozenset({"indication", "technique", "comparison", "impression", ADDENDUM})
"""Sections whose headers may carry more words ("addendum to mri")."""

_CLAUSE: Final = re.compile(
    r",?\s+(?:but(?!\s(?:(?:it|they)\s)?(?:not|neither|keeps|retains|escapes|intact|still|is|are|"
    r"continuous|remains?|preserved|by \d+|of \d+|\d+|"
    r"no longer|without)\b)|however|whereas|while|although|though|(?<!not )(?<!as )yet)\s+"
    r"|,\s+(?=(?:with|and)\s+(?:no|neither|none|both|without|a|an|there|mild|moderate|severe|acute|"
    r"chronic|old|new)\b)"
    r"|,\s+(?=nor\s(?:was|were|had|did)\s)"
    r"|(?:,|(?<=\d))\s+(?=where\s(?:the|its|an?)\s)"
    r"|,\s+(?=and\s+(?:at|in)\s+(?:th|[ctld])-?\d{1,2},?\s(?:there|an?|no)\s)"
    r"|,\s+(?=(?:there|the|this|these|it|neither)\s)"
    r"(?!the (?:[\w\-]+ ){0,2}(?:level|vertebra|one|body|segment),)"
    r"|\s+and\s+(?=there\s+(?:is|are)\b)"
    r"|,?\s+(?:and|but)\s+(?=(?:that|those)\s(?:of|at|in)\s)"
)
_TURN: Final = re.compile(r",|but|however|where|while|though|yet|and\s+th[aeo]")
"""Without one of these a sentence is one clause."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its place in the folded text, its section, and the number of its paragraph."""

    start: int
    end: int
    section: str
    paragraph: int


@dataclass(slots=True)
class _Block:
    """Lines that run on: where they began, or -1 while none is open."""

    section: str = ""
    paragraph: int = 0
    start: int = -1
    end: int = 0
    inline: bool = False
    item: bool = False


def sentences(folded: Folded, headers: Headers) -> Iterator[Sentence]:
    """Split a folded text into sentences; a header opens a section until the next one."""
    block = _Block()
    filled = False
    lines = [
        (start, end, _header(folded.text[start:end], headers))
        for start, end in _pieces(folded.text, headers)
    ]
    told = any(
        header is not None
        and header[0] == "findings"
        and not _ASIDE.match(folded.text, start)  # "incidental: ..." names no findings
        for start, _, header in lines
    )
    for first, end, header in lines:
        start = first
        words = folded.text[start:end]
        if not words.strip(" -=_*.\t\r"):
            yield from _close(folded.text, block, told)
            block.paragraph += 1
            if filled and block.section in _PASSING:
                block.section = ""
            continue
        item = ITEM.match(words)
        over = header is None and not told and block.section in _PASSING
        over = over and (_ended(folded.text, block) or _tells(folded, block, start, end))
        if header is not None or item or _apart(folded, block, start, end):
            yield from _close(folded.text, block, told)
        if over:
            yield from _close(folded.text, block, told)
            block.section = ""
        if header is not None:
            block.inline = header[1] < len(words)
            block.section, skip = header
            block.paragraph += 1
            start += skip
            filled = False
        elif item:
            start += item.end()
            block.paragraph += 1
        if block.start < 0 and start < end:
            block.start = start
            block.item = bool(item)
        filled = filled or start < end
        block.end = end
    yield from _close(folded.text, block, told)


def _ended(text: str, block: _Block) -> bool:
    """Tell whether a section that began on its header's line ended with that line."""
    return block.inline and text[: block.end].rstrip(" \r")[-1:] in {".", "?"} and block.start >= 0


def _tells(folded: Folded, block: _Block, start: int, end: int) -> bool:
    """Tell whether a line tells what is seen, and asks nothing."""
    text = folded.text
    begun = block.inline and block.start >= 0 and block.section in _INLINE_ENDS
    if not begun or text[: block.end].rstrip().endswith(_OPEN_ENDED):
        return False
    capital = start < end and folded.original[folded.places[start]].isupper()
    return tells(text, start, end, capital=capital) and not ASKS.search(text, start, end)


def _close(text: str, block: _Block, told: bool) -> Iterator[Sentence]:
    """Give the sentences of the open lines, and close them.

    Where no header names the findings, a section that began within a line ends at the first
    sentence after it that speaks of the images.
    """
    if block.start >= 0:
        split = _split(text, block.start, block.end, block.section, block.paragraph)
        for index, one in enumerate(split):
            if index and block.inline and not told and block.section in _INLINE_ENDS:
                block.section = _after(text[one.start : one.end], block.section)
            yield one if one.section == block.section else replace(one, section=block.section)
    block.start = -1


def _after(words: str, section: str) -> str:
    """Tell which section a sentence is of, that follows one of the technique or the indication."""
    if section == "comparison":
        if _BY_TECHNIQUE.match(words):
            return "technique"
        return "" if SEEN.search(words) and not _STUDY.search(words) else section
    scanned = bool(_SCANNED.search(words)) and not SEEN.search(words)
    if section == "technique":
        return section if scanned else ""
    if scanned and not ASKS.search(words):
        return "technique"
    return "" if _FROM_IMAGES.match(words) and not ASKS.search(words) else section


def _pieces(text: str, headers: Headers) -> Iterator[tuple[int, int]]:
    """Give the place of each line; a header within a line begins another one."""
    at = 0
    for line in text.split("\n"):
        end = at + len(line.rstrip("\r"))
        start = at
        for hit in _INLINE.finditer(text, at, end) if ":" in line else ():
            if hit.start(1) > start and any(
                p.fullmatch(hit[1].strip()) for p in headers.of.values()
            ):
                yield start, hit.start(1)
                start = hit.start(1)
        yield start, end
        at += len(line) + 1


def _header(words: str, headers: Headers) -> tuple[str, int] | None:
    """Read the header at the head of a line: the section it opens, and its length."""
    hit = _HEADER.match(words)
    if not hit:
        return None
    name = hit[1].strip(" ()-")
    if not headers.any.match(name):
        return None
    for section, pattern in headers.of.items():
        if pattern.fullmatch(name):
            return section, hit.end()
    if hit.end() == len(words) and ":" not in hit[0] and "*" not in hit[0]:
        return None
    for section, pattern in headers.of.items():
        told = section == "comparison" and name.startswith("compared")  # "compared with 4 feb: ..."
        found = pattern.match(name) if section in _NARROW and not told else None
        if found and (section == ADDENDUM or len(found[0]) * 2 > len(name)):
            return section, hit.end()
    return None


def _apart(folded: Folded, block: _Block, start: int, end: int) -> bool:
    """Tell whether a line begins a statement of its own: the one before was short and whole.

    After an item of a list every line that begins with a capital does, if it is not set in.
    """
    text, last = folded.text, block.end
    line = max(0, text.rfind("\n", 0, last) + 1)
    before = text[line:last].rstrip()
    if (before.endswith(_OPEN_ENDED) and not before.endswith(_ANSWERED)) or start >= end:
        return False
    words = text[start:end].lstrip()
    first = folded.original[folded.places[end - len(words)]]
    ended = len(before) < _SHORT_LINE or (block.item and not text[start].isspace())
    ended = ended or (not text[:line].strip() and _names_the_study(before))
    level = first in _OF_LEVEL and of_level(words)
    if _LABEL.match(words) or (level and first == "#"):
        return True
    if (level or of_study(words)) and of_level(before.lstrip()):
        return True
    return ended and (level or first.isupper())


def _names_the_study(line: str) -> bool:
    """Tell whether a line only says what was examined."""
    return bool(_STUDY_NAME.fullmatch(line)) and not SEEN.search(line)


def _split(text: str, start: int, end: int, section: str, paragraph: int) -> Iterator[Sentence]:
    """Split a block at the ends of its sentences; what has none is cut where it grows too long."""
    at = start
    for stop in sorted({*_stops(text, start, end), *begun(text, start, end)}):
        while stop - at > _LONGEST:
            cut = max(text.rfind(" ", at, at + _LONGEST) + 1, at + _LONGEST // 2)
            yield Sentence(at, cut, section, paragraph)
            at = cut
        if text[at:stop].strip(" \n\r.;-*"):
            yield Sentence(at, stop, section, paragraph)
        at = stop


def _stops(text: str, start: int, end: int) -> Iterator[int]:
    """Give where sentences of a block end."""
    for hit in _END.finditer(text, start, end):
        before = text[max(start, hit.start() - _NEAR) : hit.start()]
        if hit[0] == "?" and not before.strip(" \n\r") and hit.start() - start < _NEAR:
            continue  # "? cord compression"
        if hit[0] != "." or not _ABBREVIATION.search(before):
            yield hit.end()
    yield from _numbered(text, start, end)
    yield end


def _numbered(text: str, start: int, end: int) -> Iterator[int]:
    """Give where the items of a list begin that runs on in a line: "1) No fracture 2) T9 ..."."""
    items = [
        hit
        for hit in _NUMBERED.finditer(text, start, end)
        if text.rfind("(", start, hit.start()) <= text.rfind(")", start, hit.start())
    ]
    first = int(items[0][1]) if items else 0
    if first in {1, 2} and all(int(hit[1]) == at for at, hit in enumerate(items, first)):
        yield from (hit.start() for hit in items if hit.start() > start)


def clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Split a sentence where one statement ends and another begins."""
    found, at = [], start
    if not _TURN.search(text, start, end):
        return [(start, end)]
    for hit in _CLAUSE.finditer(text, start, end):
        if _dashed(text, at, hit.start()):
            continue
        found.append((at, hit.start()))
        at = hit.start()
    found.append((at, end))
    return found


def _dashed(text: str, start: int, end: int) -> bool:
    """Tell whether nothing was said yet."""
    return not text[start:end].strip()
