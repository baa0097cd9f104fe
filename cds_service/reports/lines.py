"""What the beginning of a line tells: of a vertebra, or of a part of one."""

from __future__ import annotations

import re
from typing import Final

_TOLD: Final = re.compile(
    r"[\s\-*•]*(?:(?:fracture )?(?!t[12]\b(?! ?[:(-]))(?:th|[tld])-?\d{1,2}\b(?![/\-])|"
    r"(?:cord|conus|canal|alignment|fractures?|height loss|posterior wall|pedicles?|retropulsion|"
    r"edema|marrow|levels?|vertebra[el]?(?: bod(?:y|ies))?)\s?:)"
)
_ONCE: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|tender|x-?ray|radiograph|(?<!\w)(?:r/o|s/p|seen on)(?!\w)"
)
"""A line with these goes on telling why the study was asked for."""
_OF_LEVEL: Final = re.compile(r"[*•\-]{0,2}\s?(?:fracture )?(?:th|[tld])-?\d{1,2}\b(?![/\-])")
"""Lines that follow each other and begin so are each of their own."""


def of_level(line: str) -> bool:
    """Tell whether a line begins with the name of a vertebra, behind a sign of a list or none."""
    return _OF_LEVEL.match(line) is not None


def tells(text: str, start: int, end: int) -> bool:
    """Tell whether a line begins with a vertebra or with a part of one, and speaks of today."""
    return bool(_TOLD.match(text, start, end)) and not _ONCE.search(text, start, end)
