"""Words by which a condition raises suspicion where no code puts it into a value set."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from cds_service.facts.wording import says

_SEQUELA: Final = "sequela"
_DISPLAYS: Final = 2048
"""How many displays are kept in mind. They are words of a terminology, not of a record."""

_REJECTED: Final = re.compile(
    r"(?i)(?<!\w)(?:no|not|denie[sd]|without|history of|h/o|hx of|s/p|status post|prior|previous"
    r"|family|risk of|at risk for|rule out|r/o|negative for|screening for|vaccination"
    r"|fear of)(?!\w)"
)

Patterns = tuple[tuple[str, re.Pattern[str]], ...]
"""The name of each value set that has words, and its pattern."""


class ConditionWords:
    """Tells which value sets a text names without denying them."""

    __slots__ = ("_patterns", "of_display")

    def __init__(self, patterns: Patterns) -> None:
        """Take the patterns; displays, which come again and again, are read once each."""
        self._patterns = patterns
        self.of_display: Callable[[str], tuple[str, ...]] = lru_cache(_DISPLAYS)(self.of)

    def of(self, text: str) -> tuple[str, ...]:
        """Name the sets whose words a text holds, none for a sequela."""
        named = tuple(name for name, pattern in self._patterns if says(pattern, _REJECTED, text))
        return () if named and _SEQUELA in text.lower() else named
