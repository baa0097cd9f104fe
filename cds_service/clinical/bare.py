"""Answers of questions that find nothing on record: asked once for all charts that are bare alike.

Most questions of most patients look for facts that nobody recorded. Each question is put to a chart
without any fact, which notes every name that is looked up in it. A real chart that holds none of
these names gives the rule the same replies step by step, and so the same answer: it is remembered,
and costs a tenth of a microsecond instead of ten to forty. Nothing of a record can be in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from cds_service.clinical.answer import Answer, Gap
from cds_service.clinical.chart import Chart, Member
from cds_service.clinical.fact import Kind
from cds_service.clinical.rule import Rule

REMEMBERED: Final = 128
"""How many shapes are kept: one for each set of target levels and of unanswered queries."""

_MOMENTS: Final = (
    datetime(2001, 2, 3, 4, 5, tzinfo=UTC),
    datetime(2012, 12, 30, 23, 59, 1, tzinfo=UTC),
)
"""A question without facts has nothing to compare with the time; it is asked at two to be sure."""

_SHAPING: Final = frozenset({"now", "inpatient", "memo", "reports"})
"""The fields that are not noted: of the shape, or the time, or not for questions at all."""

_BY_NAME: Final = frozenset({"results", "findings", "lists", "hints"})
"""The fields of which each name is noted by itself."""


class Shape(NamedTuple):
    """All that an answer may depend on besides facts: the levels ordered, and what was asked for.

    `lacks` says for each kind of facts why its absence proves nothing.
    """

    targets: tuple[str, ...]
    unnamed: bool
    inpatient: bool | None
    lacks: tuple[tuple[Kind, Gap | None], ...]


class Bare(NamedTuple):
    """The answer of a rule where nothing of what it `sought` is on record."""

    answer: Answer
    sought: frozenset[str]


class BareAnswers:
    """The bare answers of some rules for the shapes that have been met."""

    def __init__(self, questions: Iterable[tuple[Rule, Any]]) -> None:
        """Take the rules with their limits."""
        self._questions = tuple(questions)
        self._known: dict[Shape, tuple[Bare, ...]] = {}

    def to(self, chart: Chart) -> tuple[Answer | None, ...]:
        """Answer each question in turn, None where the chart holds something that it looks for."""
        names = names_in(chart)
        shape = shape_of(chart)
        if shape is None:
            return (None,) * len(self._questions)
        known = self._known.get(shape)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = tuple(_ask(rule, limits, shape) for rule, limits in self._questions)
            self._known[shape] = known
        return tuple([bare.answer if names.isdisjoint(bare.sought) else None for bare in known])


def shape_of(chart: Chart) -> Shape | None:
    """Tell how a chart without facts would look; None where the order has words of its own."""
    if chart.doubtful:
        return None
    return Shape(chart.targets, chart.unnamed, chart.inpatient, tuple(chart.lacks.items()))


def names_in(chart: Chart) -> set[str]:
    """Name all that a chart holds: its filled fields, the facts and the sets of conditions in them.

    Two things of one name only mean that a rule is asked in vain.
    """
    names = {*chart.members_of}
    for name in _FACTS:
        held = getattr(chart, name)
        if held:
            names.add(name)
            if name in _BY_NAME:
                names.update(held)
    return names


def _ask(rule: Rule, limits: Any, shape: Shape) -> Bare:
    """Put one question to a chart of this shape, at two moments."""
    charts = [_Watched(now, now, inpatient=shape.inpatient, shape=shape) for now in _MOMENTS]
    answers = [rule.ask(chart, limits) for chart in charts]
    sought = frozenset[str]().union(*(chart.sought for chart in charts))
    if answers[0] != answers[1]:
        sought |= {"patient"}  # which every chart has
    return Bare(answers[0], sought)


class _Nothing(Mapping[str, Any]):
    """A field without facts, which notes every name that is looked up in it."""

    def __init__(self, field_name: str, sought: set[str]) -> None:
        """Take the name for whoever looks at all of it, and where to note."""
        self._field_name = field_name
        self._sought = sought

    def __getitem__(self, name: str) -> Any:
        """Note a name."""
        self._sought.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Note that everything was looked at."""
        self._sought.add(self._field_name)
        return iter(())

    def __len__(self) -> int:
        """Note that everything was looked at."""
        self._sought.add(self._field_name)
        return 0


@dataclass(frozen=True, slots=True)
class _Watched(Chart):
    """A chart without facts, which notes in `sought` whatever is looked up in it."""

    shape: Shape = field(kw_only=True)
    sought: set[str] = field(default_factory=set)

    def __getattribute__(self, name: str) -> Any:
        """Note a field of facts, unless it is one that notes by itself."""
        held = object.__getattribute__(self, name)
        if name not in _FACTS:
            return held
        sought = object.__getattribute__(self, "sought")
        if name in _BY_NAME:
            return _Nothing(name, sought)
        sought.add(name)
        return held

    @property
    def targets(self) -> tuple[str, ...]:
        """The levels of the shape."""
        return self.shape.targets

    @property
    def unnamed(self) -> bool:
        """Whether the shape lacks a level."""
        return self.shape.unnamed

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Nothing: a doubtful order has no shape."""
        return ()

    @property
    def lacks(self) -> Mapping[Kind, Gap | None]:
        """What the shape lacks."""
        return dict(self.shape.lacks)

    def members(self, value_set: str) -> tuple[Member, ...]:
        """Find no condition, and note the set."""
        self.sought.add(value_set)
        return ()


_FACTS: Final = tuple([one.name for one in fields(Chart) if one.name not in _SHAPING])
