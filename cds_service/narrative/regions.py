"""Of which part of the spine a denial speaks, in a report about more than one part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cds_service.clinical.report import Status, Told
from cds_service.facts.imaging_words import covers

_PART: Final = r"(?:cervical|thoracic|dorsal|lumbar|lumbosacral|thoracolumbar|[ctl]-?\s?spine)"
_HEADING: Final = re.compile(
    rf"(?im)(?:^|[.;])[ \t*#\-\d)]{{0,6}}(?P<part>(?:\w{{1,20}}[ \t]{{1,3}}){{0,3}}{_PART}"
    r"(?:[ \t,/&-]{1,3}\w{1,20}){0,4})[ \t*]{0,3}(?::|$)"
    r"|^[ \t*#]{0,6}(?:findings?|impression|conclusions?|opinion|addendum|summary)\b"
    r"[^:\n]{0,40}(?::|$)"
)
"""A heading that names a part of the spine, or one that ends such a section."""


def placed(told: Iterable[Told], text: str) -> tuple[Told, ...]:
    """Say of each denial without a level which levels it means, where its report says so.

    Its own words come first ("no cervical cord compression"), then the heading above it.
    """
    headings = [(found.end(), found["part"] or "") for found in _HEADING.finditer(text)]
    return tuple([_placed(one, headings) for one in told])


def _placed(told: Told, headings: list[tuple[int, str]]) -> Told:
    """Place one statement; what is present keeps the widest meaning."""
    if told.level or told.status is not Status.ABSENT:
        return told
    above = [part for end, part in headings if end <= told.quote.start]
    meant = covers(told.quote.words) or (covers(above[-1]) if above else None)
    return told._replace(covers=meant)
