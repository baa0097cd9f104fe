"""What a study shows: its modality, the spine or another part, and which levels (rules.md 9.12)."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.facts import imaging_words as words
from cds_service.facts.context import Context
from cds_service.facts.elements import codings, texts
from cds_service.facts.imaging_codes import ImagingCode


def modality_told(found: ImagingCode | None, told: Sequence[str]) -> str:
    """Name the modality that the code of an examination or its words tell."""
    if found:
        return found.modality
    return next((name for name in map(words.modality_of, told) if name), "")


def shows_spine(
    found: ImagingCode | None, sites: Sequence[object], told: Sequence[str], context: Context
) -> bool:
    """Tell whether a study may show the spine; one that says nothing at all may."""
    vertebrae = context.codes.vertebrae
    if (found and found.ours) or any(
        vertebrae.region_of(site) or vertebrae.levels_of(site) for site in sites
    ):
        return True
    return not told or not words.is_elsewhere(" / ".join(told))


def levels_shown(
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
    coded += [
        context.codes.imaging.parts.get(code.upper(), frozenset()) for _, code in codings(sites)
    ]
    if any(coded):
        return frozenset().union(*coded)
    whole = " / ".join([*told, *texts(sites)])
    if bone:
        return words.REGIONS["spine"] if words.is_whole_body(whole) else None
    return words.covers(whole) if words.is_spine(whole) else None


def is_bone_scan(found: ImagingCode | None, modality: str, told: Sequence[str]) -> bool:
    """Tell whether a study is a bone scan."""
    if found and found.ours:
        return found.bone_scan
    return modality in {"NM", "PT"} and any(words.is_bone_scan(text) for text in told)
