"""Levels that a denial leaves out: "no fracture except at L1", "apart from T9 the cord is free".

What is left out by "except" is there. What is only not spoken of ("excluding T9"), is told
elsewhere ("for T9 see below") or has other words beside it ("apart from slight contact at T9") is
not denied, and nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from cds_service.reports.hits import Hit
from cds_service.reports.levels import Mention
from cds_service.reports.line import CORD, STENOSIS, Line
from cds_service.reports.mentions import run
from cds_service.reports.places import Place
from cds_service.reports.scope import Meaning
from cds_service.reports.statement import Statement

_SIGNS: Final = re.compile(
    r"(?<!\w)(?:exc(?:ept\w*|lud\w+|\.)?|than|apart|aside|save|besides?|but|bar|barring|beyond|"
    r"not counting|"
    r"disregard\w*|ignoring|away|see)(?!\w)"
)
"""Where none of these stands, nothing is left out."""
_EXCEPT: Final = (
    r"(?:except(?:ing)?(?: for)?|exc\.?|(?:with|the) (?:the )?(?:(?:sole|single|only|one|lone|"
    r"possible|"
    r"probable|likely) )?exceptions? (?:of|being|is|are|at|in)|exceptions?\s?[:=\-]|other than|"
    r"elsewhere than|apart (?:from|of)|aside from|save(?: for)?|besides|but for|beyond|barring|bar|"
    r"not counting|all but|nowhere but|none but|leaving aside|"
    r"(?:levels?|vertebrae?|bod(?:y|ies)|segments?|discs?|anywhere|all) but)"
)
_GLUE: Final = (
    r"(?:(?: at| in| on| of| for| the| those| that of| that at| level| height| bwk| lwk| known|"
    r" one| ones|"
    r" an?| only| known| old| chronic| healed| acute| subacute| recent| remote| mild| slight|"
    r" minor|"
    r" small| minimal| moderate| severe| stable| solitary| single| isolated| tiny| focal|"
    r" possibly| perhaps| probably| maybe| likely| possible| probable| where|"
    r" (?:about |some )?\d{1,2}(?:\.\d)?\s?(?:mm|%|percent))*)"
)
"""What may stand between "except" and the level that it leaves out."""
_LEFT_OUT: Final = re.compile(rf"(?<!\w){_EXCEPT}(?P<glue>{_GLUE}) ?$")
_BUT_WORD: Final = re.compile(r"(?<!\w)but(?! for)(?!\w)")
_VERB: Final = re.compile(
    r" (?:also |still |itself )?(?:shows?|has|have|is|are|demonstrates?|exhibits?|remains?|"
    r"contains?)(?!\w)"
)
"""Behind a level that begins a statement of its own: "no edema at any level but L3 shows ..."."""
_EACH: Final = re.compile(r"\W*(?:each|every|all)(?!\w)")
"""So begins what is said of all but one: "each vertebra but L2 is of normal height"."""
_WITH_WORDS: Final = re.compile(
    rf"(?<!\w){_EXCEPT} (?:(?!no |not |without )[\w\-]+ ){{1,7}}?(?:at|in|of|behind|opposite|to) "
    r"(?:the )?(?:level of )?$"
)
"""Something else is left out: "apart from slight contact at T9"."""
_ASIDE: Final = re.compile(
    r"(?<!\w)(?:excluding|disregarding|ignoring|away from|outside(?: of)?|"
    r"(?:see|refer to)(?:,? (?:also|however|though|rather))?(?: (?:at|under))?|for)"
    r"(?: [\w\-]+ (?:at|in|of))?(?: the)? $"
)
_BEHIND: Final = re.compile(
    r"\)?,? ?(?:alone )?(?:(?P<there>excepted|aside|apart(?! from)|"
    r"(?:being|is|as|are) (?:the|an) (?:(?:only|sole|single|one) )?exceptions?)|"
    r"(?P<maybe>(?:being |is |as )?(?:an? )?(?:possible|probable) exception)|"
    r"(?P<out>(?:of course |naturally |being |is |was )?(?:excluded|not counted|disregarded|"
    r"left out)|:? see (?:above|below|impression|addendum|comment|text|there|conclusion|findings)))"
    r"(?!\w)"
)
_OPENS: Final = re.compile(r"(?:[,(] ?|^\W*)$")
_HEDGED: Final = re.compile(r"(?<!\w)(?:possibl|perhaps|probabl|maybe|likely|questionabl)")
_OPEN: Final = re.compile(
    r",? ?\(?(?:(?:which|where|that|as (?:it|this)|it|this|because)\W+(?:[\w\-]+ ){0,3}?)?"
    r"(?:(?:is|are|was|were|be) )?(?:cannot|can't|could not|not (?:\w+ )?(?:judge|assess|evalua|"
    r"includ|imag|measur|seen|shown|visib|visual|cover|interpret|well)|obscured|degraded|unclear|"
    r"limited|uninterpretable|unassessable|indeterminate|out of (?:the )?field)"
)
"""Behind a level that nobody can judge: "apart from T9, which cannot be judged"."""
_OBSCURED: Final = re.compile(
    r"(?<!\w)(?:obscur|degrad|artifact|artefact|metal|motion|not (?:seen|imaged|included)|limited)"
)
_BUT: Final = re.compile(r"(?<!\w)but (?:at |in )?$")
_ENDS: Final = re.compile(r"\s*(?:[.;]|$)")
"""Around the last word of a sentence: "all levels are free but T9"."""
_SAME: Final = {
    STENOSIS: re.compile(r"narrow|stenos"),
    CORD: re.compile(r"compress|flatten|indent|imping|deform|squeez"),
}
"""Other words for what is denied: "no stenosis apart from mild narrowing at L4-5"."""
_KNOWN: Final = re.compile(r"leaving aside(?! (?:the )?known)")
_FAR: Final = 90
_NEAR: Final = 60
_EXCEPTION: Final = re.compile(
    r"\W*(?:the )?(?:(?:only|sole|single|one|possible) )?exceptions?(?: is|"
    r" are)?\s?[:=\-]?\s?(?:at )?$"
)
"""A sentence of its own: "No discitis. Exception: L3-4."."""
_TOLD_ELSEWHERE: Final = re.compile(
    r"\W*(?:(?:for|at|but|of|as to|regarding) )?(?:[tld][\w\-/]{1,8},?:? )?(?:but )?(?:see|"
    r"refer to)"
    r"(?: [\w\-]+){1,5}\W*"
)
"""What was denied of all is told of one level elsewhere: "for T9 see addendum"."""


class Left(NamedTuple):
    """A level that was left out, and what that says of it."""

    place: Place
    said: Meaning


def left_out(line: Line, hit: Hit) -> list[Left]:
    """Give the levels that a denial leaves out; none where it leaves out none.

    A level with NO_FACT is not denied, and nothing is told of it.
    """
    if not _SIGNS.search(line.text, line.start, line.end):
        return []
    found: list[Left] = []
    taken = -1
    for index, mention in enumerate(line.places.mentions):
        if mention.start < taken:
            continue
        said = _left(line, hit, mention)
        if said is None or not _belongs(line, hit, mention):
            continue
        also = run(line.text, line.places.mentions[index:]) if mention.start >= hit.span[1] else []
        for one in also or [mention]:
            found += [Left(place, said) for place in _places(hit, one)]
            taken = one.end
    return found


def exceptions(line: Line, told: Sequence[Statement]) -> Iterator[Statement]:
    """Read "Exception: L3-4." behind what was denied; `told` is what was said last."""
    first = line.places.mentions[0] if line.places.mentions else None
    if first is None:
        return
    if _EXCEPTION.fullmatch(line.text, line.start, first.start):
        said = _worth(line, first, "")
    elif _TOLD_ELSEWHERE.fullmatch(line.text, *line.whole):
        said, told = Meaning.INDETERMINATE, [one for one in told if not one.level]
    else:
        return
    for finding in dict.fromkeys(one.finding for one in told if one.status is Meaning.ABSENT):
        for level in (level for one in line.places.mentions for level in one.levels):
            yield line.made(finding, Place(level), said)


def _left(line: Line, hit: Hit, mention: Mention) -> Meaning | None:
    """Tell what is said of a level that is left out; None where it is not."""
    before = line.before(mention.start, _NEAR)
    out = _LEFT_OUT.search(before)
    begins = _BUT_WORD.search(out[0]) and _VERB.match(line.text, mention.end) if out else None
    if out and (not begins or _EACH.match(line.text, line.start)):
        return Meaning.NO_FACT if _KNOWN.match(out[0]) else _worth(line, mention, out["glue"])
    behind = _BEHIND.match(line.text, mention.end, line.end)
    if behind and behind["out"]:
        return Meaning.NO_FACT if _OPENS.search(before) else None
    if behind:
        return Meaning.PRESENT if behind["there"] else Meaning.SUSPECTED
    if _BUT.search(before) and _ENDS.match(line.text, mention.end, line.end):
        return Meaning.PRESENT
    return _beside(line, hit, mention, before)


def _beside(line: Line, hit: Hit, mention: Mention, before: str) -> Meaning | None:
    """Tell what other words beside a level say: "apart from slight contact at T9"."""
    other = _WITH_WORDS.search(before)
    if other:
        first = mention.start - len(before) + other.start()
        same = _SAME.get(hit.target.finding)
        if (same and same.search(other[0])) or line.spots.findings(first, mention.start).get(
            hit.target.states
        ):
            return Meaning.PRESENT
        return Meaning.INDETERMINATE if _OBSCURED.search(other[0]) else Meaning.NO_FACT
    return Meaning.NO_FACT if _ASIDE.search(before) and _is_aside(line, mention) else None


def _is_aside(line: Line, mention: Mention) -> bool:
    """Tell whether a level is set aside, and not what something is done for."""
    word = _ASIDE.search(line.before(mention.start, _NEAR))
    if word is None or not word[0].startswith("for"):
        return word is not None
    return line.text[mention.end : line.end].lstrip(" ,").startswith(("see ", "refer to "))


def _worth(line: Line, mention: Mention, glue: str) -> Meaning:
    """Tell what an exception says: something is there, may be, or nobody can tell."""
    if _OPEN.match(line.text, mention.end, line.end) or _OBSCURED.search(glue):
        return Meaning.INDETERMINATE
    hedged = _HEDGED.search(line.before(mention.start, _NEAR - 20))
    return Meaning.SUSPECTED if hedged else Meaning.PRESENT


def _belongs(line: Line, hit: Hit, mention: Mention) -> bool:
    """Tell whether an exception is one of this denial: beside it, with no other denial between."""
    if mention.start >= hit.span[0]:
        return mention.start - hit.span[1] <= _FAR and mention.start < line.end
    between = line.text[mention.end : hit.span[0]]
    if len(between) > _FAR or ":" in between:
        return False
    others = line.spots.findings(mention.end, hit.span[0])
    return {line.lists.target_of[name] for name in others} <= {hit.target.finding}


def _places(hit: Hit, mention: Mention) -> list[Place]:
    """Give the places of a level that is left out; of what lies at a disc it is none."""
    if not hit.target.of_discs and (mention.disc or (hit.target.between and mention.joined)):
        return [Place()]
    return [Place(level) for level in mention.levels]
