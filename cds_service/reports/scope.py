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

_VERB: Final = re.compile(
    r"(?<!\w)(?:is|are|was|were|shows?|demonstrates?|measures?|measuring|has|have|seen|noted|identified|persists?|involves?|extends?|appears?|present)(?!\w)"
)
_FAR: Final = 220


class Meaning(StrEnum):
    """How a statement is meant."""

    PRESENT = "present"
    ABSENT = "absent"
    SUSPECTED = "suspected"
    INDETERMINATE = "indeterminate"
    NO_FACT = "no-fact"


def meaning(text: str, clause: tuple[int, int], hit: tuple[int, int], scopes: Scopes) -> Meaning:
    """Tell how the words at `hit` are meant, in their clause of a folded text."""
    start, end = clause
    before = _reach(text, start, hit[0], scopes)
    after = text[hit[1] : min(end, hit[1] + _FAR)]
    inside = text[hit[0] : hit[1]]
    if scopes["asked"].search(before) or scopes["others"].search(before):
        return Meaning.NO_FACT
    if _asked_after(after):
        return Meaning.NO_FACT
    if _of_the_past(text, start, hit, after, scopes):
        return Meaning.NO_FACT
    if scopes["open_before"].search(before) or _after(scopes["open_after"], after, scopes):
        return Meaning.INDETERMINATE
    hedged = scopes["hedged_before"].search(before) or _after(scopes["hedged_after"], after, scopes)
    denied = _denied_before(before, scopes) or _after(scopes["negated_after"], after, scopes)
    if hedged and "exclu" in (hedged[0] or ""):
        return Meaning.SUSPECTED
    if hedged and "ruled out" in hedged[0] and "not" in hedged[0]:
        return Meaning.SUSPECTED
    if denied:
        return Meaning.ABSENT
    if hedged or "?" in inside:
        return Meaning.SUSPECTED
    return Meaning.PRESENT


def _reach(text: str, start: int, until: int, scopes: Scopes) -> str:
    """Take the words before a place that can still speak of it."""
    before = text[max(start, until - _FAR) : until]
    ends = [hit.end() for hit in scopes["stops"].finditer(before)]
    ends += [at for at in _new_statements(before)]
    return before[max(ends) :] if ends else before


def _new_statements(before: str) -> list[int]:
    """Find commas after which a statement of its own has begun: it has its own verb."""
    found = []
    for hit in re.finditer(r",", before):
        if _VERB.search(before, hit.end()) and not re.search(
            r"(?:nor|or|and)\W+$", before[: hit.start()]
        ):
            found.append(hit.end())
    return found


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
        r"(?<!\w)(?:with|and (?:no|without))(?!\w)", between
    ):
        return None
    if any(
        start <= hit.start() < end
        for start, end in (h.span() for h in scopes["no_negation"].finditer(after))
    ):
        return None
    return hit


def _asked_after(after: str) -> bool:
    """Tell whether what was found is only asked for or planned, by the words after it."""
    return bool(
        re.match(
            r"\W*(?:may|can|could|should|might) be (?:considered|performed|discussed|offered)|\W*(?:is|are) (?:recommended|advised|suggested|planned|requested|to be considered)|\W*candidate|\W*planning",
            after,
        )
    )


def _of_the_past(text: str, start: int, hit: tuple[int, int], after: str, scopes: Scopes) -> bool:
    """Tell whether the words speak of another time and not of today."""
    before = text[max(start, hit[0] - _FAR) : hit[0]]
    if (
        scopes["past_study"].search(before)
        and not scopes["still"].search(after)
        and not scopes["still"].search(before)
    ):
        return True
    past = list(scopes["past"].finditer(before))
    if not past:
        return False
    near = len(re.findall(r"\w+", before[past[-1].end() :])) <= 6
    return near and not (
        scopes["still"].search(after)
        or scopes["still"].search(before)
        or scopes["negated_after"].search(after)
    )
