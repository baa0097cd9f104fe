"""The policy of rules.md 1.7, by what a clinician sees."""

from __future__ import annotations

import itertools
import re
from uuid import UUID

import pytest

from cds_service.cards.render import render
from cds_service.clinical.answer import Gap, Proof
from cds_service.clinical.card import Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import Note, RuleClass, Words
from cds_service.clinical.truth import Reason

from .builders import case, check, no, order, suspected, unknown, yes

CRITICAL, WARNING, INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO
OWN = (RuleClass.ABSOLUTE, RuleClass.RELATIVE, RuleClass.INDICATION, RuleClass.BLEEDING)


def rules(*findings: Finding) -> list[tuple[str, ...]]:
    """Tell of which rules each card speaks."""
    return [card.rules for card in render(case(), findings)]


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


def test_fired_rules_of_a_family_share_a_card_led_by_the_first() -> None:
    spine = check("spine", RuleClass.ABSOLUTE, 1, family="infection")
    blood = check("blood", RuleClass.ABSOLUTE, 2, family="infection")
    other = check("other", RuleClass.ABSOLUTE, 3)
    cards = render(case(), [yes(spine), yes(blood), yes(other)])
    assert [card.rules for card in cards] == [("spine", "blood"), ("other",)]
    assert (
        cards[0].summary == "Kyphoplasty L1: spine found: sign of spine on 2025-05-18; title blood"
    )
    assert "spine speaks against it." in cards[0].detail
    assert "blood speaks against it." in cards[0].detail


def test_one_that_joins_shares_the_card_only_beside_another() -> None:
    spine = check("spine", RuleClass.ABSOLUTE, 1, family="infection")
    fever = check("fever", RuleClass.ABSOLUTE, 2, family="infection", joins=True)
    chills = check("chills", RuleClass.ABSOLUTE, 3, family="infection", joins=True)
    assert rules(yes(spine), yes(fever), yes(chills)) == [("spine", "fever", "chills")]
    assert rules(yes(fever), yes(chills)) == [("fever",), ("chills",)]
    assert rules(yes(fever), no(spine)) == [("fever",)]


def test_a_suspicion_stands_behind_what_fired_on_the_card_of_its_family() -> None:
    spine = check("spine", RuleClass.ABSOLUTE, 1, family="infection")
    blood = check("blood", RuleClass.ABSOLUTE, 2, family="infection")
    [card] = render(case(), [suspected(spine), yes(blood)])
    assert (card.indicator, card.rules) == (CRITICAL, ("spine", "blood"))
    assert card.summary == "Kyphoplasty L1: blood found: sign of blood on 2025-05-18; title spine"
    assert card.detail.index("**Title blood**\n\nblood speaks against it.") == 0
    assert "---\n\n**Title spine**\n\nspine is not certain." in card.detail


def test_suspicions_of_a_family_of_which_nothing_fired_have_cards_of_their_own() -> None:
    spine = check("spine", RuleClass.ABSOLUTE, 1, family="infection")
    blood = check("blood", RuleClass.ABSOLUTE, 2, family="infection")
    fever = check("fever", RuleClass.ABSOLUTE, 3, family="infection", joins=True)
    assert rules(suspected(spine), suspected(blood)) == [("spine",), ("blood",)]
    assert rules(suspected(spine), yes(fever)) == [("fever",), ("spine",)]


def several(number: int, rule_class: RuleClass, first: int = 0) -> list[Finding]:
    """Let some rules of a class fire."""
    return [yes(check(f"{rule_class}{n}", rule_class, n)) for n in range(first, first + number)]


def test_there_are_few_cards_even_for_the_worst_chart() -> None:
    other = unknown(check("open", RuleClass.RELATIVE, 99))
    findings = [*several(2, RuleClass.ABSOLUTE), *several(5, RuleClass.BLEEDING, 2), other]
    assert [len(card.rules) for card in render(case(), findings)] == [1] * 8
    more = [*findings, suspected(check("weak", RuleClass.ABSOLUTE, 50))]
    cards = render(case(), more)
    assert [(card.indicator, len(card.rules)) for card in cards] == [
        (CRITICAL, 1),
        (CRITICAL, 1),
        (WARNING, 6),
        (INFO, 1),
    ]
    assert cards[2].rules == (*(f"bleeding{n}" for n in range(2, 7)), "weak")


def test_critical_cards_are_never_put_together_for_their_number() -> None:
    cards = render(case(), several(12, RuleClass.ABSOLUTE))
    assert [(card.indicator, len(card.rules)) for card in cards] == [(CRITICAL, 1)] * 12


def test_the_gravest_of_a_group_leads_it() -> None:
    words = {"": Words(WARNING, "mild: $because"), "bad": Words(CRITICAL, "bad: $because")}
    mild = check("mild", RuleClass.ABSOLUTE, 1, family="f", fires=words)
    bad = check("bad", RuleClass.ABSOLUTE, 2, family="f", fires=words)
    [card] = render(case(), [yes(mild), yes(bad, tier="bad")])
    assert card.indicator is CRITICAL
    assert card.summary == "Kyphoplasty L1: bad: sign of bad on 2025-05-18; title mild"


def anatomical(number: int, rule_class: RuleClass = RuleClass.RELATIVE) -> list[Finding]:
    """Let some anatomical rules fire for L1."""
    return [yes(check(f"a{i}", rule_class, i, anatomical=True), level="L1") for i in range(number)]


def test_more_than_three_relative_anatomical_rules_of_one_level_merge() -> None:
    assert rules(*anatomical(3)) == [("a0",), ("a1",), ("a2",)]
    assert rules(*anatomical(4)) == [("a0", "a1", "a2", "a3")]


def test_anatomical_rules_merge_by_level_and_leave_others_alone() -> None:
    elsewhere = yes(check("below", RuleClass.RELATIVE, 9, anatomical=True), level="L2")
    plain = yes(check("plain", RuleClass.RELATIVE, 10), level="L1")
    found = rules(*anatomical(4), elsewhere, plain)
    assert found == [("a0", "a1", "a2", "a3"), ("below",), ("plain",)]
    assert rules(*anatomical(3), elsewhere) == [("a0",), ("a1",), ("a2",), ("below",)]


def test_absolute_rules_never_merge_by_level() -> None:
    assert len(rules(*anatomical(5, RuleClass.ABSOLUTE))) == 5


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
