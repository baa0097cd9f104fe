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
    MALIGNANCY,
    PEDICLE,
    PROGRESS,
    UPTAKE,
    WALL,
    Line,
    Span,
)
from cds_service.reports.phrases import Target
from cds_service.reports.scope import Meaning, meaning

_OF_BONE: Final = frozenset({FRACTURE, EDEMA, UPTAKE, MALIGNANCY, AUGMENTED})
_KNOWN: Final = re.compile(
    r"(?:in|at|of|from|within|for|to|by) (?:the|this|these|both|known|either|each|that|those)"
    r" (?:[\w-]+ ){0,6}$"
)
_PREDICATE: Final = re.compile(r"(?<!\w)(?:is|are|was|were|been|be) (?:\w+ )?$")
_PART_OF: Final = re.compile(
    r"(?<!\w)(?:extension|propagation|healing|union|displacement|involvement|extent|margins?|"
    r"edges?)"
    r" (?:of|by|from) (?:the |this )?(?:[\w-]+ ){0,3}$"
)
_CORD_BEFORE: Final = re.compile(
    r"(?<!\w)(?:cord|conus|myelon|cauda equina) "
    r"(?:(?!fracture|vertebra|body|bodies|sac|root)[\w\-,%.]+ ){0,15}"
    r"(?:but|and|is|it) (?:(?:it|is|not|also|then|becomes|clearly|now) ){0,3}$"
)
_QUALITY_OF: Final = re.compile(
    r"(?<!\w)(?:age|acuity|chronicity|stability) of (?:the |these |both |this )?"
    r"(?:[\w\-]+ ){0,4}$"
)
_ONE_SIDE: Final = re.compile(r"(?<!\w)(?:right|left)(?!\w)")
_OF_SIGNAL: Final = re.compile(r"(?<!\w)(?:signal|edema\w*|myelomalac\w*|hyperintens\w*|contusion)")
_SQUEEZED: Final = re.compile(
    r"(?<!\w)(?:cord|conus|equina)(?: [\w\-]+){0,4}? (?:compress|flatten|indent|deform|squeez|"
    r"imping)"
)
_NO: Final = re.compile(r"(?<!\w)(?:no|not|without|neither|nor|never|free)(?!\w)")
_ONLY_NO: Final = re.compile(
    r"\W*(?:there (?:is|are) )?(?:no|without|not)(?: (?:evidence|signs?) of)?"
    r"(?: (?:any|significant|frank|overt|extrinsic|external|mass effect or))? "
)
_NONE_OF: Final = re.compile(r"(?<!\w)(?:no|without|lacking|missing)(?: (?:a|any|dedicated))? $")
_NOT_MADE: Final = re.compile(
    r"[\w\s,]{0,50}?(?:could|was|were|has) not (?:be )?(?:been )?(?:obtained|acquired|performed|done|completed)(?!\w)"
)
_ALL_TOLD: Final = re.compile(
    r"\s*(?:$|[(,;]|\.\s*$|(?:sequences?|series|images|imaging|could|was|were|is|available|obtained|"
    r"acquired|done|performed|here|today|this time)(?!\w))"
)
_BY_TUMOR: Final = re.compile(
    r"(?<!\w)(?:encroach|compromis|narrow|effac|free|clear|compress|extension|inva|involve|infiltrat)\w*"
    r"(?: [\w\-]+){0,4} (?:by|of|from|due to) (?:the |any )?$"
)
_OTHER_SIGNAL: Final = re.compile(
    r"(?<!\w)(?:cord|conus|cauda|equina|myelon|pedicles?|discs?|roots?|ligaments?|muscles?)"
    r"(?: (?!vertebra|bod|marrow|bone|fracture|and vert)[\w\-]+){0,7} $"
)
_NOT_OK: Final = re.compile(
    r"\s(?:(?:is|are|was|were)\s)?(?:not|no longer|never)\s(?:\w+ )?"
    r"(?:intact|normal|preserved|maintained|continuous|ok|unremarkable|respected|smooth|regular|spared)(?!\w)"
)
_CROSSED: Final = re.compile(
    r"(?:no|not|without|neither|nor)\s.*(?<!\w)(?:despite|but|although|though|while|whereas|however|"
    r"except|because)(?!\w)"
)
_LOSS_OF: Final = re.compile(
    r"(?<!no )(?<!without )(?:loss|disruption|interruption|destruction|effacement|obliteration) of "
    r"(?:the |its )?$"
)
_WITH: Final = re.compile(r"(?<!\w)(?:with|and)(?!\w)(?!\s(?:the\s)?(?:th|[ctld])-?\d)")
_TURNED: Final = re.compile(r"(?<!\w)(?:but|while|whereas|though)(?!\w)")
_CORD_FIRST: Final = re.compile(
    r"\W*(?:the )?(?:(?:spinal|thoracic|lower|distal) )?(?:cord|conus)(?: medullaris)?"
    r"(?: (?!marrow|vertebr|bone|bod)[\w\-,/]+){1,16} $"
)
_BREATH: Final = 140
_NO_ACUTE: Final = re.compile(
    r"(?<!\w)(?:no|not|without|nor|negative for)(?: (?!and|or|but|nor)[\w\-]+){0,3}? "
    r"(?:acute|recent|fresh|subacute)(?:ly)?(?:[\s\-](?:appearing|looking|osseous|bony|vertebral|"
    r"displaced|compression|traumatic|wedge|spinal|thoracic|lumbar|cervical))* $|"
    r"(?<!\w)(?:suggest|indicate)(?: an?)?(?: underlying)? patholog\w+ $"
)
"""An old one may be there."""
_LITTLE: Final = re.compile(r"(?: (?:is )?(?:seen|identified|present|evident|noted))?\W*")
_NERVES: Final = re.compile(r"(?<!\w)(?:cord|conus|cauda|myelon|thecal|roots?)(?!\w)")
_COMPRESSED: Final = re.compile(r"compress(?:ed|ion)")
_DENIED_ITSELF: Final = re.compile(r"(?<!\w)(?:no|without|not|neither|non|un\w+|free)(?!\w)")
_NOT_OF_THE_PAST: Final = {"once": "", "past": "", "past_after": "", "past_study": ""}
_TREATMENT: Final = {"asked": "wished", "no_negation": "", **_NOT_OF_THE_PAST}
"""Lists read instead of others: an augmentation that was done is of the past and still there."""


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
    if bare and _NO.search(line.text, *line.whole) and _follows_the_cord(line, bare[0]):
        cord = line.lists.targets[CORD]
        found = [replace(hit, target=cord) if hit in bare else hit for hit in found]
    elif bare and _NERVES.search(line.text, *line.whole):
        of_cord = [_of_cord(line, hit, found) for hit in bare]
        found = [*(hit for hit in found if hit not in bare), *(hit for hit in of_cord if hit)]
    if any(hit.target.finding == FRACTURE and not hit.denied for hit in found):
        found = [hit for hit in found if not _is_of_height(line.text, hit)]
    if line.spots.has({hit.target.hints for hit in found}):
        hints = [hit for hit in found if _is_hint(line, hit)]
        named = {hit.target.number for hit in found if hit not in hints}
        found = [hit for hit in found if hit not in hints or hit.target.number not in named]
    return sorted(found, key=lambda hit: (hit.span, hit.target.number))


def _is_hint(line: Line, hit: Hit) -> bool:
    """Tell whether words only raise the suspicion of what they state."""
    return line.spots.at(hit.target.hints, hit.span[0], hit.clause[1]) is not None


def _hits(line: Line, clause: Span) -> Iterator[Hit]:
    """Find where a clause names findings, or states their opposite."""
    found = line.spots.findings(*clause)
    for finding in {line.lists.target_of[name] for name in found}:
        target = line.lists.targets[finding]
        barred = [hit.span() for hit in line.spots.each(target.not_here, *clause)]
        stated = [hit.span() for hit in found.get(target.states, ())]
        denials = [hit.span() for hit in found.get(target.denies, ())]
        if denials and finding in {WALL, PEDICLE}:  # "breached at L1 but intact at T6"
            denials = [one for one in denials if not _of_two_levels(line, one)]
            for one in denials:
                if _NOT_OK.search(line.text, *one):
                    yield Hit(target, clause, one, denied=False, lost=True)
        denials = [one for one in denials if _holds(line.text, one, stated)]
        denials = [one for one in denials if not any(_within(one, other) for other in barred)]
        for span in denials:
            yield Hit(target, clause, span, denied=True)
        for span in stated:
            if not any(_overlap(span, other) for other in (*barred, *denials)):
                if finding not in _OF_BONE or not _of_another_part(line, clause, span, finding):
                    yield Hit(target, clause, span, denied=False)


def _holds(text: str, denial: Span, stated: list[Span]) -> bool:
    """Tell whether words that deny are about one thing.

    They are not in "the wall is not intact", "no fragment despite a breached wall", "the cord is
    compressed, with normal signal": what lies between belongs to something else.
    """
    if _LOSS_OF.search(text, max(0, denial[0] - 30), denial[0]):
        return False
    if _NOT_OK.search(text, *denial) or _CROSSED.match(text, *denial):
        return False
    for one in stated:
        inside = one[0] >= denial[0] and one[1] < denial[1]
        if inside and _WITH.search(text, one[1], denial[1]) and not _NO.search(text, *one):
            return False
    return True


def _of_two_levels(line: Line, span: Span) -> bool:
    """Tell whether words of a denial lie on both sides of a level and of "but"."""
    level = next((m for m in line.places.mentions if span[0] < m.start and m.end < span[1]), None)
    return level is not None and bool(_TURNED.search(line.text, level.end, span[1]))


def _of_another_part(line: Line, clause: Span, span: Span, finding: str) -> bool:
    """Tell whether something is told of another part of the body than a vertebra."""
    values = line.lists.values
    if finding == UPTAKE and not line.places.mentions:
        return bool(values["part"].search(line.text, *line.whole))
    if finding == MALIGNANCY and line.places.mentions:  # "renal metastasis of T8"
        return False
    return bool(
        values["part_after"].match(line.text, span[1], clause[1])
        or values["part_before"].search(line.before(span[0], 40, clause[0]))
    )


def _is_bare(text: str, hit: Hit) -> bool:
    """Tell whether a fracture is told by the word "compressed" alone."""
    return hit.target.finding == FRACTURE and bool(_COMPRESSED.fullmatch(text, *hit.span))


def _follows_the_cord(line: Line, bare: Hit) -> bool:
    """Tell whether "no compression" alone follows a sentence about the cord."""
    last = line.report.last
    return (
        last is not None
        and last.finding == CORD
        and not line.places.apart
        and bool(_ONLY_NO.fullmatch(line.text, line.start, bare.span[0]))
        and bool(_LITTLE.fullmatch(line.text, bare.span[1], line.end))
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


def meant(line: Line, hit: Hit) -> Meaning:
    """Tell how a hit is meant; a denial is open where the sentence says that little is seen."""
    said = _meant(line, hit)
    if said is not Meaning.ABSENT or hit.target.whole:
        return said
    limit = line.spots.first("limits", *line.whole)
    if limit is None or line.names_a_level(line.clause_of(limit.start()), hit.clause):
        return said
    return Meaning.INDETERMINATE


def _meant(line: Line, hit: Hit) -> Meaning:
    """Tell how the words are meant; a phrase that states the opposite turns it."""
    spots = line.spots
    if hit.target.finding == AUGMENTED:
        spots = spots.instead(_TREATMENT)
    elif hit.target.finding == PROGRESS:
        spots = spots.instead(_NOT_OF_THE_PAST)
    if not hit.denied and _denied_since(line, hit):
        return Meaning.ABSENT
    said = meaning(spots, hit.clause, hit.span, line.lists.values["hedged_answer"])
    if hit.lost and said is Meaning.ABSENT:
        return Meaning.PRESENT
    if hit.target.whole and said is not Meaning.NO_FACT:  # its own phrases say what is lacking
        lacking = hit.denied or _is_lacking(line, hit)
        return Meaning.ABSENT if lacking else Meaning.PRESENT
    if hit.target.finding == FRACTURE and _QUALITY_OF.search(line.before(hit.span[0], 60)):
        return Meaning.PRESENT
    if said is Meaning.ABSENT and _presupposed(line, hit):
        return Meaning.PRESENT
    if hit.target.finding == EDEMA and _of_other_signal(line, hit):
        return Meaning.NO_FACT
    if (hit.denied or said is Meaning.ABSENT) and _says_nothing(line, hit):
        return Meaning.NO_FACT
    if said is Meaning.PRESENT and _is_hint(line, hit):
        return Meaning.SUSPECTED
    return _turned(line.text[slice(*hit.span)], said) if hit.denied else said


def _denied_since(line: Line, hit: Hit) -> bool:
    """Tell whether what was asked for, or there once, is denied in the same breath."""
    at = hit.span[1]
    return bool(line.lists.values["raised_and_denied"].match(line.text, at, at + _BREATH))


def _is_lacking(line: Line, hit: Hit) -> bool:
    """Tell whether there is none at all ("No STIR."), where "no STIR signal" is of one."""
    if _NOT_MADE.match(line.text, hit.span[1], line.end):
        return True
    none = _NONE_OF.search(line.before(hit.span[0], 20, hit.clause[0]))
    return bool(none and _ALL_TOLD.match(line.text, hit.span[1], line.end))


def _presupposed(line: Line, hit: Hit) -> bool:
    """Tell whether a denial takes a fracture for granted ("no uptake in the L3 fracture")."""
    before = line.before(hit.span[0], 40, hit.clause[0])
    known = _KNOWN.search(before) or _PART_OF.search(before)
    if known and _PREDICATE.search(before):
        return False
    return hit.target.finding == FRACTURE and bool(known)


def _of_other_signal(line: Line, hit: Hit) -> bool:
    """Tell whether the normal signal is that of the cord, a pedicle or a disc."""
    words = line.text[slice(*hit.span)]
    if "edema" in words or "marrow" in words:
        return False
    if not hit.denied:
        return bool(_CORD_FIRST.match(line.text, line.start, hit.span[0]))
    return bool(_OTHER_SIGNAL.search(line.before(hit.span[0], 70)))


def _says_nothing(line: Line, hit: Hit) -> bool:
    """Tell whether an absence says nothing: "no pathologic fracture", one pedicle of two."""
    if line.spots.at(hit.target.present_only, hit.span[0], len(line.text)):
        return True
    if hit.target.finding == MALIGNANCY and _BY_TUMOR.search(line.before(hit.span[0], 50)):
        return True
    if hit.target.finding == FRACTURE and not hit.denied:
        return bool(_NO_ACUTE.search(line.before(hit.span[0], 60, hit.clause[0])))
    if hit.target.finding == CORD and _OF_SIGNAL.search(line.text, *hit.span):
        squeezed = _SQUEEZED.search(line.text, line.start, hit.span[0])
        return bool(squeezed and not _NO.search(line.text, line.start, squeezed.end()))
    near = line.text[max(hit.clause[0], hit.span[0] - 16) : hit.span[1]]
    return hit.target.finding == PEDICLE and bool(_ONE_SIDE.search(near))


def _turned(words: str, said: Meaning) -> Meaning:
    """Turn the meaning of a phrase that states the opposite of its finding."""
    if said is Meaning.ABSENT and not _DENIED_ITSELF.search(words):
        return Meaning.PRESENT
    return Meaning.ABSENT if said in {Meaning.PRESENT, Meaning.ABSENT} else said
