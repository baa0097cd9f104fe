"""Denials of a kind, a degree, a part or a change of a finding, which leave the finding open.

"No florid discitis", "no displaced fracture", "no edema in the lower half of L1", "no retropulsion
since March": these say nothing of the finding. Of cord compression and infection every word that is
not known to restrict nothing does so; of other findings those words that are known to restrict.
"""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.line import (
    CORD,
    EDEMA,
    FRACTURE,
    INFECTION,
    MALIGNANCY,
    MATRIX,
    RETROPULSION,
    TUMOR_BEHIND,
    WALL,
    Line,
)
from cds_service.reports.scope import Meaning, verdict
from cds_service.reports.values import HEIGHT

_GRAVE: Final = frozenset({CORD, INFECTION})
_WORDS: Final = re.compile(r"[\w\-]+|[,;:()/]")
_AT_MOST: Final = 4
_KINDS: Final = {
    FRACTURE: (
        r"displaced|unstable|osteoporotic|complete|simple|severe|high-grade|secondary|ordinary|"
        r"major|large|severely|completely"
    ),
    EDEMA: r"diffuse|extensive|marked|severe|florid|intense",
    MATRIX: r"purely|predominantly|entirely|mainly",
    TUMOR_BEHIND: r"ventral|dorsal|anterior|posterior|lateral|circumferential|left|right",
    MALIGNANCY: r"intramedullary|visceral|intradural|leptomeningeal",
    HEIGHT: r"posterior|anterior|central",
}
_BEFORE: Final = {
    finding: re.compile(rf"(?<!\w)(?:{words})(?: [\w\-]+){{0,2}} $")
    for finding, words in _KINDS.items()
}
_WITHIN: Final = {
    finding: re.compile(rf"(?:no|not|without)(?: \w+)? (?:{words})(?!\w)")
    for finding, words in _KINDS.items()
}
"""Kinds of a finding, before its name and in the midst of its denial."""
_PART_BEHIND: Final = re.compile(
    r"(?: (?:is |are )?(?:seen|present|identified|noted))? (?:at|in|of|along|within) (?:the |its )?"
    r"(?:(?:upper|lower|superior|inferior|anterior|posterior|left|right|cranial|caudal|central|"
    r"ventral|dorsal|middle) (?:half|third|part|portion|corner|aspect|two thirds)|midline|"
    r"posterior elements?|transverse process\w*|spinous process\w*|cement|hardware|screws?|"
    r"rods?)(?!\w)"
)
_OF_A_CHANGE: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8})? (?:since|compared (?:with|to)|over the interval|"
    r"in the interval)"
    r"(?!\w)"
)
"""Behind what is denied only against another time: "no retropulsion since March"."""
_CHANGING: Final = re.compile(
    r" (?:healing|progression|union|displacement|extension|migration)(?!\w)"
)
_CAUSED: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8})?,? (?:(?:is )?(?:due to|caused by|secondary to|related to|"
    r"resulting from)|"
    r"by|from(?! (?:the )?(?:th|[ctld])-?\d{1,2} (?:to|through|down|until))|beyond (?:that|what)|"
    r"(?:that|which) (?:would|requires?|needs?|warrants?|explains?|could explain)|"
    r"requiring|needing|warranting|in (?:flexion|extension|neutral)|on (?:the )?(?:flexion|"
    r"extension))(?!\w)"
)
"""Behind a cord compression that is denied of one cause, one posture or one consequence."""
_CAUSES_NOT: Final = re.compile(
    r"(?<!\w)(?:does|do|did) not (?:\w+ )?(?:cause|produce|result in|lead to|"
    r"give rise to) (?:any )?$"
)
_IT: Final = re.compile(r"\W*(?:it|this|these|they) ")
"""Of one thing that causes none, where nobody says where: "the fracture does not cause ..."."""
_MOSTLY: Final = re.compile(
    r"(?<!\w)(?:mostly|largely|mainly|predominantly|in most (?:places|parts|areas)|"
    r"for the most part|"
    r"in its (?:upper|lower|cranial|caudal) (?:half|part|third)|in the (?:upper|lower) (?:half|"
    r"part|"
    r"third))(?!\w)"
)
_OR_LITTLE: Final = re.compile(
    r"(?<!\w)(?:(?:no|none)\s?(?:/|-|to)\s?(?:mild|minimal|slight|little)|little or no|"
    r"minimal or no|no or (?:mild|minimal|little|slight)) (?:[\w\-]+ ){0,2}$"
)
_LITTLE_OR: Final = re.compile(r"(?<!\w)(?:little|minimal|mild) or $")
_ANOTHER: Final = re.compile(
    r"(?<!\w)(?:second|third) (?:site|level|area|focus|point|place) of "
    r"(?:\w+ )?$"
)
"""Of a place besides the known one: "no second site of cord compression"."""
_DENIAL: Final = re.compile(
    r"(?<!\w)(?:no|not|without|nor|neither|absen\w+|free|negative|exclu\w+|lack\w*|against|"
    r"rule\w* out)"
    r"(?!\w)"
)
_PUS: Final = re.compile(r"abscess|phlegmon|collection|empyema")
_INFECTED: Final = re.compile(r"disc|osteomyel|infect|spondyl")
"""Without pus a disc may be infected all the same: "no epidural abscess"."""
_NO: Final = re.compile(r"(?:no|not|without)(?!\w)")
_ONE_KIND: Final = re.compile(
    r"(?:no|not|without) (?:\w+ )?(?:osseous|bony|second|complete|lateral|anterior|posterior|"
    r"circumferential|interval|acute|surgical\w*|escc|long-segment)(?!\w)"
)
_NOT_ALL: Final = re.compile(
    r"(?<!\w)not (?:all|every|each|everywhere|in all|at all levels)(?!\w)[^.;,]{0,60}$"
)
_WALL_PART: Final = re.compile(
    r"(?<!\w)(?:in its|in the) (?:upper|lower|left|right|superior|inferior) (?:half|third|part)"
    r"[^.;]{0,30}(?:fractured|breached|broken|disrupted)(?!\w)"
)


def qualified(line: Line, hit: Hit) -> Meaning | None:
    """Tell what a denial is worth that denies only a kind, a part or a change; None for others."""
    finding = hit.target.finding
    before = line.before(hit.span[0], 70, hit.clause[0])
    if _OR_LITTLE.search(before) or (hit.denied and _LITTLE_OR.search(before)):
        return Meaning.INDETERMINATE
    if _NOT_ALL.search(before) or (hit.denied and _NOT_ALL.search(line.text[slice(*hit.span)])):
        return Meaning.SUSPECTED if finding in _GRAVE else Meaning.NO_FACT
    if finding in _GRAVE:
        return _of_the_grave(line, hit, before)
    return _of_others(line, hit, before)


def _of_others(line: Line, hit: Hit, before: str) -> Meaning | None:
    """Tell whether a kind, a part or a change of anything else is denied."""
    text, finding = line.text, hit.target.finding
    if hit.denied and not _NO.match(text, *hit.span):
        part = finding == WALL and _WALL_PART.search(text, *line.whole)
        return Meaning.PRESENT if part else None
    after = text, hit.span[1], hit.clause[1]
    if finding in _KINDS and (
        _WITHIN[finding].match(text, *hit.span) if hit.denied else _BEFORE[finding].search(before)
    ):
        return Meaning.NO_FACT
    changed = (finding in {RETROPULSION, HEIGHT} and _OF_A_CHANGE.match(*after)) or (
        finding == FRACTURE and _CHANGING.match(*after)
    )
    return Meaning.NO_FACT if changed or _PART_BEHIND.match(*after) else None


def _of_the_grave(line: Line, hit: Hit, before: str) -> Meaning | None:
    """Tell whether cord compression or infection is left open by the words around its denial."""
    near = max(hit.clause[0], hit.span[0] - 20), min(hit.clause[1], hit.span[1] + 40)
    if hit.denied and _MOSTLY.search(line.text, *near):
        return Meaning.INDETERMINATE
    return Meaning.NO_FACT if _of_a_kind(line, hit, before) else None


def _of_a_kind(line: Line, hit: Hit, before: str) -> bool:
    """Tell whether one kind, one place or one cause of it is denied, and no more."""
    text, cord = line.text, hit.target.finding == CORD
    if _ANOTHER.search(before) or (cord and _CAUSES_NOT.search(before) and not _named(line, hit)):
        return True
    if not cord and _PUS.search(text, *hit.span) and not _INFECTED.search(text, *hit.span):
        return True
    if hit.denied:
        if not (cord and _NO.match(text, *hit.span)):
            return False
        if _ONE_KIND.search(text, *hit.span):
            return True
    elif (
        _DENIAL.search(before)
        and verdict(text, hit.span[1], hit.clause[1]) is None
        and _restricted(line, before, cord=cord)
    ):
        return True
    caused = cord and _CAUSED.match(text, hit.span[1], hit.clause[1]) is not None
    return caused and not any(one.start >= hit.span[0] for one in line.places.mentions)


def _named(line: Line, hit: Hit) -> bool:
    """Tell whether a clause names a level, or goes on about the one of the sentence before."""
    inside = any(hit.clause[0] <= one.start < hit.clause[1] for one in line.places.mentions)
    return inside or _IT.match(line.text, hit.clause[0]) is not None


def _restricted(line: Line, before: str, *, cord: bool) -> bool:
    """Tell whether a word between a denial and what is denied may restrict it ("no florid ...")."""
    values = line.lists.values
    for count, word in enumerate(reversed(_WORDS.findall(before))):
        if count == _AT_MOST or values["denial_begins"].fullmatch(word):
            return False
        if not values["restricts_nothing"].fullmatch(word):
            return word != "acute" or cord
    return False
