"""The one card for what was not completed: gaps to close, and checks that need facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.detail import checked, closing, fill, listed, site_limits, sources
from cds_service.cards.frame import framed
from cds_service.cards.load import SUMMARY_LENGTH
from cds_service.cards.policy import fired_of, with_truth, words_of
from cds_service.cards.templates import filled
from cds_service.clinical.answer import Gap, Proof
from cds_service.clinical.card import Card, Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import RuleClass, Words
from cds_service.clinical.truth import Reason, Truth

FIRST: Final = 3
"""How many missing things the summary names."""


def checks_card(
    case: Case, rest: Sequence[Finding], every: Sequence[Finding], more: Sequence[str] = ()
) -> Card | None:
    """Write the one card for what was not completed, None where nothing is open (rules.md 1.7).

    It names fired gap rules, everything unknown with its reason, and what was checked; `more`
    are parts that it takes over from a card for which there was no room.
    """
    gaps = fired_of(rest, RuleClass.GAP)
    unknown = with_truth(rest, Truth.UNKNOWN)
    if not gaps and not unknown:
        return None
    words = Words(
        _gravest(gaps, unknown),
        _summary(case, gaps, unknown, every),
        _detail(case, gaps, unknown, every, more),
        tuple(_suggestions(gaps, unknown)),
    )
    return framed(case, [*gaps, *unknown], words, shared=True)


def _gravest(gaps: Sequence[Finding], unknown: Sequence[Finding]) -> Indicator:
    """Warn where an absolute check is open, else as the gravest of the fired gap rules does."""
    absolute = RuleClass.ABSOLUTE in {f.check.statement.rule_class for f in unknown}
    found = {words_of(finding).indicator for finding in gaps}
    found |= {Indicator.WARNING} if absolute else {Indicator.INFO}
    return next(one for one in Indicator if one in found)


def _summary(
    case: Case, gaps: Sequence[Finding], unknown: Sequence[Finding], every: Sequence[Finding]
) -> str:
    """Count what is open, and name the first things that are missing."""
    told = [_told(case, finding) for finding in gaps]
    for finding in unknown:
        if len(told) >= FIRST:
            break
        told += [(line, line) for line in _briefly(case, finding.answer.missing)]
    brief = dict(told)
    lines = _each_once(brief)[:FIRST]
    total = sum([finding.recorded for finding in every])
    known = {"count": str(len(gaps) + len(unknown)), "total": str(total)}
    room = SUMMARY_LENGTH - len(f"{case.order_words()}: ")
    return _fitting(case.procedure.texts["checks_summary"], known, lines, brief, room)


def _briefly(case: Case, missing: Sequence[Gap]) -> list[str]:
    """Say what is missing; a report that could not be read before all that may stand in it."""
    words = case.summary_words
    unread = [gap for gap in missing if words.is_unread(gap)]
    rest = [gap for gap in missing if gap not in unread]
    return [*(words.unread_briefly(gap) for gap in unread), *words.gaps(rest)]


def _told(case: Case, finding: Finding) -> tuple[str, str]:
    """Say what a fired gap rule found, in full and in brief."""
    words = words_of(finding)
    line = fill(words.summary, case, finding, markdown=False)
    return line, fill(words.brief, case, finding, markdown=False) if words.brief else line


def _fitting(
    template: str,
    known: Mapping[str, str],
    lines: Sequence[str],
    brief: Mapping[str, str],
    room: int,
) -> str:
    """Fill the summary; where it is too long, the longest line is said in brief, then the next."""
    said = list(lines)
    for line in sorted(lines, key=len, reverse=True):
        summary = filled(template, {**known, "first": ", ".join(said)})
        if len(summary) <= room:
            return summary
        said[said.index(line)] = brief[line]
    return filled(template, {**known, "first": ", ".join(said)})


def _each_once(lines: Iterable[str]) -> list[str]:
    """Drop what another line says already, with more words."""
    every = list(lines)
    return [one for one in every if not any(o != one and o.startswith(one) for o in every)]


def _detail(
    case: Case,
    gaps: Sequence[Finding],
    unknown: Sequence[Finding],
    every: Sequence[Finding],
    more: Sequence[str],
) -> str:
    """List the gaps, then what is unknown by what is missing for it, then what was checked."""
    texts = case.procedure.texts
    parts = [
        texts["checks_intro"],
        listed(texts["gaps_found"], [_gap_line(case, finding) for finding in gaps]),
        listed(texts["not_known"], _by_reason(case, unknown)),
        site_limits(case, every),
        listed(texts["sources"], dict.fromkeys(s for f in gaps for s in sources(case, f))),
        listed(texts["dissent"], _dissent(case, gaps)),
        *more,
    ]
    return "\n\n".join(part for part in [*parts, closing(case, checked(case, every))] if part)


def _gap_line(case: Case, finding: Finding) -> str:
    """Say what a fired gap rule found, with its notes."""
    notes = finding.check.statement.notes
    added = [notes[note].text for note in finding.answer.notes if note in notes]
    line = fill(" ".join([f"{words_of(finding).summary}.", *added]), case, finding, markdown=True)
    words = case.detail_words
    dated = [words.noted(proof) for proof in finding.answer.because if proof.when]
    return f"{line} {case.procedure.texts['found']}: {', '.join(dated)}." if dated else line


def _dissent(case: Case, gaps: Sequence[Finding]) -> list[str]:
    """Say where the sources of the fired gap rules differ."""
    told = (fill(f.check.statement.dissent, case, f, markdown=True) for f in gaps)
    return [line for line in told if line]


def _by_reason(case: Case, unknown: Sequence[Finding]) -> list[str]:
    """Say each thing that lacks once, with all checks that need it.

    Facts that nobody stated stand in one line for each window, and all that may stand in a report
    which could not be read in one for the report: a line for each would be a page.
    """
    words, lacking = case.detail_words, dict[str, list[str]]()
    unstated: dict[tuple[str, str], list[Gap]] = {}
    unread: dict[tuple[Proof | None, str], list[Gap]] = {}
    for finding in unknown:
        line = finding.check.statement.unknown_line
        plain = [gap for gap in finding.answer.missing if words.is_unstated(gap)]
        for gap in plain:
            unstated.setdefault((gap.window, gap.level), []).append(gap)
        hidden = [gap for gap in finding.answer.missing if words.is_unread(gap)]
        for gap in hidden:
            unread.setdefault((gap.proof, gap.detail), []).append(gap)
        rest = [gap for gap in finding.answer.missing if gap not in plain and gap not in hidden]
        for reason in words.gaps(rest) if rest else ():
            lacking.setdefault(reason, []).append(line)
    together = [words.unstated(gaps) for gaps in unstated.values()]
    reports = [words.unread(gaps) for gaps in unread.values()]
    reasons = [f"{reason} ({', '.join(lines)})" for reason, lines in lacking.items()]
    return [*reports, *reasons, *together]


def _suggestions(gaps: Sequence[Finding], unknown: Sequence[Finding]) -> list[str]:
    """List what would complete the checks, the fired gaps first.

    What could not be read may well be there: nothing is ordered for it.
    """
    keys = [key for finding in gaps for key in words_of(finding).suggestions]
    for finding in unknown:
        wanted = finding.check.statement.unknown_suggestions
        if wanted and finding.answer.reason is not Reason.SOURCE_ERROR:
            keys += wanted
    return keys
