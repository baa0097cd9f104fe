"""One door for all formats: what kind of document some bytes are, and its text."""

from __future__ import annotations

import html as entities
import re
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from cds_service.clinical.report_text import Trouble
from cds_service.reports.formats.charset import text_of
from cds_service.reports.formats.guard import OutOfTime, spending, within
from cds_service.reports.formats.html import html_text
from cds_service.reports.formats.markup import clinical_text, parsed
from cds_service.reports.formats.pdf import load, pdf_text
from cds_service.reports.formats.rtf import rtf_text
from cds_service.reports.formats.tidy import tidy, unescaped

MOST_BYTES: Final = 4 << 20
MOST_MARKUP: Final = 1 << 20
SECONDS: Final = 1.0
_SMALL: Final = 4_000
"""Shorter markup takes a tenth of a second at most (20,000 characters take two seconds where tags
never end); starting a clock takes half a millisecond."""


PLAIN, HTML, RTF, XML, PDF = (
    "text/plain",
    "text/html",
    "text/rtf",
    "application/xml",
    "application/pdf",
)
_TYPES: Final = {
    "text/plain": PLAIN, "text/html": HTML, "application/html": HTML, "text/xhtml": HTML,
    "application/xhtml+xml": HTML, "application/xhtml": HTML, "text/rtf": RTF,
    "application/rtf": RTF, "application/x-rtf": RTF, "text/richtext": RTF, "text/xml": XML,
    "application/xml": XML, "application/hl7-cda+xml": XML, "application/hl7-sda+xml": XML,
    "text/xml+cda": XML, "application/pdf": PDF, "application/x-pdf": PDF, "text/pdf": PDF,
}  # fmt: skip
_OPEN: Final = frozenset({"", "application/octet-stream", "binary/octet-stream", "text/*", "*/*"})
"""Types that say nothing: the bytes themselves have to."""

RANKS: Final = {PLAIN: 0, HTML: 1, RTF: 2, XML: 3, PDF: 4}
"""Which of several forms of one text is read: the one with the least between it and the words."""

_PDF_HEAD: Final = 1024
_OTHERS: Final = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"II*\x00",
    b"MM\x00*",
)
_RTF_HEAD: Final = re.compile(r"\s*\{\\rtf")
_XML_HEAD: Final = re.compile(r"\s*(?:<\?xml\b|<(?:\w{1,20}:)?ClinicalDocument\b)")
_HTML_HEAD: Final = re.compile(
    r"(?i)\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|div|body|p|table|span|head)\b",
    re.DOTALL,
)
_PAGE: Final = re.compile(r"(?i)<(?:html|body|p|div|table|h[1-6]|ul|ol|li)\b[^<>]*>")
_TAG: Final = re.compile(
    r"(?i)</?(?:br|b|i|u|em|strong|font|span|sup|sub|del|s|strike|a|p|div|table|tr|td|li|ul|pre)\b[^<>]*>"
)
_ENTITY: Final = re.compile(
    r"&(?:nbsp|gt|lt|amp|quot|apos|deg|plusmn|frac\d\d|ndash|mdash|#\d{1,6}|#x[0-9a-fA-F]{1,5});"
)
_XHTML: Final = frozenset({"html", "div", "body"})
_ODD: Final = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_SOME_ODD: Final = 3
_MOST_ODD: Final = 0.02


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a document and its type, or why there is no text, or not all of it."""

    text: str = ""
    content_type: str = ""
    trouble: Trouble | None = None


def plain_type(content_type: str) -> str | None:
    """Name the format that a content type stands for; empty if it says nothing, None if foreign."""
    bare = content_type.split(";", 1)[0].strip().lower()
    return "" if bare in _OPEN else _TYPES.get(bare)


def decoded(data: bytes, content_type: str = "") -> Decoded:
    """Give the text of a document; what the bytes are counts for more than what they are called.

    Raises nothing, takes no longer than about a second, whatever the bytes are.
    """
    return _decoded(data, content_type, inside=False)


def decoded_text(text: str) -> Decoded:
    """Give the text of what came as a string of a record, which may be markup all the same."""
    return _guarded(text, PLAIN, inside=True)


def _decoded(data: bytes, content_type: str, *, inside: bool) -> Decoded:
    """Tell PDF and what is no text apart, then read."""
    if len(data) > MOST_BYTES:
        return Decoded("", content_type, Trouble.TOO_LARGE)
    if not data.strip(b"\0 \r\n\t"):
        return Decoded("", content_type, Trouble.NO_TEXT)
    if b"%PDF-" in data[:_PDF_HEAD]:
        return _pdf(data)
    claimed = plain_type(content_type)
    if claimed is None or data.startswith(_OTHERS):
        return Decoded("", content_type, Trouble.UNKNOWN_TYPE)
    if claimed == PDF:
        return Decoded("", PDF, Trouble.BROKEN)
    return _guarded(text_of(data, content_type), claimed, inside=inside)


def _pdf(data: bytes) -> Decoded:
    """Read a PDF; whatever goes wrong inside costs this document and no other."""
    load()  # not on the time of the document, and nothing may break off an import
    try:
        with spending(SECONDS) as seconds, within(seconds):
            text, trouble = pdf_text(data)
    except OutOfTime:
        return Decoded("", PDF, Trouble.TOO_SLOW)
    except Exception:  # noqa: BLE001 - pypdf raises whatever a broken file leads it to
        return Decoded("", PDF, Trouble.BROKEN)
    return Decoded(tidy(text), PDF, trouble)


def _guarded(text: str, claimed: str, *, inside: bool) -> Decoded:
    """Read text or markup within limits."""
    kind = _kind(text, claimed)
    if kind == PLAIN:
        return _plain(text)
    if len(text) > MOST_MARKUP * (4 if kind == RTF else 1):
        return Decoded("", kind, Trouble.TOO_LARGE)
    try:
        with (
            spending(SECONDS) as seconds,
            within(seconds) if len(text) > _SMALL else nullcontext(),
        ):
            return _markup(text, kind, inside=inside)
    except OutOfTime:
        return Decoded("", kind, Trouble.TOO_SLOW)
    except (ValueError, TypeError, LookupError, ArithmeticError, AssertionError, RecursionError):
        return Decoded("", kind, Trouble.BROKEN)


def _kind(text: str, claimed: str) -> str:
    """Tell the format of a text by its head, else by its name."""
    if _RTF_HEAD.match(text):
        return RTF
    if _HTML_HEAD.match(text):
        return HTML
    if _XML_HEAD.match(text):
        return XML
    if claimed in {RTF, XML}:
        return claimed
    return HTML if _TAG.search(text) or (claimed == HTML and _PAGE.search(text)) else PLAIN


def _plain(text: str) -> Decoded:
    """Take a text as it is, unless it is none."""
    head = text[:4096]
    if len(_ODD.findall(head)) > max(_SOME_ODD, _MOST_ODD * len(head)):
        return Decoded("", PLAIN, Trouble.UNKNOWN_TYPE)
    if _ENTITY.search(text):
        text = entities.unescape(text)
    return _whole(tidy(unescaped(text)), PLAIN)


def _markup(text: str, kind: str, *, inside: bool) -> Decoded:
    """Read markup; raises what its reader raises where it is broken."""
    if kind == RTF:
        return _whole(tidy(rtf_text(text)), RTF)
    if kind == HTML:
        return _html(text)
    root = parsed(text)
    if root.tag in _XHTML:
        return _html(text)
    said = clinical_text(root) if root.tag == "ClinicalDocument" else None
    if isinstance(said, str):
        return _whole(tidy(said), XML)
    if said is None or inside:
        return Decoded("", XML, Trouble.UNKNOWN_TYPE)
    return _decoded(said.data, said.content_type, inside=True)


def _html(text: str) -> Decoded:
    """Read a page, or plain text with a few tags in it."""
    words, whole = html_text(unescaped(text), keep_lines=not _PAGE.search(text))
    made = _whole(tidy(words), HTML)
    return made if whole else Decoded(made.text, HTML, Trouble.BROKEN)


def _whole(text: str, kind: str) -> Decoded:
    """Give a text, or say that there is none."""
    return Decoded(text, kind, None if text.strip() else Trouble.NO_TEXT)
