"""Levels that are called by what was told of them: "the two cemented bodies"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

Span = tuple[int, int]

_CALLED: Final = re.compile(
    r"(?<!\w)(?:the|both|these) (two |three |four |five |other )?"
    r"(cemented|augmented|treated|fractured|collapsed|compressed|edematous|infected|metastatic)"
    r"(?: (?:vertebra\w*|vertebral bod\w+|bod(?:y|ies)|levels?|segments?))(?!\w)"
)
_KINDS: Final = {
    "cement": "augmented",
    "augment": "augmented",
    "treat": "augmented",
    "fract": "vertebral-fracture",
    "collaps": "vertebral-fracture",
    "compress": "vertebral-fracture",
    "edema": "marrow-edema",
    "infect": "discitis-osteomyelitis-suspected",
    "metast": "malignancy-suspected",
}
"""The finding by which levels are called so."""
_BOTH: Final = re.compile(r"(?<!\w)both (?:of the |of these |the |these )?(?:\w+ )?fractures(?!\w)")
_PAIR: Final = 2
_BESIDE: Final = re.compile(
    r"(?<!\w)(?:between|adjacent to|next to|above|below|beside|than|unlike|near|from) $"
)
"""Behind these the levels called so are only a landmark."""
_ALL: Final = re.compile(
    r"(?<!\w)(?:all|none|neither|each|any|either)(?: of)?(?: the| these)? "
    r"(two|three|four|five)(?!\w)"
    r"(?! (?:pedicle|column|endplate|vessel|planes?|weeks?|months?|sequences?|views?))"
)
_COUNTED: Final = ("vertebral-fracture", "malignancy-suspected")
_NUMBERS: Final = {"two": 2, "three": 3, "four": 4, "five": 5}


def of_kind(text: str, clause: Span, known: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Give the levels that a clause calls by a finding; none where their number is another.

    `known` has the levels of each finding that was told before.
    """
    called = _CALLED.search(text, *clause)
    if called is None or _BESIDE.search(text, clause[0], called.start()):
        return ()
    finding = next(name for word, name in _KINDS.items() if called[2].startswith(word))
    levels = tuple(dict.fromkeys(known.get(finding, ())))
    count = _NUMBERS.get((called[1] or "").strip(), len(levels))
    return levels if count == len(levels) else ()


def both_fractures(text: str, clause: Span, known: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Give the two levels that "both fractures" means, where no more fractures were told."""
    if _BOTH.search(text, *clause) is None:
        return ()
    two = tuple(dict.fromkeys(known.get("vertebral-fracture", ())))
    return two if len(two) == _PAIR else ()


def all_counted(text: str, clause: Span, known: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Give the levels that "none of the four" means: as many fractures, or deposits, were told."""
    called = _ALL.search(text, *clause)
    if called is None:
        return ()
    groups = (tuple(dict.fromkeys(known.get(name, ()))) for name in _COUNTED)
    return next((one for one in groups if len(one) == _NUMBERS[called[1]]), ())
