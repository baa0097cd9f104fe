"""Answers in three values, each with the facts that decided it and those that lacked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from cds_service.clinical.truth import NO, UNKNOWN, YES, Reason, Truth

Thing = TypeVar("Thing")


class Proof(NamedTuple):
    """One fact of the record as a card shows it.

    `what` is a key of our own word lists, never the record's text; `value` may be the record's
    own words and is escaped where it is shown. `when` is a date or empty, `reference` names the
    resource, `note` is a key of the word lists. `quote` are the words of a report from which the
    fact was read, empty where it is coded.
    """

    what: str
    value: str = ""
    when: str = ""
    reference: str = ""
    level: str = ""
    note: str = ""
    quote: str = ""


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
    all target levels. `by_text` marks one that would not stand without the text of a report.
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
    by_text: bool = False

    def __bool__(self) -> bool:
        """Refuse: Python's `and`, `or` and `if` would turn unknown into yes."""
        msg = "an Answer has three values; combine with | & ~ and compare .truth"
        raise TypeError(msg)

    @classmethod
    def yes(cls, *because: Proof) -> Answer:
        """Answer yes, because of these facts."""
        return cls(YES, because, by_text=_quotes(because)) if because else _PLAIN_YES

    @classmethod
    def no(cls, *because: Proof) -> Answer:
        """Answer no, because of these facts."""
        return cls(NO, because, by_text=_quotes(because)) if because else _PLAIN_NO

    @classmethod
    def unknown(cls, *missing: Gap) -> Answer:
        """Answer unknown, for lack of these facts."""
        return cls(UNKNOWN, (), missing)

    @classmethod
    def not_applicable(cls, *because: Proof) -> Answer:
        """Answer no because the question does not arise for this patient or order."""
        return cls(NO, because, applicable=False)

    @property
    def reason(self) -> Reason | None:
        """Name the weightiest reason of an unknown answer; None where yes or no was reached."""
        if self.truth is not UNKNOWN:
            return None if self.applicable else Reason.NOT_APPLICABLE
        if len(self.missing) == 1:
            return self.missing[0].reason
        found = [gap.reason for gap in self.missing]
        return min(found, key=_WEIGHT.__getitem__) if found else Reason.MISSING

    def __or__(self, other: Answer) -> Answer:
        """Join so that one yes decides; else one unknown does."""
        return _joined(self, other, YES, _PLAIN_NO)

    def __and__(self, other: Answer) -> Answer:
        """Join so that one no decides; else one unknown does."""
        return _joined(self, other, NO, _PLAIN_YES)

    def __invert__(self) -> Answer:
        """Turn yes into no and no into yes."""
        if self.truth is UNKNOWN:
            return self
        if self is _PLAIN_NO:
            return _PLAIN_YES
        if self is _PLAIN_YES:
            return _PLAIN_NO
        return Answer._make((NO if self.truth is YES else YES, *self[1:]))

    def saying(self, tier: str = "", notes: Iterable[str] = (), **values: str) -> Answer:
        """Add what the card needs for its words."""
        known = dict(self.values) | values
        added = _union(self.notes, _once(notes))
        return self._replace(tier=tier or self.tier, notes=added, values=tuple(known.items()))

    def doubted(self, *gaps: Gap | None) -> Answer:
        """Let a yes stand, but turn a no into unknown where something could not be asked."""
        if self.truth is YES:
            return self
        real = tuple([gap for gap in gaps if gap is not None])
        if not real:
            return self
        missing = _union(self.missing, real)
        known = (self.tier, self.notes, self.values, self.level, self.levels)
        return Answer(UNKNOWN, self.because, missing, *known)

    def only_proofs(self) -> tuple[Proof, ...]:
        """Give the facts behind a yes; nothing for any other answer."""
        return self.because if self.truth is YES else ()

    def only_fires(self) -> Answer:
        """Keep a yes and take anything else for a plain no: evidence that never clears."""
        return self if self.truth is YES else Answer.no()


def _joined(left: Answer, right: Answer, deciding: Truth, idle: Answer) -> Answer:
    """Join two answers; the sides that share the joint truth give its facts.

    The `idle` answer without facts leaves the other as it is: most joins are of that kind.
    """
    if right is left or right is idle:
        return left
    if left is idle:
        return right
    if left.truth is right.truth:
        return _both(left, right, either=left.truth is deciding)
    if deciding is left.truth or deciding is right.truth:
        return left if deciding is left.truth else right
    unknown, known = (left, right) if left.truth is UNKNOWN else (right, left)
    if not known.because:
        return unknown
    proofs = (*left.because, *right.because)
    return unknown._replace(because=_once(proofs))


def _both(left: Answer, right: Answer, *, either: bool) -> Answer:
    """Put together the facts of two answers that say the same.

    Where `either` would do alone, a coded one makes the joint answer stand without any text.
    """
    texts = (left.by_text, right.by_text)
    return Answer(
        left.truth,
        _union(left.because, right.because),
        _union(left.missing, right.missing),
        left.tier or right.tier,
        _union(left.notes, right.notes),
        tuple((dict(right.values) | dict(left.values)).items()) if right.values else left.values,
        by_text=all(texts) if either else any(texts),
    )


def _quotes(because: tuple[Proof, ...]) -> bool:
    """Tell whether any of some facts was read from the text of a report."""
    return any(proof.quote for proof in because)


def _union(left: tuple[Thing, ...], right: tuple[Thing, ...]) -> tuple[Thing, ...]:
    """Put together two tuples, each thing once."""
    if not right or not left:
        return left or right
    return _once((*left, *right))


def _once(things: Iterable[Thing]) -> tuple[Thing, ...]:
    """Keep each thing once, in its first place."""
    return tuple(dict.fromkeys(things))


_WEIGHT = {reason: weight for weight, reason in enumerate((None, *Reason))}
"""The least is the weightiest; none at all comes before."""
_PLAIN_YES, _PLAIN_NO = Answer(YES), Answer(NO)
"""Answers without any fact; there is one of each."""


def all_of(answers: Iterable[Answer]) -> Answer:
    """Join answers by `&`; none at all is a plain yes."""
    joined = _PLAIN_YES
    for answer in answers:
        joined = _joined(joined, answer, NO, _PLAIN_YES)
    return joined


def any_of(answers: Iterable[Answer]) -> Answer:
    """Join answers by `|`; none at all is a plain no."""
    joined = _PLAIN_NO
    for answer in answers:
        joined = _joined(joined, answer, YES, _PLAIN_NO)
    return joined


def settle(fires: Answer, clear: Answer, *suspicions: Gap) -> Answer:
    """Decide a rule that names separately what fires it and what proves it false.

    Fires when `fires` is yes. Clear only when `clear` is yes and nothing raises suspicion.
    Everything else is unknown: without positive proof there is no "clear" (rules.md 1.2).
    """
    if fires.truth is YES:
        return fires
    if clear.truth is YES and not suspicions and fires.truth is NO:
        return Answer(NO, clear.because, (), *clear[3:])
    gaps = (*suspicions, *(fires.missing if fires.truth is UNKNOWN else ()), *clear.missing)
    proofs = _union(fires.because, clear.because)
    notes = _union(fires.notes, clear.notes)
    values = fires.values
    if clear.values:
        values = tuple((dict(clear.values) | dict(fires.values)).items())
    return Answer(UNKNOWN, proofs, _once(gaps), "", notes, values)


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
    level = min(alike, key=lambda one: _weight(alike[one]))
    chosen = alike[level]
    gaps = chosen.missing
    if chosen.truth is UNKNOWN:
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
        chosen.by_text,
    )


def _weight(answer: Answer) -> tuple[int, bool, bool]:
    """Rank answers of one truth: the weightiest reason, the plain tier, what is coded first."""
    return _WEIGHT[answer.reason], bool(answer.tier), answer.by_text
