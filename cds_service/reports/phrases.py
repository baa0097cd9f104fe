"""The words of radiology reports: `phrases.toml`, made ready once (`grammar.py`, `spots.py`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.reports.folded import Spelling, spelling
from cds_service.reports.grammar import whole
from cds_service.reports.layout import Headers
from cds_service.reports.spots import Index, index

FILE: Final = Path(__file__).parent / "phrases.toml"
_LISTS: Final = ("states", "denies", "not_here", "present_only", "hints")
_MARKS: Final = ("everywhere", "whole", "between", "of_discs", "of_study")


@dataclass(frozen=True, slots=True)
class Target:
    """A finding, and the names of its lists: what states it, what states its opposite.

    `number` is its place in the file: of two findings in the same words the first comes first.

    `grades` are further lists that each mean a value. `not_here` are phrases that contain a target
    and mean something else; `present_only` ones whose denial says nothing ("no pathologic
    fracture"), `hints` ones that by themselves only raise a suspicion. `everywhere` marks a
    finding that a report may state for the whole study, `whole` one that never belongs to a level,
    `between` one that lies between two neighbours, `of_discs` one that the space between two
    shares with both, `of_study` one whose normal state is told of the whole study.
    """

    number: int
    finding: str
    states: str
    denies: str
    not_here: str
    present_only: str
    hints: str
    grades: Mapping[str, str]
    measure: str = ""
    everywhere: bool = False
    whole: bool = False
    between: bool = False
    of_discs: bool = False
    of_study: bool = False


@dataclass(frozen=True, slots=True)
class Phrases:
    """All lists; `targets` are by finding, `target_of` tells what a list states or denies."""

    targets: Mapping[str, Target]
    target_of: Mapping[str, str]
    index: Index
    bone_scan: re.Pattern[str]
    scans: Mapping[str, re.Pattern[str]]
    headers: Headers
    values: Mapping[str, re.Pattern[str]]
    spelling: Spelling


@lru_cache(maxsize=1)
def load() -> Phrases:
    """Read the phrases; ContentError for what does not fit together."""
    raw: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    words: dict[str, list[str]] = raw["words"]
    targets = {
        name: _target(name, entry, number)
        for number, (name, entry) in enumerate(raw["finding"].items())
    }
    lists = {name: phrases for one in raw["finding"].items() for name, phrases in _lists(*one)}
    target_of = {name: one.finding for one in targets.values() for name in (one.states, one.denies)}
    return Phrases(
        targets,
        target_of,
        index(
            {name: phrases for name, phrases in lists.items() if name in target_of},
            {name: phrases for name, phrases in lists.items() if name not in target_of}
            | raw["scope"],
            words,
        ),
        whole(raw["scope"]["bone_scan"], words),
        {name: whole(entry, words) for name, entry in raw["scan"].items()},
        Headers(
            whole((one for entry in raw["section"].values() for one in entry), words),
            {name: whole(entry, words) for name, entry in raw["section"].items()},
        ),
        {name: re.compile(entry) for name, entry in raw["value"].items()},
        spelling(
            raw["spelling"],
            frozenset(raw["often_mistyped"]["words"]),
            raw["abbreviation"],
            raw["misheard"],
        ),
    )


def _lists(finding: str, entry: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Give the lists of one finding, each with its name."""
    for name in _LISTS:
        yield f"{finding} {name}", entry.get(name, [])
    for grade, said in entry.get("grades", {}).items():
        yield f"{finding} is {grade}", said


def _target(finding: str, entry: Mapping[str, Any], number: int) -> Target:
    """Name the lists of one finding."""
    if unknown := set(entry) - {*_LISTS, *_MARKS, "grades", "measure"}:
        msg = f"phrases.toml: finding.{finding}: unknown key {min(unknown)!r}"
        raise ContentError(msg)
    marks: dict[str, bool] = {name: entry.get(name, False) for name in _MARKS}
    return Target(
        number,
        finding,
        f"{finding} states",
        f"{finding} denies",
        f"{finding} not_here",
        f"{finding} present_only",
        f"{finding} hints",
        {grade: f"{finding} is {grade}" for grade in entry.get("grades", {})},
        entry.get("measure", ""),
        **marks,
    )
