"""Vertebral levels: their names, their order and their neighbours."""

from __future__ import annotations

from typing import Final

_REGION_NAMES: Final = {"C": "cervical", "T": "thoracic", "L": "lumbar"}

LEVELS: Final[tuple[str, ...]] = (
    *(f"C{number}" for number in range(1, 8)),
    *(f"T{number}" for number in range(1, 13)),
    *(f"L{number}" for number in range(1, 6)),
)
"""All levels that an order may name, from the head down; T13 and L6 are transitional anatomy."""

_INDEX: Final = {level: index for index, level in enumerate(LEVELS)}


def in_order(levels: set[str] | frozenset[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Sort level names from the head down, each once."""
    return tuple(sorted(set(levels), key=_INDEX.__getitem__))


def region_of(level: str) -> str:
    """Name the spine region of a level: cervical, thoracic or lumbar."""
    return _REGION_NAMES[level[0]]


def around(level: str, distance: int = 1) -> tuple[str, ...]:
    """Name the neighbours of a level up to `distance` away, without the level itself."""
    here = _INDEX[level]
    near = range(max(here - distance, 0), min(here + distance, len(LEVELS) - 1) + 1)
    return tuple(LEVELS[index] for index in near if index != here)


def between(first: str, last: str) -> frozenset[str]:
    """Name all levels from `first` down to `last`, both included."""
    return frozenset(LEVELS[_INDEX[first] : _INDEX[last] + 1])


SHOWN_BY: Final = {
    "cervical": between("C1", "T1"),
    "thoracic": between("T1", "L1"),
    "lumbar": between("T11", "L5"),
    "lumbosacral": between("T11", "L5"),
    "thoracolumbar": between("T1", "L5"),
    "spine": frozenset(LEVELS),
}
"""Which levels a study or a statement of a region speaks of (rules.md 9.12)."""


def near_region(level: str, region: str) -> bool:
    """Tell whether a statement about a region can speak of a level; other words always may."""
    return level in SHOWN_BY.get(region, SHOWN_BY["spine"])
