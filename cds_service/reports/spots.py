"""Where in a sentence the phrases of each list may begin.

A report is read against some 2,800 phrases in 130 lists, and nearly none of them stands in any one
sentence. So a list is not one pattern but many small ones, by the first five letters of their
phrases ("fract": "fracture*", "fractured vertebra"), and the words of a text are looked up by
their first five letters, once. What is left for a sentence are few places, each with the patterns
worth a try from there; a list with no such place costs nothing. At each place the phrases are tried
in the order of their list, so what is found is what one pattern of the whole list would find.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.reports.grammar import LETTERS, Words, alternatives

Match = re.Match[str]
Match_at = Callable[[str, int, int], Match | None]
_NOWHERE: Final = ()


class Start:
    """The phrases of one list with one beginning; their pattern is made when it is first tried."""

    __slots__ = ("match", "name", "source")

    def __init__(self, name: str, phrases: Iterable[str]) -> None:
        """Keep the patterns of the phrases, in the order of their list."""
        self.name = name
        self.source = rf"(?:{'|'.join(phrases)})(?!\w)"
        self.match: Match_at = self._made

    def _made(self, text: str, at: int, end: int) -> Match | None:
        """Make the pattern, and try it."""
        self.match = re.compile(self.source).match
        return self.match(text, at, end)


@dataclass(frozen=True, slots=True)
class Begun:
    """What may begin with some letters: phrases of findings, and phrases of other lists."""

    findings: tuple[Start, ...]
    others: tuple[Start, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """All lists by the beginnings of their phrases; `words` finds the beginnings in a text."""

    words: re.Pattern[str]
    begun: Mapping[str, Begun]


Lists = Mapping[str, Iterable[str]]


def index(findings: Lists, others: Lists, words: Words) -> Index:
    """Sort the phrases of all lists by their first letters."""
    made = {name: alternatives(phrases, words) for name, phrases in {**findings, **others}.items()}
    every = {key for phrases in made.values() for keys in phrases.values() for key in keys}
    short = sorted(key[:-1] for key in every if key.endswith("*"))
    starts: dict[str, list[Start]] = {}
    for name, phrases in made.items():
        for key, some in _by_beginning(phrases, short).items():
            starts.setdefault(key, []).append(Start(name, some))
    signs = sorted(re.escape(key) for key in starts if not key[0].isalnum())
    found = "|".join([*short, rf"\w{{1,{LETTERS}}}", *signs])
    return Index(
        re.compile(rf"(?<!\w)(?:{found})"),
        {
            key: Begun(
                tuple(one for one in some if one.name in findings),
                tuple(one for one in some if one.name not in findings),
            )
            for key, some in starts.items()
        },
    )


def _by_beginning(phrases: Mapping[str, set[str]], short: list[str]) -> dict[str, list[str]]:
    """Sort the phrases of one list by the beginning under which a word is looked up."""
    begun: dict[str, list[str]] = {}
    for phrase, keys in phrases.items():
        bare = {key.rstrip("*") for key in keys}
        for key in {next((one for one in short if key.startswith(one)), key) for key in bare}:
            begun.setdefault(key, []).append(phrase)
    return begun


class Text:
    """A folded text with the places where phrases may begin."""

    __slots__ = ("begun", "places", "text")

    def __init__(self, text: str, index: Index) -> None:
        """Look up the words of a text."""
        self.text = text
        self.places: list[int] = []
        self.begun: list[Begun] = []
        known = index.begun.get
        for word in index.words.finditer(text):
            if begun := known(word[0]):
                self.places.append(word.start())
                self.begun.append(begun)

    def between(self, start: int, end: int) -> Iterator[tuple[int, Begun]]:
        """Give the places of one stretch."""
        first, last = bisect_left(self.places, start), bisect_left(self.places, end)
        return zip(self.places[first:last], self.begun[first:last], strict=True)


class Spots:
    """The places of one sentence where phrases may begin."""

    __slots__ = ("others", "text", "whole")

    def __init__(self, whole: Text, others: Mapping[str, list[tuple[int, Match_at]]]) -> None:
        """Take the places of lists other than those of findings, from left to right."""
        self.whole = whole
        self.text = whole.text
        self.others = others

    @classmethod
    def of(cls, whole: Text, start: int, end: int) -> Spots:
        """Give the places of the sentence from `start` to `end`."""
        others: dict[str, list[tuple[int, Match_at]]] = {}
        for at, begun in whole.between(start, end):
            for one in begun.others:
                others.setdefault(one.name, []).append((at, one.match))
        return cls(whole, others)

    def instead(self, others: Mapping[str, str]) -> Spots:
        """Take one list for another, or for none where it has no name."""
        replaced = {name: self.others.get(other, []) for name, other in others.items()}
        return Spots(self.whole, {**self.others, **replaced})

    def findings(self, start: int, end: int) -> dict[str, list[Match]]:
        """Find the phrases of all findings between two places, by list, none within another."""
        found: dict[str, list[Match]] = {}
        for at, begun in self.whole.between(start, end):
            for one in begun.findings:
                if hit := one.match(self.text, at, end):
                    hits = found.setdefault(one.name, [])
                    if not hits or hits[-1].end() <= at:
                        hits.append(hit)
        return found

    def each(self, name: str, start: int, end: int) -> list[Match]:
        """Find the phrases of a list between two places, none within another."""
        hits: list[Match] = []
        for at, match in self.others.get(name, _NOWHERE):
            if start <= at < end and (hit := match(self.text, at, end)):
                hits.append(hit)
                start = hit.end()
        return hits

    def first(self, name: str, start: int, end: int) -> Match | None:
        """Find the first phrase of a list between two places."""
        for at, match in self.others.get(name, _NOWHERE):
            if start <= at < end and (hit := match(self.text, at, end)):
                return hit
        return None

    def at(self, name: str, place: int, end: int) -> Match | None:
        """Find a phrase of a list right at a place."""
        return next(
            (
                match(self.text, at, end)
                for at, match in self.others.get(name, _NOWHERE)
                if at == place
            ),
            None,
        )
