"""Answers in three values, each with the facts that decided it and those that lacked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_, or_
from typing import TypeVar

from cds_service.clinical.truth import Reason, Truth

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Proof:
    """One fact of the record as a card shows it.

    `what` is a key of our own word lists, never the record's text; `value` may be the record's
    own words and is escaped where it is shown. `when` is a date or empty, `reference` names the
    resource, `note` is a key of the word lists.
    """

    what: str
    value: str = ""
    when: str = ""
    reference: str = ""
    level: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that was needed and is not known, and why.

    `what` and `detail` are keys of our word lists or plain words of ours; `proof` is the fact
    that was too old, unreadable or only suspicious, if there is one.
    """

    reason: Reason
    what: str
    window: str = ""
    detail: str = ""
    proof: Proof | None = None
    level: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule found: fires, clear or unknown.

    `tier` picks a variant of the card, `notes` adds sentences of the card file, `values` fills
    its names. `level` is the vertebra that the answer speaks of, `levels` holds the answers of
    all target levels.
    """

    truth: Truth
    because: tuple[Proof, ...] = ()
    missing: tuple[Gap, ...] = ()
    tier: str = ""
    notes: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    level: str = ""
    levels: tuple[tuple[str, Answer], ...] = ()
    applicable: bool = True

    def __bool__(self) -> bool:
        """Refuse: Python's `and`, `or` and `if` would turn unknown into yes."""
        msg = "an Answer has three values; combine with | & ~ and compare .truth"
        raise TypeError(msg)

    @classmethod
    def yes(cls, *because: Proof) -> Answer:
        """Answer yes, because of these facts."""
        return cls(Truth.YES, because)

    @classmethod
    def no(cls, *because: Proof) -> Answer:
        """Answer no, because of these facts."""
        return cls(Truth.NO, because)

    @classmethod
    def unknown(cls, *missing: Gap) -> Answer:
        """Answer unknown, for lack of these facts."""
        return cls(Truth.UNKNOWN, (), missing)

    @classmethod
    def not_applicable(cls, *because: Proof) -> Answer:
        """Answer no because the question does not arise for this patient or order."""
        return cls(Truth.NO, because, applicable=False)

    @property
    def reason(self) -> Reason | None:
        """Name the weightiest reason of an unknown answer; None where yes or no was reached."""
        if self.truth is not Truth.UNKNOWN:
            return None if self.applicable else Reason.NOT_APPLICABLE
        found = {gap.reason for gap in self.missing}
        return next((reason for reason in Reason if reason in found), Reason.MISSING)

    def __or__(self, other: Answer) -> Answer:
        """Join so that one yes decides; else one unknown does."""
        return _joined(self, other, Truth.YES)

    def __and__(self, other: Answer) -> Answer:
        """Join so that one no decides; else one unknown does."""
        return _joined(self, other, Truth.NO)

    def __invert__(self) -> Answer:
        """Turn yes into no and no into yes."""
        turned = {Truth.YES: Truth.NO, Truth.NO: Truth.YES, Truth.UNKNOWN: Truth.UNKNOWN}
        return replace(self, truth=turned[self.truth])

    def saying(self, tier: str = "", notes: Iterable[str] = (), **values: str) -> Answer:
        """Add what the card needs for its words."""
        known = dict(self.values) | values
        return replace(
            self,
            tier=tier or self.tier,
            notes=_once((*self.notes, *notes)),
            values=tuple(known.items()),
        )

    def doubted(self, *gaps: Gap | None) -> Answer:
        """Let a yes stand, but turn a no into unknown where something could not be asked."""
        real = tuple(gap for gap in gaps if gap)
        if not real or self.truth is Truth.YES:
            return self
        return replace(self, truth=Truth.UNKNOWN, missing=_once((*self.missing, *real)))

    def only_proofs(self) -> tuple[Proof, ...]:
        """Give the facts behind a yes; nothing for any other answer."""
        return self.because if self.truth is Truth.YES else ()

    def only_fires(self) -> Answer:
        """Keep a yes and take anything else for a plain no: evidence that never clears."""
        return self if self.truth is Truth.YES else Answer.no()


def _joined(left: Answer, right: Answer, deciding: Truth) -> Answer:
    """Join two answers; the sides that share the joint truth give its facts."""
    truths = (left.truth, right.truth)
    other = Truth.NO if deciding is Truth.YES else Truth.YES
    truth = next((t for t in (deciding, Truth.UNKNOWN) if t in truths), other)
    sides = [side for side in (left, right) if side.truth is truth]
    support = [left, right] if truth is Truth.UNKNOWN else sides
    return Answer(
        truth,
        _once(proof for side in support for proof in side.because),
        _once(gap for side in sides for gap in side.missing),
        next((side.tier for side in sides if side.tier), ""),
        _once(note for side in sides for note in side.notes),
        tuple({k: v for side in reversed(sides) for k, v in side.values}.items()),
    )


def _once(things: Iterable[Thing]) -> tuple[Thing, ...]:
    """Keep each thing once, in its first place."""
    return tuple(dict.fromkeys(things))


def all_of(answers: Iterable[Answer]) -> Answer:
    """Join answers by `&`; none at all is a plain yes."""
    return reduce(and_, answers, Answer.yes())


def any_of(answers: Iterable[Answer]) -> Answer:
    """Join answers by `|`; none at all is a plain no."""
    return reduce(or_, answers, Answer.no())


def settle(fires: Answer, clear: Answer, *suspicions: Gap) -> Answer:
    """Decide a rule that names separately what fires it and what proves it false.

    Fires when `fires` is yes. Clear only when `clear` is yes and nothing raises suspicion.
    Everything else is unknown: without positive proof there is no "clear" (rules.md 1.2).
    """
    if fires.truth is Truth.YES:
        return fires
    if clear.truth is Truth.YES and not suspicions and fires.truth is Truth.NO:
        return replace(clear, truth=Truth.NO, missing=())
    gaps = (*suspicions, *(fires.missing if fires.truth is Truth.UNKNOWN else ()), *clear.missing)
    proofs = (*fires.because, *clear.because)
    notes = (*fires.notes, *clear.notes)
    values = tuple((dict(clear.values) | dict(fires.values)).items())
    return Answer(Truth.UNKNOWN, _once(proofs), _once(gaps), "", _once(notes), values)


def worst(answers: Mapping[str, Answer]) -> Answer:
    """Report the worst of the answers per level: fires, then unknown, then clear (rules.md 1.5)."""
    for truth in Truth:
        levels = [level for level, answer in answers.items() if answer.truth is truth]
        if levels:
            chosen = min(levels, key=lambda level: _weight(answers[level]))
            alike = (answers[level] for level in levels)
            merged = replace(answers[chosen], level=chosen, levels=tuple(answers.items()))
            gaps = _once(gap for answer in alike for gap in answer.missing)
            return replace(merged, missing=gaps) if truth is Truth.UNKNOWN else merged
    return Answer.unknown(Gap(Reason.MISSING, "target_level"))


def _weight(answer: Answer) -> tuple[int, int]:
    """Rank answers of one truth: the weightiest reason, then the plain tier first."""
    reasons = list(Reason)
    return (reasons.index(answer.reason) if answer.reason else 0, 0 if not answer.tier else 1)
