"""Texts that were made to hold a worker: no pattern looks at the same run again and again."""

from __future__ import annotations

import time

import pytest

from cds_service.facts.conditions import _SEMANTIC_TAG
from cds_service.facts.wording import phrase_pattern, says
from cds_service.narrative.entry import _HEADED
from cds_service.narrative.look import is_foreign, is_unfinished

DONE = phrase_pattern(["kyphoplasty"])
PAST = phrase_pattern(["history of"])


@pytest.mark.parametrize("run", [" ", "*\n", "\n", "kyphoplasty ", "history of kyphoplasty "])
def test_long_runs_take_no_time(run: str) -> None:
    text = f"x{run * (200_000 // len(run))}x"
    begun = time.process_time()
    says(DONE, PAST, text)
    _SEMANTIC_TAG.sub("", text)
    _HEADED.search(text)
    is_unfinished(text)
    is_foreign(text)
    assert time.process_time() - begun < 2


def test_words_before_are_still_heard() -> None:
    assert not says(DONE, PAST, "x. " * 1_000 + "history of a kyphoplasty")
    assert says(DONE, PAST, "history of pain. " + "x " * 1_000 + "kyphoplasty")
    assert _SEMANTIC_TAG.sub("", "Fracture \t (disorder)") == "Fracture"
