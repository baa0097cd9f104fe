"""Levels, or a cord, that a sentence says were not seen, and what a denial beside it is worth.

A denial of the whole study clears no level that the same sentence, or the one before or after,
says is degraded, covered up or not imaged: "no cord compression, T9 to T11 degraded by motion".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cds_service.reports.levels import Mention
from cds_service.reports.line import (
    CANAL,
    CORD,
    EDEMA,
    FRACTURE,
    INFECTION,
    MALIGNANCY,
    PEDICLE,
    RETROPULSION,
    STENOSIS,
    TUMOR_BEHIND,
    WALL,
    Line,
)
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_WEIGHED: Final = frozenset(
    {CORD, INFECTION, MALIGNANCY, TUMOR_BEHIND, FRACTURE, RETROPULSION, CANAL, STENOSIS, WALL,
     PEDICLE, EDEMA}
)  # fmt: skip
_TAKEN: Final = frozenset({CORD, INFECTION, MALIGNANCY, TUMOR_BEHIND})
"""Findings whose false absence costs most."""
_IN_BEHIND: Final = (
    r"(?:,? (?:and|or) (?:above|below|beyond|upwards?|downwards?|adjacent))?"
    r"(?: (?:levels?|vertebrae?|bod(?:y|ies)|discs?|segments?|spine|cord|canal|pedicles?|images?|"
    r"slices?|views?))?"
    r"(?: \([^()]{0,30}\))?[,:]?(?: (?:which|that))?"
    r"(?: (?:is|are|was|were|be|being|been|has been|have been|lies?|remains?|looks?|appears?))?"
    r"(?: (?!not )(?:\w+ly|quite|too|very|all|also|both|somewhat|rather))?"
)
_FIELD: Final = (
    r"(?:(?:the|this|our|any) )?(?:imaged |scanned |examined )?(?:field|scan|images?|imaging|"
    r"range|coverage|view|"
    r"volume|study|film|examination|slab|stack|box)(?!\w)"
)
_NOT: Final = r"(?:not|never|n't)(?: (?:yet|fully|completely|adequately|well|reliably|entirely))?"
_GONE: Final = re.compile(
    rf"{_IN_BEHIND} (?:degraded|obscured|blurred|hidden|spoil(?:ed|t)|cut off|cropped|"
    rf"truncated|omitted|"
    r"uninterpretable|unreadable|unassessable|unimaged|non-?diagnostic|non-?assessable|"
    rf"lost (?:to|in) (?:motion|artifact|noise)|off (?:the|these) (?:film|image|edge|scan)\w*|"
    rf"excluded from {_FIELD}|(?:outside|out of|beyond) {_FIELD}|"
    rf"{_NOT} (?:imaged|included|covered|scanned|captured|diagnostic|"
    rf"readable|(?:with)?in {_FIELD}|on {_FIELD}|on these images|part of {_FIELD}))(?!\w)"
)
"""Behind a level: "T9 to T11 degraded by motion", "L5 is cut off", "L2 not included"."""
_NOT_VISIBLE: Final = re.compile(
    rf"{_IN_BEHIND} (?:{_NOT}|poorly|barely|hardly|suboptimally|incompletely|inadequately) "
    r"(?:seen|visible|visuali[sz]ed|depicted|displayed|resolved|shown|demonstrated|assessed|"
    r"assessable|evaluable|interpretable)"
    r"(?! (?:to|as|on (?:the )?(?:prior|previous))(?!\w))(?!\w)"
)
_SUBJECT: Final = re.compile(
    r"(?:^\W*|[,;:(.]\s|(?<!\w)(?:but|although|though|while|whereas|however|because|since|as|"
    r"that|level|levels) "
    r"|(?<!\w)(?:and|with) (?:the )?)(?:(?:the|level|levels|from|vertebra|vertebrae|body of|"
    r"cord at|canal at|"
    r"region of|segment) ){0,2}$"
)
"""So a level is what is not seen ("L5 was not seen"), and no finding ("edema at L5 not seen")."""
_OVER: Final = re.compile(
    r"(?<!\w)(?:(?:motion|movement|artifacts?|noise|(?:drop|fall)-?out|signal voids?|"
    r"breathing|pulsation)"
    r"(?: artifacts?| degradation)? (?:at|over|across|through|around|behind|from|between|opposite)|"
    r"(?:motion|movement|artifacts?|noise|hardware|metal\w*|implants?|screws?|gas|shoulders?|"
    r"habitus|breathing|pulsation) (?:\w+ly )?(?:degrad|obscur|hid|mask|preclud|spoil|blur|"
    r"limit|conceal|impair|overl|cover)\w*|"
    r"(?:non-?diagnostic|unreadable|uninterpretable|unassessable|degraded|obscured|blurred|"
    r"cut off|truncated|"
    r"cropped)(?: images?| views?| slices?)? (?:at|from|between|over|across|through|behind|"
    r"opposite|above|below|beyond)|"
    r"(?:images?|imaging|slices?|scan|coverage|study|views?|field|fov|series|sequences?|stack|slab|"
    r"axials?|sagittals?|which|that|they|ct|mri?|films?|examination)(?: of view)?,? "
    r"(?:(?:does|do|did|could|can|has|have)(?: not|n't) (?:include|cover|reach|image|capture|"
    r"scan|extend (?:to|as far as))d?|"
    r"omits?|omit|cuts? off|(?:stops?|ends?) (?:short of|before|above|below))|"
    r"(?:no|without) (?:axial |sagittal |diagnostic |usable |adequate )?(?:images?|views?|"
    r"coverage|imaging|"
    r"slices?|sections?) (?:of|at|from|through|across|between|for|above|below|beyond)|"
    r"not (?:imaged|included|covered|scanned|diagnostic) (?:at|from|above|below|beyond|between))"
    r"(?: (?:the|levels?|images?|views?|assessment|evaluation|detail|visualization|of|at|from|"
    r"between|"
    r"above|below|beyond|canal|cord|body|vertebra|region|and|spinal|seeing)){0,8} $"
)
"""Before a level: "motion obscures T9", "nondiagnostic at T9", "does not cover T6"."""
_BOUND: Final = re.compile(
    r"(?<!\w)(?:above|below|beyond|outside|(?:proximal|distal|cranial|caudal|cephalad|rostral|"
    r"superior|"
    r"inferior) to|higher than|lower than)(?: the)?(?: level of)? $"
)
"""Of what lies beyond a level: "levels above T11 not imaged"."""
_BOUNDED: Final = re.compile(
    r"(?<!\w)(?:cord|conus|myelon|cauda|canal) (?:above|below|beyond|outside|(?:proximal|"
    r"distal|cranial|caudal|"
    r"cephalad|rostral|superior|inferior) to) (?:the )?(?:level of )?(?:th|[ctdl])-?\d"
)
"""Only a part of it is told of: "the cord proximal to T9 is normal"."""
_REGION: Final = re.compile(
    r"(?<!\w)(?:cervical|thoracic|dorsal|lumbar|upper|lower) "
    r"(?:(?:spinal|thoracic) )?(?:spine|cord|levels|vertebrae|segments|region|part) "
    rf"(?:is|are|was|were|has been|have been) {_NOT} "
    r"(?:imaged|included|covered|scanned|seen|visuali[sz]ed|visible|examined)(?! to(?!\w))(?!\w)"
)
"""A part of the spine: "the upper thoracic spine was not imaged"."""
_NO_CORD: Final = re.compile(
    r"(?<!\w)(?:(?:cord|myelon|canal|canal contents?)(?: itself| proper)?"
    r"(?: (?:is|are|was|were|has been|lies|could|can))? "
    r"(?:(?:not|poorly|barely|incompletely|suboptimally|inadequately|can't|cannot)(?: be)?"
    r"(?: (?:\w+ly|well))? "
    r"(?:visible|visuali[sz]ed|included|imaged|covered|seen|shown|depicted|resolved|displayed|"
    rf"on (?:{_FIELD}|these)|in {_FIELD})(?! (?:to|as)(?!\w))|"
    rf"invisible|unseen|obscured|outside {_FIELD}|excluded from {_FIELD})|"
    r"(?:ct|films?|radiographs?|x-?rays?|study|scan) (?:does not|do not|cannot|can't|can not) "
    r"(?:show|see|depict|resolve|visuali[sz]e|image) (?:the )?(?:(?:spinal|thoracic) )?"
    r"(?:cord|canal))(?!\w)"
)
"""What would be squeezed was not seen at all: "the cord is not visible on CT"."""
_CORD_BUT: Final = re.compile(
    r"(?<!\w)(?:cord|conus|myelon|canal) (?:is|was|looks|appears|not|normal|free|clear)(?!\w)"
    r"[^.;]{0,60}? (?:but|and) (?:(?:is|was) )?not "
    r"(?:visible|visuali[sz]ed|seen|imaged|assessable) (?:at|opposite|behind) (?:the )?$"
)
"""Before a level: "the cord is not compressed at T9, but not visible at T10"."""
_NEITHER: Final = re.compile(r"\W*(?:is|are|was|were) not\W*$")
_FIT: Final = re.compile(
    r"(?<!\w)(?:diagnostic|imaged|covered|included|assessable|evaluable|readable|"
    r"interpretable|usable)"
    r"(?!\w)[^.]{0,40}\W*$"
)
"""What is elliptic behind it: "normal on the images that are diagnostic; T7 to T10 are not"."""
_USELESS: Final = re.compile(
    r"(?<!\w)(?:non-?diagnostic|inadequate|uninterpretable|unreadable|unusable|"
    r"not (?:of )?diagnostic|"
    r"not interpretable|useless)(?!\w)"
)
"""A study that shows nothing, whatever is told of it next."""
_OF_ELSE: Final = re.compile(
    r"(?<!\w)(?:assessment|evaluation|visuali[sz]ation|delineation|depiction|interpretation|"
    r"sensitivity|"
    r"detail|views?|images?) (?:of|for) (?:the )?"
    r"(?!(?:study|spine|cord|canal|spinal|thoracic|lumbar|epidural|infection|discitis|this|"
    r"these|all|"
    r"vertebra\w*|whole|entire|levels?)(?!\w))|"
    r"(?<!\w)(?:lungs?|chest|abdom\w+|pelvi\w+|sacrum|sacral|ribs?|kidneys?|liver|foramina\w*|"
    r"ligament\w*|paraspinal|soft tissues?|head|brain|bed)(?!\w)"
)
"""A limit that is none of the spine."""


_LIMITS: Final = ("limits",)
_SIGNS: Final = re.compile(
    r"(?<!\w)(?:degrad|obscur|blur|hidden|spoil|cut|crop|truncat|omit|missing|un(?:interp|read|"
    r"assess|"
    r"imag|seen|usable)|invisible|useless|non|lost|off|exclu|out|beyond|not|never|can|poor|barely|"
    r"hardly|subopt|incomp|inadeq|motion|movement|artifact|noise|drop|fall|signal void|breath|"
    r"puls|hardware|metal|implant|screw|gas|should|habitus|end|stop|"
    r"(?:no|without) (?:\w+ )?(?:imag|view|cover|slice|section)|"
    r"(?:cord|conus|myelon|cauda|canal) (?:above|below|prox|dist|cran|caud|ceph|"
    r"rostr|sup|inf))|n't(?!\w)"
)
"""Where none of these stands, and no limit, everything was seen."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """What a sentence says was not seen: levels, levels beyond others, the cord, the whole study.

    `of_all` tells that it says nothing else, so that it is told of the sentences around it too,
    `useless` that it may be read before what is denied, `joined` that it and the sentence
    before stand on two sides of a semicolon.
    """

    levels: tuple[str, ...] = ()
    beyond: bool = False
    cord: bool = False
    whole: bool = False
    useless: bool = False
    joined: bool = False
    of_all: bool = False


ALL_SEEN: Final = Unseen()


def unseen(line: Line, *, silent: bool) -> Unseen:
    """Tell what a sentence says was not seen; one that is `silent` may be a limit of the study."""
    text = line.text
    if line.spots.lacks(_LIMITS) and not _SIGNS.search(text, *line.whole):
        return ALL_SEEN
    levels: dict[str, None] = {}
    beyond = bool(_BOUNDED.search(text, *line.whole) or _REGION.search(text, *line.whole))
    for one in _missing(line):
        if _BOUND.search(line.before(one.start, 40)):
            beyond = True
        else:
            levels.update(dict.fromkeys(one.levels))
    limit = silent and not line.places.mentions and line.spots.first("limits", *line.whole)
    useless = silent and not levels and _USELESS.search(text, *line.whole)
    whole = bool(limit or useless) and not _OF_ELSE.search(text, *line.whole)
    cord = _NO_CORD.search(text, *line.whole) is not None
    if not (levels or beyond or cord or whole):
        return ALL_SEEN
    return Unseen(
        tuple(levels),
        beyond,
        cord,
        whole,
        useless=whole and bool(useless),
        joined=line.places.joined,
        of_all=silent,
    )


def _missing(line: Line) -> Iterator[Mention]:
    """Give the mentions of levels that are not seen."""
    for one in line.places.mentions:
        before = line.before(one.start, 80)
        if (
            _GONE.match(line.text, one.end, line.end)
            or _OVER.search(before)
            or _CORD_BUT.search(before)
            or (_SUBJECT.search(before) and _NOT_VISIBLE.match(line.text, one.end, line.end))
            or _neither(line, one)
        ):
            yield one


def _neither(line: Line, one: Mention) -> bool:
    """Tell whether a level is not what the sentence before says the images are."""
    first = line.places.joined and not line.before(one.start, 40).strip()
    if not first or not _NEITHER.fullmatch(line.text, one.end, line.end):
        return False
    return _FIT.search(line.text, max(0, line.start - 80), line.start) is not None


def weighed(
    said: Sequence[Statement], own: Unseen, before: Unseen, after: Unseen
) -> tuple[Statement, ...]:
    """Open the denials of what this sentence, or the one before or after it, says is not seen."""
    before, after = (one if one.of_all else ALL_SEEN for one in (before, after))
    levels = dict.fromkeys((*own.levels, *before.levels, *after.levels))
    beyond = own.beyond or before.beyond or after.beyond
    cord = own.cord or before.cord or after.cord
    whole = after.whole or before.useless or (before.whole and own.joined)
    if not (levels or beyond or cord or whole):
        return tuple(said)
    made: list[Statement] = []
    for one in said:
        if one.status is not Meaning.ABSENT or one.finding not in _WEIGHED:
            made.append(one)
        elif (cord and one.finding == CORD) or (whole and one.finding in _TAKEN):
            made.append(_opened(one))
        elif one.level:
            made.append(_opened(one) if one.level in levels else one)
        else:
            made += [replace(_opened(one), level=level, rest=False) for level in levels]
            made.append(replace(one, rest=one.rest or beyond or bool(levels)))
    return tuple(made)


def _opened(one: Statement) -> Statement:
    """Say that nobody can tell."""
    return replace(one, status=Meaning.INDETERMINATE, value=None, unit="")
