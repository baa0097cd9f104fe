"""The trap of T1 and T2: vertebrae, and weightings of an MRI sequence (codes.md 1.1)."""

from __future__ import annotations

import re
from typing import Final

WEIGHTINGS: Final = frozenset({"T1", "T2"})

_BESIDE: Final = re.compile(r"(?i)vertebra|body|bodies|level|fracture|compression|pedicle|endplate")
_WEIGHTED: Final = re.compile(
    r"(?i)(-?\s?(w|wi|weighted|signal|hyper\w*|hypo\w*|iso\w*|bright|dark|fs|fat|stir|spair|tse|fse"
    r"|sequence\w*|image\w*|imaging|relax\w*|flair|map\w*))(?![a-z])"
)
_OTHER_SEQUENCES: Final = re.compile(
    r"(?i)\s*(?:,|/|&|\+|and|or)?\s*(?:T[12]\W+)?(?:STIR|FLAIR|PD|DWI|weighted)\b"
)
_PLANES: Final = frozenset({"on", "sagittal", "axial", "coronal"})
_LAST_WORD: Final = re.compile(r"([A-Za-z]+)\W*$")
_NEXT_WORD: Final = re.compile(r"\W*(\w+)")
_LOOK_BACK: Final = 40


def previous_word(before: str) -> str:
    """Give the last word of a text in small letters, empty if there is none."""
    word = _LAST_WORD.search(before[-_LOOK_BACK:])
    return word[1].lower() if word else ""


def is_vertebra(before: str, after: str) -> bool:
    """Tell whether the word on either side makes a T1 or T2 a vertebra."""
    following = _NEXT_WORD.match(after)
    beside = (previous_word(before), following[1] if following else "")
    return any(_BESIDE.match(word) for word in beside)


def is_weighting(before: str, after: str) -> bool:
    """Tell whether the words on either side make a T1 or T2 an MRI weighting."""
    if previous_word(before) in _PLANES or _OTHER_SEQUENCES.match(after):
        return True
    return bool(_WEIGHTED.match(after.lstrip()))
