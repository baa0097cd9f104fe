"""The codes of imaging examinations: `imaging.toml`, proven at the start (codes.md 3.1, 3.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.facts.imaging_words import REGIONS, is_whole_body
from cds_service.facts.systems import Systems
from cds_service.facts.tables import closed, rows

_FILE: Final = "imaging.toml"
_SYSTEMS: Final = ("loinc", "cpt")
_KEYS: Final = frozenset({*_SYSTEMS, "verified", "modalities", "body_parts", "fluid_sensitive"})
_CODE_KEYS: Final = frozenset(
    ["code", "says", "verified", "active", "note", "modality", "regions", "limited", "bone_scan"]
)
_PLAIN_FILM: Final = frozenset({"DX", "CR"})


@dataclass(frozen=True, slots=True)
class ImagingCode:
    """One examination: its modality and the levels it shows, None where the code does not say.

    `limited` is an examination that is no full review of the canal.
    """

    title: str
    modality: str
    covers: frozenset[str] | None
    limited: bool = False
    bone_scan: bool = False

    @property
    def ours(self) -> bool:
        """Tell whether the code stands for a study of the spine or a bone scan."""
        return self.bone_scan or self.covers is not None


@dataclass(frozen=True, slots=True)
class ImagingCodes:
    """Examinations by (system, code), modalities and body parts by their DICOM names."""

    codes: Mapping[tuple[str, str], ImagingCode]
    modalities: Mapping[str, str]
    parts: Mapping[str, frozenset[str]]
    fluid_sensitive: re.Pattern[str]

    def find(self, concept: object, systems: Systems) -> ImagingCode | None:
        """Find the examination that a concept, or a list of them, is coded as."""
        found = [self.codes[pair] for pair in systems.pairs(concept) if pair in self.codes]
        return min(found, key=lambda code: (not code.ours, code.title), default=None)


def load_imaging(table: Mapping[str, Any]) -> ImagingCodes:
    """Make the lookup tables; raises ContentError naming the entry at fault."""
    entry = closed(table, _KEYS, _FILE)
    codes = {
        (system, row["code"]): _code(row)
        for system in _SYSTEMS
        for row in rows(entry, system, _CODE_KEYS, _FILE)
    }
    parts = dict(entry["body_parts"])
    active = parts.pop("active", True)
    try:
        pattern = re.compile(entry["fluid_sensitive"]["pattern"], re.IGNORECASE)
    except re.error as error:
        msg = f"{_FILE}: fluid_sensitive.pattern is no regular expression ({error})"
        raise ContentError(msg) from error
    return ImagingCodes(
        codes,
        {name: "XR" if name in _PLAIN_FILM else name for name in entry["modalities"]},
        {name: _levels(regions) for name, regions in parts.items()} if active else {},
        pattern,
    )


def _code(row: Mapping[str, Any]) -> ImagingCode:
    """Make one examination of its row; a whole-body bone scan shows every level."""
    bone = bool(row.get("bone_scan"))
    regions = ["spine"] if bone and is_whole_body(row["says"]) else row["regions"]
    return ImagingCode(
        row["says"],
        row["modality"],
        _levels(regions) if regions else None,
        bool(row.get("limited")),
        bone,
    )


def _levels(regions: list[str]) -> frozenset[str]:
    """Name the levels of regions; raises ContentError for an unknown one."""
    unknown = [region for region in regions if region not in REGIONS]
    if unknown:
        msg = f"{_FILE}: unknown region {unknown[0]!r}"
        raise ContentError(msg)
    return frozenset().union(*(REGIONS[region] for region in regions))
