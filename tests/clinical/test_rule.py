"""Rules: the question is the first paragraph of what the function says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from cds_service.clinical.answer import Answer
from cds_service.clinical.chart import Chart
from cds_service.clinical.rule import rule


@dataclass(frozen=True, slots=True)
class Limits:
    """No number at all."""


def test_the_first_paragraph_is_the_question() -> None:
    @rule(limits=Limits, reads=())
    def too_early(_: Chart, __: Limits) -> Answer:
        """Is it too early?

        Whoever asks is told.

        Others are not.
        """
        return Answer.no()

    assert (too_early.name, too_early.question) == ("too_early", "Is it too early?")


def test_a_function_that_says_nothing_asks_nothing() -> None:
    def silent(_: Chart, __: Limits) -> Answer:
        return Answer.no()

    assert rule(limits=Limits, reads=())(silent).question == ""
