"""From the text of a report to findings, each with its level, its meaning and its words.

Sentence by sentence: what is named (`phrases.toml`), how it is meant (`scope.py`), of which level
(`places.py`). Then all statements about one finding of one level are brought together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from cds_service.clinical.levels import in_order
from cds_service.reports import phrases as words
from cds_service.reports.folded import Folded, fold
from cds_service.reports.layout import Sentence, clauses, sentences
from cds_service.reports.merge import Conflict, merged
from cds_service.reports.places import Place, Places
from cds_service.reports.scope import Meaning, meaning
from cds_service.reports.statement import Statement
from cds_service.reports.values import acuity, grade, measured

SILENT: Final = frozenset({"indication", "comparison", "recommendation", "consent", "family"})
"""Sections that state nothing about what the images show (rules.md 1.6)."""

FLUID: Final = "fluid-sensitive-sequence"
AUGMENTED: Final = "augmented"


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
    """What a report says: findings, what contradicts itself, and every sentence with its reading."""

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
                if one.finding == "vertebral-fracture" and one.level and one.status == "present"
            }
        )


def read_text(text: str) -> Reading:
    """Read one report; nothing raises, and an empty text says nothing."""
    lists = words.load()
    folded = fold(text, lists.spellings, lists.vocabulary)
    places = Places(lists.scopes)
    read = [
        _sentence(folded, sentence, lists, places)
        for sentence in sentences(folded.text, lists.sections)
    ]
    findings, conflicts = merged(one for sentence in read for one in sentence.statements)
    return Reading(tuple(findings), tuple(conflicts), tuple(read))


def _sentence(folded: Folded, sentence: Sentence, lists: words.Phrases, places: Places) -> Read:
    """Read one sentence."""
    start, end = folded.span(sentence.start, sentence.end)
    text = folded.original[start:end]
    if sentence.section in SILENT:
        why = f"section {sentence.section}"
        return Read(start, end, sentence.section, text, (), why)
    places.enter(folded.text, sentence)
    found: list[Statement] = []
    dropped: list[str] = []
    for clause in clauses(folded.text, sentence.start, sentence.end):
        for made in _clause(folded, sentence, clause, lists, places):
            if made.status == Meaning.NO_FACT:
                dropped.append(f"{made.finding}: asked for, planned, or of another time")
            elif sentence.section != "technique" or made.finding == FLUID:
                found.append(made)
    return Read(start, end, sentence.section, text, tuple(found), "; ".join(dict.fromkeys(dropped)))


def _clause(
    folded: Folded,
    sentence: Sentence,
    clause: tuple[int, int],
    lists: words.Phrases,
    places: Places,
) -> Iterable[Statement]:
    """Read one clause: every finding that it names."""
    text = folded.text
    for target in lists.targets:
        for hit, denied in _hits(text, clause, target):
            said = _meant(text, clause, hit, lists, target, denied=denied)
            for place in places.of(text, clause, hit, target):
                yield from _stated(folded, sentence, clause, hit, target, said, place, lists)


def _hits(
    text: str, clause: tuple[int, int], target: words.Target
) -> list[tuple[tuple[int, int], bool]]:
    """Find where a clause names a finding, or states its opposite."""
    barred = [h.span() for h in target.not_here.finditer(text, *clause)] if target.not_here else []
    denials = [h.span() for h in target.denies.finditer(text, *clause)] if target.denies else []
    found = [(span, True) for span in denials]
    for hit in target.states.finditer(text, *clause):
        if not any(_overlap(hit.span(), other) for other in (*barred, *denials)):
            found.append((hit.span(), False))
    return found


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two places share words."""
    return one[0] < other[1] and other[0] < one[1]


def _meant(
    text: str,
    clause: tuple[int, int],
    hit: tuple[int, int],
    lists: words.Phrases,
    target: words.Target,
    *,
    denied: bool,
) -> Meaning:
    """Tell how a hit is meant; a phrase that states the opposite turns it."""
    scopes = lists.scopes
    if target.finding == AUGMENTED:
        scopes = {**scopes, "past": _NEVER, "past_study": _NEVER}
    said = meaning(text, clause, hit, scopes)
    if target.whole and said is not Meaning.NO_FACT:  # its own phrases say what is lacking
        return Meaning.ABSENT if denied else Meaning.PRESENT
    if not denied:
        return said
    negated_already = re.match(r"(?:no|without|not|neither)\b", text[hit[0] : hit[1]])
    if said is Meaning.ABSENT and not negated_already:
        return Meaning.PRESENT
    return Meaning.ABSENT if said in {Meaning.PRESENT, Meaning.ABSENT} else said


_NEVER: Final = re.compile(r"(?!)")


def _stated(
    folded: Folded,
    sentence: Sentence,
    clause: tuple[int, int],
    hit: tuple[int, int],
    target: words.Target,
    said: Meaning,
    place: Place,
    lists: words.Phrases,
) -> Iterable[Statement]:
    """Make the statements of one hit at one place: the finding, and a fracture's age."""
    text = folded.text
    start, end = folded.span(sentence.start, sentence.end)
    quote = folded.original[start:end].strip()
    start += len(folded.original[start:end]) - len(folded.original[start:end].lstrip())

    def make(finding: str, status: Meaning, value: Any = None, unit: str = "") -> Statement:
        return Statement(
            finding, place.level, status, value, unit, quote, start, start + len(quote),
            sentence.section, rest=place.rest,
        )  # fmt: skip

    if target.measure or target.grades:
        yield from measured(text, clause, hit, target, said, make, lists)
        return
    if target.finding == "vertebral-fracture" and said in {Meaning.PRESENT, Meaning.SUSPECTED}:
        age = acuity(text, clause, hit, place, lists)
        if age:
            yield make("fracture-acuity", said, age)
    yield make(target.finding, said)


__all__ = ["Read", "Reading", "Statement", "grade", "read_text"]
