"""The newest result of a kind, and the questions that may be put to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from cds_service.clinical.answer import Answer, Gap, all_of, any_of
from cds_service.clinical.fact import Finding, Result
from cds_service.clinical.quantity import Measured, Quantity
from cds_service.clinical.truth import UNKNOWN, YES, Reason, Truth
from cds_service.clinical.when import INSIDE, OUTSIDE, UNDATED, Age, When, Window

Ask = Callable[[Result], Truth]
Dated = TypeVar("Dated", Result, Finding)


def newest(facts: Iterable[Dated]) -> tuple[Dated, ...]:
    """Keep every fact that may be the newest: undated ones, and all that overlap the last one.

    Two results of one moment, or a day beside an instant in it, cannot be put in order; all of
    them stand, so that the order of a Bundle never decides.
    """
    facts = tuple(facts)
    if len(facts) <= 1:
        return facts
    starts = [fact.when.earliest for fact in facts if fact.when and fact.when.earliest]
    if not starts:
        return facts
    last = max(starts)
    return tuple([fact for fact in facts if fact.when is None or fact.when.latest >= last])


def as_new(facts: Iterable[Dated], latest: Iterable[Dated]) -> tuple[Dated, ...]:
    """Keep what may be as new as the newest facts that prove something."""
    start = max((f.when.earliest for f in latest if f.when and f.when.earliest), default=None)
    return tuple(f for f in facts if start is None or f.when is None or f.when.latest >= start)


class Reading(NamedTuple):
    """The newest result, or what stands in its place.

    `results` are the results that may be the newest final one; `tentative` are preliminary ones
    and estimates that are at least as new: they may make a rule fire, never clear (9.2).
    """

    results: tuple[Result, ...]
    tentative: tuple[Result, ...]
    absence: Gap
    window: Window
    now: datetime
    doubt: Gap | None = None

    @classmethod
    def of(
        cls,
        results: tuple[Result, ...],
        absence: Gap,
        window: Window,
        now: datetime,
        doubt: Gap | None = None,
    ) -> Reading:
        """Choose among all results of a kind.

        `absence` describes the lack of any. `doubt` says that there may be newer ones which
        could not be asked for: then nothing is cleared.
        """
        final = newest([result for result in results if result.final])
        vague = [result for result in results if not result.final]
        tentative = as_new(vague, final) if vague else ()
        return cls(final, tentative, absence, window, now, doubt)

    def above(self, limit: Quantity) -> Answer:
        """Ask whether the result is above the limit."""
        return self._ask(lambda result: _number(result).above(limit.value))

    def below(self, limit: Quantity) -> Answer:
        """Ask whether the result is below the limit."""
        return self._ask(lambda result: _number(result).below(limit.value))

    def above_normal(self) -> Answer:
        """Ask whether the result is above the range that the laboratory itself gives."""
        return self._ask(_above_normal)

    def below_normal(self) -> Answer:
        """Ask whether the result is below the range that the laboratory itself gives."""
        return self._ask(_below_normal)

    def known(self) -> Answer:
        """Ask whether a final, readable result lies in the window."""
        if not self.results:
            return Answer.unknown(self._nothing())
        known = all_of([self._one(result, _known) for result in self.results])
        return ~(~known).doubted(self.doubt)

    @property
    def value(self) -> Result | None:
        """The one readable result in the window, or None where several disagree.

        Of several that say the same the oldest stands for all: the less favourable reading.
        """
        said = {result.measured for result in self.results}
        if self.known().truth is not YES or len(said) > 1:
            return None
        return min(self.results, key=lambda result: _start(result, self.now))

    def _ask(self, ask: Ask) -> Answer:
        """Put a question to every result that may be the newest; one yes decides."""
        if self.tentative:
            eager = any_of([self._one(result, ask).only_fires() for result in self.tentative])
            if eager.truth is YES:
                return eager
        if not self.results:
            return Answer.unknown(self._nothing())
        return any_of([self._one(result, ask) for result in self.results]).doubted(self.doubt)

    def _nothing(self) -> Gap:
        """Describe that there is no final result: none at all, or only a preliminary one."""
        if not self.tentative:
            return self.absence
        proof = self.tentative[0].proof()
        return self.absence._replace(reason=Reason.MISSING, detail="only_preliminary", proof=proof)

    def _one(self, result: Result, ask: Ask) -> Answer:
        """Put a question to one result, unless its age or its reading forbids it."""
        gap = trouble_with(result, self.window, self.now)
        if gap:
            return Answer.unknown(gap)
        truth = ask(result)
        if truth is UNKNOWN:
            return Answer.unknown(_gap(result, Reason.UNPARSEABLE, "undecided"))
        return Answer(truth, (result.proof(),))


def trouble_with(result: Result | Finding, window: Window, now: datetime) -> Gap | None:
    """Say why a fact cannot be used now, or None when it can."""
    age = window.age_of(result.when, now)
    if age is OUTSIDE:
        return _gap(result, Reason.STALE, window=str(window))
    if age is not INSIDE:
        return _gap(result, Reason.UNPARSEABLE, undated_or(age, result.when))
    if isinstance(result, Result) and result.suspected:
        return _gap(result, Reason.SUSPECTED, "named_only")
    return _gap(result, Reason.UNPARSEABLE, result.trouble) if result.trouble else None


def undated_or(age: Age, when: When | None) -> str:
    """Name what is wrong with a time: a date of filing is one, but it says no age."""
    return "filed_only" if age is UNDATED and when is not None else age.value


def _known(_: Result) -> Truth:
    """Take a result for known."""
    return YES


def _gap(result: Result | Finding, reason: Reason, detail: str = "", window: str = "") -> Gap:
    """Describe one fact that cannot be used."""
    return Gap(reason, result.fact, window, detail, result.proof())


def _start(result: Result, now: datetime) -> datetime:
    """Give the earliest moment of a result; one without any counts as drawn now."""
    return result.when.earliest if result.when and result.when.earliest else now


def _number(result: Result) -> Measured:
    """Take the number of a result that is known to be readable."""
    return result.measured or Measured(None, None)


def _above_normal(result: Result) -> Truth:
    """Compare a result with the upper end of its own range."""
    if result.normal is None or result.normal.high is None:
        return UNKNOWN
    return _number(result).above(result.normal.high)


def _below_normal(result: Result) -> Truth:
    """Compare a result with the lower end of its own range."""
    if result.normal is None or result.normal.low is None:
        return UNKNOWN
    return _number(result).below(result.normal.low)
