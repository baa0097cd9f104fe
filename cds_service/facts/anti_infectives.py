"""Systemic anti-infectives, by class or by the stems of their names: a clue only (codes.md 6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.facts.wording import phrase_pattern


@dataclass(frozen=True, slots=True)
class AntiInfectives:
    """Prefixes of ATC codes, stems of names in small letters, and words for local use."""

    atc: tuple[str, ...]
    not_systemic_atc: tuple[str, ...]
    stems: tuple[str, ...]
    stem_pattern: re.Pattern[str]
    not_systemic: re.Pattern[str]

    def include(self, atc: Sequence[str], words: Iterable[str]) -> bool:
        """Tell whether a product with these ATC codes and words is one."""
        if any(code.startswith(self.atc) for code in atc):
            return True
        if atc and all(code.startswith(self.not_systemic_atc) for code in atc):
            return False
        said = "\n".join(words).lower()
        hit = any(map(said.__contains__, self.stems)) or self.stem_pattern.search(said)
        return bool(hit) and not self.not_systemic.search(said)


def anti_infectives_of(groups: Mapping[str, Any]) -> AntiInfectives:
    """Read them from the groups of `medications.toml`; a stem with a backslash is a pattern."""
    stems = [str(stem) for stem in groups["anti_infective_stems"]]
    return AntiInfectives(
        tuple(groups["anti_infective_atc"]),
        tuple(groups["not_systemic_atc"]),
        tuple(stem.lower() for stem in stems if "\\" not in stem),
        re.compile("|".join(stem for stem in stems if "\\" in stem) or "(?!)"),
        phrase_pattern(groups["not_systemic_words"]),
    )
