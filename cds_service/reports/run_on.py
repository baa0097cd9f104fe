"""Where statements begin in words that run on without any sign, as a dictation is written down.

"there is a fracture of L1 the posterior wall is intact no edema L2 is normal" is four statements.
Words that begin one tell so only where the word before cannot lead on to them ("and", "of").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_STRETCH: Final = re.compile(r"[^.,;:!?()]{110,}")
"""So much without a sign is no prose."""
_LEVEL: Final = (
    r"(?:(?:th|[tld])[\s\-]?\d{1,2}|(?:thoracic|lumbar|dorsal|[tld]) (?:\d{1,2}|one|two|three|four|"
    r"five|six|seven|eight|nine|ten|eleven|twelve))"
)
_RUN: Final = rf"{_LEVEL}(?: (?:and|to|through|or) {_LEVEL}){{0,2}}"
_IS: Final = r"(?:is|are|appears?|remains?|shows?|has|have|looks?|demonstrates?|measures?)"
_BEGINS: Final = re.compile(
    rf"\s(?:(?:then )?(?:at|in) {_RUN}(?: (?!no|not|is|are|the|with)[a-z]+){{0,4}}? "
    r"(there|i see|we see)|"
    r"there (?:is|are|has been)|"
    rf"{_RUN} {_IS}|(?:and )?it (?:has|is|shows|measures|involves)|"
    rf"the (?:(?!the )[a-z\-]+ ){{1,4}}?{_IS}|impression|conclusion|no|end of (?:dictation|report)|"
    rf"thank you)(?!\w)"
)
_LEADS_ON: Final = re.compile(
    r"(?<!\w)(?:and|or|nor|but|that|this|which|where|who|when|while|whereas|although|though|as|"
    r"than|"
    r"if|whether|because|since|so|with|without|of|in|on|at|to|by|for|from|into|behind|over|under|"
    r"above|below|between|near|around|through|along|within|beside|towards?|against|despite|until|"
    r"via|per|like|unlike|versus|plus|then|the|an?|both|all|each|no|not|neither|"
    r"is|are|was|were|be|been|has|have|had|shows?|showing|demonstrates?|demonstrating|reveals?|"
    r"(?:compress|contact|involv|affect|reach|touch|narrow|indent|displac|deform|effac|encroach|"
    r"caus|abut|assess|denie|deny|hope|mean)(?:es|s|e|ing)?|"
    r"(?:suspect|exclud|confirm|suggest|indicat|doubt|question|expect|assum|wonder)\w*|"
    r"say|says|said|think|thought|see|believe|feel|know|sure|certain|unsure|unclear|clear|likely|"
    r"unlikely|possible|probable|convinced|confident|how|why|what|whatever|case|given|provided|"
    r"before|after|prior|previous|earlier|past|last|old|year|years|ago|\d{4}|perhaps|maybe|"
    r"mri?|ct|stud(?:y|ies)|scans?|exams?|films?|imaging|radiographs?|(?!bilaterally)\w+ly|"
    r"still|again|also|even|"
    r"only|just|otherwise|clinical|my|your|final|overall|endplate|plate|basilar|cortical|almost)"
    r"$"
)
"""What stands before words that do not begin a statement: a word that leads on to them."""
_OF_LEVEL: Final = re.compile(rf"(?<!\w){_LEVEL}(?!\w)")
_FILLER: Final = re.compile(r"(?<!\w)(?:um|uh|er|so|okay|then|now|next|year|ago)$")
_LONGEST: Final = 16
_TAKEN_BACK: Final = re.compile(
    r"(?<!\w)(?:no,? |sorry,? |um,? )?(?:scratch|strike|delete|cancel) (?:that|this|it)(?!\w)[,.]?|"
    r",\s(?:correction|i mean|make that)(?:,|:)?(?=\s)"
)
_NAMED: Final = re.compile(rf"(?:(at|in|of) (?:the )?)?{_LEVEL}(?=(?: [a-z]+){{0,3}}$)")
_NAMES: Final = re.compile(rf"\s{{0,8}}((?:at|in|of) (?:the )?)?{_LEVEL}(?!\w)")
_FIGURE: Final = re.compile(
    r"(?<!\w)(?:about |approximately )?[a-z\d]+(?: ?(?:percent|%|mm|millimeters))?$"
)
_FIGURES: Final = re.compile(
    r"\s{0,8}(?:about |approximately )?(?:\d|(?:one|two|three|four|five|six|seven|eight|nine|ten|"
    r"eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?!\w))"
)
_OPENS: Final = re.compile(rf"(?={_BEGINS.pattern})")
_SIGN: Final = re.compile(r"[.,;:!?\n]\s*")
_FAR: Final = 160


def begun(text: str, start: int, end: int) -> Iterator[int]:
    """Give where a statement begins within words that have no sign between them."""
    if end - start <= _FAR // 2:
        return
    for stretch in _STRETCH.finditer(text, start, end):
        last = stretch.start()
        for hit in _BEGINS.finditer(text, *stretch.span()):
            if not _LEADS_ON.search(text, max(start, hit.start() - _LONGEST), hit.start()):
                last = _first(text, last, hit)
                yield last


def _first(text: str, last: int, hit: re.Match[str]) -> int:
    """Give where a statement begins: behind a level that the one before it has need of."""
    after_filler = hit[0][1:].startswith("then") or _FILLER.search(text, last, hit.start())
    if not hit[1] or after_filler or _OF_LEVEL.search(text, last, hit.start()):
        return hit.start() + 1
    return hit.start(1)


def without_slips(text: str) -> str:
    """Blank out what a dictation takes back: "at L2 scratch that at L3", "20, strike that, 30"."""
    taken = list(_TAKEN_BACK.finditer(text))
    if not taken:
        return text
    pieces, end = [], len(text)
    for hit in reversed(taken):
        before = text[max(0, hit.start() - _FAR) : hit.start()]
        start = hit.start() - len(_unsaid(before, text, hit))
        pieces += [text[hit.end() : end], " " * (min(end, hit.end()) - min(end, start))]
        end = min(end, start)
    return "".join([text[:end], *reversed(pieces)])


def _unsaid(before: str, text: str, hit: re.Match[str]) -> str:
    """Give the words right before that are taken back: a level or a figure, else a statement."""
    bare = before.rstrip(" ,.")
    names, named = _NAMES.match(text, hit.end()), _NAMED.search(bare)
    if names and named:
        first = named.start() if names[1] or not named[1] else named.end(1)
        return before[first:]
    figure = _FIGURE.search(bare) if _FIGURES.match(text, hit.end()) else None
    if figure:
        return before[figure.start() :]
    ends = [one.end() for one in (*_SIGN.finditer(bare), *_OPENS.finditer(bare))]
    return before[max(ends, default=0) :]
