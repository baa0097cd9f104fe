"""Fractures that are counted first and named after: "Two burst fractures. The upper, T12, ..."."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_FRACTURE: Final = "vertebral-fracture"
_NUMBERS: Final = {"two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4}
_COUNTED: Final = re.compile(
    r"(?i)(?<![\w.])(two|three|four|[234]) (?:[\w\-]+ ){0,4}(?:fractures|fxs|vcfs|"
    r"deformities)(?!\w)"
)
_ONE_OF_THEM: Final = re.compile(
    r"(?i)\W*(?:of (?:these|them|the two),? )?(?:one(?!\w)|the (?:upper|lower|first|second|third|"
    r"higher|more \w+|older|newer|larger|smaller|cranial|caudal)(?! (?:half|third|part|lumbar|"
    r"thoracic)))"
)
"""With this a sentence begins that names one of those that were counted."""
_ANOTHER: Final = re.compile(
    r"(?i)(?<!\w)(?:one|others?|another|first|second|third|fourth|upper|lower|latter|last)(?!\w)"
)
_FOLLOW: Final = 6
"""So many sentences behind the count may name them."""


class Told(Protocol):
    """A sentence with what was read from it."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What it states."""


def announced(text: str, read: Sequence[Told]) -> list[Statement]:
    """Give all statements of a text; those of counted fractures at the levels named next.

    Where another number of levels is named than was counted, nothing is put anywhere.
    """
    if not _COUNTED.search(text):
        return [made for one in read for made in one.statements]
    said: list[Statement] = []
    for at, one in enumerate(read):
        levels = _named_next(one, read[at + 1 : at + 1 + _FOLLOW])
        for made in one.statements:
            placed = levels if made.status is Meaning.PRESENT and not made.level else ()
            said += [replace(made, level=level, many=False) for level in placed] or [made]
    return said


def _named_next(one: Told, following: Sequence[Told]) -> tuple[str, ...]:
    """Give the levels of the fractures that a sentence counts, or none."""
    counts = any(
        made.finding == _FRACTURE and made.status is Meaning.PRESENT and not made.level
        for made in one.statements
    )
    counted = _COUNTED.search(one.text) if counts else None
    if counted is None or not following or not _ONE_OF_THEM.match(following[0].text):
        return ()
    named: dict[str, None] = {}
    number = _NUMBERS[counted[1].lower()]
    for other in following:
        if len(named) >= number or not _ANOTHER.search(other.text):
            break
        named.update(dict.fromkeys(made.level for made in other.statements if made.level))
    return tuple(named) if len(named) == number else ()
