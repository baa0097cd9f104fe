"""Pairs questions with statements at the start, and proves that all content fits together."""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cds_service import rules
from cds_service.cards import content
from cds_service.cards.load import load_statement
from cds_service.cards.tables import read_toml
from cds_service.clinical.evidence import ON_DEMAND
from cds_service.clinical.procedure import Check, Draft, Paper, Procedure
from cds_service.clinical.rule import Rule
from cds_service.errors import ContentError
from cds_service.evidence import prefetch
from cds_service.evidence.authorities import authorities_of
from cds_service.facts.codes import Codes, load_codes
from cds_service.facts.expanding import scope_of
from cds_service.facts.local import with_local, with_local_orders, with_systems
from cds_service.facts.orders import load_orders
from cds_service.site.apply import Overlay
from cds_service.site.file import read_site
from cds_service.site.parameters import load_parameters
from cds_service.site.words import differences
from cds_service.terminology.config import Terminology
from cds_service.terminology.keeper import Keeper


class CatalogSettings(Protocol):
    """The settings on which the content depends."""

    @property
    def cards(self) -> Path:
        """The folder of the content files."""

    @property
    def site(self) -> Path | None:
        """The file with what is particular to a site."""

    @property
    def canonical(self) -> str:
        """The base of our own code systems."""

    @property
    def prefetch(self) -> str:
        """What discovery shows: `full` or `lean`."""

    @property
    def strict_fhir(self) -> bool:
        """Whether each entry that a rule reads must pass the R4B model."""

    @property
    def profile(self) -> str:
        """`development` or `production`."""

    @property
    def ca_file(self) -> Path | None:
        """Authorities that are trusted beside the public ones."""

    @property
    def database_url(self) -> str:
        """The store; beside a file is kept what a terminology server has told."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service of discovery with the procedure that answers for it."""

    id: str
    hook: str
    title: str
    description: str
    procedure: Procedure


@dataclass(frozen=True, slots=True)
class Catalog:
    """All content, proven: services by id, queries with their codes, and counts.

    `site` says in words what the site changes. `terminology` keeps what its server has told.
    """

    services: tuple[Service, ...]
    procedures: tuple[Procedure, ...]
    queries: Mapping[str, prefetch.Query]
    templates: Mapping[str, str]
    version: str
    counts: Mapping[str, int]
    site: tuple[str, ...] = ()
    terminology: Keeper | None = None

    @property
    def reasons(self) -> Mapping[str, frozenset[str]]:
        """Name the codes by which a card may be set aside, by system: ours and the published."""
        ours = [own[0] for procedure in self.procedures for own in procedure.overrides.values()]
        systems = dict.fromkeys(one.system for one in ours)
        return {
            **{name: frozenset(one.code for one in ours if one.system == name) for name in systems},
            content.NON_ADHERENCE: content.PUBLISHED_REASONS,
        }

    def prefetch(self, service: Service) -> Mapping[str, str]:
        """Give the prefetch templates that discovery shows for a service."""
        del service
        return self.templates


def load_catalog(settings: CatalogSettings) -> Catalog:
    """Load and prove all content; ContentError says what does not fit and where."""
    plain = load_codes(settings.canonical)
    questions = load_rules()
    folders = sorted(p for p in settings.cards.iterdir() if (p / "procedure.toml").is_file())
    if not folders:
        msg = f"{settings.cards}: holds no procedure (a folder with procedure.toml)"
        raise ContentError(msg)
    parameters = {folder: load_parameters(folder) for folder in folders}
    every = {name: one for named in parameters.values() for name, one in named.items()}
    site = read_site(settings.site, every, questions)
    codes = with_systems(
        with_local(plain, site.labs, site.questions), (order.system for order in site.orders)
    )
    drugs = {*plain.drugs.kinds, *(agent for *_, agent in plain.drugs.atc_groups)}
    overlays = [
        Overlay(site, parameters[folder], content.load_papers(folder), folder, drugs)
        for folder in folders
    ]
    procedures = tuple(_procedure(overlay, questions, codes, settings) for overlay in overlays)
    services = tuple(
        Service(one.id, one.hook, one.title, one.description, procedure)
        for procedure in procedures
        for one in procedure.services
    )
    _prove_services(services)
    queries = prefetch.load(added=ON_DEMAND if site.questions else ())
    return Catalog(
        services,
        procedures,
        prefetch.filled(queries, codes.by_query),
        prefetch.templates(queries, codes.by_query, settings.prefetch),
        "; ".join(procedure.version for procedure in procedures),
        _counts(procedures, codes),
        tuple(line for overlay in overlays for line in differences(overlay, plain)),
        _keeper(site.terminology, plain, settings),
    )


def _keeper(server: Terminology | None, codes: Codes, settings: CatalogSettings) -> Keeper | None:
    """Load what the terminology server of the site told last; nothing is asked here."""
    scope = scope_of(codes.conditions)
    if server is None:
        return None
    server.prove(scope.names, settings.profile)
    authorities = authorities_of(settings.ca_file)
    return Keeper(server, scope, server.path(settings.database_url), authorities)


def load_rules() -> dict[str, Rule]:
    """Find every rule by its file; the function bears the name of the file."""
    found = {}
    for module in pkgutil.iter_modules(rules.__path__):
        made = getattr(
            importlib.import_module(f"{rules.__name__}.{module.name}"), module.name, None
        )
        if not isinstance(made, Rule):
            msg = f"rules/{module.name}.py: holds no rule of that name"
            raise ContentError(msg)
        found[module.name] = made
    return found


def _procedure(
    overlay: Overlay, questions: Mapping[str, Rule], codes: Codes, settings: CatalogSettings
) -> Procedure:
    """Load one procedure: every card file with its rule, and what they share, for its site."""
    site, folder = overlay.site, overlay.folder
    raw = content.load_procedure_file(folder)
    names = {p.stem for p in folder.glob("*.toml")} - content.SHARED_FILES
    _same_names(names, set(questions), folder.name)

    def other(name: str) -> Mapping[str, Any]:
        changed = overlay.change(name, read_toml(folder / f"{name}.toml"))
        limits: Mapping[str, Any] = changed["limits"]
        return limits

    def check(name: str) -> Check:
        path, question = folder / f"{name}.toml", questions[name]
        return Check(question, load_statement(path, question, other, overlay.change))

    checks = overlay.switched(tuple(check(name) for name in sorted(names)))
    for one in checks:
        codes.prove(one.rule.reads, one.name)
    procedure = Procedure(
        name=folder.name,
        title=raw["title"],
        version=f"{raw['version']}+{_digest(folder)}{site.digest and f'.{site.digest}'}",
        checks=tuple(sorted(checks, key=lambda check: check.statement.position)),
        services=content.services_of(raw),
        orders=with_local_orders(load_orders(raw["orders"]), site.orders),
        codes=overlay.codes(codes),
        phrases=content.load_phrases(
            folder, codes.measured | set(codes.findings), codes.measured, codes.titles
        ),
        papers=overlay.all_papers,
        drafts=content.load_drafts(folder),
        overrides=content.load_overrides(folder, settings.canonical),
        texts=raw["texts"],
        canonical=settings.canonical,
        lead_days=overlay.lead_days(raw["lead_days"]),
        kinds=(content.kinds_of(raw) | site.adds) - site.lacks,
        strict=settings.strict_fhir,
        site=site.name,
        links=site.links,
        choices=overlay.choices,
    )
    prove_references(procedure)
    return procedure


def _same_names(cards: set[str], questions: set[str], folder: str) -> None:
    """Refuse a card file without a rule, and a rule without a card file."""
    for name in sorted(cards ^ questions):
        lacking = f"rules/{name}.py" if name in cards else f"cards/{folder}/{name}.toml"
        msg = f"{name}: {lacking} is missing"
        raise ContentError(msg)


def prove_references(procedure: Procedure) -> None:
    """Refuse a paper, suggestion or override reason that a card file names and nobody defines."""
    for check in procedure.checks:
        one = check.statement
        cited = [*one.sources, *one.limit_sources.values()]
        _known(procedure.papers, [c.source for c in cited], "papers.toml", check.name)
        words = [*one.fires.values(), *([one.suspected] if one.suspected else [])]
        keys = [key for w in words for key in w.suggestions]
        keys += [*one.unknown_suggestions, *(k for n in one.notes.values() for k in n.suggestions)]
        _known(procedure.drafts, keys, "suggestions.toml", check.name)
        _known(procedure.overrides, [*one.overrides, "other"], "overrides.toml", check.name)


def _known(
    table: Mapping[str, Paper] | Mapping[str, Draft] | Mapping[str, Any],
    keys: list[str],
    file: str,
    rule: str,
) -> None:
    """Refuse a key that a shared file does not define."""
    for key in keys:
        if key not in table:
            msg = f"{rule}.toml: {key!r} is not in {file}"
            raise ContentError(msg)


def _prove_services(services: tuple[Service, ...]) -> None:
    """Refuse two services with one id: clients tell them apart by their URL."""
    ids = [service.id for service in services]
    for one in ids:
        if ids.count(one) > 1:
            msg = f"procedure.toml: two services have the id {one!r}"
            raise ContentError(msg)


def _digest(folder: Path) -> str:
    """Name the exact state of all content files of a procedure in eight characters."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.toml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:8]


def _counts(procedures: tuple[Procedure, ...], codes: Codes) -> dict[str, int]:
    """Count what was loaded, for readiness and `validate`."""
    return {
        "procedures": len(procedures),
        "rules": sum(len(one.checks) for one in procedures),
        "papers": sum(len(one.papers) for one in procedures),
        "suggestions": sum(len(one.drafts) for one in procedures),
        "codes": codes.count,
    }
