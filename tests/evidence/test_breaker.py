"""A breaker opens after five failures, probes once, and counts nothing that proves no death."""

from __future__ import annotations

import threading
import time

import pytest

from cds_service.evidence.addresses import LOOPBACK
from cds_service.evidence.breaker import LONGEST_SECONDS, RESTING, Breaker, jittered
from cds_service.evidence.flight import Flight


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        """Begin with the real time, which flights have, too."""
        self.skipped = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return time.monotonic() + self.skipped


@pytest.fixture
def clock() -> Clock:
    """Have a clock."""
    return Clock()


@pytest.fixture
def heard() -> list[str]:
    """Collect what a breaker tells."""
    return []


@pytest.fixture
def breaker(clock: Clock, heard: list[str]) -> Breaker:
    """Have a breaker whose pauses are exactly 10, 20, 40, 60 seconds."""
    return Breaker(told=heard.append, clock=clock, jitter=lambda: 1.0)


def flight() -> Flight:
    """Begin a gathering."""
    return Flight(60, LOOPBACK)


def fail(breaker: Breaker, times: int, why: str = "dead") -> None:
    """Let requests fail, one after another."""
    for _ in range(times):
        passed = breaker.admit(flight())
        assert passed is not None
        breaker.ended(passed, alive=False, why=why)


def test_it_opens_after_five_failures_in_a_row(breaker: Breaker, heard: list[str]) -> None:
    opened = []
    for _ in range(5):
        fail(breaker, 1)
        opened.append(breaker.is_open)
    assert opened == [False] * 4 + [True]
    assert breaker.admit(flight()) is None
    assert heard == ["opened"]


def test_any_answer_in_between_begins_the_count_anew(breaker: Breaker) -> None:
    for _ in range(3):
        fail(breaker, 4)
        passed = breaker.admit(flight())
        assert passed is not None
        breaker.ended(passed, alive=True)
    assert not breaker.is_open


def test_what_shows_nothing_counts_for_nothing(breaker: Breaker) -> None:
    for _ in range(20):
        passed = breaker.admit(flight())
        assert passed is not None
        breaker.ended(passed, alive=None)
    fail(breaker, 4)
    assert not breaker.is_open


def test_slow_searches_of_a_server_that_answers_others_do_not_open_it(breaker: Breaker) -> None:
    """Thirteen answers, then five searches that began with them and were cut at the deadline."""
    together = [breaker.admit(flight()) for _ in range(18)]
    for place, passed in enumerate(together):
        assert passed is not None
        breaker.ended(passed, alive=place < 13)
    assert not breaker.is_open


def test_an_answer_that_comes_late_closes_it_at_once(breaker: Breaker, heard: list[str]) -> None:
    slow = breaker.admit(flight())
    fail(breaker, 5)
    assert slow is not None
    breaker.ended(slow, alive=True)
    assert breaker.admit(flight()) is not None
    assert heard == ["opened", "closed"]


def test_after_the_pause_one_probe_goes_and_nobody_else(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.skipped += 9.9
    assert breaker.admit(flight()) is None
    clock.skipped += 0.2
    probe = breaker.admit(flight())
    assert probe is not None
    assert probe.probe
    assert [breaker.admit(flight()) for _ in range(50)] == [None] * 50
    breaker.ended(probe, alive=True)
    passed = breaker.admit(flight())
    assert passed is not None
    assert not passed.probe


def test_each_probe_that_fails_doubles_the_pause_up_to_a_minute(
    breaker: Breaker, clock: Clock, heard: list[str]
) -> None:
    fail(breaker, 5)
    for pause in (10, 20, 40, 60, 60):
        clock.skipped += pause - 0.5
        assert breaker.admit(flight()) is None
        clock.skipped += 1
        fail(breaker, 1)
    assert heard == ["opened"]
    assert LONGEST_SECONDS == 60


def test_a_probe_that_shows_nothing_leaves_the_next_one_to_try(
    breaker: Breaker, clock: Clock
) -> None:
    fail(breaker, 5)
    clock.skipped += 11
    for _ in range(3):
        probe = breaker.admit(flight())
        assert probe is not None
        breaker.ended(probe, alive=None)
    assert breaker.is_open


@pytest.mark.parametrize("alive", [True, False])
def test_the_gathering_that_probes_waits_for_its_probe(
    alive: bool, breaker: Breaker, clock: Clock
) -> None:
    """After an outage the first clinician gets a whole answer, or the pause begins anew."""
    fail(breaker, 5)
    clock.skipped += 11
    own = flight()
    probe = breaker.admit(own)
    assert probe is not None
    admitted: list[bool] = []
    waiting = [
        threading.Thread(target=lambda: admitted.append(breaker.admit(own) is not None))
        for _ in range(17)
    ]
    for thread in waiting:
        thread.start()
    assert admitted == []
    breaker.ended(probe, alive=alive, why="dead still")
    for thread in waiting:
        thread.join(10)
    assert admitted == [alive] * 17
    assert alive or breaker.refusal(own) == "dead still"


def test_nobody_waits_beyond_the_deadline(breaker: Breaker, clock: Clock) -> None:
    fail(breaker, 5)
    clock.skipped += 11
    own = flight()
    assert breaker.admit(own) is not None
    own.ends = time.monotonic() + 0.02
    assert breaker.admit(own) is None


def test_whoever_was_on_the_way_hears_what_was_found(breaker: Breaker) -> None:
    """One gathering gives one reason; the next one that it was not asked at all."""
    before = flight()
    fail(breaker, 5, "nobody there")
    assert breaker.refusal(before) == "nobody there"
    assert breaker.refusal(flight()) == RESTING
    assert "not asked" in RESTING


def test_pauses_differ_by_a_fifth_at_most() -> None:
    drawn = [jittered() for _ in range(200)]
    assert all(0.8 <= one <= 1.2 for one in drawn)
    assert len(set(drawn)) > 100
