"""Where in a sentence the phrases of each list may stand.

A report is read against some 2,800 phrases in 130 lists, and nearly none of them stands in any one
sentence. So the words of a text are looked up once, by their first five letters, and a phrase is
tried only from a word that may be its first, in a sentence that has its most telling other word.
What is left are few phrases; a list that has none there costs nothing. Where several phrases of a
list may begin at one word they are tried in the order of their list, so what is found is what one
pattern of the whole list would find.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.reports.grammar import LETTERS, Words, written

Match = re.Match[str]
Lists = Mapping[str, Iterable[str]]
_ANY: Final = ""
_START: Final = re.Match.start


class Phrase:
    """A phrase of a list; its pattern is made when it is first tried."""

    __slots__ = ("match", "name", "names_finding", "rank", "source")

    def __init__(self, source: str, name: str, rank: int, *, names_finding: bool) -> None:
        """Keep the pattern, the name of the list, and the place among all phrases."""
        self.source = source
        self.name = name
        self.rank = rank
        self.names_finding = names_finding
        self.match: Callable[[str, int, int], Match | None] = self._made

    def _made(self, text: str, at: int, end: int) -> Match | None:
        """Make the pattern, and try it."""
        self.match = re.compile(rf"(?:{self.source})(?!\w)").match
        return self.match(text, at, end)


Begun = Mapping[str, tuple[Phrase, ...]]
"""Phrases that may begin with a word, by the letters of another word that must stand."""


@dataclass(frozen=True, slots=True)
class Index:
    """All phrases by the letters of two of their words; `words` finds such letters in a text."""

    words: re.Pattern[str]
    begun: Mapping[str, Begun]

    def ready(self) -> None:
        """Make every pattern now: where a service starts, so that no report waits for it."""
        for by_other in self.begun.values():
            for phrases in by_other.values():
                for one in phrases:
                    one.match("", 0, 0)


def index(findings: Lists, others: Lists, words: Words) -> Index:
    """Sort all phrases: those that name findings, and all others."""
    made = [
        (one, name)
        for name, phrases in {**findings, **others}.items()
        for one in written(phrases, words)
    ]
    every = {key for one, _ in made for key in (*one.first, *one.telling)}
    short = sorted(key[:-1] for key in every if key.endswith("*"))
    begun: dict[str, dict[str, list[Phrase]]] = {}
    for rank, (one, name) in enumerate(made):
        phrase = Phrase(one.pattern, name, rank, names_finding=name in findings)
        for first in _looked_up(one.first, short):
            for other in _looked_up(one.telling, short) or {_ANY}:
                begun.setdefault(first, {}).setdefault(other, []).append(phrase)
    signs = sorted(re.escape(key) for key in every if not key[0].isalnum())
    found = "|".join([*short, rf"\w{{1,{LETTERS}}}", *signs])
    return Index(
        re.compile(rf"(?<!\w)(?:{found})"),
        {
            first: {other: tuple(some) for other, some in by_other.items()}
            for first, by_other in begun.items()
        },
    )


def _looked_up(letters: Iterable[str], short: Iterable[str]) -> set[str]:
    """Give the letters under which words are looked up: fewer where fewer tell a word."""
    bare = (one.rstrip("*") for one in letters)
    return {next((few for few in short if one.startswith(few)), one) for one in bare}


class Text:
    """A folded text with the beginnings of its words."""

    __slots__ = ("begun", "letters", "places", "text")

    def __init__(self, text: str, index: Index) -> None:
        """Look up the words of a text."""
        self.text = text
        words = list(index.words.finditer(text))
        self.places = list(map(_START, words))
        self.letters = [word[0] for word in words]
        self.begun = list(map(index.begun.get, self.letters))

    def spots(self, start: int, end: int) -> Spots:
        """Give the places of the sentence from `start` to `end`."""
        first = bisect_left(self.places, start)
        last = bisect_left(self.places, end, first)
        later, some = {_ANY}, {}
        for place in range(last - 1, first - 1, -1):  # what must stand in a phrase stands later
            begun, at = self.begun[place], self.places[place]
            if begun is not None:
                for key in begun.keys() & later:
                    for one in begun[key]:
                        some[at, one.rank] = one
            later |= {self.letters[place]}
        some = dict(sorted(some.items()))
        findings = [(at, one) for (at, _), one in some.items() if one.names_finding]
        others: dict[str, list[tuple[int, Phrase]]] = {}
        for (at, _), one in some.items():
            if one.names_finding:
                continue
            if one.name in others:
                others[one.name] += [(at, one)]
            else:
                others[one.name] = [(at, one)]
        return Spots(self.text, findings, others)


class Spots:
    """The places of one sentence with the phrases that may begin there."""

    __slots__ = ("_findings", "_names", "_others", "text")

    def __init__(
        self,
        text: str,
        findings: list[tuple[int, Phrase]],
        others: Mapping[str, list[tuple[int, Phrase]]],
    ) -> None:
        """Take the places from left to right: of findings, and of other lists by name."""
        self.text = text
        self._findings = findings
        self._others = others
        self._names = others.keys()

    def has(self, names: Iterable[str]) -> bool:
        """Tell whether a phrase of one of these lists may stand here."""
        return not self._names.isdisjoint(names)

    def instead(self, others: Mapping[str, str]) -> Spots:
        """Take one list for another, or for none where it has no name."""
        replaced = {name: self._others.get(other, []) for name, other in others.items()}
        return Spots(self.text, self._findings, {**self._others, **replaced})

    def findings(self, start: int, end: int) -> dict[str, list[Match]]:
        """Find the phrases of all findings between two places, by list, none within another."""
        found: dict[str, list[Match]] = {}
        for at, one in self._findings:
            if start <= at < end and (hit := one.match(self.text, at, end)):
                hits = found.setdefault(one.name, [])
                if not hits or hits[-1].end() <= at:
                    hits.append(hit)
        return found

    def each(self, name: str, start: int, end: int) -> list[Match]:
        """Find the phrases of a list between two places, none within another."""
        hits: list[Match] = []
        for at, one in self._others.get(name, ()):
            if start <= at < end and (hit := one.match(self.text, at, end)):
                hits.append(hit)
                start = hit.end()
        return hits

    def every(self, name: str, start: int, end: int) -> list[Match]:
        """Find the phrases of a list between two places, those within another too."""
        some = self._others.get(name)
        if not some:
            return []
        return [
            hit for at, one in some if start <= at < end and (hit := one.match(self.text, at, end))
        ]

    def first(self, name: str, start: int, end: int) -> Match | None:
        """Find the first phrase of a list between two places."""
        for at, one in self._others.get(name, ()):
            if start <= at < end and (hit := one.match(self.text, at, end)):
                return hit
        return None

    def at(self, name: str, place: int, end: int) -> Match | None:
        """Find a phrase of a list right at a place."""
        for at, one in self._others.get(name, ()):
            if at == place and (hit := one.match(self.text, at, end)):
                return hit
        return None
