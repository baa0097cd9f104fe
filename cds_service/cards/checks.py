"""The shared cards: checks that were not completed, the plan, and patients out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template
from uuid import uuid4

from cds_service.cards.case import Case
from cds_service.cards.detail import closing, fill, listed, sources
from cds_service.cards.frame import framed, words_of
from cds_service.cards.suggest import suggestions_for
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import RuleClass
from cds_service.clinical.truth import Truth

FIRST = 3
"""How many missing things the summary names."""


def scope_card(case: Case) -> Card:
    """Say that the sources do not cover this patient."""
    texts = case.procedure.texts
    return framed(
        case,
        (),
        indicator=Indicator.INFO,
        summary=f"{case.order_words()}: {texts['scope_summary']}",
        detail="\n\n".join([texts["scope_detail"], closing(case)]),
        suggestions=(),
        uuid=str(uuid4()),
    )


def plan_card(case: Case, rest: Sequence[Finding]) -> Card | None:
    """Write the one card for the plan: a line for each advisory rule that fired."""
    fired = [f for f in rest if _fired(f) and f.check.statement.rule_class is RuleClass.ADVISORY]
    if not fired:
        return None
    lines = [fill(words_of(f).summary, case, f, markdown=True) for f in fired]
    texts = case.procedure.texts
    return framed(
        case,
        fired,
        indicator=Indicator.INFO,
        summary=f"{case.order_words()}: {texts['plan_summary']}",
        detail="\n\n".join([listed(texts["plan_intro"], lines), closing(case)]),
        suggestions=suggestions_for(case, [key for f in fired for key in words_of(f).suggestions]),
        uuid=str(uuid4()),
    )


def checks_card(case: Case, rest: Sequence[Finding], every: Sequence[Finding]) -> Card | None:
    """Write the one card for what was not completed, or say that all was (rules.md 1.7).

    It names fired gap rules, everything unknown with its reason, and what was checked.
    """
    gaps = [f for f in rest if _fired(f) and f.check.statement.rule_class is RuleClass.GAP]
    unknown = [f for f in rest if f.recorded and f.answer.truth is Truth.UNKNOWN]
    if not gaps and not unknown:
        fired = any(_fired(f) for f in every)
        return None if fired else _clear_card(case, every)
    absolute = any(f.check.statement.rule_class is RuleClass.ABSOLUTE for f in unknown)
    indicator = Indicator.WARNING if absolute else _gravest(gaps)
    return framed(
        case,
        [*gaps, *unknown],
        indicator=indicator,
        summary=f"{case.order_words()}: {_summary(case, gaps, unknown, every)}",
        detail=_detail(case, gaps, unknown, every),
        suggestions=suggestions_for(case, _suggestions(gaps, unknown)),
        uuid=str(uuid4()),
    )


def _gravest(gaps: Sequence[Finding]) -> Indicator:
    """Take the gravest indicator of the fired gap rules; info where there are none."""
    found = {words_of(finding).indicator for finding in gaps}
    return next((one for one in Indicator if one in found), Indicator.INFO)


def _fired(finding: Finding) -> bool:
    """Tell whether a finding fired."""
    return finding.answer.truth is Truth.YES


def _summary(
    case: Case, gaps: Sequence[Finding], unknown: Sequence[Finding], every: Sequence[Finding]
) -> str:
    """Count what is open, and name the first things that are missing."""
    lines = [fill(words_of(f).summary, case, f, markdown=False) for f in gaps]
    for finding in unknown:
        lines += case.summary_words.gaps(finding.answer.missing)
    first = ", ".join(list(dict.fromkeys(lines))[:FIRST])
    total = sum(1 for finding in every if finding.recorded)
    template = Template(case.procedure.texts["checks_summary"])
    return template.substitute(count=len(gaps) + len(unknown), total=total, first=first)


def _detail(
    case: Case, gaps: Sequence[Finding], unknown: Sequence[Finding], every: Sequence[Finding]
) -> str:
    """List the gaps, then what is unknown by what is missing for it, then what was checked."""
    texts = case.procedure.texts
    parts = [
        texts["checks_intro"],
        listed(texts["gaps_found"], [_gap_line(case, finding) for finding in gaps]),
        listed(texts["not_known"], _by_reason(case, unknown)),
        listed(texts["sources"], dict.fromkeys(s for f in gaps for s in sources(case, f))),
        listed(texts["dissent"], _dissent(case, gaps)),
    ]
    return "\n\n".join(part for part in [*parts, closing(case, checked(case, every))] if part)


def _gap_line(case: Case, finding: Finding) -> str:
    """Say what a fired gap rule found, with its notes."""
    notes = finding.check.statement.notes
    added = [notes[note].text for note in finding.answer.notes if note in notes]
    return fill(" ".join([f"{words_of(finding).summary}.", *added]), case, finding, markdown=True)


def _dissent(case: Case, gaps: Sequence[Finding]) -> list[str]:
    """Say where the sources of the fired gap rules differ."""
    told = (fill(f.check.statement.dissent, case, f, markdown=True) for f in gaps)
    return [line for line in told if line]


def _by_reason(case: Case, unknown: Sequence[Finding]) -> list[str]:
    """Put together the checks that lack the same thing."""
    lacking: dict[str, list[str]] = {}
    for finding in unknown:
        words = case.detail_words.gaps(finding.answer.missing)
        key = "; ".join(words)
        lacking.setdefault(key, []).append(finding.check.statement.unknown_line)
    return [f"{', '.join(lines)}: {reason}" for reason, lines in lacking.items()]


def checked(case: Case, every: Sequence[Finding]) -> list[str]:
    """Say which checks are clear, and which this record cannot answer at all."""
    texts = case.procedure.texts
    clear = [f for f in every if f.recorded and f.answer.truth is Truth.NO]
    absent = [f for f in every if not f.recorded]
    said = []
    for heading, group in (("checked_clear", clear), ("not_recorded", absent)):
        if group:
            titles = ", ".join(finding.check.statement.title for finding in group)
            said.append(f"**{texts[heading]}** {titles}.")
    return said


def _suggestions(gaps: Sequence[Finding], unknown: Sequence[Finding]) -> list[str]:
    """List what would complete the checks, the fired gaps first."""
    keys = [key for finding in gaps for key in words_of(finding).suggestions]
    return keys + [key for f in unknown for key in f.check.statement.unknown_suggestions]


def _clear_card(case: Case, every: Sequence[Finding]) -> Card:
    """Say that every check was made and none fired: an empty answer would read as approval."""
    texts = case.procedure.texts
    total = sum(1 for finding in every if finding.recorded)
    summary = Template(texts["clear_summary"]).substitute(total=total)
    return framed(
        case,
        every,
        indicator=Indicator.INFO,
        summary=f"{case.order_words()}: {summary}",
        detail="\n\n".join([texts["clear_detail"], closing(case, checked(case, every))]),
        suggestions=(),
        uuid=str(uuid4()),
    )
