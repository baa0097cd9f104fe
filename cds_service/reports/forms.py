"""How a form is filled in, written as prose has it, before anything else is read.

Dots that lead to an answer, answers in brackets, choices that nobody made, fields between strokes,
signs and figures in the place of "no", abbreviations with a full stop that ends no sentence. Each
mechanism gives edits: a place of the text, and what stands there instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

Edit = tuple[int, int, str]

_LEADER: Final = re.compile(
    r"(?m)(?:^|[ \t]{2})[ \t]{0,8}(?!no |not |without )[a-z][a-z /()&\-]{1,44}?"
    r"([ \t]?(?:\.{4,80}|_{3,80}|\.{2,3}(?=[^.\n]{1,32}(?:\n|$| {2})))[ \t]?)(?=[a-z\d+<>~?\-])"
)
"""Dots between a name and its answer: "cord compression ....... n", "fracture..yes"."""
_ANSWER: Final = (
    r"(?:yes|no|y|n|positive|negative|pos|neg|present|absent|none|nil|normal|abnormal|intact|"
    r"disrupted|indeterminate|unknown|unclear|possible|suspected)"
)
_SHUT: Final = re.compile(
    rf"\[[ \t]?({_ANSWER}|[+\-])[ \t]?\]|(?:(?<=\d)|(?=[ \t]?\([yn]\)[ \t]*(?:$|[\n,;.]))) ?\((y|"
    rf"n)\)"
)
"""An answer alone in brackets: "t12 [y], l1 [n]", "fracture l1 [-] l2 [+]"."""
_GOES_ON: Final = re.compile(r"[ \t]{1,3}[a-z]")
_MEANT: Final = {"y": "yes", "+": "yes", "n": "no", "-": "no"}
_FILLED: Final = re.compile(r"(?<=:)[ \t]{0,2}\[([a-z][^\[\]/|\n]{2,60})\]")
"""Words in brackets behind a colon: "posterior wall: [destroyed]"."""
_LABEL: Final = re.compile(r"(?m)^[ \t]{0,8}(\[)[a-z][a-z /()\-]{1,40}(\])[ \t]?:")
"""The name of a field in brackets: "[retropulsion]: l3 none"."""
_MARKED: Final = rf"(?:\*{{1,2}}{_ANSWER}\*{{1,2}}|{_ANSWER})"
_OFFERED: Final = re.compile(
    rf"[:?][ \t]{{0,3}}[\[{{(]?({_MARKED}(?:[ \t]?[/|][ \t]?{_MARKED}){{1,5}})[\]}})]?"
    r"(?=[ \t]*(?:$|[\n,.;)]|(?:at|in|of)[ \t]))"
)
_CHOSEN: Final = re.compile(rf"\*({_ANSWER})\*")
"""Answers to choose from: "y / n", "[none/present]"; one with stars is the one chosen."""
_EMPTY: Final = re.compile(
    r"(?<=:)[ \t]{0,3}(?:\*{3,9}|_{3,60}|\{[^{}\n]{0,40}\}|\[(?:[ _.]{0,20}|(?:select|choose|fill|"
    r"enter|pick)[^\[\]\n]{0,40})\]|x{3,9}|tb[dc])(?=[ \t]*(?:$|[\n.,;]))"
)
"""What nobody filled in: "discitis: ***", "cord: ____", "retropulsion: {measure}"."""
UNTOLD: Final = "n/a"
_STROKE: Final = re.compile(
    rf"(?<=[ :])(?:{_ANSWER}|[+\-]|\d{{1,3}} ?(?:mm|%))([ \t]/[ \t])(?!{_ANSWER}(?!\w))(?=[a-z])"
)
"""Between two fields of a line: "fx yes / burst no / retropulsion 3 mm / cord n"."""
_OF_LEVEL: Final = re.compile(
    r"(?m)^[ \t]{0,8}[a-z][a-z /\-]{2,40}?([ \t]\(((?:th|[ctdl])-?\d{1,2}(?:[/\-](?:th|[ctdl])?"
    r"\d{1,2})?)\))[ \t]?:[ \t]{0,8}(?:[a-z]+(?:[ \-][a-z]+){0,2})(?=[ \t]*\.?[ \t]*$)"
)
"""A level in brackets behind the name of a field: "posterior cortex (l2): violated"."""
_LEGEND: Final = re.compile(
    r"\((?:key|legend|scale|codes?)[ \t]?:[^()\n]{1,160}\)|"
    r"(?<!\w)(?:potentially )?(?:un)?stable ?[:=] ?\d{1,2} ?- ?\d{1,2}(?!\d)|"
    r"(?m:^)[^\n:]{0,30}:? ?(?:grade|score|class|0)[^\n;.]{0,8}0?[ \t]?(?:=|means|denotes|"
    r"stands for)[ \t](?:no|none|normal|absent|absence)(?!\w)(?![^\n]*(?:th|[ctdl])\d)[^\n.]{0,120}"
)
"""What the signs of a form mean, no finding: "(key: 0 = no uptake)", "grade 0 = no fracture"."""
_QUESTION: Final = re.compile(r"(?m)(?:^|(?<=[.?!] ))q: |(?<=\? )a: |^[ \t]{0,4}a: ")
"""Letters before questions and answers: "q: edema? a: yes, l4."."""
_CIRCLES: Final = re.compile(
    r"[: \t]{1,8}(?<!\w)([ox])[ \t](yes|no)[ \t,/|]{1,6}([ox])[ \t](yes|no)(?!\w)"
)
"""Boxes typed as letters: "cord compression  o yes  x no"."""
_ARROW: Final = re.compile(rf"(?<=[ :]){_ANSWER}([ \t]?(?:[\-=]>|\u2192|\u21d2)[ \t]?)(?=[a-z])")
"""Behind an answer, before what follows from it: "edema nil -> old"."""
_SIGNED: Final = re.compile(r"(?m)^[ \t]{0,4}[+\-](?=[a-z])[^\n.;]{2,80}[,;] ?[+\-](?=[a-z])[^\n]*")
_SIGN: Final = re.compile(
    r"(?:^[ \t]{0,4}|,) ?([+\-])(?=[a-z])(?!(?:th|[ctdl])\d)|; ?([+\-])(?=[a-z])(?!(?:th|[ctdl])\d)"
)
"""A line of things with a sign each: "-cord compression, +fx l1"."""
_NO: Final = re.compile(
    r"(?m)(?:^|(?<=[.;,] ))(?:- )?(0) (?!(?:mm|cm|percent|points?|degrees?|of|to|on|in|at|or|and|"
    r"is|was|out|months?|weeks?|days?|years?)(?!\w))(?=[a-z]{3})|"
    r"(?:^|(?<=[.;] ))(?:- )?(neg(?:ative)?\.?|pos(?:itive)?\.?) (?!(?:for|of|mri?|ct|study|scan|"
    r"exam\w*|stir|t[12]|dwi|signal|slr|straight|sagittal|contrast|findings?|results?|films?|"
    r"predictive|cultures?|on|at|in|to|and|or|but|as|here|there|throughout|elsewhere|"
    r"otherwise)(?!\w))(?=[a-z]{2})"
)
"""At the head of a statement a figure or a word in the place of "no": "0 fracture"."""
_SHORTENED: Final = re.compile(
    r"(?<!\w)(?:(?:neg|pos|susp|suspicious|sugg|eval|indic)(\.)(?=[ \t](?:for|of)(?!\w))|"
    r"(?:sup|inf|post|ant|vert|path|epid|poss|prob|prev|cerv|thor|lumb|mult|paravert|intravert|"
    r"bilat|assoc)"
    r"(\.)(?=[ \t](?!(?:no|there|the|cord|conus)(?!\w))[a-z#])|"
    r"(?:comp|compr|infx?|fx|mets?|edem|oed|retrop|rp|disc)"
    r"(\.)(?=[ \t](?:neg|nil|none|no|absent|pos|yes)[ \t]*(?:[.;,\n]|$)))"
)
"""An abbreviation behind which the sentence goes on: "neg. for #", "path. #", "sup. ep"."""


_FORMERLY: Final = re.compile(
    r"(?:(?m:^)|(?<=[.;] ))[ \t]{0,4}(?:pre-?\s?(?:rt|op|treatment|radiation|chemo|embolization|"
    r"surgery)|before|prior|previous(?:ly)?|then|earlier|baseline|formerly|initially|last time|"
    r"yesterday|\d{1,2}[./]\d{2,4}|(?:19|20)\d\d)"
    r"[ \t]?:[^\n:]{2,100}?(?=(?<=[.;,] )(?:post-?\s?(?:rt|op|treatment|radiation|chemo|"
    r"embolization|surgery)|after|today|now|currently?|at present|this (?:time|exam|study))[ \t]?:)"
)
"""What was so before, beside what is so now: "before: l1 20%. today: l1 35%"."""
_RANGE: Final = r"(?:th|[ctdl])-?\d{1,2}(?:-(?:th|[ctdl])?-?\d{1,2})?"
_ANOTHER: Final = re.compile(
    rf"(?<!\w)(?:clear|free|normal|nl|ok|intact|neg|negative|fine) (?:at |in |from )?{_RANGE}(,)"
    r"(?= (?:th|[ctdl])-?\d{1,2} (?:tumor|tumour|met|metasta|lesion|deposit|mass|abscess|fracture|"
    r"fx|compress|sev|mod|mild|mark|narrow|involv|positive|pos(?!t)|edema|oedema|disrupt|breach|"
    r"destroy|abnormal))"
)
"""Before a level of which something else is told: "clear t1-5, t6 tumor"."""
_AGE: Final = re.compile(
    r"(?<=\d)(?: (?:compression|wedge|burst|crush|osteoporotic))? ?(?:#|fx|fract?|fracture)"
    r"(?= age (?:is )?(?:indet|unknown|uncertain|unclear|undetermined|not))"
)
"""A fracture of a level, and what is told of its age: "t12 # age indet."."""


def edits(text: str) -> list[Edit]:
    """Give what stands in the place of what a form has, in order, none within another."""
    found: list[Edit] = []
    for reader, signs in _READERS:
        for sign in signs:
            if sign in text:
                found += reader(text)
                break
    kept: list[Edit] = []
    for one in sorted(found):
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def applied(text: str, made: Sequence[Edit]) -> tuple[str, list[int]]:
    """Write a text with its edits, and give the place each character had, and the end's."""
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for start, end, word in made:
        pieces += [text[at:start], word]
        places += range(at, start)
        places += [min(start + index, max(start, end - 1)) for index in range(len(word))]
        at = end
    pieces.append(text[at:])
    places += range(at, len(text) + 1)
    return "".join(pieces), places


def _leaders(text: str) -> Iterator[Edit]:
    """Write a colon for dots that lead to an answer."""
    yield from ((*hit.span(1), ": ") for hit in _LEADER.finditer(text))


def _brackets(text: str) -> Iterator[Edit]:
    """Take answers out of their brackets."""
    for hit in _SHUT.finditer(text):
        said = hit[1] or hit[2]
        comma = "," if _GOES_ON.match(text, hit.end()) else ""
        yield *hit.span(), f"{'' if hit[1] else ' '}{_MEANT.get(said, said)}{comma}"
    yield from ((*hit.span(), f" {hit[1]}") for hit in _FILLED.finditer(text))
    for hit in _LABEL.finditer(text):
        yield from ((*hit.span(sign), " ") for sign in (1, 2))


def _choices(text: str) -> Iterator[Edit]:
    """Write the one answer that is marked, else that there is none."""
    for hit in _OFFERED.finditer(text):
        marked = _CHOSEN.findall(hit[1])
        yield *hit.span(), f": {marked[0] if len(marked) == 1 else UNTOLD}"
    yield from ((*hit.span(), f" {UNTOLD}") for hit in _EMPTY.finditer(text))


def _circles(text: str) -> Iterator[Edit]:
    """Write the answer of the one letter that is an "x"."""
    for hit in _CIRCLES.finditer(text):
        ticked = [word for box, word in ((hit[1], hit[2]), (hit[3], hit[4])) if box == "x"]
        yield *hit.span(), f": {ticked[0] if len(ticked) == 1 else UNTOLD}"


def _strokes(text: str) -> Iterator[Edit]:
    """Write a comma between the fields of a line."""
    yield from ((*hit.span(1), ", ") for hit in _STROKE.finditer(text))


def _levels(text: str) -> Iterator[Edit]:
    """Move the level of a field behind its answer."""
    for hit in _OF_LEVEL.finditer(text):
        yield *hit.span(1), ""
        yield hit.end(), hit.end(), f" at {hit[2]}"


def _without(text: str) -> Iterator[Edit]:
    """Leave out what explains a form, letters before questions, and fields about former times."""
    yield from ((*hit.span(), "") for hit in _LEGEND.finditer(text))
    yield from ((*hit.span(), "") for hit in _QUESTION.finditer(text))
    yield from ((*hit.span(), "") for hit in _FORMERLY.finditer(text))


def _arrows(text: str) -> Iterator[Edit]:
    """Write a comma behind an answer, before what follows from it."""
    yield from ((*hit.span(1), ", ") for hit in _ARROW.finditer(text))


def _signs(text: str) -> Iterator[Edit]:
    """Write "no" for a sign, a figure or a word in its place."""
    for line in _SIGNED.finditer(text):
        for hit in _SIGN.finditer(line[0]):
            apart = "" if hit[0][0] in " \t+-" else "; "
            at = line.start() + hit.start(), line.start() + hit.end()
            yield *at, f"{apart}{'no ' if hit[0][-1] == '-' else ''}"
    for hit in _NO.finditer(text):
        where = 1 if hit[1] else 2
        yield *hit.span(where), "" if hit[where].startswith("pos") else "no"


def _others(text: str) -> Iterator[Edit]:
    """Write a semicolon before a level of which something else is told."""
    yield from ((*hit.span(1), ";") for hit in _ANOTHER.finditer(text))


def _ages(text: str) -> Iterator[Edit]:
    """Write a comma between a fracture and its age."""
    yield from ((hit.end(), hit.end(), ",") for hit in _AGE.finditer(text))


def _abbreviated(text: str) -> Iterator[Edit]:
    """Leave out the full stop of an abbreviation behind which the sentence goes on."""
    yield from ((*hit.span(hit.lastindex or 0), "") for hit in _SHORTENED.finditer(text))


_NOW: Final = tuple(
    f"{word}:" for word in ("rt", "op", "ment", "tion", "chemo", "surgery", "after", "today", "now",
    "current", "currently", "present", "time", "exam", "study")
)  # fmt: skip
_READERS: Final[Sequence[tuple[Callable[[str], Iterator[Edit]], tuple[str, ...]]]] = (
    (_leaders, ("..", "___")),
    (_brackets, ("[", "(y)", "(n)")),
    (_choices, (": ", ":[", "? ")),
    (_circles, ("x yes", "x no")),
    (_strokes, (" / ",)),
    (_levels, ("):", ") :")),
    (_without, ("key:", "legend:", "scale", "stable", "q: ", "grade 0", "score 0", "0 =", *_NOW)),
    (_arrows, ("->", "=>", "\u2192", "\u21d2")),
    (_signs, ("-", "+", "0 ", "neg", "pos")),
    (_others, (", ",)),
    (_ages, (" age ",)),
    (_abbreviated, (".",)),
)
"""Each reader, and the signs without one of which it finds nothing."""
