"""Which examination a report or a document is about, as far as its codes and words tell."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.facts import imaging_words as words
from cds_service.facts.context import Context
from cds_service.facts.elements import codings, objs, shown, texts, word
from cds_service.facts.imaging_scope import is_bone_scan, levels_shown, modality_told

DENSITY: Final = "DXA"
STUDY_TYPE: Final = "18748-4"
"""LOINC "Diagnostic imaging study", which some put on other notes too (real-data.md 5)."""

_RADIOLOGY: Final = frozenset({"RAD", "LP29684-5", STUDY_TYPE})
_IMAGING: Final = re.compile(
    r"(?i)radiolog|imaging|\bx-?rays?\b|nuclear med|\bMRI?\b|\bCT\b|tomograph|scintigra"
)
_LABORATORY: Final = re.compile(
    r"(?i)\blab|patholog|microbio|h(?:a)?ematolog|chemistry|cytolog|serolog|genetic|blood bank"
)
_NO_IMAGES: Final = re.compile(
    r"(?i)fluid|\bcsf\b|culture|biops|cytolog|patholog|electromyo|\bemg\b|nerve conduction"
    r"|surgery|surgical|operative|therapy|anesthes|anaesthes|discharge|consult|progress note"
)
_DENSITY: Final = re.compile(r"(?i)\bdxa\b|\bdexa\b|bone (?:mineral )?densit|densitomet")


class Region(IntEnum):
    """What an examination shows, in the order in which reports are wanted."""

    SPINE = 0
    UNSURE = 1
    ELSEWHERE = 2
    DENSITY = 3


class Exam(NamedTuple):
    """One examination; `imaging` is True where more than its text says that it has images."""

    region: Region
    modality: str
    title: str
    covers: frozenset[str] | None
    imaging: bool


def exam_of(resource: Resource, context: Context) -> Exam | None:
    """Tell which examination a DiagnosticReport or DocumentReference is about.

    None for what is no imaging report, by its code, category or words. Neither a category nor a
    known code is required; what says nothing at all is UNSURE, and its text decides.
    """
    if resource.get("resourceType") == "DocumentReference":
        return _of_document(resource, context)
    concept, category = resource.get("code"), resource.get("category")
    made = context.meaning("exam", concept, lambda: _of_words(concept, [], context))
    if made is not None and made.imaging:
        return made
    filed = texts(category)
    if any(code == "LAB" for _, code in codings(category)) or any(map(_LABORATORY.search, filed)):
        return None
    if _is_radiology(category) or resource.get("imagingStudy"):
        said = next(iter(texts(concept)), "")
        return (made or _NOTHING_SAID._replace(title=shown(said)))._replace(imaging=True)
    if made is not None:
        return made
    return None if texts(concept) or codings(category) else _NOTHING_SAID


def _of_document(resource: Resource, context: Context) -> Exam | None:
    """Tell which examination a document is about; most documents are about none."""
    kind = resource.get("type")
    attached = [content.get("attachment") for content in objs(resource.get("content"))]
    titles = [word(one.get("title")) for one in attached if isinstance(one, dict)]
    said = [word(resource.get("description")), *titles]
    made = _of_words(kind, [text for text in said if text], context)
    if made is not None and made.imaging:
        return made
    if _is_radiology(kind) or _is_radiology(resource.get("category")):
        return made or _NOTHING_SAID
    return None


def _of_words(concept: object, more: list[str], context: Context) -> Exam | None:
    """Tell an examination by its code and words; None where they speak of something else."""
    found = context.codes.imaging.find(concept, context.codes.systems)
    told = [*texts(concept), *more]
    joined = " / ".join(told)
    modality = modality_told(found, told)
    if not modality and _DENSITY.search(joined):
        modality = DENSITY
    bone = is_bone_scan(found, modality, told)
    spine = bone or bool(found and found.ours) or words.is_spine(joined)
    imaging = bool(modality or found or _IMAGING.search(joined))
    if not imaging and _NO_IMAGES.search(joined):
        return None
    if modality == DENSITY:
        region = Region.DENSITY
    elif spine:
        region = Region.SPINE
    elif imaging:
        region = Region.ELSEWHERE if words.is_elsewhere(joined) else Region.UNSURE
    else:
        return None
    covers = levels_shown(found, [], told, context, bone=bone)
    return Exam(region, modality, shown(told[0] if told else modality), covers, imaging)


def _is_radiology(concept: object) -> bool:
    """Tell whether a category or a type of document names imaging."""
    return any(code in _RADIOLOGY for _, code in codings(concept)) or any(
        map(_IMAGING.search, texts(concept))
    )


_NOTHING_SAID: Final = Exam(Region.UNSURE, "", "", None, imaging=False)
