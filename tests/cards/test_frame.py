"""The frame of a card: source, topic, links, override reasons and the version of the content."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.cards.frame import framed
from cds_service.cards.render import render
from cds_service.clinical.card import Card, Coding, Indicator, Link
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import Cited, RuleClass, Words

from .builders import case, check, no, order, suspected, unknown, yes
from .invented import CANONICAL

CRITICAL, WARNING, INFO = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO


def card_of(*findings: Finding, indicator: Indicator = WARNING, **words: Any) -> Card:
    """Frame the words of some findings."""
    return framed(case(), findings, Words(indicator, "said", "told", **words))


def test_the_summary_begins_with_the_order() -> None:
    assert card_of().summary == "Kyphoplasty L1: said"
    several = case(order("T12", "L1"))
    assert framed(several, (), Words(INFO, "said"), "L1").summary == "Kyphoplasty L1: said"
    assert framed(several, (), Words(INFO, "said"), "L5").summary == "Kyphoplasty T12, L1: said"


def test_many_levels_are_counted_and_orders_of_two_kinds_bear_the_name_of_the_procedure() -> None:
    many = case(order("T10", "T11", "T12", "L1", "L2"))
    assert framed(many, (), Words(INFO, "said")).summary == "Kyphoplasty 5 levels: said"
    kinds = case(order("L1"), order("L2", label="vertebroplasty"))
    assert framed(kinds, (), Words(INFO, "said")).summary == "Spine procedure L1, L2: said"
    unnamed = case(order())
    assert framed(unnamed, (), Words(INFO, "said")).summary == "Kyphoplasty: said"
    background = case(order("L1", selected=False))
    assert framed(background, (), Words(INFO, "said")).summary == "Spine procedure: said"


def test_one_rule_gives_its_first_paper_and_its_own_topic() -> None:
    card = card_of(yes(check("canal_tumor", RuleClass.RELATIVE)))
    assert (card.source.label, card.source.url) == ("Guide 2020", "https://doi.org/10.1/guide")
    topic = Coding(f"{CANONICAL}/CodeSystem/topic", "canal-tumor", "Title canal_tumor")
    assert card.source.topic == topic


@pytest.mark.parametrize("count", [0, 2])
def test_several_rules_or_none_speak_for_the_procedure(count: int) -> None:
    findings = [yes(check(f"r{n}", RuleClass.RELATIVE, n)) for n in range(count)]
    card = card_of(*findings)
    assert (card.source.label, card.source.url) == ("Our checks", "")
    assert card.source.topic == Coding(f"{CANONICAL}/CodeSystem/topic", "checks", "spine procedure")


def test_a_default_of_ours_is_no_paper() -> None:
    ours = check("a", RuleClass.RELATIVE, sources=(Cited("operational", "x", "y"),))
    card = card_of(yes(ours))
    assert (card.source.label, card.links) == ("Our checks", ())
    assert card.source.topic is not None
    assert card.source.topic.code == "a"


def test_every_paper_with_an_address_is_linked_once() -> None:
    sources = (Cited("board", "1", "a"), Cited("guide", "2", "b"), Cited("operational", "3", "c"))
    both = [yes(check(name, RuleClass.RELATIVE, sources=sources)) for name in "ab"]
    assert card_of(*both).links == (Link("Guide 2020", "https://doi.org/10.1/guide"),)


def codes(card: Card) -> list[tuple[str, str]]:
    """List the override reasons of a card."""
    return [(reason.system, reason.code) for reason in card.override_reasons]


def test_the_published_code_follows_ours_and_the_free_reason_comes_last() -> None:
    one = check("a", RuleClass.RELATIVE, overrides=("other", "benefit", "corrected"))
    assert codes(card_of(yes(one))) == [
        ("urn:ours", "benefit"),
        ("urn:published", "risk-benefit-ratio"),
        ("urn:ours", "corrected"),
        ("urn:ours", "other"),
    ]


def test_reasons_of_all_rules_are_offered_once() -> None:
    one = check("a", RuleClass.RELATIVE, overrides=("corrected", "other"))
    two = check("b", RuleClass.RELATIVE, overrides=("data-outdated", "corrected"))
    found = [code for _, code in codes(card_of(yes(one), yes(two)))]
    assert found == ["corrected", "data-outdated", "other"]


def test_a_rule_without_reasons_gets_the_default_ones() -> None:
    assert [code for _, code in codes(card_of(yes(check("a", RuleClass.RELATIVE))))] == [
        "treatment-elsewhere",
        "equivalent-imaging-outside",
        "reviewed-by-specialist",
        "patient-preference",
        "data-outdated",
        "other",
    ]


def test_information_needs_no_reason_to_be_set_aside() -> None:
    one = check("a", RuleClass.RELATIVE, overrides=("corrected",))
    assert card_of(yes(one), indicator=INFO).override_reasons == ()
    assert card_of(yes(one), indicator=CRITICAL).override_reasons


def test_the_extension_names_the_content_the_rules_and_the_orders() -> None:
    selected = order("L1", reference="ServiceRequest/a")
    background = order("L2", reference="ServiceRequest/b", selected=False)
    found = [yes(check(name, RuleClass.RELATIVE)) for name in "ab"]
    card = framed(case(selected, background), found, Words(WARNING, "said"))
    assert card.rules == ("a", "b")
    assert card.extension == {
        "org.example.cds.content": {
            "version": "1.0.0+abc",
            "rules": ["a", "b"],
            "orders": ["ServiceRequest/a"],
        }
    }


def test_suggestions_say_how_many_may_be_accepted() -> None:
    assert card_of(suggestions=("inr", "look")).selection_behavior == "any"
    assert card_of(suggestions=("inr", "cancel")).selection_behavior == "at-most-one"
    assert card_of().selection_behavior == ""


def parts(value: Any) -> list[Any]:
    """List a value and all values inside it."""
    if isinstance(value, dict):
        return [value, *(part for one in value.values() for part in parts(one))]
    if isinstance(value, list | tuple):
        return [value, *(part for one in value for part in parts(one))]
    return [value]


def test_every_card_is_complete_and_holds_nothing_empty() -> None:
    words = {"": Words(CRITICAL, "x", "y", ("inr", "two", "mri", "ask", "hold", "cancel"))}
    findings = [
        yes(check("a", RuleClass.ABSOLUTE, 1, fires=words)),
        suspected(check("b", RuleClass.ABSOLUTE, 2)),
        unknown(check("c", RuleClass.ABSOLUTE, 3, unknown_suggestions=("look", "ct"))),
        yes(check("d", RuleClass.ADVISORY, 4)),
        no(check("e", RuleClass.RELATIVE, 5)),
    ]
    every = [*render(case(), findings), *render(case(), [no(check("e", RuleClass.RELATIVE))])]
    every += render(case(age=3), findings)
    assert len(every) == 6
    for card in every:
        assert card.uuid
        assert card.detail
        assert card.summary == card.summary.strip()
        assert card.source.label
        topic = card.source.topic
        assert topic is not None
        assert topic.system
        assert topic.code
        assert topic.display
        assert bool(card.selection_behavior) is bool(card.suggestions)
        assert all(reason.display and reason.system for reason in card.override_reasons)
        assert all(link.label and link.url.startswith("https://") for link in card.links)
        [(key, said)] = card.extension.items()
        assert key == "org.example.cds.content"
        assert isinstance(said, dict)
        assert said["version"] == "1.0.0+abc"
        for suggestion in card.suggestions:
            assert suggestion.label
            assert suggestion.actions
            for action in suggestion.actions:
                assert action.description
                assert (action.resource is None) is (action.kind == "delete")
                assert bool(action.resource_id) is (action.kind == "delete")
                inner = parts(action.resource) if action.resource else []
                assert all(one not in (None, "", [], {}) for one in inner)
