"""The trace as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds_service.tracing.data import CodeLine, ItemLine, RuleLine, SetLine, Trace
from cds_service.tracing.limits import LimitLine

FEW = 30
"""As many codes of a fact are printed beside it; larger sets stand once, at the end."""


def as_text(traces: tuple[Trace, ...]) -> str:
    """Write every trace, one part after the other."""
    return "\n".join(line for trace in traces for line in _lines(trace)) + "\n"


def _lines(trace: Trace) -> Iterator[str]:
    """Write one trace: passages, disagreements, rules, code sets, errors."""
    labels = {paper.key: paper.label for paper in trace.papers}
    sets = {one.id: one for one in trace.code_sets}
    yield f"TRACE {trace.procedure}, content {trace.version}"
    yield ""
    yield "WHAT THE PAPERS ASK FOR"
    for item in trace.items:
        yield from _item(item, labels)
    yield ""
    yield "RULES THAT NO PAPER ASKS FOR"
    for rule in trace.rules:
        if rule.no_seed:
            yield f"  {rule.rule}: {rule.no_seed}"
    yield ""
    yield "WHERE THE SOURCES DISAGREE"
    for one in trace.disagreements:
        yield f"  {one.topic} -> {', '.join(one.rules)}"
        for position in one.positions:
            yield f"      {labels[position.source]}: {position.says}"
        yield f"      shown: {one.shown}"
    yield ""
    yield "RULES"
    for rule in trace.rules:
        yield from _rule(rule, sets)
    yield ""
    yield "CODE SETS"
    yield f"  SNOMED CT codes of conditions: {trace.terminology}"
    for one_set in trace.code_sets:
        yield f"  {one_set.id} ({one_set.title}; {one_set.table})"
        yield from (f"      {line}" for line in code_lines(one_set))
    yield ""
    yield f"ERRORS: {len(trace.errors)}"
    yield from (f"  error: {error}" for error in trace.errors)


def _item(item: ItemLine, labels: Mapping[str, str]) -> Iterator[str]:
    """Write one passage and its rules."""
    yield f"  {labels[item.paper]}, {item.item} ({item.origin})"
    for ref in item.rules:
        yield f"      {ref.rule}" + (f"  error: {ref.missing}" if ref.missing else "")


def _rule(rule: RuleLine, sets: Mapping[str, SetLine]) -> Iterator[str]:
    """Write one rule with all that hangs on it."""
    yield f"  {rule.position}. {rule.rule} [{rule.rule_class}] {rule.title}"
    yield f"      question: {rule.question}"
    for item in rule.items:
        yield f"      carries: {item}"
    for paper in rule.papers:
        yield f"      paper: {paper.label}, {paper.where}: {paper.says}"
    if rule.dissent:
        yield f"      dissent: {rule.dissent}"
    for limit in rule.limits:
        yield f"      limit: {limit_line(limit)}"
    for fact in rule.facts:
        yield f"      reads: {fact.name} ({fact.kind})"
        for key in fact.sets:
            own = sets[key]
            if len(own.codes) > FEW:
                yield f"          {key}: {len(own.codes)} codes, see CODE SETS"
            else:
                yield f"          {key}: " + short(own)
    yield f"      test: {rule.test or 'none found'}"
    for answer, stories in rule.stories.items():
        if stories:
            yield f"      {answer}: {len(stories)} patients: {', '.join(stories)}"
    yield ""


def limit_line(limit: LimitLine) -> str:
    """Say one limit with its source."""
    value = f"{limit.value} {limit.unit}".strip()
    return f"{limit.name} = {value} ({limit.label or 'no source'}, {limit.where or 'no place'})"


def code_lines(one: SetLine) -> list[str]:
    """Say every code of a set, with where its meaning was read."""
    return [f"{c.system} {c.code} {c.says}".rstrip() + f" [{mark(c)}]" for c in one.codes]


def short(one: SetLine) -> str:
    """Say the codes of a set in one line, without their words."""
    return "; ".join(f"{c.system} {c.code} [{mark(c)}]" for c in one.codes)


def mark(code: CodeLine) -> str:
    """Say where the meaning of a code was read, and whether the code is in use."""
    if not code.active:
        return f"{code.verified or 'unverified'}; switched off"
    return f"verified: {code.verified}" if code.verified else "unverified"
