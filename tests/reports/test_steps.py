"""How many steps a report takes: few for each word, and twice as many for a text twice as long.

Steps are calls, of our functions and of built-in ones, counted by the interpreter: the same on
every machine and every day, unlike time. What one pattern does within one call they do not count;
that is bounded by the longest sentence, and timed in `test_read.py`.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Final

import pytest

from cds_service.reports.budget import BEYOND, STEPS, Budget
from cds_service.reports.read import read_text
from tests.score import cases

MOST_A_WORD: Final = 64
"""Steps for each word of a labelled report: 63 when this was written."""
MOST_CALLS: Final = 85
"""Calls for one step of the budget, whatever a text says: 71 small ones is the most that a search
for dense texts has found; ordinary texts take 15."""
LONGEST: Final = 20_000
FIRST: Final = 3_000

HOSTILE: Final = (
    "no ",
    "no a, ",
    "no fracture or ",
    "old ",
    "(",
    "[(",
    "((no (",
    "12345678901234567890",
    "x",
    "fracture",
    "fracture-",
    "T12-",
    "L1, ",
    "; L1",
    "20, ",
    "20% ",
    "1/",
    "a/b/",
    "a.b. c. ",
    "#'s ",
    "? ",
    "\n",
    "findings\nimpression\n",
    "a | b | L1\n",
    "a | edema | c\nL1 | yes | 3\n\n",
    "<p class ",
    "&gt;",
    "oedema ",
    "İ",
    "posterior wall ",
    "acute fracture of the posterior wall ",
    "between one third and ",
    "first and second ",
    "increased from 20 to 30% ",
    "described as l1 ",
    "prior ct ",
    "edema in both ",
    "fragment a b c d ",
    "was considered ",
    "fragment was seen and a b ",
    "not present:\n- cleft\n",
    "absent: cleft; ",
    "of these only ",
    "in march the ",
    "conus is normal at ",
    "edema in the ribs ",
    "cord compressed and normal ",
    "retropulsion (no), ",
    "cleft, retropulsion and edema ",
    "scratch that ",
    "L1 scratch that L2 ",
    "there is a fracture at L1 the wall is intact no edema ",
    "level / a / b\nL1 / 2 / 3\n",
    "T7 30%, ",
    "retropulsion none at L1 ",
    "no fracture of L1 but likely old edema in T12 with 20% loss of height, ",
)


DENSE: Final = (
    "20% or L2-L4\n",
    "20% or 20% ",
    "30 % or L1 ",
    "1/3 and 1/3 and 30 % or ",
    "20% L1, 30% L2, 40% L3, ",
    "20% or 20% 1/3 or less than 50%\n20% or ((no ( | 20% Old with 20% ",
    "retrop and 20% between 20% and 30% with\n20% or T12 | 20% L2-L4 | ",
    "old chronic acute new ",
    "old ",
    "; L1",
    "? ",
    "#'s ",
    "a | edema | c\nL1 | yes | 3\n\n",
    "no acute or chronic fracture of L1, L2, L3, L4, L5. ",
    "same at L5. ",
    "retropulsion:, L1/2, ",
    "stenosis at T5-L5, ",
    "L1 yes, L2 no, ",
    "acute fracture of T12-L5 with 20% loss of height and edema. ",
)
"""Words that hold a reader for as long as words can; found by chance and by selection."""


def steps(text: str, budget: int = STEPS) -> int:
    """Count the calls that reading a text takes."""
    count = 0

    def counted(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    read_text(text, Budget(budget))  # patterns are made when they are first tried
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        read_text(text, Budget(budget))
    finally:
        sys.setprofile(before)
    return count


def test_a_report_takes_few_steps_for_each_word() -> None:
    texts = [case["text"] for case in cases("dev")]
    total = sum(steps(text) for text in texts)
    assert total / sum(len(text.split()) for text in texts) < MOST_A_WORD


@pytest.mark.parametrize("bit", HOSTILE)
def test_a_text_twice_as_long_takes_twice_as_many_steps(bit: str) -> None:
    once, twice = (steps(bit * (length // len(bit))) for length in (FIRST, 2 * FIRST))
    assert twice < 2.3 * once + 1_000


@pytest.mark.parametrize("bit", DENSE)
def test_no_words_hold_a_worker_for_longer_than_the_budget(bit: str) -> None:
    """For the share of one report of five; none takes more of the budget without being counted."""
    text = (bit * LONGEST)[:LONGEST]
    assert steps(text, STEPS // 5) < MOST_CALLS * STEPS // 5


def ordinary() -> list[str]:
    """Make five reports of the greatest length from the labelled ones, each in its own order."""
    texts = [case["text"] for case in cases("dev")]
    return ["\n\n".join(texts[start::5] + texts)[:LONGEST] for start in range(5)]


def test_five_ordinary_reports_of_the_greatest_length_are_read_whole() -> None:
    budget = Budget()
    for text in ordinary():
        reading = read_text(text, budget)
        assert reading.whole
        assert all(one.why_not != BEYOND for one in reading.sentences)
    assert budget.left > STEPS // 10


def test_a_budget_that_is_spent_changes_nothing_of_what_was_read_before() -> None:
    text = ordinary()[0]
    whole, half = read_text(text), read_text(text, Budget(5_000))
    assert whole.whole
    assert not half.whole
    first = next(at for at, one in enumerate(half.sentences) if one.why_not == BEYOND)
    assert half.sentences[:first] == whole.sentences[:first]
    assert 10 < first < len(whole.sentences) - 10
    assert not any(one.statements for one in half.sentences[first:])


def test_the_same_words_are_read_on_every_run() -> None:
    text = ("20% or L2-L4\n" * LONGEST)[:LONGEST]
    assert read_text(text, Budget(3_000)) == read_text(text, Budget(3_000))


def test_what_is_no_report_is_not_read_whole() -> None:
    assert not read_text("x" * 30_001).whole
    assert not read_text("L1 fracture. T12 fracture. " * 600).whole
    assert read_text("").whole
