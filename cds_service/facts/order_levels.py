"""The levels that an order names: by codes of body sites, else in its words (codes.md 1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cds_service.clinical.levels import in_order
from cds_service.facts.elements import objs, texts, word
from cds_service.facts.levels_text import Said, levels_said, mentions_in, summed
from cds_service.facts.vertebrae import Vertebrae

_SAME_CLAUSE: Final = r"(?:(?!\b(?:now|currently|today|new)\b)[^.;:!?,\n]){0,160}"
_PAST: Final = re.compile(
    rf"(?i)(?<!\w)(?:prior|previous(?:ly)?|history of|h/o|s/p|status post)\b(?={_SAME_CLAUSE}"
    rf"(?:plast|augment|cement|fusion|surgery|laminectomy)){_SAME_CLAUSE}"
    rf"|(?<!\w)(?:prior|previous|history of|h/o)\b(?={_SAME_CLAUSE}(?:fractur|\bfx\b))"
    rf"{_SAME_CLAUSE}"
)
"""A clause that tells of an earlier treatment or fracture."""


def order_levels(resource: Mapping[str, Any], vertebrae: Vertebrae) -> Said:
    """Tell which levels an order is for.

    Body sites come first; where they name no vertebra, the words of the code, then those of the
    details and notes.
    """
    said = sites_said(resource.get("bodySite"), vertebrae)
    if said.levels or said.doubtful:
        return said
    said = _sum(levels_said(text) for text in texts(resource.get("code")))
    if said.levels or said.doubtful:
        return said
    remarks = texts(resource.get("orderDetail"))
    remarks += [word(note.get("text")) for note in objs(resource.get("note"))]
    remarks.append(word(resource.get("patientInstruction")))
    return _sum(_present(text) for text in remarks)


def sites_said(sites: object, vertebrae: Vertebrae) -> Said:
    """Tell which levels body sites name, each by its code, else by its words.

    Words that contradict the code of the same site make it doubtful.
    """
    return _sum(_site(site, vertebrae) for site in objs(sites))


def _site(site: Mapping[str, Any], vertebrae: Vertebrae) -> Said:
    """Read one body site."""
    coded = vertebrae.levels_of(site)
    words = _sum(levels_said(text, site=True) for text in texts(site))
    if not coded:
        return Said(words.levels, words.doubtful or vertebrae.beyond_of(site))
    other = tuple(level for level in words.levels if level not in coded)
    return Said(coded, other if words.levels else ())


def _present(text: str) -> Said:
    """Read a remark: a level that it calls past is not meant, nor a T1 or T2 that may be MRI."""
    past = [hit.span() for hit in _PAST.finditer(text)]
    return summed(
        mention
        for mention in mentions_in(text)
        if not mention.weighting and not any(start <= mention.start < end for start, end in past)
    )


def _sum(parts: Iterable[Said]) -> Said:
    """Join what several texts say."""
    told = list(parts)
    levels = in_order({level for said in told for level in said.levels})
    return Said(levels, tuple(sorted({words for said in told for words in said.doubtful})))
