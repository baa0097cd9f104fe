"""Imaging studies: modality, region, and whether a fluid-sensitive sequence is on record (3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.fact import Study
from cds_service.clinical.when import When
from cds_service.facts import imaging_words as words
from cds_service.facts.context import Context
from cds_service.facts.dates import when_of
from cds_service.facts.elements import codings, objs, shown, status_of, texts, word
from cds_service.facts.imaging_codes import ImagingCode
from cds_service.facts.observed import effective

_VOID: Final = frozenset({"cancelled", "entered-in-error", "registered"})
_FINAL: Final = frozenset({"final", "amended", "corrected", "appended"})
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
    if status_of(resource) in _VOID:
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
    modality = _modality(resource, series, context) or _told(found, told)
    bone = _is_bone_scan(found, modality, told)
    spots = [*told, *texts(sites), *(word(one.get("description")) for one in series)]
    ours = bone or _shows_spine(found, sites, [s for s in spots if s], context)
    if not any_part and (modality not in _ORDER or not ours):
        return None
    return Study(
        reference,
        modality,
        _started(resource, series, context),
        shown(told[0] if told else modality),
        _covers(found, sites, told, context, bone=bone),
        _fluid(resource, series, context),
        bool(found and found.limited),
        bone_scan=bone,
    )


def _of_report(
    resource: Resource, reference: str, context: Context, *, any_part: bool
) -> Study | None:
    """Make a study of a report whose code or words name one."""
    found = context.codes.imaging.find(resource.get("code"), context.codes.systems)
    told = texts(resource.get("code"))
    modality = _told(found, told)
    bone = _is_bone_scan(found, modality, told)
    ours = bone or (found and found.ours) or any(words.is_spine(text) for text in told)
    if modality not in _ORDER or not (ours or any_part):
        return None
    return Study(
        reference,
        modality,
        effective(resource, reference, context),
        shown(told[0] if told else modality),
        _covers(found, [], told, context, bone=bone),
        None,
        bool(found and found.limited),
        status_of(resource) in _FINAL,
        bone,
        bool(resource.get("conclusion") or resource.get("presentedForm")),
    )


def _modality(resource: Resource, series: Sequence[Resource], context: Context) -> str:
    """Name the modality that the codes of a study or of its series tell."""
    named = codings(resource.get("modality"))
    named = named or [pair for one in series for pair in codings(one.get("modality"))]
    known = {context.codes.imaging.modalities.get(code.upper(), "") for _, code in named}
    return next((modality for modality in _ORDER if modality in known), min(known, default=""))


def _told(found: ImagingCode | None, told: Sequence[str]) -> str:
    """Name the modality that the code of an examination or its words tell."""
    if found:
        return found.modality
    return next((name for name in map(words.modality_of, told) if name), "")


def _shows_spine(
    found: ImagingCode | None, sites: Sequence[object], told: Sequence[str], context: Context
) -> bool:
    """Tell whether a study may show the spine; one that says nothing at all may."""
    vertebrae = context.codes.vertebrae
    if (found and found.ours) or any(vertebrae.region_of(site) or vertebrae.levels_of(site) for site in sites):
        return True
    return not told or not words.is_elsewhere(" / ".join(told))


def _covers(
    found: ImagingCode | None,
    sites: Sequence[object],
    told: Sequence[str],
    context: Context,
    *,
    bone: bool,
) -> frozenset[str] | None:
    """Tell which levels a study shows: by its code, else its body sites, else its words."""
    if found and found.covers:
        return found.covers
    vertebrae = context.codes.vertebrae
    coded = [vertebrae.region_of(s) or frozenset(vertebrae.levels_of(s)) for s in sites]
    coded += [context.codes.imaging.parts.get(code.upper(), frozenset()) for _, code in codings(sites)]
    if any(coded):
        return frozenset().union(*coded)
    whole = " / ".join([*told, *texts(sites)])
    if bone:
        return words.REGIONS["spine"] if words.is_whole_body(whole) else None
    return words.covers(whole) if words.is_spine(whole) else None


def _is_bone_scan(found: ImagingCode | None, modality: str, told: Sequence[str]) -> bool:
    """Tell whether a study is a bone scan."""
    if found and found.ours:
        return found.bone_scan
    return modality in {"NM", "PT"} and any(words.is_bone_scan(text) for text in told)


def _fluid(resource: Resource, series: Sequence[Resource], context: Context) -> bool | None:
    """Tell whether a description names a fluid-sensitive sequence; silence proves nothing."""
    named = [word(resource.get("description")), *(word(one.get("description")) for one in series)]
    pattern = context.codes.imaging.fluid_sensitive
    return True if any(pattern.search(text) for text in named) else None


def _started(resource: Resource, series: Sequence[Resource], context: Context) -> When | None:
    """Tell when the images were taken."""
    when = when_of(resource.get("started"), context.zone)
    starts = [when_of(one.get("started"), context.zone) for one in series]
    return when or min((start for start in starts if start), default=None, key=_latest)


def _latest(when: When) -> object:
    """Sort times that have a last moment."""
    return when.latest
