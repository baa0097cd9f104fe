"""Attachments: inline, in a Binary of the record, fetched, or out of reach."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from cds_service.clinical.evidence import Resource
from cds_service.clinical.report_text import Document, Trouble
from cds_service.facts.context import Context
from cds_service.facts.elements import obj, objs, word
from cds_service.reports.formats.decode import (
    MOST_BYTES,
    PDF,
    RANKS,
    Decoded,
    decoded,
    decoded_text,
    plain_type,
)

Attachment = Mapping[str, Any]
Documents = Mapping[str, Document]

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_ABSENT: Final = "data-absent-reason"
_HIDDEN: Final = frozenset({"masked", "not-permitted"})
_ADDENDUM: Final = re.compile(r"(?i)addend|amend|supplement")
_LAST: Final = 9
_UNTOLD: Final = 0.5


class Form(NamedTuple):
    """One form of a text, as it was read."""

    is_addendum: bool
    read: Decoded


def forms(
    attachments: Sequence[Attachment],
    holder: Resource,
    context: Context,
    documents: Documents,
    *,
    cheap: bool = False,
) -> tuple[list[Form], Trouble | None]:
    """Read attachments, and say what could not be read.

    Those of several types are forms of one text (FHIR R4, DiagnosticReport.presentedForm): the
    first that can be read is enough. Several of one type are several texts, and so is an addendum.
    With `cheap` only what needs little work is read.
    """
    read: list[Form] = []
    trouble: Trouble | None = None
    for group in _groups(attachments, holder, context):
        first: Trouble | None = None
        for kind in group:
            if cheap and plain_type(word(kind[0].get("contentType"))) == PDF:
                continue
            tried = [
                Form(_is_addendum(one), _read(one, holder, context, documents)) for one in kind
            ]
            lost = next((form.read.trouble for form in tried if form.read.trouble), None)
            if any(form.read.text for form in tried):
                read += [form for form in tried if form.read.text]
                first = lost
                break
            first = first or lost
        trouble = trouble or first
    return read, trouble


def lacking(
    attachments: Sequence[Attachment], holder: Resource, context: Context
) -> list[tuple[str, str]]:
    """Give (URL, content type) of the contents that must be fetched before they can be read."""
    found = []
    for group in _groups(attachments, holder, context):
        if any(
            _is_here(one, holder, context) and _is_readable(one) for kind in group for one in kind
        ):
            continue
        readable = [kind for kind in group if _is_readable(kind[0])]
        found += [
            (word(one.get("url")), word(one.get("contentType")))
            for one in (readable[0] if readable else ())
            if word(one.get("url")) and not _is_too_large(one)
        ]
    return found


def _groups(
    attachments: Sequence[Attachment], holder: Resource, context: Context
) -> list[list[list[Attachment]]]:
    """Sort attachments: the text and its addenda; in each by types, the best one first."""
    parted: dict[bool, dict[tuple[bool, float, str], list[Attachment]]] = {}
    for one in attachments:
        kind = plain_type(word(one.get("contentType")))
        rank = _LAST if kind is None else RANKS.get(kind, _UNTOLD)
        group = parted.setdefault(_is_addendum(one), {})
        order = (not _is_here(one, holder, context), rank, kind or word(one.get("contentType")))
        group.setdefault(order, []).append(one)
    return [[kinds[order] for order in sorted(kinds)] for _, kinds in sorted(parted.items())]


def _is_addendum(attachment: Attachment) -> bool:
    """Tell whether the title of an attachment calls it an addendum."""
    return bool(_ADDENDUM.search(word(attachment.get("title"))))


def _is_readable(attachment: Attachment) -> bool:
    """Tell whether a type may be one that can be read."""
    return plain_type(word(attachment.get("contentType"))) is not None


def _is_here(attachment: Attachment, holder: Resource, context: Context) -> bool:
    """Tell whether the content of an attachment need not be fetched."""
    return bool(attachment.get("data")) or _binary(attachment, holder, context) is not None


def _binary(attachment: Attachment, holder: Resource, context: Context) -> Resource | None:
    """Find the Binary that an attachment points at in the record."""
    url = word(attachment.get("url"))
    found = context.resolve(url, holder) if url else None
    return found if found is not None and found.get("resourceType") == "Binary" else None


def _is_too_large(attachment: Attachment) -> bool:
    """Tell whether an attachment says itself that it is too large."""
    size = attachment.get("size")
    return type(size) is int and size > MOST_BYTES


def _read(
    attachment: Attachment, holder: Resource, context: Context, documents: Documents
) -> Decoded:
    """Read one attachment, or say why it cannot be read."""
    kind = word(attachment.get("contentType"))
    language = word(attachment.get("language")).lower()
    if language and not language.startswith("en"):
        return Decoded("", kind, Trouble.OTHER_LANGUAGE)
    if attachment.get("data"):
        return _inline(attachment["data"], kind)
    binary = _binary(attachment, holder, context)
    if binary is not None:
        return _inline(binary.get("data"), kind or word(binary.get("contentType")))
    fetched = documents.get(word(attachment.get("url")))
    if fetched is not None and fetched.trouble is None:
        return decoded(fetched.data, fetched.content_type or kind)
    return Decoded("", kind, fetched.trouble if fetched else _why_not(attachment))


def _why_not(attachment: Attachment) -> Trouble:
    """Say why an attachment has no content here."""
    if _is_too_large(attachment):
        return Trouble.TOO_LARGE
    if plain_type(word(attachment.get("contentType"))) is None:
        return Trouble.UNKNOWN_TYPE
    if word(attachment.get("url")):
        return Trouble.NOT_FETCHED
    return Trouble.FORBIDDEN if is_hidden(attachment) else Trouble.NO_TEXT


def is_hidden(element: Mapping[str, Any]) -> bool:
    """Tell whether an element says that its content is withheld."""
    holders = (element, *(obj(element.get(key)) for key in ("_data", "_url", "_valueString")))
    return any(
        word(one.get("url")).endswith(_ABSENT) and word(one.get("valueCode")) in _HIDDEN
        for holder in holders
        for one in objs(holder.get("extension"))
    )


def _inline(data: object, kind: str) -> Decoded:
    """Read base64, as it should be, or the plain text that some write in its place."""
    if not isinstance(data, str):
        return Decoded("", kind, Trouble.BROKEN)
    if len(data) > MOST_BYTES * 2:
        return Decoded("", kind, Trouble.TOO_LARGE)
    packed = "".join(data.split())
    if not _BASE64.fullmatch(packed):
        return decoded_text(data) if " " in data.strip() else Decoded("", kind, Trouble.BROKEN)
    try:
        raw = base64.b64decode(packed.translate(_URL_SAFE), validate=True)
    except (binascii.Error, ValueError):
        return Decoded("", kind, Trouble.BROKEN)
    return decoded(raw, kind)


_URL_SAFE: Final = str.maketrans("-_", "+/")
