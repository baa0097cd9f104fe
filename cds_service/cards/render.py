"""From findings to few cards: the policy of rules.md 1.7."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import uuid4

from cds_service.cards.case import Case
from cds_service.cards.checks import checks_card, plan_card, scope_card
from cds_service.cards.detail import body, closing, fill
from cds_service.cards.frame import framed, words_of
from cds_service.cards.suggest import suggestions_for
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import RuleClass
from cds_service.clinical.truth import Reason, Truth

ADULT = 18
"""No source covers children (rules.md 1.10)."""

MERGED_ABOVE = 3
"""More relative anatomical rules than this for one level share a card (rules.md 1.7)."""

OWN_CARD = (RuleClass.ABSOLUTE, RuleClass.RELATIVE, RuleClass.INDICATION, RuleClass.BLEEDING)


def render(case: Case, findings: Sequence[Finding]) -> tuple[Card, ...]:
    """Write the cards for one case, the gravest first; never none (conformance 13.5)."""
    age = case.chart.patient.age
    if age is not None and age < ADULT:
        return (scope_card(case),)
    findings = sorted(findings, key=lambda finding: finding.check.statement.position)
    cards = [_card(case, group) for group in _groups(findings)]
    cards += [_suspected_card(case, finding) for finding in findings if _is_suspected(finding)]
    rest = [finding for finding in findings if not _has_own_card(finding)]
    cards += [card for card in (plan_card(case, rest), checks_card(case, rest, findings)) if card]
    order = list(Indicator)
    return tuple(sorted(cards, key=lambda card: order.index(card.indicator)))


def _has_own_card(finding: Finding) -> bool:
    """Tell whether a finding has a card of its own, or one shared with its family."""
    fired = finding.answer.truth is Truth.YES
    return (fired and finding.check.statement.rule_class in OWN_CARD) or _is_suspected(finding)


def _is_suspected(finding: Finding) -> bool:
    """Tell whether weak evidence for an absolute rule deserves a card of its own."""
    statement = finding.check.statement
    absolute = statement.rule_class is RuleClass.ABSOLUTE and statement.suspected is not None
    return absolute and finding.recorded and finding.answer.reason is Reason.SUSPECTED


def _groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Put fired findings into groups, one card each."""
    fired = [f for f in findings if f.answer.truth is Truth.YES and _has_own_card(f)]
    groups: dict[str, list[Finding]] = {}
    for finding in fired:
        groups.setdefault(_group_key(finding, fired), []).append(finding)
    return list(groups.values())


def _group_key(finding: Finding, fired: list[Finding]) -> str:
    """Name the card to which a fired finding belongs."""
    statement = finding.check.statement
    family = [f for f in fired if f.check.statement.family == statement.family]
    if statement.family and any(not f.check.statement.joins for f in family):
        return f"family {statement.family}"
    level = finding.answer.level
    alike = [f for f in fired if f.check.statement.anatomical and f.answer.level == level]
    if statement.anatomical and len(alike) > MERGED_ABOVE:
        return f"level {level}"
    return finding.check.name


def _card(case: Case, group: list[Finding]) -> Card:
    """Write the card of one fired rule, or of a family of them."""
    order = list(Indicator)
    lead = min(group, key=lambda f: order.index(words_of(f).indicator))
    words = words_of(lead)
    summary = fill(words.summary, case, lead, markdown=False)
    if len(group) > 1:
        others = ", ".join(f.check.statement.title.lower() for f in group if f is not lead)
        summary = f"{summary}; {others}"
    parts = [body(case, finding, words_of(finding)) for finding in group]
    keys = [key for finding in group for key in _suggestion_keys(finding)]
    return framed(
        case,
        group,
        indicator=words.indicator,
        summary=f"{case.order_words(lead.answer.level)}: {summary}",
        detail="\n\n---\n\n".join([*parts, closing(case)]),
        suggestions=suggestions_for(case, keys),
        uuid=str(uuid4()),
    )


def _suggestion_keys(finding: Finding) -> list[str]:
    """List the suggestions of a fired finding: those of its card and of its notes."""
    statement = finding.check.statement
    noted = [statement.notes[note] for note in finding.answer.notes if note in statement.notes]
    return [*words_of(finding).suggestions, *(key for note in noted for key in note.suggestions)]


def _suspected_card(case: Case, finding: Finding) -> Card:
    """Write the warning for weak evidence of an absolute contraindication."""
    words = finding.check.statement.suspected or words_of(finding)
    summary = fill(words.summary, case, finding, markdown=False)
    return framed(
        case,
        [finding],
        indicator=Indicator.WARNING,
        summary=f"{case.order_words(finding.answer.level)}: {summary}",
        detail="\n\n".join([body(case, finding, words), closing(case)]),
        suggestions=suggestions_for(case, words.suggestions),
        uuid=str(uuid4()),
    )
