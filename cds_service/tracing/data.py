"""What a committee signs, gathered from the loaded content, the tests and the patients."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds_service.cards.coverage import FILE, Coverage, Disagreement, load_coverage
from cds_service.cards.tables import read_toml
from cds_service.catalog import Catalog
from cds_service.clinical.procedure import Check, Paper, Procedure
from cds_service.clinical.statement import Cited
from cds_service.errors import ContentError
from cds_service.facts.code_sets import NAMES, CodeSet, load_code_sets, sets_for
from cds_service.facts.systems import Systems
from cds_service.settings import Settings
from cds_service.tracing.limits import LimitLine, limit_lines

ANSWERS = ("fires", "clear", "unknown", "not-recorded")


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code as reviewers see it; `usable` tells whether it is in use and was verified."""

    system: str
    uri: str
    code: str
    says: str
    verified: str
    active: bool
    usable: bool


@dataclass(frozen=True, slots=True)
class SetLine:
    """One code set with all its codes."""

    id: str
    title: str
    table: str
    codes: tuple[CodeLine, ...]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One passage that a card cites, in our own words."""

    source: str
    label: str
    where: str
    says: str


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact that a rule asks for, and the ids of the code sets by which it is known."""

    name: str
    kind: str
    sets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule with all that hangs on it; `stories` lists patients by the answer they expect."""

    rule: str
    title: str
    rule_class: str
    question: str
    position: int
    items: tuple[str, ...]
    no_seed: str
    papers: tuple[PaperLine, ...]
    dissent: str
    limits: tuple[LimitLine, ...]
    facts: tuple[FactLine, ...]
    test: str
    stories: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class RuleRef:
    """A rule that an item names; `missing` says why there is nothing to show."""

    rule: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One passage of a paper and the rules that carry it."""

    paper: str
    item: str
    origin: str
    rules: tuple[RuleRef, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """The whole trace of one procedure; `errors` are plain sentences."""

    procedure: str
    version: str
    papers: tuple[Paper, ...]
    items: tuple[ItemLine, ...]
    disagreements: tuple[Disagreement, ...]
    rules: tuple[RuleLine, ...]
    code_sets: tuple[SetLine, ...]
    errors: tuple[str, ...]
    terminology: str = ""


def gather(settings: Settings, catalog: Catalog) -> tuple[Trace, ...]:
    """Trace every procedure of the content."""
    return tuple(_traced(settings, procedure) for procedure in catalog.procedures)


def _traced(settings: Settings, procedure: Procedure) -> Trace:
    """Trace one procedure; tests and patients are looked for beside the content folder."""
    folder, root = settings.cards / procedure.name, settings.cards.resolve().parent
    coverage = load_coverage(folder, procedure.papers)
    sets = load_code_sets(read_toml(folder / "procedure.toml")["orders"])
    expected = _expected(root / "fhir_fixtures" / "patients", procedure.name)
    rules = tuple(_rule(one, procedure, coverage, sets, root, expected) for one in procedure.checks)
    return Trace(
        procedure.title,
        procedure.version,
        tuple(procedure.papers.values()),
        items_of(coverage, {check.name for check in procedure.checks}),
        coverage.disagreements,
        rules,
        tuple(_set(one, procedure.codes.systems) for one in sets),
        errors_of(rules, coverage, procedure.papers),
        procedure.codes.conditions.expansion.state.says,
    )


def items_of(coverage: Coverage, known: Iterable[str]) -> tuple[ItemLine, ...]:
    """List the passages of the papers, each with its rules and what is missing."""
    there = frozenset(known)
    return tuple(
        ItemLine(
            item.paper,
            item.item,
            item.origin,
            tuple(RuleRef(name, "" if name in there else "no such rule") for name in item.rules),
        )
        for item in coverage.items
    )


def errors_of(
    rules: Sequence[RuleLine], coverage: Coverage, papers: Mapping[str, Paper]
) -> tuple[str, ...]:
    """Say in plain sentences all that a committee could not sign."""
    there = {rule.rule for rule in rules}
    found = [f"{name}: no such rule" for name in coverage.named() if name not in there]
    for rule in rules:
        found += [f"{rule.rule}: {problem}" for problem in _problems(rule, coverage, papers)]
    return tuple(found)


def _problems(rule: RuleLine, coverage: Coverage, papers: Mapping[str, Paper]) -> list[str]:
    """Say what one rule lacks."""
    found = []
    if not rule.items and not rule.no_seed:
        found.append(f"in no item of {FILE}, and not listed under [no_seed]")
    if rule.items and rule.no_seed:
        found.append(f"in an item of {FILE}, and listed under [no_seed] as well")
    if not rule.test:
        found.append("no test file")
    if not rule.papers:
        found.append("cites no paper")
    bare = [limit.name for limit in rule.limits if not limit.source or not limit.where]
    found += [f"the limit {name} has no source" for name in bare]
    cited = [*(paper.source for paper in rule.papers), *(limit.source for limit in rule.limits)]
    found += [f"{key!r} is not in papers.toml" for key in dict.fromkeys(cited) if key not in papers]
    found += [
        f"dissent does not name {name} ({topic})"
        for topic, name in coverage.unnamed(rule.rule, rule.dissent)
    ]
    return found


def _rule(
    check: Check,
    procedure: Procedure,
    coverage: Coverage,
    sets: Sequence[CodeSet],
    root: Path,
    expected: Mapping[str, Mapping[str, list[str]]],
) -> RuleLine:
    """Gather all that hangs on one rule."""
    statement = check.statement
    test = Path("tests", "rules", f"test_{check.name}.py")
    facts = dict.fromkeys(check.rule.reads)
    items = coverage.items_of(check.name)
    stories = expected.get(check.name, {})
    return RuleLine(
        check.name,
        statement.title,
        statement.rule_class.value,
        check.rule.question,
        statement.position,
        tuple(f"{procedure.papers[item.paper].label}: {item.item}" for item in items),
        coverage.no_seed.get(check.name, ""),
        tuple(_paper(one, procedure.papers) for one in statement.sources),
        statement.dissent,
        limit_lines(statement, procedure.papers),
        tuple(
            FactLine(fact.name, fact.kind.value, tuple(one.id for one in sets_for(sets, fact)))
            for fact in facts
        ),
        test.as_posix() if (root / test).is_file() else "",
        {answer: tuple(stories.get(answer, ())) for answer in ANSWERS},
    )


def _paper(cited: Cited, papers: Mapping[str, Paper]) -> PaperLine:
    """Show one cited passage."""
    label = papers[cited.source].label if cited.source in papers else cited.source
    return PaperLine(cited.source, label, cited.where, cited.says)


def _set(one: CodeSet, systems: Systems) -> SetLine:
    """Show one code set; codes below a listed one are marked by a star."""
    codes = tuple(
        CodeLine(
            NAMES.get(row.system, row.system),
            next(iter(systems.uris(row.system)), ""),
            f"{'not ' if row.excluded else ''}{row.code}{'*' if row.below else ''}",
            row.says,
            row.verified,
            row.active,
            row.usable,
        )
        for row in one.rows
    )
    return SetLine(one.id, one.title, one.table, codes)


def _expected(folder: Path, procedure: str) -> dict[str, dict[str, list[str]]]:
    """Read which patient expects which answer of which rule."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(folder.glob("*/expects.toml")):
        try:
            expects = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            msg = f"{path.parent.name}/expects.toml: cannot be read: {error}"
            raise ContentError(msg) from error
        if expects.get("procedure", procedure) == procedure:
            for rule, answer in expects.get("answers", {}).items():
                kind = str(answer).partition("(")[0]
                found.setdefault(rule, {}).setdefault(kind, []).append(path.parent.name)
    return found
