"""How far back a word before a finding reaches: to where a list begins, or something else does."""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.spots import Spots

Span = tuple[int, int]

VERB: Final = re.compile(
    r"(?<!\w)(?:is|are|was|were|shows?|demonstrates?|measures?|measuring|has|"
    r"have|seen|noted|identified|persists?|involves?|extends?|appears?|present)"
    r"(?!\w)"
)
_OWN_ITEM: Final = re.compile(
    r"(?<!\w)(?:no|with|without|mild|moderate|severe|small|large|marked|acute|"
    r"chronic|subacute|new|old|likely|possible|probable|residual|persistent|"
    r"intact|normal|preserved)(?!\w)"
    r"|\d"
)
_AND_LEVEL: Final = re.compile(
    r"(?<!\w)and\s(?:the\s)?(?:th|[ctld])-?\d{1,2}\s(?:also\s)?(?:has|shows?|is|demonstrates?|"
    r"exhibits?)"
)
"""Here the words about another vertebra begin: "L1 has no edema and L2 has edema"."""
_DENIED_CAUSE: Final = re.compile(
    r"(?<!\w)(?:not|without|never|nor|longer|neither|none|no one|think|believe|feel|sure|certain|"
    r"doubt|confused|mistaken|"
    r"evidence|suggest\w*|indicat\w*|convinced|whether|that)\s$"
)
_LIST_FOLLOWS: Final = re.compile(
    r"(?<!\w)(?:(?:no|not|negative|absent|none|without)(?:\s(?:evidence|signs?|features?|findings?|"
    r"suggestion|indication|proof|imaging|mri?|ct|of|for|the|any|following|present|seen|found|"
    r"identified|evident|demonstrated|detected|visible|there|excluded|ruled|out|at|in|on|this|"
    r"all|level|these|"
    r"[tlcd]\d{1,2}))*|differential(?: diagnos[ei]s)?|ddx?|suspected|suspicion(?: of)?|query)$"
)
_BEGINS_NO: Final = re.compile(
    r"\W*(?:[\w\-/&, ]{1,20}:\s)?(?:there (?:is|are) )?"
    r"(?:no|without|negative for|-?ve for|free of|nil)\s"
)
_RELATES: Final = re.compile(
    r"(?<!\w)(?:where|which|whose|that|when|because|since|but|as|this|there|it|they)(?!\w)|"
    r"^\s*(?:an?|the)\s"
)
_ADJECTIVE: Final = re.compile(r"(?<!\w)an? (?:[\w\-]+ ){0,2}[\w\-]+$")
"""Before a comma and the word it is about: "a pathological, malignant fracture"."""
_ASIDE_ITEM: Final = re.compile(
    r"\s*(?:(?:at|in|on) (?:either|this|that|these|any|neither|no|the)(?: [\w\-]+){0,3}|"
    r"at (?:either|all)|"
    r"here|again|however|in particular|specifically|of note|importantly)\s*"
)
"""Words between commas that end no list: "nor, at either level, any sign of infection"."""
_ITEMS_AT_MOST: Final = 24
_JOINED: Final = re.compile(r"\s*(?:or|nor)\b")
_ANSWERED: Final = re.compile(
    r"(?<!\w)(?:normal|intact|maintained|preserved|spared|ok|clear|free|unremarkable|patent|stable|"
    r"unchanged|regular|continuous|full|negative)(?!\w)"
)
_REST: Final = re.compile(r"(?:[\w\s/\-]{0,45},){0,20}[\w\s/\-]{0,45}(?:[.;)]|$)")
_ALL_OF: Final = re.compile(
    r"(?<!\w)(?:negative for|ve for|free (?:of|from)|"
    r"(?:no|without) (?:evidence|signs?|features) of|"
    r"absence of|lacks?|lacking|devoid of|can exclude|could exclude|excludes?|rules out)\s"
)
_AND_OR: Final = re.compile(r"(?<!\w)(?:and|or|nor)(?!\w)")
_OR: Final = re.compile(r"(?<!\w)(?:or|nor)(?!\w)")
_QUALITY: Final = (
    r"(?:fresh|acute|new|old|recent|subacute|chronic|healed|mild|slight|small|minor|minimal|"
    r"moderate|"
    r"severe|large|marked|early|subtle|focal|tiny|thin|faint|diffuse|extensive|frank|"
    r"traumatic|osteoporotic|pathologic(?:al)?|benign|malignant|lytic|sclerotic)"
)
_QUALITIES: Final = re.compile(
    rf"(?<!\w){_QUALITY}(?:\s?,\s{_QUALITY}){{1,3}}\s(?:(?:{_QUALITY}|superior|inferior|anterior|"
    r"posterior|central|left|right|endplate|vertebral|body|bone|marrow|insufficiency|compression|"
    r"wedge|epidural|spinal|canal|cord)\s+){0,3}$"
)
"""Commas between the qualities of one thing ("a fresh, acute fracture") begin no item."""
_DENIED_KIND: Final = re.compile(
    r"(?<!\w)(?:no|without(?: any)?|negative for|absence of)(?: \w+){0,3}? (?:features?|signs?|"
    r"findings?|"
    r"complications?|pathology|process(?:es)?|abnormalit(?:y|ies)|red flags?|causes?|diseases?|"
    r"indicators?|stigmata) ?$"
)
"""Before brackets that list what is denied: "no sinister features (malignancy, infection)"."""
_BACK: Final = 600
LIST: Final = 600


def reach(spots: Spots, clause: Span, hit: Span) -> int:
    """Tell from where on the words before a place can still speak of it."""
    first = max(clause[0], hit[0] - _BACK)
    before = spots.text[first : hit[0]]
    ends = [
        one.end() - first
        for one in spots.each("stops", first, hit[0])
        if not _DENIED_CAUSE.search(before, 0, one.start() - first)
    ]
    colon = before.rfind(": ")
    if colon >= 0 and (VERB.search(before, 0, colon) or not _LIST_FOLLOWS.search(before, 0, colon)):
        ends.append(colon + 1)
    if " and " in before:
        ends += [one.end() for one in _AND_LEVEL.finditer(before)]
    comma = before.rfind(",")
    if comma >= 0:
        comma = _list_begins(spots.text, before, hit, clause[1])
    return first + max(*ends, comma + 1, before.rfind(" - ") + 1, _opened(before))


def _opened(before: str) -> int:
    """Give where brackets were opened that are not closed yet, or 0."""
    at = before.rfind("(")
    if at <= before.rfind(")") or _DENIED_KIND.search(before, 0, at):
        return 0
    return at + 1


def _is_bare(text: str, hit: Span, end: int) -> bool:
    """Tell whether up to the end of a clause only bare items of a list follow ("no A, B, C")."""
    if _ANSWERED.search(text, *hit):
        return False
    rest = _REST.match(text, hit[1], min(end, hit[1] + LIST))
    return rest is not None and not (
        VERB.search(rest[0]) or _OWN_ITEM.search(rest[0]) or _RELATES.search(rest[0])
    )


def _list_begins(text: str, before: str, hit: Span, end: int) -> int:
    """Give the comma before which no list under one denial goes on ("no A, B or C"), or -1."""
    joint = _AND_OR if _ALL_OF.search(before) else _OR
    bare = bool(_BEGINS_NO.match(before)) and _is_bare(text, hit, end)
    goes_on = _goes_on(text[hit[1] : min(end, hit[1] + LIST)], joint)
    qualities = _QUALITIES.search(before)
    last = qualities.start() if qualities else len(before)
    for _ in range(_ITEMS_AT_MOST):
        comma = before.rfind(",", 0, last)
        if comma < 0:
            return -1
        item = before[comma + 1 : last]
        if _ASIDE_ITEM.fullmatch(item):
            last = comma
            continue
        if not item.strip() and _ADJECTIVE.search(before, 0, comma):
            last = comma
            continue
        goes_on = goes_on or bool(joint.search(item))
        listed = goes_on or (bare and not _RELATES.search(item))
        stated = VERB.search(item) or _OWN_ITEM.search(item)
        if not _JOINED.match(item) and (stated or not listed):
            return comma
        last = comma
    return before.rfind(",", 0, last)


def _goes_on(rest: str, joint: re.Pattern[str]) -> bool:
    """Tell whether "or" follows before anything else is stated."""
    hit = joint.search(rest)
    if hit is None:
        return False
    between = rest[: hit.start()]
    return not VERB.search(between) and not _OWN_ITEM.search(between)
