"""From findings to few cards: the policy of rules.md 1.7."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.checks import checks_card
from cds_service.cards.detail import body, closing, fill
from cds_service.cards.frame import framed
from cds_service.cards.info import clear_card, plan_card, plan_parts, scope_card
from cds_service.cards.policy import (
    MOST_CARDS,
    bounded,
    grouped,
    parted,
    suggestion_keys,
    suspicion,
    words_of,
)
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import Words

ADULT: Final = 18
"""No source covers children (rules.md 1.10)."""

_GRAVITY: Final = {indicator: place for place, indicator in enumerate(Indicator)}
_POSITION: Final = attrgetter("check.statement.position")


def render(case: Case, findings: Sequence[Finding]) -> tuple[Card, ...]:
    """Write the cards for one case, the gravest first; never none (conformance 13.5)."""
    age = case.chart.patient.age
    if age is not None and age < ADULT:
        return (scope_card(case),)
    asked = [finding for finding in findings if finding.check.off is None]
    findings = sorted(asked, key=_POSITION)
    own, rest = parted(findings)
    checks = checks_card(case, rest, findings)
    if not own and not checks:
        return (clear_card(case, findings),)
    shared = (plan_card(case, rest, findings, last=checks is None), checks)
    cards = [card for card in shared if card]
    groups = bounded(grouped(own), MOST_CARDS - len(cards))
    if checks and len(groups) + len(cards) > MOST_CARDS:
        folded = checks_card(case, rest, findings, plan_parts(case, rest))
        cards = [folded] if folded else cards
    cards = [*(_card(case, group) for group in groups), *cards]
    return tuple(sorted(cards, key=lambda card: _GRAVITY[card.indicator]))


def _card(case: Case, group: Sequence[Finding]) -> Card:
    """Write the card of one rule that fired or is suspected, or of a family of them."""
    lead = min(group, key=lambda finding: _GRAVITY[words_of(finding).indicator])
    others = [_named(finding) for finding in group if finding is not lead]
    summary = fill(words_of(lead).summary, case, lead, markdown=False)
    parts = [_part(case, finding, alone=len(group) == 1) for finding in _firm_first(group)]
    words = Words(
        words_of(lead).indicator,
        "; ".join([summary, *([", ".join(others)] if others else [])]),
        "\n\n---\n\n".join([*parts, closing(case)]),
        tuple(key for finding in group for key in suggestion_keys(finding)),
    )
    return framed(case, group, words, lead.answer.level)


def _named(finding: Finding) -> str:
    """Name a rule that shares the card of another, and say if it is suspected only."""
    title = finding.check.statement.title.lower()
    return title if suspicion(finding) is None else f"possible {title}"


def _firm_first(group: Sequence[Finding]) -> list[Finding]:
    """Put what fired before what is only suspected."""
    return sorted(group, key=lambda finding: suspicion(finding) is not None)


def _part(case: Case, finding: Finding, *, alone: bool) -> str:
    """Write the detail for one rule, under its title where it shares the card."""
    text = body(case, finding, words_of(finding))
    return text if alone else f"**{finding.check.statement.title}**\n\n{text}"
