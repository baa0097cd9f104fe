"""What the words of a culture result say: growth, no growth, or neither (codes.md 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.tables import closed

_KEYS: Final = frozenset({"negative", "pending", "contaminant", "denied", "organisms", "sites"})
_CLAUSE: Final = re.compile(r"[;,\n]|(?<!\b\w)\.(?=\s|$)|\bbut\b")
_BEFORE: Final = 40


@dataclass(frozen=True, slots=True)
class CultureWords:
    """The compiled words of `cultures.toml`."""

    negative: re.Pattern[str]
    pending: re.Pattern[str]
    contaminant: re.Pattern[str]
    denied: re.Pattern[str]
    organisms: re.Pattern[str]
    sites: Mapping[str, re.Pattern[str]]

    def grown(self, text: str) -> bool | None:
        """Tell whether a text names an organism (True), denies growth (False), or neither."""
        found = {self._clause(clause) for clause in _CLAUSE.split(text.lower())}
        return True if True in found else (False if False in found else None)

    def _clause(self, clause: str) -> bool | None:
        """Read one clause."""
        if self.negative.search(clause):
            return False
        return True if self.organisms.search(clause) else None

    def names_anything(self, text: str) -> bool:
        """Tell whether a coded value may name an organism: it is neither denial nor delay."""
        low = text.lower()
        return bool(low) and not self.negative.search(low) and not self.pending.search(low)

    def is_contaminant(self, texts: Iterable[str]) -> bool:
        """Tell whether any text calls the growth a contamination, and does not deny it."""
        for text in texts:
            for hit in self.contaminant.finditer(text.lower()):
                before = text.lower()[max(0, hit.start() - _BEFORE) : hit.start()]
                if not self.denied.search(_CLAUSE.split(before)[-1]):
                    return True
        return False

    def site(self, texts: Iterable[str], allowed: frozenset[str]) -> str:
        """Name the site that the words of a specimen tell, empty if none of the allowed."""
        words = " ".join(texts).lower()
        named = [site for site in sorted(allowed) if site in self.sites]
        spots = [site for site in reversed(named) if self.sites[site].search(words)]
        return spots[0] if spots else ""


def load_culture_words(table: Mapping[str, Any]) -> CultureWords:
    """Compile the words; raises ContentError for an unknown key or a pattern that is none."""
    where = "cultures.toml"
    entry = closed(table, _KEYS, where)
    try:
        lists = {key: _any_of(entry[key]) for key in _KEYS - {"sites"}}
        sites = {site: _any_of([words]) for site, words in entry["sites"].items()}
    except (KeyError, TypeError, re.error) as error:
        msg = f"{where}: {error}"
        raise ContentError(msg) from error
    return CultureWords(**lists, sites=sites)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Make a pattern that finds any of the words, whole."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)")
