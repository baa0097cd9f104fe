"""The detail of a card: what was found, the limit, the sources, and what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from cds_service.cards.case import Case
from cds_service.cards.markdown import escaped
from cds_service.cards.policy import has_own_card, not_recorded, with_truth
from cds_service.cards.templates import filled, parts_of
from cds_service.cards.wording import Wording
from cds_service.clinical.answer import Answer, Proof
from cds_service.clinical.evidence import Sought
from cds_service.clinical.imaging import TEXT_DISAGREES
from cds_service.clinical.procedure import Finding
from cds_service.clinical.statement import Cited, Statement, Words
from cds_service.clinical.truth import Truth

_ANSWERED: Final = Sought.ANSWERED

UNSAID: Final = "not known"
"""What stands for a name that the rule could not fill; a card is never lost for one."""

SITE: Final = "site"
"""The key of the site itself among the sources."""

_REFERENCE: Final = re.compile(r"[A-Za-z]{1,64}/[A-Za-z0-9-]{1,64}")
"""A reference as FHIR R4 writes it; an id with dots could be the name of a host."""


def fill(template: str, case: Case, finding: Finding, *, markdown: bool) -> str:
    """Fill the names of a template for one finding."""
    names = parts_of(template).names
    if not names:
        return filled(template, {})
    words = case.detail_words if markdown else case.summary_words
    return filled(template, {name: _named(name, case, finding, words) for name in names})


def _named(name: str, case: Case, finding: Finding, words: Wording) -> str:
    """Say what stands for a name: the facts, what the rule says, the level, or a limit."""
    answer = finding.answer
    if name == "because":
        firm, weak = list(answer.because), _weak(answer)
        proofs = firm or weak if answer.truth is Truth.YES else weak or firm
        return ", ".join(dict.fromkeys([words.fact(proof) for proof in proofs]))
    if name == "missing":
        return ", ".join(words.gaps(answer.missing))
    for key, value in answer.values:
        if key == name:
            return words.name(value)
    if name == "level":
        return words.show(answer.level) or case.levels or "an unnamed level"
    return finding.check.statement.limit_words.get(name, UNSAID)


def _weak(answer: Answer) -> list[Proof]:
    """List the weak evidence behind an unknown answer: what speaks for it before all else."""
    shown = [gap for gap in answer.missing if gap.proof]
    first = [gap for gap in shown if gap.reason is answer.reason]
    return [gap.proof for gap in (first or shown) if gap.proof]


def body(case: Case, finding: Finding, words: Words) -> str:
    """Write the detail of a card for one rule."""
    statement, answer = finding.check.statement, finding.answer
    texts = case.procedure.texts
    notes = [statement.notes[note].text for note in answer.notes if note in statement.notes]
    parts = [
        fill(" ".join((words.detail, *notes)).strip(), case, finding, markdown=True),
        listed(texts["found"], found_lines(case, answer)),
        case.procedure.once(
            ("limits", statement.rule), lambda: listed(texts["limits"], _limits(case, statement))
        ),
        listed(texts["not_known"], case.detail_words.gaps(answer.missing)),
        _said(texts["changes"], fill(statement.changes, case, finding, markdown=True)),
        case.procedure.once(
            ("sources", statement.rule), lambda: listed(texts["sources"], sources(case, finding))
        ),
        _said(texts["dissent"], fill(statement.dissent, case, finding, markdown=True)),
    ]
    return "\n\n".join(part for part in parts if part)


def found_lines(case: Case, answer: Answer) -> list[str]:
    """List the facts behind an answer, those of every level that shares it."""
    words = case.detail_words
    same = [one for _, one in answer.levels if one.truth is answer.truth] or [answer]
    proofs = [proof for one in same for proof in one.because]
    if answer.truth is Truth.UNKNOWN:
        proofs += [gap.proof for gap in answer.missing if gap.proof]
    lines = [f"{words.noted(proof)}{_where(case, proof)}" for proof in dict.fromkeys(proofs)]
    return list(dict.fromkeys(lines))


def _where(case: Case, proof: Proof) -> str:
    """Name the resource of a fact, so that it can be found in the record."""
    plain = _REFERENCE.fullmatch(proof.reference)
    shown = proof.reference if plain else case.detail_words.show(proof.reference)
    return f" – {shown}" if shown else ""


def _limits(case: Case, statement: Statement, only: str = "") -> list[str]:
    """List the limits that the card states, each with its source; perhaps those of one only."""
    papers = case.procedure.papers
    return [
        f"{cited.says} ({papers[cited.source].label}, {cited.where})"
        for cited in dict.fromkeys(statement.limit_sources.values())
        if cited.says and only in ("", cited.source)
    ]


def sources(case: Case, finding: Finding) -> list[str]:
    """List what the sources of a rule say, each with its place."""
    return [_source(case, cited) for cited in finding.check.statement.sources]


def _source(case: Case, cited: Cited) -> str:
    """Cite one passage."""
    paper = case.procedure.papers[cited.source]
    return f"{paper.label}, {cited.where}: {cited.says}"


def listed(heading: str, lines: Iterable[str]) -> str:
    """Write a heading over a list, or nothing where the list is empty."""
    items = "\n".join(f"- {line}" for line in lines)
    return f"**{heading}**\n\n{items}" if items else ""


def _said(heading: str, sentence: str) -> str:
    """Write a heading and a sentence, or nothing where there is no sentence."""
    return f"**{heading}:** {sentence}" if sentence else ""


def closing(case: Case, stated: Iterable[str] = ()) -> str:
    """End a card: which order it is about, the state of the data, and what it is not."""
    texts = case.procedure.texts
    order = filled(texts["order_line"], {"order": escaped(case.order_words())})
    missing = _unasked(case)
    state = filled(texts["data_state"], {"sources": "; ".join(missing)}) if missing else ""
    off = case.procedure.once("switched off", lambda: _switched_off(case))
    lines = (order, *stated, off, state, texts["closing"])
    return "\n\n".join(line for line in lines if line)


def _switched_off(case: Case) -> str:
    """Name the checks that the site has switched off, with the reasons that it gives."""
    off = [check for check in case.procedure.checks if check.off is not None]
    if not off:
        return ""
    named = [f"{one.statement.title}{f' ({one.off})' if one.off else ''}" for one in off]
    known = {"site": case.procedure.site, "rules": "; ".join(named)}
    return filled(case.procedure.texts["switched_off"], known)


def site_limits(case: Case, findings: Iterable[Finding]) -> str:
    """List the limits that the site has changed, for checks without a card that shows them."""
    changed = case.procedure.once("changed by the site", lambda: _changed(case))
    if not changed:
        return ""
    shown = [f.check.name for f in findings if f.recorded and not has_own_card(f)]
    lines = [line for name in shown for line in changed.get(name, ())]
    return listed(case.procedure.texts["limits"], dict.fromkeys(lines))


def _changed(case: Case) -> dict[str, list[str]]:
    """List for each rule the limits that the site has changed; most sites change few or none."""
    statements = [check.statement for check in case.procedure.checks]
    lines = {statement.rule: _limits(case, statement, only=SITE) for statement in statements}
    return {rule: said for rule, said in lines.items() if said}


def _unasked(case: Case) -> list[str]:
    """List the kinds of data that could not be read in full, by the reason."""
    words = case.detail_words
    reasons: dict[str, list[str]] = {}
    for source in case.chart.sources.values():
        if source.state is not _ANSWERED:
            reason = words.show(source.detail or source.state.value)
            reasons.setdefault(reason, []).append(words.name(source.name))
    return [f"{', '.join(names)} ({reason})" for reason, names in reasons.items()]


def checked(case: Case, every: Sequence[Finding]) -> list[str]:
    """Say which checks are clear, by what kind of evidence, and which cannot be answered here."""
    clear = with_truth(every, Truth.NO)
    told = [finding for finding in clear if finding.answer.by_text]
    groups = {
        "checked_clear": [finding for finding in clear if finding not in told],
        "clear_by_text": told,
        "not_recorded": not_recorded(every),
    }
    lines = [
        f"**{case.procedure.texts[heading]}** "
        f"{', '.join(finding.check.statement.title for finding in group)}."
        for heading, group in groups.items()
        if group
    ]
    outweighed = listed(case.procedure.texts["outweighed"], _outweighed(case, clear))
    return [*lines, outweighed] if outweighed else lines


def _outweighed(case: Case, clear: Iterable[Finding]) -> list[str]:
    """List what reports say against coded findings that cleared a check: never silently (1.6)."""
    if not case.chart.reports:
        return []
    proofs = [proof for finding in clear for proof in finding.answer.because]
    said = (case.detail_words.noted(proof) for proof in proofs if proof.note == TEXT_DISAGREES)
    return list(dict.fromkeys(said))
