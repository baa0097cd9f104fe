"""The `[limits]` of a card file, turned into the class of numbers that its rule asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_type_hints

from cds_service.cards.tables import Table, closed, flag, number, text, texts, whole
from cds_service.clinical.hold import Hold
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.statement import Cited
from cds_service.clinical.when import Window
from cds_service.errors import ContentError

CITED = ("source", "where", "says")

OtherFile = Callable[[str], Table]
"""Gives the `[limits]` table of another card file of the procedure, by its name."""


def read_limits(
    table: Any, kind: type, where: str, other: OtherFile
) -> tuple[Any, dict[str, Cited]]:
    """Read all limits of a rule, each with its source.

    ContentError where one lacks, is unknown, or has no source.
    """
    names = [field.name for field in fields(kind)]
    closed(table, f"{where} [limits]", names)
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    cited: dict[str, Cited] = {}
    for name in names:
        place = f"{where} [limits] {name}"
        values[name], sources = _read_one(table[name], hints[name], place, other)
        cited |= {name + suffix: source for suffix, source in sources.items()}
    return _one(kind(**values)), cited


def _one(limits: Any) -> Any:
    """Give limits that read alike as one object: what several rules ask with them is asked once."""
    return _KNOWN.setdefault(repr(limits), limits)


_KNOWN: dict[str, Any] = {}


def _read_one(raw: Any, hint: Any, where: str, other: OtherFile) -> tuple[Any, dict[str, Cited]]:
    """Read one limit by the type that the rule gives it; one that may be off is `kind | None`."""
    kinds = get_args(hint)
    if NoneType in kinds:
        if isinstance(raw, Mapping) and "off" in raw:
            return None, _off(raw, where)
        hint = next(kind for kind in kinds if kind is not NoneType)
    if hint == tuple[Hold, ...]:
        return _holds(raw, where)
    if is_dataclass(hint) and hint not in (Quantity, Window):
        return _shared(raw, hint, where, other)
    readers = {Quantity: _quantity, Window: _window, tuple[str, ...]: _names}
    if hint not in readers:
        msg = f"{where}: no reader for limits of type {hint}"
        raise ContentError(msg)
    return readers[hint](raw, where), {"": _cited(raw, where)}


def _shared(raw: Any, hint: Any, where: str, other: OtherFile) -> tuple[Any, dict[str, Cited]]:
    """Take a whole group of limits, written here or once in another card file."""
    if not isinstance(raw, Mapping) or "same_as" not in raw:
        value, cited = read_limits(raw, hint, where, other)
    else:
        closed(raw, where, ("same_as",))
        name = text(raw, "same_as", where)
        value, cited = read_limits(other(name), hint, f"{name}.toml", other)
    return value, {f".{key}": source for key, source in cited.items()}


def _off(raw: Table, where: str) -> dict[str, Cited]:
    """Read a limit that is off until a site sets it; it says why, and a card never shows it."""
    closed(raw, where, ("off", "source", "where"))
    if not flag(raw, "off", where):
        msg = f"{where}: 'off' must be true; a limit that is on has a value instead"
        raise ContentError(msg)
    return {"": _cited(raw, where)}


def _cited(raw: Table, where: str) -> Cited:
    """Take the source of a limit; every limit has one."""
    says = text(raw, "says", where, "")
    return Cited(text(raw, "source", where), text(raw, "where", where), says)


def _quantity(raw: Any, where: str) -> Quantity:
    """Read a number with its unit."""
    closed(raw, where, ("value", "unit", "source", "where"), ("says",))
    return Quantity(number(raw, "value", where), text(raw, "unit", where, ""))


def _window(raw: Any, where: str) -> Window:
    """Read a length of time in days or in hours."""
    closed(raw, where, ("source", "where"), ("days", "hours", "says"))
    window = Window(whole(raw, "days", where), whole(raw, "hours", where))
    if bool(window.days) == bool(window.hours):
        msg = f"{where}: give either days or hours"
        raise ContentError(msg)
    return window


def _names(raw: Any, where: str) -> tuple[str, ...]:
    """Read a list of names."""
    closed(raw, where, ("names", "source", "where"), ("says",))
    return texts(raw, "names", where)


def _holds(raw: Any, where: str) -> tuple[tuple[Hold, ...], dict[str, Cited]]:
    """Read the table of holds, each row with its source."""
    if not isinstance(raw, list) or not raw:
        msg = f"{where}: must be a list of holds"
        raise ContentError(msg)
    rows = [read_hold(row, f"{where}[{index}]") for index, row in enumerate(raw)]
    cited = {f"[{i}]": _cited(row, f"{where}[{i}]") for i, row in enumerate(raw)}
    return tuple(rows), cited


def read_hold(raw: Any, where: str) -> Hold:
    """Read one row of the table of holds."""
    known = [field.name for field in fields(Hold)]
    closed(raw, where, ("agent", "source", "where"), (*known, "says"))
    given = {}
    for field in fields(Hold):
        if field.name in raw:
            given[field.name] = _hold_value(raw, field.name, field.default, where)
    hold = Hold(**given)
    if not (hold.none or hold.days or hold.hours or hold.doses):
        msg = f"{where}: a hold needs days, hours or doses, or none = true"
        raise ContentError(msg)
    return hold


def _hold_value(raw: Table, name: str, default: Any, where: str) -> Any:
    """Read one value of a hold by the type of its default."""
    if isinstance(default, bool):
        return flag(raw, name, where)
    if isinstance(default, str) or default is MISSING:
        return text(raw, name, where)
    if isinstance(default, Decimal) or default is None:
        return number(raw, name, where)
    return whole(raw, name, where)
