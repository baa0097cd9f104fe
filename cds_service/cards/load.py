"""Reading card files and proving that each fits its rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cds_service.cards.limits import OtherFile, read_limits
from cds_service.cards.tables import (
    Table,
    choice,
    closed,
    filled_by,
    flag,
    read_toml,
    rows,
    text,
    texts,
    whole,
)
from cds_service.cards.words import read_fires, read_notes, read_suspected
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import Cited, RuleClass, Statement
from cds_service.errors import ContentError

SUMMARY_LENGTH = 139
"""CDS Hooks 2.0.1 asks for fewer than 140 characters."""

FIXED_WORDS = 85
"""How much of a summary may be our own words, so that the deciding value always has room."""

BASE_NAMES = frozenset({"because", "missing", "level"})

Change = Callable[[str, Table], Table]
"""Gives a card file as a site wants it, by its name."""


def unchanged(name: str, raw: Table) -> Table:
    """Take a card file as it is."""
    del name
    return raw


_REQUIRED = ("title", "class", "position", "limits", "sources", "when_yes", "when_unknown")
_OPTIONAL = (
    *("family", "joins", "anatomical", "overrides", "changes", "dissent", "notes"),
    "when_suspected",
)


def load_statement(
    path: Path, rule: Rule, other: OtherFile, change: Change = unchanged
) -> Statement:
    """Read the card file of a rule; ContentError says what does not fit and where.

    `change` is what a site makes of the file before it is read.
    """
    where = path.name
    raw = closed(change(path.stem, read_toml(path)), where, _REQUIRED, _OPTIONAL)
    limits, limit_sources = read_limits(raw["limits"], rule.limits, where, other)
    unknown = closed(raw["when_unknown"], f"{where} [when_unknown]", ("line",), ("suggestions",))
    statement = Statement(
        rule=rule.name,
        title=text(raw, "title", where),
        rule_class=choice(RuleClass, raw, "class", where),
        position=whole(raw, "position", where),
        limits=limits,
        limit_sources=limit_sources,
        sources=tuple(_source(one, where) for one in rows(raw, "sources", where)),
        fires=read_fires(raw["when_yes"], rule, where),
        unknown_line=text(unknown, "line", where),
        suspected=read_suspected(raw.get("when_suspected"), where),
        changes=text(raw, "changes", where, ""),
        dissent=text(raw, "dissent", where, ""),
        family=text(raw, "family", where, ""),
        joins=flag(raw, "joins", where),
        anatomical=flag(raw, "anatomical", where),
        notes=read_notes(raw.get("notes", {}), rule, where),
        overrides=texts(raw, "overrides", where),
        unknown_suggestions=texts(unknown, "suggestions", where),
        limit_words=limit_words(raw["limits"], other),
    )
    _prove(statement, rule, where)
    return statement


def _source(raw: Any, where: str) -> Cited:
    """Take one cited passage."""
    place = f"{where} sources"
    closed(raw, place, ("source", "where", "says"))
    return Cited(*(text(raw, key, place) for key in ("source", "where", "says")))


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


def _prove(statement: Statement, rule: Rule, where: str) -> None:
    """Prove that templates use known names, and that summaries leave room for the facts."""
    if statement.suspected and statement.rule_class is not RuleClass.ABSOLUTE:
        msg = f"{where}: only a rule of class absolute has [when_suspected]"
        raise ContentError(msg)
    names = BASE_NAMES | set(rule.says) | set(statement.limit_words)
    cards = [*statement.fires.values(), *([statement.suspected] if statement.suspected else [])]
    for words in cards:
        filled_by(names, words.summary, where)
        filled_by(names, words.brief, where)
        filled_by(names, words.detail, where)
        fixed = len(re.sub(r"\$\{?\w+\}?", "", words.summary))
        if fixed > FIXED_WORDS:
            msg = f"{where}: the summary has {fixed} fixed characters; at most {FIXED_WORDS} fit"
            raise ContentError(msg)
    filled_by((), statement.unknown_line, where)
    for template in (statement.changes, statement.dissent):
        filled_by(names, template, where)
    for note in statement.notes.values():
        filled_by(names, note.text, where)
