"""`validate`: proves the content, and says in words what was proven."""

from __future__ import annotations

from cds_service.cards.coverage import load_coverage
from cds_service.cards.samples import prove_suggestions
from cds_service.catalog import Catalog, load_catalog
from cds_service.settings import Settings


def report(settings: Settings) -> str:
    """Load all content and say what there is; ContentError where something does not fit."""
    catalog = load_catalog(settings)
    for procedure in catalog.procedures:
        load_coverage(settings.cards / procedure.name, procedure.papers)
    drafts = sum(prove_suggestions(procedure) for procedure in catalog.procedures)
    lines = [f"content {catalog.version} in {settings.cards}"]
    lines += [f"  {count:5} {what}" for what, count in catalog.counts.items()]
    lines += [f"  {drafts:5} suggested resources that pass FHIR R4B", *_rules(catalog)]
    lines.append("all content fits together")
    return "\n".join(lines)


def _rules(catalog: Catalog) -> list[str]:
    """List each rule with its class and its question."""
    return [
        f"  {check.name:40} {check.statement.rule_class.value:11} {check.rule.question}"
        for procedure in catalog.procedures
        for check in procedure.checks
    ]
