"""Identifiers of SNOMED CT concepts, by their form alone (SNOMED CT release file specification)."""

from __future__ import annotations

import re
from typing import Final

SYSTEM: Final = "http://snomed.info/sct"
_FORM: Final = re.compile(r"[1-9][0-9]{2,14}[01]0[0-9]")
_TURN: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def is_concept(code: object) -> bool:
    """Tell whether a code can be a concept: by length, partition (00 or 10) and check digit."""
    return isinstance(code, str) and bool(_FORM.fullmatch(code)) and _check(code) == 0


def _check(code: str) -> int:
    """Compute the check digit of Verhoeff over the whole id; 0 where it fits."""
    check = 0
    for place, digit in enumerate(map(int, reversed(code))):
        for _ in range(place % 8):
            digit = _TURN[digit]  # noqa: PLW2901 - turned once more at each place
        check = _times(check, digit)
    return check


def _times(a: int, b: int) -> int:
    """Multiply in the group of the pentagon."""
    if a < 5:  # noqa: PLR2004 - five turns, five mirrorings
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5  # noqa: PLR2004
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5  # noqa: PLR2004
