"""Which findings share a card: families, levels, and the bound on their number."""

from __future__ import annotations

from cds_service.cards.render import render
from cds_service.clinical.card import Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import RuleClass, Words
from tests.changed import replace

from .builders import case, check, no, suspected, unknown, yes

CRITICAL, WARNING, INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO


def rules(*findings: Finding) -> list[tuple[str, ...]]:
    """Tell of which rules each card speaks."""
    return [card.rules for card in render(case(), findings)]


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
    said = "Kyphoplasty L1: blood found: sign of blood on 2025-05-18; possible title spine"
    assert card.summary == said
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


def test_a_family_that_speaks_of_levels_shares_one_card_for_each_level() -> None:
    lead = check("lead", RuleClass.RELATIVE, 1, family="canal")
    beside = check("beside", RuleClass.RELATIVE, 2, family="canal", joins=True)
    assert rules(yes(lead, level="L1"), yes(beside, level="L1")) == [("lead", "beside")]
    assert rules(yes(lead, level="L1"), yes(beside, level="L2")) == [("lead",), ("beside",)]
    assert rules(yes(lead, level="L1"), yes(beside)) == [("lead", "beside")]


def test_the_card_of_a_level_takes_in_a_family() -> None:
    kin = [
        yes(check(f"k{i}", RuleClass.RELATIVE, 20 + i, anatomical=True, family="k"), level="L1")
        for i in range(2)
    ]
    assert rules(*anatomical(1), *kin) == [("a0",), ("k0", "k1")]
    assert rules(*anatomical(2), *kin) == [("a0", "a1", "k0", "k1")]


def test_the_text_of_a_report_makes_an_absolute_rule_warn_and_no_more() -> None:
    spine = check("spine", RuleClass.ABSOLUTE)
    told = yes(spine)._replace(answer=yes(spine).answer._replace(by_text=True))
    [card] = render(case(), [told])
    assert (card.indicator, card.rules) == (WARNING, ("spine",))
    [card] = render(case(), [told._replace(check=replace(spine, text_critical=True))])
    assert card.indicator is CRITICAL


def test_the_text_of_a_report_leaves_other_rules_as_grave_as_they_are() -> None:
    wall = check("wall", RuleClass.RELATIVE)
    told = yes(wall)._replace(answer=yes(wall).answer._replace(by_text=True))
    assert [card.indicator for card in render(case(), [told])] == [WARNING]
