"""Denials and conditions whose words stand around a finding in an order of their own."""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.line import (
    AUGMENTED,
    EDEMA,
    FLUID,
    FRACTURE,
    INFECTION,
    MALIGNANCY,
    UPTAKE,
    Line,
)
from cds_service.reports.scope import Meaning

AROUND: Final = ("around",)
"""Where no phrase of this list stands nothing here is worth a look."""
_SPREADS: Final = frozenset({EDEMA, FRACTURE, INFECTION, MALIGNANCY, UPTAKE})
"""What may or may not reach another vertebra."""
_ORDERED: Final = frozenset({AUGMENTED, FLUID})
"""What is suggested of these is to be done."""
_FRONT: Final = re.compile(
    r"(?:^|[,;:.(]\s?|\s)(?:for|of|as (?:to|for|regards|concerns)|(?:as|so) far as|"
    r"regarding|concerning|with (?:regard|respect) to|in (?:terms|respect|favor) of|about)\s"
    r"(?:an?\s|any\s|the\s|either\s)?(?:[\w\-]+\s){0,3}$"
)
"""What a sentence turns to: "for a discitis there is no sign"."""
_NONE_THERE: Final = re.compile(
    r"[\w\s,/\-]{0,130}?,?\s(?:there (?:is|are|was|were)|there's|(?:shows?|bears?|gives?)|"
    r"(?:i|we|one) (?:can )?(?:sees?|find|found|saw|have))\s(?:here )?(?:also )?"
    r"(?:(?:no|not any|no other) (?:(definite|convincing|certain|conclusive|clear|sure)\s)?"
    r"(?:[\w\-]+ ){0,1}?(?:evidence|signs?|"
    r"indications?|indicators?|hints?|suggestion|suspicion|proof|support|features?|traces?|"
    r"correlates?|arguments?|findings?|grounds?|clues?)|nothing|none)(?!\w)"
    r"(?! (?:of|for|to|against|about|that) (?!(?:it|this|that|them|these|such)(?!\w)|suggest|"
    r"support|indicate|confirm))(?! against)"
)
"""Nothing else may be denied behind: "there is no sign of improvement"."""
_NO_PLACE: Final = re.compile(
    r"(?<!\w)(?:no|not (?:any|one|a single)|(?:cannot|can't|could not|do not|did not|unable to)"
    r" (?:see|identify|find|show|name|detect|make out) (?:any|a(?: single)?|one)) (?:single )?"
    r"(?:level|vertebra|segment|site|point|area|region|disc|image|slice|body|place)s? "
    r"(?:(?:is there |are there )?(?:(?:at|in|on|of) which|where)|"
    r"(?:that|which) (?:shows?|has|have)|shows?|has|have) (?:(?!not |no |without )[\w\-]+ ){0,6}$"
)
"""Of what no level has: "there is no level at which the cord is compressed"."""
_THAN: Final = re.compile(
    r"[\w\s]{0,30}?\s(?:than(?!\w)|as (?!far )\w+ as(?!\w)|"
    r"as (?:at |in )?(?:the )?(?:th|[ctld])-?\d)"
)
"""Where there is more of it than elsewhere it is there: "no level shows it worse than T6"."""
_WILL_BE: Final = re.compile(
    r"(?<!\w)(?:(?:may|might|could|would|will|can) (?:then |also |eventually )?become|"
    r"(?:will|would) (?:then |also |eventually )?be)(?!\w)"
)
"""Told of what may come, and not of today."""
_UNTOUCHED: Final = re.compile(
    r"\s?(?:vertebra\w*|bod(?:y|ies)|levels?)?"
    r"\s?(?:is|are|was|were|appears?|looks?|remains?|being|,)?"
    r"\s?(?:also |both |all |likewise |entirely |completely )?"
    r"(?:un(?:involved|affected|touched|scathed|harmed)|spared|"
    r"not (?:yet )?(?:involved|affected|touched|reached|invaded|infiltrated))"
    r"\s(?:by|from)\s(?:any |the |this )?(?:[\w\-]+ ){0,1}"
)
"""Between a vertebra and what has not reached it: "T7 is uninvolved by infection"."""
_PART_OF: Final = re.compile(r"(?<!\w)(?:of|at|in|behind|within|around|beside) (?:the )?$")
_INVERTED: Final = re.compile(
    r"(?![^,]{0,60} been (?:treated|diagnosed|recogni|detected|drained|operated|stabili|noticed))"
    r"\W*(?:should (?:the |a |an |any |new |her |his |there )?(?!not\b|be\b)[\w\-]+"
    r"(?: [\w\-]+){0,6}|"
    r"(?:were|had) (?:the|there|an?|any|it|this|such|new|[\w\-]+ (?:increased|present|there|to))"
    r"(?: [\w\-]+){0,8}),"
)
"""A condition without "if": "should weakness develop, ...", "had the cord been compressed, ..."."""

_AGAIN: Final = re.compile(
    r"[^.;:\n]{0,50}?(?:resolved|cleared|gone|disappeared|vanished|drained|removed|resected|"
    r"evacuated|"
    r"relieved|decompressed|treated|eradicated|healed),?\s(?:(?!not |never )[\w\-]+,? ){0,6}?"
    r"(?<!not )(?<!never )(?<!no longer )(?:recurred|returned|reappeared|relapsed|refilled)"
    r"(?!\w)(?! to )"
)
"""What was gone and is there again: "the abscess was drained, but then recurred"."""
_NOR_HAS: Final = re.compile(
    r"(?<!\w)(?:neither|nor) (?:has|have|had|did|does|do|is|are) (?:the |this |that |these |its )?"
    r"(?:[\w\-]+ ){0,4}$"
)
_BETTERED: Final = re.compile(
    r"[\w\s/\-]{0,40}?\s(?:regress|resolv|improv|clear|chang|heal|decreas|diminish|disappear|"
    r"subsid|settl|shr[iu]nk|respond|abat|vanish|gone|lessen|recede)"
)
"""What is no better is still there: "nor has the discitis cleared"."""
_SUGGESTED: Final = re.compile(
    r"(?: (?:of|at|in) [\w\-, ]{1,20})? (?:is|are) suggested"
    r"(?=\s*[.;,:)]|$| (?:but|by|at|in|on|here)(?!\w))"
)
_DONE: Final = re.compile(
    r"(?<!\w)(?:biops|follow|correlat|evaluat|mri?(?!\w)|ct(?!\w)|imag|treat|surg|stabili|"
    r"consult|review|clarif|drain|aspirat|assess|compar|exclu|work-?up|radio)"
)
"""What is suggested there is done, and not seen."""

_GONE: Final = re.compile(
    r"(?: (?:at|in|of|behind|on) (?:the )?[\w\-/]{2,12}(?: (?:level|body|vertebra))?)?,? "
    r"(?:(?:that|which) )?(?:once|previously|formerly|earlier|initially|originally|had|was|were|"
    r"used to|seen|noted|shown|demonstrated|described|visible|present|reported|evident|known|found|"
    r"filling|occupying|compressing)\s"
    r"(?:(?!but |not |partly |partially |almost |nearly )[\w%,/\-]+ ){0,14}?"
    r"(?:is|are|has|have) (?:now |since |also |completely |fully |entirely ){0,2}"
    r"(?:no longer (?:seen|visible|present|evident|there|identified|demonstrated|apparent|"
    r"detectable|discernible|recogni[sz]able)|not (?:recurred|returned|reappeared)|"
    r"been (?:relieved|removed|resected|decompressed|evacuated|drained)|"
    r"resolved|disappeared|vanished|gone|normali[sz]ed|cleared)(?!\w)"
)
"""What was there is not there now: "the tumor that once filled the canal is no longer visible"."""
_PERSISTS: Final = re.compile(
    r"[\w\s,/\-]{0,40}?(?<!\w)(?:not|never) (?:\w+ )?(?:recurred|returned|reappeared|relapsed)"
    r"[\w\s]{0,20},? but (?:it |they )?(?:persist|remain|continu|(?:is|are|has|have) still)"
)
"""It did not come back because it never went: "has not recurred but persists"."""


def said_around(line: Line, hit: Hit) -> Meaning | None:
    """Tell how a hit is meant by words around it that no list of words before or after reads."""
    if _INVERTED.match(line.text, line.start, line.end):
        return Meaning.NO_FACT
    if hit.denied:
        return None
    return _fronted(line, hit) or _told_of(line, hit)


def _fronted(line: Line, hit: Hit) -> Meaning | None:
    """Read "for a discitis there is no sign" and "T7 is spared by the infection"."""
    before = line.before(hit.span[0], 80)
    if _NO_PLACE.search(before):
        compared = _THAN.match(line.text, hit.span[1], line.end)
        return Meaning.PRESENT if compared else Meaning.ABSENT
    if _WILL_BE.search(line.text, max(hit.clause[0], hit.span[0] - 12), hit.span[1]):
        return Meaning.NO_FACT
    if _FRONT.search(before[-50:]):
        none = _NONE_THERE.match(line.text, hit.span[1], line.end)
        if none:
            return Meaning.INDETERMINATE if none[1] else Meaning.ABSENT
    if hit.target.finding not in _SPREADS:
        return None
    untouched = any(
        one.end <= hit.span[0]
        and _UNTOUCHED.fullmatch(line.text, one.end, hit.span[0])
        and not _PART_OF.search(line.before(one.start, 16))
        for one in line.places.mentions
    )
    return Meaning.ABSENT if untouched else None


def _told_of(line: Line, hit: Hit) -> Meaning | None:
    """Read "nor has the discitis cleared" and "extension to the pedicle is suggested"."""
    after = hit.span[1], line.end
    if _AGAIN.match(line.text, *after) or _PERSISTS.match(line.text, *after):
        return Meaning.PRESENT
    if _GONE.match(line.text, hit.span[1], line.end):
        return Meaning.ABSENT
    before = line.before(hit.span[0], 70, hit.clause[0])
    if _NOR_HAS.search(before) and _BETTERED.match(line.text, hit.span[1], line.end):
        return Meaning.PRESENT
    if hit.target.finding in _ORDERED or _DONE.search(before):
        return None
    return Meaning.SUSPECTED if _SUGGESTED.match(line.text, hit.span[1], line.end) else None
