"""The cards that only inform: the plan, nothing found, and patients out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from string import Template

from cds_service.cards.case import Case
from cds_service.cards.detail import checked, closing, fill, listed, site_limits, sources
from cds_service.cards.frame import framed
from cds_service.cards.load import SUMMARY_LENGTH
from cds_service.cards.policy import fired_of, suggestion_keys, with_truth, words_of
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import RuleClass, Words
from cds_service.clinical.truth import Truth


def scope_card(case: Case) -> Card:
    """Say that the sources do not cover this patient."""
    texts = case.procedure.texts
    detail = "\n\n".join([texts["scope_detail"], closing(case)])
    return framed(case, (), Words(Indicator.INFO, texts["scope_summary"], detail), shared=True)


def plan_card(
    case: Case, rest: Sequence[Finding], every: Sequence[Finding], *, last: bool
) -> Card | None:
    """Write the one card for the plan: a line for each advisory rule that fired.

    The `last` one, with no card of open checks behind it, says what was checked as well.
    """
    fired = _points(rest)
    if not fired:
        return None
    stated = checked(case, every) if last else ()
    limits = site_limits(case, every) if last else ""
    parts = [*_plan(case, fired), limits, closing(case, stated)]
    detail = "\n\n".join(part for part in parts if part)
    return framed(case, fired, _words(case, fired, "", detail), shared=True)


def plan_parts(case: Case, rest: Sequence[Finding]) -> list[str]:
    """Write the points of the plan for another card, where one more card would be too many."""
    return _plan(case, _points(rest))


def clear_card(case: Case, every: Sequence[Finding]) -> Card:
    """Say that every check was made and none fired: an empty answer would read as approval.

    Points for the plan stand on the same card: they speak for care, not against the order.
    """
    texts = case.procedure.texts
    fired = _points(every)
    total = len(with_truth(every, Truth.NO))
    summary = Template(texts["clear_summary"]).substitute(total=total)
    limits, last = site_limits(case, every), closing(case, checked(case, every))
    parts = [texts["clear_detail"], *_plan(case, fired), limits, last]
    words = _words(case, fired, summary, "\n\n".join(part for part in parts if part))
    return framed(case, every, words, shared=True)


def _points(findings: Sequence[Finding]) -> list[Finding]:
    """List the fired advisory rules, the weightier first."""
    order = list(Indicator)
    fired = fired_of(findings, RuleClass.ADVISORY)

    def weight(finding: Finding) -> tuple[int, bool]:
        """Put neutral lines, for which nothing on record speaks, behind the others."""
        return order.index(words_of(finding).indicator), not finding.answer.because

    return sorted(fired, key=weight)


def _plan(case: Case, fired: Sequence[Finding]) -> list[str]:
    """Write the points of the plan, a line each, then their sources and where these differ."""
    texts = case.procedure.texts
    told = (fill(f.check.statement.dissent, case, f, markdown=True) for f in fired)
    parts = [
        listed(texts["plan_intro"], [_line(case, finding) for finding in fired]),
        listed(texts["sources"], dict.fromkeys(s for f in fired for s in sources(case, f))),
        listed(texts["dissent"], [line for line in told if line]),
    ]
    return [part for part in parts if part]


def _line(case: Case, finding: Finding) -> str:
    """Write one point in a line: what there is to do, and why."""
    words, statement = words_of(finding), finding.check.statement
    notes = [statement.notes[note].text for note in finding.answer.notes if note in statement.notes]
    said = fill(words.summary, case, finding, markdown=True)
    more = fill(" ".join([words.detail, *notes]).strip(), case, finding, markdown=True)
    line = f"{said[:1].upper()}{said[1:]}"
    return f"{line}. {more}" if more else line


def _words(case: Case, fired: Sequence[Finding], before: str, detail: str) -> Words:
    """Name as many points in the summary as there is room for, after what stands before them."""
    keys = tuple(key for finding in fired for key in suggestion_keys(finding))
    room = SUMMARY_LENGTH - len(f"{case.order_words()}: ")
    best = before
    for number in range(1, len(fired) + 1):
        first = ", ".join(_title(finding) for finding in fired[:number])
        said = Template(case.procedure.texts["plan_summary"]).substitute(first=first)
        summary = f"{before}; {said}" if before else said
        if len(summary) <= room or not best:
            best = summary
    return Words(Indicator.INFO, best, detail, keys)


def _title(finding: Finding) -> str:
    """Write a title as it stands within a sentence; an abbreviation keeps its letters."""
    title = finding.check.statement.title
    return title if title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"
