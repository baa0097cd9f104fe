"""How well report texts are read: `python -m tests.score` over `fhir_fixtures/reports/`.

A statement is right when its finding, its level and its status are those of the gold label; the
second table leaves the level out. `ninth` and `eleventh` are only ever counted: their errors are
not listed, not even on request, so that nobody works towards their sentences.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cds_service.read_report import machine
from cds_service.reports.read import read_text

REPORTS: Final = Path(__file__).parent.parent / "fhir_fixtures" / "reports"
GRAVE: Final = frozenset({"cord-compression", "discitis-osteomyelitis-suspected"})
"""Findings of absolute rules: here no absence may be read as a presence."""

OPEN: Final = (
    "dev", "fresh", "third", "fourth", "sealed", "held_out", "fifth", "sixth", "seventh", "eighth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth",
    "snippets",
)  # fmt: skip
COUNTED: Final = ("ninth",)
"""Files whose errors may be looked at, and files that are only scored."""

_NEARLY: Final = 0.5
_ALL: Final = "all findings"

Key = tuple[str, str, str]


@dataclass(slots=True)
class Tally:
    """Right, invented and missed statements."""

    right: int = 0
    invented: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Give the share of what was read that is right."""
        return self.right / (self.right + self.invented) if self.right + self.invented else 1.0

    @property
    def recall(self) -> float:
        """Give the share of what stands there that was read."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def add(self, read: Counter[Any], gold: Counter[Any]) -> None:
        """Count one report."""
        self.right += (read & gold).total()
        self.invented += (read - gold).total()
        self.missed += (gold - read).total()


@dataclass(frozen=True, slots=True)
class Costly:
    """An absence read as a presence, or the other way round."""

    report: str
    finding: str
    level: str
    gold: str
    read: str


@dataclass(slots=True)
class Score:
    """What a whole file comes to."""

    reports: int = 0
    strict: dict[str, Tally] = field(default_factory=dict)
    levelless: dict[str, Tally] = field(default_factory=dict)
    levels: Tally = field(default_factory=Tally)
    values: Tally = field(default_factory=Tally)
    conflicts: Tally = field(default_factory=Tally)
    costly: list[Costly] = field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0

    @property
    def total(self) -> Tally:
        """Give the tally over all findings."""
        return self.strict.setdefault(_ALL, Tally())

    def costly_of(self, findings: Iterable[str]) -> list[Costly]:
        """Give the costly errors of some findings."""
        wanted = set(findings)
        return [one for one in self.costly if one.finding in wanted]


@dataclass(frozen=True, slots=True)
class Difference:
    """One report that was not read as its label says."""

    report: str
    text: str
    invented: tuple[str, ...]
    missed: tuple[str, ...]
    values: tuple[str, ...]


def cases(name: str) -> list[dict[str, Any]]:
    """Load the labelled reports of one file."""
    lines = (REPORTS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def score(reports: Sequence[dict[str, Any]]) -> Score:
    """Read every report and count."""
    result = Score()
    for case in reports:
        began = time.perf_counter()
        read = machine(case["id"], read_text(case["text"]))
        took = time.perf_counter() - began
        result.seconds += took
        result.slowest = max(result.slowest, took)
        result.reports += 1
        _count(result, case, read)
    return result


def _count(result: Score, case: dict[str, Any], read: dict[str, Any]) -> None:
    """Add one report to a score."""
    mine, gold = _keys(read["findings"]), _keys(case["findings"])
    for finding in sorted({key[0] for key in (*mine, *gold)}):
        _add(result.strict, finding, _only(mine, finding), _only(gold, finding))
        _add(result.levelless, finding, _flat(mine, finding), _flat(gold, finding))
    result.levels.add(Counter(read["levels"]), Counter(case["levels"]))
    result.values.add(_valued(read["findings"], gold), _valued(case["findings"], mine))
    result.conflicts.add(_clashes(read), _clashes(case))
    result.costly += costly(case, read)


def _add(table: dict[str, Tally], finding: str, read: Counter[Any], gold: Counter[Any]) -> None:
    """Add one finding of one report to a table and to its total."""
    for name in (finding, _ALL):
        table.setdefault(name, Tally()).add(read, gold)


def _keys(findings: Iterable[dict[str, Any]]) -> Counter[Key]:
    """Name statements by finding, level and status."""
    return Counter((one["finding"], one["level"] or "", one["status"]) for one in findings)


def _only(keys: Counter[Key], finding: str) -> Counter[Key]:
    """Keep the statements about one finding."""
    return Counter({key: count for key, count in keys.items() if key[0] == finding})


def _flat(keys: Counter[Key], finding: str) -> Counter[tuple[str, str]]:
    """Leave the level out; each status counts once."""
    return Counter({(key[0], key[2]): 1 for key in keys if key[0] == finding})


_NO_VALUE: Final = (None, "none")
"""A denied stenosis is worth "none", which says no more than that it is denied."""


def _valued(findings: Iterable[dict[str, Any]], other: Counter[Key]) -> Counter[str]:
    """Write the values of statements that both sides make."""
    return Counter(
        f"{one['finding']} {one['level'] or ''}: {_about(one['value'])}{one.get('unit') or ''}"
        for one in findings
        if one["value"] not in _NO_VALUE
        and (one["finding"], one["level"] or "", one["status"]) in other
    )


def _about(value: object) -> str:
    """Write a value; a third is 33 and 33.3."""
    if isinstance(value, list):
        return "-".join(_about(one) for one in value)
    if isinstance(value, float | int):
        return str(int(value + _NEARLY))
    return str(value)


def _clashes(read: dict[str, Any]) -> Counter[tuple[str, str]]:
    """Name the conflicts of a reading or a label."""
    return Counter({(one["finding"], one["level"] or ""): 1 for one in read["conflicts"]})


def costly(case: dict[str, Any], read: dict[str, Any]) -> Iterator[Costly]:
    """List where an explicit absence was read as a presence, or a presence as an absence.

    A statement without a level speaks for every level that the other side names.
    """
    mine, gold = _statuses(read), _statuses(case)
    for (finding, level), said in mine.items():
        label = gold.get((finding, level)) or _elsewhere(gold, finding, level)
        if {said, label} == {"present", "absent"}:
            yield Costly(case["id"], finding, level, str(label), said)


def _statuses(read: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Give the status of each finding at each level."""
    return {(one["finding"], one["level"] or ""): one["status"] for one in read["findings"]}


def _elsewhere(statuses: dict[tuple[str, str], str], finding: str, level: str) -> str | None:
    """Give what the other side says of a finding where it does not name the same level.

    Only what it says alike everywhere counts, and only if one of the two names no level at all.
    """
    if level:
        return statuses.get((finding, ""))
    said = {status for (name, _), status in statuses.items() if name == finding}
    return said.pop() if len(said) == 1 else None


def differences(reports: Sequence[dict[str, Any]]) -> Iterator[Difference]:
    """List the reports that were not read as their labels say, with what differs."""
    for case in reports:
        read = machine(case["id"], read_text(case["text"]))
        mine, gold = _keys(read["findings"]), _keys(case["findings"])
        values = _valued(case["findings"], mine) - _valued(read["findings"], gold)
        other = _valued(read["findings"], gold) - _valued(case["findings"], mine)
        told = tuple(f"{a} / read {b}" for a, b in zip(values, [*other, *values], strict=False))
        if mine != gold or told:
            yield Difference(case["id"], case["text"], _told(mine - gold), _told(gold - mine), told)


def _told(keys: Counter[Key]) -> tuple[str, ...]:
    """Write statements in a line each."""
    return tuple(f"{finding} {level or '(no level)'} {status}" for finding, level, status in keys)


def table(name: str, result: Score) -> str:
    """Write a score for people."""
    each = 1000 * result.seconds / max(result.reports, 1)
    slowest = 1000 * result.slowest
    head = f"{'precision':>10}{'recall':>8}{'right':>7}{'extra':>7}{'missed':>7}"
    lines = [
        f"{name}: {result.reports} reports, {each:.1f} ms each, the slowest {slowest:.0f} ms",
        f"  {'':34}{head}   | without level",
    ]
    for finding in sorted(result.strict, key=lambda one: (one == _ALL, one)):
        flat = result.levelless[finding]
        beside = f"   |{flat.precision:6.3f}{flat.recall:7.3f}"
        lines.append(_row(finding, result.strict[finding]) + beside)
    lines += [
        _row("fractured levels", result.levels),
        _row("values, where both say so", result.values),
        _row("conflicts", result.conflicts),
        _costs(result),
    ]
    return "\n".join(lines)


def _row(label: str, tally: Tally) -> str:
    """Write one line of the table."""
    rates = f"{tally.precision:10.3f}{tally.recall:8.3f}"
    return f"  {label:34}{rates}{tally.right:7}{tally.invented:7}{tally.missed:7}"


def _costs(result: Score) -> str:
    """Write how often an absence was read as a presence, or the other way round."""
    wrong = Counter(f"{one.gold} read as {one.read}" for one in result.costly)
    told = ", ".join(f"{count} {what}" for what, count in sorted(wrong.items())) or "none"
    grave = len(result.costly_of(GRAVE))
    return f"  costly errors: {told}; of cord compression and infection: {grave}"


def main(arguments: Sequence[str]) -> None:
    """Print all scores; of the open files `--errors` lists the differences, `--texts` the texts."""
    for name in (*OPEN, *COUNTED):
        result = score(cases(name))
        print(table(name, result))
        if name in OPEN:
            for one in result.costly:
                print(f"    {one.report} {one.finding} {one.level}: {one.gold} read as {one.read}")
        print()
    if "--errors" in arguments or "--texts" in arguments:
        for name in OPEN:
            for difference in differences(cases(name)):
                print("\n".join(_listed(difference, texts="--texts" in arguments)))


def _listed(difference: Difference, *, texts: bool) -> Iterator[str]:
    """Write one difference."""
    yield f"== {difference.report}"
    if texts:
        yield difference.text
    yield from (f"  extra  {one}" for one in difference.invented)
    yield from (f"  missed {one}" for one in difference.missed)
    yield from (f"  value  {one}" for one in difference.values)


if __name__ == "__main__":
    main(sys.argv[1:])
