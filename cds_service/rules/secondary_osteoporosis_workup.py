"""Tests for the causes of osteoporosis."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical import (
    Answer,
    Chart,
    Proof,
    Reason,
    Truth,
    Window,
    any_of,
    lab,
    rule,
)
from cds_service.clinical.fact import Fact
from cds_service.clinical.indication import INDICATION_READS, osteoporotic

CALCIUM, VITAMIN_D = lab("calcium"), lab("vitamin_d")
KIDNEY = (lab("creatinine"), lab("egfr"))
TESTS = ((CALCIUM,), (VITAMIN_D,), KIDNEY)
# what may be wrong with a result that shows all the same that the test was done
DONE = frozenset({"no_unit", "unit_unknown", "undecided"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers a card file must give."""

    tests: Window
    imaging: Window


@rule(limits=Limits, reads=(CALCIUM, VITAMIN_D, *KIDNEY, *INDICATION_READS), says=("lacking",))
def secondary_osteoporosis_workup(chart: Chart, limits: Limits) -> Answer:
    """Is an osteoporotic fracture on record without tests for a cause of the osteoporosis?"""
    fracture = osteoporotic(chart, limits.imaging)
    if fracture.truth is Truth.NO:
        return Answer.not_applicable(*fracture.because)
    lacks = [_lacks(chart, tests, limits.tests) for tests in TESTS]
    names = [proof.what for answer in lacks for proof in answer.only_proofs()]
    return (fracture & any_of(lacks)).saying(lacking=" or ".join(dict.fromkeys(names)))


def _lacks(chart: Chart, tests: tuple[Fact, ...], window: Window) -> Answer:
    """Tell whether none of some tests, of which one is enough, was done in the window."""
    answers = [_lacks_one(chart, test, window) for test in tests]
    done = [answer for answer in answers if answer.truth is Truth.NO]
    if done:
        return done[0]
    open_ones = [answer for answer in answers if answer.truth is Truth.UNKNOWN]
    return open_ones[0] if open_ones else answers[0]


def _lacks_one(chart: Chart, test: Fact, window: Window) -> Answer:
    """Tell whether a test was sought and not found, or is too old."""
    known = chart.latest(test, window).known()
    if known.truth is not Truth.UNKNOWN:
        return ~known
    gap = known.missing[0]
    if gap.reason is Reason.UNPARSEABLE and gap.detail in DONE and gap.proof:
        return Answer.no(gap.proof).doubted(chart.lack(test.kind))
    if known.reason is Reason.STALE and gap.proof:
        return Answer.yes(gap.proof._replace(note="too_old"))
    if known.reason is Reason.MISSING and not gap.proof:
        return Answer.yes(Proof(test.name, note="none_found"))
    return known
