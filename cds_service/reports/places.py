"""Which vertebra a statement is about: named beside it, before it, or in the sentence before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cds_service.reports.layout import Sentence
from cds_service.reports.levels import Mention, levels_in
from cds_service.reports.phrases import Target

_LINK: Final = re.compile(
    r"^[\w\s,'\-()%./]{0,60}?(?<!\w)(?:at|of|in|involving|within|affecting|from|throughout|for|on|to|around|through|into)\s+(?:the\s+|both\s+|either\s+|its\s+)?(?:[\w\-]+\s+){0,3}?$"
)
_VERB: Final = re.compile(
    r"(?<!\w)(?:is|are|was|were|shows?|demonstrates?|has|have|measures?|without|no|not|with)(?!\w)"
)
_LIST: Final = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A level, or none; `rest` for all that was not named; where its name ends."""

    level: str = ""
    rest: bool = False
    end: int = -1


@dataclass(slots=True)
class Places:
    """Remembers of which levels a report is speaking, sentence after sentence."""

    scopes: Mapping[str, re.Pattern[str]]
    current: tuple[str, ...] = ()
    section: str = ""
    mentions: list[Mention] = field(default_factory=list)
    before: tuple[str, ...] = ()

    def enter(self, text: str, sentence: Sentence) -> None:
        """Begin a sentence; another section forgets the levels of the one before."""
        if sentence.section != self.section:
            self.current, self.section = (), sentence.section
        self.before = self.current
        self.mentions = levels_in(text, sentence.start, sentence.end)
        named = [level for m in self.mentions if not m.disc for level in m.levels]
        if named:
            self.current = tuple(dict.fromkeys(named))

    def of(
        self, text: str, clause: tuple[int, int], hit: tuple[int, int], target: Target
    ) -> list[Place]:
        """Tell the places of what was found at `hit`."""
        if target.whole:
            return [Place()]
        rest = self._is_rest(text, clause, hit)
        found = self._beside(text, clause, hit)
        if found:
            between = target.between
            levels = [
                Place(level, end=m.end)
                for m in found
                if not m.disc and not (between and m.joined)
                for level in m.levels
            ]
            return levels or [Place()]
        if rest:
            return [Place(rest=True)]
        here = self.scopes["here"].search(text, *clause)
        if target.everywhere and not here:
            return [Place()]
        return [Place(level) for level in self.before] or [Place()]

    def _is_rest(self, text: str, clause: tuple[int, int], hit: tuple[int, int]) -> bool:
        """Tell whether a statement is about what was not named."""
        near = text[max(clause[0], hit[0] - 30) : min(clause[1], hit[1] + 50)]
        return bool(self.scopes["rest"].search(near))

    def _beside(self, text: str, clause: tuple[int, int], hit: tuple[int, int]) -> list[Mention]:
        """Find the levels named for a hit: linked after it, else before it, else after it."""
        inside = [m for m in self.mentions if clause[0] <= m.start < clause[1]]
        within = [m for m in inside if hit[0] <= m.start < hit[1]]
        if within:
            return within
        after = [m for m in inside if m.start >= hit[1]]
        if after and _LINK.match(text[hit[1] : after[0].start]):
            between = text[hit[1] : after[0].start]
            if not _VERB.search(between):
                return self._run(text, after)
        before = [m for m in inside if m.end <= hit[0]]
        if before:
            return self._run(text, before[::-1], backwards=True)
        if after:
            return self._run(text, after)
        earlier = [m for m in self.mentions if m.end <= clause[0]]
        return earlier[-1:]

    def _run(self, text: str, mentions: list[Mention], *, backwards: bool = False) -> list[Mention]:
        """Take a list of levels that one statement names one after another."""
        run = mentions[:1]
        for one in mentions[1:]:
            first, second = (one, run[-1]) if backwards else (run[-1], one)
            between = text[first.end : second.start]
            if (
                len(between) > _LIST
                or _VERB.search(between)
                or not re.search(r"and|or|,|&", between)
            ):
                break
            run.append(one)
        return run
