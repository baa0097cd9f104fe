"""Contents of attachments: where one may be fetched from, in which form, and what came of it."""

from __future__ import annotations

import base64
import binascii
import re
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from cds_service.clinical.report_text import Document, Trouble
from cds_service.evidence import strict
from cds_service.evidence.body import TOO_LARGE, Reply

FHIR_JSON: Final = "application/fhir+json"
LARGEST: Final = 6 << 20
"""Four megabytes, and what base64 and the Binary around it add."""

NOT_IN_THAT_FORM: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
"""What servers answer that give a Binary as FHIR only."""

_TYPE: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,60}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,60}"
)
_BINARY: Final = re.compile(r"Binary/[A-Za-z0-9._~-]{1,255}(?:/_history/[A-Za-z0-9.-]{1,64})?")
_OBSERVATION: Final = re.compile(r"Observation/[A-Za-z0-9._~-]{1,255}")
_JSON: Final = re.compile(r"(?i)\s*application/(?:fhir\+)?json\b")


class Fetched(NamedTuple):
    """A document that was fetched, by the URL under which it was wanted."""

    url: str
    document: Document


def binary_url(url: str, base: str) -> str | None:
    """Give the absolute URL of a Binary below the base URL; None for anything else, anywhere.

    The token is for one server: it goes to no other address, and to no other path of that one.
    """
    relative = _below(url, base)
    return f"{base}/{relative}" if relative and _BINARY.fullmatch(relative) else None


def observation_path(reference: str, base: str) -> str | None:
    """Give the path of an Observation below the base URL; None for anything else."""
    relative = _below(reference, base).partition("/_history/")[0]
    return relative if _OBSERVATION.fullmatch(relative) else None


def _below(url: str, base: str) -> str:
    """Write a URL below the base URL as a relative one; empty where it leads out by dots."""
    relative = url.removeprefix(base + "/")
    return "" if {".", ".."} & set(relative.split("/")) else relative


def accepted(content_type: str) -> str:
    """Write an Accept header: the type of the content, else a FHIR Binary (real-data.md 5)."""
    bare = content_type.split(";", 1)[0].strip()
    return f"{bare}, {FHIR_JSON};q=0.5" if _TYPE.fullmatch(bare) else FHIR_JSON


def document_of(reply: Reply) -> Document:
    """Take the content out of an answer, whether it comes raw or in a FHIR Binary."""
    if reply.problem:
        refused = reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        large = Trouble.TOO_LARGE if reply.problem == TOO_LARGE else Trouble.NOT_FETCHED
        return Document(trouble=Trouble.FORBIDDEN if refused else large)
    if not _JSON.match(reply.content_type):
        return Document(reply.body, reply.content_type)
    try:
        binary: Any = strict.loads(reply.body)
        if binary.get("resourceType") == "Binary":
            packed = "".join(binary["data"].split())
            kind = binary.get("contentType")
            data = base64.b64decode(packed, validate=True)
            return Document(data, kind if isinstance(kind, str) else "")
    except (binascii.Error, ValueError, AttributeError, KeyError):
        return Document(trouble=Trouble.BROKEN)
    return Document(trouble=Trouble.NOT_FETCHED)
