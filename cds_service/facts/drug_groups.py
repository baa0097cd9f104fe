"""What is recognised by its group, and what makes heparin a flush (codes.md 6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cds_service.facts.wording import phrase_pattern

KINDS: Final = ("anticoagulant", "antiplatelet", "bone_agent")
ANTITHROMBOTIC: Final = frozenset(KINDS[:2])
THROMBOLYTIC: Final = "thrombolytic"
"""The agent of every thrombolytic: handled as an anticoagulant outside the table (codes.md 6.2)."""

GROUP_KEYS: Final = frozenset(
    {
        "antithrombotic_atc",
        "antiplatelet_atc",
        "thrombolytic_atc",
        "thrombolytic_rxnorm",
        "thrombolytic_names",
        "nsaid_atc",
        "nsaid_atc_except",
        "anti_infective_atc",
        "not_systemic_atc",
        "bone_agent_atc",
        "anti_infective_stems",
        "not_systemic_words",
        "flush_words",
        "flush_units_per_ml_at_most",
        "flush_volume_ml_at_most",
        "flush_units_at_most",
        "look_back_days",
        "verified",
    }
)


@dataclass(frozen=True, slots=True)
class Flush:
    """What makes heparin a flush or lock of a line (codes.md 6.1).

    Beside words for it there are limits in units/mL, mL and units of activity.
    """

    words: re.Pattern[str]
    concentration: Decimal
    volume: Decimal
    units: Decimal


def flush_of(groups: Mapping[str, Any]) -> Flush:
    """Read what makes heparin a flush; raises KeyError or InvalidOperation."""
    limits = ("flush_units_per_ml_at_most", "flush_volume_ml_at_most", "flush_units_at_most")
    concentration, volume, units = (Decimal(groups[limit]) for limit in limits)
    return Flush(phrase_pattern(groups["flush_words"]), concentration, volume, units)


def atc_groups_of(groups: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """List (prefix, kind, agent), the longest prefix first; kind and agent may be empty."""
    found = [
        (groups["antithrombotic_atc"], KINDS[0], ""),
        (groups["antiplatelet_atc"], KINDS[1], ""),
        (groups["thrombolytic_atc"], KINDS[0], THROMBOLYTIC),
        *((prefix, "", "nsaid") for prefix in groups["nsaid_atc"]),
        *((prefix, "", "") for prefix in groups["nsaid_atc_except"]),
        *((prefix, "", KINDS[2]) for prefix in groups["bone_agent_atc"]),
    ]
    return tuple(sorted(found, key=lambda row: -len(row[0])))
