"""With CDS_STRICT_FHIR: what a rule would read must pass the FHIR model (R4B) first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from cds_service.clinical.chart import Chart
from cds_service.clinical.evidence import Item, Resource, Sought, Source
from cds_service.clinical.fact import QUERIES_OF, Kind
from cds_service.facts.context import Context

TROUBLE: Final = "refused_by_model"
_LISTS: Final = {
    "diagnoses": Kind.CONDITION,
    "allergies": Kind.ALLERGY,
    "drugs": Kind.DRUG,
    "studies": Kind.IMAGING,
}


def refuse(chart: Chart, items: Iterable[tuple[str, Item]], context: Context) -> Chart:
    """Take out of a chart what the model refuses.

    A refused result, finding or culture stays as one that cannot be read. Any other fact goes,
    and its kind counts as incompletely answered, so that its absence proves nothing.
    """
    refused = _refused(_used(chart), dict(items), context)
    if not refused:
        return chart
    troubled = {
        "results": {k: tuple(_spoil(r, refused) for r in v) for k, v in chart.results.items()},
        "findings": {k: tuple(_spoil(f, refused) for f in v) for k, v in chart.findings.items()},
        "cultures": tuple(
            replace(c, grown=None) if _of(c.reference) in refused else c for c in chart.cultures
        ),
    }
    kept: dict[str, Any] = {}
    sources = dict(chart.sources)
    for name, kind in _LISTS.items():
        kept[name] = tuple(f for f in getattr(chart, name) if _of(f.reference) not in refused)
        if len(kept[name]) < len(getattr(chart, name)):
            for query in QUERIES_OF[kind]:
                sources[query] = Source(query, Sought.INCOMPLETE, TROUBLE)
    return replace(chart, **troubled, **kept, sources=sources)


def _used(chart: Chart) -> set[str]:
    """Name all entries that became a fact."""
    facts = [fact for group in chart.results.values() for fact in group]
    facts += [fact for group in chart.findings.values() for fact in group]  # type: ignore[misc] # any fact
    everything = [*facts, *chart.cultures, *chart.diagnoses, *chart.allergies, *chart.drugs]
    return {_of(fact.reference) for fact in (*everything, *chart.studies)}


def _of(reference: str) -> str:
    """Name the entry that holds a fact: a contained one is checked with its holder."""
    return reference.split("#", 1)[0]


def _refused(names: set[str], items: dict[str, Item], context: Context) -> set[str]:
    """Check entries with the model and note those that it refuses."""
    refused = set()
    for name in sorted(names & set(items)):
        why = refusal(items[name].resource)
        if why:
            context.skip(name, why)
            refused.add(name)
    return refused


def refusal(resource: Resource) -> str:
    """Say in our own words why the R4B model refuses a resource, empty where it does not."""
    from fhir.resources.R4B import get_fhir_model_class  # noqa: PLC0415 - costs 0.2 s, strict only

    try:
        model = get_fhir_model_class(str(resource.get("resourceType")))
        model.model_validate(resource)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        return f"refused by the R4B model ({type(error).__name__})"
    return ""


def _spoil(fact: Any, refused: set[str]) -> Any:
    """Mark a result or finding that the model refuses."""
    if _of(fact.reference) not in refused:
        return fact
    empty = {"value": None} if hasattr(fact, "value") else {"measured": None}
    return replace(fact, trouble=TROUBLE, **empty)
