"""What a product is good for, beside clotting: bone agents, opioids, other drugs against pain."""

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
        """Name the kinds of a product; an ATC code decides over names, and words for local use.

        `kinds` are those of its agents and groups. An opioid is an analgesic as well.
        """
        found = {kind for kind in kinds if kind == BONE_AGENT}
        found |= {kind for prefix, kind in self.atc for code in atc if code.startswith(prefix)}
        named = {kind for text in words for kind in self.names.in_text(text)}
        if atc or any(map(self.local.search, words)):
            named &= {BONE_AGENT}
        found |= named
        return found | ({ANALGESIC} if OPIOID in found else set())


def drug_kinds_of(groups: Mapping[str, Any]) -> DrugKinds:
    """Read them from the groups of `medications.toml`; raises LookupError or TypeError."""
    kinds = {BONE_AGENT: "bone_agent", OPIOID: "opioid", ANALGESIC: "analgesic"}
    atc = [(str(one), kind) for kind, key in kinds.items() for one in groups[f"{key}_atc"]]
    names = [(str(one), kind) for kind, key in kinds.items() for one in groups[f"{key}_names"]]
    return DrugKinds(
        tuple(atc),
        names_of(names, ()),
        phrase_pattern(groups["not_systemic_words"]),
        phrase_pattern(groups["procedural_words"]),
    )
