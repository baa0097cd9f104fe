"""From the text of a report to findings, each with its level, its meaning and its words.

Sentence by sentence: what is named (`phrases.toml`), how it is meant (`scope.py`), of which level
(`places.py`). Then all statements about one finding of one level are brought together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from cds_service.clinical.levels import in_order
from cds_service.reports import phrases as words
from cds_service.reports import tables
from cds_service.reports.amounts import Amount
from cds_service.reports.folded import Folded, fold
from cds_service.reports.layout import Sentence, clauses, sentences
from cds_service.reports.levels import Mention
from cds_service.reports.merge import Conflict, merged
from cds_service.reports.places import Place, Places
from cds_service.reports.scope import Meaning, meaning, verdict
from cds_service.reports.statement import Statement
from cds_service.reports.values import (
    BONE,
    HEIGHT,
    SHARES,
    TUMOR,
    grade,
    kind_of,
    length_near,
    lost,
    past_height,
    shared_out,
    shares,
)

SILENT: Final = frozenset({"indication", "comparison", "recommendation", "consent", "family"})
"""Sections that state nothing about what the images show (rules.md 1.6)."""

FLUID: Final = "fluid-sensitive-sequence"
TITLE: Final = "title"
AUGMENTED: Final = "augmented"
FRACTURE: Final = "vertebral-fracture"
ACUITY: Final = "fracture-acuity"
STENOSIS: Final = "canal-stenosis-grade"
RETROPULSION: Final = "retropulsion"
PROGRESS: Final = "progressive-height-loss"
WALL: Final = "posterior-wall-disruption"
CORD: Final = "cord-compression"
PEDICLE: Final = "pedicle-involvement"
TUMOR_BEHIND: Final = "epidural-tumor"
EDEMA: Final = "marrow-edema"
UPTAKE: Final = "bone-scan-uptake"

LONGEST: Final = 30_000
MOST: Final = 1_000
"""Beyond these a text is no report; it is not read in part, for what is left out may decide."""

_WIDE: Final = 60
_CLOSE: Final = 30

Span = tuple[int, int]
_KNOWN: Final = re.compile(
    r"(?:in|at|of|from|within|for|to|by) (?:the|this|these|both|known) (?:[\w-]+ ){0,6}$"
)
_PART_OF: Final = re.compile(
    r"(?<!\w)(?:extension|propagation|healing|union|displacement|involvement|extent|margins?|edges?)"
    r" (?:of|by|from) (?:the |this )?(?:[\w-]+ ){0,3}$"
)
_ONE_SIDE: Final = re.compile(r"(?<!\w)(?:right|left)(?!\w)")
_LOSS_OF: Final = re.compile(r"loss of (?:about )?$")
_NOT_OF_AGE: Final = re.compile(
    r"(?<!\w)(?:no|not|without|nor|never|longer|other)\s(?:\w+\s){0,2}$"
)
_BEGINS: Final = re.compile(
    r"(?:^|[.,;:\n(*•\-]|(?<!\w)(?:and|while|in particular))\s*(?:the\s|in particular\s|both\s)?(?:adjacent\s|neighbou?ring\s|remaining\s|adjoining\s)?$"
)
_BRACKET: Final = re.compile(r"\s?\(\w?")
_OF_HEIGHT: Final = re.compile(r"further (?:\w+ ){0,2}(?:loss|height|collapse)")
_SUSPECTED_NOT: Final = re.compile(r"\s(?:is|are)\s(?:suspected|identified)")
_LOOKS: Final = re.compile(r"-?\s?(?:appearing|looking|in appearance)")
_NERVES: Final = re.compile(r"(?<!\w)(?:cord|conus|cauda|myelon|thecal|roots?)(?!\w)")
_CORD_BEFORE: Final = re.compile(
    r"(?<!\w)(?:cord|conus|myelon|cauda equina) (?:(?!fracture|vertebra|body|bodies|sac|root)[\w\-,%.]+ )*"
    r"(?:but|and|is|it) (?:(?:it|is|not|also|then|becomes|clearly|now) ){0,3}$"
)
_COMPRESSED: Final = re.compile(r"compress(?:ed|ion)")
_NEVER: Final = re.compile(r"(?!)")
_DENIED_ITSELF: Final = re.compile(r"(?<!\w)(?:no|without|not|neither|non|un\w+|free)(?!\w)")


@dataclass(frozen=True, slots=True)
class Read:
    """One sentence as it was read: its words, and why nothing was taken from it where so."""

    start: int
    end: int
    section: str
    text: str
    statements: tuple[Statement, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a report says: findings, what contradicts itself, and how each sentence was read."""

    findings: tuple[Statement, ...]
    conflicts: tuple[Conflict, ...]
    sentences: tuple[Read, ...]

    @property
    def levels(self) -> tuple[str, ...]:
        """List the levels that have a fracture."""
        return in_order(
            {
                one.level
                for one in self.findings
                if one.finding == FRACTURE and one.level and one.status == Meaning.PRESENT
            }
        )


@dataclass(frozen=True, slots=True)
class _Hit:
    """Where a clause names a finding, or its opposite."""

    target: words.Target
    clause: Span
    span: Span
    denied: bool


def replace_target(hit: _Hit, target: words.Target) -> _Hit:
    """Read the place of one finding as another's."""
    return replace(hit, target=target)


@dataclass(slots=True)
class _Reader:
    """Reads the sentences of one report one after another."""

    folded: Folded
    lists: words.Phrases
    places: Places
    nuclear: bool
    last: words.Target | None = None
    used: list[Span] = field(default_factory=list)
    title: int = -1
    topic: str = ""
    made: int = 0

    def read(self, sentence: Sentence) -> Read:
        """Read one sentence."""
        start, end = self.folded.span(sentence.start, sentence.end)
        text = self.folded.original[start:end]
        if sentence.section == TITLE:
            sentence = self._after_title(sentence)
        if self.made > MOST:
            return Read(
                start, end, sentence.section, text, (), "more statements than a report makes"
            )
        if sentence.section in SILENT:
            return Read(start, end, sentence.section, text, (), f"section {sentence.section}")
        self.places.enter(self.folded.text, sentence)
        found: list[Statement] = []
        dropped: list[str] = []
        for made in self._statements(sentence):
            if made.status == Meaning.NO_FACT:
                dropped.append(f"{made.finding}: asked for, planned, or of another time")
            elif sentence.section not in {"technique", TITLE} or made.finding == FLUID:
                found.append(made)
        self.made += len(found)
        why = "; ".join(dict.fromkeys(dropped))
        return Read(start, end, sentence.section, text, tuple(found), why)

    def _after_title(self, sentence: Sentence) -> Sentence:
        """Take only the first sentence behind "Exam:" for a title."""
        if sentence.paragraph != self.title:
            self.title = sentence.paragraph
            return sentence
        return replace(sentence, section="")

    def _statements(self, sentence: Sentence) -> Iterator[Statement]:
        """Make all statements of a sentence."""
        if not self.places.before and not _has_letters(self.folded.text, sentence):
            return
        hits = self._hits(sentence)
        self.used = []
        answered = list(self._answers(sentence, hits))
        listed = {(one.finding, one.level) for one in answered}
        yield from answered
        for hit in hits:
            if hit.target.measure != "percent":
                made = self._of_hit(sentence, hit)
                yield from (one for one in made if (one.finding, one.level) not in listed)
        yield from self._shares(sentence, hits)
        yield from self._ages(sentence, hits)
        yield from self._whole_vertebrae(sentence, hits)
        if hits:
            self.last = max(hits, key=lambda hit: hit.span).target

    def _hits(self, sentence: Sentence) -> list[_Hit]:
        """Find all findings that a sentence names."""
        text = self.folded.text
        found = [
            hit
            for clause in clauses(text, sentence.start, sentence.end)
            for target in self.lists.targets
            for hit in _hits_of(text, clause, target)
        ]
        of_nerves = _NERVES.search(text, sentence.start, sentence.end)
        broken = any(hit.target.finding == FRACTURE and not hit.denied for hit in found)
        kept = (
            hit
            for hit in found
            if not (of_nerves and _is_bare(text, hit))
            and not (broken and hit.denied and _is_of_height(text, hit))
        )
        bare = [hit for hit in found if of_nerves and _is_bare(text, hit)]
        of_cord = (self._of_cord(sentence, hit, found) for hit in bare)
        return sorted((*kept, *(hit for hit in of_cord if hit)), key=lambda hit: hit.span)

    def _of_cord(self, sentence: Sentence, bare: _Hit, found: list[_Hit]) -> _Hit | None:
        """Read "but compressed at T10" as of the cord, of which the sentence spoke before."""
        text = self.folded.text
        before = text[max(sentence.start, bare.span[0] - 90) : bare.span[0]]
        cord = self.lists.named(CORD)
        taken = any(hit.target is cord and _overlap(hit.span, bare.span) for hit in found)
        if taken or not _CORD_BEFORE.search(before):
            return None
        return replace_target(bare, cord)

    def _of_hit(self, sentence: Sentence, hit: _Hit) -> Iterator[Statement]:
        """Make the statements of one hit at each of its places."""
        said = self._meant(hit)
        text, target = self.folded.text, hit.target
        if target.finding == FLUID:
            answer = verdict(text[hit.span[1] : min(hit.clause[1], hit.span[1] + 30)])
            if answer is not None:
                edema = replace_target(hit, self.lists.named(EDEMA))
                for place in self.places.of(text, hit.clause, hit.span, edema.target, answer):
                    yield self._made(sentence, EDEMA, place, answer, None, "")
        for place in self.places.of(text, hit.clause, hit.span, target, said):
            value, unit = self._value(hit, said)
            if value is _NOTHING:
                continue
            yield self._made(sentence, target.finding, place, said, value, unit)

    def _value(self, hit: _Hit, said: Meaning) -> tuple[Any, str]:
        """Read the value of a finding; _NOTHING where a bare word says nothing."""
        text, target = self.folded.text, hit.target
        if target.measure == "millimetre" and said is not Meaning.ABSENT:
            near = length_near(text, hit.clause, hit.span, self.lists.values)
            return (near.value(), "mm") if near else (None, "")
        if target.grades:
            value = grade(text, hit.clause, hit.span, target)
            if said is Meaning.ABSENT:
                return ("none" if target.finding == STENOSIS else None), ""
            named = target.finding == STENOSIS and "stenosis" in text[slice(*hit.span)]
            if named and not shares(text, hit.clause, self.lists.values):
                return value or None, ""
            return value or _NOTHING, ""
        return None, ""

    def _meant(self, hit: _Hit) -> Meaning:
        """Tell how a hit is meant; a phrase that states the opposite turns it."""
        text, target, scopes = self.folded.text, hit.target, self.lists.scopes
        if target.finding == AUGMENTED:
            scopes = {**scopes, "asked": scopes["wished"], "no_negation": _NEVER}
        if target.finding in {AUGMENTED, PROGRESS}:
            scopes = {**scopes, "past": _NEVER, "past_study": _NEVER}
        said = meaning(text, hit.clause, hit.span, scopes)
        if target.whole and said is not Meaning.NO_FACT:  # its own phrases say what is lacking
            return Meaning.ABSENT if hit.denied else Meaning.PRESENT
        if said is Meaning.ABSENT and self._presupposed(hit):
            return Meaning.PRESENT
        if self._says_nothing(hit, said):
            return Meaning.NO_FACT
        return self._turned(hit, said) if hit.denied else said

    def _presupposed(self, hit: _Hit) -> bool:
        """Tell whether a denial takes a fracture for granted ("no uptake in the L3 fracture")."""
        before = self.folded.text[max(hit.clause[0], hit.span[0] - 40) : hit.span[0]]
        known = _KNOWN.search(before) or _PART_OF.search(before)
        return hit.target.finding == FRACTURE and bool(known)

    def _says_nothing(self, hit: _Hit, said: Meaning) -> bool:
        """Tell whether an absence says nothing: "no pathologic fracture", one pedicle of two."""
        if not (hit.denied or said is Meaning.ABSENT):
            return False
        text, target = self.folded.text, hit.target
        if target.present_only and target.present_only.match(text, hit.span[0]):
            return True
        near = text[max(hit.clause[0], hit.span[0] - 16) : hit.span[1]]
        return target.finding == PEDICLE and bool(_ONE_SIDE.search(near))

    def _turned(self, hit: _Hit, said: Meaning) -> Meaning:
        """Turn the meaning of a phrase that states the opposite of its finding."""
        itself = _DENIED_ITSELF.search(self.folded.text[slice(*hit.span)])
        if said is Meaning.ABSENT and not itself:
            return Meaning.PRESENT
        return Meaning.ABSENT if said in {Meaning.PRESENT, Meaning.ABSENT} else said

    def _answers(self, sentence: Sentence, hits: list[_Hit]) -> Iterator[Statement]:
        """Read "T4 no, T6 yes", "edema in L1 but not in L2": a level with an answer beside it."""
        text = self.folded.text
        for mention in self.places.mentions:
            if mention.disc:
                continue
            said = self._answer(text, sentence, mention)
            before = [hit for hit in hits if hit.span[1] <= mention.start]
            target = before[-1].target if before else self.last
            if said is None or target is None:
                continue
            if target.finding == FLUID:
                target = self.lists.named(EDEMA)
            self.used.append((mention.start, mention.end))
            for level in mention.levels:
                if not (target.measure == "percent" and said is Meaning.PRESENT):
                    yield self._made(sentence, target.finding, Place(level), said, None, "")

    def _answer(self, text: str, sentence: Sentence, mention: Mention) -> Meaning | None:
        """Read the answer beside a level, if one stands there with nothing else."""
        before = text[max(sentence.start, mention.start - 24) : mention.start]
        after = text[mention.end : min(sentence.end, mention.end + 40)]
        values = self.lists.values
        if values["answer_no_before"].search(before) and values["answer_ends"].match(after):
            return Meaning.ABSENT
        if values["answer_yes_before"].search(before) and values["answer_ends"].match(after):
            return Meaning.PRESENT
        if values["answer_no_after"].match(after):
            return Meaning.ABSENT
        return Meaning.PRESENT if values["answer_yes_after"].match(after) else None

    def _shares(self, sentence: Sentence, hits: list[_Hit]) -> Iterator[Statement]:
        """Read every share of a hundred, and the findings with a share that have words alone."""
        text, whole = self.folded.text, (sentence.start, sentence.end)
        amounts = shares(text, whole, self.lists.values)
        if amounts and self.lists.scopes["asked"].search(text, whole[0], amounts[0].start):
            return
        placed: set[tuple[str, str]] = set()
        for made in self._figures(sentence, hits, amounts):
            if (made.finding, made.level) not in placed and (made.level or hits):
                placed.add((made.finding, made.level))
                yield made
                yield from self._course(sentence, made)
        yield from self._wordy_shares(sentence, hits, placed)
        if not any(finding == BONE for finding, _ in placed):
            yield from self._narrowed_by_bone(sentence)

    def _figures(
        self, sentence: Sentence, hits: list[_Hit], amounts: list[Amount]
    ) -> Iterator[Statement]:
        """Read each share: what of, of which level, and how it is meant."""
        text, whole = self.folded.text, (sentence.start, sentence.end)
        order = dict(zip(amounts, self._in_order(amounts, whole), strict=False))
        if not order:
            amounts = sorted(
                amounts,
                key=lambda one: not _LOSS_OF.search(text[max(0, one.start - 12) : one.start]),
            )
        for one in amounts:
            clause = _clause_of(text, whole, one.start)
            kind = kind_of(text, whole, clause, one, self.lists.values)
            if kind == BONE and self._speaks_of_tumor(whole):
                kind = TUMOR
            if not kind:
                continue
            share = lost(text, whole, one, self.lists.values)
            span = (share.start, share.end)
            said = self._share_meant(clause, span, share.high)
            if kind == TUMOR and self._tumor_suspected(hits):
                said = Meaning.SUSPECTED
            target = self.lists.named(kind)
            where = [Place(order[one])] if order else self._share_places(clause, span, target)
            for place in where:
                yield self._made(sentence, kind, place, said, share.value(), "%")

    def _course(self, sentence: Sentence, made: Statement) -> Iterator[Statement]:
        """Compare a loss of height with an earlier one of the same sentence."""
        whole = (sentence.start, sentence.end)
        then = past_height(self.folded.text, whole, self.lists.values)
        one_level = len({m.levels for m in self.places.mentions}) <= 1
        sure = made.finding == HEIGHT and made.status is Meaning.PRESENT and made.level
        if then is None or not sure or not one_level or not isinstance(made.value, int | float):
            return
        if made.value >= then.low:
            worse = made.value > then.high
            said = Meaning.PRESENT if worse else Meaning.ABSENT
            yield self._made(sentence, PROGRESS, Place(made.level), said, None, "")

    def _in_order(self, amounts: list[Amount], whole: Span) -> list[str]:
        """Give the levels that a list of shares belongs to, one each."""
        text = self.folded.text
        named = dict.fromkeys(lv for m in self.places.mentions if not m.disc for lv in m.levels)
        levels = list(named) or list(self.places.before)
        return shared_out(amounts, levels, text, whole[1]) or shared_out(
            amounts, self.places.ever, text, whole[1]
        )

    def _tumor_suspected(self, hits: list[_Hit]) -> bool:
        """Tell whether the tumor behind a share is itself only suspected."""
        return any(
            hit.target.finding == TUMOR_BEHIND and self._meant(hit) is Meaning.SUSPECTED
            for hit in hits
        )

    def _narrowed_by_bone(self, sentence: Sentence) -> Iterator[Statement]:
        """Read that bone narrows the canal, in words alone."""
        text, whole = self.folded.text, (sentence.start, sentence.end)
        narrow = self.lists.values["bone_narrows"].search(text, *whole)
        if not narrow:
            return
        clause = _clause_of(text, whole, narrow.start())
        said = meaning(text, clause, narrow.span(), self.lists.scopes)
        if said is Meaning.PRESENT:
            target = self.lists.named(BONE)
            for place in self.places.of(text, whole, narrow.span(), target, said):
                yield self._made(sentence, BONE, place, said, None, "")

    def _speaks_of_tumor(self, whole: Span) -> bool:
        """Tell whether a share of the canal belongs to the tumor of the sentence before."""
        behind = self.last is not None and self.last.finding == TUMOR_BEHIND
        return behind and not self.lists.values["bone_words"].search(self.folded.text, *whole)

    def _share_places(self, clause: Span, span: Span, target: words.Target) -> list[Place]:
        """Tell the level of a figure: in brackets behind it, else as any finding's."""
        text = self.folded.text
        for mention in self.places.mentions:
            if mention.start >= span[1] and re.fullmatch(
                r"\s*\(\s*", text[span[1] : mention.start]
            ):
                return [Place(level) for level in mention.levels]
        return self.places.of(text, clause, span, target, Meaning.PRESENT)

    def _share_meant(self, clause: Span, span: Span, high: float) -> Meaning:
        """Tell how a figure is meant: none at all is an absence."""
        if high == 0:
            return Meaning.ABSENT
        text = self.folded.text
        said = meaning(text, clause, span, self.lists.scopes)
        return Meaning.PRESENT if said is Meaning.ABSENT else said

    def _wordy_shares(
        self, sentence: Sentence, hits: list[_Hit], placed: set[tuple[str, str]]
    ) -> Iterator[Statement]:
        """Read findings with a share where no figure stands."""
        kinds = {kind for kind, _ in placed}
        for hit in hits:
            kind = hit.target.finding
            by_bone = kind != BONE or (TUMOR not in kinds and self._bony(sentence))
            if hit.target.measure != "percent" or not by_bone:
                continue
            said = self._meant(hit)
            for place in self.places.of(self.folded.text, hit.clause, hit.span, hit.target, said):
                told = (kind, place.level) in placed or (kind in kinds and not place.level)
                everywhere = said is Meaning.ABSENT and kind == HEIGHT and not place.level
                if not told and not everywhere:
                    yield self._made(sentence, kind, place, said, None, "")

    def _bony(self, sentence: Sentence) -> bool:
        """Tell whether a sentence speaks of bone."""
        bone = self.lists.values["bone_words"]
        return bool(bone.search(self.folded.text, sentence.start, sentence.end))

    def _ages(self, sentence: Sentence, hits: list[_Hit]) -> Iterator[Statement]:
        """Read how old fractures are, wherever a word says so."""
        text = self.folded.text
        target = self.lists.named(ACUITY)
        found = [
            (one.span(), name)
            for name, pattern in target.grades.items()
            for one in pattern.finditer(text, sentence.start, sentence.end)
        ]
        for span, name in found:
            if any(o[0] != span and o[0][0] <= span[0] and span[1] <= o[0][1] for o in found):
                continue
            if name != "indeterminate" and not self._is_an_age(sentence, span, hits):
                continue
            clause = _clause_of(text, (sentence.start, sentence.end), span[0])
            said = self._age_meant(clause, span, name)
            for place in self._age_places(clause, span, target):
                yield self._made(sentence, ACUITY, place, said, name, "")

    def _age_places(self, clause: Span, span: Span, target: words.Target) -> list[Place]:
        """Tell whose age it is: in brackets, that of the level right before."""
        text = self.folded.text
        for mention in self.places.mentions:
            if mention.end <= span[0] and _BRACKET.fullmatch(text, mention.end, span[0] + 1):
                return [Place(level) for level in mention.levels]
        return self.places.of(text, clause, span, target, Meaning.PRESENT)

    def _is_an_age(self, sentence: Sentence, span: Span, hits: list[_Hit]) -> bool:
        """Tell whether a word of age is about a fracture: it ends there, or a fracture follows."""
        text, values = self.folded.text, self.lists.values
        after = text[span[1] : min(sentence.end, span[1] + 60)]
        in_time = values["age_in_time"].search(text[max(sentence.start, span[0] - 9) : span[0]])
        if in_time or values["age_of_other"].match(after):
            return False
        if values["age_ends"].match(after) or values["age_of_fracture"].match(after):
            return True
        return any(
            hit.target.finding == FRACTURE and -_WIDE < hit.span[0] - span[1] < _CLOSE
            for hit in hits
        ) and not values["age_of_noun"].match(after)

    def _age_meant(self, clause: Span, span: Span, name: str) -> Meaning:
        """Tell how an age is meant: hedged only by the word right before it."""
        text, scopes = self.folded.text, self.lists.scopes
        if name == "indeterminate":
            return Meaning.PRESENT
        said = meaning(text, clause, span, scopes)
        if said is Meaning.PRESENT and _LOOKS.match(text, span[1]):
            return Meaning.SUSPECTED
        if said is not Meaning.ABSENT:
            return said
        near = _NOT_OF_AGE.search(text[max(clause[0], span[0] - 24) : span[0]])
        return Meaning.NO_FACT if near else Meaning.PRESENT

    def _whole_vertebrae(self, sentence: Sentence, hits: list[_Hit]) -> Iterator[Statement]:
        """Read "L2 is normal": no fracture there (in a bone scan: no uptake).

        Behind "Posterior wall:" or "Pedicles:" it is these that are normal.
        """
        text = self.folded.text
        self.topic = self._topic_of(sentence)
        if self.topic:
            yield from self._of_topic(sentence)
            return
        for mention in self.places.mentions:
            if mention.disc or mention.joined:
                continue
            after = text[mention.end : min(sentence.end, mention.end + 90)]
            before = text[max(sentence.start, mention.start - 60) : mention.start]
            said = self._whole_vertebra(after)
            listed = self.lists.values["vertebra_normal_before"].search(before)
            if said is None and listed:
                said = Meaning.ABSENT
            elif said is None or not self._is_subject(sentence, mention):
                continue
            finding = UPTAKE if self.nuclear else FRACTURE
            for level in _run_of(self.places.mentions, mention, text):
                if not any(hit.target.finding == finding for hit in hits):
                    yield self._made(sentence, finding, Place(level), said, None, "")

    def _topic_of(self, sentence: Sentence) -> str:
        """Tell which part of the vertebrae a line is about, whose name stands at its head."""
        text, values = self.folded.text, self.lists.values
        if values["topic_wall"].match(text, sentence.start, sentence.end):
            return WALL
        if values["topic_pedicles"].match(text, sentence.start, sentence.end):
            return PEDICLE
        return self.topic if self.places.joined else ""

    def _of_topic(self, sentence: Sentence) -> Iterator[Statement]:
        """Read "L1 breached, L2 intact" behind the name of a part."""
        text, values = self.folded.text, self.lists.values
        for mention in self.places.mentions:
            said = None
            if values["topic_kept"].match(text, mention.end, sentence.end):
                said = Meaning.ABSENT
            elif values["topic_broken"].match(text, mention.end, sentence.end):
                said = Meaning.PRESENT
            for level in mention.levels if said is not None else ():
                yield self._made(sentence, self.topic, Place(level), said, None, "")

    def _whole_vertebra(self, after: str) -> Meaning | None:
        """Tell what is said of a vertebra as a whole."""
        if self.lists.values["vertebra_normal"].match(after):
            return Meaning.ABSENT
        if self.lists.values["vertebra_open"].match(after):
            return Meaning.INDETERMINATE
        return None

    def _is_subject(self, sentence: Sentence, mention: Mention) -> bool:
        """Tell whether a sentence or clause begins with a vertebra, alone or in a list."""
        text = self.folded.text
        first = mention.start
        for one in reversed([m for m in self.places.mentions if m.end <= mention.start]):
            if not re.fullmatch(r"\s*(?:,|and|,\s*and|or|&)\s*(?:the )?", text[one.end : first]):
                break
            first = one.start
        return bool(_BEGINS.search(text[max(0, sentence.start - 2, first - 30) : first]))

    def _made(
        self, sentence: Sentence, finding: str, place: Place, said: Meaning, value: Any, unit: str
    ) -> Statement:
        """Make one statement with its sentence as quote."""
        many = self.lists.scopes["many"].search(self.folded.text, sentence.start, sentence.end)
        start, end = self.folded.span(sentence.start, sentence.end)
        raw = self.folded.original[start:end]
        quote = raw.strip()
        start += len(raw) - len(raw.lstrip())
        return Statement(
            finding, place.level, said, value, unit if value is not None else "", quote,
            start, start + len(quote), sentence.section, rest=place.rest,
            many=bool(many),
        )  # fmt: skip


_NOTHING: Final = object()


def read_text(text: str) -> Reading:
    """Read one report; nothing raises, and an empty text says nothing."""
    if len(text) > LONGEST:
        return _unread(text, "longer than a report")
    folded, read, listed = _read(text)
    if sum(len(one.statements) for one in read) > MOST:
        return _unread(text, "more statements than a report makes")
    said = [*listed, *(one for sentence in read for one in sentence.statements)]
    said = _of_scans(folded, _only_of_fractures(_renumbered(folded, said)))
    findings, conflicts = merged(said)
    return Reading(tuple(findings), tuple(conflicts), tuple(read))


def _unread(text: str, why: str) -> Reading:
    """Take nothing from a text that is no report, and say so."""
    return Reading((), (), (Read(0, len(text), "", text[:200], (), why),))


def _read(text: str) -> tuple[Folded, list[Read], list[Statement]]:
    """Read every sentence, and every row of a table."""
    lists = words.load()
    folded = fold(text, lists.spellings, lists.vocabulary)
    table = list(tables.rows(folded.text))
    listed = [one for row in table for one in _of_row(folded, row)]
    if table:
        folded = replace(folded, text=tables.without(folded.text, table))
    nuclear = bool(lists.scopes["bone_scan"].search(folded.text))
    reader = _Reader(folded, lists, Places(lists.scopes, lists.values), nuclear)
    return folded, [reader.read(one) for one in sentences(folded, lists.sections)], listed


def _of_row(folded: Folded, row: tables.Row) -> list[Statement]:
    """Read the row of a table, with the row as quote."""
    start, end = folded.span(row.start, row.end)
    quote = folded.original[start:end]
    return [
        replace(one, quote=quote, start=start, end=end)
        for sentence in _read("\n\n".join(row.said))[1]
        for one in sentence.statements
    ]


def _only_of_fractures(said: list[Statement]) -> list[Statement]:
    """Drop a course and an age that belong to no fracture ("alignment is unchanged")."""
    broken = {
        one.level
        for one in said
        if one.level and one.finding in {FRACTURE, HEIGHT} and one.status is not Meaning.ABSENT
    }
    return [
        one
        for one in said
        if one.finding not in {PROGRESS, ACUITY}
        or one.level in broken
        or (one.finding == PROGRESS and one.level and _OF_HEIGHT.search(one.quote.lower()))
    ]


def _of_scans(folded: Folded, said: list[Statement]) -> list[Statement]:
    """Drop uptake where no bone scan is told of; that of a PET is another thing."""
    scopes, text = words.load().scopes, folded.text
    told = scopes["scintigraphy"].search(text)
    if told and (not scopes["pet"].search(text) or scopes["bone_scan_itself"].search(text)):
        return said
    return [one for one in said if one.finding != UPTAKE]


_RENUMBERED: Final = re.compile(
    r"(?:described|labell?ed|reported|called|numbered|referred to)\s(?:\w+\s)"
    r"{0,3}(?:as|at)\s([tld]\d{1,2})(?:\s(?:above|previously|before|originally|"
    r"initially))?"
    r"\s(?:is|is in fact|is actually|should be|should read|represents|corresponds "
    r"to)\s(?:\w+\s){0,2}([tld]\d{1,2})(?!\w)"
    r"|(?:fractured|affected|abnormal|collapsed|treated|involved|broken)\s(?:vertebra|level|body|vertebral body)"
    r"\s(?:is|should be|should read)\s(?:in fact\s|actually\s)?([tld]\d{1,2}),?\s(?:and\s)?(?:not|rather than)\s"
    r"([tld]\d{1,2})(?!\w)"
)


def _renumbered(folded: Folded, said: list[Statement]) -> list[Statement]:
    """Move statements to the level that an addendum says they are of."""
    hit = _RENUMBERED.search(folded.text)
    if not hit:
        return said
    named = [name.upper().replace("D", "T") for name in hit.groups() if name]
    wrong, right = named if hit[1] else named[::-1]
    at = folded.span(hit.start(), hit.end())[0]
    kept = [one for one in said if not one.start <= at < one.end]
    return [
        replace(one, level=right) if one.level == wrong and one.start < at else one
        for one in kept
        if one.level != right or one.start >= at
    ]


def _has_letters(text: str, sentence: Sentence) -> bool:
    """Tell whether a sentence has any words."""
    return any(char.isalpha() for char in text[sentence.start : sentence.end])


def _hits_of(text: str, clause: Span, target: words.Target) -> Iterator[_Hit]:
    """Find where a clause names a finding, or states its opposite."""
    barred = [h.span() for h in target.not_here.finditer(text, *clause)] if target.not_here else []
    denials = [h.span() for h in target.denies.finditer(text, *clause)] if target.denies else []
    denials = [one for one in denials if not any(_within(one, other) for other in barred)]
    for span in denials:
        yield _Hit(target, clause, span, denied=True)
    for hit in target.states.finditer(text, *clause):
        if not any(_overlap(hit.span(), other) for other in (*barred, *denials)):
            yield _Hit(target, clause, hit.span(), denied=False)


def _is_bare(text: str, hit: _Hit) -> bool:
    """Tell whether a fracture is told by the word "compressed" alone."""
    bare = _COMPRESSED.fullmatch(text, *hit.span)
    return hit.target.finding == FRACTURE and bool(bare)


def _is_of_height(text: str, hit: _Hit) -> bool:
    """Tell whether a fracture is denied by a height alone."""
    return hit.target.finding == FRACTURE and "height" in text[slice(*hit.span)]


def _overlap(one: Span, other: Span) -> bool:
    """Tell whether two places share words."""
    return one[0] < other[1] and other[0] < one[1]


def _within(one: Span, other: Span) -> bool:
    """Tell whether a place lies in another one."""
    return other[0] <= one[0] and one[1] <= other[1]


def _clause_of(text: str, sentence: Span, at: int) -> Span:
    """Give the clause that a place lies in."""
    return next((one for one in clauses(text, *sentence) if one[0] <= at < one[1]), sentence)


def _run_of(mentions: list[Mention], last: Mention, text: str) -> list[str]:
    """Give the levels of a list that ends with a mention."""
    levels = list(last.levels)
    end = last.start
    for one in reversed([m for m in mentions if m.end <= last.start]):
        if not re.fullmatch(r"\s*(?:,|and|,\s*and|or|&)\s*(?:the )?", text[one.end : end]):
            break
        levels += one.levels
        end = one.start
    return levels


__all__ = ["SHARES", "Read", "Reading", "Statement", "read_text", "verdict"]
