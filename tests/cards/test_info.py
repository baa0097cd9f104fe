"""The cards that only inform, and what this record cannot hold (rules.md 1.7 and 1.7a)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.cards.render import render
from cds_service.clinical.card import Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import RuleClass, Words

from .builders import case, check, no, suspected, unknown, yes

CRITICAL, WARNING, INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO


def points(*names: str, **changed: Any) -> list[Finding]:
    """Let advisory checks fire, each with one suggestion."""
    words = {"": Words(INFO, "think of $because", suggestions=("look",))}
    findings = []
    for place, name in enumerate(names):
        settings: dict[str, Any] = {"fires": words, "position": place} | changed
        findings.append(yes(check(name, RuleClass.ADVISORY, **settings)))
    return findings


def test_fired_advice_shares_one_info_card_with_a_line_each() -> None:
    open_check = unknown(check("open", RuleClass.GAP, 9))
    plan, checks = render(case(), [*points("first", "second"), open_check])
    assert (plan.indicator, plan.rules) == (INFO, ("first", "second"))
    assert plan.summary == "Kyphoplasty L1: for the plan: title first, title second"
    assert "- Think of sign of first on 2025-05-18\n- Think of sign of second" in plan.detail
    assert "Guide 2020, Table 1: first matters" in plan.detail
    assert [one.label for one in plan.suggestions] == ["Examine"]
    assert plan.override_reasons == ()
    assert "1 of 3 open" in checks.summary


def test_where_only_advice_fired_one_card_says_both() -> None:
    """The clear card and the plan neither repeat nor contradict each other (rules.md 1.7)."""
    cleared = no(check("one", RuleClass.ABSOLUTE, 7))
    [card] = render(case(), [*points("first", "second"), cleared])
    said = "1 done, nothing found; for the plan: title first, title second"
    assert (card.indicator, card.summary) == (INFO, f"Kyphoplasty L1: {said}")
    assert "This is no approval." in card.detail
    assert "- Think of sign of first" in card.detail
    assert "**Clear:** Title one." in card.detail
    assert [one.label for one in card.suggestions] == ["Examine"]


def test_beside_a_warning_the_plan_says_what_was_checked() -> None:
    warned = yes(check("bad", RuleClass.RELATIVE, 5))
    cleared = no(check("one", RuleClass.ABSOLUTE, 7))
    warning, plan = render(case(), [*points("first"), warned, cleared])
    assert (warning.indicator, plan.indicator) == (WARNING, INFO)
    assert "**Clear:** Title one." in plan.detail


def test_the_weightier_point_comes_first_and_says_its_detail_and_dissent() -> None:
    words = {"": Words(WARNING, "treat $because", "Do it soon.")}
    heavy = points("heavy", fires=words, position=8, dissent="They differ.")
    [card] = render(case(), [*points("light"), *heavy])
    assert "for the plan: title heavy, title light" in card.summary
    assert "- Treat sign of heavy on 2025-05-18. Do it soon.\n- Think of" in card.detail
    assert "They differ." in card.detail


def test_the_summary_of_the_plan_names_only_what_there_is_room_for() -> None:
    names = [f"point number {number} of a long plan" for number in range(9)]
    [card] = render(case(), points(*names))
    assert len(card.summary) <= 139
    assert "point number 1" in card.summary
    assert "…" not in card.summary
    assert all(f"sign of {name}" in card.detail for name in names)


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
