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
_SLIP: Final = re.compile(
    r"(?<!\w)(?:scratch|strike|delete|cancel|correction|i mean|make that|rather|recte|sorry|wait)"
)
_TAKEN_BACK: Final = re.compile(
    r"(?<!\w)(?:no,? |sorry,? |um,? )?(?:scratch|strike|delete|cancel) (?:that|this|it)(?!\w)[,.]?|"
    r",\s(?:correction|i mean|make that)(?:,|:)?(?=\s)|"
    r"(?:[,;:.]\s|\s-{1,2}\s|\s)(?:no,? wait|wait,? no)(?! (?:for|until|times?|and|lists?|any|"
    r"evidence|signs?|obvious|definite)(?!\w))[,:.]?(?=\s)"
)
"""Words by which a dictation takes back what it said: "strike that", "no wait"."""
_PUT_RIGHT: Final = re.compile(
    r"(?:\s?[,;(]|\s?-{1,2}|\scomma|\sdash)?\s?(?<!\w)(?:no,? |or |sorry,? |wait,? ){0,2}"
    r"(?:correction|make that|i mean|rather|recte|sorry)(?:\scomma|\scolon|,|:)?(?=\s)"
)
"""The same where a level or a figure stands on both sides: "L1 (correction: L2)"."""
_NAMED: Final = re.compile(rf"(?:(at|in|of) (?:the )?)?{_LEVEL}(?=(?: [a-z]+){{0,3}}$)")
_NAMES: Final = re.compile(rf"\s{{0,8}}((?:at|in|of) (?:the )?)?{_LEVEL}(?!\w)")
_SPELT: Final = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|"
    r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ \-]five)?)(?!\w)"
)
_FIGURE: Final = re.compile(
    rf"(?<![\w.])(?:about |approximately )?(?:\d{{1,3}}(?:\.\d)?|{_SPELT})"
    r"(?: ?(?:percent|per cent|%|mm|cm|millimeters))?$"
)
_FIGURES: Final = re.compile(
    rf"\s{{0,8}}(?:about |approximately )?(?:\d{{1,3}}(?:\.\d)?(?!\w)|{_SPELT})"
    r"(?:(,)\s?(?:percent|per cent|%|mm|cm)(?!\w))?"
)
_OPENS: Final = re.compile(rf"(?={_BEGINS.pattern})")
_SIGN: Final = re.compile(r"[.,;:!?\n]\s*")
_JOINT: Final = re.compile(r"\s(?:with|without|w/o|and|but|no)(?=\s)")
_WORD: Final = re.compile(r"[a-z]{4,}")
_EMPTY: Final = frozenset({"there", "that", "this", "with", "does", "have", "also", "really"})
"""Where the last thing of a statement begins, and words that make it no other one."""
_FAR: Final = 160
_NEXT: Final = 80


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
    taken = list(_slips(text)) if _SLIP.search(text) else []
    for start, end in reversed(taken):
        text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _slips(text: str) -> Iterator[tuple[int, int]]:
    """Give where words stand that are taken back, with those that do so."""
    last = 0
    hard = {hit.start(): hit for hit in _TAKEN_BACK.finditer(text)}
    soft = {hit.start(): hit for hit in _PUT_RIGHT.finditer(text)}
    for at, hit in sorted({**soft, **hard}.items()):
        if at < last:
            continue
        before = text[max(last, at - _FAR) : at]
        unsaid = _replaced(before, text, hit)
        if not unsaid and at in hard:
            unsaid = _statement(before, text[hit.end() : hit.end() + _NEXT])
        if unsaid or at in hard:
            yield at - len(unsaid), hit.end()
            if unsaid and (figure := _FIGURES.match(text, hit.end())) and figure[1]:
                yield figure.span(1)
            last = hit.end()


def _replaced(before: str, text: str, hit: re.Match[str]) -> str:
    """Give the level or the figure right before that another one behind takes the place of."""
    bare = before.rstrip(" ,.")
    names, named = _NAMES.match(text, hit.end()), _NAMED.search(bare)
    if names and named:
        first = named.start() if names[1] or not named[1] else named.end(1)
        return before[first:]
    figure = _FIGURE.search(bare) if _FIGURES.match(text, hit.end()) else None
    return before[figure.start() :] if figure else ""


def _statement(before: str, behind: str) -> str:
    """Give the statement right before that is taken back: its end where the next has its words."""
    bare = before.rstrip(" ,.")
    ends = [one.end() for one in (*_SIGN.finditer(bare), *_OPENS.finditer(bare))]
    first = max(ends, default=0)
    again = {one for one in _WORD.findall(behind) if one not in _EMPTY}
    for joint in reversed(list(_JOINT.finditer(bare, first))):
        if not again.isdisjoint(_WORD.findall(bare, joint.start())):
            return before[joint.start() :]
    return before[first:]
