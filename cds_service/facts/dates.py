"""Times of a record, read in the zone of the site (rules.md 1.1 and 9.1; FHIR R4 datatypes)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final

from cds_service.clinical.when import When
from cds_service.facts.elements import obj

FIRST_YEAR: Final = 1900
"""Earlier years are slips of the keyboard or placeholders, never times of care."""

_DAY = 10
_MONTH = 7
_YEAR = 4
_LAST_MONTH = 12
_TICK = timedelta(microseconds=1)


def when_of(value: object, zone: tzinfo) -> When | None:
    """Read a FHIR date, dateTime or instant; None for anything that is no such string.

    A partial date lasts from its first to its last moment; a time without a zone is one of the
    site.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        if len(text) > _DAY:
            return _instant(text, zone)
        return _span(text, zone) if text[:4].isdecimal() else None
    except (ValueError, OverflowError):
        return None


def _instant(text: str, zone: tzinfo) -> When | None:
    """Read a dateTime with a time of day; a leap second counts as the one before it.

    Python reads more than FHIR allows: days without a hyphen, and days of a week.
    """
    if text[7] != "-":
        return None
    if text[16:19] == ":60":
        text = f"{text[:17]}59{text[19:]}"
    written = datetime.fromisoformat(text.upper())
    moment = written.astimezone(zone) if written.tzinfo else written.replace(tzinfo=zone)
    if moment.year < FIRST_YEAR:
        return None
    # The day as it is written costs nothing, and no zone is a month away.
    day = text[:_DAY] if moment.day == written.day else moment.date().isoformat()
    return When(moment, moment, day)


def _span(text: str, zone: tzinfo) -> When | None:
    """Read a day, a month or a year."""
    year = int(text[:4])
    if year < FIRST_YEAR:
        return None
    if len(text) == _DAY and text[7] == "-":
        first = date.fromisoformat(text)
        after = first + timedelta(days=1)
    elif len(text) == _MONTH:
        first = date.fromisoformat(f"{text}-01")
        after = date(year + first.month // _LAST_MONTH, first.month % _LAST_MONTH + 1, 1)
    elif len(text) == _YEAR:
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
    else:
        return None
    return When(_midnight(first, zone), _midnight(after, zone) - _TICK, text)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Give the first moment of a day."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def period_of(value: object, zone: tzinfo) -> When | None:
    """Read a Period: it ages from its start; with only an end it has no age (rules.md 1.1)."""
    period = obj(value)
    start, end = when_of(period.get("start"), zone), when_of(period.get("end"), zone)
    if start is None:
        return None if end is None else When(None, end.latest, end.text)
    latest = max(start.latest, end.latest) if end else start.latest
    return When(start.earliest, latest, start.text)


def timing_of(value: object, zone: tzinfo) -> When | None:
    """Read a Timing: from its first to its last event, or the period that bounds it."""
    timing = obj(value)
    events = timing.get("event")
    times = [when_of(event, zone) for event in events] if isinstance(events, list) else []
    known = [time for time in times if time and time.earliest]
    if not known:
        return period_of(obj(timing.get("repeat")).get("boundsPeriod"), zone)
    first = min(known, key=lambda time: time.earliest or time.latest)
    return When(first.earliest, max(time.latest for time in known), first.text)


def time_of(resource: Mapping[str, Any], name: str, zone: tzinfo) -> When | None:
    """Read a choice element such as `effective[x]`: dateTime, instant, Period or Timing."""
    moment = resource.get(f"{name}DateTime") or resource.get(f"{name}Instant")
    if moment is not None:
        return when_of(moment, zone)
    period = resource.get(f"{name}Period")
    if period is not None:
        return period_of(period, zone)
    timing = resource.get(f"{name}Timing")
    return timing_of(timing, zone) if timing is not None else None


def has_time(resource: Mapping[str, Any], name: str) -> bool:
    """Tell whether a choice element of time is there at all, readable or not."""
    return bool(
        resource.get(f"{name}DateTime")
        or resource.get(f"{name}Instant")
        or resource.get(f"{name}Period")
        or resource.get(f"{name}Timing")
    )


def filed(value: object, zone: tzinfo) -> When | None:
    """Read the moment of filing: the fact is older than that, and nobody knows how much."""
    when = when_of(value, zone)
    return When(None, when.latest, when.text) if when else None
