"""The words of dosages: `dosage.toml`, proven at the start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.tables import closed
from cds_service.facts.wording import phrase_pattern

_FILE: Final = "dosage.toml"
_KEYS: Final = frozenset(
    {
        "timing_codes",
        "period_hours",
        "interval_words",
        "no_interval",
        "routes",
        "intents",
        "dose_units",
        "flush",
        "nameless",
    }
)
_UNITS: Final = frozenset({"milligrams", "milliliters", "activity", "pieces"})


@dataclass(frozen=True, slots=True)
class DoseUnits:
    """Spellings of units, in small letters, with the factor to mg, mL and units of activity."""

    milligrams: Mapping[str, Decimal]
    milliliters: Mapping[str, Decimal]
    activity: Mapping[str, Decimal]
    pieces: frozenset[str]


@dataclass(frozen=True, slots=True)
class DosageWords:
    """All that the words and codes of a dosage mean; intervals are hours between doses."""

    timing_codes: Mapping[str, Decimal]
    period_hours: Mapping[str, Decimal]
    intervals: Mapping[str, Decimal]
    interval_pattern: re.Pattern[str]
    no_interval: re.Pattern[str]
    routes: Mapping[str, re.Pattern[str]]
    intents: Mapping[str, re.Pattern[str]]
    units: DoseUnits
    not_flush: re.Pattern[str]
    running: re.Pattern[str]
    nameless: frozenset[str]


def load_dosage(table: Mapping[str, Any]) -> DosageWords:
    """Make the lookup tables; raises ContentError naming the file and what is wrong."""
    closed(table, _KEYS, _FILE)
    try:
        return _made(table)
    except (LookupError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
        msg = f"{_FILE}: {error!r}"
        raise ContentError(msg) from error


def _made(table: Mapping[str, Any]) -> DosageWords:
    """Put the tables together; the longest phrase of an interval is tried first."""
    said = {
        " ".join(phrase.lower().split()): Decimal(hours)
        for hours, phrases in table["interval_words"].items()
        for phrase in phrases
    }
    flush = closed(table["flush"], frozenset({"not_words", "running"}), f"{_FILE} [flush]")
    return DosageWords(
        _numbers(table["timing_codes"]),
        _numbers(table["period_hours"]),
        said,
        phrase_pattern(sorted(said, key=len, reverse=True)),
        phrase_pattern(table["no_interval"]["words"]),
        {route: phrase_pattern(words) for route, words in table["routes"].items()},
        {intent: phrase_pattern(words) for intent, words in table["intents"].items()},
        _units(closed(table["dose_units"], _UNITS, f"{_FILE} [dose_units]")),
        phrase_pattern(flush["not_words"]),
        phrase_pattern(flush["running"]),
        frozenset(word.lower() for word in table["nameless"]["words"]),
    )


def _units(table: Mapping[str, Any]) -> DoseUnits:
    """Read the spellings of units."""
    return DoseUnits(
        _numbers(table["milligrams"]),
        _numbers(table["milliliters"]),
        _numbers(table["activity"]),
        frozenset(table["pieces"]),
    )


def _numbers(table: Mapping[str, Any]) -> dict[str, Decimal]:
    """Read numbers; raises InvalidOperation for anything else."""
    return {key: Decimal(value) for key, value in table.items()}
