"""The codes and names of drugs: `medications.toml`, proven at the start (codes.md 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import InvalidOperation
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.anti_infectives import AntiInfectives, anti_infectives_of
from cds_service.facts.dosage_words import DosageWords, load_dosage
from cds_service.facts.drug_groups import (
    GROUP_KEYS,
    KINDS,
    THROMBOLYTIC,
    Flush,
    atc_groups_of,
    flush_of,
)
from cds_service.facts.drug_kinds import DrugKinds, drug_kinds_of
from cds_service.facts.drug_names import Names, names_of
from cds_service.facts.systems import Systems
from cds_service.facts.tables import closed, load_table

_FILE: Final = "medications.toml"
_DRUG_KEYS: Final = frozenset(
    {
        "kind",
        "title",
        "rxnorm",
        "atc",
        "products",
        "names",
        "upper_names",
        "verified",
    }
)


@dataclass(frozen=True, slots=True)
class DrugCodes:
    """All drugs by code and by name; `atc_groups` are prefixes, the longest first.

    `kinds` gives the kind of each agent, `pairs` the agents that a fixed combination stands for.
    """

    codes: Mapping[tuple[str, str], str]
    kinds: Mapping[str, str]
    titles: Mapping[str, str]
    names: Names
    pairs: Mapping[str, frozenset[str]]
    atc_groups: tuple[tuple[str, str, str], ...]
    antithrombotic_atc: str
    anti_infectives: AntiInfectives
    uses: DrugKinds
    flush: Flush
    look_back_days: int
    dosage: DosageWords


def load_drugs(table: Mapping[str, Any], systems: Systems) -> DrugCodes:
    """Make the lookup tables; raises ContentError naming the table at fault."""
    groups = closed(table.get("groups"), GROUP_KEYS, f"{_FILE} [groups]")
    drugs = {name: _drug(name, entry) for name, entry in table.items() if name != "groups"}
    systems.uris("rxnorm")
    systems.uris("atc")
    try:
        return _made(drugs, groups)
    except (LookupError, TypeError, ValueError, InvalidOperation, re.error) as error:
        msg = f"{_FILE} [groups]: {error!r}"
        raise ContentError(msg) from error


def _drug(name: str, entry: object) -> Mapping[str, Any]:
    """Prove one drug: its kind, and that all its codes and names are strings."""
    where = f"{_FILE} [{name}]"
    drug = closed(entry, _DRUG_KEYS, where)
    lists = [drug.get(key, []) for key in ("atc", "products", "names", "upper_names")]
    plain = all(isinstance(each, list) for each in lists)
    flat = [drug.get("rxnorm", "-"), *(one for each in lists for one in each)] if plain else []
    if drug.get("kind") not in KINDS or not plain or not all(_is_text(one) for one in flat):
        msg = f"{where}: needs a kind ({', '.join(KINDS)}); codes and names are texts"
        raise ContentError(msg)
    return drug


def _is_text(value: object) -> bool:
    """Tell whether a value is a text that is not empty."""
    return isinstance(value, str) and bool(value)


def _made(drugs: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Any]) -> DrugCodes:
    """Put the tables together."""
    kinds = {name: drug["kind"] for name, drug in drugs.items()} | {THROMBOLYTIC: KINDS[0]}
    return DrugCodes(
        _codes(drugs, groups),
        kinds,
        {name: str(drug.get("title", name)) for name, drug in drugs.items()},
        _named(drugs, groups["thrombolytic_names"]),
        {name: parts for name in drugs if (parts := _parts(name, kinds))},
        atc_groups_of(groups),
        groups["antithrombotic_atc"],
        anti_infectives_of(groups),
        drug_kinds_of(groups),
        flush_of(groups),
        int(groups["look_back_days"]),
        load_dosage(load_table("dosage.toml")),
    )


def _parts(name: str, kinds: Mapping[str, str]) -> frozenset[str]:
    """Split the key of a fixed combination into its agents; empty for a single agent."""
    parts = frozenset(name.split("_"))
    return parts if len(parts) > 1 and parts <= kinds.keys() else frozenset()


def _codes(
    drugs: Mapping[str, Mapping[str, Any]], groups: Mapping[str, Any]
) -> dict[tuple[str, str], str]:
    """Map (system, code) to the agent; raises ContentError for a code of two agents."""
    found = {("rxnorm", code): THROMBOLYTIC for code in groups["thrombolytic_rxnorm"]}
    for name, drug in drugs.items():
        rxnorm = [drug["rxnorm"]] if "rxnorm" in drug else []
        pairs = [("rxnorm", code) for code in (*rxnorm, *drug.get("products", ()))]
        for pair in (*pairs, *(("atc", code) for code in drug.get("atc", ()))):
            if found.setdefault(pair, name) != name:
                msg = f"{_FILE} [{name}]: {pair[1]} stands for {found[pair]} as well"
                raise ContentError(msg)
    return found


def _named(drugs: Mapping[str, Mapping[str, Any]], thrombolytics: Iterable[str]) -> Names:
    """Collect all names of all agents."""
    listed = [(name, agent) for agent, drug in drugs.items() for name in drug.get("names", ())]
    listed += [(name, THROMBOLYTIC) for name in thrombolytics]
    upper = [(name, agent) for agent, drug in drugs.items() for name in drug.get("upper_names", ())]
    return names_of(listed, upper)
