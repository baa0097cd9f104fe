"""Reading card files and proving that each fits its rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from cds_service.cards.limits import OtherFile, read_limits
from cds_service.cards.tables import Table, closed, read_toml, text, texts, whole
from cds_service.clinical.card import Indicator
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import Cited, Note, RuleClass, Statement, Words
from cds_service.errors import ContentError

SUMMARY_LENGTH = 139
"""CDS Hooks 2.0.1 asks for fewer than 140 characters."""

FIXED_WORDS = 85
"""How much of a summary may be our own words, so that the deciding value always has room."""

BASE_NAMES = frozenset({"because", "missing", "level"})

_WORD_KEYS = ("indicator", "summary", "detail", "suggestions")


def load_statement(path: Path, rule: Rule, other: OtherFile) -> Statement:
    """Read the card file of a rule; ContentError says what does not fit and where."""
    where = path.name
    raw = closed(
        read_toml(path),
        where,
        ("title", "class", "position", "limits", "sources", "when_yes", "when_unknown"),
        ("family", "joins", "anatomical", "overrides", "changes", "dissent", "notes")
        + ("when_suspected",),
    )
    limits, limit_sources = read_limits(raw["limits"], rule.limits, where, other)
    names = BASE_NAMES | set(rule.says) | set(raw["limits"])
    unknown = closed(raw["when_unknown"], f"{where} [when_unknown]", ("line",), ("suggestions",))
    statement = Statement(
        rule=rule.name,
        title=text(raw, "title", where),
        rule_class=_choice(RuleClass, raw, "class", where),
        position=whole(raw, "position", where),
        limits=limits,
        limit_sources=limit_sources,
        sources=tuple(_source(one, where) for one in raw["sources"]),
        fires=_fires(raw["when_yes"], rule, where),
        unknown_line=text(unknown, "line", where),
        suspected=_suspected(raw.get("when_suspected"), where),
        changes=text(raw, "changes", where, ""),
        dissent=text(raw, "dissent", where, ""),
        family=text(raw, "family", where, ""),
        joins=raw.get("joins", False) is True,
        anatomical=raw.get("anatomical", False) is True,
        notes=_notes(raw.get("notes", {}), rule, where),
        overrides=texts(raw, "overrides", where),
        unknown_suggestions=texts(unknown, "suggestions", where),
        limit_words=limit_words(raw["limits"], other),
    )
    _prove(statement, names, where)
    return statement


def _choice(kind: Any, raw: Table, key: str, where: str) -> Any:
    """Take one of the words of an enumeration."""
    value = raw.get(key)
    if value not in [member.value for member in kind]:
        msg = f"{where}: {key!r} must be one of {', '.join(member.value for member in kind)}"
        raise ContentError(msg)
    return kind(value)


def _source(raw: Any, where: str) -> Cited:
    """Take one cited passage."""
    place = f"{where} sources"
    closed(raw, place, ("source", "where", "says"))
    return Cited(*(text(raw, key, place) for key in ("source", "where", "says")))


def _fires(raw: Any, rule: Rule, where: str) -> Mapping[str, Words]:
    """Read the words of the plain card, and of each tier that changes some of them."""
    place = f"{where} [when_yes]"
    closed(raw, place, ("indicator", "summary"), ("detail", "suggestions", "tiers"))
    plain = {key: value for key, value in raw.items() if key != "tiers"}
    tiers = closed(raw.get("tiers", {}), f"{place} tiers", rule.tiers)
    fires = {"": _words(plain, place)}
    for tier, changed in tiers.items():
        closed(changed, f"{place} tiers {tier}", (), _WORD_KEYS)
        fires[tier] = _words(plain | dict(changed), f"{place} tiers {tier}")
    return fires


def _words(raw: Table, where: str) -> Words:
    """Read the words of one card."""
    indicator = _choice(Indicator, raw, "indicator", where)
    suggestions = texts(raw, "suggestions", where)
    return Words(indicator, text(raw, "summary", where), text(raw, "detail", where, ""), suggestions)


def _suspected(raw: Any, where: str) -> Words | None:
    """Read the words of the card for weak evidence, which is always a warning (1.7)."""
    if raw is None:
        return None
    place = f"{where} [when_suspected]"
    closed(raw, place, ("summary",), ("detail", "suggestions"))
    return _words({"indicator": "warning", **raw}, place)


def _notes(raw: Any, rule: Rule, where: str) -> Mapping[str, Note]:
    """Read the sentences that a rule may add; each that it names must be there."""
    closed(raw, f"{where} [notes]", rule.notes, raw if isinstance(raw, Mapping) else ())
    notes = {}
    for key, note in raw.items():
        place = f"{where} [notes.{key}]"
        closed(note, place, ("text",), ("suggestions",))
        notes[key] = Note(text(note, "text", place), texts(note, "suggestions", place))
    return notes


def limit_words(raw: Table, other: OtherFile) -> Mapping[str, str]:
    """Say every limit that can be said in a few words, under its name."""
    said: dict[str, str] = {}
    for name, value in raw.items():
        if isinstance(value, Mapping) and "same_as" in value:
            said |= limit_words(other(str(value["same_as"])), other)
        elif isinstance(value, Mapping) and "value" in value:
            said[name] = str(value["value"])
        elif isinstance(value, Mapping) and ("days" in value or "hours" in value):
            unit = "days" if "days" in value else "hours"
            said[name] = f"{value[unit]} {unit}"
    return said


def _prove(statement: Statement, names: frozenset[str] | set[str], where: str) -> None:
    """Prove that templates use known names, and that summaries leave room for the facts."""
    every = [*statement.fires.values(), *([statement.suspected] if statement.suspected else [])]
    for words in every:
        _known_names(words.summary, names, where)
        _known_names(words.detail, names, where)
        fixed = len(re.sub(r"\$\{?\w+\}?", "", words.summary))
        if fixed > FIXED_WORDS:
            msg = f"{where}: the summary has {fixed} fixed characters; at most {FIXED_WORDS} fit"
            raise ContentError(msg)
    for template in (statement.changes, statement.dissent, statement.unknown_line):
        _known_names(template, names, where)
    for note in statement.notes.values():
        _known_names(note.text, names, where)


def _known_names(template: str, names: frozenset[str] | set[str], where: str) -> None:
    """Refuse a template name that nothing fills."""
    made = Template(template)
    if not made.is_valid():
        msg = f"{where}: a lone $ in {template!r}; write $$ for the sign itself"
        raise ContentError(msg)
    for name in made.get_identifiers():
        if name not in names:
            msg = f"{where}: nothing fills ${name}"
            raise ContentError(msg)
