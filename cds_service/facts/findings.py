"""Coded findings of imaging and examination, each for its level (codes.md 3.3, rules.md 9.12)."""

from __future__ import annotations

from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Finding, Study
from cds_service.clinical.imaging import is_abnormal
from cds_service.facts.context import UNEXPECTED, Context
from cds_service.facts.dates import has_time
from cds_service.facts.elements import objs, status_of, texts, word
from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.finding_values import value_of
from cds_service.facts.imaging import FINAL_REPORT, VOID_STUDY, study_of
from cds_service.facts.imaging_words import covers, is_spine
from cds_service.facts.levels_text import levels_said
from cds_service.facts.observed import Observed

_OF_THE_PATIENT: Final = frozenset(
    {
        "analgesic-intolerance",
        "anesthesia-fitness",
        "bleeding-correctable",
        "bracing-tried",
        "consent-documented",
        "infection-cleared",
        "mri-feasible",
        "neuro-deficit",
        "pain-ambulation",
        "pain-onset",
        "pain-pattern",
        "planned-anesthesia",
        "prone-tolerance",
    }
)
"""Findings about the patient as a whole: a site such as the legs takes nothing from them."""


def read_finding(code: FindingCode, observed: Observed, context: Context) -> None:
    """Keep a finding until all reports are known: one of them may say what it is from."""
    context.waiting.append((code, observed))


def settle_findings(context: Context) -> None:
    """Read all findings that were kept."""
    for code, observed in context.waiting:
        try:
            _settle(code, observed, context)
        except UNEXPECTED as error:
            context.skip_unexpected(observed.reference, error)


def _settle(code: FindingCode, observed: Observed, context: Context) -> None:
    """Add one finding; one that cannot be read says why."""
    sources = _sources(observed, context)
    study = _origin(sources, context)
    said = value_of(code, observed.holder, context)
    level, region, certain = _place(observed, context)
    certain = certain or code.code in _OF_THE_PATIENT
    if region is None and study:
        region = study.covers
    when = study.when if study and not has_time(observed.resource, "effective") else None
    finding = Finding(
        code.code,
        when or observed.when(context),
        observed.reference,
        said.shown,
        said.value,
        level,
        None if level else region,
        said.trouble,
        observed.final and certain and _is_settled(sources),
        study.modality if study else "",
        said.moment,
        word(observed.resource.get("author")),
    )
    if not certain and not is_abnormal(finding):
        finding = finding._replace(covers=frozenset())  # of no vertebra that could be named
    context.findings.append(finding)


def _sources(observed: Observed, context: Context) -> list[Resource]:
    """List the studies and reports that a finding is from, as far as they are at hand."""
    links = objs(observed.resource.get("derivedFrom"))
    found = [context.resolve(link, observed.resource) for link in links]
    found.append(context.reports.get(observed.reference, ("", None))[1])
    return [source for source in found if source]


def _origin(sources: list[Resource], context: Context) -> Study | None:
    """Find the study or report that a finding is from."""
    studies = [_study(source, context) for source in sources]
    return next((study for study in studies if study), None)


def _is_settled(sources: list[Resource]) -> bool:
    """Tell whether what a finding is from still stands: a report that is final, images not void.

    A report that was withdrawn or is not finished takes its findings along (rules.md 1.4, 1.6):
    they may make a rule fire, never clear.
    """
    reports = [one for one in sources if one.get("resourceType") == "DiagnosticReport"]
    images = [one for one in sources if one.get("resourceType") == "ImagingStudy"]
    settled = not reports or any(status_of(one) in FINAL_REPORT for one in reports)
    return settled and (not images or any(status_of(one) not in VOID_STUDY for one in images))


def _study(source: Resource, context: Context) -> Study | None:
    """Read the study that findings are from, once for all of them."""
    key = id(source)
    if key not in context.origins:
        context.origins[key] = study_of(source, "", context, any_part=True)
    return context.origins[key]


def _place(observed: Observed, context: Context) -> tuple[str, frozenset[str] | None, bool]:
    """Tell which vertebra a body site names, else which levels it covers; and if that is certain.

    "T12-L1" may be the disc (codes.md 1.1): what is said of it proves nothing of a vertebra. A
    site that is not told to be of the spine proves nothing either, and the sacrum is no level.
    """
    sites = observed.holder.get("bodySite") or observed.resource.get("bodySite")
    if not sites:
        return "", None, True
    vertebrae = context.codes.vertebrae
    levels = vertebrae.levels_of(sites)
    if len(levels) == 1:
        return levels[0], None, True
    words = " ".join(texts(sites))
    said = levels_said(words, site=True)
    below = bool(said.doubtful) and all(one[0] in "sS" for one in said.doubtful)
    if (below or vertebrae.beyond_of(sites)) and not (levels or said.levels):
        return "", frozenset(), False
    doubtful = bool(said.doubtful) and not levels
    levels = levels or said.levels
    if len(levels) == 1:
        return levels[0], None, not doubtful
    region = frozenset(levels) or vertebrae.region_of(sites) or covers(words)
    ours = region or vertebrae.are_parts(sites) or is_spine(words)
    return "", region, bool(ours) and not doubtful
