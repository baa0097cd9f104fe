"""What only follows a denial in words without signs, as a dictation is written down.

"No retropulsion posterior wall breached", "no edema T12 L1 edema marked": the denial is of the
first. Where nothing states the second, nobody can tell whether the denial goes on.
"""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.line import CORD, INFECTION, Line, Span
from cds_service.reports.scope import Meaning

_NEAR: Final = 40
"""So long is a finding that stands before another one, at most."""
_NEAR_NO: Final = 3
"""So long is the "no" that a denial begins with."""
_VERTEBRA: Final = r"(?:(?:th|[tld])-?\d{1,2}(?:[-/]\d{1,2})?(?!\w))"
NO: Final = ("no ", "without ")
JOINS: Final = (
    "no ",
    "or ",
    "of ",
    "and ",
    "any ",
    "nor ",
    "not ",
    "the ",
    "ut ",
    ", ",
    "\n",
)
"""Behind these nothing follows without a sign."""
_DENIES: Final = re.compile(r"(?<!\w)(?:no|not|without|nor|neither|negative|absent)(?!\w)")
_LISTED: Final = re.compile(r"(?: [\w\-]+){0,3} (?:or|nor)(?!\w)")
_RUNS_ON: Final = re.compile(
    r"(?<=[a-z]) (?:(?:is )?(?:present|seen|noted) )?"
    rf"((?:(?:at |in |of )?{_VERTEBRA}(?: \d{{1,2}}(?!\w))? (?:and )?){{0,3}})$"
)
"""Between two findings of a dictation without signs: nothing, or the level of one of them."""
_LEADS_ON: Final = re.compile(
    r"(?<!\w)(?:no|not|without|any|of|for|or|and|nor|the|an?|to|in|at|with|evidence|signs?|from|by|"
    r"significant|acute|residual|recurrent|definite|[\w\-]+(?:ic|al|ive|ous|ant|ed|ing)) $"
)
_ANSWERED_NO: Final = re.compile(
    r"[ :]{0,3}(?:(?:at|in|of) [\w\-]+ )?(?:(?:is|are|was) )?"
    r"(?:not|absent|none|nil|no|negative|n|-)(?!\w)"
)
_STATED: Final = re.compile(
    r"(?<!\w)(?:compressed|breached|disrupted|broken|destroyed|indented|flattened|deformed|eroded|"
    r"fractured|infected|infiltrated|marked|moderate|severe|mild|extensive|present|compresses|"
    r"yes|visible|noted)(?!\w)"
)


def joined(line: Line, hit: Hit) -> Meaning | None:
    """Tell how a finding is meant that follows another one without a sign; None elsewhere."""
    span = _behind_another(line, hit) if hit.denied else hit.span
    before = line.before(span[0], 60, hit.clause[0])
    runs = None if _LEADS_ON.search(before) else _RUNS_ON.search(before)
    if runs is None or _ANSWERED_NO.match(line.text, span[1]):
        return None
    at = span[0] - len(before) + runs.start()
    if not _DENIES.search(line.text, hit.clause[0], at):
        return None
    found = line.spots.findings(max(hit.clause[0], at - _NEAR), at)
    if all(one.end() != at for some in found.values() for one in some):
        return None
    if _STATED.search(line.text, span[0], min(line.end, span[1] + 30)):
        return Meaning.PRESENT
    if _LISTED.match(line.text, span[1]):
        return None
    return Meaning.NO_FACT if runs[1] or hit.target.finding in {CORD, INFECTION} else None


def _behind_another(line: Line, hit: Hit) -> Span:
    """Give where a denial names its finding behind another one ("no edema posterior wall ...")."""
    stated = line.spots.findings(hit.span[0] + _NEAR_NO, hit.span[1]).get(hit.target.states, ())
    return stated[0].span() if stated else hit.span
