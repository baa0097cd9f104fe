"""Closed TOML tables: every key is known, or the start stops and says where."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from cds_service.errors import ContentError

Table = Mapping[str, Any]


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file with exact decimals; ContentError names the file and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{path.name}: cannot be read: {error}"
        raise ContentError(msg) from error


def closed(table: Any, where: str, required: Iterable[str], optional: Iterable[str] = ()) -> Table:
    """Check that a table has all required keys and no unknown one."""
    if not isinstance(table, Mapping):
        msg = f"{where}: must be a table"
        raise ContentError(msg)
    required = tuple(required)
    known = {*required, *optional}
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            msg = f"{where}: unknown key {key!r}{hint}"
            raise ContentError(msg)
    for key in required:
        if key not in table:
            msg = f"{where}: key {key!r} is missing"
            raise ContentError(msg)
    return table


def text(table: Table, key: str, where: str, default: str | None = None) -> str:
    """Take a string; without a default it must be there and say something."""
    value = table.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        msg = f"{where}: {key!r} must be a text"
        raise ContentError(msg)
    return value.strip()


def texts(table: Table, key: str, where: str) -> tuple[str, ...]:
    """Take a list of strings, empty where the key is missing."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        msg = f"{where}: {key!r} must be a list of texts"
        raise ContentError(msg)
    return tuple(value)


def whole(table: Table, key: str, where: str, default: int = 0) -> int:
    """Take a whole number that is not negative."""
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        msg = f"{where}: {key!r} must be a whole number"
        raise ContentError(msg)
    return value


def number(table: Table, key: str, where: str, default: str | None = None) -> Decimal:
    """Take a number as an exact decimal."""
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        msg = f"{where}: {key!r} must be a number"
        raise ContentError(msg)
    return Decimal(value)
