"""JSON as RFC 8259 has it, and nothing that two parsers could read in two ways."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


def loads(data: bytes) -> Any:
    """Parse UTF-8 JSON; raises ValueError for all that is doubtful.

    Refused: other encodings and byte order marks, duplicate keys, NaN and infinities (1e400 as
    well), lone surrogates, nesting that no parser could follow, text after the end.
    """
    try:
        value = _DECODER.decode(data.decode("utf-8"))
        if _SURROGATE.search(data):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        msg = "nested too deeply"
        raise ValueError(msg) from error
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object in which each key stands once."""
    made = dict(pairs)
    if len(made) != len(pairs):
        msg = "a key stands twice"
        raise ValueError(msg)
    return made


def _finite(text: str) -> float:
    """Read a number that a float can hold."""
    number = float(text)
    if math.isinf(number):
        msg = "a number is too large"
        raise ValueError(msg)
    return number


def _constant(_name: str) -> NoReturn:
    """Refuse NaN and its like, which JSON does not know."""
    msg = "not a JSON number"
    raise ValueError(msg)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_finite, parse_constant=_constant
)
