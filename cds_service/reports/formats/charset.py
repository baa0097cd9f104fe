"""Which characters bytes stand for: by their mark, by what they can be, by what they claim."""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CLAIM: Final = re.compile(rb"(?i)(?:charset|encoding)\s*=\s*[\"']?([a-z0-9_.:-]{1,40})")
_NAME: Final = re.compile(r"(?i)charset\s*=\s*[\"']?([a-z0-9_.:-]{1,40})")
_HEAD: Final = 1024
_LATIN: Final = frozenset({"iso8859-1", "ascii", "utf-8", "cp1252", "latin-1"})
"""What the field calls Windows-1252; real UTF-8 shows by itself."""

_TWICE: Final = re.compile("â€.|Ã[\x80-\xbf\u2018-\u2122©®°±²³µ¶·º»¼½¾]|Â[\xa0-\xbf]")


def text_of(data: bytes, content_type: str = "") -> str:
    """Decode bytes; never fails, and says nothing about whether they are a text at all.

    UTF-8 comes before any claim: what is valid UTF-8 with characters beyond ASCII is nothing
    else. A single-byte code is taken for Windows-1252, which has the signs that are used.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    wide = _wide(data)
    if wide:
        return data.decode(wide, "replace")
    try:
        return _once(data.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    claimed = _claimed(data, content_type)
    if claimed and claimed not in _LATIN:
        try:
            return data.decode(claimed)
        except (UnicodeDecodeError, LookupError):
            pass
    return data.decode("cp1252", "replace")


def _wide(data: bytes) -> str:
    """Recognise UTF-16 without a mark by the zeros beside its Latin letters."""
    head = data[:_HEAD]
    half = len(head) // 2
    if half and head[1::2].count(0) * 2 > half and not head[::2].count(0):
        return "utf-16-le"
    if half and head[::2].count(0) * 2 > half and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _claimed(data: bytes, content_type: str) -> str:
    """Find the codec that the content type or the head of a document names; empty for none."""
    named = _NAME.search(content_type)
    inside = None if named else _CLAIM.search(data[:_HEAD])
    name = named[1] if named else inside[1].decode("ascii") if inside else ""
    try:
        return codecs.lookup(name).name if name else ""
    except LookupError:
        return ""


def _once(text: str) -> str:
    """Undo a second encoding: Windows-1252 that was taken for what it had become in UTF-8."""
    if not _TWICE.search(text):
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text
