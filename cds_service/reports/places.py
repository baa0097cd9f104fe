"""Which vertebra a statement is about: named beside it, before it, or in the sentence before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cds_service.reports.beside import beside
from cds_service.reports.denied import (
    Told,
    begins_a_line,
    beside_cord,
    is_line,
    is_local,
    no_fracture_anywhere,
    of_narrowing,
    of_one_level,
    tells,
)
from cds_service.reports.kinds import all_counted, both_fractures, of_kind
from cds_service.reports.layout import ADDENDUM, Sentence
from cds_service.reports.levels import Mention
from cds_service.reports.mentions import mentions, run
from cds_service.reports.phrases import Target
from cds_service.reports.scope import Meaning
from cds_service.reports.spots import Spots

Span = tuple[int, int]

_PAIR: Final = 2
_FRACTURE: Final = "vertebral-fracture"
_AUGMENTED: Final = "augmented"
_CANAL: Final = "canal-stenosis-grade"
_NOT_REST: Final = re.compile(
    r"\s(?:possibilit\w+|hand|option|explanation|words|consideration|alternative|signs?|"
    r"features?)(?!\w)"
)
_NEITHER_PART: Final = re.compile(
    r"neither (?:the )?(?:cord|conus|cauda|spinal cord|compression|edema|infection|a |an |any )"
)
_AND_HAS: Final = re.compile(r"\sand (?:has|have|had|is|are|was|were|shows?)(?!\w)")
_IT: Final = re.compile(
    r"\W*(?:(?:but|and|however,?) )?(?:it|this (?:vertebra|body|level|fracture|one)|its|"
    r"these (?:vertebrae|bodies|levels|fractures)|they|their) "
)
"""A clause that goes on about the vertebrae of the sentence before."""
_PROGRESS: Final = "progressive-height-loss"
_FINDINGS: Final = "findings"
_CORD: Final = "cord-compression"
_FIELD: Final = re.compile(
    r"[\s\-*•]*(?!general|impression|other|overall|conclusion|comment|summary|remaining|rest|"
    r"elsewhere|adjacent|lungs?|liver|kidneys?|chest|abdomen|pelvis|sacrum|ribs?|soft tissues?|"
    r"incidental|extra)[a-z][\w /()\-]{2,40}\s?[:=]"
)
"""A line of a form, "Infection: none": it is about the vertebra that the form is headed by."""
_EPIDURAL: Final = "epidural-tumor"
_LOCAL: Final = re.compile(r"(?<!\w)(?:walls?|cortex|pedicles?|endplates?)(?!\w)")
_HEADING: Final = re.compile(
    r"\W*(?:(?:levels?(?:\(s\))?|vertebrae?|vertebral|segments?|body|bodies|fractures?|target|"
    r"index|assessed|"
    r"treated|treatment|planned|affected|involved|examined|fractured|of interest)\W*){0,3}"
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
_NEAR: Final = 12
_REST: Final = re.compile(r"(?<!\w)otherwise(?! (?:unchanged|stable|unaltered|static))(?!\w)")
"""What is "otherwise normal" is so beside what was named."""
_BOTH: Final = re.compile(r"(?<!\w)both(?!\w)")
_TWO: Final = re.compile(r"(?<!\w)(?:both|either|neither)(?!\w)")
_ANOTHER_NO: Final = re.compile(r"\s?,\s(?:and\s)?no\s")
_OTHERS: Final = re.compile(
    r"(?<!\w)(?:no|without|nor)\s(?:(?:evidence of|signs? of|any)\s)?"
    r"(?:other|further|new|additional)\s(?:\w+\s){0,3}$"
)
_IT_IS: Final = re.compile(
    r"\W*(?:it|this (?:one|vertebra|body|level)) (?:is|has|was|appears|looks) (?:\w+ ){0,2}$"
)
_FREE_OF: Final = re.compile(r"free (?:of|from) ")
_ADJOINING: Final = re.compile(
    r"(?<!\w)(?:adjoining|adjacent|neighbou?ring|opposing|apposing|facing|abutting|contiguous|"
    r"bordering|opposed|apposed)(?: \w+){0,2}? (?:end ?-?plates?|bodies|vertebrae|marrow)(?!\w)|"
    r"(?<!\w)both (?:(?:adjacent|adjoining|vertebral) ){0,2}(?:bodies|vertebrae)(?!\w)"
)
_NEIGHBORS: Final = re.compile(
    r"(?<!\w)(?:adjoining|adjacent|neighbou?ring) (?:vertebral )?"
    r"(?:bod(?:y|ies)|vertebrae?|levels?|segments?)(?!\w)"
)
"""Vertebrae that are not the one told of before, and are not named."""
_CEMENT: Final = re.compile(
    r"(?<!\w)(?:around|about|surround\w*|adjacent to|next to|along|beside|near|bordering|"
    r"below|above|beneath|under|over) (?:the|this|that|previous|prior) (?:\w+ )?$"
)
_AROUND: Final = re.compile(r"(?<!\w)(?:around|about|surround\w*|along|encircl\w*)(?!\w)")
"""Behind these cement is no news: "edema around the cement and in the upper half of L2"."""
_FORM: Final = re.compile(r"\W*[a-z][\w /()\-]{1,40}\s?[:=]\s?(?:none|no|nil|absent|negative|0)\W*")
"""An answer of a form, below "Target level: T12" told of it: "Infection: none"."""
_DEFINITE: Final = frozenset(
    {"intravertebral-cleft", "retropulsion", "epidural-tumor", "marrow-edema", _CANAL, _AUGMENTED}
)
_THE_KNOWN: Final = re.compile(r"(?<!\w)(?:the|this|that) (?:(?!posterior|cortex|wall)\w+ ){0,2}$")
"""Behind these a finding is one that was told of before: "the dynamic cleft"."""
_AND_NOT: Final = re.compile(r",\s(?:and\s)?not\s(?:\w+ ){0,2}$")
"""Another diagnosis for the whole: "L2 fracture, not infection"."""
_IS_SAID: Final = re.compile(r"(?<!\w)(?:is|are|represents?|reflects?|due to)(?!\w)")
_LESIONS: Final = frozenset({"lesion-matrix", "malignancy-suspected"})
_ALL_BUT: Final = re.compile(
    r"(?:[\w\s]{1,60}?\s|\W*)(?:all|each|every one)(?: (?:of (?:them|these)|the (?:others|"
    r"fractures)|three|"
    r"four|five|levels|fractures|vertebrae|deposits|lesions))?(?: [\w\-]+){0,5}?,? "
    r"(?:but|except(?: for| in| at)?|save|apart from|other than)(?: the)? "
)
_IN_REGION: Final = re.compile(
    r"(?<!\w)(?:none|no|nil|absent) (?:in|at|of) (?:the )?"
    r"(?:\w+ ){1,2}(?:spine|region|column)(?!\w)"
)
"""What is denied of a region says nothing of a level behind it: "none in the neck region, T8"."""
_HEADED: Final = re.compile(r"\s?[:\-]\s{0,3}(?:the )?(?:spinal )?")
_WHOLLY: Final = re.compile(r"\s*(?:[.;]|$)")
"""Between a level and what is told of the cord there, and behind it."""
_CONE: Final = re.compile(r"(?<!\w)(?:conus|cone)(?!\w)")
"""Where it lies is told of most spines, and says nothing of that level."""


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
    joined: bool = False
    named_before: bool = False
    label: tuple[str, ...] = ()
    apart: bool = True
    headed: bool = False
    under: bool = False
    lined: bool = False
    called: dict[str, list[str]] = field(default_factory=dict)
    several: bool = False
    told: Sequence[Told] = ()
    telling: list[Told] = field(default_factory=list)
    at: Span = (0, 0)
    labels: int = 0
    of_all_lines: bool = False
    known: dict[str, set[str]] = field(default_factory=dict)
    all_but: tuple[str, ...] = ()

    def enter(self, text: str, sentence: Sentence) -> None:
        """Begin a sentence; another section forgets the levels of the one before."""
        if sentence.section != self.section:
            begun = self.headed and not self.section and sentence.section == _FINDINGS
            self.current = self.current if begun else ()  # "Level: T9", "Finding: fracture"
            self.headed, self.section = begun, sentence.section
        self.joined = text[max(0, sentence.start - 12) : sentence.start].rstrip()[-1:] == ";"
        self.apart = sentence.paragraph != self.paragraph
        self.paragraph = sentence.paragraph
        self.at = sentence.start, sentence.end
        if self.telling or self.apart:
            self.told, self.telling = self.telling, []
        self.before = self.current
        self.named_before = bool(self.mentions)
        self.group_before = self.group
        self.discs_before = self.discs
        self.mentions = mentions(text, sentence, self.before, self.ever, self.pair)
        self.under = self.headed and not self.mentions
        self.lined = self.under and _FIELD.match(text, *self.at) is not None
        if self.apart or self.mentions or not self.of_all_lines:
            self._lead(text, sentence)
        self._name(sentence)
        before = text[sentence.start : self.mentions[0].start] if self.mentions else ""
        self.all_but = self._all_but(text, sentence) if "all" in before or "each" in before else ()

    def learn(self, told: Iterable[tuple[str, str]]) -> None:
        """Remember of which levels something is told, for "the two cemented bodies"."""
        for finding, level in told:
            if level:
                self.called.setdefault(finding, []).append(level)

    def _lead(self, text: str, sentence: Sentence) -> None:
        """See whether a line begins with the vertebra that it is about, or follows such lines."""
        if self.apart or self.mentions:
            self.label = self._labelled(text, sentence)
            self.labels = self.labels + 1 if self.label else 0
        if self.mentions:
            self.headed = self._is_heading(text, sentence)
        self.of_all_lines = self.labels > 1 and not self.mentions and is_line(text, self.at[0])

    def _name(self, sentence: Sentence) -> None:
        """Remember which levels a sentence names: bodies, and those beside a disc."""
        named = [lv for m in self.mentions if not m.disc for lv in m.levels]
        bodies = tuple(dict.fromkeys(named)) if named else ()
        self.several = len(bodies) >= _PAIR
        if self.several and sentence.section not in {"technique", "title"}:
            self.pair = bodies
        if bodies:
            self.current = bodies
            joined = (*self.group, *bodies) if self.joined else ()
            self.group = tuple(dict.fromkeys(joined)) if joined else bodies
        if bodies and sentence.section not in {"technique", "title"}:
            self.ever = tuple(dict.fromkeys((*self.ever, *bodies)))
        elif self.mentions:
            self.current = ()
        beside = bodies and not self.apart and set(bodies) <= set(self.discs)
        if self.mentions and not beside:
            self.discs = tuple(lv for m in self.mentions if m.disc or m.joined for lv in m.levels)

    def _all_but(self, text: str, sentence: Sentence) -> tuple[str, ...]:
        """Give the levels that "all except L2" means, where these were named before."""
        only = self.mentions[0]
        if (
            only.disc
            or len(self.mentions) > 1
            or not _ALL_BUT.fullmatch(text, sentence.start, only.start)
        ):
            return ()
        known = self.group_before if len(self.group_before) > _PAIR else self.ever
        return tuple(level for level in known if level not in only.levels)

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
        places = self._of(spots, clause, hit, target, said)
        self.telling.append((target.finding, said, places))
        if said is Meaning.PRESENT and places[0].level and target.finding in _DEFINITE:
            self.known.setdefault(target.finding, set()).update(one.level for one in places)
        return places

    def _of(
        self, spots: Spots, clause: Span, hit: Span, target: Target, said: Meaning
    ) -> list[Place]:
        """Tell the places of what was found at `hit`, by name or by what was told before."""
        if target.whole:
            return [Place()]
        text = spots.text
        pointed = self._elsewhere(spots, clause, hit, target)
        if self.all_but and said is not Meaning.ABSENT and not pointed:
            pointed = [Place(level) for level in self.all_but]
        if pointed:
            return pointed
        found = self._where(text, clause) or beside(self, text, clause, hit)
        if said is Meaning.ABSENT:
            if target.of_discs and self._is_another(text, clause, hit):
                return _levels([m for m in found if m.start >= hit[1]], target, said)
            if spots.first("any_other_level", hit[1], clause[1]):
                return [*_levels(found, target, said), Place()]
            found, rest = self._denied_of(spots, clause, hit, target, found)
            if rest:
                return [Place(rest=True)]
        named = _levels(found, target, said) if found else None
        return named or self._without_a_name(spots, clause, hit, target, said)

    def _where(self, text: str, clause: Span) -> list[Mention]:
        """Give the level that a clause is about that only says "where ..." behind it."""
        head = text[clause[0] : clause[0] + _NEAR].lstrip(" ,")
        if head[:6] != "where " or any(clause[0] <= m.start < clause[1] for m in self.mentions):
            return []
        return [m for m in self.mentions if m.end <= clause[0]][-1:]

    def _denied_of(
        self, spots: Spots, clause: Span, hit: Span, target: Target, found: list[Mention]
    ) -> tuple[list[Mention], bool]:
        """Tell of which levels something is denied, or whether it is of all that is not named."""
        text = spots.text
        if target.of_study:
            found = self._of_cord(spots, clause, hit, found)
        elif _REST.search(text, max(clause[0], hit[0] - _NEAR), hit[1]):
            return [], True
        if _OTHERS.search(text, clause[0], hit[0]):
            found = [m for m in found if m.start >= hit[1]]
            if not found:
                return [], True
        region = found and _IN_REGION.search(text, hit[1], max(hit[1], found[0].start))
        return ([], True) if region else (found, False)

    def _elsewhere(self, spots: Spots, clause: Span, hit: Span, target: Target) -> list[Place]:
        """Tell the places of "all fractures", of cement known before, and beside a disc."""
        if self.ever and spots.first("all_ever", *clause):
            return [Place(level) for level in self.ever]
        if target.finding == _AUGMENTED and _of_cement(spots.text, clause, hit):
            return self._of_known_cement(spots.text, clause, hit)
        both = (
            () if target.everywhere or not self.discs else self._of_a_disc(spots.text, clause, hit)
        )
        return [Place(level) for level in both]

    def _of_known_cement(self, text: str, clause: Span, hit: Span) -> list[Place]:
        """Give the levels of cement that is a landmark; where something is around it, of that."""
        levels: list[str] = sorted(self.known.get(_AUGMENTED, ()))
        if not levels and _AROUND.search(text, clause[0], hit[0]):
            before = [m for m in self.mentions if m.end <= hit[0]]
            levels = [lv for m in run(text, before[::-1], backwards=True) for lv in m.levels]
            levels = levels or list(self.before)
        return [Place(level) for level in levels] or [Place(rest=True)]

    def _of_a_disc(self, text: str, clause: Span, hit: Span) -> tuple[str, ...]:
        """Give the vertebrae beside a disc: "the L3-4 disc ... the adjoining endplates"."""
        if not _ADJOINING.search(text, max(clause[0], hit[0] - 60), min(clause[1], hit[1] + 60)):
            return ()
        if not self.mentions:
            return () if self.apart else self.discs_before
        return self.discs if all(m.disc or m.joined for m in self.mentions) else ()

    def _of_cord(
        self, spots: Spots, clause: Span, hit: Span, found: list[Mention]
    ) -> list[Mention]:
        """Choose the levels at which a cord is normal; where a normal conus lies is none."""
        if self._is_answer(spots.text, hit):
            return self.mentions[:1]
        if self._is_normal(spots, hit):
            ends_there = _CONE.search(spots.text, *hit)
            return [m for m in found if m.start >= hit[1] and not ends_there]
        if _END_OF_CORD.search(spots.text, *hit):
            return [m for m in found if clause[0] <= m.start < clause[1]]
        return found

    def _is_answer(self, text: str, hit: Span) -> bool:
        """Tell whether all that a line headed by a level tells is the cord: "T8: cord free."."""
        if not (self.label and self.mentions) or _END_OF_CORD.search(text, *hit):
            return False
        return (
            _HEADED.fullmatch(text, self.mentions[0].end, hit[0]) is not None
            and _WHOLLY.match(text, hit[1], self.at[1]) is not None
        )

    def _without_a_name(
        self, spots: Spots, clause: Span, hit: Span, target: Target, said: Meaning
    ) -> list[Place]:
        """Tell the places of a statement that names no level itself."""
        text = spots.text
        first = max(clause[0], hit[0] - 45)
        goes_on = _AND_HAS.search(text, hit[1], min(clause[1], hit[1] + 50))
        end = goes_on.start() if goes_on else min(clause[1], hit[1] + 50)
        near = max(first, text.rfind(", no ", first, hit[0])), end
        rest = spots.first("rest", *near)
        if rest and rest[0] == "remaining" and rest.start() == hit[1] + 1:  # "edema remaining"
            rest = None
        if rest and not (
            text.find(")", rest.end(), hit[0]) >= 0  # "(or other collection)"
            or text.find("(", hit[1], rest.start()) >= 0
            or _NOT_REST.match(text, rest.end())
            or (target.finding == _PROGRESS and hit[0] <= rest.start() < hit[1])
        ):
            return [Place(rest=True)]
        if _NEIGHBORS.search(text, *near) and not target.everywhere:
            return [Place(rest=said is Meaning.ABSENT)]
        nowhere = spots.first("at_no_level", *clause)
        on_images = nowhere is not None and nowhere[0].startswith(("on ", "in "))
        if on_images and said is not Meaning.INDETERMINATE and not target.everywhere:
            nowhere = None  # "on today's images the edema has resolved"
        if nowhere and not _ANOTHER_NO.search(text, hit[1], nowhere.start()):
            return [Place()]
        if known := self._known(text, clause, hit, target):
            return [Place(known)]
        levels = self._pointed_at(spots, clause, target, said)
        of_form = self.lined and target.finding != _CORD
        if not levels and (of_form or self._may_inherit(spots, clause, hit, target, said)):
            levels = self.before or self._only_one(target)
        return [Place(level) for level in levels] or [Place()]

    def _is_another(self, text: str, clause: Span, hit: Span) -> bool:
        """Tell whether an infection is denied as the diagnosis: "L2 fracture, not infection"."""
        if self.label or _IT.match(text, clause[0]) or _IS_SAID.search(text, clause[0], hit[0]):
            return False
        return _AND_NOT.search(text, clause[0], hit[0]) is not None

    def _known(self, text: str, clause: Span, hit: Span, target: Target) -> str:
        """Give the one level of which "the cleft" was told before, and no other since."""
        levels = self.known.get(target.finding, set())
        if len(levels) != 1 or not levels.isdisjoint(self.before):
            return ""
        return next(iter(levels)) if _THE_KNOWN.search(text, clause[0], hit[0]) else ""

    def _pointed_at(
        self, spots: Spots, clause: Span, target: Target, said: Meaning
    ) -> tuple[str, ...]:
        """Take the levels that words like "both" and "at this level" point at."""
        here = spots.first("here", *clause)
        if here and len(self.before) == 1:
            return self.before
        counted = all_counted(spots.text, clause, self.called) or both_fractures(
            spots.text, clause, self.called
        )
        if counted:
            return counted
        both_of_it = self.patterns["both_of_it"].search(spots.text, *clause)
        all_of = spots.first("all_of_them", *clause)
        if all_of and not both_of_it and not _NEITHER_PART.match(spots.text, all_of.start()):
            if len(self.group_before) > 1:
                return self.group_before
            both = _BOTH.search(spots.text, *clause) is not None
            of_list = set(self.before) <= set(self.pair) <= set(self.ever) and not _TWO.search(
                spots.text, *clause
            )
            listed = of_list if len(self.pair) > _PAIR else both and len(self.pair) == _PAIR
            return self.pair if listed else self.ever[-_PAIR:]
        group = of_kind(spots.text, clause, self.called)
        if group:
            return group
        of_the_disc = target.of_discs and said is not Meaning.ABSENT and not self.apart
        return self.discs_before if of_the_disc else ()

    def _may_inherit(
        self, spots: Spots, clause: Span, hit: Span, target: Target, said: Meaning
    ) -> bool:
        """Tell whether a statement can be about the levels of the sentence before."""
        alone = len(self.before) == 1
        denied = said is Meaning.ABSENT
        if denied and (self._is_of_study(spots, clause, hit, target) or self._of_all_lines(target)):
            return alone and self._goes_on(spots.text, hit, target)
        if self._continues(spots, hit, target):
            return True
        if denied:
            it = not target.of_study and not self.apart and _IT.match(spots.text, clause[0])
            return bool(it) or (alone and self._may_deny(spots.text, hit, target))
        if self.apart and target.everywhere:
            return False
        open_here = alone and not target.of_study and not target.everywhere
        may = open_here if said is Meaning.INDETERMINATE else alone or not target.everywhere
        unlikely = target.everywhere and spots.first("unlikely", *clause)
        return may and (
            not unlikely or (of_one_level(self.told, self.before[0]) and tells(self.told, _LESIONS))
        )

    def _continues(self, spots: Spots, hit: Span, target: Target) -> bool:
        """Tell whether a statement stands below a heading, or behind a semicolon."""
        if self.under and (
            target.finding == _FRACTURE
            or not target.everywhere
            or _FORM.fullmatch(spots.text, *self.at)
        ):
            return True
        return (
            self.joined
            and (not target.everywhere or (len(self.before) == 1 and self.named_before))
            and not self._is_normal(spots, hit)
        )

    def _may_deny(self, text: str, hit: Span, target: Target) -> bool:
        """Tell whether a denial can be about the one level of the sentence before."""
        if self.apart:
            return self._goes_on(text, hit, target)
        return not target.everywhere or self._is_here(text, target, hit)

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

    def _of_all_lines(self, target: Target) -> bool:
        """Tell whether a denial goes on from one that spoke of all vertebrae."""
        return self.of_all_lines or (no_fracture_anywhere(self.told) and not target.everywhere)

    def _goes_on(self, text: str, hit: Span, target: Target) -> bool:
        """Tell whether a denial in the whole study closes what was told of one level."""
        level = self.before[0]
        if target.of_study and (self.under or not self.apart):
            return beside_cord(text, self.at, hit, self.told, level)
        if self.apart:
            return False
        if not (target.finding == _EPIDURAL or (target.between and of_narrowing(text, hit))):
            return False
        labelled = self.label == self.before and not begins_a_line(text, self.at[0])
        alone = labelled or self.ever == self.before
        return alone and of_one_level(self.told, level) and is_local(text, self.at)

    def _is_normal(self, spots: Spots, hit: Span) -> bool:
        """Tell whether an absence is told by the word "normal"."""
        word = spots.first("normal_cord", hit[0], hit[1])
        return word is not None and not _FREE_OF.match(spots.text, word.start(), hit[1])

    def _is_here(self, text: str, target: Target, hit: Span) -> bool:
        """Tell whether an absence in the whole study may yet be about the level before."""
        if target.finding == _FRACTURE and self.label == self.before:
            return True
        if not target.of_study and _IT_IS.match(text, self.at[0], hit[0]):
            return True
        alone = target.of_study and len(self.ever) == 1
        words = text[hit[0] : hit[1]]
        if _DOES_NOT.search(words) or (alone and _HERE.search(words)):
            return True
        return self._goes_on(text, hit, target)


def _of_cement(text: str, clause: Span, hit: Span) -> bool:
    """Tell whether cement is only named for what lies around it."""
    return (
        text.startswith(("cement", "bone cement", "pmma"), hit[0])
        and not text.startswith("cemented", hit[0])
        and _CEMENT.search(text, clause[0], hit[0]) is not None
    )


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
