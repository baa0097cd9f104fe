"""Patterns of codes, written out: `^S220[0-8]1` stands for nine prefixes, found by one lookup."""

from __future__ import annotations

import re
from itertools import product
from typing import Final

from cds_service.errors import ContentError

_PIECE: Final = re.compile(r"([A-Z0-9])|\[([A-Z0-9-]+)\]|\(([A-Z0-9|\[\]-]+)\)")
_RANGE: Final = re.compile(r"([A-Z0-9])-([A-Z0-9])|([A-Z0-9])")


def prefixes_of(pattern: object, where: str) -> tuple[str, ...]:
    """Write out all beginnings that a pattern stands for.

    A pattern is `^`, then letters and digits, classes ([0-8]) and choices ((1[0-9]|2[0-9])).
    ContentError for any other.
    """
    if isinstance(pattern, str) and pattern.startswith("^"):
        found = _expanded(pattern[1:])
        if found:
            return found
    msg = f"{where}: {pattern!r} is no pattern of codes: ^, letters, digits, [0-8], (1[0-9]|20)"
    raise ContentError(msg)


def _expanded(pattern: str) -> tuple[str, ...]:
    """Write out a pattern without its anchor; nothing for one that cannot be read."""
    pieces: list[list[str]] = []
    at = 0
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if piece is None:
            return ()
        at = piece.end()
        literal, chars, choices = piece.groups()
        if literal:
            pieces.append([literal])
        elif chars:
            pieces.append(_class(chars))
        else:
            pieces.append([one for choice in choices.split("|") for one in _expanded(choice)])
    return tuple("".join(one) for one in product(*pieces)) if pieces else ()


def _class(chars: str) -> list[str]:
    """List the characters of a class."""
    found: list[str] = []
    for low, high, single in _RANGE.findall(chars):
        found += [single] if single else map(chr, range(ord(low), ord(high) + 1))
    return found
