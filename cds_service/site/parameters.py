"""The names under which a site may change limits: `parameters.toml` of a procedure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cds_service.cards.tables import Table, choice, closed, flag, read_toml, rows, text, texts
from cds_service.clinical.quantity import UNIT_WORDS, Quantity
from cds_service.errors import ContentError

FILE: Final = "parameters"
HOLDS: Final = "holds"
EVERY: Final = "*"
TIMES: Final = ("days", "hours")
COUNTED: Final = frozenset({*TIMES, "levels", "fractures", "years"})
"""The units of which there are only whole ones."""

_KEYS: Final = (
    *("unit", "tighter", "plausible", "seed", "limits", "place", "words", "waits_for"),
    *("named", "at_most"),
)
_ENDS: Final = 2

Value = Decimal | str


class Tighter(StrEnum):
    """Which way a limit warns sooner."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name of the catalogue: what it may be, and where it stands in the card files.

    `limits` are pairs of card file and limit. `words` are the values of one that is no number.
    A `seed` stands in one of the four papers. `at_most` names another that it never exceeds.
    Without `limits` and `place` it waits for a rule.
    """

    name: str
    says: str
    unit: str = ""
    tighter: Tighter = Tighter.NEITHER
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    seed: bool = False
    limits: tuple[tuple[str, str], ...] = ()
    place: str = ""
    words: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    named: str = ""
    at_most: str = ""

    @property
    def used(self) -> bool:
        """Tell whether this version does anything with it."""
        return bool(self.limits or self.place)

    def direction(self, old: Value | None, new: Value) -> str:
        """Say what a change does: "tighter", "looser", or "changed" where that cannot be said."""
        if old is None:
            return "switched on"
        if old == new:
            return "as the default"
        if self.tighter is Tighter.NEITHER or isinstance(old, str) or isinstance(new, str):
            return "changed"
        return "tighter" if (new < old) is (self.tighter is Tighter.LOWER) else "looser"

    def shown(self, value: Value | None) -> str:
        """Write a value with its unit; "off" for none."""
        if value is None:
            return "off"
        if isinstance(value, str):
            return value
        unit = f" {self.unit}" if self.unit in COUNTED else ""
        return f"{value}{unit}" if unit else str(Quantity(value, self.unit))


def load_parameters(folder: Path) -> dict[str, Parameter]:
    """Read the names of a procedure; one without the file has none."""
    path = folder / f"{FILE}.toml"
    table = read_toml(path) if path.is_file() else {}
    cards = {one.stem: read_toml(one).get("limits") for one in sorted(folder.glob("*.toml"))}
    return {
        name: _parameter(name, raw, f"{path.name} [{name}]", cards) for name, raw in table.items()
    }


def limit_in(limits: Any, path: str) -> Any:
    """Find a limit, perhaps inside of a group ("look_back.oral"); None where there is none."""
    for key in path.split("."):
        limits = limits.get(key) if isinstance(limits, Mapping) else None
    return limits


def _places(raw: Table, where: str, cards: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """List the limits of a name, with those of every card file for one written "*.limit"."""
    for one in texts(raw, "limits", where):
        card, _, limit = one.partition(".")
        if not card or not limit:
            msg = f"{where}: a limit is written card_file.limit"
            raise ContentError(msg)
        if card == EVERY:
            yield from ((name, limit) for name, held in cards.items() if limit_in(held, limit))
        else:
            yield card, limit


def _parameter(name: str, raw: Any, where: str, cards: Mapping[str, Any]) -> Parameter:
    """Make one name of its table."""
    closed(raw, where, ("says",), _KEYS)
    numeric = "words" not in raw and name != HOLDS
    low, high = _plausible(raw, where) if numeric else (Decimal(0), Decimal(0))
    return Parameter(
        name,
        text(raw, "says", where),
        text(raw, "unit", where) if numeric else "",
        choice(Tighter, raw, "tighter", where) if numeric else Tighter.NEITHER,
        low,
        high,
        flag(raw, "seed", where),
        tuple(dict.fromkeys(_places(raw, where, cards))),
        text(raw, "place", where, ""),
        texts(raw, "words", where),
        texts(raw, "waits_for", where),
        str(raw.get("named", "")),
        text(raw, "at_most", where, ""),
    )


def _plausible(raw: Table, where: str) -> tuple[Decimal, Decimal]:
    """Read the least and the greatest value that can be meant."""
    ends = rows(raw, "plausible", where)
    numbers = [Decimal(end) for end in ends if type(end) in (int, Decimal)]
    if len(ends) != _ENDS or len(numbers) != _ENDS or numbers[0] >= numbers[1]:
        msg = f"{where}: 'plausible' must be two numbers, the smaller one first"
        raise ContentError(msg)
    return numbers[0], numbers[1]


def proven(parameter: Parameter, raw: Mapping[str, Any], where: str) -> Value:
    """Take the value that a site gives; ContentError for a type, unit or size that cannot be."""
    value, unit = raw["value"], raw.get("unit", parameter.unit)
    if parameter.words:
        said = str(value).lower() if isinstance(value, bool) else value
        if said not in parameter.words:
            msg = f"{where}: must be one of {', '.join(parameter.words)}, not {value!r}"
            raise ContentError(msg)
        return str(said)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        msg = f"{where}: must be a number, not {value!r}"
        raise ContentError(msg)
    named = UNIT_WORDS.get(parameter.unit, parameter.unit.strip("{}"))
    if unit not in (parameter.unit, named):
        msg = f"{where}: is in {named}, not in {unit}"
        raise ContentError(msg)
    number = Decimal(value)
    if not (number.is_finite() and parameter.low <= number <= parameter.high):
        ends = f"{parameter.low} to {parameter.high}"
        msg = f"{where}: {value} cannot be meant; plausible is {ends} {named}"
        raise ContentError(msg)
    if parameter.unit in COUNTED and number != number.to_integral_value():
        msg = f"{where}: {value} must be a whole number of {parameter.unit}"
        raise ContentError(msg)
    return number
