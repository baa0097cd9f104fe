"""Where in a sentence the phrases of each list may begin.

A report is read against some 2,800 phrases in 130 lists, and nearly none of them stands in any one
sentence. So a list is not one pattern but many small ones, by the first three letters of their
phrases ("fra": "fracture*", "fracture line"), and the words of a text are looked up by their first
three letters, once. What is left for a sentence are few places, each with the patterns worth a try
from there; a list with no such place costs nothing. At each place the phrases are tried in the
order of their list, so what is found is what one pattern of the whole list would find.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
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
class Index:
    """All lists by the beginnings of their phrases; `words` finds the beginnings in a text."""

    words: re.Pattern[str]
    starts: Mapping[str, tuple[Start, ...]]

    def ready(self) -> None:
        """Make every pattern now."""
        for starts in self.starts.values():
            for one in starts:
                one.match("", 0, 0)


def index(lists: Mapping[str, Iterable[str]], words: Words) -> Index:
    """Sort the phrases of all lists by their first letters."""
    made = {name: alternatives(phrases, words) for name, phrases in lists.items()}
    every = {key for phrases in made.values() for keys in phrases.values() for key in keys}
    short = sorted(key[:-1] for key in every if key.endswith("*"))
    starts: dict[str, list[Start]] = {}
    for name, phrases in made.items():
        begun: dict[str, list[str]] = {}
        for phrase, keys in phrases.items():
            for key in {_shortest(key.rstrip("*"), short) for key in keys}:
                begun.setdefault(key, []).append(phrase)
        for key, some in begun.items():
            starts.setdefault(key, []).append(Start(name, some))
    signs = sorted(re.escape(key) for key in starts if not key[0].isalnum())
    found = "|".join([*short, rf"\w{{1,{LETTERS}}}", *signs])
    return Index(
        re.compile(rf"(?<!\w)(?:{found})"), {key: tuple(some) for key, some in starts.items()}
    )


def _shortest(key: str, short: Iterable[str]) -> str:
    """Give the beginning under which a word with these letters is looked up."""
    return next((one for one in short if key.startswith(one)), key)


class Spots:
    """The places of one sentence where phrases may begin, by list."""

    __slots__ = ("found", "text")

    def __init__(self, text: str, found: Mapping[str, list[tuple[int, Match_at]]]) -> None:
        """Take the places, from left to right."""
        self.text = text
        self.found = found

    def instead(self, others: Mapping[str, str]) -> Spots:
        """Take one list for another, or for none where it has no name."""
        replaced = {name: self.found.get(other, []) for name, other in others.items()}
        return Spots(self.text, {**self.found, **replaced})

    def first(self, name: str, start: int, end: int) -> Match | None:
        """Find the first phrase of a list between two places."""
        for at, match in self.found.get(name, _NOWHERE):
            if start <= at < end and (hit := match(self.text, at, end)):
                return hit
        return None

    def each(self, name: str, start: int, end: int) -> list[Match]:
        """Find the phrases of a list between two places, none within another."""
        hits: list[Match] = []
        for at, match in self.found.get(name, _NOWHERE):
            if start <= at < end and (hit := match(self.text, at, end)):
                hits.append(hit)
                start = hit.end()
        return hits

    def at(self, name: str, place: int, end: int) -> Match | None:
        """Find a phrase of a list right at a place."""
        return next(
            (
                match(self.text, at, end)
                for at, match in self.found.get(name, _NOWHERE)
                if at == place
            ),
            None,
        )


class Text:
    """A folded text with the places where phrases may begin."""

    __slots__ = ("places", "starts", "text")

    def __init__(self, text: str, index: Index) -> None:
        """Look up the words of a text."""
        self.text = text
        self.places: list[int] = []
        self.starts: list[tuple[Start, ...]] = []
        known = index.starts.get
        for word in index.words.finditer(text):
            if starts := known(word[0]):
                self.places.append(word.start())
                self.starts.append(starts)

    def between(self, start: int, end: int) -> Spots:
        """Give the places of one sentence."""
        found: dict[str, list[tuple[int, Match_at]]] = {}
        for number in range(bisect_left(self.places, start), bisect_left(self.places, end)):
            at = self.places[number]
            for one in self.starts[number]:
                found.setdefault(one.name, []).append((at, one.match))
        return Spots(self.text, found)
