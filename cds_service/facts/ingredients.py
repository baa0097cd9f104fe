"""Agents of a product: by its codes, else by the names in its words (codes.md 6, rules.md 9.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cds_service.facts.drug_codes import DrugCodes
from cds_service.facts.drug_groups import ANTITHROMBOTIC

ATC: Final = re.compile(r"[A-Z]\d\d(?:[A-Z]{1,2}(?:\d\d)?)?")
"""An ATC code that says at least the therapeutic group."""

Groups = tuple[tuple[str, tuple[str, ...]], ...]
"""(group, agents) for each of anticoagulant and antiplatelet; one without a group for others."""


def coded_agents(pairs: Iterable[tuple[str, str]], drugs: DrugCodes) -> tuple[set[str], set[str]]:
    """Name the agents of (key, code), and the groups of antithrombotics that have no row."""
    agents, groups = set(), set()
    for pair in pairs:
        agent, group = drugs.codes.get(pair, ""), ""
        if not agent and pair[0] == "atc":
            group, agent = _by_group(pair[1], drugs)
        agents.add(agent)
        groups.add(group)
    return agents - {""}, groups - {""}


def _by_group(atc: str, drugs: DrugCodes) -> tuple[str, str]:
    """Find the kind and agent of an ATC code by its group; "B01" holds nothing but B01A."""
    if ATC.fullmatch(atc) and drugs.antithrombotic_atc.startswith(atc):
        atc = drugs.antithrombotic_atc
    for prefix, kind, agent in drugs.atc_groups:
        if atc.startswith(prefix):
            return kind, agent
    return "", ""


def joined_agents(coded: set[str], named: set[str], drugs: DrugCodes) -> set[str]:
    """Join codes and names; the agents of a fixed combination become the one that it is.

    The ATC code of a combination stands for combinations of any kind (codes.md 6.2): where
    other names are given, they say which.
    """
    agents = coded | named
    for whole, parts in drugs.pairs.items():
        others = {one for one in named - parts if drugs.kinds.get(one) in ANTITHROMBOTIC}
        if whole in coded and others - {whole} and not parts <= named:
            agents = agents - {whole}
        elif whole in agents or parts <= agents:
            agents = (agents - parts) | {whole}
    return agents


def grouped(agents: set[str], groups: set[str], drugs: DrugCodes) -> Groups:
    """Sort agents into the groups about which rules ask; a group may stand without an agent."""
    found = []
    for kind in sorted(ANTITHROMBOTIC):
        members = tuple(sorted(one for one in agents if drugs.kinds.get(one) == kind))
        if members or kind in groups:
            found.append((kind, members))
    return tuple(found) or (("", tuple(sorted(agents))),)
