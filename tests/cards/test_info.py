"""The cards that only inform, and what this record cannot hold (rules.md 1.7 and 1.7a)."""

from __future__ import annotations

import pytest

from cds_service.cards.render import render
from cds_service.clinical.card import Indicator
from cds_service.clinical.statement import RuleClass, Words

from .builders import case, check, no, suspected, unknown, yes

CRITICAL, WARNING, INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO


def test_fired_advice_shares_one_info_card_with_a_line_each() -> None:
    words = {"": Words(INFO, "think of $because", suggestions=("look",))}
    findings = [
        yes(check(name, RuleClass.ADVISORY, place, fires=words))
        for place, name in enumerate(("first", "second"))
    ]
    [card] = render(case(), findings)
    assert (card.indicator, card.rules) == (INFO, ("first", "second"))
    assert card.summary == "Kyphoplasty L1: points for the plan"
    assert "- think of sign of first on 2025-05-18\n- think of sign of second" in card.detail
    assert [one.label for one in card.suggestions] == ["Examine"]
    assert card.override_reasons == ()


def test_advice_that_is_open_is_no_point_of_the_plan() -> None:
    [card] = render(case(), [unknown(check("open", RuleClass.ADVISORY))])
    assert "1 of 1 open" in card.summary


def test_where_nothing_fired_one_info_card_says_what_was_checked() -> None:
    one, two = check("one", RuleClass.ABSOLUTE), check("two", RuleClass.GAP, 2)
    absent = check("absent", RuleClass.RELATIVE, 3)
    [card] = render(case(), [no(one), no(two), unknown(absent, recorded=False)])
    assert card.indicator is INFO
    assert card.summary == "Kyphoplasty L1: 2 done, nothing found"
    assert "**Clear:** Title one, Title two." in card.detail
    assert "**Not recorded here:** Title absent." in card.detail
    assert "This is no approval." in card.detail
    assert (card.override_reasons, card.suggestions) == ((), ())


def test_there_is_always_a_card() -> None:
    assert len(render(case(), [])) == 1


@pytest.mark.parametrize(("age", "covered"), [(0, False), (17, False), (18, True), (None, True)])
def test_children_get_one_info_card(age: int | None, covered: bool) -> None:
    findings = [yes(check("a", RuleClass.ABSOLUTE)), unknown(check("b", RuleClass.ABSOLUTE, 2))]
    cards = render(case(age=age), findings)
    if covered:
        assert [card.indicator for card in cards] == [CRITICAL, WARNING]
        return
    [card] = cards
    assert card.indicator is INFO
    assert card.summary == "Kyphoplasty L1: not for children"
    assert "No check was made." in card.detail
    assert (card.rules, card.suggestions, card.override_reasons) == ((), (), ())


def test_what_this_record_cannot_hold_makes_no_card_and_no_gap() -> None:
    findings = [
        unknown(check("a", RuleClass.ABSOLUTE, 1), recorded=False),
        suspected(check("b", RuleClass.ABSOLUTE, 2), recorded=False),
        yes(check("c", RuleClass.GAP, 3), recorded=False),
        yes(check("d", RuleClass.ADVISORY, 4), recorded=False),
        no(check("e", RuleClass.RELATIVE, 5), recorded=False),
        no(check("f", RuleClass.RELATIVE, 6)),
    ]
    [card] = render(case(), findings)
    assert card.summary == "Kyphoplasty L1: 1 done, nothing found"
    wanted = "**Not recorded here:** Title a, Title b, Title c, Title d, Title e."
    assert wanted in card.detail
    assert "**Clear:** Title f." in card.detail


def test_what_is_not_recorded_is_named_beside_open_checks_and_not_counted() -> None:
    findings = [
        unknown(check("a", RuleClass.RELATIVE, 1)),
        unknown(check("b", RuleClass.RELATIVE, 2), recorded=False),
    ]
    [card] = render(case(), findings)
    assert "1 of 1 open" in card.summary
    assert "**Not recorded here:** Title b." in card.detail


def test_evidence_that_fires_stands_whatever_the_record_is_said_to_hold() -> None:
    findings = [
        yes(check("a", RuleClass.ABSOLUTE, 1), recorded=False),
        unknown(check("b", RuleClass.RELATIVE, 2)),
    ]
    cards = render(case(), findings)
    assert [card.rules for card in cards] == [("a",), ("b",)]
    assert "Not recorded here" not in cards[1].detail
