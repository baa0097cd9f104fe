"""The cards that only inform: the plan, nothing found, and patients out of scope."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.cards.case import Case
from cds_service.cards.detail import checked, closing, fill, listed
from cds_service.cards.frame import framed
from cds_service.cards.policy import fired_of, with_truth, words_of
from cds_service.cards.templates import filled
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import RuleClass, Words
from cds_service.clinical.truth import Truth


def scope_card(case: Case) -> Card:
    """Say that the sources do not cover this patient."""
    texts = case.procedure.texts
    detail = "\n\n".join([texts["scope_detail"], closing(case)])
    return framed(case, (), Words(Indicator.INFO, texts["scope_summary"], detail), shared=True)


def plan_card(case: Case, rest: Sequence[Finding]) -> Card | None:
    """Write the one card for the plan: a line for each advisory rule that fired."""
    fired = fired_of(rest, RuleClass.ADVISORY)
    if not fired:
        return None
    texts = case.procedure.texts
    lines = [fill(words_of(finding).summary, case, finding, markdown=True) for finding in fired]
    detail = "\n\n".join([listed(texts["plan_intro"], lines), closing(case)])
    keys = tuple(key for finding in fired for key in words_of(finding).suggestions)
    return framed(
        case, fired, Words(Indicator.INFO, texts["plan_summary"], detail, keys), shared=True
    )


def clear_card(case: Case, every: Sequence[Finding]) -> Card:
    """Say that every check was made and none fired: an empty answer would read as approval."""
    texts = case.procedure.texts
    total = len(with_truth(every, Truth.NO))
    summary = filled(texts["clear_summary"], {"total": str(total)})
    detail = "\n\n".join([texts["clear_detail"], closing(case, checked(case, every))])
    return framed(case, every, Words(Indicator.INFO, summary, detail), shared=True)
