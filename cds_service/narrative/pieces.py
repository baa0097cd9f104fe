"""The pieces of one report's text: its forms, its narrative results, its conclusion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cds_service.clinical.evidence import Resource
from cds_service.clinical.report_text import Place, Trouble
from cds_service.facts import imaging_words
from cds_service.facts.context import Context
from cds_service.facts.elements import obj, objs, status_of, texts, word
from cds_service.facts.observations import FINAL, IGNORED
from cds_service.narrative.attachments import Documents, forms, is_hidden
from cds_service.reports.formats.decode import Decoded, decoded_text

ADDENDUM: Final = "ADDENDUM"
FINDINGS: Final = "FINDINGS"
IMPRESSION: Final = "IMPRESSION"

_SECTIONS: Final = (
    ("INDICATION", re.compile(r"(?i)indication|history|reason|question|clinical info")),
    ("TECHNIQUE", re.compile(r"(?i)technique|technical")),
    ("COMPARISON", re.compile(r"(?i)compar|prior")),
    ("RECOMMENDATION", re.compile(r"(?i)recommend")),
    (ADDENDUM, re.compile(r"(?i)addend")),
    (IMPRESSION, re.compile(r"(?i)impression|conclu|opinion|interpretation|diagnos[ie]s")),
    (FINDINGS, re.compile(r"(?i)finding|narrative|observation|report|description|study|body")),
)
_POINTER: Final = re.compile(
    r"(?i)\W*(?:please\s+)?(?:see|refer to)\s[\w\s/.]{0,60}(?:report|document|pdf|note|image|form"
    r"|attached|below|above|text|scan)s?\W*"
)
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")
_NOT_LETTERS: Final = re.compile(r"[\W_]+")
_FEWEST: Final = 3
_MOST: Final = 200
"""More pieces are no report; each is held against all others."""
_ABSENT: Final = "absent"
LONGEST_PIECE: Final = 40_000
"""Characters of one piece; twice what is read of a whole report, so that half of it is known to be
too long. Megabytes would be searched several times before they are cut."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of text, the place where it stood, and the section that it is.

    `plain` is the text in a form to compare with others.
    """

    place: Place
    content_type: str
    text: str
    header: str = ""
    plain: str = field(default="", kw_only=True)


@dataclass(slots=True)
class Pieces:
    """What one resource says, and what of it could not be read."""

    said: list[Piece] = field(default_factory=list)
    trouble: Trouble | None = None
    final: bool = True

    def add(self, place: Place, read: Decoded, header: str = "") -> None:
        """Add a text, unless it says what is known already."""
        self.trouble = self.trouble or (None if read.text else read.trouble)
        if read.text and len(self.said) >= _MOST:
            self.trouble = self.trouble or Trouble.TOO_LARGE
            return
        if len(read.text) > LONGEST_PIECE:
            self.trouble = self.trouble or Trouble.TOO_LARGE
        text = read.text[:LONGEST_PIECE]
        new = plain(text)
        if new and not any(new in one.plain for one in self.said):
            self.said.append(Piece(place, read.content_type, text, header, plain=new))


def plain(text: str) -> str:
    """Write a text without all that another form of it may write otherwise."""
    return _NOT_LETTERS.sub("", text.casefold())


def pieces_of(
    resource: Resource, context: Context, documents: Documents, *, cheap: bool = False
) -> Pieces:
    """Collect the text of a DiagnosticReport or DocumentReference, each text once."""
    pieces = Pieces()
    is_document = resource.get("resourceType") == "DocumentReference"
    place = Place.DOCUMENT if is_document else Place.FORM
    attached = attachments_of(resource)
    read, lost = forms(attached, resource, context, documents, cheap=cheap)
    for form in read:
        pieces.add(place, form.read, ADDENDUM if form.is_addendum else "")
    pieces.trouble = lost or pieces.trouble
    if not is_document:
        whole = bool(pieces.said)
        _add_results(pieces, resource, context, whole=whole)
        _add_conclusion(pieces, resource)
    if not pieces.said:
        _add_narrative(pieces, resource)
    if not pieces.said and pieces.trouble is None:
        pieces.trouble = Trouble.NO_TEXT
    return pieces


def attachments_of(resource: Resource) -> list[Resource]:
    """List the attachments of a report or document."""
    if resource.get("resourceType") == "DocumentReference":
        return [obj(content.get("attachment")) for content in objs(resource.get("content"))]
    return list(objs(resource.get("presentedForm")))


def _add_results(pieces: Pieces, resource: Resource, context: Context, *, whole: bool) -> None:
    """Add the narrative results; one whose name says nothing counts only where it is alone."""
    told: list[tuple[Resource, str, bool]] = []
    lost: Trouble | None = None
    for link in objs(resource.get("result")):
        found = context.resolve(link, resource)
        if found is None:
            lost = lost or Trouble.NOT_FETCHED
            continue
        inside = word(link.get("reference")).startswith("#")
        for one in _narratives(found, context):
            if is_hidden(one):
                lost = lost or Trouble.FORBIDDEN
            told += [(one, text, inside) for text in [word(one.get("valueString"))] if text]
    for one, text, inside in told:
        status = status_of(one)
        if status in IGNORED:
            continue
        header = _header(one, alone=len(told) == 1)
        if header == _ABSENT:
            lost = lost or Trouble.UNNAMED
        elif len(_WORDS.findall(text)) >= _FEWEST or header in {FINDINGS, IMPRESSION}:
            pieces.final = pieces.final and (status in FINAL or (inside and not status))
            pieces.add(Place.RESULT, decoded_text(text), header)
    if not whole:
        pieces.trouble = pieces.trouble or lost


def _narratives(observation: Resource, context: Context) -> Iterator[Resource]:
    """Give an Observation, its components and its members; components take over its status."""
    if observation.get("resourceType") != "Observation":
        return
    yield observation
    status = observation.get("status")
    for part in objs(observation.get("component")):
        yield {"status": status, **part}
    for link in objs(observation.get("hasMember")):
        member = context.resolve(link, observation)
        if member is not None and member.get("resourceType") == "Observation":
            yield member


def _header(observation: Resource, *, alone: bool) -> str:
    """Name the section that a narrative result is, empty for a whole report."""
    named = " / ".join(texts(observation.get("code")))
    for name, pattern in _SECTIONS:
        if pattern.search(named):
            return name
    if alone or imaging_words.modality_of(named) or imaging_words.is_spine(named):
        return ""
    return _ABSENT


def _add_conclusion(pieces: Pieces, resource: Resource) -> None:
    """Add the conclusion and the words of its codes, unless they only repeat the title."""
    titles = {plain(text) for text in texts(resource.get("code"))}
    said = [word(resource.get("conclusion"))]
    said += [next(iter(texts(code)), "") for code in objs(resource.get("conclusionCode"))]
    for text in said:
        if text and plain(text) not in titles and not _POINTER.fullmatch(text):
            pieces.add(Place.CONCLUSION, decoded_text(text), IMPRESSION)


def _add_narrative(pieces: Pieces, resource: Resource) -> None:
    """Add the narrative of the resource, where it is more than what was made of its elements."""
    told = obj(resource.get("text"))
    if word(told.get("status")) == "additional" and word(told.get("div")):
        pieces.add(Place.NARRATIVE, decoded_text(word(told["div"])))
