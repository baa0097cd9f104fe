"""`coverage.toml`: which rule carries which passage of a paper, and where papers disagree."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cds_service.cards.tables import closed, read_toml, rows, text, texts
from cds_service.errors import ContentError

FILE = "coverage.toml"
TRACED = "rules.md 8"
"""Where an item comes from that does not say it itself."""


@dataclass(frozen=True, slots=True)
class Item:
    """One passage of a paper, and the rules that carry it."""

    paper: str
    item: str
    rules: tuple[str, ...]
    origin: str = TRACED


@dataclass(frozen=True, slots=True)
class Position:
    """What one source says about a topic."""

    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A topic on which sources differ, the rules it concerns, and what their cards do about it."""

    topic: str
    rules: tuple[str, ...]
    shown: str
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """All of `coverage.toml`.

    `names` says how a card names a source, `no_seed` who asks for the rules that no paper of the
    four carries.
    """

    items: tuple[Item, ...]
    disagreements: tuple[Disagreement, ...]
    names: Mapping[str, str]
    no_seed: Mapping[str, str]

    def items_of(self, rule: str) -> tuple[Item, ...]:
        """List the passages that a rule carries."""
        return tuple(item for item in self.items if rule in item.rules)

    def named(self) -> tuple[str, ...]:
        """List every rule that is named anywhere, each once."""
        every = [rule for item in self.items for rule in item.rules]
        every += [*self.no_seed, *(rule for one in self.disagreements for rule in one.rules)]
        return tuple(dict.fromkeys(every))

    def unnamed(self, rule: str, dissent: str) -> tuple[tuple[str, str], ...]:
        """List (topic, name of a source) that the dissent of a rule should name and does not."""
        said = dissent.casefold()
        return tuple(
            (one.topic, self.names[position.source])
            for one in self.disagreements
            if rule in one.rules
            for position in one.positions
            if self.names[position.source].casefold() not in said
        )


def load_coverage(folder: Path, papers: Container[str]) -> Coverage:
    """Read `coverage.toml`; ContentError for an item without a rule and an unknown source.

    Whether the named rules exist is not asked here: `trace` and its tests say so.
    """
    raw = closed(read_toml(folder / FILE), FILE, ("names", "no_seed", "item", "disagreement"))
    names = {key: text(raw["names"], key, f"{FILE} [names]") for key in raw["names"]}
    no_seed = {key: text(raw["no_seed"], key, f"{FILE} [no_seed]") for key in raw["no_seed"]}
    items = tuple(_item(one) for one in rows(raw, "item", FILE))
    disagreements = tuple(_disagreement(one) for one in rows(raw, "disagreement", FILE))
    cited = [*names, *(item.paper for item in items)]
    cited += [position.source for one in disagreements for position in one.positions]
    for key in cited:
        if key not in papers:
            msg = f"{FILE}: {key!r} is not in papers.toml"
            raise ContentError(msg)
    for one in disagreements:
        for position in one.positions:
            if position.source not in names:
                msg = f"{FILE} {one.topic!r}: {position.source!r} has no name in [names]"
                raise ContentError(msg)
    return Coverage(items, disagreements, names, no_seed)


def _item(raw: Any) -> Item:
    """Read one passage."""
    where = f"{FILE} [[item]]"
    closed(raw, where, ("paper", "item", "rules"), ("from",))
    item = text(raw, "item", where)
    rules = _rules(raw, f"{where} {item!r}")
    return Item(text(raw, "paper", where), item, rules, text(raw, "from", where, TRACED))


def _disagreement(raw: Any) -> Disagreement:
    """Read one topic; a disagreement has two sides at least."""
    where = f"{FILE} [[disagreement]]"
    closed(raw, where, ("topic", "rules", "shown", "positions"))
    topic = text(raw, "topic", where)
    place = f"{where} {topic!r}"
    positions = []
    for one in rows(raw, "positions", place):
        closed(one, place, ("source", "says"))
        positions.append(Position(text(one, "source", place), text(one, "says", place)))
    if len({position.source for position in positions}) <= 1:
        msg = f"{place}: names fewer than two sources"
        raise ContentError(msg)
    return Disagreement(topic, _rules(raw, place), text(raw, "shown", place), tuple(positions))


def _rules(raw: Mapping[str, Any], where: str) -> tuple[str, ...]:
    """Read the names of the rules; there is one at least."""
    names = texts(raw, "rules", where)
    if not names:
        msg = f"{where}: no rule carries it"
        raise ContentError(msg)
    return names
