"""Vertebral levels named in words (codes.md 1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cds_service.clinical.levels import LEVELS, in_order
from cds_service.facts.weighting import WEIGHTINGS, is_vertebra, is_weighting, previous_word

_DASHES: Final = r"\-\u2010-\u2013"
_NAMED: Final = re.compile(
    rf"(?i)(?<![A-Z0-9])([CTDLS])(\s?[{_DASHES}]?\s?)(\d{{1,2}})(?![0-9A-Z]|[.,]\d)"
)
_SECOND: Final = re.compile(rf"([{_DASHES}/])(\d{{1,2}})(?![0-9A-Za-z]|[.,]\d|/)")
_SPOKEN: Final = re.compile(
    r"(?i)\s*(and|&|\+)\s*(\d{1,2})(?=\s*(?:$|[.;)\]]|vertebra|level|fracture|compression|bod))"
)
_JOINT: Final = re.compile(rf"(?i)\s?(?:[{_DASHES}/]|to\b|through\b|thru\b)\s?")
_SACRUM: Final = re.compile(r"(?i)\b(sacr(?:um|al)|sacroplast\w*|coccyx|coccygeal)\b")
_SPINE_WORD: Final = re.compile(
    r"(?i)vertebr|bod(?:y|ies)\b|level|fractur|compression|pedicle|endplate|spin(?:e|al)\b"
    r"|plasty|augment"
)
_STAGE: Final = re.compile(r"(?i)\s*N[0-3X]\b")
_NOT_SPINE: Final = frozenset({"vitamin", "vit", "free", "reverse"})
_NEAR: Final = 30


@dataclass(frozen=True, slots=True)
class Mention:
    """One place of a text that speaks of a level.

    `levels` are vertebrae named for certain. `doubtful` are the words where no single vertebra is
    certain (a disc, a range, transitional anatomy, the sacrum); `weighting` marks a T1 or T2 that
    may be an MRI sequence as well.
    """

    start: int
    end: int
    levels: tuple[str, ...] = ()
    doubtful: str = ""
    weighting: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a text says of levels: certain ones from the head down, and doubtful words."""

    levels: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def levels_said(text: str, *, site: bool = False) -> Said:
    """Sum up the levels that a text names.

    `site` tells that the text is the name of a body site: then "T1" is a vertebra.
    """
    return summed(mentions_in(text, site=site))


def summed(mentions: Iterator[Mention]) -> Said:
    """Sum up mentions: certain levels from the head down, and doubtful words in order."""
    found = list(mentions)
    levels = in_order({level for mention in found for level in mention.levels})
    return Said(levels, tuple(sorted({mention.doubtful for mention in found} - {""})))


def mentions_in(text: str, *, site: bool = False) -> Iterator[Mention]:
    """Find each place of a text that speaks of a level, from left to right, the sacrum last."""
    end = 0
    for hit in _NAMED.finditer(text):
        mention = _mention(text, hit, site=site) if hit.start() >= end else None
        if mention:
            end = mention.end
            yield mention
    for hit in _SACRUM.finditer(text):
        yield Mention(hit.start(), hit.end(), doubtful="sacrum")


def _mention(text: str, hit: re.Match[str], *, site: bool) -> Mention | None:
    """Read one hit with what follows it, or None where it is no level at all."""
    before, after = text[: hit.start()], text[hit.end() :]
    if previous_word(before) in _NOT_SPINE or _STAGE.match(after):
        return None
    apart = hit[2].isspace() and not site
    if apart and not (_SPINE_WORD.search(before[-_NEAR:]) or _SPINE_WORD.search(after[:_NEAR])):
        return None
    joint = _JOINT.match(text, hit.end())
    other = _NAMED.match(text, joint.end()) if joint else None
    last = other or hit
    weighting = _name(hit) in WEIGHTINGS and _name(last) in WEIGHTINGS and not site
    weighting = weighting and not is_vertebra(before, text[last.end() :])
    if weighting and is_weighting(before, text[last.end() :]):
        return None
    if weighting:
        words = _tidy(text[hit.start() : last.end()])
        return Mention(hit.start(), last.end(), doubtful=words, weighting=True)
    return _joined(text, hit, other) if other else _alone(text, hit)


def _alone(text: str, hit: re.Match[str]) -> Mention:
    """Read a level with the bare number that may follow it ("T11-12", "T11 and 12")."""
    first = _name(hit)
    more = _SECOND.match(text, hit.end()) or _SPOKEN.match(text, hit.end())
    if more:
        second = first[0] + str(int(more[2]))
        words = text[hit.start() : more.end()]
        ranged = more.re is _SECOND and more[1] != "/"
        return Mention(hit.start(), more.end(), *_both(first, second, words, ranged=ranged))
    if first not in LEVELS:
        return Mention(hit.start(), hit.end(), doubtful=first)
    return Mention(hit.start(), hit.end(), (first,))


def _joined(text: str, hit: re.Match[str], other: re.Match[str]) -> Mention:
    """Read two full names joined by a dash, a slash or "to"."""
    words = text[hit.start() : other.end()]
    first, second = _name(hit), _name(other)
    if first[0] != second[0]:
        return Mention(hit.start(), other.end(), doubtful=_tidy(words))
    found = _both(first, second, words, ranged="/" not in words)
    return Mention(hit.start(), other.end(), *found)


def _both(first: str, second: str, words: str, *, ranged: bool) -> tuple[tuple[str, ...], str]:
    """Read two names of one region: a list, or a range that is certain for neighbours only."""
    known = tuple(name for name in (first, second) if name in LEVELS)
    if known != (first, second):
        return ((), _tidy(words)) if ranged else (known, _tidy(words))
    if ranged and LEVELS.index(second) - LEVELS.index(first) != 1:
        return (), _tidy(words)
    return known, ""


def _name(hit: re.Match[str]) -> str:
    """Name the level of a hit; D (dorsal) is T."""
    return f"{hit[1].upper().replace('D', 'T')}{int(hit[3])}"


def _tidy(words: str) -> str:
    """Write doubtful words in one way: capitals, no blanks, a plain dash."""
    plain = re.sub(rf"(?i)\s*(?:[{_DASHES}]|to|through|thru)\s*", "-", words)
    return re.sub(r"\s+", "", plain).upper()
