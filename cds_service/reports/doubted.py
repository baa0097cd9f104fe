"""Words that look like a denial and deny nothing that is there today.

A change is denied ("no regression of the tumor"), what was normal once is broken now ("the
previously intact wall"), nobody is spared ("neither level is free of edema"), or a denial is the
question and its answer is no ("discitis excluded: no").
"""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.joined import JOINS, NO, joined
from cds_service.reports.line import (
    CANAL,
    CORD,
    EDEMA,
    INFECTION,
    MALIGNANCY,
    PEDICLE,
    RETROPULSION,
    TUMOR_BEHIND,
    WALL,
    Line,
)
from cds_service.reports.scope import Meaning

_MOVING: Final = frozenset(
    {CORD, INFECTION, MALIGNANCY, TUMOR_BEHIND, RETROPULSION, WALL, PEDICLE, EDEMA, CANAL}
)
_MOVES: Final = re.compile(
    r"\s(?:progression|regression|enlargement|worsening|improvement|resolution|shrinkage)(?!\w)"
)
_GOOD: Final = (
    r"(?:intact|preserved|normal|free|clear|spared|maintained|continuous|uninvolved|unaffected|"
    r"uncompressed|unremarkable|respected|competent|regular|smooth)(?!\w)"
)
_GOOD_WORD: Final = re.compile(r"(?<!\w)" + _GOOD + r"|(?<!\w)un[a-z]+ed(?!\w)")
_ONCE: Final = re.compile(
    r"(?<!\w)(?:previously|formerly|hitherto|originally)[\s\-](?:\w+ly |an |a ){0,2}"
    r"(?:no|not|without|free (?:of|from)|negative for) (?:[\w\-]+ ){0,3}$"
)
_NOBODY: Final = (
    r"(?<!\w)(?:neither|none of|not one|not a single|hardly an?y?|scarcely an?y?|barely an?y?|"
    r"no (?:vertebra\w*(?: body)?|level|body|segment|fracture|lesion|one))(?!\w)"
)
_NOBODY_LACKS: Final = re.compile(
    _NOBODY + r"[^,;:.]{0,60}?(?<!\w)(?:free (?:of|from)|without|devoid of|lacks?|spared|"
    r"spared (?:of|by|from))(?: [\w\-]+){0,3} $"
)
"""Nobody goes without it: all have it."""
_NONE_IS_WELL: Final = re.compile(
    r"(?<!\w)neither(?!\w)"
    r"(?:(?! (?:and (?:the|its|their|both)|but|has|have|shows?) )[^,;:.]){3,80}?"
    r"(?<!\w)(?:is|are|remains?|appears?|looks?) "
    r"(?:\w+ly )?" + _GOOD
)
_DOUBTED: Final = re.compile(
    r"(?<!\w)(?:(?:do|does|did|could|would|can|cannot|can't|don't|doesn't|didn't)(?: not)?) "
    r"(?:think|believe|feel|see|say|appear|seem|look|consider|call|find|regard|accept|agree|"
    r"confirm)(?: (?:that|to be|to|it|as))*(?: (?!is|are)[\w\-]+){0,4}? "
    r"(?:(?:is|are|be|remains?|looks?|appears?) )?(?:\w+ly )?$"
)
_NOT: Final = re.compile(r"(?<!\w)(?:not|cannot|\w+n't)(?!\w)")
_NO_TO_IT: Final = r"\s?[?:=]\s{0,3}(?:no|n|not [a-z ]{2,30}|cannot[a-z ]{0,20})\s*(?:[.;,\n]|$)"
_EXCLUDED_NO: Final = re.compile(
    r"(?: [a-z]\d{1,2}(?:[-/]\w{1,3})?)?(?: \w+){0,2}? (?:excluded|ruled out|out of the question)"
    + _NO_TO_IT
)
_WELL_NO: Final = re.compile(_NO_TO_IT)
_BUT_BROKEN: Final = re.compile(
    r"(?: (?:in|on|at) (?:its |the |this )?(?!th?-?\d|[ld]-?\d)[\w\-]+(?: (?:half|part|side|third|"
    r"aspect|portion|images?|views?|only))?)?"
    r"(?:,? (?:but|and|while|though|yet)|,) "
    r"(?:(?:it |its? )?(?:the )?"
    r"(?:(?:left|right|upper|lower|other|superior|inferior|cranial|caudal)"
    r"(?: (?:half|part|side|third|one|aspect))? )?(?:is |was |are )?)?(?:\w+ly )?"
    r"(?:breached|disrupted|broken|destroyed|interrupted|eroded|deficient|defective|fractured|"
    r"infiltrated|lost)(?!\w)"
)
"""The same wall is broken in another part, or on other images."""
_LEVEL_NEXT: Final = re.compile(r" (?:at|in|of|on|behind) (?:the )?(?:th|[ctld])-?\d")
_SQUEEZE: Final = r"(?:compression|impingement|indentation|compromise|contact)"
_THE_LEVEL: Final = re.compile(
    rf"(?<!\w)(?:level|site|point|segment|area|zone) of (?:the |this |maximal |maximum |worst )?"
    rf"(?:cord )?{_SQUEEZE}(?!\w)|"
    r"(?<!\w)(?:compressed|compressive|narrowed) (?:level|site|segment|part)(?!\w)|"
    r"(?<!\w)(?:above|below|beyond|outside|beneath) (?:the |this |and below the )?"
    rf"{_SQUEEZE}(?!\w)|"
    r"(?<!\w)(?:returns|regains|reverts|back) to (?:its )?(?:a )?normal"
)
"""Of a cord: somewhere else it is compressed."""


_HAD: Final = re.compile(r"\W*had (?:[\w\-/]+ ){0,5}")
_BEEN: Final = re.compile(r"(?<!\w)been(?!\w)")
_COMPARED: Final = re.compile(
    r"(?<!\w)no (?:more|less|greater|worse)(?: (?!than)[\w\-]+){1,7} than"
    r"(?! (?:mild|minimal|slight))"
)
"""A degree is denied, of what is there: "no less compression than in March"."""
_BULKY: Final = re.compile(
    r"(?<!\w)(?:no|not|without)(?: \w+)? (?:bulky|large|major|gross|high[\s\-]grade|severe|marked|"
    r"critical|complete|extensive|massive) [^.;]{3,90}?"
    r"(?:but|although|though|only|just) (?:an? |some |there is (?:an? )?)?"
    r"(?:thin|small|slight|mild|minor|minimal|subtle|low[\s\-]grade|partial|early|beginning|"
    r"tiny)(?!\w)"
)
"""Only much of it is denied: "no bulky tumor, but a thin rim"."""
_GRADED: Final = re.compile(
    r" (?:(?:at|of) [\w\-/]{2,8} )?(?:is|are|remains?) (?:only |very )?"
    r"(?:minor|mild|slight|moderate|severe|marked|minimal)(?!\w)"
)
"""Only what is there has a degree: "no surgery as the compression is minor"."""
_THEN: Final = re.compile(
    r"(?: (?:at|in|of) [\w\-/]{2,8})? (?:had (?:\w+ly )?been (?:excluded|ruled out|refuted)|"
    r"(?:was|were) (?:reported|described|noted|seen|found|diagnosed) (?:at|by|in|on) "
    r"(?:the |an? )?(?:referring|outside|external|transferring|other|local|previous|prior))(?!\w)"
)
"""What others said, or what was so before something else was."""
_DOES: Final = re.compile(
    r"(?: (?:at|of) [\w\-/]{2,8})?\s?[.;,]\s+(?:but |while |whereas |however,? )?"
    r"(?:the|its|an?) (?:(?!not|no|(?:th|[ctld])-?\d)[\w\-]+ ){1,4}(?:does|do)\s*(?:[.;,]|$)|"
    r"[^.]{0,30}[;,] (?:but )?(?:that )?(?:by|from) (?:the |an? )?(?:[\w\-]+ ){1,2}"
    r"(?:yes|present|it is(?! not)|there is(?! no))(?!\w)"
)
"""Something else does what is denied of the first: "the disc does not touch it, the tumor does"."""
_THE_COMPRESSED: Final = re.compile(
    r"(?<!\w)(?:the|this|its) (?!previous|former|once|initial|origin)(?:\w+ )?(?:compressed|"
    r"flattened|squeezed|deformed|indented) "
    r"(?:(?:spinal|thoracic|lumbar|lower|distal) )?(?:cord|conus|cauda|myelon|myelum)(?!\w)"
)
"""Whatever is denied of it: "no signal change within the compressed cord"."""
_SIGNAL_BUT: Final = re.compile(
    r"(?: intensity)?(?: (?:at|in|of) [\w\-/]{2,8})?(?: (?:is|was))?"
    r"(?: (?:normal|preserved|unremarkable))?(?:,? (?:but|with|yet|despite|though|although)|,)"
    r"(?: (?!no |not |without |nor |or |and )[\w\-]+){0,3} "
    r"(?:compress|flatten|indent|deform|imping|squeez)(?:ed|ion|ing|ation|ement|ity)?(?!\w)"
)
"""A normal signal of a cord that is squeezed: "normal cord signal with mild compression"."""
_SIGNAL: Final = 12
"""So far behind a normal cord may stand that only its signal is meant."""
_SQUEEZES: Final = re.compile(
    r"(?<!not )(?<!does not )(?:compress|flatten|indent|deform|squeez|imping)(?:es|ing|s)"
    r"(?: (?:on|upon|the|spinal|ventral|dorsal|thoracic|adjacent|lower|upper|anterior|"
    r"posterior|cord|conus)){1,5}(?: (?:at|of) [\w\-/]{2,8})? $"
)
"""Before a cord of which only the signal is normal: "compresses the cord without signal change"."""
_SQUEEZED_FIRST: Final = re.compile(
    r"(?:compress|flatten|indent|deform|squeez|imping)\w* (?:(?:on|upon|the|spinal|ventral|"
    r"dorsal) ){0,3}"
    r"(?:cord|conus|myelon)[\w\s\-/]{0,20} (?:without|with no|but no)(?!\w)"
)
"""Words that state it, with a denial of something else behind: "compresses the cord without"."""
_NOR_CAN: Final = re.compile(r"(?<!\w)nor (?:can|could) (?:the |any |an? )?(?:[\w\-]+ ){0,2}$")
_ELLIPTIC: Final = re.compile(
    r"(?: (?:at|in|of) [\w\-/]{2,8})?\s*(?:[.;,)]|$|be (?:\w+ )?"
    r"(?:assessed|evaluated|judged|determined|told|commented|established)(?!\w))"
)
"""What cannot be assessed either: "tumor cannot be assessed, nor can cord compression"."""
_NEAR: Final = 30
_ANSWER: Final = 30
"""So far behind a sentence its answer may begin."""
_SIGNS: Final = re.compile(
    r"(?<!\w)(?:previously|formerly|hitherto|originally|neither|none of|not (?:one|a single)|"
    r"nor c(?:an|ould)|hardly|scarcely|barely|no (?:vertebra|level|body|segment|fracture|lesion|"
    r"one|more|less|"
    r"greater|worse)|had|excluded|"
    r"(?:but|although|though|only|just) (?:\w+ ){0,3}?"
    r"(?:thin|small|slight|mild|minor|minimal|subtle|low|partial|early|beginning|tiny)|"
    r"(?:is|are|remains?) (?:only |very )?(?:minor|mild|slight|moderate|severe|marked|minimal)|"
    r"ruled out|progression|regression|enlargement|worsening|improvement|resolution|shrinkage|"
    r"(?:level|site|point|segment|area|zone) of (?:\w+ ){0,3}(?:com|imp|ind|con)\w+|"
    r"(?:above|below|beyond|outside|beneath) (?:(?:the|this|and below the) )?"
    r"(?:com|imp|ind|con)\w+|"
    r"(?:compressed|compressive|narrowed|flattened|squeezed|deformed|indented) (?:\w+ )?"
    r"(?:level|site|segment|part|cord|conus|cauda|myelon|myelum)|returns|regains|reverts|back|"
    r"(?:was|were) (?:reported|described|noted|seen|found|diagnosed) (?:at|by|in|on)|"
    r"does\s{0,3}[.;,]|by (?:\w+ ){1,3}(?:yes|present|it is|there is)|"
    r"(?:not|cannot|\w+n't) (?:think|believe|feel|see|say|appear|seem|look|"
    r"consider|call|find|regard|accept|agree|confirm)|(?:is|are|was|but|"
    r"and|\w+ly) (?:\w+ly )?(?:breached|disrupted|broken|destroyed|interrupted|eroded|deficient|"
    r"defective|fractured|infiltrated|lost))(?!\w)|[:=?]\s{0,3}(?:no?(?!\w)|not |cannot)"
)
"""Where none of these stands, no denial is doubted."""


def doubted(line: Line, hit: Hit) -> Meaning | None:
    """Tell how a hit is meant whose denial denies nothing; None where it does."""
    text, finding = line.text, hit.target.finding
    if finding in _MOVING:
        first = hit.span[0]
        run_on = text.startswith(NO, first) if hit.denied else not text.endswith(JOINS, 0, first)
        if run_on and (said := joined(line, hit)):
            return said
    if finding == CORD and _squeezed(line, hit):
        return Meaning.PRESENT
    if not _SIGNS.search(text, line.start, line.end + _ANSWER):
        return None
    return _nothing(line, hit) or _of_sides(line, hit)


def _squeezed(line: Line, hit: Hit) -> bool:
    """Tell whether only the signal of a cord is normal that is squeezed."""
    text = line.text
    at = text.find("signal", hit.span[0], hit.span[1] + _SIGNAL)
    if at >= 0 and _SIGNAL_BUT.match(text, at + len("signal"), line.end):
        return True
    if hit.denied:
        return _SQUEEZES.search(line.before(hit.span[0], 40)) is not None
    return _SQUEEZED_FIRST.match(text, *hit.span) is not None


def _nothing(line: Line, hit: Hit) -> Meaning | None:
    """Tell whether a denial is of another time, of others, or of a degree alone."""
    text, finding = line.text, hit.target.finding
    before = line.before(hit.span[0], 90, hit.clause[0])
    bulky = _BULKY.search(text, max(hit.clause[0], hit.span[0] - _NEAR), line.end)
    if bulky or _ONCE.search(before) or _THEN.match(text, hit.span[1]):
        return Meaning.NO_FACT
    if _NOR_CAN.search(before) and _ELLIPTIC.match(text, hit.span[1], line.end):
        return Meaning.INDETERMINATE
    if finding in _MOVING and _COMPARED.search(text, *hit.clause):
        return Meaning.PRESENT
    return _not_well(line, hit, before) if hit.denied else _not_denied(line, hit, before)


def _of_sides(line: Line, hit: Hit) -> Meaning | None:
    """Tell whether none of two is well, or something else compresses the cord."""
    text, finding = line.text, hit.target.finding
    part = finding in {WALL, PEDICLE}
    if part and _NONE_IS_WELL.search(text, hit.clause[0], min(hit.clause[1], hit.span[1] + 40)):
        return Meaning.PRESENT
    other = finding == CORD and (
        _DOES.match(text, hit.span[1]) or _THE_COMPRESSED.search(text, *hit.clause)
    )
    return Meaning.PRESENT if other else None


def _not_denied(line: Line, hit: Hit, before: str) -> Meaning | None:
    """Tell whether something is there: nobody is without it, or its exclusion is denied."""
    if _EXCLUDED_NO.match(line.text, hit.span[1]):
        return Meaning.SUSPECTED
    moved = hit.target.finding in _MOVING and _MOVES.match(line.text, hit.span[1])
    moved = moved or _GRADED.match(line.text, hit.span[1])
    return Meaning.PRESENT if moved or _NOBODY_LACKS.search(before) else None


def _not_well(line: Line, hit: Hit, before: str) -> Meaning | None:
    """Tell whether what should be whole is not said to be so."""
    text, end = line.text, hit.span[1]
    there = hit.target.finding == CORD and _THE_LEVEL.search(text, line.start, line.end)
    if there or (_HAD.fullmatch(before) and _BEEN.search(text, *hit.span)):
        return Meaning.NO_FACT
    if not _GOOD_WORD.search(text, *hit.span):
        return None
    none = _NONE_IS_WELL.search(text, hit.clause[0], min(hit.clause[1], end + 20))
    if none or _WELL_NO.match(text, end) or _NOBODY_LACKS.search(before):
        return Meaning.PRESENT
    doubt = _DOUBTED.search(before)
    if doubt and _NOT.search(doubt[0]):
        return Meaning.SUSPECTED
    broken = hit.target.finding in {WALL, PEDICLE} and _BUT_BROKEN.match(text, end, line.end)
    return Meaning.PRESENT if broken and not _LEVEL_NEXT.match(text, broken.end()) else None
