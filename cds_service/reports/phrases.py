"""The words of radiology reports: `phrases.toml`, made into patterns once.

A phrase is written as in a report, in small letters: `edema*` is any word that begins so, `a|b`
one of several, `[a]` a word that may be missing, `~3` up to three words in between, `a-b` with a
hyphen, a blank or nothing. `@name` stands for a list in `[words]`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cds_service.errors import ContentError
from cds_service.reports.folded import slips

FILE: Final = Path(__file__).parent / "phrases.toml"
_GAP: Final = r"(?:(?:\s?:\s?\[?|-\s{{0,8}}|\s+)[\w'%./]+){{0,{}}}"
_BETWEEN: Final = r"(?:\s?:\s?\[?|-\s{0,8}|\s+)"
_WIDEST: Final = 8


@dataclass(frozen=True, slots=True)
class Target:
    """The phrases of one finding: those that state it, and those that state its opposite.

    `grades` are further lists that each mean a value. `not_here` are phrases that contain a target
    and mean something else; `present_only` ones whose denial says nothing ("no pathologic
    fracture"). `everywhere` marks a finding that a report may state for the whole study, `whole`
    one that never belongs to a level, `between` one that lies between two neighbours, `of_discs`
    one that the space between two shares with both, `of_study` one whose normal state is told of
    the whole study.
    """

    finding: str
    states: re.Pattern[str]
    denies: re.Pattern[str] | None
    not_here: re.Pattern[str] | None
    grades: Mapping[str, re.Pattern[str]]
    measure: str = ""
    everywhere: bool = False
    whole: bool = False
    between: bool = False
    of_discs: bool = False
    of_study: bool = False
    present_only: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Phrases:
    """All lists as patterns."""

    targets: tuple[Target, ...]
    scopes: Mapping[str, re.Pattern[str]]
    sections: Mapping[str, re.Pattern[str]]
    values: Mapping[str, re.Pattern[str]]
    spellings: Mapping[str, str]
    vocabulary: Mapping[str, str]

    def named(self, finding: str) -> Target:
        """Give the phrases of one finding."""
        return next(target for target in self.targets if target.finding == finding)


def pattern(phrases: Iterable[str], words: Mapping[str, list[str]]) -> re.Pattern[str]:
    """Make one pattern of many phrases, the longest first."""
    made = sorted({_one(phrase, words) for phrase in phrases}, key=len, reverse=True)
    if not made:
        return re.compile(r"(?!)")
    return re.compile(rf"(?<!\w)(?:{'|'.join(made)})(?!\w)")


def _one(phrase: str, words: Mapping[str, list[str]]) -> str:
    """Make the pattern of one phrase."""
    made, between = "", ""
    for token in phrase.split():
        if token.startswith("~"):
            made += _gap(phrase, token)
            continue
        choice = "|".join(_word(one, words) for one in token.strip("[]").split("|"))
        if not token.startswith("["):
            made, between = f"{made}{between}(?:{choice})", _BETWEEN
        elif between:
            made += f"(?:{between}(?:{choice}))?"
        else:
            made += f"(?:(?:{choice}){_BETWEEN})?"
    return made


def _gap(phrase: str, token: str) -> str:
    """Make the pattern of some words in between; ContentError for too many."""
    width = int(token[1:])
    if not 0 < width <= _WIDEST:
        msg = f"phrases.toml: {phrase!r}: a gap has 1 to {_WIDEST} words"
        raise ContentError(msg)
    return _GAP.format(width)


def _word(token: str, words: Mapping[str, list[str]]) -> str:
    """Make the pattern of one word."""
    if token.startswith("@"):
        if token[1:] not in words:
            msg = f"phrases.toml: {token} is not in [words]"
            raise ContentError(msg)
        return "|".join(_one(one, words) for one in words[token[1:]])
    text = re.escape(token).replace(r"\*", r"\w*").replace(r"\-", r"[\s\-]?")
    return text.replace("'", "'?")


@lru_cache(maxsize=1)
def load() -> Phrases:
    """Read and compile the phrases; ContentError for what does not fit together."""
    raw: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    words: dict[str, list[str]] = raw["words"]
    targets = tuple(_target(name, entry, words) for name, entry in raw["finding"].items())
    return Phrases(
        targets,
        {name: pattern(entry, words) for name, entry in raw["scope"].items()}
        | {"hedged_answer": re.compile(raw["value"]["hedged_answer"])},
        {name: pattern(entry, words) for name, entry in raw["section"].items()},
        {name: re.compile(entry) for name, entry in raw["value"].items()},
        raw["spelling"],
        slips(frozenset(raw["often_mistyped"]["words"])) | raw["abbreviation"],
    )


def _target(name: str, entry: Mapping[str, Any], words: Mapping[str, list[str]]) -> Target:
    """Compile the phrases of one finding."""
    known = {"states", "denies", "not_here", "grades", "measure", "everywhere", "whole", "between"}
    known |= {"of_discs", "of_study", "present_only"}
    if unknown := set(entry) - known:
        msg = f"phrases.toml: finding.{name}: unknown key {min(unknown)!r}"
        raise ContentError(msg)
    return Target(
        name,
        pattern(entry["states"], words),
        pattern(entry["denies"], words) if entry.get("denies") else None,
        pattern(entry["not_here"], words) if entry.get("not_here") else None,
        {grade: pattern(said, words) for grade, said in entry.get("grades", {}).items()},
        entry.get("measure", ""),
        entry.get("everywhere", False),
        entry.get("whole", False),
        entry.get("between", False),
        entry.get("of_discs", False),
        entry.get("of_study", False),
        pattern(entry["present_only"], words) if entry.get("present_only") else None,
    )
