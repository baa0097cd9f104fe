"""The agents of allergies: `allergies.toml`, proven at the start (codes.md 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.condition_codes import undotted
from cds_service.facts.systems import Systems
from cds_service.facts.tables import closed, rows

GADOLINIUM: Final = "gadolinium"
UNSPECIFIED: Final = "unspecified"

_FILE: Final = "allergies.toml"
_SYSTEMS: Final = ("snomed", "rxnorm", "icd10cm")
_KEYS: Final = frozenset((*_SYSTEMS, "none_known", "words"))
_ROW: Final = frozenset({"code", "says", "verified", "active", "agents"})
_NONE_ROW: Final = frozenset({"code", "says", "verified", "active", "absence"})
_ABSENCES: Final = frozenset({"all", "drugs"})
_NO_AGENTS: Final[frozenset[str]] = frozenset()
_CLAUSES: Final = re.compile(r"(?i)[;+&\n]|\band\b")
_XRAY: Final = re.compile(r"(?i)\bCT\b|\bx-?ray|\bXR\b|tomogra|angiogra|radiogra|iodin")
_DENIED: Final = re.compile(
    r"(?i)\b(?:no (?:known|history of|h/o|allerg\w+)|not allergic|denies|denied|negative for)\b"
)
_EXCEPT: Final = re.compile(r"(?i)\b(?:except|excepting|other than|besides|apart from|but)\b")


@dataclass(frozen=True, slots=True)
class AllergyCodes:
    """Agents by (system, code) and by words; `none_known` are statements of absence."""

    codes: Mapping[tuple[str, str], frozenset[str]]
    titles: Mapping[tuple[str, str], str]
    none_known: Mapping[tuple[str, str], str]
    words: tuple[tuple[str, re.Pattern[str]], ...]
    any_words: re.Pattern[str]

    def of_code(self, key: str, code: str) -> frozenset[str]:
        """Name the agents of a code."""
        return self.codes.get((key, undotted(code) if key == "icd10cm" else code), _NO_AGENTS)

    def of_text(self, text: str) -> frozenset[str]:
        """Name the agents of a text, part by part; what is denied names none.

        Contrast of an MRI is gadolinium and no other contrast, unless the text speaks of that
        too.
        """
        if not self.any_words.search(text):
            return _NO_AGENTS
        found: set[str] = set()
        for clause in _CLAUSES.split(text):
            if _DENIED.search(clause) and not _EXCEPT.search(clause):
                continue
            agents = {agent for agent, pattern in self.words if pattern.search(clause)}
            only_mri = GADOLINIUM in agents and not _XRAY.search(clause)
            found |= agents - {UNSPECIFIED} if only_mri else agents
        return frozenset(found)


def load_allergies(table: Mapping[str, Any], systems: Systems) -> AllergyCodes:
    """Make the lookup tables; raises ContentError naming the table at fault."""
    closed(table, _KEYS, _FILE)
    codes: dict[tuple[str, str], frozenset[str]] = {}
    titles: dict[tuple[str, str], str] = {}
    for key in _SYSTEMS:
        systems.uris(key)
        for row in rows(table, key, _ROW, _FILE):
            pair = (key, undotted(row["code"]) if key == "icd10cm" else row["code"])
            codes[pair] = frozenset(_agents(row))
            titles[pair] = str(row.get("says", ""))
    none_known = {}
    for row in rows(table, "none_known", _NONE_ROW, _FILE):
        if row.get("absence") not in _ABSENCES:
            msg = f"{_FILE} none_known {row['code']}: absence is one of {sorted(_ABSENCES)}"
            raise ContentError(msg)
        none_known["snomed", row["code"]] = row["absence"]
        titles["snomed", row["code"]] = str(row.get("says", ""))
    patterns = _patterns(table.get("words", {}))
    every = "|".join(f"(?:{pattern.pattern})" for _, pattern in patterns) or "(?!)"
    return AllergyCodes(codes, titles, none_known, patterns, re.compile(every, re.IGNORECASE))


def _agents(row: Mapping[str, Any]) -> list[str]:
    """Give the agents of a row; raises ContentError for a row without any."""
    agents = row.get("agents")
    if not isinstance(agents, list) or not agents or not all(isinstance(a, str) for a in agents):
        msg = f"{_FILE}: {row['code']} needs a list of agents"
        raise ContentError(msg)
    return agents


def _patterns(words: Mapping[str, Any]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Compile the words of each agent; raises ContentError for a pattern that is none."""
    try:
        return tuple((agent, re.compile(one, re.IGNORECASE)) for agent, one in words.items())
    except (re.error, TypeError, AttributeError) as error:
        msg = f"{_FILE} [words]: {error}"
        raise ContentError(msg) from error
