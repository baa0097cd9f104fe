"""The codes and words by which an order of a procedure is recognised (codes.md 1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.elements import texts
from cds_service.facts.systems import Systems, load_systems
from cds_service.facts.tables import closed, keys_of, load_table, rows
from cds_service.facts.vertebrae import Vertebrae, load_vertebrae
from cds_service.facts.wording import phrase_pattern, says

_KEYS: Final = frozenset({"pattern", "rejected_before", "codes"})
_CODE_KEYS: Final = keys_of("system code says regions role active verified note")
ROLES: Final = keys_of("first add-on composite uncounted history never-alone")
_COUNTS: Final = {"first": 1, "add-on": 1, "composite": 2}
_TITLES: Final = {
    "cpt": "CPT",
    "hcpcs": "HCPCS",
    "icd10pcs": "ICD-10-PCS",
    "loinc": "LOINC",
    "opcs4": "OPCS-4",
}
_WORDS: Final = (("kypho", "kyphoplasty"), ("vertebro", "vertebroplasty"))
_OTHER: Final = "vertebral augmentation"


@dataclass(frozen=True, slots=True)
class OrderCode:
    """One code that stands for the procedure.

    `matched` names it for the reader ("CPT 22514", or "words"). `count` is how many vertebrae it
    stands for, None where it does not say. A `past` code counts in the history only and triggers
    nothing. `possible` is a match by words.
    """

    matched: str
    label: str
    count: int | None = None
    add_on: bool = False
    composite: bool = False
    regions: frozenset[str] = frozenset()
    past: bool = False
    possible: bool = False


@dataclass(frozen=True, slots=True)
class OrderTable:
    """All codes by (system, code), and the words that stand in where no code is known."""

    codes: Mapping[tuple[str, str], OrderCode]
    systems: Systems
    vertebrae: Vertebrae
    pattern: re.Pattern[str]
    rejected: re.Pattern[str]

    def find(self, concept: object) -> OrderCode | None:
        """Find what a code element means to us: by any coding, else by its words as possible.

        Of several codings that match, one that counts levels comes first.
        """
        pairs = self.systems.pairs(concept)
        known = [self.codes[pair] for pair in pairs if pair in self.codes]
        if known:
            return min(known, key=lambda code: (code.past, code.count is None, code.matched))
        for text in texts(concept):
            if says(self.pattern, self.rejected, text):
                low = text.lower()
                label = next((label for stem, label in _WORDS if stem in low), _OTHER)
                return OrderCode("words", label, possible=True)
        return None


def load_orders(table: Mapping[str, Any]) -> OrderTable:
    """Make the table of a procedure's orders; raises ContentError naming what does not fit.

    `table` is the `orders` table of a procedure file: `pattern`, `rejected_before` and `codes`.
    """
    where = "procedure.toml [orders]"
    entry = closed(table, _KEYS, where)
    systems = load_systems(load_table("systems.toml"), "")
    codes = {}
    for row in rows(entry, "codes", _CODE_KEYS, where):
        systems.uris(row.get("system", ""))
        if row.get("role") not in ROLES:
            msg = f"{where}: {row['code']} has no role of {', '.join(sorted(ROLES))}"
            raise ContentError(msg)
        if row["role"] != "never-alone":
            codes[row["system"], row["code"]] = _code(row)
    try:
        pattern = re.compile(entry["pattern"], re.IGNORECASE)
    except (KeyError, TypeError, re.error) as error:
        msg = f"{where}: pattern is no regular expression ({error})"
        raise ContentError(msg) from error
    before = entry.get("rejected_before", ())
    phrases = before.split("|") if isinstance(before, str) else before
    vertebrae = load_vertebrae(load_table("vertebrae.toml"), systems)
    return OrderTable(codes, systems, vertebrae, pattern, phrase_pattern(phrases))


def _code(row: Mapping[str, Any]) -> OrderCode:
    """Make one code of its row."""
    title = _TITLES.get(row["system"], row["system"])
    return order_code(title, row["code"], row["role"], row["says"], row.get("regions", ()))


def order_code(title: str, code: str, role: str, says: str, regions: Iterable[str]) -> OrderCode:
    """Make one code that counts by its role."""
    return OrderCode(
        f"{title} {code}",
        says,
        _COUNTS.get(role),
        role == "add-on",
        role == "composite",
        frozenset(regions),
        role == "history",
    )
