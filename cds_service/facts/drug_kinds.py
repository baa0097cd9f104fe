"""What a product is good for, beside clotting: the bone, and pain (codes.md 6.3, 6.4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cds_service.facts.drug_groups import KINDS
from cds_service.facts.drug_names import Names, names_of
from cds_service.facts.wording import phrase_pattern

BONE_AGENT: Final = KINDS[2]
OPIOID: Final = "opioid"
ANALGESIC: Final = "analgesic"
ADJUVANT: Final = "adjuvant"


@dataclass(frozen=True, slots=True)
class DrugKinds:
    """Prefixes of ATC codes and names by kind; `local` are words for use on one place only.

    `procedural` finds words which say that a drug is meant for a procedure.
    """

    atc: tuple[tuple[str, str], ...]
    names: Names
    local: re.Pattern[str]
    procedural: re.Pattern[str]

    def of(self, kinds: Iterable[str], atc: Sequence[str], words: Collection[str]) -> set[str]:
        """Name the kinds of a product: by its ATC codes, and by the names in its words.

        `kinds` are those of its agents and groups. An opioid is an analgesic as well; what is
        rubbed in is at most an aid.
        """
        found = {kind for kind in kinds if kind == BONE_AGENT}
        found |= {kind for prefix, kind in self.atc for code in atc if code.startswith(prefix)}
        named = {kind for text in words for kind in self.names.in_text(text)}
        if any(map(self.local.search, words)):
            named = {kind if kind == BONE_AGENT else ADJUVANT for kind in named}
        found |= named
        return found | ({ANALGESIC} if OPIOID in found else set())


def drug_kinds_of(groups: Mapping[str, Any]) -> DrugKinds:
    """Read them from the groups of `medications.toml`; raises LookupError or TypeError."""
    kinds = (BONE_AGENT, OPIOID, ANALGESIC, ADJUVANT)
    atc = [(str(one), kind) for kind in kinds for one in groups[f"{kind}_atc"]]
    names = [(str(one), kind) for kind in kinds for one in groups[f"{kind}_names"]]
    return DrugKinds(
        tuple(atc),
        names_of(names, ()),
        phrase_pattern(groups["not_systemic_words"]),
        phrase_pattern(groups["procedural_words"]),
    )
