"""The shared content files of a procedure: orders, papers, words, overrides, suggestions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cds_service.cards.drafts import load_drafts
from cds_service.cards.tables import Table, closed, filled_by, read_toml, rows, text, texts, whole
from cds_service.clinical.card import Coding
from cds_service.clinical.fact import Kind
from cds_service.clinical.procedure import Paper, Phrases, Service
from cds_service.clinical.truth import Reason
from cds_service.errors import ContentError

__all__ = [
    "kinds_of",
    "load_drafts",
    "load_overrides",
    "load_papers",
    "load_phrases",
    "load_procedure_file",
    "services_of",
]

NON_ADHERENCE = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
PUBLISHED_REASONS: Final = frozenset(
    {"cds-not-applicable", "patient-ineligible", "indication-order-exists", "action-completed"}
    | {"action-unsuccessful", "action-performed-no-adverse-effect", "action-not-priority"}
    | {"cds-suboptimal-context", "limited-time", "wrong-time-workflow", "inappropriate-recipient"}
    | {"need-more-info", "recipient-disagrees-evidence", "does-not-align-latest-evidence"}
    | {"expert-contradicts", "policy-contradicts", "recipient-does-not-trust"}
    | {"recipient-concerns-outcomes", "risk-benefit-ratio", "mitigate-risk-negative-outcome"}
    | {"likely-negative-health-outcomes", "patient-contraindication", "patient-fears-discomfort"}
    | {"does-not-align-preferences", "patient-does-not-want-change", "cultural-religious-reason"}
    | {"prefers-alternative", "patient-refuses", "not-convenient-feasible", "inadequate-support"}
    | {"service-not-available", "implementation-challenges", "too-costly-uncovered"}
    | {"recipient-does-not-understand", "comorbidity-disability"}
)
"""Its codes (version 3.0.0 of the ballot and the builds after it)."""
SHARED_FILES = frozenset(
    {"procedure", "papers", "parameters", "words", "overrides", "suggestions", "coverage"}
)
TEXTS = (
    *("checks_summary", "checks_intro", "clear_summary", "clear_detail", "scope_summary"),
    *("scope_detail", "found", "limits", "not_known", "changes", "sources", "dissent"),
    *(
        "checked_clear",
        "clear_by_text",
        "not_recorded",
        "outweighed",
        "data_state",
        "order_line",
        "source_label",
        "closing",
    ),
    *("gaps_found", "plan_summary", "plan_intro", "switched_off"),
)
FILLED = {
    "checks_summary": ("count", "total", "first"),
    "clear_summary": ("total",),
    "plan_summary": ("first",),
    "data_state": ("sources",),
    "order_line": ("order",),
    "switched_off": ("site", "rules"),
}
"""The names that fill those of the texts that are templates."""

REASONS = (
    *("missing", "missing_plain", "unstated", "unstated_plain", "unread", "unread_briefly"),
    *(one.value for one in Reason if one not in (Reason.MISSING, Reason.NOT_APPLICABLE)),
)
"""The templates of gaps: one for each reason, and those of `missing` by what is missing."""

DEFAULT_OVERRIDES = (
    *("treatment-elsewhere", "equivalent-imaging-outside", "reviewed-by-specialist"),
    *("patient-preference", "data-outdated"),
)
"""The override reasons where a rule lists none (rules.md 1.11)."""

OTHER = "other"
"""The free reason that every override ends with."""


def load_procedure_file(folder: Path) -> Table:
    """Read `procedure.toml`: a closed table with the texts that all cards share."""
    where = "procedure.toml"
    required = ("name", "title", "version", "lead_days", "service", "kinds", "orders", "texts")
    raw = closed(read_toml(folder / where), where, required)
    for key in ("name", "title", "version"):
        text(raw, key, where)
    whole(raw, "lead_days", where)
    place = f"{where} [texts]"
    closed(raw["texts"], place, TEXTS)
    for key in TEXTS:
        filled_by(FILLED.get(key, ()), text(raw["texts"], key, place), f"{place} {key}")
    return raw


def services_of(raw: Table) -> tuple[Service, ...]:
    """Read the services; ids are public and of characters that need no escaping."""
    services = []
    for one in rows(raw, "service", "procedure.toml"):
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
        label, citation, read = (text(one, k, where) for k in ("label", "citation", "read"))
        papers[key] = Paper(key, label, citation, url, read)
    return papers


def _doi_url(doi: str) -> str:
    """Make a link of a DOI."""
    return f"https://doi.org/{doi}" if doi else ""


def load_phrases(
    folder: Path, valued: frozenset[str], results: frozenset[str], titles: Mapping[str, str]
) -> Phrases:
    """Read our words; titles of the fact tables stand in where no better word is given."""
    raw = closed(read_toml(folder / "words.toml"), "words.toml", ("facts", "reasons", "details"))
    for name, part in raw.items():
        for key in closed(part, f"words.toml [{name}]", (), part):
            text(part, key, f"words.toml [{name}]")
    for key in closed(raw["reasons"], "words.toml [reasons]", REASONS):
        filled_by(("what", "window", "shown", "detail"), raw["reasons"][key], f"words.toml {key}")
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
    closed(dict.fromkeys(reasons), "overrides.toml", (*DEFAULT_OVERRIDES, OTHER), reasons)
    return reasons
