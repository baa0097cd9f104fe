"""The policy of rules.md 1.7, by what a clinician sees."""

from __future__ import annotations

import itertools
import re
from uuid import UUID

import pytest

from cds_service.cards.render import render
from cds_service.clinical.answer import Gap, Proof
from cds_service.clinical.card import Indicator
from cds_service.clinical.statement import Note, RuleClass, Words
from cds_service.clinical.truth import Reason

from .builders import case, check, no, order, suspected, unknown, yes

CRITICAL, WARNING, INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO
OWN = (RuleClass.ABSOLUTE, RuleClass.RELATIVE, RuleClass.INDICATION, RuleClass.BLEEDING)


@pytest.mark.parametrize("rule_class", OWN)
def test_a_fired_rule_has_a_card_of_its_own(rule_class: RuleClass) -> None:
    one, two = check("one", rule_class, 1), check("two", rule_class, 2)
    cards = render(case(), [yes(one), yes(two)])
    assert [card.rules for card in cards] == [("one",), ("two",)]
    expected = CRITICAL if rule_class is RuleClass.ABSOLUTE else WARNING
    assert {card.indicator for card in cards} == {expected}


def test_cards_stand_by_urgency_and_within_it_by_position() -> None:
    findings = [
        yes(check("relative_9", RuleClass.RELATIVE, 9)),
        yes(check("absolute_8", RuleClass.ABSOLUTE, 8)),
        suspected(check("suspected_7", RuleClass.ABSOLUTE, 7)),
        yes(check("bleeding_6", RuleClass.BLEEDING, 6)),
        yes(check("advice_5", RuleClass.ADVISORY, 5)),
        yes(check("absolute_4", RuleClass.ABSOLUTE, 4)),
        suspected(check("suspected_3", RuleClass.ABSOLUTE, 3)),
        unknown(check("open_2", RuleClass.ABSOLUTE, 2)),
        yes(check("gap_1", RuleClass.GAP, 1)),
    ]
    wanted = [
        (CRITICAL, ("absolute_4",)),
        (CRITICAL, ("absolute_8",)),
        (WARNING, ("suspected_3",)),
        (WARNING, ("bleeding_6",)),
        (WARNING, ("suspected_7",)),
        (WARNING, ("relative_9",)),
        (WARNING, ("gap_1", "open_2")),
        (INFO, ("advice_5",)),
    ]
    for first in range(len(findings)):
        cards = render(case(), [*findings[first:], *findings[:first]])
        assert [(card.indicator, card.rules) for card in cards] == wanted


def test_a_suspected_absolute_rule_warns_and_shows_the_weak_evidence() -> None:
    one = check("spine", RuleClass.ABSOLUTE, overrides=("corrected",))
    [card] = render(case(), [suspected(one, "maybe discitis")])
    assert card.indicator is WARNING
    assert card.summary == "Kyphoplasty L1: possible spine: maybe discitis on 2025-05-01"
    assert "spine is not certain." in card.detail
    assert "- maybe discitis on 2025-05-01 – Observation/9" in card.detail
    assert [reason.code for reason in card.override_reasons] == ["corrected", "other"]


def test_beside_a_suspicion_nobody_says_that_nothing_was_found() -> None:
    found = [suspected(check("spine", RuleClass.ABSOLUTE)), no(check("b", RuleClass.ABSOLUTE, 2))]
    [card] = render(case(), found)
    assert card.rules == ("spine",)


@pytest.mark.parametrize("rule_class", [RuleClass.RELATIVE, RuleClass.GAP, RuleClass.BLEEDING])
def test_weak_evidence_of_other_rules_is_an_open_check(rule_class: RuleClass) -> None:
    [card] = render(case(), [suspected(check("canal", rule_class), "narrow?")])
    assert card.indicator is INFO
    assert "1 of 1 open: hint: narrow? on 2025-05-01" in card.summary


def test_a_suspicion_without_words_of_its_own_is_an_open_check_that_warns() -> None:
    [card] = render(case(), [suspected(check("a", RuleClass.ABSOLUTE, suspected=None))])
    assert (card.indicator, card.rules) == (WARNING, ("a",))
    assert "1 of 1 open" in card.summary


def test_all_open_checks_and_gaps_share_one_card() -> None:
    findings = [
        unknown(check("lab", RuleClass.BLEEDING, 1)),
        unknown(check("canal", RuleClass.RELATIVE, 2)),
        yes(check("imaging", RuleClass.GAP, 3)),
        no(check("clear", RuleClass.RELATIVE, 4)),
    ]
    [card] = render(case(), findings)
    assert card.rules == ("imaging", "lab", "canal")
    assert card.indicator is INFO
    assert card.summary.startswith("Kyphoplasty L1: 3 of 4 open: imaging found: sign of imaging")


def test_an_open_absolute_check_makes_the_card_a_warning() -> None:
    relative, absolute = check("r", RuleClass.RELATIVE), check("a", RuleClass.ABSOLUTE, 2)
    assert render(case(), [unknown(relative)])[0].indicator is INFO
    assert render(case(), [unknown(relative), no(absolute)])[0].indicator is INFO
    assert render(case(), [unknown(relative), unknown(absolute)])[0].indicator is WARNING


def test_the_summary_names_the_level_in_question_and_the_deciding_value() -> None:
    one = check("canal", RuleClass.RELATIVE)
    several = case(order("T12", "L1", "L3"))
    [card] = render(several, [yes(one, Proof("canal", "45 %", "2025-05-01"), level="L3")])
    assert card.summary == "Kyphoplasty L3: canal found: 45 % on 2025-05-01"
    assert "Order: Kyphoplasty T12, L1, L3." in card.detail


def test_summaries_are_short_and_never_cut_inside_a_word() -> None:
    words = "quite ordinary words that go on and on for much longer than a summary has room for"
    for length in range(10, 200):
        value = (words * 3)[:length].strip()
        findings = [
            yes(check("a", RuleClass.ABSOLUTE, 1), Proof("a", value)),
            suspected(check("b", RuleClass.ABSOLUTE, 2), value),
            unknown(
                check("c", RuleClass.RELATIVE, 3), Gap(Reason.STALE, "c", proof=Proof("c", value))
            ),
        ]
        for card in render(case(order("T11", "T12", "L1", "L2")), findings):
            assert 0 < len(card.summary) <= 139
            if card.summary.endswith("…"):
                last = card.summary[:-1].split()[-1]
                assert last.strip(":,") in {*words.split(), *value.split(), "current", "c"}


def test_every_identifier_is_new_and_unique() -> None:
    fires = {"": Words(CRITICAL, "x", suggestions=("inr", "two", "ask"))}
    findings = [
        yes(check("a", RuleClass.ABSOLUTE, 1, fires=fires)),
        yes(check("b", RuleClass.RELATIVE, 2, fires=fires)),
        unknown(check("c", RuleClass.RELATIVE, 3, unknown_suggestions=("inr",))),
        yes(check("d", RuleClass.ADVISORY, 4)),
    ]
    seen = [
        identifier
        for _ in range(3)
        for card in render(case(), findings)
        for identifier in (card.uuid, *(one.uuid for one in card.suggestions))
    ]
    assert len(set(seen)) == len(seen) == 3 * (4 + 3 + 3 + 1)
    assert all(UUID(identifier).version == 4 for identifier in seen)


def test_the_same_chart_gets_the_same_words_twice() -> None:
    findings = [yes(check("a", RuleClass.ABSOLUTE)), unknown(check("b", RuleClass.RELATIVE, 2))]
    first, second = render(case(), findings), render(case(), findings)
    assert [(c.summary, c.detail) for c in first] == [(c.summary, c.detail) for c in second]


def test_overrides_stand_on_critical_and_warning_cards_only() -> None:
    findings = [
        yes(check("a", RuleClass.ABSOLUTE, 1)),
        yes(check("b", RuleClass.BLEEDING, 2)),
        suspected(check("c", RuleClass.ABSOLUTE, 3)),
        unknown(check("d", RuleClass.RELATIVE, 4)),
        yes(check("e", RuleClass.ADVISORY, 5)),
    ]
    for card in render(case(), findings):
        assert bool(card.override_reasons) is (card.indicator is not INFO), card.rules


def test_suggestions_of_notes_follow_those_of_the_card() -> None:
    fires = {"": Words(WARNING, "x", "Main.", suggestions=("inr",))}
    notes = {"extra": Note("Extra.", ("ask", "inr")), "unused": Note("Unused.", ("hold",))}
    one = check("a", RuleClass.RELATIVE, fires=fires, notes=notes)
    [card] = render(case(), [yes(one, notes=("extra", "of_another_rule"))])
    assert [suggestion.label for suggestion in card.suggestions] == ["Order INR", "Ask surgery"]
    assert "Main. Extra." in card.detail
    assert "Unused" not in card.detail


def test_no_card_has_an_empty_heading_or_a_name_that_was_not_filled() -> None:
    kinds = [yes, no, unknown, suspected]
    classes = list(RuleClass)
    for made in itertools.product(kinds, repeat=3):
        findings = [
            make(check(f"r{place}{rule_class.value}", rule_class, place))
            for place, (make, rule_class) in enumerate(
                (make, rule_class) for make in made for rule_class in classes
            )
        ]
        for card in render(case(), findings):
            assert "$" not in card.summary + card.detail
            assert "None" not in card.summary + card.detail
            assert not re.search(r"\*\*\n\n(\*\*|---|$)", card.detail)
            assert "\n\n\n" not in card.detail
