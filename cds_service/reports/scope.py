"""How a statement is meant: present, absent, suspected, open, or no statement about today at all.

The method is that of NegEx and ConText (Chapman 2001, Harkema 2009): words before and after what
was found, each with its reach, and words where that reach ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

Scopes = Mapping[str, re.Pattern[str]]
Span = tuple[int, int]

_VERB: Final = re.compile(
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
_YES: Final = re.compile(
    r"(?:\s?\([^()]{0,20}\)|\))?\s*(?:[:=\-]\s*)?(?:(?:yes|present|positive|pos|\+ve)(?=\s*(?:[,.;()]|$))|\(?\+{1,3}\)?)"
)
_NO: Final = re.compile(
    r"\s*\?\s*(?:no|none|nil|absent|negative)(?=\s*[,.;]|$)|"
    r"(?:\s(?:of|at|in)\s(?:the\s)?[\w\-]{1,12}){0,2}(?:\s?\([^()]{0,20}\)|\))?\s*[:=\-]\s*(?:no|none|"
    r"nil|absent|negative|neg|excluded|-ve|not (?:seen|present|identified|evident|"
    r"demonstrated|detected|visible|suspected|found|shown|confirmed|appreciated|apparent))"
    r"(?=\s*(?:[,.;()]|$|evidence|sign|imaging|seen|identified|suspected|at\b|in\b))"
    r"|(?:\s?\([^()]{0,20}\))?\s*(?:\(-\)|-(?=\s*(?:[,.;]|$))|(?:neg|negative|absent|nil|none|no|-ve)(?=\s*(?:[,.;()]|$)))"
)
_SIGNED: Final = re.compile(r"\(([+\-])\)\s*(?:[\w/]+\s){0,3}$")
_LISTED_NO: Final = re.compile(
    r"(?:,\s?[\w\s/\-]{2,45}){1,7}:\s*(?:no|none|nil|absent|negative|neg|excluded|not (?:seen|present|"
    r"identified|evident|demonstrated|detected|visible|suspected))(?=\s*(?:[.;()]|$|at\b|in\b))"
    r"|(?:,\s[\w\s/\-]{2,40}){0,6},?\s(?:or|nor|and)\s[\w\s/\-]{2,40}?\s(?:is|are)\s(?:all\s)?"
    r"(?:absent|excluded|ruled out|negative|not (?:seen|present|identified|evident|demonstrated|"
    r"detected|visible|suspected))(?!\w)"
)
_ITEMS: Final = re.compile(r"[\w\s/\-]{0,40}(?:[,:][\w\s/\-]{0,45}){0,7}")
_NOT_APPLICABLE: Final = re.compile(r"\s*[:=]\s*(?:n/?a|not applicable)(?!\w)")
_ASKED_AFTER: Final = re.compile(
    r"\W*(?:may|can|could|should|might) be (?:considered|performed|discussed|offered)"
    r"|\W*(?:(?:of|at|for|in) [\w\-, ]{1,20} )?(?:is|are) (?:recommended|advised|suggested|planned|requested|to be "
    r"considered)|\W*candidate|\W*planning"
)
_HEADED_NO: Final = re.compile(
    r"\W*(?:not (?:present|seen|identified|evident|demonstrated|found|detected|visible)|absent|negative|"
    r"(?:pertinent |relevant )?negatives?(?: findings)?|none|nil|no|excluded|no evidence)"
    r"(?:\s(?:at|in|of|for)\s(?:the\s)?[\w\-,& ]{1,30})?\s?:\s"
)
_DENIED_CAUSE: Final = re.compile(r"(?<!\w)(?:not|without|never|nor)\s$")
_ASIDE: Final = re.compile(r"\s?,\s[^,.;]{3,60},\s")
_OR: Final = re.compile(r"(?<!\w)(?:or|nor)(?!\w)")
_NOBODY: Final = re.compile(
    r"\W*(?:neither|not one|none (?:of|is|are|has|have|shows?|demonstrates?|exhibits?|displays?|"
    r"contains?|appears?))\b"
)
_INSIDE: Final = re.compile(r"(?<=\w)\W+(?:no|not|without|w/o|nil|escap\w+)\b")
_OF_AGE: Final = re.compile(r"likely|probabl[ey]|presum|appar|favor")
_FAR: Final = 220
_LIST: Final = 100
_NEAR_WORDS: Final = 6


class Meaning(StrEnum):
    """How a statement is meant."""

    PRESENT = "present"
    ABSENT = "absent"
    SUSPECTED = "suspected"
    INDETERMINATE = "indeterminate"
    NO_FACT = "no-fact"


def meaning(text: str, clause: Span, hit: Span, scopes: Scopes) -> Meaning:
    """Tell how the words at `hit` are meant, in their clause of a folded text."""
    start, end = clause
    before = _reach(text, clause, hit, scopes)
    inside = text[hit[0] : hit[1]]
    after = text[hit[1] : min(end, hit[1] + _FAR)]
    if _is_no_statement(text, start, hit, before, after, scopes):
        return Meaning.NO_FACT
    said = _signed(text[start : hit[0]], after) or verdict(after)
    if said is not None:
        return said
    if _is_open(before, inside, after, scopes):
        return Meaning.INDETERMINATE
    hedged = _hedged_before(before, scopes) or _after(scopes["hedged_after"], after, scopes)
    if scopes["hedged_answer"].match(after) or _hedges_a_denial(hedged, scopes):
        return Meaning.SUSPECTED
    denied = _denied_before(before, scopes) or _after(scopes["negated_after"], after, scopes)
    aside = _ASIDE.match(after)
    if aside and not denied:
        denied = scopes["negated_after"].match(after, aside.end())
    headed = _HEADED_NO.match(text, start)
    if denied or (headed and headed.end() <= hit[0]) or _NOBODY.match(text, start) or _INSIDE.search(inside):
        return Meaning.ABSENT
    loose = hedged or "?" in inside or scopes["hedged_before"].search(inside)
    return Meaning.SUSPECTED if loose else Meaning.PRESENT


def _is_open(before: str, inside: str, after: str, scopes: Scopes) -> bool:
    """Tell whether nobody can tell."""
    return bool(
        scopes["open_before"].search(before)
        or _after(scopes["open_after"], after, scopes)
        or scopes["open_inside"].search(inside)
    )


def _hedges_a_denial(hedged: re.Match[str] | None, scopes: Scopes) -> bool:
    """Tell whether a hedge is of the kind "cannot be excluded"."""
    return bool(hedged and scopes["hedged_denial"].search(hedged[0]))


def _signed(before: str, after: str) -> Meaning | None:
    """Read a sign in brackets before ("(-) edema"), and one answer to a list ("A, B, C: none")."""
    sign = _SIGNED.search(before)
    if sign:
        return Meaning.ABSENT if sign[1] == "-" else Meaning.PRESENT
    listed = _LISTED_NO.match(after) and _ITEMS.fullmatch(before) and not _VERB.search(before)
    return Meaning.ABSENT if listed else None


def verdict(after: str) -> Meaning | None:
    """Read an answer that stands behind what it answers ("retropulsion: none")."""
    if _NO.match(after):
        return Meaning.ABSENT
    return Meaning.PRESENT if _YES.match(after) else None


def _is_no_statement(
    text: str, start: int, hit: Span, before: str, after: str, scopes: Scopes
) -> bool:
    """Tell whether something is only asked for, planned, somebody else's, or of another time."""
    if scopes["asked"].search(before) or scopes["others"].search(before):
        return True
    if _NOT_APPLICABLE.match(after):
        return True
    return bool(_ASKED_AFTER.match(after)) or _of_the_past(text, start, hit, after, scopes)


def _reach(text: str, clause: Span, hit: Span, scopes: Scopes) -> str:
    """Take the words before a place that can still speak of it."""
    first = max(clause[0], hit[0] - _FAR)
    before = text[first : hit[0]]
    rest = text[hit[1] : min(clause[1], hit[1] + _LIST)]
    ends = [
        one.end()
        for one in scopes["stops"].finditer(before)
        if not _DENIED_CAUSE.search(before, 0, one.start())
    ]
    comma = before.rfind(",")
    while comma >= 0 and _in_list(before[comma + 1 :], rest):
        comma = before.rfind(",", 0, comma)
    ends += [comma + 1, before.rfind(" - ") + 1, _opened(before)]
    return before[max(ends) :]


def _opened(before: str) -> int:
    """Give where brackets were opened that are not closed yet, or 0."""
    at = before.rfind("(")
    return at + 1 if at > before.rfind(")") else 0


def _in_list(between: str, rest: str) -> bool:
    """Tell whether a comma stands in a list under one denial ("no A, B or C")."""
    if re.match(r"\s*(?:or|nor)\b", between):
        return True
    if _VERB.search(between) or _OWN_ITEM.search(between):
        return False
    return bool(_OR.search(between) or _goes_on(rest))


def _goes_on(rest: str) -> bool:
    """Tell whether "or" follows before anything else is stated."""
    hit = _OR.search(rest)
    if hit is None:
        return False
    between = rest[: hit.start()]
    return not _VERB.search(between) and not _OWN_ITEM.search(between)


def _hedged_before(before: str, scopes: Scopes) -> re.Match[str] | None:
    """Find a hedge before; "likely old" is a hedge about the age alone."""
    for hit in scopes["hedged_before"].finditer(before):
        about_age = _OF_AGE.match(hit[0]) and scopes["age_next"].match(before, hit.end() + 1)
        if not about_age:
            return hit
    return None


def _denied_before(before: str, scopes: Scopes) -> re.Match[str] | None:
    """Find a denial before, that is none of those that deny nothing."""
    idle = [hit.span() for hit in scopes["no_negation"].finditer(before)]
    for hit in scopes["negated_before"].finditer(before):
        if not any(start <= hit.start() < end for start, end in idle):
            return hit
    return None


def _after(pattern: re.Pattern[str], after: str, scopes: Scopes) -> re.Match[str] | None:
    """Find words after, before anything ends their reach."""
    hit = pattern.search(after)
    if not hit:
        return None
    between = after[: hit.start()]
    if scopes["stops"].search(between) or re.search(
        r"(?<!\w)(?:with|and (?:no|without)|is|are|shows?|has)(?!\w)|(?<!\w)and\s*$|[,:]|\d%",
        between,
    ):
        return None
    idle = [one.span() for one in scopes["no_negation"].finditer(after)]
    return None if any(start <= hit.start() < end for start, end in idle) else hit


def _of_the_past(text: str, start: int, hit: Span, after: str, scopes: Scopes) -> bool:
    """Tell whether the words speak of another time and not of today."""
    before = text[max(start, hit[0] - _FAR) : hit[0]]
    if scopes["still"].search(after) or scopes["still"].search(before):
        return False
    if scopes["past_study"].search(before):
        return True
    past = list(scopes["past"].finditer(before))
    if not past or scopes["negated_after"].search(after):
        return False
    return len(re.findall(r"\w+", before[past[-1].end() :])) <= _NEAR_WORDS
