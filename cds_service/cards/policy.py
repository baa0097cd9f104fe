"""Which finding goes to which card (rules.md 1.7 and 1.7a)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from cds_service.clinical.card import Indicator
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import OWN_CARD, RuleClass, Words
from cds_service.clinical.truth import UNKNOWN, YES, Reason, Truth

MOST_CARDS: Final = 8
"""More cards than this nobody reads: warnings beyond it share one (rules.md 1.7, "few")."""

MERGED_ABOVE: Final = 3
"""More relative anatomical rules than this for one level share a card (rules.md 1.7)."""

_ABSOLUTE, _SUSPECTED = RuleClass.ABSOLUTE, Reason.SUSPECTED  # looked up once, asked often


def words_of(finding: Finding) -> Words:
    """Choose the words of a finding: those of its suspicion, or of its tier."""
    fires = finding.check.statement.fires
    words = suspicion(finding) or fires.get(finding.answer.tier, fires[""])
    return _capped(words, finding) if finding.answer.by_text else words


def _capped(words: Words, finding: Finding) -> Words:
    """Let an absolute rule that fires by the text of a report warn and no more (rules.md 1.6)."""
    grave = words.indicator is Indicator.CRITICAL and not finding.check.text_critical
    return replace(words, indicator=Indicator.WARNING) if grave else words


def suggestion_keys(finding: Finding) -> list[str]:
    """List the suggestions of a finding: those of its card and of its notes."""
    statement = finding.check.statement
    noted = [statement.notes[note] for note in finding.answer.notes if note in statement.notes]
    return [*words_of(finding).suggestions, *(key for note in noted for key in note.suggestions)]


def suspicion(finding: Finding) -> Words | None:
    """Give the words for weak evidence of an absolute rule, None where it has no such card."""
    statement = finding.check.statement
    if statement.suspected is None or statement.rule_class is not _ABSOLUTE:
        return None
    weak = finding.recorded and finding.answer.reason is _SUSPECTED
    return statement.suspected if weak else None


def has_own_card(finding: Finding) -> bool:
    """Tell whether a finding has a card of its own, or one shared with its family."""
    truth = finding.answer.truth
    if truth is UNKNOWN:
        return suspicion(finding) is not None
    return truth is YES and _fires_alone(finding)


def _fires_alone(finding: Finding) -> bool:
    """Tell whether a finding fired that has its own card: evidence stands wherever it is from."""
    return finding.answer.truth is YES and finding.check.statement.rule_class in OWN_CARD


def fired_of(findings: Iterable[Finding], rule_class: RuleClass) -> list[Finding]:
    """List the fired findings of a class that shares a card; what is not recorded is no gap."""
    return [
        finding
        for finding in findings
        if finding.recorded
        and finding.answer.truth is YES
        and finding.check.statement.rule_class is rule_class
    ]


def with_truth(findings: Iterable[Finding], truth: Truth) -> list[Finding]:
    """List the findings of rules that this record can answer, by their answer."""
    return [one for one in findings if one.recorded and one.answer.truth is truth]


def not_recorded(findings: Iterable[Finding]) -> list[Finding]:
    """List what this record cannot hold: named in one line, and neither card nor gap (1.7a)."""
    return [one for one in findings if not one.recorded and not has_own_card(one)]


def parted(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Part the findings that have cards of their own, or of their family, from the rest."""
    own: list[Finding] = []
    rest: list[Finding] = []
    for finding in findings:
        (own if has_own_card(finding) else rest).append(finding)
    return own, rest


def grouped(own: Sequence[Finding]) -> list[list[Finding]]:
    """Put findings into groups, one card each, in the order of their first members."""
    fired = [finding for finding in own if _fires_alone(finding)]
    groups: dict[str, list[Finding]] = {}
    for finding in own:
        groups.setdefault(_group_key(finding, own, fired), []).append(finding)
    return list(groups.values())


def bounded(groups: Sequence[list[Finding]], most: int) -> list[list[Finding]]:
    """Let all that is not critical share a card where there would be too many."""
    if len(groups) <= most:
        return list(groups)
    grave = [group for group in groups if _is_critical(group)]
    others = [finding for group in groups if group not in grave for finding in group]
    return [*grave, others] if others else grave


def _is_critical(group: Sequence[Finding]) -> bool:
    """Tell whether a group has a critical card."""
    return any(words_of(finding).indicator is Indicator.CRITICAL for finding in group)


def _group_key(finding: Finding, own: Sequence[Finding], fired: Sequence[Finding]) -> str:
    """Name the card of a finding; weak evidence joins its family where one of it fired."""
    statement, level = finding.check.statement, finding.answer.level
    alike = [f for f in fired if _anatomical(f) and f.answer.level == level]
    if _anatomical(finding) and len(alike) > MERGED_ABOVE:
        return f"level {level}"
    if not statement.family:
        return finding.check.name
    kin = [f for f in own if f.check.statement.family == statement.family]
    # a family whose members all speak of a level shares one card for each level
    place = level if all(f.answer.level for f in kin) else ""
    firm = [f for f in kin if _fires_alone(f) and (not place or f.answer.level == place)]
    if any(not f.check.statement.joins for f in firm):
        return f"family {statement.family} {place}"
    return finding.check.name


def _anatomical(finding: Finding) -> bool:
    """Tell whether a finding may share a card with others of its level."""
    statement = finding.check.statement
    return statement.anatomical and statement.rule_class is RuleClass.RELATIVE
