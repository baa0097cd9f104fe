"""Vertebrae and regions of the spine by their codes: `vertebrae.toml` (codes.md 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.clinical.levels import LEVELS, in_order
from cds_service.errors import ContentError
from cds_service.facts.imaging_words import REGIONS
from cds_service.facts.systems import Systems
from cds_service.facts.tables import closed

_KEYS: Final = frozenset({"levels", "regions", "beyond", "parts", "verified"})
_FILE: Final = "vertebrae.toml"
_SNOMED: Final = "snomed"
_JOINED: Final = {
    "cervicothoracic": REGIONS["cervical"] | REGIONS["thoracic"],
    "thoracolumbar": REGIONS["thoracic"] | REGIONS["lumbar"],
    "lumbosacral": REGIONS["lumbar"],
}


@dataclass(frozen=True, slots=True)
class Vertebrae:
    """SNOMED CT codes of levels, of regions with the levels they stand for, and of the sacrum."""

    systems: Systems
    levels: Mapping[str, str]
    regions: Mapping[str, frozenset[str]]
    beyond: Mapping[str, str]
    parts: frozenset[str] = frozenset()

    def levels_of(self, sites: object) -> tuple[str, ...]:
        """Name the vertebrae that body sites are coded as, from the head down."""
        return in_order({self.levels[code] for code in self._codes(sites) if code in self.levels})

    def region_of(self, sites: object) -> frozenset[str] | None:
        """Name the levels of the regions that body sites are coded as, None for no region."""
        found = [self.regions[code] for code in self._codes(sites) if code in self.regions]
        return frozenset().union(*found) if found else None

    def beyond_of(self, sites: object) -> tuple[str, ...]:
        """Name sites below every level of ours: the sacrum, the coccyx."""
        codes = self._codes(sites)
        return tuple(sorted({self.beyond[code] for code in codes if code in self.beyond}))

    def are_parts(self, sites: object) -> bool:
        """Tell whether body sites are coded as parts of a vertebra or the canal, at any level."""
        return not self.parts.isdisjoint(self._codes(sites))

    def _codes(self, sites: object) -> list[str]:
        """List the SNOMED CT codes of body sites."""
        if not sites:
            return []
        return [code for key, code in self.systems.pairs(sites) if key == _SNOMED]


def load_vertebrae(table: Mapping[str, Any], systems: Systems) -> Vertebrae:
    """Make the lookup tables; raises ContentError for a name that is no level or region."""
    entry = closed(table, _KEYS, _FILE)
    regions = REGIONS | _JOINED
    for name in (*entry["levels"], *entry["regions"]):
        if name not in LEVELS and name not in regions:
            msg = f"{_FILE}: {name} is neither a level nor a region"
            raise ContentError(msg)
    if set(entry["levels"]) != set(LEVELS):
        msg = f"{_FILE}: must give a code for each of {', '.join(LEVELS)}"
        raise ContentError(msg)
    return Vertebrae(
        systems,
        {code: level for level, code in entry["levels"].items()},
        {code: regions[name] for name, code in entry["regions"].items()},
        {code: name for name, code in entry["beyond"].items()},
        frozenset(entry["parts"].values()),
    )
