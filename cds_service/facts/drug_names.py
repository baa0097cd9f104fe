"""Names of drugs, found in the words of a product (rules.md 9.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_ASA_OF_FIVE: Final = re.compile(r"(?i)\b[45]\s?-?\s?(?:amino)?ASA\b")
"""5-ASA is mesalamine, no aspirin."""
_LETTERS: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of drugs by their first word, so that a text is gone through once."""

    first: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    upper: Mapping[str, str]

    def in_text(self, text: str) -> set[str]:
        """Name the agents that a text names in whole words; figures beside a word do not matter."""
        written = _LETTERS.findall(_ASA_OF_FIVE.sub(" ", text))
        found = {self.upper[word] for word in written if word in self.upper}
        words = tuple(word.lower() for word in written)
        for place, word in enumerate(words):
            for name, agent in self.first.get(word, ()):
                if words[place : place + len(name)] == name:
                    found.add(agent)
        return found


def names_of(listed: Iterable[tuple[str, str]], upper: Iterable[tuple[str, str]]) -> Names:
    """Sort (name, agent) by the first word; raises IndexError for a name without a letter.

    `upper` are names that count only as they are written.
    """
    first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, agent in listed:
        words = tuple(word.lower() for word in _LETTERS.findall(name))
        first.setdefault(words[0], []).append((words, agent))
    return Names({word: tuple(names) for word, names in first.items()}, dict(upper))
