"""Which value sets a condition belongs to: by its codes, else by its words (codes.md 0.3)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from cds_service.clinical.fact import Match
from cds_service.facts.condition_codes import ConditionSets, undotted
from cds_service.facts.elements import coding_objects, texts, word
from cds_service.facts.expansion import Member

_SEVENTH: Final = 6
_FULL: Final = 7
_SEQUELA: Final = "S"
_NEVER_SEQUELA: Final = re.compile(r"vcf_|infection_|burst|alternative_pain_source")
_TRAUMATIC: Final = re.compile(r"S(22|32)0(\d)\w*")
_SINGLE: Final = {
    **{("22", str(n)): f"T{n}" for n in range(1, 5)},
    **{("32", str(n)): f"L{n}" for n in range(1, 6)},
}
"""S22.05 to S22.08 are buckets of two levels, which never prove a single one."""

_NECK: Final = re.compile(r"(?i)\bcervical\b")
_BELOW_NECK: Final = re.compile(r"(?i)thorac|lumb|sacr|dorsal|cervico")
_SPINE: Final = re.compile(r"(?i)spin(?:e|al)|vertebra|\bback\b|lumbar|thoracic|dis[ck]\b")


def sets_of(sets: ConditionSets, concept: object, pairs: list[tuple[str, str]]) -> dict[str, Match]:
    """Name the value sets of a condition, each with how it came into it.

    `pairs` are the (key, code) of its codings. The longest code that matches decides within a
    set; one firm coding outweighs a possible one. Words count only where no coding puts the
    condition into any set (codes.md 0.3): the words of a spinal infection do not make it one
    elsewhere as well.
    """
    found: dict[str, Match] = {}
    sequela = False
    for key, code in pairs:
        members = dict(_of_snomed(sets, code)) if key == "snomed" else {}
        if key == "icd10cm":
            members = _of_icd(sets, undotted(code))
            sequela = sequela or undotted(code)[_SEVENTH:] == _SEQUELA
        for name, match in members.items():
            if name not in found or found[name].possible:
                found[name] = match
    said = texts(concept)
    if found:
        return {name: _placed(_sited(match, said), said) for name, match in found.items()}
    displays = {word(coding.get("display")) for coding in coding_objects(concept)}
    for text in said:
        known = sets.words.of_display(text) if text in displays else sets.words.of(text)
        for name in known:
            if not (sequela and _NEVER_SEQUELA.match(name)):
                found[name] = Match(by_words=True)
    return found


def levels_of(pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    """Name the vertebra that the code of a traumatic fracture stands for, if it is one alone."""
    hits = [_TRAUMATIC.fullmatch(undotted(code)) for key, code in pairs if key == "icd10cm"]
    named = {_SINGLE.get((hit[1], hit[2]), "") for hit in hits if hit} - {""}
    return (named.pop(),) if len(named) == 1 else ()


def _of_snomed(sets: ConditionSets, code: str) -> tuple[Member, ...]:
    """Look up one SNOMED CT code: as listed, else below which listed ones it lies."""
    return sets.snomed.get(code) or sets.expansion.state.members.get(code, ())


def _of_icd(sets: ConditionSets, code: str) -> dict[str, Match]:
    """Look up one ICD-10-CM code: prefixes, the longest last, then the exact code over all.

    A sequela is left out of the sets of current fractures and infections.
    """
    found: dict[str, Match] = {}
    for length in range(1, len(code) + 1):
        found |= dict(sets.prefixes.get(code[:length], ()))
    for plain in _exact_forms(code):
        found |= dict(sets.exact.get(plain, ()))
    if code[_SEVENTH:] != _SEQUELA:
        return found
    return {name: match for name, match in found.items() if not _NEVER_SEQUELA.match(name)}


def _exact_forms(code: str) -> tuple[str, ...]:
    """List the forms in which a code may stand in a table: its 7th character does not matter."""
    if len(code) != _FULL:
        return (code,)
    return (code[:_SEVENTH].rstrip("X"), code[:_SEVENTH], code)


def _sited(match: Match, said: list[str]) -> Match:
    """Make a code that counts for the spine only a possible one, unless the words name it."""
    if "spine_site_only" not in match.marks or any(_SPINE.search(text) for text in said):
        return match
    return replace(match, possible=True)


def sited_at(match: Match, sites: list[str], *, spine: bool) -> Match:
    """Let a code that counts for the spine only count where its body site is the spine."""
    if "spine_site_only" not in match.marks:
        return match
    return replace(match, possible=not (spine or any(_SPINE.search(text) for text in sites)))


def _placed(match: Match, said: list[str]) -> Match:
    """Take the neck for the region of a code where its own words name the neck and no more."""
    words = " ".join(said)
    if "region" in match.marks or not _NECK.search(words) or _BELOW_NECK.search(words):
        return match
    return replace(match, marks={**match.marks, "region": "cervical"})


def title_of(sets: ConditionSets, pairs: list[tuple[str, str]]) -> str:
    """Give our own title for a condition without words: that of its first known code."""
    for key, code in pairs:
        plain = undotted(code) if key == "icd10cm" else code
        for length in range(len(plain), 0, -1):
            title = sets.names.get((key, plain[:length]))
            if title and (key == "icd10cm" or length == len(plain)):
                return title
    return pairs[0][1] if pairs else ""
