"""A report's text in one spelling, with the way back to every place of the original."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.errors import ContentError
from cds_service.reports import forms
from cds_service.reports.run_on import without_slips

_WORD: Final = re.compile(
    r"[^\W\d_]+(?:'t(?!\w)|(?:/[^\W\d_](?!\w))*)|#'?s?(?![\w#]|\s?\d)|"
    r"#(?=(?:th|[tld])-?\d{1,2}\b)"
)
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,9})(?:\s[^<>]{0,200})?/?>")
_LINE_TAGS: Final = frozenset(
    {"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table"}
)
_ENTITY: Final = re.compile(r"&(gt|lt|amp|nbsp|quot|#160|#60|#62);")
_MEANT: Final = {"gt": ">", "lt": "<", "amp": "&", "quot": '"', "#60": "<", "#62": ">"}
_PLAIN: Final = str.maketrans(
    {
        "\u00a0": " ", "\u2007": " ", "\u202f": " ", "\f": " ", "\v": " ",
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00d7": "x",
    }
)  # fmt: skip
_ASIDE: Final = re.compile(
    r",\s(?:however|conversely|by contrast|in contrast|in comparison|though|on the other hand|"
    r"in turn|"
    r"again|too|by comparison|incidentally|notably|of note|reassuringly|fortunately|unfortunately|"
    r"in fact|indeed|"
    r"likewise|similarly|also|additionally|meanwhile|instead|as expected|as before|if anything|"
    r"(?:although|though|while|albeit) (?:slightly |gently |mildly |just |merely )?(?:touched|"
    r"contacted|displaced|abutted|pushed|shifted|deviated|bowed)|"
    r"which (?:had|has) (?:once |previously |formerly )?been (?:compressed|narrowed|infected|"
    r"displaced|swollen)(?: (?:before|then|previously|last \w+|in \w+))?|"
    r"(?:either )?(?:clinically or on imaging|on imaging or clinically)|"
    r"in particular|in addition|to a lesser (?:extent|degree)|at present|today|"
    r"moreover|furthermore|nevertheless|nonetheless|as well|of course|in my opinion|"
    r"(?:as )?i (?:understand|believe|gather|think)(?: it)?|as far as i can (?:see|tell|judge)|"
    r"which was (?:once |previously |formerly |then )?(?:compressed|narrowed|"
    r"infected)[^,.;:\n]{0,30}|"
    r"(?:ending|lying|terminating|located|situated) (?:at|behind|near)[^,.;:\n]{1,24}|"
    r"(?:but|though|although) (?:i )?(?:cannot|could not|can't) (?:prove|show|confirm|demonstrate)"
    r"[^,.;:\n]{0,50}|"
    r"(?:which|that) (?:lies|ends|terminates|sits|(?:is|are) (?:located|situated|positioned))"
    r"[^,.;:\n]{1,40}),"
)
"""Words between commas that change nothing; they would stand between what belongs together."""
_DASHED: Final = re.compile(r"(?m)^([ \t]{0,8}[^\W\d_](?:[^\W\d_]|[/& ]){2,28}) - (?=\S)")
"""A label at the head of a line with a dash behind it."""
_SIGMA: Final = "\u03a3"
"""The one letter whose small form depends on its neighbours."""
_FULL_STOP: Final = re.compile(r"(?<!\w)(?:period|full stop)(?!\w)")
_SPOKEN_SIGN: Final = re.compile(
    r"\s(period|full stop|comma|colon(?! (?:ca|cancer|carcinoma|primary))|semicolon|"
    r"(?:new|next) (?:paragraph|line))(?!\w)"
)
_SPOKEN_STOP: Final = re.compile(
    r"(?<! the)(?<! a)(?<! this)(?<! that)(?<! same)(?<! time) (?:period|full stop)"
    r"(?= (?:there|the|no|new|next|at|impression|findings)(?!\w)|\n)"
)
_DICTATED: Final = 2
_SIGNS: Final = {
    "period": ".", "full stop": ".", "comma": ",", "colon": ":", "semicolon": ";",
    "new paragraph": "\n\n", "next paragraph": "\n\n", "new line": "\n", "next line": "\n",
}  # fmt: skip
_BOX: Final = (
    r"(\[[ _]?\]|\( ?\)|[\u2610\u25a1\u25cb]|"
    r"\[[x\u2713\u2714]\]|\(x\)|[\u2612\u2611\u22a0\u2713\u2714])"
)
_CHOICE_WORD: Final = r"(yes|no|present|absent|positive|negative|y|n)(?!\w)"
_BOXED: Final = re.compile(r"\[[ _]?\]|\( ?\)|[\u2610\u25a1\u25cb]")
_BETWEEN: Final = r"[ \t,/|]{1,4}"
_CHOICE: Final = re.compile(
    rf"[: ]{{0,3}}(?:{_BOX} ?{_CHOICE_WORD}{_BETWEEN}{_BOX} ?{_CHOICE_WORD}|"
    rf"(?<!\w){_CHOICE_WORD} ?{_BOX}{_BETWEEN}{_CHOICE_WORD} ?{_BOX})"
)
_UNTICKED: Final = re.compile(r"(?:\[[ _]\]|\u2610)[ \t][^\n\[\u2610\u2612\u2611;.]{1,60}")
"""A choice of two, of which one is ticked; and what stands behind a box that is not."""
_VOWELS: Final = "aeiouy"
_LONG: Final = 7
_SHORTEST: Final = 6
"""Shorter words are too near to others to be mended."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Text in lower case and one spelling; `places` gives the original offset of each character."""

    original: str
    text: str
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the place in the original of a place here."""
        last = self.places[end - 1] + 1 if end > start else self.places[start]
        return self.places[start], max(last, self.places[end] if end < len(self.places) else last)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How words are written here.

    `others` turns other spellings of a beginning into ours ("oedema"), `other` finds any of them;
    `vocabulary` gives the right word for each abbreviation, and for each writing that is one slip
    away from a word. `misheard` finds words of a dictation that `meant` others.
    """

    others: Mapping[str, str]
    other: re.Pattern[str]
    vocabulary: Mapping[str, str]
    misheard: re.Pattern[str] | None
    meant: Mapping[str, str]

    def heard(self, text: str) -> str:
        """Mend what a speech recognizer made of other words; every character keeps its place."""
        if self.misheard is None:
            return text
        return self.misheard.sub(lambda hit: self.meant[hit[0]].ljust(len(hit[0])), text)

    def is_wrong(self, word: str) -> bool:
        """Tell whether a word is written otherwise here."""
        return word in self.vocabulary or bool(self.other.search(word))

    def right(self, word: str) -> str:
        """Write a word as the phrases write it."""
        for other, ours in self.others.items() if self.other.search(word) else ():
            word = word.replace(other, ours)
        return self.vocabulary.get(word, word)


def spelling(
    others: Mapping[str, str],
    mistyped: frozenset[str],
    abbreviations: Mapping[str, str],
    misheard: Mapping[str, str],
) -> Spelling:
    """Make the spelling from other spellings, slips of words, abbreviations, and mishearings."""
    other = re.compile("|".join(re.escape(one) for one in others))
    if long := [heard for heard, meant in misheard.items() if len(meant) > len(heard)]:
        msg = f"phrases.toml: misheard: {long[0]!r} stands for a longer word"
        raise ContentError(msg)
    heard = "|".join(re.escape(one) for one in sorted(misheard, key=len, reverse=True))
    return Spelling(
        others,
        other,
        {**_slips(mistyped), **abbreviations},
        re.compile(rf"(?<!\w)(?:{heard})(?!\w)") if heard else None,
        misheard,
    )


def fold(original: str, written: Spelling) -> Folded:
    """Write a text in lower case and one spelling, without markup."""
    plain = _small(_unmarked(original).translate(_PLAIN))
    if "," in plain:
        plain = _ASIDE.sub(lambda hit: " " * len(hit[0]), plain)
    if " - " in plain:
        plain = _DASHED.sub(r"\1 : ", plain)
    if _BOXED.search(plain):
        plain = _UNTICKED.sub(lambda hit: " " * len(hit[0]), _CHOICE.sub(_chosen, plain))
    plain = without_slips(written.heard(_punctuated(plain)))
    if edits := forms.edits(plain):
        plain, placed = forms.applied(plain, edits)
        again = _spelled(original, plain, written)
        return Folded(original, again.text, [placed[place] for place in again.places])
    return _spelled(original, plain, written)


def _spelled(original: str, plain: str, written: Spelling) -> Folded:
    """Write the words of a text in one spelling."""
    known = written.vocabulary
    words = _WORD.finditer(plain)
    if written.other.search(plain):
        wrong = [hit for hit in words if hit[0] in known or written.is_wrong(hit[0])]
    else:
        wrong = [hit for hit in words if hit[0] in known]
    if not wrong:
        return Folded(original, plain, range(len(plain) + 1))
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for hit in wrong:
        said = hit[0]
        word = written.right(said)
        if said[0] == "#" and plain[hit.start() - 1 : hit.start()].isalnum():
            word = f" {word}"
        if said == "#" and plain[hit.end() : hit.end() + 1].isalnum():
            word = f"{word} "
        pieces += [plain[at : hit.start()], word]
        places += range(at, hit.start())
        places += range(hit.start(), hit.start() + min(len(word), len(said)))
        places += [hit.end() - 1] * (len(word) - len(said))
        at = hit.end()
    pieces.append(plain[at:])
    places += range(at, len(plain) + 1)
    return Folded(original, "".join(pieces), places)


def _chosen(hit: re.Match[str]) -> str:
    """Write the word of the one box that is ticked as an answer; else nobody can tell."""
    first, one, second, other = hit.groups()[:4]
    if first is None:
        one, first, other, second = hit.groups()[4:]
    ticked = [word for box, word in ((first, one), (second, other)) if _BOXED.match(box) is None]
    return f": {ticked[0] if len(ticked) == 1 else '?'}".ljust(len(hit[0]))


def _punctuated(text: str) -> str:
    """Write the signs that a dictation has in words, where it has more of these than of signs.

    Two are enough where they stand as no noun does ("height loss period there is").
    """
    stops = len(_FULL_STOP.findall(text))
    if stops <= max(1, text.count(". ")) and len(_SPOKEN_STOP.findall(text)) < _DICTATED:
        return text
    return _SPOKEN_SIGN.sub(lambda hit: _SIGNS[hit[1]].rjust(len(hit[0])), text)


def _unmarked(text: str) -> str:
    """Put blanks or line ends in the place of markup, so that every character keeps its offset."""
    if "<" in text and _TAG.search(text):
        text = _TAG.sub(_blank, text)
    return _ENTITY.sub(lambda hit: _MEANT.get(hit[1], " ").ljust(len(hit[0])), text)


def _blank(hit: re.Match[str]) -> str:
    """Write a tag as blanks; one that ends a line as a line end."""
    return ("\n" if hit[2].lower() in _LINE_TAGS else " ").ljust(len(hit[0]))


def _small(text: str) -> str:
    """Write a text small, every character as one character again."""
    small = text.lower()
    if text.isascii() or (len(small) == len(text) and _SIGMA not in text):
        return small
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


def _slips(words: frozenset[str]) -> dict[str, str]:
    """Map every writing that is one slip away (a letter lost, doubled, swapped) to its word.

    A writing that is a word itself, or that two words share, is no slip.
    """
    found: dict[str, str | None] = {}
    for word in words:
        if len(word) < _SHORTEST:
            continue
        for wrong in _near(word):
            found[wrong] = None if found.get(wrong, word) != word else word
    return {wrong: right for wrong, right in found.items() if right and wrong not in words}


def _near(word: str) -> set[str]:
    """Write a word with one slip: a letter left out or twice, two swapped, another vowel."""
    near = set()
    for index in range(1, len(word)):
        near.add(word[:index] + word[index + 1 :])
        near.add(word[:index] + word[index] + word[index:])
        near.add(word[: index - 1] + word[index] + word[index - 1] + word[index + 1 :])
    if len(word) > _LONG:
        near |= {
            word[:index] + vowel + word[index + 1 :]
            for index in range(1, len(word))
            if word[index] in _VOWELS
            for vowel in _VOWELS
        }
    return near - {word}
