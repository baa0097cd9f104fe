"""Answers in three values, each with the facts that decided it and those that lacked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_, or_
from typing import NamedTuple, TypeVar

from cds_service.clinical.truth import Reason, Truth

Thing = TypeVar("Thing")


class Proof(NamedTuple):
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


class Gap(NamedTuple):
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


class Answer(NamedTuple):
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
        return cls(Truth.YES, because) if because else _PLAIN[Truth.YES]

    @classmethod
    def no(cls, *because: Proof) -> Answer:
        """Answer no, because of these facts."""
        return cls(Truth.NO, because) if because else _PLAIN[Truth.NO]

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
        found = [gap.reason for gap in self.missing]
        return min(found, key=_WEIGHT.__getitem__) if found else Reason.MISSING

    def __or__(self, other: Answer) -> Answer:
        """Join so that one yes decides; else one unknown does."""
        return _joined(self, other, Truth.YES)

    def __and__(self, other: Answer) -> Answer:
        """Join so that one no decides; else one unknown does."""
        return _joined(self, other, Truth.NO)

    def __invert__(self) -> Answer:
        """Turn yes into no and no into yes."""
        if self.truth is Truth.UNKNOWN:
            return self
        turned = _OTHER[self.truth]
        if self is _PLAIN[self.truth]:
            return _PLAIN[turned]
        return self._replace(truth=turned)

    def saying(self, tier: str = "", notes: Iterable[str] = (), **values: str) -> Answer:
        """Add what the card needs for its words."""
        known = dict(self.values) | values
        return self._replace(
            tier=tier or self.tier,
            notes=_once((*self.notes, *notes)),
            values=tuple(known.items()),
        )

    def doubted(self, *gaps: Gap | None) -> Answer:
        """Let a yes stand, but turn a no into unknown where something could not be asked."""
        real = tuple([gap for gap in gaps if gap is not None])
        if not real or self.truth is Truth.YES:
            return self
        missing = _union(self.missing, real)
        known = (self.tier, self.notes, self.values, self.level, self.levels)
        return Answer(Truth.UNKNOWN, self.because, missing, *known)

    def only_proofs(self) -> tuple[Proof, ...]:
        """Give the facts behind a yes; nothing for any other answer."""
        return self.because if self.truth is Truth.YES else ()

    def only_fires(self) -> Answer:
        """Keep a yes and take anything else for a plain no: evidence that never clears."""
        return self if self.truth is Truth.YES else Answer.no()


def _joined(left: Answer, right: Answer, deciding: Truth) -> Answer:
    """Join two answers; the sides that share the joint truth give its facts.

    A plain answer without facts leaves the other as it is: most joins are of that kind.
    """
    if right is left or right is _PLAIN[_OTHER[deciding]]:
        return left
    if left is _PLAIN[_OTHER[deciding]]:
        return right
    if left.truth is right.truth:
        return _both(left, right)
    if deciding is left.truth or deciding is right.truth:
        return left if deciding is left.truth else right
    unknown, known = (left, right) if left.truth is Truth.UNKNOWN else (right, left)
    if not known.because:
        return unknown
    proofs = (*left.because, *right.because)
    return unknown._replace(because=_once(proofs))


def _both(left: Answer, right: Answer) -> Answer:
    """Put together the facts of two answers that say the same."""
    return Answer(
        left.truth,
        _union(left.because, right.because),
        _union(left.missing, right.missing),
        left.tier or right.tier,
        _union(left.notes, right.notes),
        tuple((dict(right.values) | dict(left.values)).items()) if right.values else left.values,
    )


def _union(left: tuple[Thing, ...], right: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """Put together two tuples, each thing once."""
    if not right or not left:
        return left or right
    return _once((*left, *right))


def _once(things: Iterable[Thing]) -> tuple[Thing, ...]:
    """Keep each thing once, in its first place."""
    return tuple(dict.fromkeys(things))


_WEIGHT = {reason: weight for weight, reason in enumerate(Reason)}
_OTHER = {Truth.YES: Truth.NO, Truth.NO: Truth.YES}
_PLAIN = {truth: Answer(truth) for truth in Truth}
"""Answers without any fact; there is one of each."""


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
        return clear._replace(truth=Truth.NO, missing=())
    gaps = (*suspicions, *(fires.missing if fires.truth is Truth.UNKNOWN else ()), *clear.missing)
    proofs = _union(fires.because, clear.because)
    notes = _union(fires.notes, clear.notes)
    values = tuple((dict(clear.values) | dict(fires.values)).items())
    return Answer(Truth.UNKNOWN, proofs, _once(gaps), "", notes, values)


def worst(answers: Mapping[str, Answer]) -> Answer:
    """Report the worst of the answers per level: fires, then unknown, then clear (rules.md 1.5)."""
    for truth in Truth:
        levels = [level for level, answer in answers.items() if answer.truth is truth]
        if levels:
            alike = {level: answers[level] for level in levels}
            return _worst(alike, tuple(answers.items()))
    return Answer.unknown(Gap(Reason.MISSING, "target_level"))


def _worst(alike: Mapping[str, Answer], every: tuple[tuple[str, Answer], ...]) -> Answer:
    """Choose one of several answers of one truth, with what is missing for any of them."""
    level = min(alike, key=lambda one: _weight(alike[one])) if len(alike) > 1 else next(iter(alike))
    chosen = alike[level]
    gaps = chosen.missing
    if chosen.truth is Truth.UNKNOWN and len(alike) > 1:
        gaps = _once(gap for answer in alike.values() for gap in answer.missing)
    return Answer(
        chosen.truth,
        chosen.because,
        gaps,
        chosen.tier,
        chosen.notes,
        chosen.values,
        level,
        every,
        chosen.applicable,
    )


def _weight(answer: Answer) -> tuple[int, int]:
    """Rank answers of one truth: the weightiest reason, then the plain tier first."""
    reason = answer.reason
    return (_WEIGHT[reason] if reason else 0, 0 if not answer.tier else 1)
