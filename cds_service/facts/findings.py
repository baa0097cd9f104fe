"""Coded findings of imaging and examination, each for its level (codes.md 3.3, rules.md 9.12)."""

from __future__ import annotations

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Finding, Study
from cds_service.facts.context import UNEXPECTED, Context
from cds_service.facts.dates import has_time
from cds_service.facts.elements import objs, texts, word
from cds_service.facts.finding_codes import FindingCode
from cds_service.facts.finding_values import value_of
from cds_service.facts.imaging import study_of
from cds_service.facts.imaging_words import covers
from cds_service.facts.levels_text import levels_said
from cds_service.facts.observed import Observed


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
    study = _origin(observed, context)
    said = value_of(code, observed.holder, context)
    level, region = _place(observed, context)
    when = study.when if study and not has_time(observed.resource, "effective") else None
    finding = Finding(
        code.code,
        when or observed.when(context),
        observed.reference,
        said.shown,
        said.value,
        level,
        None if level else (region or (study.covers if study else None)),
        said.trouble,
        observed.final,
        study.modality if study else "",
        said.moment,
        word(observed.resource.get("author")),
    )
    context.findings.append(finding)


def _origin(observed: Observed, context: Context) -> Study | None:
    """Find the study or report that a finding is from."""
    links = objs(observed.resource.get("derivedFrom"))
    sources = [context.resolve(link, observed.resource) for link in links]
    sources.append(context.reports.get(observed.reference, ("", None))[1])
    studies = [_study(source, context) for source in sources if source]
    return next((study for study in studies if study), None)


def _study(source: Resource, context: Context) -> Study | None:
    """Read the study that findings are from, once for all of them."""
    key = id(source)
    if key not in context.origins:
        context.origins[key] = study_of(source, "", context, any_part=True)
    return context.origins[key]


def _place(observed: Observed, context: Context) -> tuple[str, frozenset[str] | None]:
    """Tell which vertebra a body site names, and else which levels it covers."""
    sites = observed.holder.get("bodySite") or observed.resource.get("bodySite")
    if not sites:
        return "", None
    vertebrae = context.codes.vertebrae
    levels = vertebrae.levels_of(sites)
    if len(levels) != 1:
        words = " ".join(texts(sites))
        levels = levels or levels_said(words, site=True).levels
    if len(levels) == 1:
        return levels[0], None
    return "", frozenset(levels) or vertebrae.region_of(sites) or covers(words)
