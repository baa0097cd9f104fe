"""Templates of our content, each taken apart once: `string.Template` does so at every use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from string import Template
from typing import NamedTuple


class Parts(NamedTuple):
    """A template taken apart: its form for `str.format_map`, and the names in it."""

    form: str
    names: tuple[str, ...]


@lru_cache(maxsize=4096)
def parts_of(template: str) -> Parts:
    """Take a template apart; `$$` is the sign itself. Each was proven when it was loaded."""
    form, names, start = "", [], 0
    for match in Template.pattern.finditer(template):
        name = match["named"] or match["braced"]
        form += _literal(template[start : match.start()]) + (f"{{{name}}}" if name else "$")
        names += [name] if name else []
        start = match.end()
    return Parts(form + _literal(template[start:]), tuple(names))


def _literal(text: str) -> str:
    """Write a text so that `str.format_map` leaves it as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def filled(template: str, known: Mapping[str, str]) -> str:
    """Fill a template; each of its names is known."""
    return parts_of(template).form.format_map(known)
