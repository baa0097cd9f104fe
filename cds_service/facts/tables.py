"""The content files of this folder: closed TOML tables, checked when they are loaded."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from cds_service.errors import ContentError

_HERE: Final = Path(__file__).parent


def load_table(name: str) -> Mapping[str, Any]:
    """Load one content file; numbers with a point become decimals.

    Raises ContentError for a file that is missing or no TOML.
    """
    try:
        text = (_HERE / name).read_text(encoding="utf-8")
        return tomllib.loads(text, parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError) as error:
        msg = f"facts/{name}: {error}"
        raise ContentError(msg) from error


def closed(table: object, allowed: frozenset[str], where: str) -> Mapping[str, Any]:
    """Give a table back if it is one and all its keys are known.

    Raises ContentError naming `where` and the first key that is not.
    """
    if not isinstance(table, dict):
        msg = f"{where}: must be a table"
        raise ContentError(msg)
    unknown = sorted(set(table) - allowed)
    if unknown:
        msg = f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(allowed))}"
        raise ContentError(msg)
    return table


def keys_of(text: str) -> frozenset[str]:
    """Write a set of keys as one line of words."""
    return frozenset(text.split())


def rows(
    table: Mapping[str, Any], key: str, allowed: frozenset[str], where: str
) -> Iterator[Mapping[str, Any]]:
    """Go through the active code rows of a table; raises ContentError for a row without code."""
    for row in table.get(key, ()):
        known = closed(row, allowed, f"{where}.{key}")
        if not isinstance(known.get("code"), str) or not known["code"]:
            msg = f"{where}.{key}: a row has no code"
            raise ContentError(msg)
        if known.get("active", True):
            yield known
