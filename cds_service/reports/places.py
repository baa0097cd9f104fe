"""Which vertebra a statement is about: named beside it, before it, or in the sentence before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cds_service.reports.layout import ADDENDUM, Sentence
from cds_service.reports.levels import Mention
from cds_service.reports.mentions import mentions, run
from cds_service.reports.phrases import Target
from cds_service.reports.scope import Meaning
from cds_service.reports.spots import Spots

Span = tuple[int, int]

_PAIR: Final = 2
_FRACTURE: Final = "vertebral-fracture"
_EPIDURAL: Final = "epidural-tumor"
_PROGRESS: Final = "progressive-height-loss"
_LOCAL: Final = re.compile(r"(?<!\w)(?:walls?|cortex|pedicles?|endplates?)(?!\w)")
_HEADING: Final = re.compile(
    r"\W*(?:(?:levels?|vertebrae?|vertebral|segments?|body|bodies|fractures?)\W*){0,3}"
)
_LINK: Final = re.compile(
    r"^[\w\s,'\-()%./]{0,80}?(?<!\w)(?:at|of|in|involving|within|affecting|from|"
    r"throughout|for|on|to|around|through|into|behind|posterior to)"
    r"\s+(?:the\s+|both\s+|either\s+|its\s+)?(?:[\w\-]+\s+){0,3}?$"
)
_DOES_NOT: Final = re.compile(
    r"(?<!\w)(?:not|without) (?:\w+ )?(?:compress|contact|touch|deform|indent|imping|reach)"
    r"(?:es|ing|e)?(?!\w)"
)
"""Told of what lies at a level: "it contacts but does not compress the cord"."""
_LABEL: Final = re.compile(
    r"(?:\s(?:lesion|fracture|vertebra|body|level|metastasis))?\s?(?::|-\s|\s-)"
)
_HERE: Final = re.compile(r"(?<!\w)not(?!\w)|uncompressed|stab")
_END_OF_CORD: Final = re.compile(r"(?<!\w)(?:conus|cauda|equina)(?!\w)(?!.*but (?:\w+ )?not)")
"""What lies below the cord is told of the study, if it is not touched or displaced."""
_THEY_ARE: Final = re.compile(
    r"(?<!\w)(?:consistent|compatible|in keeping|concordant) with (?:\w+ ){0,3}$|"
    r"(?<!\w)(?:representing|suggesting|indicating) (?:\w+ ){0,3}$"
)
"""What several levels show together: "uptake at T11 and at L3, consistent with fractures"."""
_WITH_FRACTURES: Final = re.compile(r"(?: \w+)? with (?:\w+ ){0,2}fractures ")
_NEAR: Final = 12
_REST: Final = re.compile(r"(?<!\w)otherwise(?! (?:unchanged|stable|unaltered|static))(?!\w)")
"""What is "otherwise normal" is so beside what was named."""
_SEVERAL: Final = re.compile(r"(?:fractures|deformities|metastases|lesions|deposits|vcfs)(?!\w)")
_LARGEST: Final = re.compile(
    r"\s?,\s(?:with\s)?the (?:largest|larger|biggest|greatest|worst|most \w+)(?: \w+){0,3} "
    r"(?:at|in|of|involving) (?:the )?"
)
_BOTH: Final = re.compile(r"(?<!\w)both(?!\w)")
_ANOTHER_NO: Final = re.compile(r"\s?,\s(?:and\s)?no\s")
_OTHERS: Final = re.compile(
    r"(?<!\w)(?:no|without|nor)\s(?:(?:evidence of|signs? of|any)\s)?"
    r"(?:other|further|new|additional)\s(?:\w+\s){0,3}$"
)
_APART: Final = re.compile(r",\s*(?!with)")
_COUNTS: Final = {"two": 2, "three": 3, "four": 4, "five": 5}
_COUNTED: Final = re.compile(rf"(?<!\w)(?:all|the|these|of) ({'|'.join(_COUNTS)})(?!\w)")
_IT_IS: Final = re.compile(
    r"\W*(?:it|this (?:one|vertebra|body|level)) (?:is|has|was|appears|looks) (?:\w+ ){0,2}$"
)
_NOT_THAT: Final = re.compile(r",?\s(?:but|and|though) not (?:at |in |the |of ){0,2}$")
"""Before a level of which the opposite is told: "T9, but not T11, shows edema"."""
_COMMA: Final = re.compile(r"\s?,\s")
_NOR: Final = re.compile(r"\s*,?\s*(?:and|or|nor)\s(?:no|without|nor)\s")
_AT: Final = re.compile(r"(?<!\w)(?:at|in|of|for)\s(?:the\s)?$")
_END: Final = re.compile(r"\s?(?:level|vertebra|body)?[.;\s]*(?:$|(?<=[.;])\s)")
_VERB: Final = re.compile(
    r"(?<!\w)(?:is|are|was|were|shows?|demonstrates?|has|have|measures?|without|"
    r"no|not|with|reveals?|none|and (?:a|an))(?!\w)"
)
_WITH_OTHER: Final = re.compile(r"(?<!\w)with (?:\w+ ){0,3}(?:fractures?|compression)")
_FREE_OF: Final = re.compile(r"free (?:of|from) ")
_CONE: Final = re.compile(r"(?<!\w)(?:conus|cone)(?!\w)")
"""Where it lies is told of most spines, and says nothing of that level."""
_THE: Final = (
    " to the ",
    " of the ",
    " the adjacent ",
    " above the ",
    " below the ",
    " beside the ",
    " near the ",
)
"""Behind these a word belongs to the level that follows ("adjacent to the augmented L1")."""


@dataclass(frozen=True, slots=True)
class Place:
    """A level, or none; `rest` for all that was not named; where its name ends."""

    level: str = ""
    rest: bool = False
    end: int = -1


@dataclass(slots=True)
class Places:
    """Remembers of which levels a report is speaking, sentence after sentence."""

    patterns: Mapping[str, re.Pattern[str]]
    current: tuple[str, ...] = ()
    section: str = ""
    mentions: list[Mention] = field(default_factory=list)
    before: tuple[str, ...] = ()
    ever: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    group_before: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
    discs: tuple[str, ...] = ()
    discs_before: tuple[str, ...] = ()
    paragraph: int = -1
    start: int = 0
    joined: bool = False
    named_before: bool = False
    label: tuple[str, ...] = ()
    apart: bool = True
    headed: bool = False
    under: bool = False
    several: bool = False

    def enter(self, text: str, sentence: Sentence) -> None:
        """Begin a sentence; another section forgets the levels of the one before."""
        if sentence.section != self.section:
            self.current, self.section = (), sentence.section
            self.headed = False
        self.start = sentence.start
        joined = text[max(0, sentence.start - 12) : sentence.start].rstrip()[-1:] == ";"
        self.joined = joined
        self.apart = sentence.paragraph != self.paragraph
        self.paragraph = sentence.paragraph
        self.before = self.current
        self.named_before = bool(self.mentions)
        self.group_before = self.group
        self.discs_before = self.discs
        self.mentions = mentions(text, sentence, self.before, self.ever)
        bodies = [level for m in self.mentions if not m.disc for level in m.levels]
        self.under = self.headed and not self.mentions
        if self.apart or self.mentions:
            self.label = self._labelled(text, sentence)
        if self.mentions:
            self.headed = self._is_heading(text, sentence)
        self.several = len(set(bodies)) >= _PAIR
        if self.several:
            self.pair = tuple(dict.fromkeys(bodies))
        if bodies:
            self.current = tuple(dict.fromkeys(bodies))
            self.group = (*self.group, *bodies) if joined else tuple(bodies)
            self.group = tuple(dict.fromkeys(self.group))
        if bodies and sentence.section not in {"technique", "title"}:
            self.ever = tuple(dict.fromkeys((*self.ever, *bodies)))
        elif self.mentions:
            self.current = ()
        if self.mentions:
            self.discs = tuple(lv for m in self.mentions if m.disc or m.joined for lv in m.levels)

    def _labelled(self, text: str, sentence: Sentence) -> tuple[str, ...]:
        """Give the vertebra that a line is about: its name stands at the head ("L1: ...")."""
        first = self.mentions[0] if self.mentions else None
        if first is None or first.disc or text[sentence.start : first.start].strip(" -*\n"):
            return ()
        return first.levels if _LABEL.match(text, first.end) else ()

    def _is_heading(self, text: str, sentence: Sentence) -> bool:
        """Tell whether a sentence only names a vertebra, of which the next lines speak."""
        if len(self.mentions) != 1 or self.mentions[0].disc:
            return False
        only = self.mentions[0]
        around = f"{text[sentence.start : only.start]} {text[only.end : sentence.end]}"
        return bool(_HEADING.fullmatch(around))

    def of(
        self, spots: Spots, clause: Span, hit: Span, target: Target, said: Meaning
    ) -> list[Place]:
        """Tell the places of what was found at `hit`."""
        if target.whole:
            return [Place()]
        text = spots.text
        if spots.first("all_ever", *clause) and self.ever:
            return [Place(level) for level in self.ever]
        found = self.beside(text, clause, hit)
        rest = False
        if said is Meaning.ABSENT and spots.first("any_other_level", hit[1], clause[1]):
            return [*_levels(found, target, said), Place()] if found else [Place()]
        if said is Meaning.ABSENT and target.of_study:
            found = self._of_cord(spots, clause, hit, found)
        elif said is Meaning.ABSENT and _REST.search(text, max(clause[0], hit[0] - _NEAR), hit[1]):
            found, rest = [], True
        if said is Meaning.ABSENT and _OTHERS.search(text, clause[0], hit[0]):
            found = [m for m in found if m.start >= hit[1]]
            rest = not found
        if found or rest:
            return _levels(found, target, said) if found else [Place(rest=True)]
        return self._without_a_name(spots, clause, hit, target, said)

    def _of_cord(
        self, spots: Spots, clause: Span, hit: Span, found: list[Mention]
    ) -> list[Mention]:
        """Choose the levels at which a cord is normal; where a normal conus lies is none."""
        if self._is_normal(spots, hit):
            ends_there = _CONE.search(spots.text, *hit)
            return [m for m in found if m.start >= hit[1] and not ends_there]
        if _END_OF_CORD.search(spots.text, *hit):
            return [m for m in found if clause[0] <= m.start < clause[1]]
        return found

    def _without_a_name(
        self, spots: Spots, clause: Span, hit: Span, target: Target, said: Meaning
    ) -> list[Place]:
        """Tell the places of a statement that names no level itself."""
        text = spots.text
        first = max(clause[0], hit[0] - 45)
        near = max(first, text.rfind(", no ", first, hit[0])), min(clause[1], hit[1] + 50)
        for one in spots.each("rest", *near):
            closed = (  # "(or other collection)"
                text.find(")", one.end(), hit[0]) >= 0 or text.find("(", hit[1], one.start()) >= 0
            )
            if not closed and not _is_course(target, hit, one.span()):
                return [Place(rest=True)]
        nowhere = spots.first("at_no_level", *clause)
        if nowhere and not _ANOTHER_NO.search(text, hit[1], nowhere.start()):
            return [Place()]
        levels = self._pointed_at(spots, clause, target, said)
        if not levels and self._may_inherit(spots, clause, hit, target, said):
            levels = self.before or self._only_one(target)
        return [Place(level) for level in levels] or [Place()]

    def _pointed_at(
        self, spots: Spots, clause: Span, target: Target, said: Meaning
    ) -> tuple[str, ...]:
        """Take the levels that words like "both" and "at this level" point at."""
        here = spots.first("here", *clause)
        if here and len(self.before) == 1:
            return self.before
        both_of_it = self.patterns["both_of_it"].search(spots.text, *clause)
        if spots.first("all_of_them", *clause) and not both_of_it:
            counted = _COUNTED.search(spots.text, *clause)
            if counted and len(self.ever) == _COUNTS[counted[1]]:
                return self.ever
            if len(self.group_before) > 1:
                return self.group_before
            both = len(self.pair) == _PAIR and _BOTH.search(spots.text, *clause)
            return self.pair if both else self.ever[-_PAIR:]
        of_the_disc = target.of_discs and said is not Meaning.ABSENT and not self.apart
        return self.discs_before if of_the_disc else ()

    def _may_inherit(
        self, spots: Spots, clause: Span, hit: Span, target: Target, said: Meaning
    ) -> bool:
        """Tell whether a statement can be about the levels of the sentence before."""
        alone = len(self.before) == 1
        if said is Meaning.ABSENT and self._is_of_study(spots, clause, hit, target):
            return False
        under = self.under and (target.finding == _FRACTURE or not target.everywhere)
        if under or (
            self.joined
            and (alone or not target.everywhere)
            and (self.named_before or not target.everywhere)
            and not self._is_normal(spots, hit)
        ):
            return True
        if self.apart and (target.everywhere or said is Meaning.ABSENT):
            return False
        if said is Meaning.ABSENT:
            return alone and (not target.everywhere or self._is_here(spots.text, target, hit))
        open_here = alone and not target.of_study
        if not (open_here if said is Meaning.INDETERMINATE else alone or not target.everywhere):
            return False
        return not (target.everywhere and spots.first("unlikely", *clause))

    def _only_one(self, target: Target) -> tuple[str, ...]:
        """Give the one vertebra of the report, where a disc was named since."""
        behind_a_disc = bool(self.discs_before) and len(self.ever) == 1 and not self.apart
        return self.ever if behind_a_disc and not target.everywhere else ()

    def _is_of_study(self, spots: Spots, clause: Span, hit: Span, target: Target) -> bool:
        """Tell whether an absence is told of the whole study: of the conus, of epidural masses."""
        if target.of_study and _END_OF_CORD.search(spots.text, *hit):
            return True
        beside = self.joined or self.label == self.before or self.section == ADDENDUM
        return target.finding == _EPIDURAL and not beside and not _LOCAL.search(spots.text, *clause)

    def _is_normal(self, spots: Spots, hit: Span) -> bool:
        """Tell whether an absence is told by the word "normal"."""
        word = spots.first("normal_cord", hit[0], hit[1])
        return word is not None and not _FREE_OF.match(spots.text, word.start(), hit[1])

    def _is_here(self, text: str, target: Target, hit: Span) -> bool:
        """Tell whether an absence in the whole study may yet be about the level before."""
        if target.finding == _FRACTURE and self.label == self.before:
            return True
        if not target.of_study and _IT_IS.match(text, self.start, hit[0]):
            return True
        alone = target.of_study and len(self.ever) == 1
        words = text[hit[0] : hit[1]]
        return bool(_DOES_NOT.search(words)) or (alone and bool(_HERE.search(words)))

    def beside(self, text: str, clause: Span, hit: Span) -> list[Mention]:
        """Find the levels named for a hit: linked after it, else before it, else after it."""
        if not self.mentions:
            return []
        inside = [m for m in self.mentions if clause[0] <= m.start < clause[1]]
        within = [m for m in inside if hit[0] <= m.start < hit[1]]
        if within:
            return within
        if self._of_all(text, clause, hit):
            return [m for m in self.mentions if not m.disc]
        if not inside and self.mentions and _NOR.match(text, clause[1]):
            return self.mentions if self._closes(text, self.mentions[0]) else []
        return self._around(text, clause, hit, inside)

    def _around(self, text: str, clause: Span, hit: Span, inside: list[Mention]) -> list[Mention]:
        """Choose between the levels before and after a hit."""
        after = [m for m in inside if m.start >= hit[1]]
        before = [m for m in inside if m.end <= hit[0]]
        if after and not before and _WITH_FRACTURES.match(text, hit[1], after[0].start):
            return []
        if after and (
            self._linked(text, hit, after[0], among_others=bool(before))
            or (not before and self._at_the_end(text, hit, after[0]))
        ):
            return run(text, after)
        if before and _THEY_ARE.search(text, clause[0], hit[0]) and _SEVERAL.search(text, *hit):
            return [m for m in before if not m.disc]
        earlier = before or [m for m in self.mentions if m.end <= clause[0]]
        if len(earlier) > 1 and text.find(" not ", earlier[0].end, hit[0]) >= 0:
            earlier = [m for m in earlier if not _NOT_THAT.search(text, m.start - 20, m.start)]
        if after and not before and not _APART.search(text, hit[1], after[0].start):
            return run(text, after)
        if earlier:
            return run(text, earlier[::-1], backwards=True)
        return run(text, after) if after and not self.before else []

    def _at_the_end(self, text: str, hit: Span, after: Mention) -> bool:
        """Tell whether a level stands behind a comma, or closes the sentence."""
        between = hit[1], after.start
        return (
            self._closes(text, after)
            or _COMMA.fullmatch(text, *between) is not None
            or _LARGEST.fullmatch(text, *between) is not None
        )

    def _closes(self, text: str, last: Mention) -> bool:
        """Tell whether a sentence names one place alone, at its end: "A, B and C at L1"."""
        return len(self.mentions) == 1 and bool(
            _AT.search(text, max(0, last.start - 12), last.start) and _END.match(text, last.end)
        )

    def _of_all(self, text: str, clause: Span, hit: Span) -> bool:
        """Tell whether words say that a sentence means all its levels ("edema in both")."""
        if not self.several:
            return False
        before = text[max(clause[0], hit[0] - 24) : hit[0]]
        return bool(
            self.patterns["all_here_before"].search(before)
            or self.patterns["all_here_after"].match(text, hit[1])
        )

    def _linked(self, text: str, hit: Span, mention: Mention, *, among_others: bool) -> bool:
        """Tell whether a level after a hit belongs to it ("edema of L1")."""
        between = text[hit[1] : mention.start]
        if _WITH_OTHER.search(between):
            return False
        if not between.strip() and text[hit[0] : hit[1]].endswith((" at", " in", " of")):
            return True
        if not between.strip() and text.endswith(_THE, 0, hit[0]):
            return True
        if not between.strip():
            last = max([0, *(m.end for m in self.mentions if m.end <= hit[0])])
            return bool(re.search(r"[,;:(]", text[last : hit[0]]))
        if _VERB.search(between) or not _LINK.match(between):
            return False
        return not (among_others and "," in between)


def _is_course(target: Target, hit: Span, word: Span) -> bool:
    """Tell whether "further" is part of what is said: "no further loss of height"."""
    return target.finding == _PROGRESS and hit[0] <= word[0] < hit[1]


def _levels(found: list[Mention], target: Target, said: Meaning) -> list[Place]:
    """Name the levels; the space between two is none, but an infection of it is of both."""
    levels = [
        Place(level, end=m.end)
        for m in found
        if (target.of_discs and said is not Meaning.ABSENT)
        or not (m.disc or (target.between and m.joined))
        for level in m.levels
    ]
    return levels or [Place()]
