"""What was there or asked for once, and is denied of today; and what was not there and came."""

from __future__ import annotations

import re
from typing import Final

from cds_service.reports.hits import Hit
from cds_service.reports.line import FRACTURE, Line
from cds_service.reports.scope import Meaning

_RAISED: Final = re.compile(
    r"(?<!\w)(?:clinically|previously) (?:suspected|queried|questioned|feared|raised) "
    r"(?:[\w-]+ ){0,3}$"
)
_NOT_SEEN: Final = re.compile(
    r"\s(?:is|are|was|were) not (?:seen|present|confirmed|found|identified|"
    r"demonstrated|evident)(?!\w)"
)
_FOUND_NONE: Final = re.compile(
    r"[\w\s,/\-]{0,110}?\s(?:and|but)\s(?:i\s)?(?:found|saw|see|find)\s"
    r"(?:none|nothing|neither)(?!\w)"
    r"|[\w\s,/\-]{0,110}?[;,] (?:but |and )?(?:neither|none)(?: of (?:them|these|which))? "
    r"(?:is|are|was|were) (?:present|seen|found|identified|evident|there|demonstrated)(?!\w)"
)
_NONE_OF_THEM: Final = re.compile(
    r"[\w\s,/\-]{0,110}?\s(?:looked for|sought|searched for|considered|evaluated)[;,]? "
    r"(?:and |but )?(?:none|neither|nothing)(?: of (?:them|these|which|this))?"
    r"(?: (?:is|are|was|were|could be))?(?: (?:present|seen|found|identified|confirmed|"
    r"demonstrated|evident|detected|visible))?(?=\s*(?:[.;,]|$))"
)
"""Behind "A, B and C"; and behind "I looked for A, B and C"."""
_BREATH: Final = 140
_GONE: Final = re.compile(
    r"[^.;,]{0,50}, (?:(?:it|this|that|they|these) (?:no longer (?:is|are|does|do|has|have)|"
    r"(?:is|are) no longer(?: so| the case| present| compressed)?|"
    r"(?:is|are) not (?:so )?(?:now|today|any ?more))|"
    r"there (?:is|are) (?:now none|none (?:now|today|any ?more|left))|"
    r"of which (?:no (?:sign|trace|evidence|residue)s?|nothing|none) (?:remains?|persists?|"
    r"(?:is|are) (?:left|seen|visible)))(?=\s*(?:[.;,]|$))|"
    r"(?: (?:at|of|in) (?:the )?[\w\-/]{2,8})? (?:is|are) now (?:decompressed|uncompressed|free|"
    r"normal|relieved)(?!\w)"
)
"""What was there is not there now: "although it was compressed then, it no longer is"."""
_TO_BE: Final = (" to be ", " to have ", " to have a ", " as ", " to be a ", " to have an ")
_IS_NOT: Final = re.compile(
    r"[\w\s/\-]{0,30}[;,] (?:but |and )?(?:it|this|they|these) (?:is|are|was|were|has|have|does|"
    r"do) not"
    r"(?=\s*(?:[.;,]|$))"
)
"""Behind "L2 was thought to be fractured"."""
_CAME: Final = re.compile(
    r"(?: (?:at|in|of) (?:the )?[\w\-/]{1,8})? (?:was|were) (?:absent|not (?:seen|present|evident|"
    r"visible|there))[\w\s]{0,40}[,;]? (?:but |and )?(?:it |this |they )?(?:is |are |has |have )?"
    r"now (?:is |are |has |have )?(?:present|seen|visible|evident|developed|appeared|there)(?!\w)"
)
"""What was not there and is there now."""


def since(line: Line, hit: Hit) -> Meaning | None:
    """Tell how something is meant that words about another time follow, if they do."""
    at, end = hit.span[1], min(line.end, hit.span[1] + _BREATH)
    rest = line.text[at:end]
    if " now " in rest and _CAME.match(line.text, at, end):
        return Meaning.PRESENT
    if _is_denied_since(line, hit, " n" in rest) or (
        " for " in line.text[line.start : hit.span[0]] and _FOUND_NONE.match(line.text, at, end)
    ):
        return Meaning.ABSENT
    return None


def _is_denied_since(line: Line, hit: Hit, may: bool) -> bool:
    """Tell whether what was asked for, or there once, is denied in the same breath."""
    at, end = hit.span[1], hit.span[1] + _BREATH
    if line.lists.values["raised_and_denied"].match(line.text, at, end):
        return True
    if not may:
        return False
    end = min(end, line.end)
    before = line.before(hit.span[0], 60)
    return bool(
        (_RAISED.search(before) and _NOT_SEEN.match(line.text, at, line.end))
        or (
            (before.endswith(_TO_BE) or " to be " in line.text[slice(*hit.span)])
            and _IS_NOT.match(line.text, at, line.end)
        )
        or _NONE_OF_THEM.match(line.text, at, end)
        or (hit.target.finding != FRACTURE and _GONE.match(line.text, at, end))
    )
