"""Diagnostic reports: imaging studies, cultures told by a conclusion, and contained results."""

from __future__ import annotations

from cds_service.clinical.evidence import Resource
from cds_service.facts.context import Context
from cds_service.facts.cultures import read_culture_report
from cds_service.facts.elements import obj, objs, status_of
from cds_service.facts.imaging import study_of
from cds_service.facts.index import reference_of
from cds_service.facts.lab_codes import CULTURE, LabCode
from cds_service.facts.observations import FINAL, IGNORED, read_members


def read_report(resource: Resource, reference: str, context: Context) -> None:
    """Read one DiagnosticReport; one that is void or only announced says nothing."""
    status = status_of(resource)
    if status in IGNORED or status == "registered":
        _claim_results(resource, reference, context)
        return
    if study_of(resource, reference, context, any_part=True):
        study = study_of(resource, reference, context)
        if study:
            context.studies.append(study)
        _claim_results(resource, reference, context)
    elif "conclusion" in resource or "conclusionCode" in resource:
        for code in context.codes.observed(resource.get("code")):
            if isinstance(code, LabCode) and code.fact.name == CULTURE:
                final = status in FINAL
                read_culture_report(code, resource, reference, context, final=final)
    read_members(resource, "result", reference, context)


def _claim_results(resource: Resource, reference: str, context: Context) -> None:
    """Remember which findings an imaging report lists, so that they know what they are from.

    Of two reports that list the same one a final one counts, else the first by name, whatever
    their order. One that is void claims its findings too: they fall with it.
    """
    for link in objs(resource.get("result")):
        target = obj(context.resolve(link, resource))
        name = str(link.get("reference", ""))
        of = f"{reference}{name}" if name.startswith("#") else reference_of(target)
        known = context.reports.get(of)
        if of and (known is None or _rank(reference, resource) < _rank(*known)):
            context.reports[of] = (reference, resource)


def _rank(reference: str, resource: Resource) -> tuple[bool, str]:
    """Put final reports first, and those of one kind in the order of their names."""
    return status_of(resource) not in FINAL, reference
