"""Words before a word: what turns a mention into history, denial or doubt (codes.md 0.3 and 1)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_REACH: Final = 5
_NEAR: Final = 400
"""How many characters before a place are looked at: one text may name a thing 10,000 times."""
_CLAUSE_END: Final = re.compile(r"[.;:!?\n](?=\s|$)")


def before(text: str, start: int, reach: int = _REACH) -> str:
    """Give up to `reach` words that stand before a place, in the same sentence."""
    sentence = _CLAUSE_END.split(text[max(0, start - _NEAR) : start])[-1]
    return " ".join(sentence.split()[-reach:])


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Make a pattern that finds any of the phrases as whole words, in any case."""
    inner = "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in phrases)
    return re.compile(rf"(?i)(?<!\w)(?:{inner})(?!\w)")


def says(pattern: re.Pattern[str], rejected: re.Pattern[str], text: str) -> bool:
    """Tell whether a text holds the pattern at least once without a rejecting phrase before it."""
    return any(not rejected.search(before(text, hit.start())) for hit in pattern.finditer(text))
