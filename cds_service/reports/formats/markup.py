"""XML: the sections of a clinical document (CDA); entities and document types are refused."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from cds_service.reports.formats.html import row

DEEPEST: Final = 100
MOST_ELEMENTS: Final = 50_000

_DECLARATION: Final = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_SPACE: Final = re.compile(r"\s+")
_UNSEEN: Final = frozenset({"renderMultiMedia", "script", "style"})
_LINES: Final = frozenset({"paragraph", "item", "caption", "list", "table", "footnote"})


class XmlError(ValueError):
    """Raised for XML that cannot be parsed, or that brings its own entities."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A document in another format that a clinical document carries."""

    data: bytes
    content_type: str


@dataclass(slots=True)
class _Builder:
    """Builds a tree within limits; refuses document types, and with them all entities."""

    tree: TreeBuilder = field(default_factory=TreeBuilder)
    depth: int = 0
    count: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element, by its name without a namespace."""
        self.depth += 1
        self.count += 1
        if self.depth > DEEPEST or self.count > MOST_ELEMENTS:
            msg = "larger or deeper than any report"
            raise XmlError(msg)
        self.tree.start(name.rpartition(" ")[2], attributes)

    def end(self, name: str) -> None:
        """Close an element."""
        self.depth -= 1
        self.tree.end(name.rpartition(" ")[2])

    def refuse(self, *_declared: Any) -> None:
        """Refuse a document type."""
        msg = "brings its own document type"
        raise XmlError(msg)


def parsed(source: str) -> Element:
    """Parse XML into a tree; raises XmlError where it is none."""
    builder = _Builder()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.tree.data
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    try:
        parser.Parse(_DECLARATION.sub("", source).lstrip().encode("utf-8", "replace"), True)  # noqa: FBT003 - final
    except expat.ExpatError as error:
        msg = "no well-formed XML"
        raise XmlError(msg) from error
    return builder.tree.close()


def clinical_text(document: Element) -> str | Enclosed:
    """Give the sections of a clinical document, or the document that it carries instead.

    Its header (patient, author, order) says nothing about the images and is not read.
    """
    body = _child(document, "component")
    outside = _child(_child(body, "nonXMLBody"), "text")
    if outside is not None:
        return _enclosed(outside)
    pieces: list[str] = []
    for section in _sections(_child(body, "structuredBody")):
        _write_section(section, pieces)
    return "".join(pieces)


def _child(element: Element | None, name: str) -> Element | None:
    """Find a child by its name."""
    return None if element is None else element.find(name)


def _sections(element: Element | None) -> list[Element]:
    """List the sections right below an element."""
    parts = [] if element is None else element.findall("component")
    return [section for part in parts for section in part.findall("section")]


def _write_section(section: Element, pieces: list[str]) -> None:
    """Write a section with its title as header, then those inside it."""
    title, code = section.find("title"), section.find("code")
    named = _SPACE.sub(" ", "".join(title.itertext())).strip() if title is not None else ""
    named = named or (code.get("displayName", "") if code is not None else "")
    if named:
        pieces.append(f"\n\n{named.rstrip(':')}:\n")
    narrative = section.find("text")
    if narrative is not None:
        _write(narrative, pieces)
    for inner in _sections(section):
        _write_section(inner, pieces)


def _write(element: Element, pieces: list[str]) -> None:
    """Write the narrative of an element; what was deleted is not read."""
    if element.tag in _UNSEEN or element.get("revised") == "delete":
        return
    if element.tag == "tr":
        _line(pieces)
        pieces.append(row([_cell(cell) for cell in element]) + "\n")
        return
    lines = element.tag in _LINES
    if lines:
        _line(pieces)
    if element.tag == "item":
        pieces.append("- ")
    _add(element.text, pieces)
    for inner in element:
        _write(inner, pieces)
        _add(inner.tail, pieces)
    if element.tag == "br":
        pieces.append("\n")
    elif lines:
        _line(pieces)


def _add(words: str | None, pieces: list[str]) -> None:
    """Add words; blanks at the head of a line are none."""
    said = _SPACE.sub(" ", words or "")
    if said and not (said == " " and pieces and pieces[-1].endswith("\n")):
        pieces.append(said)


def _line(pieces: list[str]) -> None:
    """Begin a new line, unless one has begun."""
    if pieces and not pieces[-1].endswith("\n"):
        pieces.append("\n")


def _cell(element: Element) -> str:
    """Write what a cell of a table holds."""
    pieces: list[str] = []
    _write(element, pieces)
    return "".join(pieces).strip()


def _enclosed(element: Element) -> str | Enclosed:
    """Unpack what stands in the place of sections."""
    words = "".join(element.itertext())
    if element.get("representation") != "B64":
        return words
    try:
        data = base64.b64decode("".join(words.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "no base64"
        raise XmlError(msg) from error
    return Enclosed(data, element.get("mediaType", ""))
