"""The words of a card file: its cards by tier, its suspicion and its notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cds_service.cards.tables import Table, choice, closed, text, texts
from cds_service.clinical.card import Indicator
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import Note, Words

_WORD_KEYS = ("indicator", "summary", "brief", "detail", "suggestions")


def read_fires(raw: Any, rule: Rule, where: str) -> Mapping[str, Words]:
    """Read the words of the plain card, and of each tier that changes some of them."""
    place = f"{where} [when_yes]"
    closed(raw, place, ("indicator", "summary"), ("brief", "detail", "suggestions", "tiers"))
    plain = {key: value for key, value in raw.items() if key != "tiers"}
    tiers = closed(raw.get("tiers", {}), f"{place} tiers", rule.tiers)
    fires = {"": _words(plain, place)}
    for tier, changed in tiers.items():
        closed(changed, f"{place} tiers {tier}", (), _WORD_KEYS)
        fires[tier] = _words(plain | dict(changed), f"{place} tiers {tier}")
    return fires


def _words(raw: Table, where: str) -> Words:
    """Read the words of one card."""
    indicator = choice(Indicator, raw, "indicator", where)
    suggestions = texts(raw, "suggestions", where)
    summary, detail = text(raw, "summary", where), text(raw, "detail", where, "")
    return Words(indicator, summary, detail, suggestions, text(raw, "brief", where, ""))


def read_suspected(raw: Any, where: str) -> Words | None:
    """Read the words of the card for weak evidence, which is always a warning (1.7)."""
    if raw is None:
        return None
    place = f"{where} [when_suspected]"
    closed(raw, place, ("summary",), ("detail", "suggestions"))
    return _words({"indicator": "warning", **raw}, place)


def read_notes(raw: Any, rule: Rule, where: str) -> Mapping[str, Note]:
    """Read the sentences that a rule may add; each that it names must be there."""
    closed(raw, f"{where} [notes]", rule.notes, raw)
    notes = {}
    for key, note in raw.items():
        place = f"{where} [notes.{key}]"
        closed(note, place, ("text",), ("suggestions",))
        notes[key] = Note(text(note, "text", place), texts(note, "suggestions", place))
    return notes
