"""An order gets few cards, each worth reading (rules.md 1.7, measured over the whole corpus)."""

from __future__ import annotations

from statistics import median

import pytest

from cds_service.clinical.card import Indicator
from cds_service.clinical.procedure import Procedure
from tests import fatigue
from tests.fatigue import Told

MOST = 8
USUAL = 3
LEAST_STORIES = 150


@pytest.fixture(scope="module")
def told(procedure: Procedure) -> list[Told]:
    return list(fatigue.corpus(procedure))


def test_the_corpus_is_large_enough(told: list[Told]) -> None:
    assert len([one for one in told if one.advice.cards]) >= LEAST_STORIES


def test_an_order_gets_three_cards_or_fewer_in_the_median(told: list[Told]) -> None:
    written = [one for one in told if " + " not in one.name and one.advice.cards]
    assert median(len(one.advice.cards) for one in written) <= USUAL
    assert median(len(one.advice.cards) for one in told if one.advice.cards) <= USUAL


def test_no_order_gets_more_than_eight_cards(told: list[Told]) -> None:
    assert {one.name for one in told if len(one.advice.cards) > MOST} == set()


def test_no_two_cards_say_the_same(told: list[Told]) -> None:
    assert {one.name: pairs for one in told if (pairs := fatigue.alike(one.advice))} == {}


def test_every_summary_names_a_level_that_the_order_names(told: list[Told]) -> None:
    assert {one.name: bad for one in told if (bad := fatigue.without_level(one.advice))} == {}


def test_every_grave_summary_gives_what_decided(told: list[Told]) -> None:
    """After the colon of a rule's card stands the fact: its name and its value, level or date."""
    empty = [
        card.summary
        for one in told
        for card in one.advice.cards
        if card.indicator is not Indicator.INFO and not card.summary.partition(": ")[2].strip()
    ]
    assert empty == []


def test_the_same_card_twice_would_be_noticed(told: list[Told]) -> None:
    from dataclasses import replace

    one = next(one for one in told if len(one.advice.cards) == 1)
    assert fatigue.alike(replace(one.advice, cards=one.advice.cards * 2))
