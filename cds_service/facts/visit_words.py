"""The words of `visits.toml`, proven at the start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cds_service.errors import ContentError
from cds_service.facts.tables import closed

_FILE: Final = "visits.toml"
_KEYS: Final = ("oncology", "follow_up", "operator", "assessment", "may_operate")


@dataclass(frozen=True, slots=True)
class VisitWords:
    """The words by which visits are known: to oncology, to follow something up, to the operator."""

    oncology: re.Pattern[str]
    follow_up: re.Pattern[str]
    operator: re.Pattern[str]
    assessment: re.Pattern[str]
    may_operate: re.Pattern[str]


def load_visit_words(table: object) -> VisitWords:
    """Read the words; raises ContentError for one that is no pattern."""
    words = closed(table, frozenset(_KEYS), _FILE)
    try:
        return VisitWords(*(re.compile(str(words[key])) for key in _KEYS))
    except (LookupError, re.error) as error:
        msg = f"{_FILE}: {error!r}"
        raise ContentError(msg) from error
