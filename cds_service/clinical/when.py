"""Days, instants and windows, read in the less favourable way (rules.md 1.1 and 9.1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

CLOCK_TOLERANCE: Final = timedelta(hours=24)
"""How far a record's time may lie ahead of ours before it counts as wrong: zones and clocks."""


class When(NamedTuple):
    """A time as a record gives it: an instant, a day, a month, a year or a period.

    `earliest` and `latest` bound it, both in the zone of the site. `earliest` is None when only
    an end or the moment of filing is known: such a fact has no age. `text` is for the reader.
    """

    earliest: datetime | None
    latest: datetime
    text: str

    def may_follow(self, moment: datetime) -> bool:
        """Tell whether this could lie after `moment`."""
        return self.latest > moment

    def surely_follows(self, moment: datetime) -> bool:
        """Tell whether this lies after `moment` for certain."""
        return self.earliest is not None and self.earliest > moment


def same_day(one: When | None, other: When | None) -> bool:
    """Tell whether two times may be of one day; without a date nothing is known to be."""
    if one is None or other is None or one.earliest is None or other.earliest is None:
        return False
    first, last = other.earliest.date(), other.latest.date()
    return one.earliest.date() <= last and first <= one.latest.date()


class Age(StrEnum):
    """Where a fact lies in a window."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNDATED = "undated"
    FUTURE = "future"


INSIDE, OUTSIDE, UNDATED, FUTURE = Age
"""The members by themselves, for whoever asks often (see `truth.py`)."""


class Window(NamedTuple):
    """How old a fact may be: in days, which compares calendar dates, or in hours, for instants."""

    days: int = 0
    hours: int = 0

    def __str__(self) -> str:
        """Say the length as a card says it."""
        number, unit = (self.hours, "hour") if self.hours else (self.days, "day")
        return f"{number} {unit}" if number == 1 else f"{number} {unit}s"

    def __bool__(self) -> bool:
        """Tell whether the window has a length at all."""
        return bool(self.days or self.hours)

    @property
    def length(self) -> timedelta:
        """The length as a span of time."""
        return timedelta(days=self.days, hours=self.hours)

    def age_of(self, when: When | None, now: datetime) -> Age:
        """Place a fact in the window that ends at `now`, by its earliest reading."""
        earliest = when.earliest if when else None
        if earliest is None:
            return UNDATED
        if earliest > now and earliest > now + CLOCK_TOLERANCE:
            return FUTURE
        if self.hours:
            inside = now - earliest <= self.length
        else:
            inside = (now.date() - earliest.date()).days <= self.days
        return INSIDE if inside else OUTSIDE
