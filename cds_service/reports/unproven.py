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
    FRACTURE,
    INFECTION,
    MALIGNANCY,
    PROGRESS,
    RETROPULSION,
    TUMOR_BEHIND,
    Line,
    Span,
)
from cds_service.reports.qualified import qualified
from cds_service.reports.scope import Meaning
from cds_service.reports.turned import turned

_GRAVE: Final = frozenset({CORD, INFECTION})
_TAKEN: Final = frozenset({CORD, INFECTION, MALIGNANCY, TUMOR_BEHIND})
_APART: Final = re.compile(r"[,:;()]|(?<!\w)(?:but|with|is|are|was|were|has|have|shows?)(?!\w)")
_DENIED_DENIAL: Final = re.compile(
    r"(?<!\w)(?:not|never|hardly|nor) (?:completely |entirely |quite )?$"
)
_ABSENCE: Final = re.compile(
    r"(?<!\w)(?:absence|lack|exclusion|freedom) (?:of|from) (?:\w+ ){0,3}$|"
    r"(?<!\w)(?:statement|report|conclusion|impression|claim|finding|reading|diagnosis|opinion) "
    r"(?:of|that(?: there (?:is|was|are|were))?) (?:no|without|not) (?:\w+ ){0,2}$"
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
    r"beside|behind|adjacent to|due to|secondary to|(?:responsible|accounts?|accounting) for|"
    r"causes? of|"
    r"explains?|contributes? (?:nothing|little)? ?to|"
    r"component to|extension to|contact with|caused by) "
    r"(?:the |this |(?<=between )(?:an? )?)"
    r"(?:(?:(?:th|[ctld])-?\d[\w\-/]*|known|established|existing|treated|residual|adjacent|"
    r"large|small|(?:epi|intra)dural|para\w+|prevertebral|spinal|lumbar|"
    r"thoracic|cervical|vertebral|tubercul\w+|pyogenic|septic|lytic|sclerotic|metastatic) ){0,3}$"
)
"""Behind these words something is taken for granted: "no abscess accompanies the discitis"."""
_NOT_THE_CAUSE: Final = re.compile(
    r"(?<!\w)(?:not|never|nothing|hardly)(?: \w+)? (?:responsible for|(?:the )?(?:cause|reason|"
    r"source) (?:of|for)|"
    r"account for|explain|contribute to) (?:the |any )?(?:\w+ ){0,2}$|"
    r"(?<!\w)contributes? (?:nothing|little) to (?:the |any )?(?:\w+ ){0,2}$"
)
"""What something else causes is there: "not responsible for the cord compression"."""
_KIND: Final = (
    r"(?:(?:th|[ctld])-?\d[\w\-/]*|known|old|acute|chronic|recent|healed|treated|subacute|"
    r"compression|"
    r"burst|wedge|vertebral|retropulsed|bony|osseous|epidural|ventral|dorsal|pathologic\w*|"
    r"lytic|large|"
    r"small|spinal|cord|left|right|adjacent|underlying|lumbar|thoracic|cervical|insufficiency)"
)
_BESIDE_THE: Final = re.compile(
    r"(?<!\w)(?:(?:associated|"
    r"(?<!consistent )(?<!compatible )(?<!confused )(?<!mistaken )(?<!contact )"
    r"(?<!continuity )with|related to|"
    r"complicating|accompanying|due to|secondary to|caused by|resulting from|(?<!free )from|"
    r"(?<!involved )(?<!affected )(?<!touched )(?<!spared )(?<!reached )by)(?: with)?"
    rf" (?:the|this|that|these|known) (?:{_KIND} ){{0,4}}|"
    rf"at the (?:site|level|area) of (?:the )?(?:{_KIND} ){{0,3}}|"
    rf"associated with (?:{_KIND} ){{0,3}})$"
)
"""What is only named for what is denied of it: "no edema associated with the L2 fracture"."""
_BY_ANY: Final = re.compile(
    r"(?<!\w)(?:compression|narrowing|stenosis|mass effect|impingement|compromise|contact|"
    r"indentation|"
    r"effacement)(?: (?:of|on|at|in) (?:the )?[\w\-]+(?: [\w\-]+)?)? "
    rf"(?:from|by|due to|secondary to|related to|caused by) (?:an? |any )?(?:{_KIND} ){{0,3}}$"
)
"""What does not compress may be there: "no cord compression from epidural tumor"."""
_RELATED: Final = frozenset({CORD, INFECTION, MALIGNANCY, TUMOR_BEHIND, FRACTURE, RETROPULSION})
_FAVORED: Final = re.compile(
    r"[\w\s\-/]{0,30}?(?:is|are|seems?|appears?) (?:\w+ )?(?:favou?red|likely|suspected|"
    r"preferred|probable)(?!\w)"
)
_AT_LEVEL: Final = re.compile(r" (?:at|in|behind|opposite) (?:the )?(?:th|[ctld])-?\d")
_LESS: Final = re.compile(
    r"(?<!\w)(?:not|no longer|never)(?: quite| nearly)? (?:as|so) (?!much )(?:\w+ )?"
    r"(?:compress|flatten|deform|indent|squeez|narrow)\w* as(?!\w)"
)
"""Compressed still, though not "as compressed as before"."""
_NOTHING_AGAINST: Final = re.compile(
    r"(?<!\w)(?:nothing|no(?: \w+){0,3}?|without(?: \w+){0,2}?|not(?: \w+){0,2}?) "
    r"(?:(?:that )?(?:argu|speak|militat|tell|count)\w* against|against|"
    r"(?:(?:to|that|which) )?(?:contradicts?|refutes?|disproves?|excludes?|dispels?|"
    r"rules?)(?: out)?)"
    r"(?: an?| the)? (?:[\w\-]+ ){0,3}$"
)
"""What is not excluded: "nothing argues against discitis", "no finding that excludes it"."""
_EXCLUDES_NOT: Final = re.compile(
    r"(?<!\w)(?:exclud\w*|rul\w+ out) [^.;:]{3,60}?,? (?:but )?not (?:an? |the )?$"
)
_EXCLUDED_BUT: Final = re.compile(
    r"(?<!\w)(?:excluded|ruled out)[,;] (?:but |while |and )?(?:the |an? )?(?:[\w\-]+ ){0,2}$"
)
"""Only something else is excluded: "MRI excludes fracture, not infection"."""
_EMPHASIS: Final = re.compile(
    r"(?<!\w)(?:nothing less than|no (?:small|little|minor|mean) (?:degree|amount|measure) of|"
    r"no (?:lack|shortage|want|absence) of|(?:not|never|n't) hesitate to (?:call|diagnose|"
    r"say)(?: \w+)?|"
    r"spar(?:es?|ed|ing) (?:neither|none of)(?: [\w\-]+){0,5}) (?:an? |the )?(?:[\w\-]+ ){0,2}$"
)
"""A denial that says it the stronger: "nothing less than frank compression"."""
_NOT_SURELY: Final = re.compile(
    r"[\w\s/\-]{0,25}?(?<!\w)(?:not|cannot be|could not be) (?:\w+ )?(?:(?:convincingly|certainly|"
    r"definitely|conclusively|unequivocally|confidently|reliably) (?:\w+ )?(?:demonstrat|show|seen|"
    r"identif|prov|establish|confirm|evident|present)|(?:\w+ ){1,2}with (?:certainty|confidence))"
)
_NOT_THIS_ONE: Final = re.compile(
    r"(?<!\w)it is not (?:the|this|that) (?:[\w\-]+ ){1,4}(?:that|which) (?:\w+ ){0,2}$"
)
"""Something else does it: "it is not the T9 fracture that compresses the cord"."""
_OR_NOT: Final = re.compile(r"(?<!\w)(?:whether|if) or not [^.;]{0,60}$")
_BEYOND: Final = re.compile(
    r"\s(?:(?:at|of|in) (?:any |the )?[\w\-/]{2,12} )?"
    r"(?:(?:that|which) (?:is|are|was) |of |with |measuring |being )?"
    r"(?:(?<!no )(?<!not )(?:greater|more|larger|worse|higher|severer|tighter) than|over|"
    r"exceeding|above|"
    r"beyond|in excess of|>)\s?(?:a |an |the |about )?"
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
        turned_not = line.text[hit.span[1] : hit.span[1] + 4] == " not" and _EXCLUDED_BUT.search(
            line.before(hit.span[0], 70)
        )
        return Meaning.SUSPECTED if turned_not else said
    return (
        doubted(line, hit)
        or turned(line, hit)
        or _emphatic(line, hit)
        or qualified(line, hit)
        or _absent(line, hit)
    )


def _emphatic(line: Line, hit: Hit) -> Meaning | None:
    """Tell whether a denial says that something is there, or that nobody is sure."""
    before = line.before(hit.span[0], 70)
    if _NOTHING_AGAINST.search(before) or _EXCLUDES_NOT.search(before):
        return Meaning.SUSPECTED
    if not hit.denied and _EMPHASIS.search(before):
        return Meaning.PRESENT
    if _NOT_THIS_ONE.search(before):
        return Meaning.INDETERMINATE
    unsure = hit.target.finding in _GRAVE and _NOT_SURELY.match(line.text, hit.span[1], line.end)
    return Meaning.INDETERMINATE if unsure or _OR_NOT.search(before) else None


def _absent(line: Line, hit: Hit) -> Meaning:
    """Tell what a denial is worth."""
    if _there(line, hit):
        return Meaning.PRESENT
    if _of_more(line, hit):
        return Meaning.NO_FACT
    if _unsure(line, hit):
        return Meaning.SUSPECTED
    if not line.spots.has(_LISTS):
        return Meaning.ABSENT
    if _untold(line, hit):
        return Meaning.INDETERMINATE
    return Meaning.NO_FACT if _of_else(line, hit) else Meaning.ABSENT


def _of_more(line: Line, hit: Hit) -> bool:
    """Tell whether only more of it, or something that it would do, is denied."""
    beyond = _BEYOND.search(line.text, hit.span[0], line.end)
    if beyond and beyond.start() <= hit.span[1]:
        return True
    related = not hit.denied and hit.target.finding in _RELATED
    return related and _BY_ANY.search(line.before(hit.span[0], 70, hit.clause[0])) is not None


def _unsure(line: Line, hit: Hit) -> bool:
    """Tell whether a denial leaves a suspicion."""
    less = hit.target.finding == CORD and _LESS.search(line.text, *hit.clause)
    if less or _denied_twice(line, hit) or _may_be_there(line, hit):
        return True
    rather = line.text[hit.span[0] - 12 : hit.span[0]] == "rather than "
    return rather and _FAVORED.match(line.text, hit.span[1], line.end) is not None


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
        _squeezed_there(line, since) or line.spots.first("despite", hit.span[0], line.end)
    ):
        return True
    if hit.denied:
        return False
    within = line.before(hit.span[0], 60, hit.clause[0])
    if finding in _RELATED and _BESIDE_THE.search(within):
        return True
    if finding in _TAKEN and (_GIVEN.search(within) or _NOT_THE_CAUSE.search(within)):
        return True
    return finding in _GRAVE and bool(
        _WITHIN.search(within)
        or _SPREAD_OF.search(within)
        or (within.endswith(" that the ") and _SPREAD.match(line.text, hit.span[1], line.end))
    )


def _squeezed_there(line: Line, since: int) -> bool:
    """Tell whether the same cord is squeezed all the same, and not at another level."""
    squeezed = line.spots.first("but_squeezed", since, line.end)
    if squeezed is None or " where " in line.text[since : squeezed.start()]:
        return False
    other = any(one.end <= squeezed.start() for one in line.places.mentions)
    return not (other and _AT_LEVEL.match(line.text, squeezed.end(), line.end))


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
    denied = hit.denied or _ABSENCE.search(line.before(hit.span[0], 60))
    return bool(denied) and _follows(line, hit, "untold_after")


def _of_else(line: Line, hit: Hit) -> bool:
    """Tell whether the absence is of something else than the images of today show."""
    spots, start = line.spots, hit.span[1] + 1
    kind = spots.at("kind", start, hit.clause[1])
    if kind and line.text[kind.end() : kind.end() + 5] not in {" with", " to t", " by t"}:
        return True
    if spots.at("in_part", start, hit.clause[1]):
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
