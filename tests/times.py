"""Times for tests, counted back from a clock that stands still."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cds_service.clinical.when import When

NOW = datetime(2025, 5, 20, 12, tzinfo=UTC)
PLANNED = NOW + timedelta(days=7)


def days(ago: float, *, of: datetime = NOW) -> When:
    """Give the whole day that lies so many days before now."""
    start = (of - timedelta(days=ago)).replace(hour=0, minute=0)
    return span(start, start + timedelta(days=1), start.date().isoformat())


def hours(ago: float, *, of: datetime = NOW) -> When:
    """Give the instant that lies so many hours before now."""
    moment = of - timedelta(hours=ago)
    return When(moment, moment, moment.date().isoformat())


def span(start: datetime, end: datetime, text: str) -> When:
    """Give a time from `start` until just before `end`."""
    return When(start, end - timedelta(microseconds=1), text)


def month(number: int) -> When:
    """Give a month of 2025."""
    start = datetime(2025, number, 1, tzinfo=UTC)
    return span(start, datetime(2025, number + 1, 1, tzinfo=UTC), f"2025-{number:02}")


FILED = When(None, hours(1).latest, "2025-05-20")
"""The moment of filing alone: such a fact has no age."""
FUTURE = days(-3)


def planned_on(ahead: int) -> date:
    """Give the day so many days after now."""
    return (NOW + timedelta(days=ahead)).date()


YESTERDAY = days(1)
LAST_WEEK = days(5)
