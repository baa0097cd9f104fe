"""Any text at all is read: nothing raises, and what is taken from it stands in it."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.report import Status
from cds_service.reports.budget import Budget
from cds_service.reports.read import read_text
from cds_service.reports.telling import tell
from tests.score import cases

WORDS: Final = sorted({word for case in cases("dev") for word in case["text"].split()})
SIGNS: Final = [
    " ",
    "\n",
    "\n\n",
    ". ",
    ", ",
    "; ",
    ": ",
    " | ",
    "\t",
    "%",
    "-",
    "/",
    "(",
    ")",
    "?",
]
TEXTS: Final = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=60).map(" ".join),
    st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=60).map("".join),
    st.lists(
        st.sampled_from(["L1", "T12-L2", "20%", "no ", "1/3", " or ", *SIGNS]), max_size=80
    ).map("".join),
)


@given(TEXTS)
def test_any_text_is_read_and_what_is_taken_stands_in_it(text: str) -> None:
    reading = read_text(text)
    for one in (*reading.findings, *(o for s in reading.sentences for o in s.statements)):
        assert text[one.start : one.end] == one.quote
    assert all(text[one.start : one.end] == one.text for one in reading.sentences)


@given(TEXTS, st.integers(0, 300))
def test_with_few_steps_less_is_read_and_nothing_else(text: str, steps: int) -> None:
    """What was read before the steps were spent is what would have been read anyway."""
    whole, part = tell(text, Budget()), tell(text, Budget(steps))
    assert part[2] == (part[1] == whole[1])
    said = {one.found for one in whole[1]}
    assert all(one.found in said or not one.found for one in part[1])
    assert {one.status for one in part[0]} <= set(Status)
