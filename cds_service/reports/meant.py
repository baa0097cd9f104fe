"""How each hit is meant: what is told of a finding, and not of something beside it."""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.around import AROUND, said_around
from cds_service.reports.hits import Hit, is_hint
from cds_service.reports.line import (
    AUGMENTED,
    CORD,
    EDEMA,
    FRACTURE,
    INFECTION,
    MALIGNANCY,
    PEDICLE,
    PROGRESS,
    RETROPULSION,
    STENOSIS,
    TUMOR_BEHIND,
    UPTAKE,
    Line,
)
from cds_service.reports.scope import Meaning, meaning, verdict
from cds_service.reports.since import since
from cds_service.reports.unproven import proven

_KNOWN: Final = re.compile(
    r"(?:in|at|of|from|within|for|to|by) (?:the|this|these|both|known|either|each|that|those)"
    r" (?:(?!(?:no|not|without|nor|shows?|demonstrates?|reveals?|has|have|is|are) )[\w-]+ |"
    r"(?:old|older|healed|chronic|acute|known|recent|subacute|mild|severe|stable), ){0,6}$|"
    r"(?:in|at|within|for) (?:old|older|chronic|known|healed|previous|prior|remote|treated|"
    r"existing|longstanding) (?:[\w-]+ ){0,4}$"
)
_BESIDE_IT: Final = re.compile(
    r"(?<!\w)(?:accompan\w+|explains?|underl(?:ies|ying)|surround\w*|follow(?:ed|ing)|around|"
    r"adjoining|overlying) "
    r"(?:the |this |that )(?:[\w-]+ ){0,3}$"
)
_THE: Final = re.compile(r"(?<!\w)(?:the|this|that) (?:[\w\-]+ ){0,3}$")
_NOT_ITS_CAUSE: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-/]{2,8})? (?:(?:is|was) not (?:the )?(?:\w+ )?(?:cause|reason|"
    r"explanation|"
    r"source|responsible)|does not (?:account|explain|contribute|cause|compress|narrow|reach|"
    r"touch)|"
    r"(?:that|which) (?:compress|narrow|cause|explain)|but the (?!fracture))"
)
"""A fracture is there that does not cause what else is: "the T9 fracture is not the cause"."""
_SITE_OF: Final = re.compile(
    r"(?<!\w)(?:site|seat|location) of (?:an? |the |this )?(?:[\w-]+ ){0,3}$"
)
_GRAVE: Final = frozenset({CORD, INFECTION, MALIGNANCY})
"""Of these an answer that nobody understands proves neither that they are there nor the reverse."""
_HEAD_OF_FIELD: Final = re.compile(
    r"[\s\-*•\d.)]{0,8}(?:(?:th|[ctdl])-?\d{1,2}(?:[\-/]\w{1,3})?\s?[:\-]\s)?"
)
_FIELD: Final = re.compile(
    r"(?:\s(?:status|assessment|evaluation|risk))?\s?(?::|=|-(?=\s))\s*([a-z][a-z '\-]{0,40})\W*$"
)
_ASSESSED: Final = 15
"""So far the sign of a field stands behind its name: "cord compression status: clean"."""
_UNFILLED: Final = re.compile(r"\s?:[\s.]*$")
"""A name with nothing behind it: a heading, or a field that was left empty."""
_BELOW: Final = re.compile(
    r"\s*[\-*•]?\s?(?:(?:th|[ctdl])-?\d|at (?:th|[ctdl])-?\d|severe|moderate|mild|marked|yes|"
    r"present|multiple|extensive|diffuse|known)(?!\s?(?:no|none))"
)
"""What stands below a heading by which it is there: "cord compression: / severe at t9"."""
_TELLS: Final = re.compile(
    r"(?<!\w)(?:yes|present|positive|severe|moderate|mild|marked|slight|minimal|minor|minimally|"
    r"extensive|multi\w*|known|active|early|acute|chronic|definite|high|low|partial|complete|"
    r"confirmed|proven|seen|visible|evident|here|worse\w*|stable|unchanged|progress\w*|new|old|"
    r"ventral|dorsal|anterior|posterior|left|right|bilateral|lytic|sclerotic|blastic|mixed|"
    r"diffuse|widespread|lumbar|thoracic|cervical|as|by|due|from|with|at|in|of|and|some|slightly|"
    r"mildly|severely|moderately|increas\w*|larg\w*|small\w*|residual|persist\w*|recurr\w*|"
    r"(?:compress|infect|destr|abscess|metasta|tumor|cancer|carcinoma|lymphoma|myeloma|lesion|"
    r"fracture|disc|deposit)\w*)(?!\w)"
)
_DENIES: Final = re.compile(
    r"(?<!\w)(?:not|no|none|nil|nothing|without|clean|clear|free|neg\w*|doubt\w*|hardly)(?!\w)"
    r"(?!.*(?<!\w)(?:improv|heal|resol|progress|regress|chang|recur|respon|better|worse))"
)
"""Words of an answer by which something is there: "cord compression: marked"."""
_PREVIOUSLY: Final = re.compile(
    r"(?: (?:at|of|in) [\w\-]{2,8})? (?:previously|beforehand|then|at that time|in the past|last "
    r"time)(?=\s*(?:[.;,]|$))"
)
"""Behind what was denied at another time: "no cord compression previously"."""
_WHETHER: Final = re.compile(r"(?<!\w)(?:whether|if) (?:an?|the|any)? ?$")
_CEMENT: Final = re.compile(
    r"(?<!\w)(?:around|surround(?:ing|s)?|about|along|beside|adjacent to|of|at|near|within|in|"
    r"abuts?|encircles?|beneath|under) "
    r"(?:the |this )(?:\w+ )?$"
)
"""What is denied there takes the cement for granted."""
_AFTER_IT: Final = re.compile(
    r"(?<!\w)(?:after|following|since|s/p|status post|subsequent to|"
    r"posterior(?= (?:th|[tld])-?\d)) "
    r"(?:(?:the|this|an?|prior|previous|recent|earlier|remote|percutaneous|balloon) ){0,3}"
    r"(?:(?:th|[tld])-?\d{1,2}(?:(?:/|-| and | to | & |, )(?:th|[tld])?-?\d{1,2}){0,2} )?"
    r"(?:(?:percutaneous|balloon|vertebral|cement) ){0,2}$"
)
"""What is denied since then is not the treatment: "no new fracture after L2 kyphoplasty".

"Post" is one of the short words for "posterior", and is folded to it.
"""
_ON_CONDITION: Final = re.compile(
    r"\W*(?:if|unless|provided|providing|assuming|as long as|so long as|on condition|supposing|"
    r"should|subject to|in (?:the )?absence of|once)(?!\w)[^.;,]{0,90},\s(?:then )?[\w \-]{0,40}$"
)
"""Before a treatment that depends on what is not known: "provided that there is no ..., "."""
_SHOWS: Final = re.compile(
    r"(?<!\w)(?:shows?|demonstrates?|reveals?|confirms?|depicts?|detects?|there is|there are)(?!\w)"
    r"(?!.*(?<!\w)(?:no|not|without)(?!\w))"
)
_NOT_ON_FILM: Final = re.compile(
    r"(?: (?:of|at|in) (?:the )?[\w\-]{2,8})?,?\s(?:which |that )?"
    r"(?:(?:is|are|was|were) )?(?:not|un\w+)(?: \w+){0,2}? (?:on|by|in|with) "
    r"(?:the |plain |a |conventional |prior |previous |corresponding |concurrent ){0,3}"
    r"(?:radiographs?|films?|x-?rays?|ct|mri?|bone scan|scintigra\w+)(?!\w)"
)
_PREDICATE: Final = re.compile(r"(?<!\w)(?:is|are|was|were|been|be) (?:\w+ )?$")
_PART_OF: Final = re.compile(
    r"(?<!\w)(?:extension|propagation|healing|union|displacement|involvement|extent|margins?|"
    r"edges?)"
    r" (?:of|by|from) (?:the |this )?(?:[\w-]+ ){0,3}$"
)
_QUALITY_OF: Final = re.compile(
    r"(?<!\w)(?:age|acuity|chronicity|stability) of (?:the |these |both |this )?"
    r"(?:[\w\-]+ ){0,4}$"
)
_ONE_SIDE: Final = re.compile(r"(?<!\w)(?:right|left)(?!\w)")
_OF_SIGNAL: Final = re.compile(r"(?<!\w)(?:signal|edema\w*|myelomalac\w*|hyperintens\w*|contusion)")
_OUT_OF_SHAPE: Final = (
    r"(?:compress|flatten|indent|deform|squeez|imping|drap(?:ed|ing)|thinn|push|kink|distort|crush|"
    r"squash|displac|effac|pinch|molded)\w*"
)
_SQUEEZED: Final = re.compile(
    rf"(?<!\w)(?:cord|conus|equina|myelon)(?: [\w\-]+){{0,4}}? {_OUT_OF_SHAPE}|"
    rf"(?<!\w){_OUT_OF_SHAPE} (?:(?:of|on|the|upon|against|spinal|thoracic|ventral|dorsal) ){{0,3}}"
    r"(?:cord|conus|myelon)(?!\w)"
)
_NO_ROOM: Final = re.compile(
    r"(?<!\w)(?:severe|marked|critical|complete|tight|high-grade)(?:ly)? (?:[\w\-]+ ){0,2}"
    r"(?:stenosis|narrow\w*|effac\w*|obliterat\w*)(?![^.;]{0,60}?(?<!\w)l-?[2-5])"
)
_NO_FLUID: Final = re.compile(
    r"(?<!\w)(?:csf|subarachnoid space)(?: [\w\-]+){0,3}? (?:effaced|obliterated|lost)(?!\w)|"
    r"(?<!\w)(?:effacement|obliteration) of (?:the )?(?:csf|subarachnoid space)(?!\w)"
)
"""Beside these a normal signal says nothing of the cord's shape."""
_OF_SHAPE: Final = re.compile(r"(?<!\w)(?:caliber|shape|contour|morphology|size|outline)(?!\w)")
_IT_SQUEEZED: Final = re.compile(
    r"\W*(?:(?:but|and|however|while),? )?"
    r"(?:(?:at|behind|opposite) (?:the )?(?:th|[ctld])-?\d[\w/\-]*(?: level)?,? )?"
    rf"(?:it(?:s [\w\-]+)? (?:[\w\-]+,? ){{1,8}}?{_OUT_OF_SHAPE}|"
    r"(?:extrinsic(?:ally)?\W+)?(?:[\w\-/]+ ){0,3}(?:flattening|indentation|impingement|"
    r"deformation|thinning|distortion|draping)(?!\w))"
)
"""In the sentence behind it: "it is pushed dorsally", "ventral deformation at T9"."""
_NEXT: Final = re.compile(r"[ \r]{0,8}\n?[^.;\n]{0,160}")
_NONE_OF: Final = re.compile(r"(?<!\w)(?:no|without|lacking|missing)(?: (?:a|any|dedicated))? $")
_NOT_MADE: Final = re.compile(
    r"[\w\s,]{0,50}?(?:could|was|were|has) not (?:be )?(?:been )?(?:obtained|acquired|performed|"
    r"done|completed|possible|feasible|taken|available)(?!\w)"
    r"|[\w\s]{0,20}?(?:attempted|tried)[\w\s,]{0,40}?(?:abandoned|aborted|failed|given up|"
    r"stopped)(?!\w)"
)
_STILL_GOOD: Final = re.compile(
    r"(?<!\w)(?:but|yet|though|although|however|nevertheless|nonetheless)\s"
    r"(?:(?!non|not)[\w]+ ){0,4}"
    r"(?:diagnostic|adequate|interpretable|usable|sufficient|readable|assessable)(?!\w)"
)
"""A sequence that is poor, and was read all the same."""
_ALL_TOLD: Final = re.compile(
    r"\s*(?:$|[(,;]|\.\s*$|(?:sequences?|series|images|imaging|could|was|were|is|available|"
    r"obtained|"
    r"acquired|done|performed|here|today|this time)(?!\w))"
)
_SIGN: Final = 2
"""A sign and a blank, so far behind words."""
_NOUGHT: Final = re.compile(r"(?<![\d.,])0\s?(?:%|percent|per cent)")
_STATED: Final = frozenset({Meaning.PRESENT, Meaning.SUSPECTED})
_BESIDE: Final = 12
_NARROWS_NOT: Final = re.compile(
    r"(?<!\w)(?:(?:does|do|did) not|doesn't|nor (?:does|do|did)(?: \w+){1,3}?) (?:\w+ )?"
    r"(?:narrow|compromise|encroach|efface|reduce|obliterate|impinge|occupy)(?!\w)"
)
"""What does not narrow the canal may well stand in it."""
_BY_TUMOR: Final = re.compile(
    r"(?<!\w)(?:canal|encroach|compromis|narrow|effac|compress|extension|inva|involve|infiltrat|"
    r"(?:space|cord|foramina?|sac|wall|pedicles?)(?: [\w\-]+){0,3} (?:free|clear))\w*"
    r"(?: [\w\-]+){0,4} (?:by|of|from|due to) (?:the |any )?(?:\w+,? (?:or |nor )?){0,3}$"
)
_OTHER_SIGNAL: Final = re.compile(
    r"(?<!\w)(?:cord|conus|cauda|equina|myelon|pedicles?|discs?|roots?|ligaments?|muscles?)"
    r"(?: (?!vertebra|bod|marrow|bone|fracture|and vert)[\w\-]+){0,7} $"
)
_CORD_SIGNAL: Final = re.compile(r"(?<!\w)(?:cord|conus|myelon)(?: \w+){0,3} \($")
_CORD_FIRST: Final = re.compile(
    r"\W*(?:the )?(?:(?:spinal|thoracic|lower|distal) )?(?:cord|conus)(?: medullaris)?"
    r"(?: (?!marrow|vertebr|bone|bod)[\w\-,/]+){1,16} $"
)
_NEITHER: Final = re.compile(r"(?<!\w)(?:neither|none of (?:the|these))(?: \w+){0,2} $")
_NEITHER_THE: Final = re.compile(r"(?<!\w)neither (?:the|this) (?:\w+ ){0,2}$")
"""What neither of two does is there: "neither the T3 metastasis nor the other compresses"."""
_HAS: Final = re.compile(
    r"s? (?:has|have|shows?|demonstrates?|exhibits?|is (?:associated|accompanied))(?!\w)"
)
"""What no fracture has: "neither fracture has features of malignancy"."""
_NO_ACUTE: Final = re.compile(
    r"(?<!\w)(?:no|not|without|nor|negative for)(?: (?!and|or|but|nor)[\w\-]+,?){0,3}? "
    r"(?:acute|recent|fresh|subacute)(?:ly)?(?:[\s\-](?:appearing|looking|osseous|bony|vertebral|"
    r"displaced|compression|traumatic|wedge|spinal|thoracic|lumbar|cervical))* $|"
    r"(?<!\w)(?:suggest|indicate)(?: an?)?(?: underlying)? patholog\w+ $"
)
"""An old one may be there."""
_IS_OF_AGE: Final = re.compile(
    r" (?:is|are|looks?|appears?) (?:\w+ly )?(?:acute|recent|fresh|new|old|chronic|healed|united|"
    r"unstable|stable|pathologic|malignant|displaced|edematous|hot|active|of (?:recent|burst))"
)
"""Of "neither fracture is acute" the age is denied, and no fracture."""
_NOT_GONE: Final = re.compile(
    r"(?<!\w)(?:not|never|hardly|barely) (?:\w+ )?(?:settled|gone|subsided|disappeared|"
    r"normali[sz]ed|abated|resolved|cleared|vanished|regressed)(?!\w)"
)
_DENIED_ITSELF: Final = re.compile(
    r"(?<!\w)(?:no|none|nothing|without|not|neither|non|un\w+|free)(?!\w)"
)
_NOT_OF_THE_PAST: Final = {"once": "", "past": "", "past_after": "", "past_study": ""}
_READ_INSTEAD: Final = {
    AUGMENTED: {"asked": "wished", "no_negation": "", **_NOT_OF_THE_PAST},
    PROGRESS: _NOT_OF_THE_PAST,
}
"""Lists read instead of others: an augmentation that was done is of the past and still there."""
_TIMED: Final = frozenset({AUGMENTED, PROGRESS})
_SIGNALS: Final = frozenset({EDEMA, UPTAKE, CORD})
_SINCE: Final = re.compile(
    r"(?<!\w)(?:has|have) (?:\w+ ){0,3}(?:normali|settled|subsided|gone|return|disap)|"
    r"(?<!\w)now (?:\w+ )?decompressed"
)
"""What was there once, and is so no more: "the previous uptake has settled"."""
_SHARE_OF_NORMAL: Final = re.compile(
    r"(?:\d\s?(?:%|percent|per cent)|half|thirds?|quarters?) of (?:the |its )?"
    r"(?:normal|original|expected)"
)
"""A canal of which so much is left is not a normal one: "its area is 60% of normal"."""
_THAN_LEVEL: Final = re.compile(
    r"(?: (?:of )?(?:height|loss)){0,3} than (?:(?:that|those) )?(?:(?:at|in|of) )?(?:the )?"
    r"(?:(?:th|[tld])-?\d{1,2}|(?:adjacent|neighboring|other|level|vertebra|body|rest)\w*)(?!\w)"
)
"""More than elsewhere is no more than before: "L2 shows more height loss than L1"."""
_NO: Final = re.compile(r"(?<!\w)(?:no|not|without|neither|nor|never|free)(?!\w)")
_NOT_OBVIOUS: Final = re.compile(
    r"(?<!\w)(?:no|not|without|nor|neither|any|never)(?: (?:\w+,? )?(?:or )?|, )"
    r"(?:gross|grossly|obvious|obviously|overt|overtly|frank|frankly|large)(?!\w)|"
    r"(?<!\w)(?:nothing|none) (?:gross|grossly|obvious|overt|frank)(?!\w)|"
    r"(?<!\w)no (?:level|vertebra|segment) (?:is there|shows?|has|with) (?:an? |any )?"
    r"(?:gross|obvious|overt|frank)(?!\w)"
)
"""What a CT or a radiograph does not show plainly: "no gross cord compression"."""
_CANNOT_SEE: Final = re.compile(
    r"(?<!\w)(?:cannot|can't|can not|could not|couldn't|unable to|not able to) "
    r"(?:see|find|identify|make out|demonstrate|detect|show)(?!\w)"
)
_ON_CT: Final = re.compile(r"(?<!\w)(?:ct|radiographs?|films?|x-?rays?|xr)(?!\w)")
_SOFT: Final = frozenset({CORD, INFECTION, TUMOR_BEHIND, EDEMA})
"""What neither shows well."""


def meant(line: Line, hit: Hit) -> Meaning:
    """Tell how a hit is meant, after what its denial or its answer is worth."""
    said = proven(line, hit, _meant(line, hit))
    if said is Meaning.ABSENT:
        return said if hit.target.whole else _weighed(line, hit)
    if line.report.denying and not hit.denied and said in _STATED:
        return Meaning.ABSENT
    if said is Meaning.PRESENT and not hit.denied and hit.target.finding in _GRAVE:
        near = line.text[hit.span[1] : hit.span[1] + _ASSESSED]
        return _of_a_field(line, hit) if ":" in near or "=" in near or " -" in near else said
    return said


def _weighed(line: Line, hit: Hit) -> Meaning:
    """Tell what a denial is worth: it is open where little is seen, or where it asks."""
    if line.text.endswith("?", line.start, line.end):
        return Meaning.SUSPECTED  # "epidural abscess excluded?"
    if (line.report.coarse or hit.target.finding in _SOFT) and _is_coarse(line, hit):
        return Meaning.INDETERMINATE
    limit = line.spots.first("limits", *line.whole)
    open_ = limit is not None and not line.names_a_level(line.clause_of(limit.start()), hit.clause)
    return Meaning.INDETERMINATE if open_ else Meaning.ABSENT


def _is_coarse(line: Line, hit: Hit) -> bool:
    """Tell whether what is not plain to see is denied of a CT or radiographs."""
    if line.report.coarse and _NOT_OBVIOUS.search(line.text, hit.clause[0], hit.span[1]):
        return True
    if hit.target.finding not in _SOFT or not _CANNOT_SEE.search(line.text, *hit.clause):
        return False
    return line.report.coarse or _ON_CT.search(line.text, *hit.clause) is not None


def _of_a_field(line: Line, hit: Hit) -> Meaning:
    """Tell what the name of a grave finding means, that may be the name of a field."""
    if _UNFILLED.match(line.text, hit.span[1], line.end):
        below = _BELOW.match(line.text, line.end)
        return Meaning.PRESENT if below else Meaning.NO_FACT
    return Meaning.INDETERMINATE if _not_understood(line, hit) else Meaning.PRESENT


def _not_understood(line: Line, hit: Hit) -> bool:
    """Tell whether a field of a form has an answer in a few words of which none is known."""
    head = line.text[line.start : hit.span[0]]
    answer = _FIELD.match(line.text, hit.span[1], line.end)
    if answer is None or not _HEAD_OF_FIELD.fullmatch(head):
        return False
    if _TELLS.search(answer[1]) and not _DENIES.search(answer[1]):
        return False
    return verdict(line.text, hit.span[1], line.end) is None


def _meant(line: Line, hit: Hit) -> Meaning:
    """Tell how the words are meant; a phrase that states the opposite turns it."""
    around = None if line.spots.lacks(AROUND) else said_around(line, hit)
    if around is None and not hit.denied:
        around = since(line, hit)
    if around:
        return around
    instead = _READ_INSTEAD.get(hit.target.finding)
    if hit.denied and hit.target.finding in _SIGNALS and _SINCE.search(line.text, *hit.span):
        instead = _NOT_OF_THE_PAST
    spots = line.spots.instead(instead) if instead else line.spots
    said = meaning(spots, hit.clause, hit.span, line.lists.values["hedged_answer"])
    if hit.target.whole and said is not Meaning.NO_FACT:  # its own phrases say what is lacking
        return _acquired(line, hit, said)
    if _is_there(line, hit, said):
        return Meaning.PRESENT
    nothing = hit.target.finding == TUMOR_BEHIND and _takes_nothing(line.text[slice(*hit.span)])
    absent = hit.denied or said is Meaning.ABSENT or nothing
    then = absent and _PREVIOUSLY.match(line.text, hit.span[1], hit.clause[1])
    timed = hit.target.finding in _TIMED and _untimely(line, hit)
    other = then or timed or _of_other_signal(line, hit)
    if other or (absent and _says_nothing(line, hit)):
        return Meaning.NO_FACT
    if nothing:
        said = Meaning.ABSENT
    if hit.denied:
        return _turned(line.text[hit.span[0] : hit.span[1] + _SIGN], said)
    return Meaning.SUSPECTED if said is Meaning.PRESENT and is_hint(line, hit) else said


def _acquired(line: Line, hit: Hit, said: Meaning) -> Meaning:
    """Tell whether a sequence was acquired, or that nobody can tell whether it was."""
    lacking = hit.denied or _is_lacking(line, hit)
    if lacking and _STILL_GOOD.search(line.text, hit.span[1], line.end):
        return Meaning.PRESENT
    open_ = said is Meaning.INDETERMINATE and _WHETHER.search(line.before(hit.span[0], 20))
    if open_ and not lacking:
        return said
    return Meaning.ABSENT if lacking else Meaning.PRESENT


def _is_there(line: Line, hit: Hit, said: Meaning) -> bool:
    """Tell whether something is there although words deny it: a fracture whose age is unknown."""
    if hit.target.finding == FRACTURE and _QUALITY_OF.search(line.before(hit.span[0], 60)):
        return True
    if said is not Meaning.ABSENT:
        return False
    if hit.target.finding == MALIGNANCY and _NEITHER_THE.search(line.before(hit.span[0], 30)):
        return True
    if hit.target.finding == AUGMENTED and _is_given(line.before(hit.span[0], 60)):
        return True
    if not hit.denied and _seen_here(line, hit):
        return True
    return (hit.lost and hit.target.finding != CORD) or _presupposed(line, hit)


def _is_given(before: str) -> bool:
    """Tell whether words take an augmentation for granted: "around the cement", "after"."""
    return bool(_CEMENT.search(before[-40:]) or _AFTER_IT.search(before))


def _seen_here(line: Line, hit: Hit) -> bool:
    """Tell whether only another study does not show it ("CT shows a fracture not seen on film")."""
    shown = _SHOWS.search(line.before(hit.span[0], 90, hit.clause[0]))
    return shown is not None and _NOT_ON_FILM.match(line.text, hit.span[1], line.end) is not None


def _is_lacking(line: Line, hit: Hit) -> bool:
    """Tell whether there is none at all ("No STIR."), where "no STIR signal" is of one."""
    if _NOT_MADE.match(line.text, hit.span[1], line.end):
        return True
    none = _NONE_OF.search(line.before(hit.span[0], 20, hit.clause[0]))
    return bool(none and _ALL_TOLD.match(line.text, hit.span[1], line.end))


def _presupposed(line: Line, hit: Hit) -> bool:
    """Tell whether a denial takes a fracture for granted ("no uptake in the L3 fracture")."""
    before = line.before(hit.span[0], 40, hit.clause[0])
    known = (
        _KNOWN.search(before)
        or _SITE_OF.search(before)
        or _PART_OF.search(before)
        or _BESIDE_IT.search(before)
    )
    if known and _PREDICATE.search(before):
        return False
    if _THE.search(before) and _NOT_ITS_CAUSE.match(line.text, hit.span[1], line.end):
        return hit.target.finding == FRACTURE
    return hit.target.finding == FRACTURE and bool(known)


def _of_other_signal(line: Line, hit: Hit) -> bool:
    """Tell whether the normal signal is that of the cord, a pedicle or a disc."""
    words = line.text[slice(*hit.span)]
    if hit.target.finding != EDEMA:
        return False
    if "edema" in words or "marrow" in words:
        return False
    if not hit.denied:
        if _CORD_SIGNAL.search(line.before(hit.span[0], 50)):
            return True
        return bool(_CORD_FIRST.match(line.text, line.start, hit.span[0]))
    return bool(_OTHER_SIGNAL.search(line.before(hit.span[0], 70)))


def _untimely(line: Line, hit: Hit) -> bool:
    """Tell whether a course is but more than at another level, a treatment on a condition."""
    if hit.target.finding == AUGMENTED:
        return _ON_CONDITION.fullmatch(line.text, line.start, hit.span[0]) is not None
    return _THAN_LEVEL.match(line.text, hit.span[1], line.end) is not None


def _says_nothing(line: Line, hit: Hit) -> bool:
    """Tell whether an absence says nothing: "no pathologic fracture", one pedicle of two."""
    if line.spots.at(hit.target.present_only, hit.span[0], len(line.text)):
        return True
    if hit.target.finding == MALIGNANCY and _BY_TUMOR.search(line.before(hit.span[0], 50)):
        return True
    if hit.target.finding == STENOSIS:
        return _SHARE_OF_NORMAL.search(line.text, *hit.span) is not None
    if hit.target.finding == RETROPULSION:
        since = max(hit.clause[0], line.text.rfind(",", hit.clause[0], hit.span[0]))
        return _NARROWS_NOT.search(line.text, since, hit.span[1]) is not None
    readers = {FRACTURE: _of_its_quality, CORD: _is_of_signal, PEDICLE: _is_one_side}
    reader = readers.get(hit.target.finding)
    return reader is not None and reader(line, hit)


def _is_one_side(line: Line, hit: Hit) -> bool:
    """Tell whether one pedicle of two is meant."""
    near = line.text[max(hit.clause[0], hit.span[0] - 16) : hit.span[1]]
    return _ONE_SIDE.search(near) is not None


def _of_its_quality(line: Line, hit: Hit) -> bool:
    """Tell whether a quality of a fracture is denied, and no fracture."""
    if hit.denied:
        return False
    if line.text.startswith("refract", hit.span[0]):
        return True
    if _IS_OF_AGE.match(line.text, hit.span[1], line.end):
        return True
    neither = _NEITHER.search(line.before(hit.span[0], 30))
    old = _NO_ACUTE.search(line.before(hit.span[0], 60, hit.clause[0]))
    return bool(old or (neither and _HAS.match(line.text, hit.span[1])))


def _is_of_signal(line: Line, hit: Hit) -> bool:
    """Tell whether a signal is normal of a cord that is squeezed all the same."""
    if not _OF_SIGNAL.search(line.text, hit.span[0], min(hit.span[1] + _BESIDE, line.end)):
        return False
    if "compress" in line.text[slice(*hit.span)]:
        return False
    after = _NEXT.match(line.text, line.end)
    end = after.end() if after else line.end
    if after and (it := _IT_SQUEEZED.match(line.text, line.end, end)) and not _NO.search(it[0]):
        return True
    spoken = line.report.last is hit.target
    before = line.sentence_before() if spoken else (line.start, line.start)
    around = ((line.start, hit.span[0]), (hit.span[1], line.end), (line.end, end), before)
    if any(_told(_SQUEEZED, line.text, *one) for one in around):
        return True
    if _OF_SHAPE.search(line.text, *line.whole):
        return False
    return _told(_NO_FLUID, line.text, line.start, end) or _told(_NO_ROOM, line.text, *line.whole)


def _told(what: re.Pattern[str], text: str, first: int, last: int) -> bool:
    """Tell whether words stand between two places, and no denial before them."""
    found = what.search(text, first, last)
    return found is not None and not _NO.search(text, first, found.end())


def _takes_nothing(words: str) -> bool:
    """Tell whether a tumor takes no part of the canal: "occupies 0% of it"."""
    return "0" in words and _NOUGHT.search(words) is not None


def _turned(words: str, said: Meaning) -> Meaning:
    """Turn the meaning of a phrase that states the opposite of its finding.

    "Is the cord free? It is not" is an answer, whatever the words are.
    """
    if _NOT_GONE.search(words):
        return Meaning.PRESENT
    if said is Meaning.ABSENT and ("?" in words[-_SIGN:] or not _DENIED_ITSELF.search(words)):
        return Meaning.PRESENT
    return Meaning.ABSENT if said in {Meaning.PRESENT, Meaning.ABSENT} else said
