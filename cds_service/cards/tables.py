"""Closed TOML tables: every key is known, or the start stops and says where."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Container, Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from string import Template
from typing import Any, TypeVar

from cds_service.errors import ContentError

Table = Mapping[str, Any]
Member = TypeVar("Member", bound=StrEnum)


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


def number(table: Table, key: str, where: str) -> Decimal:
    """Take a finite number as an exact decimal."""
    value = table.get(key)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        exact = Decimal(value)
        if exact.is_finite():
            return exact
    msg = f"{where}: {key!r} must be a number"
    raise ContentError(msg)


def choice(kind: type[Member], raw: Table, key: str, where: str) -> Member:
    """Take one of the words of an enumeration."""
    value = raw.get(key)
    if value not in [member.value for member in kind]:
        msg = f"{where}: {key!r} must be one of {', '.join(member.value for member in kind)}"
        raise ContentError(msg)
    return kind(value)


def flag(table: Table, key: str, where: str) -> bool:
    """Take true or false; false where the key is missing."""
    value = table.get(key, False)
    if not isinstance(value, bool):
        msg = f"{where}: {key!r} must be true or false"
        raise ContentError(msg)
    return value


def rows(table: Table, key: str, where: str) -> list[Any]:
    """Take a list, empty where the key is missing; what stands in it is for the reader to check."""
    value = table.get(key, [])
    if not isinstance(value, list):
        msg = f"{where}: {key!r} must be a list"
        raise ContentError(msg)
    return value


def filled_by(names: Container[str], template: str, where: str) -> None:
    """Refuse a template with a name that nothing fills; ContentError says which."""
    made = Template(template)
    if not made.is_valid():
        msg = f"{where}: a lone $ in {template!r}; write $$ for the sign itself"
        raise ContentError(msg)
    for name in made.get_identifiers():
        if name not in names:
            msg = f"{where}: nothing fills ${name}"
            raise ContentError(msg)
