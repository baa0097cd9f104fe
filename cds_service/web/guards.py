"""What may come in at all: JSON by its type, of bounded size and depth, without doubles.

orjson refuses NaN, numbers beyond a double, lone surrogates and bad UTF-8. The rest shows when the
value is written out again, which costs a fifth of reading it:

- a key that stands twice is written once, so that a colon is missing;
- a value that is too deep ends the writer, which stops at a depth of its own;
- a long text makes a long line, where each member has a line of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson
from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from cds_service.errors import BadRequest, NotJson, TooLarge

WRITER_DEPTH: Final = 254
"""How many containers in each other orjson writes before it gives up; a test holds it to that."""

_ESCAPED_COLON: Final = b"\\u003a"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a body: bytes of the whole and of one text, containers in each other."""

    body_bytes: int
    depth: int
    string_bytes: int


def read_json(request: Request, limits: Limits) -> Any:
    """Read the JSON body of a request.

    NotJson (415) for another type, TooLarge (413) beyond a limit, BadRequest (400) for the rest.
    """
    kind = request.mimetype
    if kind != "application/json" and not kind.endswith("+json"):
        msg = "the body must be declared as application/json"
        raise NotJson(msg)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        msg = "the body must not be compressed"
        raise NotJson(msg)
    return parse(_body(request, limits), limits)


def parse(raw: bytes, limits: Limits) -> Any:
    """Parse a body and hold it against the limits; errors as for `read_json`."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "depth limit" in str(error):
            raise _too_deep(limits) from None
        msg = "the body is not valid JSON (UTF-8, no NaN, no lone surrogates)"
        raise BadRequest(msg) from None
    if _colons(raw) != _written(value, limits).count(b":"):
        msg = "the body holds an object with the same key twice"
        raise BadRequest(msg)
    if len(raw) > limits.string_bytes and _has_long_text(value, limits.string_bytes):
        msg = f"a text is longer than {limits.string_bytes} bytes"
        raise TooLarge(msg)
    return value


def _body(request: Request, limits: Limits) -> bytes:
    """Read the bytes of the body, up to the limit, also where no length was announced.

    One byte more is asked for: a stream without a length is cut at its bound without a word.
    """
    request.max_content_length = limits.body_bytes + 1
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raw = None
    except Exception as error:  # each server has errors of its own for a body that breaks off
        msg = "the body could not be read to its end"
        raise BadRequest(msg) from error
    if raw is None or len(raw) > limits.body_bytes:
        msg = f"the body is larger than {limits.body_bytes} bytes"
        raise TooLarge(msg)
    return raw


def _colons(raw: bytes) -> int:
    """Count the colons of a JSON text, in keys and texts, also those written as an escape.

    Most bodies hold no escape at all, and one byte is looked for in a twentieth of the time.
    """
    colons = raw.count(b":")
    if b"\\" in raw and b"\\u003" in raw:
        colons += raw.replace(b"\\\\", b"").lower().count(_ESCAPED_COLON)
    return colons


def _written(value: Any, limits: Limits) -> bytes:
    """Write a value inside so many lists that the writer's limit becomes ours."""
    for _ in range(WRITER_DEPTH - limits.depth):
        value = [value]
    try:
        return orjson.dumps(value)
    except TypeError:  # nothing else that was read cannot be written
        raise _too_deep(limits) from None


def _has_long_text(value: Any, longest: int) -> bool:
    """Tell whether a line has more than `longest` bytes: it must cover one of the points asked."""
    lines = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    for point in range(longest, len(lines), longest):
        end = lines.find(b"\n", point)
        end = len(lines) if end < 0 else end
        if end - lines.rfind(b"\n", 0, point) - 1 > longest:
            return True
    return False


def _too_deep(limits: Limits) -> TooLarge:
    """Make the error for a body that is nested too deeply."""
    return TooLarge(f"the body is nested deeper than {limits.depth} levels")
