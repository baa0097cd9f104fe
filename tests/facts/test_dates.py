"""Times are read in the less favourable way (rules.md 1.1 and 9.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.facts.dates import filed, has_time, period_of, time_of, timing_of, when_of

BERLIN = ZoneInfo("Europe/Berlin")
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2025", datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        ("2025-05", datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)),
        ("2025-12", datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)),
        (" 2025-05-18 ", datetime(2025, 5, 18, tzinfo=UTC), datetime(2025, 5, 19, tzinfo=UTC)),
    ],
    ids=["year", "month", "December", "leap day", "blanks"],
)
def test_a_partial_date_lasts_from_its_first_to_its_last_moment(
    text: str, first: datetime, after: datetime
) -> None:
    """What is not said may be any moment of the span; the card shows what was said."""
    when = when_of(text, UTC)
    assert when is not None
    assert (when.earliest, when.latest, when.text) == (first, after - TICK, text.strip())


@pytest.mark.parametrize(
    ("text", "hour", "day"),
    [
        ("2025-05-18T23:30:00Z", 1, "2025-05-19"),
        ("2025-05-18T23:30Z", 1, "2025-05-19"),
        ("2025-05-18T23:30:00.1234567+00:00", 1, "2025-05-19"),
        ("2025-05-18T23:30:00", 23, "2025-05-18"),
        ("2025-06-30T21:59:60Z", 23, "2025-06-30"),
    ],
    ids=["zone", "no seconds", "fractions", "no zone is the site's", "leap second"],
)
def test_an_instant_is_told_in_the_zone_of_the_site(text: str, hour: int, day: str) -> None:
    """A day on a card is the day on the wall calendar of the site."""
    when = when_of(text, BERLIN)
    assert when is not None
    assert when.earliest == when.latest
    assert (when.latest.hour, when.text) == (hour, day)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "today",
            "18.05.2025",
            "2025-13",
            "2025-02-30",
            "1899-12-31",
            "20250518",
            "2025-W20-1",
        ),
        *("0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "2025-05-18T25:00"),
        *("2025/05/18T10:00", "1899-12-31T10:00:00Z", 2025, None),
        *("2025-W20-1T10:00:00Z", "20250518T100000Z", "1899", "1899-12"),
        *("2025/05", "2025W20", "2025W20-1T10:00Z", "2025/05-18", "2025-05/18", "2025/05-18T10:00"),
        *("2025051", "202505-18", "202505-18T10:00Z", "2025 05-18", "205", "20255"),
    ],
)
def test_what_is_no_date_is_none(value: object) -> None:
    """Garbage and placeholder years never become a time."""
    assert when_of(value, BERLIN) is None


@pytest.mark.parametrize("text", ["1900", "1900-01", "1900-01-01", "1900-01-01T00:00:00+01:00"])
def test_the_first_year_that_counts_is_1900(text: str) -> None:
    """The last moment of 1899 is refused above."""
    when = when_of(text, BERLIN)
    assert when is not None
    assert when.earliest is not None
    assert when.earliest.year == 1900


def test_the_day_may_be_one_before_the_written_one() -> None:
    """West of the zone that wrote it."""
    when = when_of("2025-06-01T01:30:15+09:00", BERLIN)
    assert when is not None
    assert when.text == "2025-05-31"
    early = when_of("2025-05-19T01:30:15+09:00", BERLIN)
    assert early is not None
    assert (early.text, early.latest.second) == ("2025-05-18", 15)


def test_a_leap_second_keeps_its_fraction() -> None:
    """It counts as the second before it."""
    when = when_of("2025-06-30T21:59:60.5Z", UTC)
    assert when is not None
    assert when.latest == datetime(2025, 6, 30, 21, 59, 59, 500_000, tzinfo=UTC)


@given(st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    """No text raises, and a time always has its bounds in order."""
    when = when_of(text, BERLIN)
    assert when is None or when.earliest is None or when.earliest <= when.latest


def test_a_period_ages_from_its_start() -> None:
    """A result of a period counts as old as its start, even when the period is turned around."""
    when = period_of({"start": "2025-05-01", "end": "2025-05-03"}, UTC)
    assert when is not None
    assert when.earliest == datetime(2025, 5, 1, tzinfo=UTC)
    assert when.latest == datetime(2025, 5, 4, tzinfo=UTC) - TICK
    turned = period_of({"start": "2025-05-03", "end": "2025-05-01"}, UTC)
    assert turned is not None
    assert turned.earliest is not None
    assert turned.earliest < turned.latest


def test_a_period_with_an_end_alone_has_no_age() -> None:
    """Such periods are common; only the end is known (real-data.md 4)."""
    when = period_of({"end": "2025-05-03"}, UTC)
    assert when is not None
    assert when.earliest is None
    assert when.text == "2025-05-03"
    assert period_of({}, UTC) is None


def test_the_moment_of_filing_gives_no_age() -> None:
    """A result may be much older than the moment at which it was filed."""
    when = filed("2025-05-03T10:00:00Z", UTC)
    assert when is not None
    assert when.earliest is None
    assert filed("soon", UTC) is None


def test_a_timing_lasts_from_its_first_event_to_its_last() -> None:
    """Where no event is given, its bounds count."""
    when = timing_of({"event": ["2025-05-03", "2025-05-01", "x"]}, UTC)
    assert when is not None
    assert when.text == "2025-05-01"
    assert when.latest == datetime(2025, 5, 4, tzinfo=UTC) - TICK
    vague = timing_of({"event": ["2025-05-01", "2025"]}, UTC)
    assert vague is not None
    assert vague.earliest == datetime(2025, 1, 1, tzinfo=UTC)
    assert vague.text == "2025"
    bounds = timing_of({"repeat": {"boundsPeriod": {"start": "2025-05-02"}}}, UTC)
    assert bounds is not None
    assert bounds.text == "2025-05-02"


@pytest.mark.parametrize(
    "resource",
    [
        {"effectiveDateTime": "2025-05-01"},
        {"effectiveInstant": "2025-05-01T00:00:00Z"},
        {"effectivePeriod": {"start": "2025-05-01"}},
        {"effectiveTiming": {"event": ["2025-05-01"]}},
    ],
    ids=["dateTime", "instant", "period", "timing"],
)
def test_every_form_of_a_time_is_read(resource: dict[str, object]) -> None:
    """FHIR gives a time in four forms."""
    when = time_of(resource, "effective", UTC)
    assert when is not None
    assert when.text == "2025-05-01"
    assert has_time(resource, "effective")
    assert not has_time(resource, "onset")


def test_a_time_that_cannot_be_read_is_there_all_the_same() -> None:
    """Unreadable is another gap than missing."""
    resource = {"effectiveDateTime": "yesterday"}
    assert has_time(resource, "effective")
    assert time_of(resource, "effective", UTC) is None
    assert not has_time({}, "effective")
    assert time_of({}, "effective", UTC) is None
