"""The shared content files of a procedure: orders, papers, words, overrides, suggestions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cds_service.cards.tables import Table, closed, read_toml, text, texts, whole
from cds_service.clinical.card import Coding
from cds_service.clinical.fact import Kind
from cds_service.clinical.procedure import Draft, Paper, Phrases, Service
from cds_service.errors import ContentError

LOINC = "http://loinc.org"
NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
SHARED_FILES = frozenset({"procedure", "papers", "words", "overrides", "suggestions"})
TEXTS = (
    *("checks_summary", "checks_intro", "clear_summary", "clear_detail", "scope_summary"),
    *("scope_detail", "found", "limits", "not_known", "changes", "sources", "dissent"),
    *("checked_clear", "not_recorded", "data_state", "order_line", "source_label", "closing"),
    *("gaps_found", "plan_summary", "plan_intro"),
)


def load_procedure_file(folder: Path) -> Table:
    """Read `procedure.toml`: a closed table with the texts that all cards share."""
    where = "procedure.toml"
    required = ("name", "title", "version", "lead_days", "service", "kinds", "orders", "texts")
    raw = closed(read_toml(folder / where), where, required)
    closed(raw["texts"], f"{where} [texts]", TEXTS)
    for key in TEXTS:
        text(raw["texts"], key, f"{where} [texts]")
    whole(raw, "lead_days", where)
    return raw


def services_of(raw: Table) -> tuple[Service, ...]:
    """Read the services; ids are public and of characters that need no escaping."""
    services = []
    for one in raw["service"]:
        where = "procedure.toml [[service]]"
        closed(one, where, ("id", "hook", "title", "description"))
        service = Service(*(text(one, k, where) for k in ("id", "hook", "title", "description")))
        if not re.fullmatch(r"[A-Za-z0-9._~-]+", service.id):
            msg = f"{where}: id {service.id!r} needs escaping in a URL"
            raise ContentError(msg)
        services.append(service)
    return tuple(services)


def kinds_of(raw: Table) -> frozenset[Kind]:
    """Read which kinds of facts this record can hold (rules.md 1.7a)."""
    known = {kind.value: kind for kind in Kind}
    names = texts(raw, "kinds", "procedure.toml")
    wrong = [name for name in names if name not in known]
    if wrong:
        msg = f"procedure.toml: unknown kinds of facts: {', '.join(wrong)}"
        raise ContentError(msg)
    return frozenset(known[name] for name in names)


def load_papers(folder: Path) -> Mapping[str, Paper]:
    """Read the sources that cards may cite."""
    papers = {}
    for key, one in read_toml(folder / "papers.toml").items():
        where = f"papers.toml [{key}]"
        closed(one, where, ("label", "citation", "read"), ("url", "doi"))
        url = text(one, "url", where, "") or _doi_url(text(one, "doi", where, ""))
        papers[key] = Paper(
            key, text(one, "label", where), text(one, "citation", where), url, one["read"]
        )
    return papers


def _doi_url(doi: str) -> str:
    """Make a link of a DOI."""
    return f"https://doi.org/{doi}" if doi else ""


def load_phrases(
    folder: Path, valued: frozenset[str], results: frozenset[str], titles: Mapping[str, str]
) -> Phrases:
    """Read our words; titles of the fact tables stand in where no better word is given."""
    raw = closed(read_toml(folder / "words.toml"), "words.toml", ("facts", "reasons", "details"))
    for part in raw.values():
        for key in part:
            text(part, key, "words.toml")
    return Phrases({**titles, **raw["facts"]}, raw["reasons"], raw["details"], valued, results)


def load_overrides(folder: Path, canonical: str) -> Mapping[str, tuple[Coding, ...]]:
    """Read the override reasons: our own code, and the published one where it fits (1.8)."""
    reasons = {}
    for key, one in read_toml(folder / "overrides.toml").items():
        where = f"overrides.toml [{key}]"
        closed(one, where, ("display",), ("published",))
        display = text(one, "display", where)
        codings = [Coding(f"{canonical}/CodeSystem/override-reason", key, display)]
        if "published" in one:
            codings.append(Coding(NON_ADHERENCE, text(one, "published", where), display))
        reasons[key] = tuple(codings)
    return reasons


def load_drafts(folder: Path) -> Mapping[str, Draft]:
    """Read the patterns of suggestions."""
    return {key: _draft(key, one) for key, one in read_toml(folder / "suggestions.toml").items()}


def _draft(key: str, raw: Any) -> Draft:
    """Read one pattern."""
    where = f"suggestions.toml [{key}]"
    closed(raw, where, ("label", "kind"), ("text", "note", "priority", "codes", "by_region"))
    kind = text(raw, "kind", where)
    if kind not in {"order", "task", "delete", "split"}:
        msg = f"{where}: unknown kind {kind!r}"
        raise ContentError(msg)
    draft = Draft(
        key,
        text(raw, "label", where),
        kind,
        text(raw, "text", where, ""),
        text(raw, "note", where, ""),
        text(raw, "priority", where, ""),
        tuple(_loinc(one, where) for one in raw.get("codes", [])),
        {name: _loinc(one, where) for name, one in raw.get("by_region", {}).items()},
    )
    if kind in {"order", "task"} and not draft.text:
        msg = f"{where}: an order or a Task needs a text"
        raise ContentError(msg)
    return draft


def _loinc(raw: Any, where: str) -> Coding:
    """Read one LOINC coding."""
    closed(raw, where, ("code", "display"))
    return Coding(LOINC, text(raw, "code", where), text(raw, "display", where))
