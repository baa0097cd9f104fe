"""The levels that a sentence names beside what it tells: "edema of L1", "at T12, a fracture"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol

from cds_service.reports.levels import Mention
from cds_service.reports.mentions import run

Span = tuple[int, int]

_NOUN: Final = re.compile(r"\s(?:[a-z\-]+\s){0,2}(?:fractures?|deformit(?:y|ies)|vcfs?)\s")
"""Between an age and the level whose fracture it is: "old fracture T8"."""
_LINK: Final = re.compile(
    r"^[\w\s,'\-()%./]{0,80}?(?<!\w)(?:at|of|in|involving|within|affecting|from|"
    r"throughout|for|on|to|around|through|into|behind|posterior to|opposite)"
    r"\s+(?:the\s+|both\s+|either\s+|its\s+)?(?:[\w\-]+\s+){0,3}?$"
)
_THEY_ARE: Final = re.compile(
    r"(?<!\w)(?:consistent|compatible|in keeping|concordant) with (?:\w+ ){0,3}$|"
    r"(?<!\w)(?:representing|suggesting|indicating) (?:\w+ ){0,3}$"
)
"""What several levels show together: "uptake at T11 and at L3, consistent with fractures"."""
_WITH_FRACTURES: Final = re.compile(r"(?: \w+)? with (?:\w+ ){0,2}fractures ")
_SEVERAL: Final = re.compile(r"(?:fractures|deformities|metastases|lesions|deposits|vcfs)(?!\w)")
_LARGEST: Final = re.compile(
    r"\s?,\s(?:with\s)?the (?:largest|larger|biggest|greatest|worst|most \w+)(?: \w+){0,3} "
    r"(?:at|in|of|involving) (?:the )?"
)
_APART: Final = re.compile(r",\s*(?!with)")
_NOT_THAT: Final = re.compile(r",?\s(?:but|and|though) not (?:at |in |the |of ){0,2}$")
"""Before a level of which the opposite is told: "T9, but not T11, shows edema"."""
_WHERE: Final = re.compile(r"\s?,?\swh")
_COMMA: Final = re.compile(r"\s?,\s(?:(?:mild|moderate|severe|marked|slight|minor)\s?,\s)?")
_NOR: Final = re.compile(r"\s*,?\s*(?:and|or|nor)\s(?:no|without|nor)\s")
_BESIDE: Final = re.compile(
    r"(?<!\w)(?:adjacent to|next to|close to|above|below|beside|near|neighbou?ring|bordering|"
    r"abutting)(?!\w)(?! and )"
)
"""The level behind these tells where another one is: "L3 fracture next to the augmented L2"."""
_OWN_AGE: Final = re.compile(
    r" (?:is )?(?:acute|chronic|old|recent|subacute|healed|remote|fresh|new)"
    r" (?:with|showing|and shows)(?!\w)"
)
"""Behind this only the last of several levels is meant: "T8 old and T12 acute with edema"."""
_THAT_OF: Final = re.compile(
    r",\s(?:(?:but|and|while|whereas) )?(?:that|those) (?:of|at|in) (?:the )?$"
)
_AHEAD: Final = 30
_AT: Final = re.compile(r"(?<!\w)(?:at|in|of|for)\s(?:the\s)?$")
_END: Final = re.compile(
    r"\s?(?:level|vertebra|body|pedicles?|(?:posterior )?(?:wall|cortex)|end ?-?plates?)?"
    r"[.;\s]*(?:$|(?<=[.;])\s)"
)
_VERB: Final = re.compile(
    r"(?<!\w)(?:is|are|was|were|shows?|demonstrates?|has|have|measures?|without|"
    r"no|not|with|reveals?|none|and (?:a|an))(?!\w)"
)
_WITH_OTHER: Final = re.compile(r"(?<!\w)with (?:\w+ ){0,3}(?:fractures?|compression)")
_SIGN: Final = re.compile(r"[,;:(]")
_THE: Final = (
    " to the ",
    " of the ",
    " the adjacent ",
    " above the ",
    " below the ",
    " beside the ",
    " near the ",
)
"""Behind these a word belongs to the level that follows ("adjacent to the augmented L1")."""


class Named(Protocol):
    """What a sentence names: its levels, whether it says "both", and what was told of before."""

    @property
    def mentions(self) -> list[Mention]:
        """The levels that it names, in order."""

    @property
    def before(self) -> tuple[str, ...]:
        """The levels that the sentence before was about."""

    @property
    def several(self) -> bool:
        """Whether words say that something is of all its levels."""

    @property
    def patterns(self) -> Mapping[str, re.Pattern[str]]:
        """The patterns of `phrases.toml` by name."""


def beside(here: Named, text: str, clause: Span, hit: Span) -> list[Mention]:
    """Find the levels named for a hit: linked after it, else before it, else after it."""
    if not here.mentions:
        return []
    inside = [m for m in here.mentions if clause[0] <= m.start < clause[1]]
    within = [m for m in inside if hit[0] <= m.start < hit[1]]
    if within:
        return within
    if _of_all(here, text, clause, hit):
        return [m for m in here.mentions if not m.disc]
    if not inside and here.mentions and _NOR.match(text, clause[1]):
        return here.mentions if _closes(here, text, here.mentions[0]) else []
    return _around(here, text, clause, hit, inside)


def _around(
    here: Named, text: str, clause: Span, hit: Span, inside: list[Mention]
) -> list[Mention]:
    """Choose between the levels before and after a hit."""
    after = [m for m in inside if m.start >= hit[1] and not _is_that_of(text, m)]
    before = [m for m in inside if m.end <= hit[0]]
    before, after = _less_landmarks(text, hit, before, after)
    if after and not before and _WITH_FRACTURES.match(text, hit[1], after[0].start):
        return []
    if after and (
        _linked(here, text, hit, after[0], among_others=bool(before))
        or (not before and _at_the_end(here, text, hit, after[0]))
    ):
        return run(text, after)
    if before and _THEY_ARE.search(text, clause[0], hit[0]) and _SEVERAL.search(text, *hit):
        return [m for m in before if not m.disc]
    earlier = before or [m for m in here.mentions if m.end <= clause[0]]
    if earlier[1:] and text.find(" not ", earlier[0].end, hit[0]) >= 0:
        earlier = [
            m
            for m in earlier
            if not _NOT_THAT.search(text, m.start - 20, m.start) or _WHERE.match(text, m.end)
        ]
    if after and not before and not _APART.search(text, hit[1], after[0].start):
        return run(text, after)
    if earlier:
        own = len(earlier) > 1 and _OWN_AGE.match(text, earlier[-1].end, hit[0])
        return run(text, earlier[-1:] if own else earlier[::-1], backwards=True)
    return run(text, after) if after and not here.before else []


def _at_the_end(here: Named, text: str, hit: Span, after: Mention) -> bool:
    """Tell whether a level stands behind a comma, or closes the sentence."""
    between = hit[1], after.start
    return (
        _closes(here, text, after)
        or _COMMA.fullmatch(text, *between) is not None
        or _LARGEST.fullmatch(text, *between) is not None
    )


def _closes(here: Named, text: str, last: Mention) -> bool:
    """Tell whether a sentence names one place alone, at its end: "A, B and C at L1"."""
    return len(here.mentions) == 1 and bool(
        _AT.search(text, max(0, last.start - 12), last.start) and _END.match(text, last.end)
    )


def _of_all(here: Named, text: str, clause: Span, hit: Span) -> bool:
    """Tell whether words say that a sentence means all its levels ("edema in both")."""
    if not here.several:
        return False
    before = text[max(clause[0], hit[0] - 24) : hit[0]]
    return bool(
        here.patterns["all_here_before"].search(before)
        or here.patterns["all_here_after"].match(text, hit[1])
    )


def _linked(here: Named, text: str, hit: Span, mention: Mention, *, among_others: bool) -> bool:
    """Tell whether a level after a hit belongs to it ("edema of L1")."""
    between = text[hit[1] : mention.start]
    if _WITH_OTHER.search(between):
        return False
    if _NOUN.fullmatch(between):
        return True
    if not between.strip():
        if text[hit[0] : hit[1]].endswith((" at", " in", " of")) or text.endswith(_THE, 0, hit[0]):
            return True
        last = max([0, *(m.end for m in here.mentions if m.end <= hit[0])])
        return bool(_SIGN.search(text, last, hit[0]))
    if _VERB.search(between) or not _LINK.match(between):
        return False
    return not (among_others and "," in between)


def _less_landmarks(
    text: str, hit: Span, before: list[Mention], after: list[Mention]
) -> tuple[list[Mention], list[Mention]]:
    """Leave out a level, or a disc, that only tells where another level is."""
    if after and (before or _is_disc(after[0])):
        after = [] if _BESIDE.search(text, hit[1], after[0].start) else after
    if len(before) > 1 and _is_disc(before[-1]):
        *others, last = before
        before = others if _BESIDE.search(text, others[-1].end, last.start) else before
    return before, after


def _is_disc(mention: Mention) -> bool:
    """Tell whether a mention is, or may be, of the space between two vertebrae."""
    return mention.disc or mention.joined


def _is_that_of(text: str, mention: Mention) -> bool:
    """Tell whether a level has its own word for what was named: "is breached, that of T8 not"."""
    return _THAT_OF.search(text, max(0, mention.start - _AHEAD), mention.start) is not None
