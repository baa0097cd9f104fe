"""Whatever the record says, a card keeps its shape: the same elements, no link, no hidden sign."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cds_service.cards.markdown import plain
from cds_service.cards.render import render
from cds_service.clinical.answer import Answer, Gap, Proof
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.evidence import Sought, Source
from cds_service.clinical.fact import Allergy, Culture, Diagnosis, DrugUse, Result, Study
from cds_service.clinical.fact import Finding as Seen
from cds_service.clinical.procedure import Finding
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.statement import RuleClass, Words
from cds_service.clinical.truth import Reason
from cds_service.clinical.when import When

from .builders import NOW, case, check, order, suspected, unknown, yes
from .hostile import HOSTILE
from .reading import GITHUB_LINKS, RENDERERS, is_visible, seen_by
from .test_split import Levels

VISIBLE = [text for text in HOSTILE if plain(text)]
ORDINARY = "ordinary words"
SAYS = Words(Indicator.WARNING, "$because; $missing; $level; $thing", "$because; $level; $thing")


def every_field(text: str) -> list[Finding]:
    """Put a text into every field that could carry the record's own words."""
    proof = Proof(f"what {text}", text, text, text, text, text)
    gap = Gap(Reason.SUSPECTED, text, text, text, proof, text)
    gaps = [Gap(reason, text, text, text, None, text) for reason in list(Reason)[1:6]]
    fires = {"": SAYS}
    values = (("thing", text),)
    told: dict[str, Any] = {
        "because": (proof,),
        "level": text,
        "values": values,
        "missing": (gap, *gaps),
    }
    return [
        yes(check("fired", RuleClass.ABSOLUTE, 1, fires=fires, changes="$level"), **told),
        unknown(check("weak", RuleClass.ABSOLUTE, 2, suspected=SAYS, dissent="$because"), **told),
        unknown(check("open", RuleClass.ABSOLUTE, 3, suspected=None), **told),
        yes(check("gap", RuleClass.GAP, 4, fires=fires), **told),
        yes(check("advice", RuleClass.ADVISORY, 5, fires=fires), **told),
    ]


def cards_with(text: str) -> tuple[Card, ...]:
    """Write the cards of a record that says one text everywhere."""
    orders = (order("L1", label=text, reference=text, doubtful=(text,)),)
    unasked = [Source("conditions", Sought.FAILED, text), Source(text, Sought.FAILED, text)]
    return render(case(*orders, unasked=unasked), every_field(text))


EXPECTED = [
    [seen_by(renderer, card.detail).elements for card in cards_with(ORDINARY)]
    for renderer in RENDERERS
]


def test_the_ordinary_cards_are_the_five_that_were_meant() -> None:
    rules = [card.rules for card in cards_with(ORDINARY)]
    assert rules == [("fired",), ("weak",), ("gap", "open"), ("advice",)]


@pytest.mark.parametrize("text", VISIBLE)
def test_a_hostile_record_changes_no_element_of_any_card(text: str) -> None:
    for renderer, expected in zip(RENDERERS, EXPECTED, strict=True):
        for card, elements in zip(cards_with(text), expected, strict=True):
            seen = seen_by(renderer, card.detail)
            assert seen.elements == elements
            assert not seen.others
            assert {tag for tag, _ in seen.elements} <= {"p", "strong", "ul", "li", "hr"}
            assert not any(attributes for _, attributes in seen.elements)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_record_hides_and_links_nothing(text: str) -> None:
    for card in cards_with(text):
        assert is_visible(card.summary)
        assert 0 < len(card.summary) <= 139
        assert is_visible(card.detail.replace("\n", ""))
        for renderer in RENDERERS:
            seen = seen_by(renderer, card.detail)
            assert not any(link.search(seen.text) for link in GITHUB_LINKS)
        assert not any(link.search(card.summary) for link in GITHUB_LINKS)
        assert all(link.url.startswith("https://doi.org/") for link in card.links)


@pytest.mark.parametrize("text", VISIBLE)
def test_what_the_record_says_can_be_read_on_the_card(text: str) -> None:
    [card] = render(
        case(), [yes(check("a", RuleClass.RELATIVE), Proof("note", text, "2025-05-18"))]
    )
    for renderer in RENDERERS:
        assert f"{plain(text)} on 2025-05-18" in seen_by(renderer, card.detail).text


WHEN = When(NOW, NOW, "2025-05-18")
TYPED = "Observation/"
FACTS: dict[str, Callable[[str], Proof]] = {
    "result": lambda text: Result("inr", WHEN, text, text, note=text).proof(),
    "culture": lambda text: Culture(WHEN, text, text, "blood", grown=True, final=True).proof(),
    "diagnosis": lambda text: Diagnosis(text, {}, text, active=True).proof("infection"),
    "allergy": lambda text: Allergy(text, text, frozenset(), active=True).proof(),
    "drug": lambda text: DrugUse(text, text, ("aspirin",)).proof(text),
    "finding": lambda text: Seen("edema", WHEN, text, text, value=True, level="L1").proof(text),
    "typed": lambda text: Result("inr", WHEN, TYPED + text, TYPED + text).proof(),
    "study": lambda text: Study(text, "MR", WHEN, text).proof(text),
}


@pytest.mark.parametrize("fact", FACTS)
def test_no_kind_of_fact_lets_the_record_write_markup(fact: str) -> None:
    one = check("a", RuleClass.RELATIVE)

    def detail(text: str) -> str:
        return render(case(), [yes(one, FACTS[fact](text))])[0].detail

    for renderer in RENDERERS:
        expected = seen_by(renderer, detail(ORDINARY)).elements
        for text in VISIBLE:
            seen = seen_by(renderer, detail(text))
            assert seen.elements == expected, text
            assert not any(link.search(seen.text) for link in GITHUB_LINKS), text


@pytest.mark.parametrize("text", HOSTILE)
def test_an_order_in_doubt_is_quoted_and_not_believed(text: str) -> None:
    doubtful = case(order(doubtful=(text,)))
    answer = doubtful.chart.per_level(lambda _: Answer.no())
    one = check("a", RuleClass.ABSOLUTE, suspected=None)
    [card] = render(doubtful, [Finding(one, answer)])
    assert card.summary.startswith("Kyphoplasty: 1 of 1 open: clear target level")
    if plain(text):
        for renderer in RENDERERS:
            assert plain(text) in seen_by(renderer, card.detail).text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_split_order_is_described_in_visible_words(text: str) -> None:
    sites = [{"text": text}, {"coding": [{"display": text}]}]
    limits = check("levels", RuleClass.RELATIVE, limits=Levels(Quantity(Decimal(1))))
    [card] = render(
        case(order("L1", "L2", resource={"bodySite": sites}), checks=[limits]),
        [
            suspected(
                check(
                    "a",
                    RuleClass.ABSOLUTE,
                    suspected=Words(Indicator.WARNING, "x", suggestions=("split",)),
                )
            )
        ],
    )
    [suggestion] = card.suggestions
    for action in suggestion.actions:
        assert is_visible(action.description)
        assert len(action.description) <= 139
