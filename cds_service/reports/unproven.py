"""Denials that prove nothing: of another time, told by the patient, wished for, denied again.

An absence may clear a check, so words that deny must do so of the images and of today. Where it
is not plain that they do, nobody can tell (`indeterminate`), or nothing was said.
"""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.doubted import doubted
from cds_service.reports.hits import Hit
from cds_service.reports.line import (
    CORD,
    INFECTION,
    MALIGNANCY,
    PROGRESS,
    TUMOR_BEHIND,
    Line,
    Span,
)
from cds_service.reports.scope import Meaning

_GRAVE: Final = frozenset({CORD, INFECTION})
_TAKEN: Final = frozenset({CORD, INFECTION, MALIGNANCY, TUMOR_BEHIND})
_APART: Final = re.compile(r"[,:;()]|(?<!\w)(?:but|with|is|are|was|were|has|have|shows?)(?!\w)")
_DENIED_DENIAL: Final = re.compile(
    r"(?<!\w)(?:not|never|hardly|nor) (?:completely |entirely |quite )?$"
)
_ABSENCE: Final = re.compile(
    r"(?<!\w)(?:absence|lack|exclusion|freedom) (?:of|from) (?:\w+ ){0,3}$"
)
_BEGINS_NO: Final = re.compile(r"no |without |absence |lack |absent |un")
_THOUGH: Final = re.compile(
    r"(?<!\w)(?:although|though|but|however|albeit|while)\s[^.;]{0,90}?(?<!\w)"
    r"(?:may|might|could|possibl[ey]|suspicious|questionable|equivocal|cannot)(?!\w)"
)
_WITHIN: Final = re.compile(
    r"(?<!evidence )(?<!signs )(?<!resulting )(?<!results )(?<!result )(?<!favor )"
    r"(?:in|within|despite|around|beyond|outside|adjacent to) (?:the |this |an? )?(?:(?:known|"
    r"established|"
    r"proven|existing|treated|present|florid|active|ongoing) ){0,2}$"
)
_LABEL: Final = 30
_SPREAD_OF: Final = re.compile(
    r"(?<!\w)(?:spread|extension|progression|worsening|propagation|tracking) (?:of|from) "
    r"(?:the|this|known|treated) (?:\w+ )?$"
)
_SPREAD: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8})? (?:has|have|is|are) (?:\w+ )?(?:spread|extend|progress|reach|"
    r"track|cross|worsen|broken|invad|involv)\w*"
)
"""What has not spread is there."""
_GIVEN: Final = re.compile(
    r"(?<!\w)(?:accompan\w+|complicat\w+|surround\w*|"
    r"(?:aris|result|separ|dissociat|distinguish)\w* (?:from|out of)|around|about|between|near|"
    r"beside|behind|adjacent to|due to|secondary to|"
    r"component to|extension to|contact with|caused by) "
    r"(?:the |this |(?<=between )(?:an? )?)"
    r"(?:(?:(?:th|[ctld])-?\d[\w\-/]*|known|established|existing|treated|residual|adjacent|large|small|(?:epi|intra)dural|para\w+|prevertebral|spinal|lumbar|"
    r"thoracic|cervical|vertebral|tubercul\w+|pyogenic|septic|lytic|sclerotic|metastatic) ){0,3}$"
)
"""Behind these words something is taken for granted: "no abscess accompanies the discitis"."""
_LESS: Final = re.compile(
    r"(?<!\w)(?:not|no longer|never)(?: quite| nearly)? (?:as|so) (?!much )(?:\w+ )?"
    r"(?:compress|flatten|deform|indent|squeez|narrow)\w* as(?!\w)"
)
"""Compressed still, though not "as compressed as before"."""
_BEYOND: Final = re.compile(
    r"\s(?:(?:at|of|in) (?:any |the )?[\w\-/]{2,12} )?"
    r"(?:(?:that|which) (?:is|are|was) |of |with |measuring |being )?"
    r"(?:(?<!no )(?<!not )(?:greater|more|larger|worse|higher|severer|tighter|other) than|"
    r"over|exceeding|above|beyond|in excess of|>)\s?(?:a |an |the |about )?"
    r"(?:\d|grade|mild|minimal|moderate|slight|minor|trace|trivial|physiologic|degenerative|"
    r"(?:one|two|three|four|five|ten|twenty|thirty)(?!\w))"
)
"""More than that is denied, and not what is less: "no retropulsion of more than 3 mm"."""
_LISTS: Final = (
    "unimaged", "if_so", "then", "then_after", "untold", "untold_after", "kind", "not_definite",
    "in_part",
)  # fmt: skip


def proven(line: Line, hit: Hit, said: Meaning) -> Meaning:
    """Tell how a hit is meant after all: an absence that proves nothing is none."""
    if said is Meaning.NO_FACT or hit.target.whole:
        return said
    if _not_excluded(line, hit) or (hit.lost and hit.target.finding == CORD):
        return Meaning.SUSPECTED
    if said is not Meaning.ABSENT:
        return said
    return doubted(line, hit) or _absent(line, hit)


def _absent(line: Line, hit: Hit) -> Meaning:
    """Tell what a denial is worth."""
    if _there(line, hit):
        return Meaning.PRESENT
    beyond = _BEYOND.search(line.text, hit.span[0], line.end)
    if beyond and beyond.start() <= hit.span[1]:
        return Meaning.NO_FACT
    less = hit.target.finding == CORD and _LESS.search(line.text, *hit.clause)
    if less or _denied_twice(line, hit) or _may_be_there(line, hit):
        return Meaning.SUSPECTED
    if not line.spots.has(_LISTS):
        return Meaning.ABSENT
    if _untold(line, hit):
        return Meaning.INDETERMINATE
    return Meaning.NO_FACT if _of_else(line, hit) else Meaning.ABSENT


def _not_excluded(line: Line, hit: Hit) -> bool:
    """Tell whether something cannot be excluded ("not certainly to be excluded")."""
    for one in line.spots.each("none_excluded", line.start, hit.clause[1]):
        if one.start() <= hit.span[0] and hit.span[1] <= one.end():
            return True
    if line.spots.first("but_not_excluded", hit.span[1], line.end):
        return True
    return _follows(line, hit, "not_excluded")


def _follows(line: Line, hit: Hit, name: str) -> bool:
    """Tell whether words of a list follow, with nothing else stated in between."""
    one = line.spots.first(name, hit.span[1], hit.clause[1])
    return one is not None and not _APART.search(line.text, hit.span[1], one.start())


def _there(line: Line, hit: Hit) -> bool:
    """Tell whether it is there after all: only its kind is denied, or the cord is squeezed."""
    finding = hit.target.finding
    since = hit.span[0 if hit.denied else 1]
    if finding == CORD and (
        line.spots.first("but_squeezed", since, line.end)
        or line.spots.first("despite", hit.span[0], line.end)
    ):
        return True
    if hit.denied:
        return False
    within = line.before(hit.span[0], 60, hit.clause[0])
    if finding in _TAKEN and _GIVEN.search(within):
        return True
    return finding in _GRAVE and bool(
        _WITHIN.search(within)
        or _SPREAD_OF.search(within)
        or (within.endswith(" that the ") and _SPREAD.match(line.text, hit.span[1], line.end))
    )


def _denied_twice(line: Line, hit: Hit) -> bool:
    """Tell whether a denial is denied right before it ("not without compression")."""
    if not hit.denied or not _BEGINS_NO.match(line.text, *hit.span):
        return False
    return bool(_DENIED_DENIAL.search(line.before(hit.span[0], 30, hit.clause[0])))


def _may_be_there(line: Line, hit: Hit) -> bool:
    """Tell whether a sentence denies no more than certainty, and then hedges about the same.

    "No definite breach, although a lucency may represent one."
    """
    though = _THOUGH.search(line.text, hit.span[1], line.end)
    if though is None or not line.spots.first("not_definite", hit.clause[0], hit.span[1]):
        return False
    others = line.spots.findings(though.start(), line.end)
    return {line.lists.target_of[name] for name in others} <= {hit.target.finding}


def _untold(line: Line, hit: Hit) -> bool:
    """Tell whether a sentence says that the absence cannot be told."""
    if any(one.start() < hit.span[1] for one in _each(line, hit, "untold")):
        return True
    grave = hit.target.finding in _GRAVE
    if grave and line.spots.first("not_definite", hit.clause[0], hit.span[1]):
        return True
    answer = line.spots.first("not_definite", hit.span[1], min(hit.clause[1], hit.span[1] + _LABEL))
    if grave and answer and not line.text[hit.span[1] : answer.start()].strip(" :-"):
        return True  # "cord compression: no definite evidence"
    denied = hit.denied or _ABSENCE.search(line.before(hit.span[0], 40))
    return bool(denied) and _follows(line, hit, "untold_after")


def _of_else(line: Line, hit: Hit) -> bool:
    """Tell whether the absence is of something else than the images of today show."""
    spots, start = line.spots, hit.span[1] + 1
    if spots.at("kind", start, hit.clause[1]) or spots.at("in_part", start, hit.clause[1]):
        return True
    if any(one.start() < hit.span[1] for one in _each(line, hit, "if_so")):
        return True
    imaged = [one.span() for one in _each(line, hit, "imaged")]
    told = (one.span() for one in _each(line, hit, "unimaged"))
    if any(not any(_overlap(one, other) for other in imaged) for one in told):
        return True
    return _was_then(line, hit)


def _was_then(line: Line, hit: Hit) -> bool:
    """Tell whether the absence is that of another time ("in 2023 there was no compression")."""
    if hit.target.finding == PROGRESS or _each(line, hit, "since_then"):
        return False
    return bool(
        line.spots.first("then", line.start, hit.span[0])
        or line.spots.first("then_after", hit.span[1], hit.clause[1])
    )


def _each(line: Line, hit: Hit, name: str) -> list[re.Match[str]]:
    """Find the words of a list in the sentence, up to the end of the clause."""
    return line.spots.each(name, line.start, hit.clause[1])


def _overlap(one: Span, other: Span) -> bool:
    """Tell whether two places share words."""
    return one[0] < other[1] and other[0] < one[1]
