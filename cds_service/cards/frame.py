"""What every card has: its source, its topic, its override reasons and the content version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.content import DEFAULT_OVERRIDES, OTHER
from cds_service.cards.identity import new_uuid
from cds_service.cards.load import SUMMARY_LENGTH
from cds_service.cards.markdown import shortened
from cds_service.cards.suggest import behavior, suggestions_for
from cds_service.clinical.card import Card, Coding, Indicator, Link, Source
from cds_service.clinical.procedure import Finding, Paper
from cds_service.clinical.statement import Words
from cds_service.clinical.truth import YES

OPERATIONAL: Final = "operational"
"""The key of our own defaults, which stand for no paper."""


def framed(
    case: Case,
    findings: Sequence[Finding],
    words: Words,
    level: str = "",
    *,
    shared: bool = False,
) -> Card:
    """Put filled words into the frame of a card about the order, or about one of its levels.

    A `shared` card speaks for the checks as such, however few rules stand on it.
    """
    suggestions = suggestions_for(case, words.suggestions)
    informs = words.indicator is Indicator.INFO
    rules = tuple([finding.check.rule.name for finding in findings])
    return Card(
        uuid=new_uuid(),
        summary=shortened(f"{case.order_words(level)}: {words.summary}", SUMMARY_LENGTH),
        indicator=words.indicator,
        source=_source(case, () if shared else findings),
        detail=words.detail,
        suggestions=suggestions,
        selection_behavior=behavior(suggestions),
        override_reasons=() if informs else _overrides(case, () if shared else findings),
        links=_links(case, findings),
        rules=rules,
        fired=tuple([one.check.rule.name for one in findings if one.answer.truth is YES]),
        extension=_extension(case, rules),
    )


def _papers(case: Case, findings: Sequence[Finding]) -> list[Paper]:
    """List the papers behind some findings, each once, our own defaults left out."""
    cited = dict.fromkeys([one.source for f in findings for one in f.check.statement.sources])
    return [case.procedure.papers[key] for key in cited if key != OPERATIONAL]


def _source(case: Case, findings: Sequence[Finding]) -> Source:
    """Name whose guidance a card gives, and its topic."""
    one_rule = findings[0].check.name if len(findings) == 1 else ""
    return case.procedure.once(("source", one_rule), lambda: _new_source(case, findings))


def _new_source(case: Case, findings: Sequence[Finding]) -> Source:
    """Name the guidance of one rule, or of the procedure."""
    papers = _papers(case, findings)
    one_rule = len(findings) == 1
    topic = Coding(
        f"{case.procedure.canonical}/CodeSystem/topic",
        findings[0].check.name.replace("_", "-") if one_rule else "checks",
        findings[0].check.statement.title if one_rule else case.procedure.title,
    )
    if not one_rule or not papers:
        return Source(case.procedure.texts["source_label"], topic=topic)
    return Source(papers[0].label, papers[0].url, topic)


def _overrides(case: Case, findings: Sequence[Finding]) -> tuple[Coding, ...]:
    """Offer the reasons of all rules on the card, and a free one; a published code follows ours."""
    keys = [key for finding in findings for key in finding.check.statement.overrides]
    wanted = [key for key in dict.fromkeys(keys or DEFAULT_OVERRIDES) if key != OTHER]
    offered = case.procedure.overrides
    return tuple([coding for key in (*wanted, OTHER) for coding in offered[key]])


def _links(case: Case, findings: Sequence[Finding]) -> tuple[Link, ...]:
    """Link the papers and what the site adds; those in a detail are not clickable everywhere."""
    papers = _papers(case, findings)
    read = [Link(paper.label, paper.url) for paper in papers if paper.url]
    return (*read, *case.procedure.links)


def _extension(case: Case, rules: Sequence[str]) -> dict[str, object]:
    """Say which content wrote the card, for which rules and which orders."""
    return {
        case.procedure.once("extension", lambda: _extension_name(case.procedure.canonical)): {
            "version": case.procedure.version,
            "rules": list(rules),
            "orders": [order.reference for order in case.chart.selected],
        }
    }


def _extension_name(canonical: str) -> str:
    """Name our extension by the host of our own code systems, turned round."""
    host = canonical.partition("://")[2].partition("/")[0]
    return f"{'.'.join(reversed(host.partition(':')[0].split('.')))}.content"
