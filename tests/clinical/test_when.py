"""Windows: days compare dates, hours compare instants, both from the start (rules.md 1.1, 9.1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cds_service.clinical.when import Age, When, Window, same_day
from tests.times import FILED, NOW, days, hours, month


@pytest.mark.parametrize(
    ("window", "when", "age"),
    [
        (Window(days=7), days(7), Age.INSIDE),
        (Window(days=7), days(8), Age.OUTSIDE),
        (Window(days=7), hours(7 * 24 + 12), Age.INSIDE),
        (Window(days=7), hours(7 * 24 + 12.1), Age.OUTSIDE),
        (Window(days=0), hours(11), Age.INSIDE),
        (Window(hours=72), hours(72), Age.INSIDE),
        (Window(hours=72), hours(72.01), Age.OUTSIDE),
        (Window(hours=72), days(3), Age.OUTSIDE),
        (Window(hours=96), days(3), Age.INSIDE),
        (Window(days=19), month(5), Age.INSIDE),
        (Window(days=18), month(5), Age.OUTSIDE),
        (Window(days=7), None, Age.UNDATED),
        (Window(days=7), FILED, Age.UNDATED),
        (Window(days=7), hours(-1), Age.INSIDE),
        (Window(days=7), hours(-24), Age.INSIDE),
        (Window(days=7), hours(-24.1), Age.FUTURE),
        (Window(hours=72), hours(-24), Age.INSIDE),
        (Window(hours=72), hours(-24.1), Age.FUTURE),
    ],
)
def test_the_place_in_a_window(window: Window, when: When | None, age: Age) -> None:
    assert window.age_of(when, NOW) is age


def test_a_day_may_follow_a_moment_in_it_but_not_surely() -> None:
    assert days(0).may_follow(NOW)
    assert not days(0).surely_follows(NOW)
    assert days(0).surely_follows(NOW - timedelta(hours=13))
    assert not days(1).may_follow(NOW)
    assert not FILED.surely_follows(NOW - timedelta(days=900))


def test_what_happens_at_a_moment_does_not_follow_it() -> None:
    assert not hours(0).may_follow(NOW)
    assert not hours(0).surely_follows(NOW)
    assert hours(-0.001).may_follow(NOW)
    assert hours(-0.001).surely_follows(NOW)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (Window(days=0), "0 days"),
        (Window(days=1), "1 day"),
        (Window(days=30), "30 days"),
        (Window(hours=72), "72 hours"),
        (Window(hours=1), "1 hour"),
    ],
)
def test_a_window_is_said_as_a_card_says_it(window: Window, said: str) -> None:
    assert str(window) == said


def test_a_window_without_length_is_none() -> None:
    assert not Window()
    assert Window(days=1)
    assert Window(hours=1)
    assert Window(days=1, hours=2).length == timedelta(hours=26)


def test_times_of_one_day_may_be_known_to_the_month() -> None:
    day, later, any_day = days(7), days(6), month(5)
    assert same_day(day, day)
    assert not same_day(day, later)
    assert same_day(any_day, day)
    assert not same_day(day, None)
    assert not same_day(None, day)
    assert not same_day(FILED, day)
    assert not same_day(day, FILED)
