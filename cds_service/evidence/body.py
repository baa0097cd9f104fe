"""Answers of a FHIR server: status, then a body that is unpacked and parsed within a limit."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final

import requests
from urllib3.exceptions import HTTPError

from cds_service.evidence import strict

UNREADABLE: Final = "the answer could not be read"
TOO_LARGE: Final = "the answer is larger than the limit"
FAULTS: Final = (OSError, ValueError, HTTPError, HTTPException)
"""What requests, urllib3, http.client and sockets raise; RequestException is an OSError."""

_CHUNK: Final = 65536
_GZIP: Final = zlib.MAX_WBITS | 16
_SECONDS: Final = re.compile("[0-9]{1,6}")


class Fault(StrEnum):
    """How an exchange broke.

    Not made by us at all; nobody there; ended before a byte came, on a new connection or on one
    that had served before (then the server may only have closed it meanwhile); in the middle.
    """

    NONE = ""
    OWN = "own"
    UNREACHED = "unreached"
    RESET = "reset"
    STALE = "stale"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request: a JSON value or bytes, or our own words for why there is none.

    `late` after the deadline; `wait` are the seconds that a refusal asks for (Retry-After).
    """

    body: Any = None
    problem: str = ""
    status: int = 0
    size: int = 0
    content_type: str = ""
    fault: Fault = Fault.NONE
    late: bool = False
    wait: float | None = None


Take = Callable[[int], bool]
"""Takes room for some bytes, and tells whether there was any left."""


def read(response: requests.Response, limit: int, take: Take | None = None) -> Reply:
    """Judge the status, then read and parse the body."""
    if response.status_code != HTTPStatus.OK:
        return _refused(response)
    return parsed(response, limit, take)


def raw(response: requests.Response, limit: int, take: Take | None = None) -> Reply:
    """Judge the status, then read the body as it is, with its content type."""
    if response.status_code != HTTPStatus.OK:
        return _refused(response)
    return _unpacked(response, limit, take)


def parsed(response: requests.Response, limit: int, take: Take | None = None) -> Reply:
    """Read and parse the body, whatever the status is."""
    reply = _unpacked(response, limit, take)
    if reply.problem:
        return reply
    try:
        return Reply(strict.loads(reply.body), "", reply.status, reply.size, reply.content_type)
    except ValueError:
        return Reply(problem=UNREADABLE, status=reply.status, size=reply.size)


def _unpacked(response: requests.Response, limit: int, take: Take | None) -> Reply:
    """Read and unpack the body within a limit, and the room that all answers share."""
    status = response.status_code
    data = bytearray()
    try:
        for piece in _pieces(response):
            data += piece
            if len(data) > limit or (take is not None and not take(len(piece))):
                return Reply(problem=TOO_LARGE, status=status, size=len(data))
    except (OSError, HTTPError, HTTPException):
        return Reply(problem=UNREADABLE, status=status, size=len(data), fault=Fault.CUT)
    except (ValueError, zlib.error):
        return Reply(problem=UNREADABLE, status=status, size=len(data))
    kind = response.headers.get("Content-Type", "")
    return Reply(bytes(data), "", status, len(data), kind)


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """Give the decoded body in pieces of bounded size, so that no bomb is ever unpacked whole."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"identity", "", "gzip", "x-gzip"}:
        raise ValueError(coding)
    unpack = zlib.decompressobj(_GZIP) if "gzip" in coding else None
    while raw := response.raw.read(_CHUNK, decode_content=False):
        if unpack is None:
            yield raw
            continue
        if unpack.eof:
            msg = "text after the end"
            raise ValueError(msg)
        while raw:
            yield unpack.decompress(raw, _CHUNK)
            raw = unpack.unconsumed_tail
    if unpack is not None:
        yield unpack.flush()
        if unpack.unused_data or not unpack.eof:
            msg = "the packed body does not end where it should"
            raise ValueError(msg)


def _refused(response: requests.Response) -> Reply:
    """Judge a status that is not 200; nothing is read of its body."""
    told = response.headers.get("Retry-After", "").strip()
    wait = float(told) if _SECONDS.fullmatch(told) else None
    status = response.status_code
    return Reply(problem=refusal(status), status=status, wait=wait)


def refusal(status: int) -> str:
    """Say in our own words what a status means."""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return f"the FHIR server refused access (HTTP {status})"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"the FHIR server answered with a redirect (HTTP {status})"
    return f"the FHIR server did not answer the question (HTTP {status})"
