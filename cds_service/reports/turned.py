"""Denials that what stands behind them turns: "none in March, present now", "at T9 it is not so".

What was denied of another time, of another image or of another place is not denied of this one. A
sentence that only turns the one before ("On MRI there is.") says that it is there; one that only
takes the denial back ("T9: not.") leaves it open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.line import CORD, FRACTURE, INFECTION, MALIGNANCY, Line
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_NOW_WORD: Final = r"(?:now|today|currently|at present|meanwhile|standing|upright|when standing)"
_THERE: Final = (
    r"(?:(?:is |are )?(?:present|visible|there|seen|evident|positive|yes)|"
    r"\d{1,2}(?:\.\d)?\s?(?:mm|cm|%)|(?:it |there )?(?:does|is|has)(?=\s*(?:[.;,]|$)))"
)
_NOW: Final = re.compile(
    rf"(?![^.;]*(?<!\w)(?:unchanged|again no|still no|nor|"
    rf"also no)(?!\w))[^.]{{0,60}}?[,;]\s(?:(?:but|and|it|one|the|l\d|t\d+) ){{0,3}}"
    rf"(?:{_THERE} (?:[\w\-]+ ){{0,2}}?{_NOW_WORD}|{_NOW_WORD},? (?:{_THERE}|has \d))"
    r"(?!\w)(?! (?:no|not|none|free|normal|without|absent))"
)
"""Behind a denial of then: "none in March, present now", "which did not reach the cord, now "
"does"."""
_THEN_NOW: Final = re.compile(
    r"(?:in|on|at|during|since|before|previous\w*|prior|then|supine|earlier|initial\w*|last)"
    r"[\w\s\-/]{0,24}, (?:[\w\-/]+ ){0,3}(?:now|today|currently) (?:(?:has|shows|is|does|"
    r"measures)\s*)?"
    r"(?:$|[.;]|\d|present|visible)"
)
_DOES: Final = re.compile(
    r"[^.;]{0,40}?(?:[;,] (?:but |and )?it does|,? but (?:it )?does(?: so)? (?:when|in|on|now|"
    r"standing))(?! not)(?!\w)"
)
_NOT_SO: Final = re.compile(
    r"[^.;]{0,50}?[.,;] ?(?:(?:but|and|while|whereas|the|in|at|more|further|that|of) ){0,3}"
    r"(?:(?:the |thoracic |lumbar |upper |lower |spinal )*(?:cord|conus|myelon|medulla|cauda|"
    r"cranially|caudally|above|below)"
    r"(?: (?!is normal|normal|are|was)[\w\-]+){0,4}? "
    r"(?:not|yes|is not|is another matter|less so|(?:this|it) is not the case|"
    r"to follow)\s*(?:[.;]|$)|"
    r"(?:(?:thoracic|lumbar|dorsal) (?:region|spine|cord|part) )?to follow\s*(?:[.;]|$)|"
    r"(?:thoracic|lumbar|dorsal) (?:cord|part|segment) (?:is )?not\s*(?:[.;]|$))"
)
"""Another part of the cord is not free: "conus normal. Cord above not"."""
_IN_REGION: Final = re.compile(
    r"[^.;]{0,40}, (?:but |and )?(?:compressed|flattened|indented|squeezed|deformed) (?:in|at) the "
    r"(?:thoracic|lumbar|cervical|dorsal|upper|lower|mid)"
)
_ONLY_MILD: Final = re.compile(
    r"[^.;]{0,30}[,;] (?:only|just|but|merely) (?:an? )?(?:\w+ )?(?:mild|slight|minimal|minor|"
    r"subtle|"
    r"early|discrete|light)(?: \w+)? (?:flattening|indentation|compression|deform\w+|impression|"
    r"impingement|mass effect|contour)"
)
"""Less of the same is there: "no significant compression, only mild flattening"."""
_SQUEEZES_IT: Final = re.compile(
    r"[^.;]{0,20}?[,;] (?:but|however|yet|while|whereas|though) [^.;]{0,70}?"
    r"(?<!not )(?:compress|flatten|indent|deform|squeez|displac)(?:es|s) it(?!\w)"
)
_HOWEVER: Final = re.compile(
    r"[^.;,]{0,30}, (?:but|however|yet),? (?:(?!no |not |without )\w+ )?(?:compression|"
    r"compressed|flattened|squeezed|"
    r"indentation|flattening|deformed)(?: of it)? (?:at|in|behind|by)(?!\w)"
)
"""The cord is squeezed all the same: "no suffering, however compression at T9"."""
_BUT_ON: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8}| [\w]\d{1,2})? (?:(?:is|was) )?not (?:\w+ )?(?:visible|seen|"
    r"shown|apparent|evident|detected)"
    r" (?:on|in|by) (?:the )?[\w\-]+(?: [\w\-]+)?,? but (?:\w+ )?(?:on|in|by)(?!\w)"
)
"""Other images show it: "not visible on X-ray but on MRI at L2"."""
_NOT_ON_FILM: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8}| [tld]\d{1,2})? (?:is |was )?not (?:\w+ )?(?:visible|seen|"
    r"shown|apparent|evident|"
    r"appreciable|discernible)(?: to advantage| on (?:the |this |plain |these ){0,2}"
    r"(?:radiographs?|films?|x-?rays?|ct))(?!\w)"
)
_LEVEL: Final = re.compile(r" [tld]\d")
_KNOWN: Final = frozenset({FRACTURE, MALIGNANCY, INFECTION})
_DEFINITE: Final = re.compile(r"(?<!\w)(?:the|this|that|known) (?:[\w\-]+ ){0,3}$")
_SIGNS: Final = re.compile(
    r"(?<!\w)(?:now|today|currently|at present|does|standing|upright|not|yes|follow|matter|less so|"
    r"compressed in|flattened in|indented in|however|but|yet|only|just|merely)(?!\w)"
)
_SENTENCE: Final = re.compile(
    r"\W*(?:(?:but|however|yet),? )?(?:"
    r"(?P<there>it does(?: so)?|(?:on|by|at|in|with) (?:the )?[\w\- ]{2,24}?,? (?:there (?:is|"
    r"are)|it (?:is|"
    r"does|has)|they (?:are|do))|"
    r"there (?:is|are) (?:now|one|some)(?:,? (?:at|in) (?:the )?[\w\-/]{2,10})?|"
    r"(?:but |only |and )?[tld]\d{1,2} (?:is|does|has)|"
    r"(?:the )?[\w\-]+(?: [\w\-]+)? (?:is )?positive(?: (?:at|in|for) [\w\-/]{2,8})?)|"
    r"(?P<not>(?:(?:at|in|of) )?(?:the )?(?:[tld]\d{1,2}(?:[\-/]\w{1,3})?)(?: level)?\s?[:,]? "
    r"?(?:is |are )?not(?: (?:so|ok|free|normal|clear))?|"
    r"not (?:so )?(?:at|in) (?:the )?[\w\-/]{2,8}(?: (?:however|though))?|"
    r"(?:this|that|it) (?:no longer (?:is|holds)|is no longer (?:so|the case|true)|"
    r"does not hold)(?: today| now| any ?more)?))\W*"
)
"""A whole sentence that only turns what the one before denied."""


def turned(line: Line, hit: Hit) -> Meaning | None:
    """Tell how a hit is meant whose denial is turned behind it; None where it is not."""
    text, end = line.text, hit.span[1]
    if not _SIGNS.search(text, end, line.end + _LOOK):
        return None
    if _NOW.match(text, end, line.end) or _THEN_NOW.search(text, end, line.end):
        return Meaning.PRESENT
    if hit.target.finding == CORD:
        return _of_cord(line, end)
    if not hit.denied and _BUT_ON.match(text, end, line.end):
        return Meaning.PRESENT
    definite = hit.target.finding in _KNOWN and (
        _DEFINITE.search(line.before(hit.span[0], 30)) or _LEVEL.match(text, end)
    )
    if definite and not hit.denied and _NOT_ON_FILM.match(text, end, line.end):
        return Meaning.INDETERMINATE
    return None


_LOOK: Final = 70
_TWO: Final = 2


def _of_cord(line: Line, end: int) -> Meaning | None:
    """Tell whether a cord that is free in one place is not in another."""
    text = line.text
    if (
        _DOES.match(text, end, line.end)
        or _SQUEEZES_IT.match(text, end, line.end)
        or (len(line.places.mentions) < _TWO and _HOWEVER.match(text, end, line.end))
    ):
        return Meaning.PRESENT
    if _ONLY_MILD.match(text, end, line.end) or _IN_REGION.match(text, end, line.end):
        return Meaning.INDETERMINATE
    return Meaning.INDETERMINATE if _NOT_SO.match(text, end, line.end + _LOOK) else None


def turns(line: Line, told: Sequence[Statement]) -> Iterator[Statement]:
    """Read a sentence that only turns the one before; `told` is what that one said."""
    hit = _SENTENCE.fullmatch(line.text, *line.whole)
    denied = [one for one in told if one.status is Meaning.ABSENT and not one.rest]
    last = line.report.last
    if hit and hit["there"] and not told and last is not None and last.finding in _KNOWN:
        for level in (level for one in line.places.mentions for level in one.levels):
            yield line.made(last.finding, Place(level), Meaning.PRESENT)
    if hit is None or not denied:
        return
    said = Meaning.PRESENT if hit["there"] else Meaning.INDETERMINATE
    levels = [level for one in line.places.mentions for level in one.levels]
    for finding in dict.fromkeys(one.finding for one in denied):
        own = [one.level for one in denied if one.finding == finding]
        for level in levels or own:
            yield line.made(finding, Place(level), said)
