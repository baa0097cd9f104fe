"""What a report takes back of itself: all that stood before, of one reader, or for some levels.

A denial that is taken back clears nothing (`indeterminate`); what is of another patient says
nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from cds_service.reports.folded import Folded
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_BEGINS: Final = r"(?:^|(?<=[.:;!?,\n)])|(?<=(?:and|but) )|(?<= -)|(?<=note )|(?<=that ))\s{0,4}"
_ABOVE_HERE: Final = (
    r"(?:above|foregoing|preceding|previous|prior|earlier|original|initial|first|preliminary|"
    r"overnight|resident(?:'s)?|trainee(?:'s)?|registrar(?:'s)?)"
)
_ABOVE: Final = rf"(?:{_ABOVE_HERE}|outside|referring)"
_REPORT: Final = (
    r"(?:reports?|impressions?|statements?|texts?|findings|conclusions?|dictations?|"
    r"interpretations?|readings?|reads?|assessments?|opinions?|descriptions?|comments?|"
    r"views?|diagnosis|versions?|paragraphs?|sentences?)"
)
_SAID: Final = (
    rf"(?:(?:(?:all |any )?(?:of )?(?:the |this |that |these |those |my |our |their |his |her )"
    rf"|all )?(?:(?:entire|whole|complete) )?"
    rf"(?:(?:{_ABOVE} ){{1,2}}(?:\w+ )?{_REPORT}|above|foregoing|{_REPORT} above)(?!\w))"
)
"""What stood before, or another reader said: "the above impression", "impression above"."""
_ITS: Final = (
    rf"(?:(?:the |this |that |these |those |my |our )?(?:{_ABOVE_HERE} )?{_REPORT}"
    r"(?: above)?(?: (?:item|point|number|no\.?|line|#) ?\d{1,2})?|the above|the foregoing)(?!\w)"
)
_WRONG: Final = (
    r"(?:incorrect|wrong|erroneous|mistaken|invalid|void|untrue|false|withdrawn|retracted|revoked|"
    r"rescinded|cancell?ed|voided|rejected|superseded|premature|unreliable|not the case|"
    r"not (?:to )?be (?:relied (?:up)?on|trusted|used)|disregarded|ignored|"
    r"discarded|not (?:correct|true|right|valid|accurate)|"
    r"no longer (?:valid|correct|true|applicable|applies|stands?)|inaccurate|"
    r"(?:made |dictated |issued |given |stated )?(?:in error|by mistake)|an? (?:\w+ )?"
    r"(?:error|mistake|oversight|slip|misreading))(?!\w)"
)
_IS: Final = (
    r"(?:is|are|was|were|has been|have been|should be|must be|to be) "
    r"(?:(?:hereby|herewith|now|in fact|actually|clearly|simply|unfortunately|therefore) )?"
)
_NOT_IN_PART: Final = r"(?![^.;\n]{0,30}(?<!\w)(?:part|partly|partially|parts)(?!\w))"
_ALL: Final = re.compile(
    # "the above impression is incorrect", "impression item 1 is in error"
    rf"{_BEGINS}{_ITS} {_IS}{_WRONG}{_NOT_IN_PART}"
    # "report voided", "the above paragraph contains an error", "we were mistaken"
    rf"|{_BEGINS}{_ITS} (?:(?:voided|retracted|withdrawn|cancell?ed|rescinded)(?=\s*[.;,\n]|\s*$)|"
    r"contains? (?:an?|some|several|the following) (?:\w+ )?(?:errors?|mistakes?)(?!\w)|"
    r"(?:should|must|can|may) not be (?:relied (?:up)?on|trusted|used))"
    rf"|{_BEGINS}(?:i|we) (?:am|was|are|were|have been) (?:\w+ly )?(?:mistaken|wrong|incorrect|"
    r"in error)(?=\s*[.;,\n]|\s*$)"
    # "please disregard the above", "disregard impression above"
    rf"|(?<!\w)(?:disregard|ignore|discard|retract|withdraw|rescind|revoke|cancel)s?"
    rf" (?:the |this |that |my )?(?:{_SAID}|{_REPORT}(?= ?[.,;\n]| ?$))"
    # "our interpretation differs", "my view is different"
    rf"|{_BEGINS}(?:our|my|the present|this) (?:\w+ )?{_REPORT} (?:differs?|deviates?|"
    r"is (?:quite |entirely |very )?(?:different|otherwise|another))(?!\w)"
)
_VIEW: Final = re.compile(
    # "I no longer agree with that", "we do not share this view"
    r"(?<!\w)(?:no longer|not|cannot|don't|can't|never|unable to) (?:\w+ly )?"
    r"(?:agree|concur|share|subscribe|stand by|uphold|endorse)"
    rf"(?: (?:with|to|by))?(?: (?:that|this|it|(?:that|this) {_REPORT}|{_SAID}|the {_REPORT}))?"
    rf"(?= ?[.,;\n]| ?$){_NOT_IN_PART}"
    # "not agreed", "I see it differently", "I am of a different opinion"
    r"|(?<!\w)not agreed(?= ?[.,;\n]| ?$)|(?<!\w)(?:sees?|read|view|interpret|judge) "
    r"(?:it|this|that|these|them) (?:quite |very |rather )?differently(?!\w)"
    rf"|(?<!\w)(?:i|we) (?:am|are|have|take|hold|come to)(?: of| to)? an?(?:other| different) "
    rf"{_REPORT}(?!\w)"
    # "major discrepancy", "I must correct the above"
    rf"|{_BEGINS}(?:there is an? )?(?:(?:major|minor|significant|important) )?discrepan(?:cy|t)"
    r"(?=\s*[.;,\n]|\s*$)"
    rf"|(?<!\w)(?:correct|amend|revise) {_SAID}"
    # "I disagree.", "disagree with the above"
    rf"|(?<!\w)(?:disagree[sd]?|beg to differ|dissent)"
    rf"(?: (?:with|from)(?: (?:that|this|it|(?:that|this) {_REPORT}|{_SAID}|the {_REPORT})))?"
    rf"(?= ?[.,;:\n]| ?$){_NOT_IN_PART}"
)
"""A view that is not shared; what it found may stand where its reader goes on."""
_NOT_BEFORE: Final = re.compile(
    r"(?<!\w)(?:no|not|never|without|nothing|neither|nor|if|should you|whether)(?: \w+){0,3} $"
)
_JUST_SAID: Final = re.compile(
    # "this was an oversight", "that is hereby corrected", "which is wrong"
    rf"{_BEGINS}(?:this|that|it|which|the latter)(?: (?:statement|sentence|remark|comment))? "
    rf"{_IS}(?:{_WRONG}|corrected|amended|revised|superseded)(?=\s*[.;,\n]|\s*$)"
    # "I retract this", "I take that back"
    rf"|{_BEGINS}(?:i|we) (?:hereby |now |must )?(?:(?:retract|withdraw|revoke|correct|rescind) "
    r"(?:this|that|it)|take (?:this|that|it) back)(?=\s*[.;,\n]|\s*$)"
)
_NO_IS_WRONG: Final = re.compile(
    # "the word 'no' was dictated in error", 'delete "no"'
    r"[\"'](?:no|not|without|nor|never)[\"']"
    r"(?=[^.\n]{0,60}(?:error|mistake|delet|remov|omit|struck|should|must|wrong|incorrect|read))|"
    r"(?<!\w)(?:for|delete|strike|remove|omit|replace|change|ignore|disregard) (?:the )?(?:word )?"
    r"[\"'](?:no|not|without|nor|never)[\"']"
)
"""Which of several denials is none, nobody says."""
_DENIES: Final = re.compile(
    r"(?<!\w)(?:no|not|without|negative|normal|intact|free|clear|absen\w+|nor|neither|exclu\w+|"
    r"unremarkable|preserved|maintained|un\w+ed)(?!\w)"
)
_OF_STATEMENTS: Final = (
    r"(?:(?:both|all|these|those)(?: of)?(?: (?:the|these))? statements|"
    r"(?:the |all )?(?:above|foregoing|preceding|former)(?: \w+){0,2}|"
    rf"(?:the|this|these|those|my|our|all) (?:\w+ )?(?:{_REPORT}|negatives?|denials?|remarks?))"
)
_THEY: Final = rf"(?:this|these|they|it|those|{_OF_STATEMENTS})"
_HOLDS: Final = (
    r"(?:pertains?|appl(?:y|ies)|refers?|relates?|holds?(?: (?:true|good))?|"
    r"(?:is|are) (?:only )?(?:valid|true|meant|made))"
)
_REGION: Final = (
    r"(?:cervical|thoracic|lumbar|dorsal|sacral|lumbosacral|thoracolumbar|upper|lower|"
    r"(?:th|[ctld])-?\d|imaged|"
    r"visuali[sz]ed|included|scanned|covered|(?:c|t|l)[ -]?spine)"
)
_LIMITED: Final = re.compile(
    # "the foregoing applies to the cervical spine only"
    rf"{_BEGINS}{_THEY} (?:only |solely )?{_HOLDS}(?: only| solely| exclusively)? "
    rf"(?:to|for|of) [^.;\n]{{0,40}}?{_REGION}[^.;\n]{{0,40}}"
    # "these statements do not hold for T9"
    rf"|{_BEGINS}(?:{_THEY} (?:does|do|did|is|are|was|were) not (?:\w+ )?"
    r"(?:hold|apply|pertain|valid|true|meant|made)|"
    rf"{_OF_STATEMENTS} (?:does|do|did) not (?:\w+ )?(?:extend|refer|relate|include|cover))"
    rf"[^.;\n]{{0,30}}?(?<!\w){_REGION}"
    # "agree except T9"
    r"|(?<!\w)(?:agree|concur)s?(?: with(?: \w+){1,3}?)?,? (?:except|apart from|other than|save|"
    r"but not|with the exception of|excepting)(?: (?:for|at|of|in|about|regarding))?(?: the)?"
    r"(?: level)?(?: of)? (?:th|[ctld])-?\d"
)
_LEVELS: Final = re.compile(r"(?<![\w\-])(?:th|[ctld])-?\d{1,2}(?!\w|-)")
_ONLY: Final = re.compile(r"(?<!\w)(?:only|solely|exclusively|alone|not|agree|concur)s?(?!\w)")
_FOREIGN: Final = re.compile(
    # "report dictated on the wrong patient", "belongs to another patient"
    r"(?<!\w)wrong (?:patient|chart|record|mrn|accession)(?!\w)|"
    r"(?<!\w)(?:belongs?|pertains?|refers?|relates?|applies|is|are|was|were|intended|meant) "
    r"(?:to|for|of|that of|those of) (?:an?other|a different|the wrong) "
    r"(?:patient|person|individual)(?!\w)|"
    r"(?<!\w)belongs? to (?:someone|somebody) else(?!\w)|"
    r"(?<!\w)not (?:of|for|from|about) this patient(?!\w)|"
    r"(?<!\w)(?:an?other|a different) patient's (?:\w+ ){0,2}(?:report|study|scan|images?)(?!\w)"
)
_ITSELF: Final = re.compile(
    rf"(?<!\w)(?:{_REPORT}|dictated|dictation|above|foregoing|addendum|issued|reported|"
    r"entered|filed|reviewed)(?!\w)"
)
_OTHER_STUDY: Final = re.compile(
    r"(?<!\w)(?:comparison|prior (?:study|film|exam|mri?|ct|scan|images?)|old (?:film|study)|"
    r"(?:films?|images?|mri?|ct|cd|disc) (?:provided|attached|enclosed|submitted))"
)
_EARLIER: Final = re.compile(
    r"(?<!\w)(?:above|foregoing|preceding|previous|prior|earlier|original|initial|first|last)(?!\w)"
)
_LATER: Final = re.compile(
    r"(?:^|(?<=[.!?)\n]))\W{0,8}(?:\w+ ){0,2}(?:addendum|correction|amendment|over-?read|"
    r"final|consultant|attending|staff|supervisor|senior|erratum|revision|"
    r"verified)(?!\w)[^:.\n]{0,50}:"
)
"""The header of a later reader."""
_SIGN: Final = re.compile(r"[.;\n]")
_NEAR: Final = 80
_WIDE: Final = 120
_CUES: Final = re.compile(
    r"agree|concur|disregard|ignor|discard|retract|withdr|rescind|revoke|cancel|in error|mistake|"
    r"wrong|incorrect|erroneous|inaccurate|invalid|untrue|false|void|oversight|misread|slip|reject|"
    r"discrepan|differently|not the case|premature|unreliable|relied|trusted|not be used|"
    r"contains? (?:an?|some|several|the) |different (?:opinion|view|inter|reading|concl)|"
    r"(?:correct|amend|revise) (?:the|all|my|our|this|that) |"
    r"(?:an? |\w )error|no longer (?:valid|correct|true|applicable|applies|stands?|share|subscribe|"
    r"stand by|uphold|endorse)|not (?:\w+ )?(?:correct|true|right|valid|accurate|share|subscribe|"
    r"stand by|uphold|endorse|hold|apply|pertain|extend|refer|relate|include|cover|meant|made|"
    r"(?:of|for|from|about) this patient)|differs?(?!\w)|deviates?|dissent|is (?:\w+ )?"
    r"(?:different|otherwise|another)|hereby|superseded|corrected|amended|revised|"
    r"(?:this|that|it) back|[\"'](?:no|not|without)[\"']|"
    r"(?:other|different|wrong) (?:patient|person|individual)|else|appl(?:y|ies)|pertains?|"
    r"refers? |relates? |holds? |(?:is|are) (?:only )?(?:valid|true|meant|made) "
)
"""Where none of these stands nothing is taken back."""


def standing(folded: Folded, said: list[Statement], wrong: list[Statement]) -> list[Statement]:
    """Give the statements of a report that it does not take back, and what becomes of others.

    `wrong` are those that its own words withdraw one by one.
    """
    said = _unsaid(said, wrong)
    if not said or not _CUES.search(folded.text):
        return said
    said = _of_this_patient(folded, said)
    for turned, kept in ((_ALL, False), (_VIEW, True)):
        for hit in turned.finditer(folded.text):
            if not _NOT_BEFORE.search(folded.text, max(0, hit.start() - _WIDE), hit.start()):
                at = folded.span(*_inner(hit))[0]
                said = _taken_back(said, at, _of_others(folded, said, hit.start(), at), kept=kept)
    for hit in _NO_IS_WRONG.finditer(folded.text):
        at = folded.span(*hit.span())[0]
        said = _taken_back(said, at, at, kept=None)
    for hit in _JUST_SAID.finditer(folded.text):
        said = _last_taken_back(folded.original, said, folded.span(*_inner(hit))[0])
    for hit in _LIMITED.finditer(folded.text):
        if _ONLY.search(hit[0]):
            said = _elsewhere(said, folded.span(*_inner(hit))[0], _LEVELS.findall(hit[0]))
    return said


def _inner(hit: re.Match[str]) -> tuple[int, int]:
    """Give the place of a hit without the blanks before it."""
    return hit.end() - len(hit[0].lstrip()), hit.end()


def _open(one: Statement) -> Statement:
    """Make of a statement one of which nobody can tell."""
    return replace(one, status=Meaning.INDETERMINATE, value=None, unit="")


def _unsaid(said: list[Statement], wrong: list[Statement]) -> list[Statement]:
    """Take back what stands before words that withdraw it, and is not said again behind."""
    for gone in wrong:
        again = any(
            one.start >= gone.start and (one.finding, one.status) == (gone.finding, gone.status)
            for one in said
        )
        if not again:
            said = list(_without(said, gone))
    return said


def _without(said: list[Statement], gone: Statement) -> Iterator[Statement]:
    """Leave out what was said wrongly before; a denial becomes open."""
    for one in said:
        same = one.start < gone.start and (one.finding, one.status) == (gone.finding, gone.status)
        if not same or (gone.level and one.level and gone.level != one.level):
            yield one
        elif one.status is Meaning.ABSENT:
            yield _open(one)


def _of_this_patient(folded: Folded, said: list[Statement]) -> list[Statement]:
    """Leave out what is of another patient: all before, or all where nothing stands before."""
    for hit in _FOREIGN.finditer(folded.text):
        ends = [one.end() for one in _SIGN.finditer(folded.text, 0, hit.start())]
        stop = _SIGN.search(folded.text, hit.end())
        start, end = max(ends, default=0), stop.end() if stop else len(folded.text)
        words = folded.text[start:end]
        if not _ITSELF.search(words) or _OTHER_STUDY.search(words):
            continue
        at = folded.span(*_inner(hit))[0]
        before = any(one.start < at for one in said)
        all_of_it = not before and not _EARLIER.search(words)
        said = [] if all_of_it else [one for one in said if one.start >= at]
    return said


def _of_others(folded: Folded, said: list[Statement], first: int, at: int) -> int:
    """Tell where the words end that a later reader takes back: at this reader's own header."""
    headers = [one.start() for one in _LATER.finditer(folded.text, 0, first)]
    start = folded.span(headers[-1], first)[0] if headers else at
    return start if any(one.start < start for one in said) else at


def _is_before(one: Statement, at: int) -> bool:
    """Tell whether a statement stands before a place, of its sentence at least the denial."""
    if one.end <= at:
        return True
    return one.start < at and _DENIES.search(one.quote.lower()[: at - one.start]) is not None


def _taken_back(said: list[Statement], at: int, last: int, *, kept: bool | None) -> list[Statement]:
    """Open all that stands before `last`; denials alone if `kept`, where a reader goes on.

    Where `kept` is None these alone in any case.
    """
    goes_on = kept is None or (kept and any(not _is_before(one, at) for one in said))
    return [
        _open(one)
        if _is_before(one, last) and (one.status is Meaning.ABSENT or not goes_on)
        else one
        for one in said
    ]


def _last_taken_back(text: str, said: list[Statement], at: int) -> list[Statement]:
    """Open the denials of the sentence before the one that a place is in, or of this one."""
    return [
        _open(one)
        if one.status is Meaning.ABSENT
        and _is_before(one, at)
        and at - one.end < _NEAR
        and not _SIGN.search(text[one.end : at].lstrip(" .;\n"))
        else one
        for one in said
    ]


def _elsewhere(said: list[Statement], at: int, named: list[str]) -> list[Statement]:
    """Let denials before a place clear no level: they are of some part of the spine alone."""
    levels = {one.upper().replace("TH", "T").replace("D", "T").replace("-", "") for one in named}
    return [
        _limited(one, levels) if one.status is Meaning.ABSENT and _is_before(one, at) else one
        for one in said
    ]


def _limited(one: Statement, levels: set[str]) -> Statement:
    """Make of a denial one of elsewhere; where its own level is named nobody can tell."""
    if one.level:
        return _open(one) if one.level in levels else one
    return replace(one, rest=True)
