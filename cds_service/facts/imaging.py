"""Imaging studies: modality, region, and whether a fluid-sensitive sequence is on record (3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Study
from cds_service.clinical.when import When
from cds_service.facts import imaging_words as words
from cds_service.facts.context import Context
from cds_service.facts.dates import when_of
from cds_service.facts.elements import codings, objs, shown, status_of, texts, word
from cds_service.facts.imaging_scope import (
    is_bone_scan,
    levels_shown,
    modality_told,
    shows_spine,
)
from cds_service.facts.observed import effective

VOID_STUDY: Final = frozenset({"cancelled", "entered-in-error", "registered"})
FINAL_REPORT: Final = frozenset({"final", "amended", "corrected", "appended"})
_ORDER: Final = ("MR", "NM", "PT", "CT", "XR")
"""Of a study with several modalities the first of these names it: PET/CT is no CT of the spine."""


def read_imaging_study(resource: Resource, reference: str, context: Context) -> None:
    """Add a study of the spine or a bone scan; what shows another part of the body is left out."""
    study = study_of(resource, reference, context)
    if study:
        context.studies.append(study)


def study_of(
    resource: Resource, reference: str, context: Context, *, any_part: bool = False
) -> Study | None:
    """Make a study of an ImagingStudy or DiagnosticReport, None where it is no study of ours.

    With `any_part` it may show any part of the body: a finding that is from it tells the part.
    """
    if status_of(resource) in VOID_STUDY:
        return None
    if resource.get("resourceType") == "ImagingStudy":
        return _of_images(resource, reference, context, any_part=any_part)
    if resource.get("resourceType") == "DiagnosticReport":
        return _of_report(resource, reference, context, any_part=any_part)
    return None


def _of_images(
    resource: Resource, reference: str, context: Context, *, any_part: bool
) -> Study | None:
    """Make a study of an ImagingStudy."""
    series = objs(resource.get("series"))
    sites = [one["bodySite"] for one in series if one.get("bodySite")]
    found = context.codes.imaging.find(resource.get("procedureCode"), context.codes.systems)
    told = [*texts(resource.get("procedureCode")), word(resource.get("description"))]
    told = [text for text in told if text]
    modality = _modality(resource, series, context) or modality_told(found, told)
    bone = is_bone_scan(found, modality, told)
    spots = [*told, *texts(sites), *(word(one.get("description")) for one in series)]
    ours = bone or shows_spine(found, sites, [s for s in spots if s], context)
    if not any_part and (modality not in _ORDER or not ours):
        return None
    return Study(
        reference,
        modality,
        _started(resource, series, reference, context),
        shown(told[0] if told else modality),
        levels_shown(found, sites, told, context, bone=bone),
        _fluid(resource, series, context),
        bool(found and found.limited) or any(words.is_guidance(text) for text in told),
        bone_scan=bone,
        standing=words.is_standing(" / ".join(spot for spot in spots if spot)),
    )


def _of_report(
    resource: Resource, reference: str, context: Context, *, any_part: bool
) -> Study | None:
    """Make a study of a report whose code or words name one."""
    concept = resource.get("code")
    told = context.meaning("report", concept, lambda: _told(concept, context))
    if told.modality not in _ORDER or not (told.ours or any_part):
        return None
    return Study(
        reference,
        told.modality,
        effective(resource, reference, context),
        told.title,
        told.covers,
        None,
        told.limited,
        status_of(resource) in FINAL_REPORT,
        told.bone_scan,
        bool(resource.get("conclusion") or resource.get("presentedForm")),
        told.standing,
    )


class _Told(NamedTuple):
    """What the code element of a report tells of the examination; `ours` is one of the spine."""

    modality: str
    title: str
    covers: frozenset[str] | None
    limited: bool
    bone_scan: bool
    ours: bool
    standing: bool | None


def _told(concept: object, context: Context) -> _Told:
    """Find out by code and words which examination a report is about."""
    found = context.codes.imaging.find(concept, context.codes.systems)
    told = texts(concept)
    modality = modality_told(found, told)
    bone = is_bone_scan(found, modality, told)
    return _Told(
        modality,
        shown(told[0] if told else modality),
        levels_shown(found, [], told, context, bone=bone),
        bool(found and found.limited) or any(words.is_guidance(text) for text in told),
        bone,
        bone or bool(found and found.ours) or any(words.is_spine(text) for text in told),
        words.is_standing(" / ".join(told)),
    )


def _modality(resource: Resource, series: Sequence[Resource], context: Context) -> str:
    """Name the modality that the codes of a study or of its series tell."""
    named = codings(resource.get("modality"))
    named = named or [pair for one in series for pair in codings(one.get("modality"))]
    known = {context.codes.imaging.modalities.get(code.upper(), "") for _, code in named}
    return next((modality for modality in _ORDER if modality in known), min(known, default=""))


def _fluid(resource: Resource, series: Sequence[Resource], context: Context) -> bool | None:
    """Tell whether a description names a fluid-sensitive sequence; silence proves nothing."""
    named = [word(resource.get("description")), *(word(one.get("description")) for one in series)]
    pattern = context.codes.imaging.fluid_sensitive
    return True if any(pattern.search(text) for text in named) else None


def _started(
    resource: Resource, series: Sequence[Resource], reference: str, context: Context
) -> When | None:
    """Tell when the images were taken."""
    when = when_of(resource.get("started"), context.zone)
    if when is None and resource.get("started"):
        context.skip(reference, "started is no date")
    starts = [when_of(one.get("started"), context.zone) for one in series]
    return when or min(
        (start for start in starts if start), default=None, key=lambda start: start.latest
    )
