"""Words that a report quotes to put them right: '"no discitis" should read "discitis at L2"'.

Where they are quoted the wrong words state nothing, and what stands before reads as put right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cds_service.reports.folded import Folded

_LEVEL: Final = r"(?:th|[ctld])-?\d{1,2}(?![\w]|[-/][\w])"
_FIGURE: Final = r"\d{1,3}(?:\.\d)? ?(?:mm|cm|%|percent(?!\w))"
_MIDST: Final = r"(?:,?\s(?:in|of|on|at|under|from|above|below|as|\()[\w ,()#]{0,60}?)?"
"""Where the words stand: "in the second line of the above text"."""
_KIND: Final = r"(?:the )?(?:(?:words?|wording|phrase|sentence|statement|line|text|level)s? )?"
_LATER: Final = r"(?:in fact |actually |instead |rather |now |hereby )?"
_SHOULD: Final = (
    rf"(?:(?:should|must|ought to|needs? to|(?:is|are) to) {_LATER}(?:have )?(?:be |been )?"
    r"(?:read|say|said|state|stated|be|been|(?:amended|changed|corrected|revised) to|"
    r"(?:replaced|substituted) (?:by|with)|understood|taken)(?: as| instead)?|"
    rf"(?:is|are|was|were|(?:has|have) been) {_LATER}(?:(?:amended|changed|corrected|revised) to|"
    r"(?:replaced|substituted) (?:by|with))(?: read)?)"
)
_IN_ERROR: Final = (
    r"(?:is|are|was|were|has been|should be|should have been|must be|to be) "
    r"(?:(?!not )\w+ ){0,3}?(?:in error|by mistake|by accident|erroneous(?:ly)?|incorrect(?:ly)?|"
    r"wrong(?:ly)?|false(?:ly)?|an? (?:\w+ )?(?:mistake|error|oversight|slip)|mistaken(?:ly)?|"
    r"untrue|not (?:correct|true|right)|deleted|disregarded|ignored|struck|removed|omitted|"
    r"withdrawn|retracted)(?!\w)"
)
_STRIKE: Final = (
    r"(?<!\w)(?:delete|strike(?: out)?|remove|omit|disregard|ignore|retract|withdraw|cancel|"
    r"erase)s?"
)
_REPLACE: Final = (
    r"(?<!\w)(?:replac|chang|correct|amend|alter|revis|substitut)(?:e|ed|es|ing|s|ion|ment)?:?"
)
_ORDER: Final = r"(?:^|(?<=[.:;\n])|please)\s{0,4}(?:replace|change|correct|amend|alter|revise) "
_INTO: Final = r"(?:to|with|by|into|->|=>|\u2192)(?: read)?"
_FOR: Final = r"(?<!\w)(?:for|instead of|in place of|in lieu of)"
_READ: Final = r"(?:one should |you should )?(?:please )?(?:read|substitute|write|insert|put)"
_NOT: Final = r",? (?:and )?(?:not|instead of|rather than|for|in place of)"


_DENIAL: Final = r"(?:no|without) [\w\-]+(?: [\w\-]+)"
_SAME: Final = r"(?P<same>[\w\-]+(?: [\w\-]+){0,3})"


def _words(name: str, bare: str = "") -> str:
    """Write the pattern of quoted words, or of bare ones of a kind, as a group."""
    bare = f"|(?P<{name}3>{bare})" if bare else ""
    return (
        rf"(?:\"(?P<{name}1>[^\"\n]{{1,160}})\"|(?<!\w)'(?P<{name}2>[^'\n]{{1,160}})'(?!\w){bare})"
    )


_SAID: Final = _words("wrong")
_MEANT: Final = _words("right")
_WHERE: Final = rf"(?:where|for|instead of|in place of) {_MEANT}(?: (?:is|was) (?:meant|intended))?"
_QUOTED: Final = tuple(
    re.compile(one)
    for one in (
        # as '"no discitis" in the above text should read "discitis L1-2"'
        rf"{_SAID}{_MIDST},? {_SHOULD}:? {_MEANT}",
        # "for 'no edema at T12' please read 'now edema at T12'"
        rf"{_FOR} {_KIND}{_SAID}{_MIDST},? {_READ}:? {_KIND}{_MEANT}",
        # as 'change: "without compression" to "with compression"', '"no discitis" -> "discitis"'
        rf"{_REPLACE} {_KIND}{_SAID}{_MIDST},? {_INTO} {_KIND}{_MEANT}",
        # as '"no discitis" was typed where "discitis" was meant'
        rf"{_SAID} (?:is|was) (?:typed|written|dictated|printed|entered|transcribed|put) {_WHERE}",
        rf"{_SAID} ?(?:->|=>|\u2192) ?{_MEANT}",
        # as 'should read "compression", not "no compression"', "substitute 'now' for 'no'"
        rf"(?:{_SHOULD}|{_READ}):? {_KIND}{_MEANT}{_NOT} {_KIND}{_SAID}",
        # as '"no discitis" was dictated in error', 'delete the words "no discitis"'
        rf"{_SAID}{_MIDST},? {_IN_ERROR}",
        rf"{_STRIKE}:? {_KIND}{_SAID}",
        # as '"no discitis" should read: discitis at L2'
        rf"{_SAID}{_MIDST},? should (?:have )?(?:read|say|said|stated?):?(?= )",
    )
)
_DENIALS: Final = tuple(
    re.compile(one)
    for one in (
        # "no discitis should read discitis at L2", "no discitis -> discitis"
        rf"(?<!\w)(?P<wrong3>{_DENIAL}{{0,4}}?) should (?:have )?(?:read|say|said|stated?):?(?= )",
        rf"(?<!\w)(?P<wrong3>(?:no|without) {_SAME}) ?(?:->|=>|\u2192)(?= ?(?P=same)(?!\w))",
    )
)
_OF: Final = r"(?:(?:mentions?|references?|statements?) (?:of|to|about|on) |level )"
_BARE: Final = tuple(
    re.compile(one)
    for kind in (_LEVEL, _FIGURE)
    for wrong in (_words("wrong", kind),)
    for right in (_words("right", kind),)
    for one in (
        # "L1 should read L2", "all references to L1 should read L2", "8 mm should be 3 mm"
        rf"(?<!\w)(?P<all>(?:all|any|every) )?{_OF}?{wrong}{_MIDST},? {_SHOULD}:? {_KIND}{right}",
        # "for L2 please substitute L3"
        rf"{_FOR} {_KIND}{wrong}{_MIDST},? {_READ}:? {_KIND}{right}",
        # "change L2 to L3" where that begins a sentence ("endplate change L2 to L3" is a range)
        rf"{_ORDER}{_KIND}{wrong}{_MIDST},? {_INTO} {_KIND}{right}",
        # "substitute L3 for L2", "should read L3, not L2"
        rf"(?<!\w)(?:substitute|should (?:read|say)|read):? {right}{_NOT} {wrong}",
    )
)
_CUES: Final = re.compile(
    r"(?:should|must|ought to|needs? to|(?:is|are) to) (?:\w+ )?(?:have |be )?(?:be(?:en)? )?"
    r"(?:read|say|said|state|be |been |amended|changed|corrected|revised|replaced|substituted|"
    r"understood|taken)|(?:is|are|was|were|been) (?:\w+ )?(?:amended|changed|corrected|revised|"
    r"replaced|substituted) (?:to|by|with)|->|=>|\u2192|substitut|"
    r"(?:please|should|(?:^|[\n.:;])\s{0,4})\s?"
    r"(?:read|write|insert|put|replace|change|correct|amend|alter|revise)|"
    r"(?:for|of) [^.;\n]{2,30},? (?:please )?read"
)
"""Where none of these stands nothing is put right but what is quoted."""
_QUOTES: Final = re.compile(r"\"[^\"\n]{1,160}\"|(?<!\w)'[^'\n]{1,160}'(?!\w)")
_UNQUOTED: Final = (*_DENIALS, *_BARE)
_IN_PLACE: Final = re.compile(f"{_LEVEL}|{_FIGURE}")
"""What by itself says nothing, but does in the place of other such words."""
_NEGATIONS: Final = frozenset({"no", "not", "without", "nor", "never"})
"""Each of these turns the words behind it, which may be any of several."""
_SHORT: Final = re.compile(r"[\w\-]+")
_MOST: Final = 20
_Change = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Words that were wrong, and where in the original text their author says so."""

    words: str
    at: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Where words stood that were put right, with what, and from where to where that is told."""

    at: int
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Slip:
    """A correction: its place, wrong and right words, and the place of those that stay."""

    start: int
    end: int
    wrong: str
    right: str
    kept: tuple[int, int]
    all: bool = False


def put_right(folded: Folded) -> tuple[Folded, tuple[Wrong, ...], tuple[Moved, ...]]:
    """Give a text as it puts itself right, wrong words that do not stand before, and the others."""
    slips = list(_slips(folded.text))
    if not slips:
        return folded, (), ()
    wrong: list[Wrong] = []
    moved: list[Moved] = []
    changes: list[_Change] = []
    for slip in slips:
        found = _found(folded.text, slip, slips)
        if not found and not _IN_PLACE.fullmatch(slip.wrong):
            wrong.append(Wrong(slip.wrong, folded.span(slip.start, slip.end)[0]))
        changes += [(*span, slip.right) for span in found]
        said = folded.span(slip.start, slip.end)
        moved += [Moved(folded.span(*span)[0], slip.right, *said) for span in found]
        for start, end in ((slip.start, slip.kept[0]), (slip.kept[1], slip.end)):
            changes.append((start, end, " " * (end - start)))
    return _changed(folded, changes), tuple(wrong), tuple(moved)


def _slips(text: str) -> Iterator[_Slip]:
    """Find the corrections of a text, none within another one."""
    patterns = [*_UNQUOTED] if _CUES.search(text) else []
    if ('"' in text or "'" in text) and _QUOTES.search(text):
        patterns = [*_QUOTED, *patterns]
    taken: list[tuple[int, int]] = []
    for pattern in patterns:
        for hit in pattern.finditer(text):
            if len(taken) >= _MOST or any(
                hit.start() < last and first < hit.end() for first, last in taken
            ):
                continue
            slip = _slip(hit)
            if _is_plain(text, slip):
                taken.append(hit.span())
                yield slip


def _slip(hit: re.Match[str]) -> _Slip:
    """Make a correction of what was found: the right words stay where they are quoted."""
    wrong, right = _group(hit, "wrong"), _group(hit, "right")
    words = hit[right].strip(" .,;") if right else ""
    stays = right and not _IN_PLACE.fullmatch(words)
    kept = hit.span(right) if stays else (hit.end(), hit.end())
    every = bool(hit.groupdict().get("all"))
    return _Slip(*hit.span(), hit[wrong].strip(" .,;"), words, kept, every)


def _is_plain(text: str, slip: _Slip) -> bool:
    """Tell whether it is plain which words are wrong: 'no' must stand once before."""
    if slip.wrong in _NEGATIONS:
        return len(_before(text, slip)) == 1
    return bool(slip.right) or not _IN_PLACE.fullmatch(slip.wrong)


def _before(text: str, slip: _Slip) -> list[tuple[int, int]]:
    """Tell where the wrong words stand before their correction."""
    words = r"\s+".join(re.escape(word) for word in slip.wrong.split())
    pattern = re.compile(rf"(?<![\w\-/]){words}(?!\w|[-/]\w)")
    return [one.span() for one in pattern.finditer(text, 0, slip.start)]


def _group(hit: re.Match[str], name: str) -> str:
    """Give the group that holds the wrong or the right words; empty where none does."""
    groups = hit.groupdict()
    return next((key for key in (f"{name}{n}" for n in "123") if groups.get(key)), "")


def _found(text: str, slip: _Slip, slips: list[_Slip]) -> list[tuple[int, int]]:
    """Tell what is to be put right before a correction; of "all" such words behind it."""
    if not slip.right and slip.wrong not in _NEGATIONS:
        return []
    whole = replace(slip, start=len(text))
    found = [
        (start, end)
        for start, end in _before(text, whole)
        if not any(other.start < end and start < other.end for other in slips)
    ]
    before = [one for one in found if one[0] < slip.start]
    if not before and slip.all:
        return found
    one_word = _SHORT.fullmatch(slip.wrong) and not _IN_PLACE.fullmatch(slip.wrong)
    return [] if one_word and len(before) > 1 else before


def _changed(folded: Folded, changes: list[_Change]) -> Folded:
    """Put other words in some places of a text."""
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for start, end, words in sorted(changes):
        if start < at:
            continue
        pieces += [folded.text[at:start], words]
        places += folded.places[at:start]
        places += [folded.places[min(start + n, end - 1)] for n in range(len(words))]
        at = end
    pieces.append(folded.text[at:])
    places += folded.places[at:]
    return replace(folded, text="".join(pieces), places=places)
