"""The text of an imaging report, where it came from, and why some of it could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from cds_service.clinical.when import When


class Place(StrEnum):
    """Where in a record a text stood."""

    CONCLUSION = "conclusion"
    RESULT = "result"
    FORM = "form"
    DOCUMENT = "document"
    NARRATIVE = "narrative"


class Trouble(StrEnum):
    """Why a text, or a part of it, could not be read."""

    NO_TEXT = "no-text"
    NO_TEXT_LAYER = "no-text-layer"
    UNKNOWN_TYPE = "unknown-type"
    OTHER_LANGUAGE = "other-language"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    BROKEN = "broken"
    LOCKED = "locked"
    FORBIDDEN = "forbidden"
    NOT_FETCHED = "not-fetched"
    ELSEWHERE = "elsewhere"
    UNNAMED = "unnamed"
    LEFT_OUT = "left-out"


class Wanted(NamedTuple):
    """Something to be fetched: a document by its URL, or an Observation by its reference."""

    url: str
    content_type: str = ""
    is_observation: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """What came of fetching the content of an attachment: bytes, or why there are none."""

    data: bytes = b""
    content_type: str = ""
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a report's text: where it stood, as what type, and from where to where."""

    place: Place
    content_type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReportText:
    """All that one imaging report says in words.

    `text` joins its pieces, each text once: the whole report, then what only its other places say,
    under a header of the section that they are. `trouble` may stand beside a text: then some of
    the report could not be read, and what is not said in the rest proves nothing. `cut` says the
    same of a text that was longer than is read.

    `final` is False while the report may still change. `modality` is MR, CT, XR, NM, PT or DXA,
    empty where nothing tells; `covers` the levels that the examination shows, None where nothing
    tells. `of_spine` is False for an examination of another part of the body, whose text speaks
    of the spine. `others` names the resources that say the same, or that this text joins.
    """

    reference: str
    when: When | None
    status: str
    final: bool
    modality: str
    title: str
    covers: frozenset[str] | None
    text: str = ""
    parts: tuple[Part, ...] = ()
    trouble: Trouble | None = None
    cut: bool = False
    of_spine: bool = True
    others: tuple[str, ...] = ()

    @property
    def place(self) -> Place | None:
        """Tell where the first piece stood, None where nothing could be read."""
        return self.parts[0].place if self.parts else None

    @property
    def content_type(self) -> str:
        """Tell the type of the first piece, empty where nothing could be read."""
        return self.parts[0].content_type if self.parts else ""

    def place_of(self, start: int) -> Part | None:
        """Find the piece in which a place of the text lies."""
        return next((part for part in self.parts if part.start <= start < part.end), None)
