"""How old fractures are, wherever a word says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.line import ACUITY, FRACTURE, Line, Span
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_OPEN: Final = "indeterminate"
_COMPARED: Final = 100
"""How many words of age are compared with one another in a step, about."""

_WIDE: Final = 60
_CLOSE: Final = 30
_NOT_OF_AGE: Final = re.compile(
    r"(?<!\w)(?:no|not|without|nor|never|longer|other)\s(?:(?!at |in |of |within )\w+\s){0,2}$|"
    r"(?<!\w)(?:no|without)(?: \w+)? (?:evidence|signs?|indications?|hints?|suggestion) (?:of|for) "
    r"(?:an? |any |the )?$|"
    r"(?<!\w)(?:neither|none|not one)(?: of (?:which|these|them|the(?: \w+)?))?(?: \w+)? "
    r"(?:is|are|looks?|appears?) (?:\w+ )?$"
)
_RATHER: Final = re.compile(
    r"(?<!\w)(?:rather than|instead of|and not|favou?rs? (?:an? )?\w+ over) (?:an? )?$"
)
"""Behind "chronic rather than" the other age is none."""
_NOT_SO: Final = re.compile(
    r"(?<!\w)(?:neither|none|not one)(?: of (?:the |these |them|which)(?: ?\w+){0,2})?"
    r"(?: \w+){0,2} "
    r"(?:is|are|was|were|appears?|looks?) (?:clearly |definitely )?$"
    r"|(?<!\w)nor (?:is|are) (?:the |that |those )?(?:[\w\-]+ ){0,4}$|(?<!\w)not $"
)
"""It is the age itself that is denied: "neither is acute", "nor is the T11 fracture acute"."""
_BRACKET: Final = re.compile(r"\s?\(\w?")
_BESIDE: Final = re.compile(r"\s?[:\-]?\s?")
_ALONE: Final = re.compile(r"\s?(?:[,.;)]|$|and\b|with\b)")
_BROKEN: Final = re.compile(
    r"\s(?:(?:vertebral|body|superior|inferior|endplate|compression|burst|wedge|insufficiency|"
    r"osteoporotic|crush)\s){0,3}(?:fracture|compression|burst|wedge|deformity|collapse)"
    r"|(?:,|\sand|\s&)\s(?:acute|chronic|old|recent|subacute|healed|remote|fresh)\s"
)
_SEEMS: Final = re.compile(
    r"(?<!\w)(?:(?:looks?|appears?|seems?)(?: to be)?|"
    r"(?:thought|felt|believed|judged|estimated|considered|assumed) to be) $"
)
_LOOKS: Final = re.compile(r"-?\s?(?:appearing|looking|in appearance)")


def ages(line: Line, hits: list[Hit]) -> Iterator[Statement]:
    """Read each word of age that is about a fracture; within a longer one it is none."""
    target = line.lists.targets[ACUITY]
    if not line.spots.has(target.grades.values()):
        return
    found = [
        (one.span(), name)
        for name, words in target.grades.items()
        for one in line.spots.each(words, *line.whole)
    ]
    line.report.budget.spend(len(found) + len(found) ** 2 // _COMPARED)
    for span, name in found:
        if any(o[0] != span and o[0][0] <= span[0] and span[1] <= o[0][1] for o in found):
            continue
        if name != _OPEN and not _is_an_age(line, span, hits):
            continue
        clause = line.clause_of(span[0])
        said = _meant(line, clause, span, name)
        beside = _level_beside(line, span)
        for place in beside or line.said_of(clause, span, target, Meaning.PRESENT):
            yield line.made(ACUITY, place, said, name)
        if line.report.fractured and said is not Meaning.NO_FACT and name != _OPEN:
            for place in beside:  # "L1 old" among fractures is one
                yield line.made(FRACTURE, place, Meaning.PRESENT)


def _is_an_age(line: Line, span: Span, hits: list[Hit]) -> bool:
    """Tell whether a word of age is about a fracture: it ends there, or a fracture follows."""
    values, after = line.lists.values, line.after(span[1], 60)
    if values["age_in_time"].search(line.before(span[0], 16)) or values["age_of_other"].match(
        after
    ):
        return False
    if values["age_ends"].match(after) or values["age_of_fracture"].match(after):
        return True
    return any(
        hit.target.finding == FRACTURE and -_WIDE < hit.span[0] - span[1] < _CLOSE for hit in hits
    ) and not values["age_of_noun"].match(after)


def _meant(line: Line, clause: Span, span: Span, name: str) -> Meaning:
    """Tell how an age is meant: hedged only by the word right before it."""
    if name == _OPEN:
        return Meaning.PRESENT
    if _RATHER.search(line.before(span[0], 20)):
        return Meaning.NO_FACT
    said = line.meant(clause, span)
    looks = _LOOKS.search(line.text, *span) or _LOOKS.match(line.text, span[1])
    looks = looks or _SEEMS.search(line.before(span[0], 20))
    if said is Meaning.PRESENT and looks:
        return Meaning.SUSPECTED
    if said is not Meaning.ABSENT:
        return said
    if _NOT_SO.search(line.before(span[0], 70, clause[0])):
        return Meaning.ABSENT
    near = _NOT_OF_AGE.search(line.before(span[0], 40, clause[0]))
    return Meaning.NO_FACT if near else Meaning.PRESENT


def _level_beside(line: Line, span: Span) -> list[Place]:
    """Tell whose age it is where only a level stands beside it: "L1 (old)", "acute L2 fracture"."""
    for mention in line.places.mentions:
        if mention.end <= span[0] and (
            _BRACKET.fullmatch(line.text, mention.end, span[0] + 1)
            or (
                _BESIDE.fullmatch(line.text, mention.end, span[0])
                and _ALONE.match(line.text, span[1], line.end)
            )
        ):
            return [Place(level) for level in mention.levels]
        if _BESIDE.fullmatch(line.text, span[1], mention.start) and _BROKEN.match(
            line.text, mention.end, line.end
        ):
            return [Place(level) for level in mention.levels]
    return []
