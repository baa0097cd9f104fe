"""The trace: evidence, facts, each rule's answer with its reason, and the cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from cds_service.advise import Advice
from cds_service.cards.markdown import plain
from cds_service.cards.wording import Wording
from cds_service.clinical.answer import Answer, Gap, Proof
from cds_service.clinical.card import Card
from cds_service.clinical.procedure import Finding, Procedure
from cds_service.clinical.quantity import Measured
from cds_service.clinical.truth import Truth
from cds_service.clinical.when import When

NOT_RECORDED = "not-recorded"
SWITCHED_OFF = "switched-off"


def as_json(advice: Advice, procedure: Procedure, cards: list[Any]) -> dict[str, Any]:
    """Give the whole trace as one JSON object; `cards` are the cards as they would be sent."""
    return {
        "content": procedure.version,
        "terminology": procedure.codes.conditions.expansion.state.says,
        "order": [_order(order) for order in advice.orders],
        "sources": {
            name: {"state": source.state.value, "detail": source.detail, "origin": source.origin}
            for name, source in advice.evidence.sources.items()
        },
        "facts": facts_of(advice),
        "reports": reports_of(advice),
        "answers": {f.check.name: answer_of(f, procedure) for f in advice.findings},
        "unreadable": [
            {"where": one.where, "why": one.why}
            for one in (*advice.evidence.unreadable, *advice.unreadable)
        ],
        "cards": cards,
    }


def _order(order: Any) -> dict[str, Any]:
    """Show an order without the resource that it was read from."""
    return {
        f.name: plain_json(getattr(order, f.name)) for f in fields(order) if f.name != "resource"
    }


def answer_of(finding: Finding, procedure: Procedure) -> dict[str, Any]:
    """Show the answer of one rule: what, why, where, and on which evidence."""
    answer = finding.answer
    words = Wording.for_summary(procedure.phrases)
    absent = not finding.recorded
    reason = answer.reason
    return {
        "answer": _told(finding),
        "reason": reason.value if reason and not absent else None,
        "level": answer.level or None,
        "tier": answer.tier or None,
        "why": _why(finding, words),
        "evidence": [_proof(proof) for proof in _proofs(answer)],
        "levels": {level: one.truth.value for level, one in answer.levels},
    }


def _told(finding: Finding) -> str:
    """Say in one word what came of a rule."""
    if finding.check.off is not None:
        return SWITCHED_OFF
    return finding.answer.truth.value if finding.recorded else NOT_RECORDED


def _why(finding: Finding, words: Wording) -> list[str]:
    """Say why a rule answered as it did, or why the site does not ask it."""
    if finding.check.off is not None:
        return [finding.check.off] if finding.check.off else []
    answer = finding.answer
    return list(words.gaps(answer.missing)) or [words.noted(proof) for proof in answer.because]


def _proofs(answer: Answer) -> list[Proof]:
    """List all facts behind an answer: those that decided, and those that could not."""
    gaps = [gap.proof for gap in answer.missing if gap.proof]
    return list(dict.fromkeys([*answer.because, *gaps]))


def _proof(proof: Proof) -> dict[str, str]:
    """Show one fact."""
    return {name: said for name, said in proof._asdict().items() if said}


def facts_of(advice: Advice) -> dict[str, Any]:
    """Show every fact that was read, by its kind."""
    chart = advice.chart
    if chart is None:
        return {}
    hidden = {"orders", "sources", "memo", "reports"}
    return {
        f.name: plain_json(getattr(chart, f.name)) for f in fields(chart) if f.name not in hidden
    }


def reports_of(advice: Advice) -> list[dict[str, Any]]:
    """Show every imaging report, each of its sentences, and what was read from it or why not."""
    return [] if advice.chart is None else [plain_json(one) for one in advice.chart.reports]


def plain_json(value: Any) -> Any:
    """Turn the nouns of the chart into JSON; empty values are left out."""
    if isinstance(value, Enum) or is_dataclass(value) or hasattr(value, "_asdict"):
        return _noun(value)
    if isinstance(value, Mapping):
        return {str(key): plain_json(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain_json(one) for one in value)
    if isinstance(value, tuple | list):
        return [plain_json(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _noun(value: Any) -> Any:
    """Turn one noun into JSON."""
    if isinstance(value, When):
        return value.text
    if isinstance(value, Measured):
        return _measured(value)
    if isinstance(value, Enum):
        return value.value
    names = getattr(value, "_fields", None) or [f.name for f in fields(value)]
    pairs = ((name, getattr(value, name)) for name in names if name != "resource")
    return {name: plain_json(one) for name, one in pairs if one not in (None, "", (), {})}


def _measured(value: Measured) -> Any:
    """Show a number, or the bounds that a comparator leaves."""
    if value.low == value.high:
        return _number(value.low)
    return {"low": _number(value.low), "high": _number(value.high)}


def _number(value: Decimal | None) -> float | None:
    """Show an exact number as JSON does."""
    return None if value is None else float(value)


def as_text(advice: Advice, procedure: Procedure, *, cards: bool = True) -> str:
    """Write the trace for a reader: evidence, facts, answers, cards, in this order."""
    if not advice.findings:
        return "No selected order is one of this procedure: the answer is an empty list of cards.\n"
    words = Wording.for_summary(procedure.phrases)
    parts = [
        section("EVIDENCE", [*_evidence_lines(advice), _terminology(procedure)]),
        section("FACTS", _fact_lines(advice)),
        *_reports(advice),
        section("ANSWERS", [line for f in advice.findings for line in _answer_lines(f, words)]),
    ]
    if cards:
        shown = [line for card in advice.cards for line in card_lines(card)]
        parts.append(section("CARDS", shown))
    return "\n".join(parts)


def _terminology(procedure: Procedure) -> str:
    """Say how far codes of diagnoses were known."""
    return f"SNOMED CT codes of conditions: {procedure.codes.conditions.expansion.state.says}"


def section(title: str, lines: Iterable[str]) -> str:
    """Write one section of the trace."""
    return "\n".join([title, *(f"  {line}" for line in lines), ""])


def _evidence_lines(advice: Advice) -> list[str]:
    """Say how each query ended, and what was skipped."""
    lines = [
        f"{name:27}{source.state.value:12}{source.origin:10}{source.detail}".rstrip()
        for name, source in advice.evidence.sources.items()
    ]
    skipped = (*advice.evidence.unreadable, *advice.unreadable)
    return [*lines, *(f"skipped {plain(one.where)}: {plain(one.why)}" for one in skipped)]


def _fact_lines(advice: Advice) -> list[str]:
    """Show every fact in a line."""
    lines = []
    for name, value in facts_of(advice).items():
        for one in value if isinstance(value, list) else [value]:
            lines += [] if one in (None, {}, []) else [f"{name}: {plain(str(one), 200)}"]
    return lines


def _reports(advice: Advice) -> list[str]:
    """Write the imaging reports sentence by sentence, nothing where there is none."""
    lines = [line for one in reports_of(advice) for line in _report_lines(one)]
    return [section("REPORTS", lines)] if lines else []


def _report_lines(report: Mapping[str, Any]) -> list[str]:
    """Show one report: what it is, then each sentence with what was read, or why it was not."""
    final = "" if report["final"] else "not final"
    told = (report.get("title", ""), report.get("modality", ""), report.get("when", ""), final)
    title = ", ".join(plain(str(one)) for one in told if one)
    lines = [f"{plain(report['reference'])}: {title}"]
    if report.get("trouble"):
        lines.append(f"    could not be read in full: {report['trouble']}")
    for sentence in report.get("sentences", ()):
        section_name = sentence["quote"].get("section", "")
        lines.append(f"    {f'[{section_name}] ' if section_name else ''}{_words(sentence)}")
        lines += [f"        = {one}" for one in sentence.get("found", ())]
        lines += [f"        - {sentence['why_not']}"] if sentence.get("why_not") else []
    return lines


def _words(sentence: Mapping[str, Any]) -> str:
    """Write the words of a sentence in one line."""
    return plain(sentence["quote"].get("words", ""), 400)


def _answer_lines(finding: Finding, words: Wording) -> list[str]:
    """Show the answer of one rule and why."""
    answer = finding.answer
    told = _told(finding)
    if finding.check.off is not None:
        told = f"{told} by this site{f': {plain(finding.check.off)}' if finding.check.off else ''}"
    reason = f" ({answer.reason.value})" if answer.reason and finding.recorded else ""
    level = f" at {answer.level}" if answer.level else ""
    lines = [f"{finding.check.name}: {told}{reason}{level}"]
    lines += [f"    {words.noted(proof)} [{plain(proof.reference)}]" for proof in answer.because]
    if answer.truth is Truth.UNKNOWN:
        lines += [f"    {_gap_line(gap, words)}" for gap in answer.missing]
    return lines


def _gap_line(gap: Gap, words: Wording) -> str:
    """Show what is not known."""
    level = f" ({gap.level})" if gap.level else ""
    return f"? {words.gap(gap)}{level}"


def card_lines(card: Card) -> list[str]:
    """Show a card as a clinician sees it, in plain text."""
    return [
        f"[{card.indicator.value.upper()}] {card.summary}",
        f"    source: {card.source.label}",
        *(f"    {line}" for line in card.detail.splitlines()),
        *(f"    > {one.label}" for one in card.suggestions),
        "",
    ]
