"""The codes of imaging and examination findings: `findings.toml`, proven at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.tables import closed

_KEYS: Final = frozenset({"value", "values", "kind", "meaning", "title"})
_TYPES: Final = frozenset({"boolean", "percent", "code", "dateTime"})
_KINDS: Final = frozenset({"imaging", "examination", "statement"})


@dataclass(frozen=True, slots=True)
class FindingCode:
    """One code of our own CodeSystem (codes.md 3.3).

    `value` is the type of its value: boolean, percent, code or dateTime; `values` are the codes
    that it may take. `kind` tells who makes it: a reader of images, an examiner, or anybody.
    """

    code: str
    meaning: str
    value: str
    values: frozenset[str]
    kind: str


def load_findings(table: Mapping[str, Any]) -> Mapping[str, FindingCode]:
    """Make the codes by their name; raises ContentError naming the table at fault."""
    found = {}
    for name, entry in table.items():
        where = f"findings.toml [{name}]"
        known = closed(entry, _KEYS, where)
        value, kind = known.get("value"), known.get("kind")
        values = frozenset(known.get("values", ()))
        if value not in _TYPES or kind not in _KINDS or (value == "code") != bool(values):
            msg = f"{where}: needs a type of value and a kind; values belong to the type `code`"
            raise ContentError(msg)
        found[name] = FindingCode(name, str(known.get("meaning", "")), value, values, kind)
    return found
