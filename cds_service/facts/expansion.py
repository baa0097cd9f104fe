"""What lies below the listed SNOMED CT codes of conditions, as a terminology server has told.

A code stands as the nearest listed codes above it stand. Listed codes keep their own standing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cds_service.clinical.fact import Match

EXPLICIT: Final = "explicit list only"

Member = tuple[str, Match]
"""The name of a value set, and how a code stands in it."""


@dataclass(frozen=True, slots=True)
class State:
    """One expansion: the members of each code that it adds, and what to say of it.

    `key` tells meanings that were found out with one expansion from those of another.
    """

    members: Mapping[str, tuple[Member, ...]] = field(default_factory=dict)
    says: str = EXPLICIT
    key: str = "condition"


@dataclass(slots=True)
class Expansion:
    """The expansion in force: replaced as a whole, while requests are answered."""

    state: State = field(default_factory=State)
    _turn: int = 0

    def change(self, members: Mapping[str, tuple[Member, ...]], says: str) -> None:
        """Put another expansion in force."""
        self._turn += 1
        self.state = State(members, says, f"condition {self._turn}")
