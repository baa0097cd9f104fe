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

from cds_service.reports.read import read_text
from tests.score import cases

MOST_A_WORD: Final = 55
"""Steps for each word of a labelled report: 46 when this was written."""
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
    "no fracture of L1 but likely old edema in T12 with 20% loss of height, ",
)


def steps(text: str) -> int:
    """Count the calls that reading a text takes."""
    count = 0

    def counted(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    read_text(text)  # patterns are made when they are first tried
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        read_text(text)
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
