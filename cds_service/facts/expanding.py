"""Which listed SNOMED CT codes stand for all below them, and what becomes of what lies there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from cds_service.clinical.fact import Match
from cds_service.errors import ContentError
from cds_service.facts.condition_codes import ConditionSets
from cds_service.facts.expansion import Member
from cds_service.facts.tables import closed, keys_of, load_table

_FILE: Final = "expansion.toml"
_KEYS: Final = keys_of("never region words not_below")


class Below(NamedTuple):
    """A code that lies below listed ones: its words, and the nearest of them."""

    says: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What may come of an expansion.

    `guards` are the listed codes that stand for themselves alone, each with the reason: what
    lies below one, and below no nearer row, is not added. `region` finds parts of the spine in
    words. `digest` names the state of all tables.
    """

    sets: ConditionSets
    guards: Mapping[str, str]
    never: re.Pattern[str]
    region: re.Pattern[str]
    words: Mapping[str, re.Pattern[str]]
    digest: str

    @property
    def rows(self) -> tuple[str, ...]:
        """List all listed codes; guards are asked for too, to know what lies below them."""
        return tuple(self.sets.snomed)

    @property
    def names(self) -> tuple[str, ...]:
        """Name the sets to which an expansion can add anything."""
        open_rows = (members for row, members in self.sets.snomed.items() if row not in self.guards)
        return tuple(dict.fromkeys(name for members in open_rows for name, _ in members))

    def found(self, answers: Mapping[str, Mapping[str, str]]) -> dict[str, Below]:
        """Find the nearest rows above each code; `answers` are the codes below each row.

        Left out: listed codes, those that a guard keeps, and those whose words forbid every set.
        """
        above: dict[str, list[str]] = {}
        words: dict[str, str] = {}
        for row, codes in answers.items():
            for code, says in codes.items():
                if code not in self.sets.snomed:
                    above.setdefault(code, []).append(row)
                    words[code] = says
        made = {}
        for code, rows in above.items():
            nearest = _nearest(rows, answers)
            below = Below(words[code], nearest)
            if self.members(below):
                made[code] = below
        return made

    def members(self, below: Below, chosen: Collection[str] | None = None) -> tuple[Member, ...]:
        """Say how a code below rows stands: with the marks of its rows, in the sets they stand in.

        Where rows of one set contradict each other, it is not in that set.
        """
        open_rows = [row for row in below.rows if row in self.sets.snomed]
        if len(open_rows) < len(below.rows) or self.guards.keys() & set(open_rows):
            return ()
        if not below.rows or not below.says or self.never.search(below.says):
            return ()
        marks: dict[str, dict[str, str] | None] = {}
        for row in open_rows:
            for name, match in self.sets.snomed[row]:
                marks[name] = _joined(marks.get(name, {}), match.marks)
        return tuple(
            (name, Match(marks=own))
            for name, own in marks.items()
            if own is not None
            and (chosen is None or name in chosen)
            and not (name in self.words and self.words[name].search(below.says))
            and not self._elsewhere(name, own, below.says)
        )

    def _elsewhere(self, name: str, marks: Mapping[str, str], says: str) -> bool:
        """Tell whether words name a part of the spine that no row tells, where rows tell it."""
        if "region" in marks or not self.region.search(says):
            return False
        rows = (match for members in self.sets.snomed.values() for n, match in members if n == name)
        return any("region" in match.marks for match in rows)


def scope_of(sets: ConditionSets, table: Mapping[str, Any] | None = None) -> Scope:
    """Read what may be expanded; ContentError for a code or set that no table has."""
    table = closed(load_table(_FILE) if table is None else table, _KEYS, _FILE)
    kept = closed(table.get("not_below", {}), frozenset(sets.snomed), f"{_FILE} [not_below]")
    words = closed(table.get("words", {}), frozenset(sets.titles), f"{_FILE} [words]")
    guards = {code: why for code, members in sets.snomed.items() if (why := _mark(members))}
    digest = hashlib.sha256(repr((sorted(sets.snomed.items()), sorted(table.items()))).encode())
    return Scope(
        sets,
        guards | {code: str(why) for code, why in kept.items()},
        _compiled(table.get("never"), "never"),
        _compiled(table.get("region"), "region"),
        {name: _compiled(pattern, name) for name, pattern in words.items()},
        digest.hexdigest()[:16],
    )


def _mark(members: Iterable[Member]) -> str:
    """Say why the marks of a listed code keep it from standing for what lies below it."""
    if any(match.possible for _, match in members):
        return "raises suspicion only"
    return "remission" if any("remission" in match.marks for _, match in members) else ""


def _compiled(pattern: object, name: str) -> re.Pattern[str]:
    """Compile a pattern; ContentError for one that is none."""
    try:
        return re.compile(str(pattern or "(?!)"), re.IGNORECASE)
    except re.error as error:
        msg = f"{_FILE}: {name} is no regular expression ({error})"
        raise ContentError(msg) from error


def _nearest(rows: list[str], answers: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """Keep the rows that have no other of them below."""
    return tuple(
        row for row in rows if not any(other != row and other in answers[row] for other in rows)
    )


def _joined(own: dict[str, str] | None, more: Mapping[str, str]) -> dict[str, str] | None:
    """Put the marks of two rows together; None where they contradict each other."""
    if own is None or any(own.get(key, value) != value for key, value in more.items()):
        return None
    return own | dict(more)
