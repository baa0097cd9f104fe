"""Whether a denial that is mostly told of the whole study is about the level told of before.

"No canal stenosis" closes the description of one vertebra, or speaks of the spine; so do "no
epidural mass" and "the conus is not compressed". Behind several lines that each begin with a
vertebra, a line of denials alone speaks of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, Protocol

from cds_service.reports.scope import Meaning

Span = tuple[int, int]

_FRACTURE: Final = "vertebral-fracture"
_BEHIND: Final = frozenset({
    "retropulsion", "retropulsion-canal-compromise", "epidural-tumor",
    "epidural-tumor-canal-compromise", "canal-stenosis-grade", "posterior-wall-disruption",
})  # fmt: skip
"""What lies between a vertebra and the cord."""
_NARROW: Final = re.compile(r"(?<!\w)(?:stenos[ei]s|narrow\w*|stenotic)(?!\w)")
_OF_THE_SPINE: Final = re.compile(
    r"(?<!\w)(?:cord|conus|cauda|myelon|throughout|lumbar|thoracic)(?!\w)"
)
_TOPIC: Final = re.compile(r"\W*(?:[a-z]+ ){0,2}(?:canal|space|epidural|extradural)\s?[:\-]\s")
_FREE: Final = re.compile(
    r"(?<!\w)(?:not|without(?! evidence| signs?)|no longer) (?:\w+ ){0,2}"
    r"(?:compress|contact|touch|deform|indent|imping|flatten|affect)\w*|uncompressed|untouched"
)
"""Told of a cord beside what lies before it: "conus not compressed", not "no compression"."""

_NORMAL: Final = re.compile(r"(?<!\w)(?:normal|unremarkable|preserved)(?!\w)")
_TOUCHED: Final = re.compile(r"(?<!\w)(?:abut|contact|touch|displac|push|deviat|reach)")
_WIDTH: Final = 60
"""Narrower than this no report is set."""


class Placed(Protocol):
    """A level, or none; `rest` for all that was not named."""

    @property
    def level(self) -> str:
        """The vertebra, or nothing."""

    @property
    def rest(self) -> bool:
        """Whether it is all that was not named."""


Told = tuple[str, Meaning, Sequence[Placed]]
"""A statement of the sentence before: what it says, and of which levels."""


def _at(places: Sequence[Placed], level: str) -> bool:
    """Tell whether a statement is about one level, or none ("")."""
    return all(one.level == level and not one.rest for one in places)


def of_one_level(told: Sequence[Told], level: str) -> bool:
    """Tell whether the sentence before spoke of one level, and of nothing else."""
    return bool(told) and all(_at(places, level) for _, _, places in told)


def tells(told: Sequence[Told], findings: Collection[str]) -> bool:
    """Tell whether the sentence before spoke of one of these."""
    return any(finding in findings for finding, _, _ in told)


def no_fracture_anywhere(told: Sequence[Told]) -> bool:
    """Tell whether the sentence before said that all vertebrae are whole."""
    return any(
        finding == _FRACTURE and said is Meaning.ABSENT and _at(places, "")
        for finding, said, places in told
    )


def is_local(text: str, sentence: Span) -> bool:
    """Tell whether a denial of stenosis or of a mass may close the description of a vertebra."""
    return not (_OF_THE_SPINE.search(text, *sentence) or _TOPIC.match(text, *sentence))


def of_narrowing(text: str, hit: Span) -> bool:
    """Tell whether a denial says "stenosis", and not that the canal is wide or clear."""
    return _NARROW.search(text, *hit) is not None


def beside_cord(text: str, sentence: Span, hit: Span, told: Sequence[Told], level: str) -> bool:
    """Tell whether a cord is spared by what the sentence before put beside it, at one level."""
    first = max(sentence[0], hit[0] - 40)
    if not _FREE.search(text, first, hit[1]):
        return False
    if _NORMAL.search(text, hit[0], sentence[1]) and not _TOUCHED.search(text, first, hit[1]):
        return False
    return any(
        finding in _BEHIND and said is Meaning.PRESENT and _at(places, level)
        for finding, said, places in told
    )


def begins_a_line(text: str, at: int) -> bool:
    """Tell whether the sentence at a place begins a line."""
    words = text[at : at + 40]
    blank = len(words) - len(words.lstrip())
    return "\n" in text[max(0, at - 12) : at + blank]


def is_line(text: str, at: int) -> bool:
    """Tell whether the sentence at a place begins a line that was not merely broken there."""
    if not begins_a_line(text, at):
        return False
    first = text.rfind("\n\n", 0, max(0, at - 1)) + 1
    lines = text[max(first, at - 600) : at + 1].rstrip().split("\n")
    word = len(text[at : at + 40].split(maxsplit=1)[0])
    return len(lines[-1].rstrip()) + word < max(_WIDTH, *map(len, lines))
