"""Templates of our content, each taken apart once: `string.Template` does so at every use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from string import Template
from typing import NamedTuple


class Parts(NamedTuple):
    """A template taken apart: pairs of a text and the name after it, and the text at the end."""

    pairs: tuple[tuple[str, str], ...]
    end: str


@lru_cache(maxsize=4096)
def parts_of(template: str) -> Parts:
    """Take a template apart; `$$` is the sign itself. Each was proven when it was loaded."""
    pairs, text, start = [], "", 0
    for match in Template.pattern.finditer(template):
        text += template[start : match.start()]
        start = match.end()
        name = match["named"] or match["braced"]
        if name:
            pairs.append((text, name))
            text = ""
        else:
            text += "$"
    return Parts(tuple(pairs), text + template[start:])


def filled(template: str, known: Mapping[str, str]) -> str:
    """Fill a template; each of its names is known."""
    pairs, end = parts_of(template)
    return "".join([text + known[name] for text, name in pairs]) + end
