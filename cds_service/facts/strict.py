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
    chart = replace(
        chart,
        results={fact: _spoiled(group, refused) for fact, group in chart.results.items()},
        findings={fact: _spoiled(group, refused) for fact, group in chart.findings.items()},
        cultures=tuple(
            one._replace(grown=None) if _of(one.reference) in refused else one
            for one in chart.cultures
        ),
    )
    return _without(chart, refused)


def _without(chart: Chart, refused: set[str]) -> Chart:
    """Drop the other facts that are from refused entries, and say that some are missing."""
    kept: dict[str, Any] = {"sources": dict(chart.sources)}
    for name, kind in _LISTS.items():
        facts = getattr(chart, name)
        kept[name] = tuple(fact for fact in facts if _of(fact.reference) not in refused)
        if len(kept[name]) < len(facts):
            lost = {q: Source(q, Sought.INCOMPLETE, TROUBLE) for q in QUERIES_OF[kind]}
            kept["sources"] |= lost
    return replace(chart, **kept)


def _used(chart: Chart) -> set[str]:
    """Name all entries that became a fact."""
    groups: list[Iterable[Any]] = [*chart.results.values(), *chart.findings.values()]
    groups += [chart.cultures, chart.diagnoses, chart.allergies, chart.drugs, chart.studies]
    return {_of(fact.reference) for group in groups for fact in group}


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
    from fhir.resources.R4B import get_fhir_model_class

    try:
        model = get_fhir_model_class(str(resource.get("resourceType")))
        model.model_validate(resource)
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        return f"refused by the R4B model ({type(error).__name__})"
    return ""


def _spoiled(facts: Iterable[Any], refused: set[str]) -> tuple[Any, ...]:
    """Mark the results or findings of one kind that the model refuses."""
    return tuple(_spoil(fact) if _of(fact.reference) in refused else fact for fact in facts)


def _spoil(fact: Any) -> Any:
    """Make a fact one that cannot be read."""
    empty = {"value": None} if hasattr(fact, "value") else {"measured": None}
    return fact._replace(trouble=TROUBLE, **empty)
