"""Denials of a kind, a degree, a part or a change of a finding, which leave the finding open.

"No florid discitis", "no displaced fracture", "no edema in the lower half of L1", "no retropulsion
since March". Of cord compression and infection every word that is not known to restrict nothing
leaves them open; of other findings those words do that are known to restrict.
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
from cds_service.reports.scope import Meaning
from cds_service.reports.values import HEIGHT

_GRAVE: Final = frozenset({CORD, INFECTION})
_WORDS: Final = re.compile(r"[\w\-]+|[,;:()/]")
_STOPS: Final = frozenset(
    "no not without nor or and of for any a an the negative free from excludes excluded neither "
    "evidence sign signs either suggest indicate show shows see demonstrate seeing finding is are "
    "was were being with to which that who uninvolved unaffected spared untouched by actually yet longer currently , ; : ( ) /".split()
)
"""Words before which nothing belongs to what is denied."""
_IDLE: Final = frozenset(
    "significant spinal epidural thecal frank overt gross obvious definite convincing clear other "
    "further residual recurrent persistent current active radiological radiologic radiographic "
    "imaging mri mr ct neural canal lumbar thoracic cervical vertebral spine disc discal bone bony "
    "new additional central underlying ongoing suspicious suspected visible appreciable "
    "demonstrable discernible detectable relevant measurable direct true real associated resulting "
    "consequent infectious infective inflammatory bacterial pyogenic septic tuberculous disc-space "
    "evident apparent identifiable specific signal abnormal high intramedullary paravertebral "
    "paraspinal psoas ventral dorsal prevertebral metastatic malignant neoplastic subsequent "
    "leptomeningeal mechanical imminent impending unequivocal certain conclusive high-grade severe "
    "marked major advanced cord drainable large small fluid soft tissue intraspinal possible "
    "potential convincingly truly clearly definitely really itself also still there spondylo "
    "that this its previously described demonstrated reported feared queried e o by it has left right".split()
)
"""Words that restrict nothing, or are read elsewhere, beside a denied cord compression."""
_AT_MOST: Final = 4
_KINDS: Final = {
    FRACTURE: re.compile(
        r"(?<!\w)(?:displaced|unstable|osteoporotic|complete|simple|severe|high-grade|"
        r"secondary|ordinary|major|large|severely|completely)(?: [\w\-]+){0,2} $"
    ),
    EDEMA: re.compile(r"(?<!\w)(?:diffuse|extensive|marked|severe|florid|intense) (?:[\w\-]+ )?$"),
    MATRIX: re.compile(r"(?<!\w)(?:purely|predominantly|entirely|mainly) $"),
    TUMOR_BEHIND: re.compile(
        r"(?<!\w)(?:ventral|dorsal|anterior|posterior|lateral|circumferential|left|right) "
        r"(?:[\w\-]+ )?$"
    ),
    MALIGNANCY: re.compile(r"(?<!\w)(?:intramedullary|visceral|intradural|leptomeningeal) $"),
    HEIGHT: re.compile(r"(?<!\w)(?:posterior|anterior|central|further) (?:[\w\-]+ )?$"),
}
"""Kinds of a finding, before its name."""
_PART_BEHIND: Final = re.compile(
    r"(?: (?:is |are )?(?:seen|present|identified|noted))? (?:at|in|of|along|within) (?:the |its )?"
    r"(?:(?:upper|lower|superior|inferior|anterior|posterior|left|right|cranial|caudal|central|"
    r"ventral|dorsal|middle) (?:half|third|part|portion|corner|aspect|two thirds)|midline|"
    r"posterior elements?|transverse process\w*|spinous process\w*|cement|hardware|screws?|rods?)(?!\w)"
)
_OF_A_CHANGE: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8})? (?:since|compared (?:with|to)|over the interval|in the interval)"
    r"(?!\w)"
)
"""Behind what is denied only against another time: "no retropulsion since March"."""
_CHANGING: Final = re.compile(r" (?:healing|progression|union|displacement|extension|migration)(?!\w)")
_CAUSED: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8})?,? (?:(?:is )?(?:due to|caused by|secondary to|related to|resulting from)|"
    r"by|from|beyond (?:that|what)|"
    r"(?:that|which) (?:would|requires?|needs?|warrants?|explains?|could explain)|"
    r"requiring|needing|warranting|in (?:flexion|extension|neutral)|on (?:the )?(?:flexion|extension)|"
    r"to explain)(?!\w)"
)
"""Behind a cord compression that is denied of one cause, one posture or one consequence."""
_MOSTLY: Final = re.compile(
    r"(?<!\w)(?:mostly|largely|mainly|predominantly|in most (?:places|parts|areas)|for the most part|"
    r"in its (?:upper|lower|cranial|caudal) (?:half|part|third)|in the (?:upper|lower) (?:half|part|"
    r"third))(?!\w)"
)
_OR_LITTLE: Final = re.compile(
    r"(?<!\w)(?:(?:no|none)\s?(?:/|-|to)\s?(?:mild|minimal|slight|little)|little or no|"
    r"minimal or no|no or (?:mild|minimal|little|slight)) (?:[\w\-]+ ){0,2}$"
)
_NOT_ALL: Final = re.compile(
    r"(?<!\w)not (?:all|every|each|everywhere|in all|at all levels)(?!\w)[^.;,]{0,60}$"
)
_SIGNS: Final = re.compile(r"(?<!\w)(?:no|not|none|without|nor|free|normal|little|excluded)(?!\w)")
_WALL_PART: Final = re.compile(
    r"(?<!\w)(?:in its|in the) (?:upper|lower|left|right|superior|inferior) (?:half|third|part)"
    r"[^.;]{0,30}(?:fractured|breached|broken|disrupted)(?!\w)"
)


def qualified(line: Line, hit: Hit) -> Meaning | None:
    """Tell what a denial is worth that denies only a kind, a part or a change; None for others."""
    text, finding = line.text, hit.target.finding
    before = line.before(hit.span[0], 70, hit.clause[0])
    if _OR_LITTLE.search(before):
        return Meaning.INDETERMINATE
    if _NOT_ALL.search(before):
        return Meaning.SUSPECTED if finding in _GRAVE else Meaning.NO_FACT
    if finding in _GRAVE:
        return _of_the_grave(line, hit, before)
    if hit.denied:
        part = finding == WALL and _WALL_PART.search(text, *line.whole)
        return Meaning.PRESENT if part else None
    kind = _KINDS.get(finding)
    after = text, hit.span[1], hit.clause[1]
    if kind is not None and kind.search(before):
        return Meaning.NO_FACT
    if finding in {RETROPULSION, HEIGHT} and _OF_A_CHANGE.match(*after):
        return Meaning.NO_FACT
    if finding == FRACTURE and _CHANGING.match(*after):
        return Meaning.NO_FACT
    return Meaning.NO_FACT if _PART_BEHIND.match(*after) else None


def _of_the_grave(line: Line, hit: Hit, before: str) -> Meaning | None:
    """Tell whether cord compression or infection is left open by the words around its denial."""
    text = line.text
    if hit.denied:
        most = _MOSTLY.search(text, max(hit.clause[0], hit.span[0] - 20), min(hit.clause[1], hit.span[1] + 40))
        return Meaning.INDETERMINATE if most else None
    if not _IDLE.issuperset(_between(before)):
        return Meaning.INDETERMINATE
    caused = hit.target.finding == CORD and _CAUSED.match(text, hit.span[1], hit.clause[1])
    return Meaning.INDETERMINATE if caused else None


def _between(before: str) -> list[str]:
    """Give the words between a denial, or an item of its list, and what is denied."""
    words: list[str] = []
    for word in reversed(_WORDS.findall(before)):
        if word in _STOPS or len(words) == _AT_MOST:
            break
        words.append(word)
    return words
