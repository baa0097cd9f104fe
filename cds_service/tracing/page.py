"""The trace as one page that needs nothing from outside: no script, no style sheet, no picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Final

from cds_service.tracing.data import ItemLine, RuleLine, SetLine, Trace
from cds_service.tracing.text import FEW, short

SIGNERS: Final = 4
"""Lines for signatures at the end of the page."""

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
       color: #1a1a1a; background: #fff; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 3rem; border-bottom: 2px solid #444; }
h3 { margin-top: 2.5rem; } table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { border: 1px solid #bbb; padding: .3rem .5rem; text-align: left; vertical-align: top; }
th { background: #eee; } .error { color: #a40000; font-weight: 600; } .off { color: #5c5c5c; }
code { font-size: .9em; overflow-wrap: anywhere; }
@media print { h3, tr { break-inside: avoid; } }
"""


def as_page(traces: tuple[Trace, ...]) -> str:
    """Write every trace on one page; all that comes from content is escaped."""
    parts = "\n".join(part for trace in traces for part in _trace(trace))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<title>Trace of the rules</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{parts}\n</body>\n</html>\n"
    )


def _trace(trace: Trace) -> Iterator[str]:
    """Write one trace."""
    labels = {paper.key: paper.label for paper in trace.papers}
    yield f"<h1>{escape(trace.procedure)}: from paper to rule</h1>"
    yield f"<p>Content <code>{escape(trace.version)}</code>.</p>"
    yield f"<h2>Errors: {len(trace.errors)}</h2>"
    yield _list(f'<span class="error">{escape(error)}</span>' for error in trace.errors)
    yield "<h2>What the papers ask for</h2>"
    rows = (_item(item, labels) for item in trace.items)
    yield _table(("paper", "passage", "traced in", "rules"), rows)
    yield "<h2>Rules that no paper asks for</h2>"
    yield _list(
        f"{_link(rule.rule)}: {escape(rule.no_seed)}" for rule in trace.rules if rule.no_seed
    )
    yield "<h2>Where the sources disagree</h2>"
    yield _table(
        ("topic", "positions", "shown on the card", "rules"),
        (
            (
                escape(one.topic),
                "<br>".join(
                    f"<b>{escape(labels[own.source])}:</b> {escape(own.says)}"
                    for own in one.positions
                ),
                escape(one.shown),
                "<br>".join(escape(rule) for rule in one.rules),
            )
            for one in trace.disagreements
        ),
    )
    yield "<h2>Rules</h2>"
    sets = {one.id: one for one in trace.code_sets}
    for rule in trace.rules:
        yield from _rule(rule, sets)
    yield "<h2>Code sets</h2>"
    yield f"<p>SNOMED CT codes of conditions: {escape(trace.terminology)}.</p>"
    for one_set in trace.code_sets:
        yield from _set(one_set)
    yield "<h2>Papers</h2>"
    yield _table(
        ("label", "citation", "how far it was read"),
        ((escape(p.label), escape(p.citation), escape(p.read)) for p in trace.papers),
    )
    yield f"<h2>Signatures for content {escape(trace.version)}</h2>"
    yield _table(("name", "role", "date", "signature"), [("&nbsp;",) * 4] * SIGNERS)


def _item(item: ItemLine, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Write one passage and its rules."""
    refs = "<br>".join(
        f'{escape(ref.rule)} <span class="error">error: {escape(ref.missing)}</span>'
        if ref.missing
        else _link(ref.rule)
        for ref in item.rules
    )
    return escape(labels[item.paper]), escape(item.item), escape(item.origin), refs


def _rule(rule: RuleLine, sets: Mapping[str, SetLine]) -> Iterator[str]:
    """Write one rule with all that hangs on it."""
    name = escape(rule.rule)
    yield f'<h3 id="{name}">{rule.position}. {escape(rule.title)} <code>{name}</code></h3>'
    yield f"<p><b>{escape(rule.rule_class)}.</b> {escape(rule.question)}</p>"
    carried = [escape(item) for item in rule.items]
    yield _list(carried or [f"no paper of the four: {escape(rule.no_seed)}"])
    yield _table(
        ("paper", "section or table", "says"),
        ((escape(p.label), escape(p.where), escape(p.says)) for p in rule.papers),
    )
    if rule.dissent:
        yield f"<p><b>Where sources differ:</b> {escape(rule.dissent)}</p>"
    if rule.limits:
        yield _table(
            ("limit", "value", "unit", "source", "section or table"),
            (
                tuple(map(escape, (own.name, own.value, own.unit, own.label, own.where)))
                for own in rule.limits
            ),
        )
    yield _table(
        ("fact", "kind", "code sets"),
        (
            (
                escape(fact.name),
                escape(fact.kind),
                "<br>".join(_codes(sets[key]) for key in fact.sets),
            )
            for fact in rule.facts
        ),
    )
    yield f"<p><b>Test:</b> <code>{escape(rule.test or 'none found')}</code></p>"
    for answer, stories in rule.stories.items():
        if stories:
            named = escape(", ".join(stories))
            yield f"<p><b>Patients, {escape(answer)} ({len(stories)}):</b> {named}</p>"


def _set(one: SetLine) -> Iterator[str]:
    """Write one code set."""
    title = f"{escape(one.title)} ({len(one.codes)} codes, {escape(one.table)})"
    yield f'<h3 id="{escape(one.id)}"><code>{escape(one.id)}</code> {title}</h3>'
    rows = (
        (
            escape(code.system),
            f"<code>{escape(code.code)}</code>",
            escape(code.says),
            escape(code.verified or "no"),
            "yes" if code.usable else '<span class="off">no</span>',
        )
        for code in one.codes
    )
    yield _table(("system", "code", "our words", "verified", "published"), rows)


def _codes(one: SetLine) -> str:
    """Say the codes of a small set, and how many a large one has."""
    codes = f"{len(one.codes)} codes" if len(one.codes) > FEW else escape(short(one))
    return f"{_link(one.id)}: {codes}"


def _link(name: str) -> str:
    """Point at a rule or a code set of this page."""
    return f'<a href="#{escape(name)}">{escape(name)}</a>'


def _list(lines: Iterable[str]) -> str:
    """Write a list of lines that are escaped already."""
    made = "".join(f"<li>{line}</li>" for line in lines)
    return f"<ul>{made or '<li>none</li>'}</ul>"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a table of cells that are escaped already."""
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
