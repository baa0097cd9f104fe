"""From the text of a report to findings, each with its level, its meaning and its words.

Sentence by sentence: what is named (`hits.py`), how it is meant (`scope.py`), of which level
(`places.py`). Each kind of statement has its reader: findings (`named.py`), answers beside a level
(`answers.py`), shares of a hundred (`lost.py`), ages (`ages.py`), whole vertebrae (`vertebrae.py`),
levels like others (`echoes.py`).
Then all statements about one finding of one level are brought together (`merge.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cds_service.clinical.levels import in_order
from cds_service.reports import phrases, tables
from cds_service.reports.ages import ages
from cds_service.reports.announced import announced
from cds_service.reports.answers import answers
from cds_service.reports.budget import BEYOND, Budget, Spent
from cds_service.reports.corrections import corrected
from cds_service.reports.echoes import denied_there, echoes
from cds_service.reports.excepted import exceptions
from cds_service.reports.folded import Folded, fold
from cds_service.reports.hits import hits_in, is_listing, is_question
from cds_service.reports.layout import ASKS, ITEM, SEEN, Sentence, sentences
from cds_service.reports.line import AUGMENTED, FLUID, FRACTURE, Line, Report
from cds_service.reports.lost import losses
from cds_service.reports.merge import Conflict, elsewhere, merged
from cds_service.reports.named import named
from cds_service.reports.places import Places
from cds_service.reports.quoted import Moved, Wrong, put_right
from cds_service.reports.scope import Meaning, begins_denial, goes_on_denying, is_item
from cds_service.reports.spots import Text
from cds_service.reports.statement import Statement
from cds_service.reports.topics import of_topic, scored
from cds_service.reports.turned import turns
from cds_service.reports.unseen import ALL_SEEN, Unseen, unseen, weighed
from cds_service.reports.vertebrae import vertebrae
from cds_service.reports.withdrawn import standing

SILENT: Final = frozenset({"indication", "comparison", "recommendation", "consent", "family"})
"""Sections that state nothing about what the images show (rules.md 1.6)."""

_NAMED: Final = re.compile(
    r"\W*(?:(?:low[- ]dose|whole[- ]body|total[- ]body|limited|portable|emergency|non-?contrast|"
    r"contrast[- ]enhanced|urgent|follow-?up) ){0,3}"
    r"(?:mri?|mrt|ct|xr|x-?rays?|radiographs?|bone scan|spect|pet|scintigra\w+)(?!\w)[^:]*$"
)
_TREATED: Final = re.compile(
    r"(?i)(?<!\w)(?:after|following|post|s/p|since)[\s-](?:\w+[\s-]){0,3}"
    r"(?:vertebroplast|kyphoplast|augmentation|cement)"
)
"""What a title says was done before is there: "MRI 3 months following vertebroplasty at L1"."""
_STUDY: Final = re.compile(
    r"(?<!\w)(?:(?P<mr>mri?|mrt|magnetic|mscc mri)|(?P<coarse>ct|cect|ncct|cta|computed tomography|"
    r"cat scan|x-?rays?|xr|xrays?|radiographs?|plain films?|films?|radiography))(?!\w)"
)
_NOT_THIS: Final = re.compile(
    r"(?<!\w)(?:compar\w+|prior|previous|earlier|outside|external|last|recent|since|from the|"
    r"on the|old|"
    r"versus|vs\.?|unlike)[^.:;\n]{0,30}$"
)
_NOT_DONE: Final = re.compile(
    r"[^.;\n]{0,30}?(?<!\w)(?:recommended|advised|suggested|needed|required|requested|is the test|"
    r"would|could|may|if|to follow|not (?:done|possible|performed|available|obtained)|"
    r"contraindicated|unsafe|pending|awaited|planned|correlation)(?!\w)"
)
_BY_MRI: Final = re.compile(
    r"(?<!\w)(?:stir|tirm|dixon|gadolinium|t[12][\s\-]?(?:w|weighted|signal|hyper\w+|hypo\w+|"
    r"images?)|"
    r"weighted|fat[\s\-]sat\w*|diffusion|(?:cord|marrow) (?:signal|edema)|hyperintens\w+|"
    r"hypointens\w+|"
    r"sequences?)(?!\w)"
)
_SCORES: Final = re.compile(r"sins|tlic|neoplastic score")
_QUERY: Final = re.compile(r"\W*(?<!\w)\?\s?\w")
"""What is asked behind the name of the study: "MRI whole spine. ?MSCC"."""
_QUESTION: Final = re.compile(
    r"\W*(?:is|are|was|were|does|do|did|has|have|could|can|should|would|any|what|which|why|who|"
    r"when|"
    r"how)(?!\w)[^?]*\?\W*"
    r"|\W*(?:(?:written |informed |verbal )?consent(?!\w)|"
    r"(?:the |possible )?(?:risks?|complications?) "
    r"(?:of|include\w*|including|such|discussed|explained)(?!\w)).*"
    r"|[^:]{0,80}(?<!\w)(?:consent(?:ed)?(?! form)|warned (?:of|about|that)|"
    r"as possible complications|"
    r"may complicate|(?:told|informed|counsell?ed) (?:\w+ ){0,3}(?:of|about|that)|"
    r"risks? (?:of [\w ,]{3,80} )?(?:include|were|was|are|discussed|explained)\w*)(?!\w)"
    r"(?!.*(?:\bbut\b|however|images?|shows?)).*"
    r"|\W*(?:(?:the|a|his|her) )?(?:referrer|referring \w+|gp|clinicians?|physician|surgeon|"
    r"request(?: form)?|"
    r"order|card|chart|requisition|form|letter|referral(?: \w+)?) (?:asks?|reads?|says?|mentions?|"
    r"lists?|queries|gives|states?|wonders)(?!\w)(?!.*(?:but|however|images?|shows?)).*",
    re.DOTALL,
)
"""A whole sentence that asks, or tells what a treatment risks, and states nothing."""
_ASKED: Final = re.compile(r"(?<!\w)\?\s?[a-z]")
_FOR: Final = re.compile(
    r", (?:known )?(?:multiple )?myeloma\W*$|"
    r"(?<!\w)for (?:known |suspected |possible |a |an )?(?:\w+ ){0,2}(?:myeloma|metasta\w+|cancer|"
    r"malignancy|carcinoma|lymphoma|infection|discitis|fractures?|compression|sins|staging)(?!\w)"
)
_HEAD: Final = 300
"""So far a report tells what was done."""
_LAST: Final = 40
_OPENS: Final = frozenset(":;-")
"""With one of these a line ends behind which a list is denied."""
_LETTER: Final = re.compile(r"[^\W\d_]")
TITLE: Final = "title"
TECHNIQUE: Final = "technique"

LONGEST: Final = 30_000
MOST: Final = 1_000
"""Beyond these a text is no report; it is not read in part, for what is left out may decide."""

_SENTENCE: Final = 6
_HIT: Final = 5
_A_STEP: Final = 16
_WIDE: Final = 50
"""Steps that a sentence and a hit take, about, characters that are read in one, and those of a
clause that are searched in one for what it makes of a hit."""


@dataclass(frozen=True, slots=True)
class Read:
    """One sentence as it was read: its words, and why nothing was taken from it where so.

    `unseen` is what it says the images do not show.
    """

    start: int
    end: int
    section: str
    text: str
    statements: tuple[Statement, ...]
    why_not: str = ""
    unseen: Unseen = ALL_SEEN


@dataclass(frozen=True, slots=True)
class Reading:
    """What a report says: findings, what contradicts itself, and how each sentence was read.

    One that was not read `whole` proves nothing by what it does not say. `elsewhere` is denied of
    all that was not named ("no other fracture"); no level is cleared by it.
    """

    findings: tuple[Statement, ...]
    conflicts: tuple[Conflict, ...]
    sentences: tuple[Read, ...]
    whole: bool = True
    elsewhere: tuple[Statement, ...] = ()

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


def ready() -> None:
    """Make all patterns, which takes a second; else each is made when it is first needed."""
    phrases.load().index.ready()


def read_text(text: str, budget: Budget | None = None) -> Reading:
    """Read one report; nothing raises, and an empty text says nothing.

    Of a `budget` that several texts share the later ones have what is left.
    """
    if len(text) > LONGEST:
        return _unread(text, "longer than a report")
    budget = budget or Budget()
    folded, wrong, moved = put_right(fold(text, phrases.load().spelling))
    folded, read, listed, whole = _read(folded, budget)
    said = [*listed, *announced(folded.text, read)]
    if moved:
        said = [_by_its_correction(one, moved, text) for one in said]
    if len(said) > MOST + len(listed):
        return _unread(text, "more statements than a report makes")
    said = standing(folded, said, list(_unsaid(wrong, budget)))
    said = corrected(folded, said, phrases.load().scans)
    findings, conflicts = merged(said)
    others = tuple(elsewhere(said, findings))
    return Reading(tuple(findings), tuple(conflicts), tuple(read), whole, others)


def _by_its_correction(one: Statement, moved: Sequence[Moved], text: str) -> Statement:
    """Quote what puts words right for a statement that was read from these words."""
    for slip in moved:
        if one.start <= slip.at < one.end and _is_of(one, slip.words):
            words = text[slip.start : slip.end]
            return replace(one, quote=words, start=slip.start, end=slip.end)
    return one


def _is_of(one: Statement, words: str) -> bool:
    """Tell whether a statement tells what some words say: its figure, its level or its finding."""
    if words[:1].isdigit():
        return bool(one.unit)
    if one.level and words.replace(" ", "").upper().replace("D", "T") == one.level:
        return True
    return one.finding in {said.finding for said in _said_alone(words, Budget())}


def _unread(text: str, why: str) -> Reading:
    """Take nothing from a text that is no report, and say so."""
    return Reading((), (), (Read(0, len(text), "", text[:200], (), why),), whole=False)


def _read(folded: Folded, budget: Budget) -> tuple[Folded, list[Read], list[Statement], bool]:
    """Read every sentence, and every row of a table, as far as the budget goes."""
    lists = phrases.load()
    table = list(tables.rows(folded.text))
    listed = [one for row in table for one in _of_row(folded, row, budget)]
    if table:
        folded = replace(folded, text=tables.without(folded.text, table))
    reader = _Reader(folded, lists, budget)
    read = [reader.read(one) for one in sentences(folded, lists.headers)]
    return folded, _weighed(read), listed, budget.left >= 0


def _weighed(read: list[Read]) -> list[Read]:
    """Open what is denied beside words that say it is not seen."""
    around = [ALL_SEEN, *[one.unseen for one in read], ALL_SEEN]
    told = [at for at, one in enumerate(around) if one is not ALL_SEEN]
    near = {one for at in told for one in (at - 2, at - 1, at) if 0 <= one < len(read)}
    for at in near:
        said = weighed(read[at].statements, around[at + 1], around[at], around[at + 2])
        read[at] = replace(read[at], statements=said)
    return read


def _of_row(folded: Folded, row: tables.Row, budget: Budget) -> list[Statement]:
    """Read the row of a table, with the row as quote."""
    start, end = folded.span(row.start, row.end)
    quote = folded.original[start:end]
    said = _said_alone("\n\n".join(row.said), budget)
    return [replace(one, quote=quote, start=start, end=end) for one in said]


def _unsaid(wrong: tuple[Wrong, ...], budget: Budget) -> Iterator[Statement]:
    """Read wrong words by themselves, at the place where their author takes them back."""
    for one in wrong:
        for said in _said_alone(one.words, budget):
            yield replace(said, start=one.at, end=one.at)


def _said_alone(words: str, budget: Budget) -> Iterator[Statement]:
    """Read some words as a text of their own."""
    for sentence in _read(fold(words, phrases.load().spelling), budget)[1]:
        yield from sentence.statements


def _is_coarse(text: str) -> bool:
    """Tell whether the first study that a text names at its head is a CT or radiographs, no MRI."""
    first = next(
        (
            one
            for one in _STUDY.finditer(text, 0, _HEAD)
            if not _NOT_THIS.search(text, max(0, one.start() - 40), one.start())
        ),
        None,
    )
    if first is None or first["mr"] or _BY_MRI.search(text):
        return False
    others = (one for one in _STUDY.finditer(text, first.end(), _HEAD) if one["mr"])
    return all(
        _NOT_DONE.match(text, one.end()) or _NOT_THIS.search(text, one.start() - 40, one.start())
        for one in others
    )


class _Reader:
    """Reads the sentences of one report one after another."""

    def __init__(self, folded: Folded, lists: phrases.Phrases, budget: Budget) -> None:
        """Begin a report."""
        self.folded = folded
        self.report = Report(
            Text(folded.text, lists.index),
            lists,
            Places(lists.values),
            nuclear=bool(lists.bone_scan.search(folded.text, 0, _HEAD)),
            coarse=_is_coarse(folded.text),
            budget=budget,
            scored=_SCORES.search(folded.text) is not None,
        )
        self.title = -1
        self.begun = self.ordered = self.named = self.head = False
        self.section, self.ended = "", 0
        self.made = 0
        self.unseen = ALL_SEEN
        self.told: list[Statement] = []

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
        ordered = self._is_order(sentence)
        if _QUESTION.fullmatch(self.folded.text, sentence.start, sentence.end):
            return Read(start, end, sentence.section, text, (), "a question, or a risk")
        if sentence.section in SILENT:
            return Read(start, end, sentence.section, text, (), f"section {sentence.section}")
        try:
            every = self._made(sentence, text, start)
        except Spent:
            return Read(start, end, sentence.section, text, (), BEYOND)
        found: list[Statement] = []
        dropped: list[str] = []
        for made in every:
            if made.status == Meaning.NO_FACT:
                dropped.append(f"{made.finding}: asked for, planned, or of another time")
            elif (
                made.finding == FLUID
                or (ordered and made.finding == AUGMENTED and _TREATED.search(made.quote))
                or not (ordered or sentence.section in {TECHNIQUE, TITLE})
            ):
                found.append(made)
        self.made += len(found)
        self.told += found
        self.report.places.learn([(o.finding, o.level) for o in found if o.status == "present"])
        why = "; ".join(dict.fromkeys(dropped))
        return Read(start, end, sentence.section, text, tuple(found), why, self.unseen)

    def _is_order(self, sentence: Sentence) -> bool:
        """Tell whether the first sentence names the study and why it was asked for."""
        text, at = self.folded.text, (sentence.start, sentence.end)
        if self.begun:
            opened = self.ordered and text.count("(", 0, at[0]) > text.count(")", 0, at[0])
            if self.named and _QUERY.match(text, *at):
                self.named, self.ordered = False, True
                return True
            self.named = False
        else:
            self.named = bool(_NAMED.match(text, *at))
            opened = self.named and bool(ASKS.search(text, *at) or _FOR.search(text, *at))
        self.begun = True
        asked = opened and _ASKED.search(text, *at)
        self.ordered = bool(asked) or (opened and not SEEN.search(text, *at))
        return self.ordered

    def _made(self, sentence: Sentence, text: str, start: int) -> list[Statement]:
        """Make all statements of a sentence; Spent where there is no room for it."""
        self.report.budget.spend(_SENTENCE + len(text) // _A_STEP)
        self.report.places.enter(self.folded.text, sentence)
        self.unseen = ALL_SEEN
        return list(self._statements(sentence, text, start))

    def _deny(self, sentence: Sentence) -> None:
        """Remember whether a line before says that what its list names is not there."""
        text, at = self.folded.text, (sentence.start, sentence.end)
        if not self.head and _OPENS.isdisjoint(text[max(at[0], at[1] - 3) : at[1]]):
            self.section, self.ended, self.report.denying = sentence.section, at[1], False
            return
        line = text.rfind("\n", 0, at[0]) + 1
        listed = self.report.places.joined or ITEM.fullmatch(text[line : at[0]]) is not None
        after = sentence.section == self.section and not (
            self.report.denying and "\n\n" in text[self.ended : at[0]]
        )
        self.section, self.ended = sentence.section, at[1]
        self.report.denying = self.head and listed and after and is_item(text, *at)
        self.head = (
            self.report.denying
            or begins_denial(text, *at)
            or (text[at[1] - 1] == ";" and goes_on_denying(text, *at))
        )

    def _last_said(self) -> list[Statement]:
        """Give what the sentence before said, or the last one that said anything."""
        return [one for one in self.told[-_LAST:] if one.start == self.told[-1].start]

    def _after_title(self, sentence: Sentence) -> Sentence:
        """Take only the first sentence behind "Exam:" for a title."""
        if sentence.paragraph != self.title:
            self.title = sentence.paragraph
            return sentence
        return replace(sentence, section="")

    def _statements(self, sentence: Sentence, original: str, origin: int) -> Iterator[Statement]:
        """Make all statements of a sentence."""
        if not self.report.places.before and not _LETTER.search(
            self.folded.text, sentence.start, sentence.end
        ):
            return
        line = Line(self.report, sentence, original, origin)
        self._deny(sentence)
        hits = hits_in(line)
        self.unseen = unseen(line, silent=not hits)
        if hits and not self.report.fractured:
            self.report.fractured = FRACTURE in [
                one.target.finding for one in hits if not one.denied
            ]
        if hits:
            widths = [_HIT + (hit.clause[1] - hit.clause[0]) // _WIDE for hit in hits]
            self.report.budget.spend(sum(widths))
        answered = list(of_topic(line))
        if self.report.scored:
            answered += scored(line)
        listed = {(one.finding, one.level) for one in answered}
        answered += [o for o in answers(line, hits) if (o.finding, o.level) not in listed]
        listed = {(one.finding, one.level) for one in answered}
        for hit in () if is_question(line, hits) else hits:
            if hit.target.measure != "percent":
                answered += [o for o in named(line, hit) if (o.finding, o.level) not in listed]
        yield from answered
        yield from denied_there(line, answered or self._last_said())
        yield from losses(line, hits)
        yield from ages(line, hits)
        whole = list(vertebrae(line, hits))
        yield from whole
        if whole and not hits:
            self.report.places.current = ()  # of a normal vertebra nothing more is told
        yield from echoes(line, self.told)
        if not hits and (self.told or self.report.last):
            told = self._last_said()
            yield from exceptions(line, told)
            yield from turns(line, told)
        if hits:
            self.report.last, self.report.listing = hits[-1].target, is_listing(line, hits)


__all__ = ["LONGEST", "Conflict", "Meaning", "Read", "Reading", "Statement", "read_text", "ready"]
