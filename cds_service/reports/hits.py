"""Which findings a sentence names, and how each is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from cds_service.reports.line import (
    AUGMENTED,
    CORD,
    EDEMA,
    FRACTURE,
    INFECTION,
    INSTABILITY,
    MALIGNANCY,
    PEDICLE,
    PROGRESS,
    RETROPULSION,
    STENOSIS,
    TUMOR_BEHIND,
    UPTAKE,
    WALL,
    Line,
    Span,
)
from cds_service.reports.phrases import Target

_OF_BONE: Final = frozenset({FRACTURE, EDEMA, UPTAKE, MALIGNANCY, AUGMENTED})
_CORD_BEFORE: Final = re.compile(
    r"(?<!\w)(?:cord|conus|myelon|cauda equina)"
    r"(?::|, which|, (?:at|opposite) [a-z]\d{1,2}(?:[\-/][a-z]?\d{1,2})?,)? "
    r"(?:(?:ends|terminates|lies|sits) (?:at|opposite|behind) the (?:level of the )?[a-z]+\d{1,2} "
    r"(?:fracture|vertebra|body|level) )?"
    r"(?:(?!fracture|vertebra|body|bodies|sac|root)[\w\-,%.]+ ){0,15}"
    r"(?:(?:but|and|is|it|although|though) "
    r"(?:(?:it|is|not|also|then|becomes|clearly|now|however|though|actually|"
    r"really|yet|truly) ){0,3}|"
    r"(?<=, )not )$"
)
_NO: Final = re.compile(r"(?<!\w)(?:no|not|without|neither|nor|never|free)(?!\w)")
_ONLY_NO: Final = re.compile(
    r"\W*(?:(?:at|behind) (?:the )?(?:th|[ctld])-?\d{1,2}(?: level)?,? )?"
    r"(?:there (?:is|are|may be|might be|could be) )?"
    r"(?:(?:no|without|not)(?: (?:evidence|signs?) of)?|possible|probable|early|mild|minor|slight|"
    r"moderate|severe|marked)"
    r"(?: (?:any|significant|frank|overt|extrinsic|external|mass effect or|mild|minor|slight|"
    r"moderate|severe))? "
)
_NOT_OK: Final = re.compile(
    r"\s(?:(?:is|are|was|were)\s)?(?:not|no longer|never|hardly|barely|scarcely|far from)"
    r"\s(?:(?:be|called|considered|regarded|as|to|fully|\w+ly)\s){0,4}"
    r"(?:intact|normal|preserved|maintained|continuous|ok|unremarkable|respected|smooth|regular|"
    r"spared)(?!\w)"
)
_UNWELL: Final = re.compile(
    r"(?:^|\s)(?:not|far from|anything but|no longer|never|hardly|barely|scarcely)\s"
    r"(?:\w+\s){0,2}?(?:free|normal|clear|"
    r"inconspicuous|unremarkable|visible|intact|preserved|recogni[sz]able|visuali[sz]ed|regular|"
    r"unaffected|surrounded|uncompressed|undeformed)(?!\w)"
)
_UNWELL_AFTER: Final = re.compile(
    r"(?:\s(?!and|but|or|with|in)[\w-]+){0,2}?\s(?:is |are |was |has been )?(?:no longer|lost|gone|"
    r"hardly|barely|"
    r"not (?:recogni[sz]able|visible|preserved|seen|maintained|present))(?!\w)"
)
_NO_FLUID: Final = re.compile(
    r"(?<!\w)(?:effac\w+|obliterat\w+|hardly|barely|scarcely|almost no|little|scant|minimal|"
    r"without|no longer)(?: any| the)? $"
)
"""Of a cord: what should be normal there is not, or is no longer seen."""
_CROSSED: Final = re.compile(
    r"(?:no|not|without|neither|nor)\s.*(?<!\w)(?:despite|but|although|though|while|whereas|"
    r"however|"
    r"except|because)(?!\w)|"
    r"without (?:and|but)(?!\w)|"
    r"(?:no|not|without)(?: (?!signal|uptake)\w+){0,2}? (?:progression|regression|enlargement|"
    r"shrinkage|worsening|deterioration|improvement|reduction|decrease|increase|resolution|healing|"
    r"growth) (?:of|in) "
    r"(?!.*(?:signal|uptake|intensity|height|loss|fracture|deformit|wedg|vertebr))|"
    r"(?:(?<=previously )|(?<=formerly )|(?<=hitherto )|(?<=originally ))"
    r"(?:intact|normal|free|preserved|clear|spared|un[a-z]+ed)(?!\w)"
)
"""Denied beside something that is there: a contrast, a change of it, or what was well before."""
_LOSS_OF: Final = re.compile(
    r"(?<!no )(?<!without )(?:loss|disruption|interruption|destruction|effacement|obliteration|"
    r"disappearance) of (?:the |its |a )?$"
)
_WITH: Final = re.compile(r"(?<!\w)(?:with|and)(?!\w)(?!\s(?:the\s)?(?:th|[ctld])-?\d)")
_TURNED: Final = re.compile(r"(?<!\w)(?:but|while|whereas|though)(?!\w)")
_ORGAN: Final = re.compile(
    r"\W*(?:the |both |visible |visualized |imaged ){0,2}"
    r"(?:liver|lungs?|kidneys?|adrenals?|spleen|pancreas|"
    r"brain|thyroid|prostate|uterus|bladder|abdomen|chest|pelvis)(?!\w)"
)
_IT_IS: Final = re.compile(
    r"\W*(?:(?:but|and|while|however,?) )?(?:(?:at|in|behind) [\w\-/]{2,8},? )?"
    r"it (?:is|was|appears|looks) "
    r"(?:[\w\-]+,? (?:i\.e\. |that is,? |and )?){0,3}"
)
_AT_IT: Final = (
    r"\W*(?:(?:but|and|however|while),? )?"
    r"(?:(?:at|behind|opposite) (?:the )?(?:th|[ctld])-?\d[\w/\-]*(?: level)?,? )?"
)
_ITS_SHAPE: Final = re.compile(
    _AT_IT + r"it (?:is|was|appears|looks|becomes) "
    r"(?:(?!(?:vertebra|body|disc|fracture)(?!\w))[\w\-]+,? ){0,8}?"
    r"((?:flatten|thinn|drap|indent|deform|squeez|squash|kink|crush|distort|pinch|mold|imping|"
    r"impress)ed)(?!\w)"
)
"""After a sentence about the cord: "at T9 it is pushed dorsally and thinned"."""
_A_SHAPE: Final = re.compile(
    r"\W*(?:extrinsic(?:ally)?|contour|shape|morphology|outline|form)?\W*(?:there is )?"
    r"(?:(?:no|mild|minimal|slight|moderate|severe|marked|subtle|focal|extrinsic|ventral|dorsal|"
    r"anterior|posterior|lateral|left|right|bilateral|some|clear|an?|(?:at )?(?:th|[ctld])-?\d"
    r"[\w/\-]*)[,:]? ){0,6}"
    r"(flattening|indentation|impingement|deformation|thinning|distortion|draping)(?!\w)"
    r"(?! of (?:the )?(?:th|[ctld])-?\d)"
    r"(?![^.;]{0,60}(?:fracture|vertebra|bod(?:y|ies)|disc|endplate|sac|root))"
)
"""After its signal: "Cord: normal signal. Ventral flattening at T9."."""
_CANAL: Final = re.compile(r"(?<!\w)(?:spinal canal|canal|cord|thecal sac)(?!\w)")
_SIGNAL: Final = re.compile(r"(?<!\w)(?:signal|cord\s?:|conus\s?:|myelon\s?:)")
_IS_STABLE: Final = re.compile(r"(?:(?:is|are|remains?|appears?) )?stable")
_AT_A_LEVEL: Final = re.compile(
    r"\W*(?:at )?(?:(?:th|[ctd])-?\d{1,2}|l-?[12](?!\d))?\W{0,3}"
    r"(?:(?:is|mild|moderate|severe|marked|slight|definite)\W{1,2}){0,2}"
    r"compress(?:ed|ion)(?: (?:at|to|from))?(?: (?:(?:th|[ctd])-?\d{1,2}|l-?[12](?!\d)))?\W*"
)
"""Behind a sentence that tells of the cord at other levels: "T9: compressed"."""
_LITTLE: Final = re.compile(r"(?: (?:is )?(?:seen|identified|present|evident|noted))?\W*")
_NERVES: Final = re.compile(r"(?<!\w)(?:cord|conus|cauda|myelon|myelum|thecal|roots?)(?!\w)")
_AND_MARROW: Final = re.compile(r"(?<!\w)(?:or|and|nor) (?:the )?(?:bone |vertebral )?marrow(?!\w)")
"""Behind the cord: "the cord or marrow edema"."""
_A_FRACTURE: Final = re.compile(
    r"compress\w* fractures?(?!\w)"
    r"(?! (?:near|at|behind|opposite|adjacent to|beside) (?:the )?(?:cord|conus)(?!\w))"
)
_FRACTURE_WITH: Final = re.compile(
    r"compress\w* fractures?(?!\w)[^,;.]{0,30}?(?: (?:with|and|causing|compress\w*|imping\w*|"
    r"indent\w*|displac\w*|deform\w*|contact\w*)(?!\w))"
)
"""A fracture, and what of the cord beside it: "compression fracture of T9 with cord contact"."""
_OF_BODY: Final = re.compile(
    r"(?<!\w)(?:fracture\w*|vertebra\w*|bod(?:y|ies)|height\w*|endplates?|deformit\w+|wedg\w*|"
    r"old|chronic|"
    r"percent|of (?:th|[tld])-?\d{1,2})(?!\w)|%"
)
_COMPRESSED: Final = re.compile(r"compress(?:ed|ion)")
_LESION_OF: Final = re.compile(
    r"(tumors?|metastas[ei]s|deposits?) (?:in|of|involving|within) (?:the )?"
    r"(?:body of )?(?:th|[ctld])-?\d{1,2}(?! (?:canal|epidural))(?!\w)"
)
"""One of a vertebra, whatever is told of the canal behind it."""


_ANSWERED: Final = re.compile(
    r"[ \t:]{0,4}\r?\n[\s*•-]{0,8}(?:th|[tld])-?\d{1,2}\s?[:=-]?\s?(?:no|none|nil|neg|negative|"
    r"absent|yes|\+|-|pos|positive|present|equivocal|possible|suspected|not|increased|raised|"
    r"normal|"
    r"hot|cold|intact|unclear|indeterminate|cannot|breached|disrupted|destroyed|involved)(?!\w)"
)
"""Below the name of a finding: "T6: no"."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a clause names a finding, or its opposite; `lost`: "the wall is no longer intact"."""

    target: Target
    clause: Span
    span: Span
    denied: bool
    lost: bool = False


def hits_in(line: Line) -> list[Hit]:
    """Find all findings that a sentence names, from left to right."""
    found = [hit for clause in line.clauses for hit in _hits(line, clause)]
    bare = [hit for hit in found if _is_bare(line.text, hit)]
    if bare and (_is_it(line, bare[0]) or _follows_the_cord(line, bare[0])):
        cord = line.lists.targets[CORD]
        found = [replace(hit, target=cord) if hit in bare else hit for hit in found]
    elif bare and _NERVES.search(line.text, *line.whole):
        of_cord = [_of_cord(line, hit, found) for hit in bare]
        found = [*(hit for hit in found if hit not in bare), *(hit for hit in of_cord if hit)]
    last = line.report.last
    goes_on = last is not None and last.finding == CORD and not line.places.apart
    shape = _shape_of_cord(line, found) if goes_on else None
    if shape:
        first = shape.span[0]  # "it is pushed dorsally and thinned" tells of no bone
        bone = [one for one in found if one.target.finding == RETROPULSION and one.span[0] < first]
        found = [*(one for one in found if one not in bone), shape]
    told = {hit.target.finding for hit in found if not hit.denied} if found else ()
    if FRACTURE in told:
        found = [hit for hit in found if not _is_of_height(line.text, hit)]
    if (INSTABILITY in told or line.places.joined) and line.text.find(
        "stable", line.start, line.end
    ) >= 0:
        found = _of_stability(line, found)
    if len(found) > 1 and line.spots.has({hit.target.hints for hit in found}):
        hints = [hit for hit in found if is_hint(line, hit)]
        named = {hit.target.number for hit in found if hit not in hints}
        found = [hit for hit in found if hit not in hints or hit.target.number not in named]
    return sorted(found, key=lambda hit: (hit.span, hit.target.number))


def _of_stability(line: Line, found: list[Hit]) -> list[Hit]:
    """Read "stable" behind an instability as the want of it: "L4 is unstable; L1 is stable"."""
    target = line.lists.targets[INSTABILITY]
    firsts = [hit.span[0] for hit in found if hit.target is target]
    if line.places.joined and line.report.last is target:
        firsts.append(line.start)
    if not firsts:
        return found
    return [
        replace(hit, target=target)
        if hit.target.finding == PROGRESS
        and hit.span[0] > min(firsts)
        and _IS_STABLE.fullmatch(line.text, *hit.span)
        and _LITTLE.fullmatch(line.text, hit.span[1], hit.clause[1])
        else hit
        for hit in found
    ]


def is_hint(line: Line, hit: Hit) -> bool:
    """Tell whether words only raise the suspicion of what they state."""
    hint = line.spots.at(hit.target.hints, hit.span[0], hit.clause[1])
    if hit.target.finding == INFECTION:  # "tuberculous" alone; "tuberculous discitis" names it
        return hint is not None and hint.end() >= hit.span[1]
    return hint is not None


def _hits(line: Line, clause: Span) -> Iterator[Hit]:
    """Find where a clause names findings, or states their opposite."""
    found = line.spots.findings(*clause)
    for finding in {line.lists.target_of[name] for name in found}:
        target = line.lists.targets[finding]
        barred = _barred(line, target, clause)
        stated = [hit.span() for hit in found.get(target.states, ())]
        denials = [hit.span() for hit in found.get(target.denies, ())]
        if denials:
            denials, gone = _denied(line, finding, denials)
            yield from (Hit(target, clause, one, denied=False, lost=True) for one in gone)
            denials = [one for one in denials if _holds(line.text, one, _rivals(finding, stated))]
        if barred:
            denials = [one for one in denials if not any(_within(one, other) for other in barred)]
        for span in denials:
            yield Hit(target, clause, span, denied=True)
        for span in stated:
            kept = _unbarred(line, target, span, [*barred, *denials]) if barred or denials else span
            if kept and not _of_another_part(line, clause, kept, finding):
                yield Hit(target, clause, kept, denied=False)


def _denied(line: Line, finding: str, denials: list[Span]) -> tuple[list[Span], list[Span]]:
    """Choose the words that deny a finding, and those by which what should be there is gone."""
    if finding in {WALL, PEDICLE}:  # "breached at L1 but intact at T6"
        denials = [one for one in denials if not _of_two_levels(line, one)]
        denials = [one for one in denials if not _LOSS_OF.search(line.before(one[0], 30))]
        return denials, [one for one in denials if _NOT_OK.search(line.text, *one)]
    if finding == CORD:
        unwell = [one for one in denials if _is_unwell(line, one)]
        return [one for one in denials if one not in unwell], unwell
    return denials, []


def _barred(line: Line, target: Target, clause: Span) -> list[Span]:
    """Find what is told of something else; "the cord or marrow edema" is of the marrow too."""
    barred = [hit.span() for hit in line.spots.every(target.not_here, *clause)]
    if barred and target.finding == EDEMA:
        return [one for one in barred if not _AND_MARROW.search(line.text, *one)]
    if barred and target.finding in {FRACTURE, CORD}:
        beside = _A_FRACTURE if target.finding == FRACTURE else _FRACTURE_WITH
        return [one for one in barred if not beside.match(line.text, *one)]
    return barred


def _unbarred(line: Line, target: Target, span: Span, barred: list[Span]) -> Span | None:
    """Give what is stated, cut short where it runs into what is told of something else.

    "Canal stenosis or foraminal narrowing" is one of the canal, and another of the foramina.
    """
    over = [other for other in barred if _overlap(span, other)]
    if not over:
        return span
    end = min(start for start, _ in over)
    if end <= span[0]:
        lesion = _LESION_OF.match(line.text, span[0]) if end == span[0] else None
        return lesion.span(1) if lesion and target.finding == MALIGNANCY else None
    shorter = line.spots.findings(span[0], end).get(target.states, ())
    return next((one.span() for one in shorter if one.start() == span[0]), None)


def _is_unwell(line: Line, span: Span) -> bool:
    """Tell whether a normal cord is denied: "not free", "normal signal is lost", "loss of it"."""
    return bool(
        _UNWELL.search(line.text, *span)
        or _UNWELL_AFTER.match(line.text, span[1], line.end)
        or _LOSS_OF.search(line.before(span[0], 30))
        or (line.text.startswith("csf", span[0]) and _NO_FLUID.search(line.before(span[0], 30)))
    )


def _rivals(finding: str, stated: list[Span]) -> list[Span]:
    """Give what is stated within a denial and may be right instead of it."""
    return stated if finding in {WALL, PEDICLE, CORD, STENOSIS} else []


def _holds(text: str, denial: Span, stated: list[Span]) -> bool:
    """Tell whether words that deny are about one thing.

    They are not in "the wall is not intact", "no fragment despite a breached wall", "the cord is
    compressed, with normal signal": what lies between belongs to something else.
    """
    if _NOT_OK.search(text, *denial) or _CROSSED.match(text, *denial):
        return False
    for one in stated:
        inside = one[0] >= denial[0] and one[1] < denial[1]
        if inside and _WITH.search(text, one[1], denial[1]) and not _NO.search(text, *one):
            return False
    return True


def _of_two_levels(line: Line, span: Span) -> bool:
    """Tell whether words of a denial lie on both sides of a level and of "but"."""
    mentions = line.places.mentions
    level = next((m for m in mentions if span[0] < m.start and m.end < span[1]), None)
    other = any(m.start >= span[1] for m in mentions)
    return level is not None and other and bool(_TURNED.search(line.text, level.end, span[1]))


def _of_another_part(line: Line, clause: Span, span: Span, finding: str) -> bool:
    """Tell whether something is told of another part of the body than a vertebra."""
    values = line.lists.values
    if finding not in _OF_BONE:
        return False
    if finding == UPTAKE and not line.places.mentions:
        return bool(values["part"].search(line.text, *line.whole))
    if finding == MALIGNANCY and _ORGAN.match(line.text, line.start) and not line.places.mentions:
        return True
    if finding == MALIGNANCY and line.places.mentions:  # "renal metastasis of T8"
        return False
    if finding == UPTAKE and values["part_told"].match(line.text, span[1], clause[1]):
        return True
    return bool(
        values["part_after"].match(line.text, span[1], clause[1])
        or values["part_next"].match(line.text, span[1], clause[1])
        or values["part_before"].search(line.before(span[0], 40, clause[0]))
    )


def _is_bare(text: str, hit: Hit) -> bool:
    """Tell whether a fracture is told by the word "compressed" alone."""
    return hit.target.finding == FRACTURE and bool(_COMPRESSED.fullmatch(text, *hit.span))


def _follows_the_cord(line: Line, bare: Hit) -> bool:
    """Tell whether "compression" alone, denied or at a level, follows a sentence about the cord."""
    last = line.report.last
    if line.places.joined and _CANAL.search(line.text, *line.sentence_before()):
        return not _OF_BODY.search(line.text, *line.whole)
    told = line.places.told
    named = bool(line.places.mentions)
    of_cord = told and named and all(one[0] == CORD for one in told)
    if of_cord and _AT_A_LEVEL.fullmatch(line.text, *line.whole):
        return True
    behind = line.places.joined and last is not None and last.finding == TUMOR_BEHIND
    if last is None or (last.finding != CORD and not behind):
        return False
    if line.places.joined and not _OF_BODY.search(line.text, *line.whole):
        return True  # "Cord: compressed at T5; at T4 contacted, not compressed"
    return (
        not line.places.apart
        and bool(_ONLY_NO.fullmatch(line.text, line.start, bare.span[0]))
        and bool(_LITTLE.fullmatch(line.text, bare.span[1], line.end))
    )


def _shape_of_cord(line: Line, found: list[Hit]) -> Hit | None:
    """Find what a sentence tells of the cord's shape that goes on about it without naming it."""
    last = line.report.last
    if last is None or last.finding != CORD or any(hit.target is last for hit in found):
        return None
    before = line.sentence_before()
    if not _NERVES.search(line.text, *before):
        return None
    shape = _ITS_SHAPE.match(line.text, line.start, line.end)
    if shape is None and _SIGNAL.search(line.text, *before):
        shape = _A_SHAPE.match(line.text, line.start, line.end)
    if shape is None:
        return None
    return Hit(last, line.clause_of(shape.start(1)), shape.span(1), denied=False)


def _is_it(line: Line, bare: Hit) -> bool:
    """Tell whether "it" is the cord of the sentence before: "at T9 it is flattened, compressed"."""
    last = line.report.last
    return (
        last is not None
        and last.finding == CORD
        and bool(_IT_IS.fullmatch(line.text, line.start, bare.span[0]))
    )


def _of_cord(line: Line, bare: Hit, found: list[Hit]) -> Hit | None:
    """Read "but compressed at T10" as of the cord, of which the sentence spoke before."""
    cord = line.lists.targets[CORD]
    taken = any(hit.target is cord and _overlap(hit.span, bare.span) for hit in found)
    if taken or not _CORD_BEFORE.search(line.before(bare.span[0], 90)):
        return None
    return replace(bare, target=cord)


def _is_of_height(text: str, hit: Hit) -> bool:
    """Tell whether a fracture is denied by a height alone."""
    return hit.denied and hit.target.finding == FRACTURE and "height" in text[slice(*hit.span)]


def _overlap(one: Span, other: Span) -> bool:
    """Tell whether two places share words."""
    return one[0] < other[1] and other[0] < one[1]


def _within(one: Span, other: Span) -> bool:
    """Tell whether a place lies in another one."""
    return other[0] <= one[0] and one[1] <= other[1]


def is_question(line: Line, hits: list[Hit]) -> bool:
    """Tell whether a line is the name of a finding alone, with an answer for a level below it."""
    if len(hits) != 1 or hits[0].denied:
        return False
    words = line.text[line.start : line.end].strip(" :?-\r\n")
    named = words == line.text[slice(*hits[0].span)]
    return named and _ANSWERED.match(line.text, line.end) is not None


def is_listing(line: Line, hits: list[Hit]) -> bool:
    """Tell whether a sentence tells several things of a vertebra that it names first."""
    first = line.places.mentions[0].start if line.places.mentions else line.end
    told = {hit.target.finding for hit in hits}
    return FRACTURE in told and len(told) > 1 and first < hits[0].span[0]
