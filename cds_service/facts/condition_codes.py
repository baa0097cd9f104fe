"""The value sets of conditions: `conditions.toml`, proven at the start (codes.md 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.clinical.fact import Match
from cds_service.errors import ContentError
from cds_service.facts.code_patterns import prefixes_of
from cds_service.facts.condition_words import ConditionWords
from cds_service.facts.expansion import Expansion, Member
from cds_service.facts.tables import closed, keys_of, rows

_SET_KEYS: Final = keys_of("title icd10cm icd10cm_patterns snomed texts")
_MARKS: Final = keys_of(
    "part region dic count_decides result_decides with_fever_only drug_induced "
    "severity_unknown site_unspecific remission spine_site_only fever coronary myeloma "
    "unstable outside_evidence"
)
_CODE_KEYS: Final = _MARKS | keys_of(
    "code says verified active note prefix possible remission_codes"
)
_PATTERN_KEYS: Final = (_CODE_KEYS - {"code", "prefix"}) | {"pattern"}


@dataclass(frozen=True, slots=True)
class ConditionSets:
    """All value sets in the form in which codes are looked up.

    ICD-10-CM codes are in capitals without the dot; `prefixes` hold those that stand for all
    longer ones, `exact` the others. `expansion` holds what lies below the listed SNOMED CT codes,
    as far as a terminology server has told.
    """

    titles: dict[str, str]
    exact: Mapping[str, tuple[Member, ...]]
    prefixes: Mapping[str, tuple[Member, ...]]
    snomed: Mapping[str, tuple[Member, ...]]
    words: ConditionWords
    names: Mapping[tuple[str, str], str]
    count: int
    expansion: Expansion = field(default_factory=Expansion, compare=False)


def undotted(code: str) -> str:
    """Write an ICD-10-CM code in the way in which codes are compared."""
    return code.strip().upper().replace(".", "")


def load_conditions(table: Mapping[str, Any]) -> ConditionSets:
    """Make the lookup tables; raises ContentError naming the table at fault."""
    made = _Making()
    for name, entry in table.items():
        where = f"conditions.toml [{name}]"
        made.titles[name] = str(closed(entry, _SET_KEYS, where).get("title", name))
        for row in rows(entry, "icd10cm", _CODE_KEYS, where):
            made.add_icd(name, row)
        for row in rows(entry, "snomed", _CODE_KEYS, where):
            made.snomed.setdefault(row["code"], []).append((name, _match(row)))
            made.names["snomed", row["code"]] = row["says"]
        for row in entry.get("icd10cm_patterns", ()):
            known = closed(row, _PATTERN_KEYS, where)
            made.patterns += 1
            for prefix in prefixes_of(known["pattern"], where):
                made.prefixes.setdefault(prefix, []).append((name, _match(known)))
        if "texts" in entry:
            made.words.append((name, _compiled(entry["texts"], where)))
    return made.done()


@dataclass(slots=True)
class _Making:
    """The lookup tables while they are filled."""

    titles: dict[str, str] = field(default_factory=dict)
    exact: dict[str, list[Member]] = field(default_factory=dict)
    prefixes: dict[str, list[Member]] = field(default_factory=dict)
    snomed: dict[str, list[Member]] = field(default_factory=dict)
    patterns: int = 0
    words: list[tuple[str, re.Pattern[str]]] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    count: int = 0

    def add_icd(self, name: str, row: Mapping[str, Any]) -> None:
        """Add one ICD-10-CM code, and the codes below it that mean remission."""
        code, into = undotted(row["code"]), self.prefixes if row.get("prefix") else self.exact
        match = _match(row)
        into.setdefault(code, []).append((name, match))
        self.count += 1 + len(row.get("remission_codes", ()))
        self.names["icd10cm", code] = row["says"]
        for remission in row.get("remission_codes", ()):
            marks = {**match.marks, "remission": "true"}
            marked = Match(match.possible, marks=marks)
            self.exact.setdefault(undotted(remission), []).append((name, marked))

    def done(self) -> ConditionSets:
        """Fix the tables."""
        return ConditionSets(
            self.titles,
            _frozen(self.exact),
            _frozen(self.prefixes),
            _frozen(self.snomed),
            ConditionWords(tuple(self.words)),
            self.names,
            self.count + self.patterns + sum(map(len, self.snomed.values())),
        )


def _match(row: Mapping[str, Any]) -> Match:
    """Make the standing of a code of its row; a yes is written "true"."""
    marks = {key: row[key] for key in sorted(_MARKS & set(row))}
    plain = {key: "true" if value is True else str(value) for key, value in marks.items()}
    return Match(bool(row.get("possible")), marks=plain)


def _compiled(pattern: str, where: str) -> re.Pattern[str]:
    """Compile a pattern; raises ContentError for one that is none."""
    try:
        return re.compile(pattern, re.IGNORECASE)
    except (re.error, TypeError) as error:
        msg = f"{where}: {pattern!r} is no regular expression ({error})"
        raise ContentError(msg) from error


def _frozen(table: Mapping[str, Iterable[Member]]) -> dict[str, tuple[Member, ...]]:
    """Fix the members of each code."""
    return {code: tuple(members) for code, members in table.items()}
