"""The file of a site (CDS_SITE): a closed TOML file, read and proven before anything uses it."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from cds_service.cards.tables import Table, closed, flag, read_toml, rows, text, texts
from cds_service.clinical.card import Link
from cds_service.clinical.fact import Kind
from cds_service.errors import ContentError
from cds_service.facts.local import LocalLab, LocalOrder, Question
from cds_service.site.codes import read_lab, read_order, read_question
from cds_service.site.parameters import HOLDS, Parameter, Value, proven
from cds_service.terminology.config import Terminology, read_terminology

SOURCE: Final = "site"
"""The key of a site among the sources that cards cite."""

NAMELESS: Final = "this site"
_KEYS: Final = (
    *("hospital", "links", "parameters", "rules", "record", "laboratory_codes", "order_codes"),
    *("questions", HOLDS, "terminology"),
)
_LONGEST: Final = 200
_MARKUP: Final = frozenset("<>[]`*_|\\$#~")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value that a site gives to a parameter, and why."""

    value: Value
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OwnHolds:
    """Rows of the table of holds that take the place of all rows of their drugs."""

    source: str
    where: str
    reason: str
    rows: tuple[Table, ...]

    @property
    def agents(self) -> tuple[str, ...]:
        """The drugs whose rows are the site's own."""
        return tuple(dict.fromkeys(str(row["agent"]) for row in self.rows))


@dataclass(frozen=True, slots=True)
class Site:
    """All that one site sets; an empty one changes nothing.

    `off` maps rules that are switched off to the reason, which may be empty. `digest` names the
    exact state of the file.
    """

    file: str = ""
    digest: str = ""
    hospital: str = ""
    links: tuple[Link, ...] = ()
    chosen: Mapping[str, Chosen] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)
    adds: frozenset[Kind] = frozenset()
    lacks: frozenset[Kind] = frozenset()
    labs: tuple[LocalLab, ...] = ()
    orders: tuple[LocalOrder, ...] = ()
    questions: tuple[Question, ...] = ()
    holds: OwnHolds | None = None
    terminology: Terminology | None = None

    @property
    def name(self) -> str:
        """Name the site for the reader of a card."""
        return self.hospital or NAMELESS


def read_site(
    path: Path | None, parameters: Mapping[str, Parameter], rules: Collection[str]
) -> Site:
    """Read the file of a site; ContentError says what does not fit and where.

    `parameters` and `rules` are the names that it may use.
    """
    if path is None:
        return Site()
    where = path.name
    raw = closed(_table(path), where, (), _KEYS)
    record = closed(raw.get("record", {}), f"{where} [record]", (), ("adds", "lacks"))
    adds, lacks = (_kinds(record, key, f"{where} [record]") for key in ("adds", "lacks"))
    return Site(
        where,
        hashlib.sha256(path.read_bytes()).hexdigest()[:8],
        _line(raw, "hospital", where),
        tuple(_link(one, f"{where} links") for one in rows(raw, "links", where)),
        _chosen(raw.get("parameters", {}), parameters, f"{where} [parameters]"),
        _off(raw.get("rules", {}), rules, f"{where} [rules]"),
        adds,
        lacks,
        tuple(_each(raw, "laboratory_codes", where, read_lab)),
        tuple(_each(raw, "order_codes", where, read_order)),
        tuple(_each(raw, "questions", where, read_question)),
        _holds(raw.get(HOLDS), f"{where} [{HOLDS}]"),
        read_terminology(raw.get("terminology"), f"{where} [terminology]"),
    )


def _table(path: Path) -> Mapping[str, Any]:
    """Read the file; a folder in its place is none."""
    if not path.is_file():
        msg = f"{path}: is no file"
        raise ContentError(msg)
    return read_toml(path)


def known(name: str, names: Collection[str], what: str, where: str) -> str:
    """Take a name that is known; ContentError suggests another one."""
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        msg = f"{where}: unknown {what} {name!r}{hint}"
        raise ContentError(msg)
    return name


def _line(raw: Table, key: str, where: str) -> str:
    """Take a text of one line, empty where the key is missing."""
    said = text(raw, key, where, "")
    if len(said) > _LONGEST or not said.isprintable():
        msg = f"{where}: {key!r} must be one line of at most {_LONGEST} characters"
        raise ContentError(msg)
    if odd := sorted(set(said) & _MARKUP):
        msg = f"{where}: {key!r} stands on cards as plain words: leave out {' '.join(odd)}"
        raise ContentError(msg)
    return said


def _link(raw: Any, where: str) -> Link:
    """Take one link: absolute and https, as cards need it."""
    closed(raw, where, ("label", "url"))
    label, url = _line(raw, "label", where), text(raw, "url", where)
    try:
        parts = urlsplit(url)
    except ValueError as error:
        msg = f"{where}: {url!r} is no URL"
        raise ContentError(msg) from error
    plain = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
    if not label or not plain or not url.isprintable() or " " in url:
        msg = f"{where}: needs a label and an absolute https URL, not {url!r}"
        raise ContentError(msg)
    return Link(label, url)


def _flat(table: Any, names: Collection[str], where: str, before: str = "") -> Iterator[Any]:
    """Go through `coag.inr.target = 1.4`, whether TOML took it for one name or for tables."""
    closed(table, where, (), table if isinstance(table, Mapping) else ())
    for key, value in table.items():
        name = f"{before}{key}"
        inside = any(one.startswith(f"{name}.") for one in names)
        if name not in names and inside and isinstance(value, Mapping):
            yield from _flat(value, names, where, f"{name}.")
        else:
            yield known(name, names, "parameter", where), value


def _chosen(table: Any, parameters: Mapping[str, Parameter], where: str) -> Mapping[str, Chosen]:
    """Take the values of parameters, each a number or word, or a table with a reason."""
    names = [name for name in parameters if name != HOLDS]
    found: dict[str, Chosen] = {}
    for name, given in _flat(table, names, where):
        place = f"{where} {name}"
        raw = given if isinstance(given, Mapping) else {"value": given}
        closed(raw, place, ("value",), ("unit", "reason"))
        if name in found:
            msg = f"{place}: is set twice"
            raise ContentError(msg)
        value = proven(parameters[name], raw, place)
        found[name] = Chosen(value, _line(raw, "reason", place))
    return found


def _off(table: Any, rules: Collection[str], where: str) -> Mapping[str, str]:
    """Take the rules that are switched off, each with its reason."""
    closed(table, where, (), table if isinstance(table, Mapping) else ())
    found = {}
    for name, given in table.items():
        rule = known(name.replace("-", "_"), rules, "rule", where)
        place = f"{where} {rule}"
        if isinstance(given, str) and given in {"on", "off"}:
            raw: Table = {"off": given == "off"}
        else:
            raw = closed(given, f'{place} ("on", "off", or off with a reason)', ("off",), _REASON)
        reason = _line(raw, "reason", place)
        if flag(raw, "off", place):
            found[rule] = reason
    return found


_REASON: Final = ("reason",)


def _kinds(raw: Table, key: str, where: str) -> frozenset[Kind]:
    """Take kinds of facts."""
    names = [kind.value for kind in Kind]
    found = texts(raw, key, where)
    return frozenset(Kind(known(name, names, "kind of facts", where)) for name in found)


def _each(raw: Table, key: str, where: str, read: Any) -> Iterator[Any]:
    """Read each row of a list."""
    for number, row in enumerate(rows(raw, key, where), 1):
        yield read(row, f"{where} [[{key}]] {number}")


def _holds(raw: Any, where: str) -> OwnHolds | None:
    """Take the rows of holds that replace those of the card file."""
    if raw is None:
        return None
    closed(raw, where, ("source", "where", "rows"), _REASON)
    listed = rows(raw, "rows", where)
    if not listed:
        msg = f"{where}: 'rows' must list at least one hold"
        raise ContentError(msg)
    for number, row in enumerate(listed, 1):
        place = f"{where} row {number}"
        closed(row, place, ("agent",), row if isinstance(row, Mapping) else ())
        text(row, "agent", place)
    source, place = _line(raw, "source", where), _line(raw, "where", where)
    return OwnHolds(source, place, _line(raw, "reason", where), tuple(listed))
