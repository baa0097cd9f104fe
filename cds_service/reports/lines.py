"""What the beginning of a line tells: of a vertebra, or of a part of one."""

from __future__ import annotations

import re
from typing import Final

_TOLD: Final = re.compile(
    r"[\s\-*•]*(?:(?:fracture )?(?!t[12]\b(?! ?[:(-]))(?:th|[tld])-?\d{1,2}\b(?![/\-])|"
    r"(?:th|[tld])-?\d{1,2}\s?[/\-]\s?(?:th|[tlds])?\d{1,2}\s?:|"
    r"(?:cord|conus|canal|alignment|fractures?|height loss|posterior wall|pedicles?|retropulsion|"
    r"edema|marrow|(?:(?:fracture|target|index|affected|treated) )?levels?(?:\(s\))?|acuity|"
    r"stir edema|marrow edema|burst|cleft|cord compression|canal stenosis|"
    r"vertebra[el]?(?: bod(?:y|ies))?)\s?:)"
)
_SEEN: Final = re.compile(
    r"\s*(?:no (?:\w+ (?:of |or )?){0,2}?(?:fractures?|compression|retropulsion|cord|canal|"
    r"epidural|malalignment|marrow|edema|evidence|osseous|bony|vertebral)(?!\w)|"
    r"there (?:is|are)(?!\w)|"
    r"(?:compression|burst|wedge|crush) (?:fracture|deformity)|"
    r"(?:multiple |acute|chronic|old|subacute|mild|moderate|severe|healed)[\s\-](?:\w+[\s\-]){0,2}?"
    r"(?:fractures?|deformit\w+|compression|burst|wedge)(?!\w))"
)
_ONCE: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|tender|x-?ray|radiograph|(?<!\w)(?:r/o|s/p|seen on)(?!\w)"
)
"""A line with these goes on telling why the study was asked for."""
_OF_LEVEL: Final = re.compile(r"[*•\-]{0,2}\s?(?:fracture )?(?:th|[tld])-?\d{1,2}\b(?![/\-])")
"""Lines that follow each other and begin so are each of their own."""
_OF_STUDY: Final = re.compile(r"(?:no |cord|conus|cauda|spinal canal|canal|alignment|other )")


def of_study(line: str) -> bool:
    """Tell whether a line begins with what is told of the whole study."""
    return _OF_STUDY.match(line) is not None


def of_level(line: str) -> bool:
    """Tell whether a line begins with the name of a vertebra, behind a sign of a list or none."""
    return _OF_LEVEL.match(line) is not None


def tells(text: str, start: int, end: int, *, capital: bool) -> bool:
    """Tell whether a line speaks of today: begins with a vertebra or a part, or what is seen."""
    told = _TOLD.match(text, start, end) or (capital and _SEEN.match(text, start, end))
    return bool(told) and not _ONCE.search(text, start, end)
