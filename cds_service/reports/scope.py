"""How a statement is meant: present, absent, suspected, open, or no statement about today at all.

The method is that of NegEx and ConText (Chapman 2001, Harkema 2009): words before and after what
was found, each with its reach, and words where that reach ends.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from cds_service.reports.reach import LIST, VERB, reach
from cds_service.reports.spots import Spots

Span = tuple[int, int]

_YES: Final = re.compile(
    r"(?:\s(?:of|at|in|from)\s(?:the\s)?[\w\-]{1,12}){0,2}\s*\?\s*"
    r"(?:yes|y|(?:it|this|that|there|they|these) (?:is|are|does|do|has|have))"
    r"(?=\s*(?:[,.;:\-]|$))|"
    r"(?:\s?\([^()]{0,20}\)|\))?\s*(?:[:=\-]\s*)?(?:(?:yes|y|present|presence|positive|pos|"
    r"\+ve)(?=\s*(?:[,.;()]|$))|\(?\+{1,3}\)?)"
)
_GONE: Final = (
    r"(?: (?:(?:at|in|of) )?(?:th|[ctdl])-?\d{1,2}(?:[\-/][a-z]{0,2}\d{1,2})?)?"
    r"(?:\s?[:=]|\s-|,)\s(?:(?:now|since|completely|fully|entirely) ){0,2}"
    r"(?:resolved|cleared|subsided|healed up|gone|disappeared|burnt out|burned out)"
    r"(?=\s*(?:[.;,)]|$)| (?:now|today|since|after|following)(?!\w))"
    r"|\s?(?::|-(?=\s))\s(?:all )?(?:clean|nothing suspicious|not there)(?=\s*(?:[.;,)]|$))"
    r"|\s(?:do|does|did) not (?:show|materialize|materialise|appear)(?=\s*(?:[.;,)]|$))"
    r"|,\s(?:nothing (?:suspicious|seen|found|of note)|all clear)(?=\s*(?:[.;)]|$))"
    r"|(?:\s(?:re-?staging|staging|screen|screening|work-?up|survey|search|check)"
    r"(?:\s(?:mri?|ct|scan|imaging))?\s?[:\-]?|:)\s(?:is |was )?(?:negative|no (?:focal |"
    r"suspicious |visible |marrow |such )?(?:lesions?|foci|focus|deposits?))(?=\s*(?:[.;,)]|$))"
    r"|\s(?:score|grade)\s?[:=]?\s?0(?![.,]?\d|\s?(?:to|-|/)\s?\d)"
)
"""An answer by which something is there no more, or was not found: "discitis l3-4: resolved"."""
_NO: Final = re.compile(
    r"(?:\s(?:present|seen|identified|evident|visible|suspected|detected))?"
    r"(?:\s(?:disease|lesion|process))?(?:\sas (?:its|the|a) (?:\w+ )?(?:cause|reason|"
    r"explanation))?"
    r"(?:\s(?:of|at|in|from)\s(?:the\s)?[\w\-]{1,12}){0,2}\s*\?\s*(?:(?:no|n(?!\.\s?a)|none|nil|"
    r"absent|negative|(?:it|this|that|there|they|these) (?:is|are|does|do|has|have|was|were) not|"
    r"i (?:do|would) not think so)(?=\s*(?:[,.;:\-]|$)))|"
    r"(?:\s(?:present|seen|identified|evident|visible|suspected|detected|demonstrated|noted|"
    r"found))?"
    r"(?:\s(?:lesions?|metastas[ie]s|disease|component|involvement|extension|sign|changes?|foci|"
    r"deposits?|morphology|pattern))?"
    r"(?:\s(?:of|at|in|from|"
    r"for)\s(?:the\s)?(?:[a-z]{1,12}\s)?[\w\-]{1,14}){0,2}(?:\s?\([^()]{0,20}\)|\))?\s*[:=|\-]\s*"
    r"(?:no(?: (?:measurable|significant|relevant|appreciable|demonstrable))?|n(?!\.\s?a)|none|"
    r"(?:none|nil) (?:visuali[sz]ed|found|noted|detected|demonstrated|evident|visible|shown|"
    r"present|apparent|appreciated|made out)|"
    r"0(?![.,]\d)|zero|nil|absent|absence|negative|neg|excluded|ruled out|-ve|\(-\)|"
    r"not (?:previously |yet |currently )?(?:augmented|involved|"
    r"disrupted|breached|affected|compressed|fractured|narrowed|enlarged|widened|increased|"
    r"seen|present|identified|evident|"
    r"demonstrated|detected|visible|suspected|found|shown|confirmed|appreciated|apparent|suggested|"
    r"supported|raised|noted|encountered|observed|indicated))"
    r"(?=\s*(?:[,.;()]|$|(?:(?!other|new|further|additional)[a-z\-]+ ){0,2}(?:evidence|signs?|"
    r"suggestion|features?|indication|findings?|imaging)(?!\w)(?! of (?:\w+ )?(?:improv|heal|resol|"
    r"regress|progress|change|respon|recover|remission))|"
    r"seen|identified|suspected|at\b|in\b))"
    r"|\s?[:=]\s?-{1,3}(?=\s*(?:[,.;)]|$))|\s?[:=]?\s?0\s?%"
    r"|\s?,\s(?:no|none|nil)(?=\s*(?:[.;,]|$))"
    r"|-free(?!\w)(?! of)"
    r"|\s?\((?:no|none|nil|absent|negative|neg|not (?:seen|present))\)"
    r"|(?:\s?\([^()]{0,20}\))?\s*(?:\(-\)|-(?=\s*(?:[,.;]|$))|(?:neg|negative|absent|nil|none|no|"
    r"0(?![.,]\d)|n(?!\.\s?a)|-ve)(?=\s*(?:[,.;()]|$)))|" + _GONE
)
_ANSWER_NO: Final = re.compile(
    r"(?: (?:at|in|of) (?:the )?[\w\-]{1,12}){0,2}(?:\s?\([^()]{0,20}\)|\))?\s?(?:[:=]|\?|"
    r"-(?=\s))\s*"
    r"(?:(?:there|here) (?:is|are|was|were) |i (?:can )?(?:see|find) |(?:it|this|that) is )?"
    r"(?:(?:absolutely|certainly|definitely|clearly|entirely|completely|again|also|still|safely|"
    r"reliably|confidently|quite) )?"
    r"(?:(?:none|nil|absent|negative|excluded|ruled out)"
    r"(?= (?:seen|visualized|identified|present|detected|evident|noted|found|demonstrated|visible|"
    r"apparent|shown|suspected)(?=\s*(?:[.;,)]|$))| (?!on the (?:left|right))(?:on|in|at|from|"
    r"throughout|anywhere|everywhere|along|across|between|"
    r"within|here|now|today|this|these|compared|since|whatever|whatsoever|of (?:it|that|this|"
    r"them))(?!\w)|"
    r"\s*(?:[,.;()]|$))|"
    r"no(?: (?!new|other|further|acute|longer|recent|additional)\w+)? "
    r"(?:evidence|signs?|features?|trace|hint|suggestion|indication)"
    r"(?= (?:of|for) (?:it|this|that|them|these)(?!\w)| (?:anywhere|here|at any)|\s*(?:[,.;()]|$))|"
    r"not (?:(?:at|in) any (?:level|point|site|place|vertebra|body)|at all|anywhere|here|now|today|"
    r"this time|on (?:this|these|the present) (?:study|scan|mri|ct|images?|exam\w*|films?)|so)"
    r"(?=\s*(?:[.;)]|$)|,(?! but))|"
    r"(?:absolutely|certainly|definitely|clearly) (?:no|not)(?=\s*(?:[,.;()]|$))|"
    r"there (?:is|are) not(?=\s*[,.;]|$)|i (?:do not|don't) (?:think|believe) so(?!\w)|no: |"
    r"(?:it|this) (?:is|does) not(?=\s*[,.;]|$)|"
    r"no, (?:nor|and|neither|not)(?!\w))"
)
"""A denial behind a colon: "infection: there is none", "excluded throughout", "certainly not"."""
_BUT: Final = re.compile(
    r"[^.;\n]{0,80}?(?<!\w)(?:but|except|apart|however|present|severe|marked|yes)(?!\w)"
)
"""What turns such a denial: "excluded on CT, but MRI shows it"."""
_ANSWER_OPEN: Final = re.compile(
    r"(?: (?:at|in|of) (?:the )?[\w\-]{1,12}){0,2}\s?[:=]\s*(?:(?:this|it|that) )?"
    r"(?:(?:can\s?not|can't|could not) (?:\w+ )?be (?:\w+ )?(?:assessed|determined|evaluated|"
    r"judged|"
    r"established|told|seen)|not (?:assessable|evaluable|assessed|evaluated|determinable|"
    r"interpretable)|(?:unable|impossible|not possible) to (?:\w+ )?(?:assess|tell|say|judge|"
    r"evaluate|"
    r"determine)|indeterminate|undetermined|unclear|uncertain|obscured|unassessable)(?!\w)"
)
_SIGNED: Final = re.compile(r"(?:\((?=[+\-]\))|[,;:] )([+\-])(?:\)\s*(?:[\w/]+\s){0,3})?$")
_LISTED_NO: Final = re.compile(
    r"(?:(?:\s?[,/][\w\s\-]{2,46}){0,14}|\sand\s[\w\s\-]{2,46})(?::|\s-)\s*"
    r"(?:both |all |all three |each )?(?:(?:is|are|were) )?"
    r"(?:no|neither|none|nil|absent|negative|neg|excluded|not (?:seen|present|"
    r"identified|evident|demonstrated|detected|visible|suspected|suggested|supported|noted))"
    r"(?=\s*(?:[.;()]|$|at\b|in\b))"
    r"|(?:,\s[\w\s/\-]{2,40}){0,14},?\s(?:or|nor|and)\s[\w\s/\-]{2,40}?\s(?:is|are|was|were|can be)"
    r"\s(?:all\s)?(?:looked for (?:and|but) (?:(?:is|are|were) )?)?"
    r"(?:absent|excluded|ruled out|negative|lacking|missing|in error|overcalled|retracted|"
    r"not (?:seen|present|identified|evident|demonstrated|detected|visible|suspected|found|"
    r"features?))(?!\w)"
)
_COPULA: Final = re.compile(r":| - | (?:is|are|was|were|can be) ")
"""Without one of these no answer stands behind a list."""
_ITEMS: Final = re.compile(r"[\w\s/\-]{0,40}(?:[,:][\w\s/\-]{0,45}){0,14}")
_ASKED_AFTER: Final = re.compile(
    r"\W*(?:(?:of|at|for|in) [\w\-, ]{1,20} )?(?:may|can|could|should|might) be (?:considered|"
    r"performed|discussed|offered)"
    r"|\W*(?:can|could|may) only (?:be )?"
    r"|\W*(?:can|could|may|might) (?:then )?be (?:either )?\w+ or "
    r"(?:ruled|excluded|refuted|disproven)"
    r"|\W*(?:was|is) (?:the|a|your|their) (?:\w+ )?(?:question|query|indication)(?!\w)"
    r"|\W*(?:(?:of|at|for|in) [\w\-/]{1,9} )?(?:(?:should|must|ought to|"
    r"(?:needs?|ha(?:s|ve)|is|are|remains?|still|yet|first) to|to) (?:\w+ )?be "
    r"(?:excluded|ruled out|clarified|checked|assessed))"
    r"|\W*(?:(?:of|at|for|in) [\w\-, ]{1,20} |imaging |sequences? |series |study )?"
    r"(?:is|are) (?:recommended|advised|suggested|"
    r"proposed|urged|planned|requested|booked|scheduled|arranged|pending|awaited|intended|"
    r"envisaged|foreseen|to be "
    r"considered)|\W*(?:would|could|may|might|can) (?:be )?(?:helpful|useful|of (?:value|use|help|"
    r"benefit)|indicated|appropriate|needed|required|beneficial|warranted|help|clarify|confirm|"
    r"settle|assist)(?!\w)|\W*(?:would|will|might) (?:\w+ )?(?:need|require|call for|demand|"
    r"warrant|"
    r"necessitate|make it)(?!\w)|[ \-](?:protocols?|pathways?|"
    r"guidelines?|bundle|alert|activation|activated|algorithm|screening|coordinator)(?!\w)|"
    r"\W*candidate|\W*planning|[\w\s]{0,30}would (?:have been|"
    r"be expected)|"
    r"\W*(?:may|might|could|would|will|can) (?:then |still |yet |also )?"
    r"(?:occur|develop|result|ensue|arise|follow|happen|supervene)(?!\w)|"
    r"\s*[:=\-]?\s*(?:n/a|n\.\s?a\.?|not applicable)(?!\w)|"
    r"\s*[:=]\s*(?:yes|no|absent|present|none|intact|normal|positive|negative)\s?/\s?"
    r"(?:yes|no|absent|present|none|not|abnormal|positive|negative|unknown)(?!\w)|"
    r"\s?/\s?(?:disrupted|breached|broken|abnormal|not intact|involved|compressed)(?!\w)|"
    r"\s*[:=]\s*(?:na|no comment|see (?:above|below|text|report)|"
    r"not (?:applicable|stated|reported|commented|mentioned|recorded|addressed))(?!\w)"
)
_HEADED_NO: Final = re.compile(
    r"\W*(?:(?:at|in) [\w\-]{2,8},? )?(?:the following (?:\w+ )?(?:is|are|was|were) )?"
    r"(?:(?:(?:specifically|explicitly|actively|carefully|there (?:is|are)) )?"
    r"(?:(?:looked|searched|sought) for|sought|considered)(?: (?:at|in) [\w\-]{2,8})?,?"
    r" (?:and|but) )?"
    r"(?:not (?:present|seen|identified|evident|demonstrated|found|detected|visible)|absent|"
    r"not to be (?:seen|found|detected|recogni[sz]ed|demonstrated)(?: (?:is|are))?|"
    r"(?:there (?:is|are) |i (?:see|find) )?(?:none|nothing|no sign) of the following|"
    r"what is not (?:there|present|seen)|negative|"
    r"(?:pertinent |relevant )?negatives?(?: findings)?|none|nil|"
    r"(?:there (?:is|are|was|were) )?no|excluded|without|"
    r"(?:there (?:is|are|was|were) )?no (?:evidence|signs?|features|suggestion)(?: of| for)?"
    r"(?! (?:\w+ ){0,2}(?:progress|chang|recur|improv|worsen|regress|grow|deteriorat|enlarg))|"
    r"negative for)"
    r"(?:\s(?:at|in|of|for)\s(?:the\s)?[\w\-,& ]{1,30})?\s?:\s"
    r"|\W*(?:not (?:present|seen|identified|evident|demonstrated|found|detected|visible)|absent|"
    r"excluded)"
    r"\s(?:is|are|were)\s"
    r"|"
    r"\W*(?:there (?:is|are) |i (?:see|find) |we (?:see|find) )?(?:no|without)(?: \w+)? "
    r"(?:evidence|signs?|suggestion|indication(?! for)|trace|features?|proof)(?!\w).*?"
    r"(?<!\w)(?:of|for)(?: (?:an?|any|the))?"
    r"(?: (?!of|for|is|are|shows?|has|with|(?:as|because|since|while|whereas|though)(?!\w))[\w\-]+)"
    r"{0,4} $"
)
"""Before what is denied; behind "no evidence" each "of" of a list begins another such thing."""
_DESPITE: Final = re.compile(
    r"(?<!\w)(?:despite|in spite of|notwithstanding|beside|although)(?!\w)"
)
_MEASURED: Final = re.compile(r"\d\s?(?:mm|cm|%|percent)")
_NEGATIVE: Final = re.compile(
    r"\W*(?:the following (?:\w+ )?(?:is|are|was|were) )?(?:(?:pertinent|relevant|significant|"
    r"important) )?(?:negatives?(?: findings?)?|not (?:present|seen|identified|evident|"
    r"demonstrated|"
    r"found|detected|visible|there)|absent(?: findings?)?|excluded|ruled out|none of the following"
    r"(?: (?:is|are|was|were) \w+)?|(?:there (?:is|are) |i see )?no (?:evidence|signs?|features|"
    r"suggestion)(?: of| for)?|no|without(?: evidence of)?|negative for|free of)"
    r"(?: (?:at|in|of|for|on) (?:the )?[\w\-, ]{1,30})?\s*[:\-]\s*"
)
_ONCE: Final = re.compile(
    r"\W*(?:[\w ]{1,30}: )?(?:"
    r"(?:previously|formerly|in the past|at that time),? there (?:was|were) |"
    r"(?:in|on) (?:january|february|march|april|june|july|august|september|october|november|"
    r"december)[\w ,]{0,40}? (?:was|were|had|showed|demonstrated) )"
)
_SINCE_DENIED: Final = re.compile(r",\s(?:no|without|there (?:is|are)|neither|none)(?!\w)")
"""Behind this what is of today begins: "despite the history of lymphoma, no metastasis"."""
_BETWEEN_COMMAS: Final = re.compile(
    r"(?:\s(?:at|of|in)\s(?:the |this |that )?[\w\-/]{1,10})?(?:(?:\s?,\s[^,.;]{3,60}){1,3},|"
    r"\s\([^().;]{3,60}\))\s"
)
_COPULA_NEXT: Final = re.compile(
    r"(?:is|are|was|were|has|have|had|can|could|seems?|appears?|remains?|cannot|can't)\s"
)
_QUESTION: Final = re.compile(
    r"(?: (?:at|in|of) (?:the )?(?:level of )?[\w/\-]{2,8}(?: level)?)?\s?\?(?!\w)"
)
_CONDITION: Final = re.compile(
    r"\W*(?:if|unless|in case|should(?! (?:not|be)\b)|were there)\s(?:[\w\-/]+\s){0,8}"
    r"|"
    r"\W*(?:as )?(?:compared|in comparison|in contrast|unlike|since|contrary)\s(?:[\w/.\-]+ ){0,6}"
    r"(?:(?:january|february|march|april|may|june|july|august|september|october|november|december|"
    r"last|prior|previous|earlier|then)(?: \w+)?|mri|ct|scan|study|films?|exam\w*|radiographs?|"
    r"(?:19|20)\d\d|\d{1,2}/\d{2,4}),\s"
    r"(?:when|where|which|at which|on which|in which)\s"
    r"(?:(?!, (?:the|there|it|this|these|now|no|both|(?:th|[ctld])\d)(?!\w))[^:;])*"
)
"""Before what is only supposed, and before what was so when an earlier study was made."""
_IF_IT_IS: Final = re.compile(r"(?<!\w)if (?:it|this|that|they) (?:is|are|be|were) (?:an? |the )?$")
_AS_IS: Final = re.compile(
    r"(?<!\w)(?:suspected|possible|probable|likely|questionable|equivocal)[^,.;]{0,30}, "
    r"as (?:is|are|was|were) (?:an? |the )?(?:[\w\-]+ ){0,2}$"
)
"""What follows is as uncertain: "a cleft is suspected, as is a fracture"."""
_MIGHT: Final = frozenset({"might ", "could "})
_IF_SO: Final = re.compile(
    r"\s?if (?:(?:it|this|that) (?:is|be|were) )?(?:an? |truly |indeed )?(?:met\w*|fracture\w*|"
    r"tumor\w*|"
    r"real|true|so|present|confirmed|malignan\w+|infect\w+)[:,]\s[\w\s\-]{0,60}"
)
"""What stands behind "if met:" is as uncertain as that."""
_PROCEDURE_AND: Final = re.compile(
    r"(?:plasty|augmentation|cement\w*|surgery|fusion|fixation|laminectomy|decompression|"
    r"radiotherapy|irradiation|stabilization) and |"
    r"\d\s?(?:%|mm|cm|percent),\s(?:(?:but|and) )?(?:it )?(?:has|have|is|are|measures?|amounts?|"
    r"reach\w*|stands)\s"
)
"""Only what was done there is of the past ("previous kyphoplasty and increased uptake"), or what
was measured then ("formerly 25%, has advanced to 50%")."""
_DEPENDENT: Final = re.compile(r"should|unless|in case|were|compar|contra|unlike|since")
"""One of these stands at the head of what has not happened, or was so at another time."""
_SHOULD: Final = re.compile(r"\W*should (?!be |not |i |we )[\w\s,'/\-]{3,160}")
"""What stands behind "Should his legs weaken" has not happened."""
_NOBODY: Final = re.compile(
    r"\W*(?:(?:and|with|but)\s)?(?:neither|not one|none (?:of|is|are|has|have|shows?|"
    r"demonstrates?|exhibits?|displays?|"
    r"contains?|appears?))\b(?: of which)?"
)
_GOES_ON: Final = re.compile(r"(?<!\w)(?:and (?:the|its|their|both|all)|but|while|whereas)(?!\w)")
_INSIDE: Final = re.compile(
    r"(?<=\w)\W+(?:no|not|neither|never|nowhere|without|w/o|nil|escap\w+)\b"
    r"(?! (?:more|greater|larger|less|fewer)(?: than (?:about )?\d| than$|$)| exceeding )"
)
"""A denial within a phrase; "no more than 3 mm" is none."""
_FINITE: Final = re.compile(
    r"(?:is|are|was|were|has|have|remains?|appears?|cannot|may|might|could)\s"
)
_ADVICE: Final = re.compile(
    r"\s(?:considered|offered|discussed|performed|needed|required|repeated|useful|helpful|"
    r"advisable|"
    r"indicated|worthwhile|attempted)(?!\w)"
)
"""What "may be" done is no hedge about what is there."""
_NONE: Final = frozenset({"none", "neither", "nil"})
_NONE_AT_ALL: Final = re.compile(
    r"\s*(?:$|[.,;:)]|(?:seen|present|identified|found|noted|evident|detected|at|in|on|here|there|"
    r"today|now|anywhere|is|are)(?!\w))"
)
"""Behind these words "none" is an answer; "fractures, none edematous" denies no fracture."""
_COLON: Final = re.compile(r"\s?:\s?")
_TWICE: Final = re.compile(
    r"(?<!\w)(?:not|never|hardly|fails? to|failed to)\s(?:\w+\s)?"
    r"(?:escap|spar|free|lack|without|absen|avoid)"
)
_OF_AGE: Final = re.compile(r"likely|probabl[ey]|presum|appar|favor")
_ENDS: Final = re.compile(
    r"(?<!\w)(?:with|and (?:no|without)|is|are|shows?|has|takes?|causes?|involves?|reaches|leaves?|"
    r"narrows?|occupies|produces?|extends?|enters?|abuts)(?!\w)|(?<!\w)and\s*$|[,:]|\d%|"
    r"(?<!\w)and (?:at|in) (?:th|[tld])-?\d{1,2} (?!is|are|may|might|can|could|was|were|and|or)\w"
)
_ANSWERS: Final = frozenset({"none", "nil", "absent", "not seen", "not present", "neither"})
_LEVEL: Final = re.compile(r"(?<!\w)(?:th|[ctld])-?\d")
_OF_NEXT: Final = re.compile(r" (?:(?:at|in|of) (?:the )?)?(?:(?:th|[ctld])-?\d|elsewhere|other)")
"""Such an answer is about the level behind it where one stands before it, too."""
_HEDGES: Final = ("hedged_before", "hedged_after")
_DENIALS: Final = ("negated_before", "negated_after")
_OPEN: Final = ("open_before", "open_inside", "open_after")
_ASIDE: Final = ("asked", "others", "once", "past", "past_after", "past_study")
_MODIFIERS: Final = (*_DENIALS, *_HEDGES, *_OPEN, *_ASIDE)
"""A sentence without any of these lists says what it says."""
_FAR: Final = 220
_UNTOLD_WHETHER: Final = re.compile(
    r"(?<!\w)(?:cannot|can't|could not|unable to) (?:\w+ ){0,2}(?:tell|told|say|said|judged?|"
    r"determined?|assess|assessed|decided?|established?)(?!\w)[^.;:]{0,100}? (?:is|remains) "
    r"whether [^,.;:]{0,60}$"
)
_NEAR_SIGN: Final = 50
_SIGNS: Final = frozenset({"+", "-"})
_BESIDE: Final = 40
"""So far behind a finding stands the sign before its answer."""
_HEAD: Final = 20
_NEAR_WORDS: Final = 6
_WORD: Final = re.compile(r"\w+")


class Meaning(StrEnum):
    """How a statement is meant."""

    PRESENT = "present"
    ABSENT = "absent"
    SUSPECTED = "suspected"
    INDETERMINATE = "indeterminate"
    NO_FACT = "no-fact"


class _Modified(NamedTuple):
    """What the words around a place do to it."""

    aside: bool = False
    open: bool = False
    hedged: bool = False
    hedged_denial: bool = False
    denied: bool = False


_AS_IT_STANDS: Final = _Modified()


def meaning(spots: Spots, clause: Span, hit: Span, hedged_answer: re.Pattern[str]) -> Meaning:
    """Tell how the words at `hit` are meant, in their clause of a folded text."""
    text, after = spots.text, (hit[1], min(clause[1], hit[1] + _FAR))
    around = _AS_IT_STANDS if spots.lacks(_MODIFIERS) else _modified(spots, clause, hit, after)
    headed = _HEADED_NO.match(text, clause[0], hit[0])
    headed = None if headed and _DESPITE.search(text, headed.end(), hit[0]) else headed
    if not headed and (
        (around.aside and not around.open)
        or _depends(text, clause, hit)
        or _ASKED_AFTER.match(text, *after)
    ):
        return Meaning.NO_FACT
    listed = hit[1], min(clause[1], hit[1] + LIST)
    said = _signed(text, clause, hit, listed) or verdict(text, *after)
    if said is not None:
        return said
    if around.open and not around.hedged_denial:
        return Meaning.INDETERMINATE
    if around.hedged_denial or hedged_answer.match(text, *after):
        return Meaning.SUSPECTED
    nobody = "no" in text[clause[0] : clause[0] + _HEAD] or "neither" in text[clause[0] : hit[0]]
    nobody = nobody and _nobody(spots, clause, hit)
    words = text[slice(*hit)]  # there may be a denial within several words
    if around.denied or headed or nobody or (" " in words and _denies_itself(words)):
        return Meaning.ABSENT
    hedged = around.hedged or _is_supposed(text, clause, hit)
    return Meaning.SUSPECTED if hedged or _QUESTION.match(text, *after) else Meaning.PRESENT


def _denies_itself(words: str) -> bool:
    """Tell whether there is a denial within several words, and no second one that turns it."""
    return _INSIDE.search(words) is not None and not _TWICE.search(words)


def _is_supposed(text: str, clause: Span, hit: Span) -> bool:
    """Tell whether something is only asked, or told with "may" or "if" right before it."""
    if "?" in text[slice(*hit)] or text[hit[0] - 4 : hit[0]] == "may ":
        return True
    before = text[clause[0] : hit[0]]
    if before[-5:] == "near " and not before[:-5].strip(" :"):
        return True  # "near cord compression at T9"
    if text[hit[0] - 6 : hit[0]] in _MIGHT or (", as " in before and _AS_IS.search(before)):
        return True
    if "if " not in text[clause[0] : clause[0] + 5]:
        return False
    return _IF_SO.fullmatch(text, clause[0], hit[0]) is not None


def _depends(text: str, clause: Span, hit: Span) -> bool:
    """Tell whether a clause begins with what has not happened yet."""
    head = text[clause[0] : clause[0] + _HEAD]
    if "if" not in text[clause[0] : hit[0]]:
        if not _DEPENDENT.search(head):
            return False
    elif _IF_IT_IS.search(text, clause[0], hit[0]):
        return True
    if _CONDITION.fullmatch(text, clause[0], hit[0]):
        return True
    return _SHOULD.fullmatch(text, clause[0], hit[0]) is not None


def _nobody(spots: Spots, clause: Span, hit: Span) -> bool:
    """Tell whether a clause begins with "neither" or "none", and goes on to what is denied."""
    none = _NOBODY.match(spots.text, clause[0])
    return none is not None and not _GOES_ON.search(spots.text, none.end(), hit[0])


def begins_denial(text: str, start: int, end: int) -> bool:
    """Tell whether a line only says that what follows is not there ("Not present:")."""
    return _NEGATIVE.fullmatch(text, start, end) is not None


def goes_on_denying(text: str, start: int, end: int) -> bool:
    """Tell whether a denial before a list goes on behind a semicolon ("Absent: A; B; C")."""
    return _HEADED_NO.match(text, start, end) is not None


def is_item(text: str, start: int, end: int) -> bool:
    """Tell whether words name things, and neither state nor measure anything."""
    return not VERB.search(text, start, end) and not _MEASURED.search(text, start, end)


def _modified(spots: Spots, clause: Span, hit: Span, after: Span) -> _Modified:
    """Tell what the words around a place do to it."""
    before = reach(spots, clause, hit), hit[0]
    lacks = spots.lacks
    hedged = None if lacks(_HEDGES) else _hedged(spots, before, after)
    return _Modified(
        aside=not lacks(_ASIDE) and _is_no_statement(spots, clause[0], before, after),
        open=not lacks(_OPEN) and _is_open(spots, before, hit, after),
        hedged=bool(hedged or spots.first("hedged_before", *hit)),
        hedged_denial=bool(hedged and spots.first("hedged_denial", *hedged.span())),
        denied=not lacks(_DENIALS) and _is_denied(spots, before, after),
    )


def _is_open(spots: Spots, before: Span, inside: Span, after: Span) -> bool:
    """Tell whether nobody can tell."""
    return bool(
        spots.first("open_before", *before)
        or _after(spots, "open_after", after)
        or _is_untold(spots.text, before[1])
        or spots.first("open_inside", *inside)
    )


def _is_untold(text: str, at: int) -> bool:
    """Tell whether "what I cannot tell, without more images, is whether" stands before."""
    near = text[max(0, at - _FAR) : at]
    return "whether" in near and _UNTOLD_WHETHER.search(near) is not None


def _signed(text: str, clause: Span, hit: Span, after: Span) -> Meaning | None:
    """Read a sign in brackets before ("(-) edema"), and one answer to a list ("A, B, C: none")."""
    near = text[clause[0] : hit[0]][-_NEAR_SIGN:]
    sign = _SIGNED.search(near) if "(+)" in near or "(-)" in near or near[-1:] in _SIGNS else None
    if sign:
        return Meaning.ABSENT if sign[1] == "-" else Meaning.PRESENT
    if not _COPULA.search(text, *after):
        return None
    if not _LISTED_NO.match(text, *after) or not _ITEMS.fullmatch(text, clause[0], hit[0]):
        return None
    return None if VERB.search(text, clause[0], hit[0]) else Meaning.ABSENT


def verdict(text: str, start: int, end: int) -> Meaning | None:
    """Read an answer that stands behind what it answers ("retropulsion: none")."""
    if _NO.match(text, start, end):
        return Meaning.ABSENT
    beside = text[start : start + _BESIDE]
    if ":" in beside or "?" in beside or " - " in beside:
        if no := _ANSWER_NO.match(text, start, end):
            turned = _BUT.match(text, no.end())
            return Meaning.INDETERMINATE if turned else Meaning.ABSENT
        if _ANSWER_OPEN.match(text, start, end):
            return Meaning.INDETERMINATE
    return Meaning.PRESENT if _YES.match(text, start, end) else None


def _is_no_statement(spots: Spots, start: int, before: Span, after: Span) -> bool:
    """Tell whether something is only asked for, planned, somebody else's, or of another time."""
    if spots.first("asked", *before) or spots.first("others", *before):
        return True
    past = max(start, before[1] - _FAR), before[1]
    return _of_the_past(spots, past, after)


def _hedged(spots: Spots, before: Span, after: Span) -> re.Match[str] | None:
    """Find a hedge before or after; "likely old" is a hedge about the age alone."""
    for hit in spots.each("hedged_before", *before):
        about_age = _OF_AGE.match(hit[0]) and spots.at("age_next", hit.end() + 1, before[1])
        no_doubt = hit[0].startswith("doubt") and _idle(spots, hit, before)
        if not (about_age or no_doubt or _ADVICE.match(spots.text, hit.end())):
            return hit
    aside = _BETWEEN_COMMAS.match(spots.text, *after)
    if aside and _COPULA_NEXT.match(spots.text, aside.end()):
        return spots.at("hedged_after", aside.end(), after[1])
    questioned = _QUESTION.match(spots.text, *after)
    return None if questioned else _after(spots, "hedged_after", after)


def _is_denied(spots: Spots, before: Span, after: Span) -> bool:
    """Tell whether something is denied, by words that do not deny nothing."""
    denials = spots.each("negated_before", *before)
    for hit in denials:
        if not _idle(spots, hit, before):
            return True
    aside = _BETWEEN_COMMAS.match(spots.text, *after)
    verb = aside and _COPULA_NEXT.match(spots.text, aside.end())
    none = spots.at("negated_after", aside.end(), after[1]) if aside and verb else None
    if none:
        return none[0] not in _NONE or bool(_NONE_AT_ALL.match(spots.text, none.end(), after[1]))
    return _after(spots, "negated_after", after) is not None


def _idle(spots: Spots, hit: re.Match[str], where: Span) -> bool:
    """Tell whether a denial is one of those that deny nothing."""
    idle = spots.each("no_negation", *where)
    return bool(idle) and any(one.start() <= hit.start() < one.end() for one in idle)


def _after(spots: Spots, name: str, after: Span) -> re.Match[str] | None:
    """Find words after, before anything ends their reach."""
    hit = spots.first(name, *after)
    if not hit:
        return None
    between = after[0], hit.start()
    stopped = spots.first("stops", *between) or _ENDS.search(spots.text, *between)
    if stopped and not _COLON.fullmatch(spots.text, *between):
        return None
    if (stopped or hit[0] in _NONE) and not _NONE_AT_ALL.match(spots.text, hit.end(), after[1]):
        return None
    following = hit[0] in _ANSWERS and _OF_NEXT.match(spots.text, hit.end())
    if following and _LEVEL.search(spots.text, *between):
        return None
    return None if _idle(spots, hit, after) else hit


def _of_the_past(spots: Spots, before: Span, after: Span) -> bool:
    """Tell whether the words speak of another time and not of today."""
    if spots.first("still", before[0], after[1]):
        return False
    if spots.first("past_study", *before):
        return True
    if _after(spots, "past_after", after):
        return not spots.first("negated_after", *after)
    if spots.first("once", *before) and _ONCE.match(spots.text, before[0], after[0]):
        return True
    past = [
        one
        for one in spots.each("past", *before)
        if not _PROCEDURE_AND.search(spots.text, one.end(), before[1])
    ]
    if (
        not past
        or _after(spots, "negated_after", after)
        or _SINCE_DENIED.search(spots.text, past[-1].end(), after[0])
    ):
        return False
    return len(_WORD.findall(spots.text, past[-1].end(), before[1])) <= _NEAR_WORDS
