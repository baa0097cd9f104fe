"""How a phrase of `phrases.toml` is written, as a pattern and as the letters that it begins with.

A phrase is written as in a report, in small letters: `edema*` is any word that begins so, `a|b`
one of several, `[a]` a word that may be missing, `~3` up to three words in between, `a-b` with a
hyphen, a blank or nothing. `@name` stands for a list in `[words]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cds_service.errors import ContentError

Words = Mapping[str, list[str]]

LETTERS: Final = 5
"""So many letters tell phrases apart well enough."""
_BETWEEN: Final = r"(?:\s?:\s?\[?|-\s{0,8}+|\s++)"
_GAP: Final = rf"(?:{_BETWEEN}[\w'%./]++)"
"""No word begins with what ends the one before, so nothing here is worth a second try."""
_WIDEST: Final = 8


@dataclass(frozen=True, slots=True)
class Written:
    """A phrase as a pattern, with the letters of its first word and of its most telling other.

    `telling` is empty where there is but one word that must stand.
    """

    pattern: str
    first: frozenset[str]
    telling: frozenset[str]


def written(phrases: Iterable[str], words: Words) -> list[Written]:
    """Make the pattern of each phrase, the longest first."""
    made = {_pattern(phrase, words): phrase for phrase in phrases}
    return [
        Written(one, _beginnings(made[one].split(), words), _telling(made[one], words))
        for one in sorted(made, key=lambda one: (-len(one), one))
    ]


def whole(phrases: Iterable[str], words: Words) -> re.Pattern[str]:
    """Make one pattern of many phrases."""
    return re.compile(
        rf"(?<!\w)(?:{'|'.join(one.pattern for one in written(phrases, words))})(?!\w)"
    )


def _pattern(phrase: str, words: Words) -> str:
    """Make the pattern of one phrase."""
    made, between = "", ""
    for token in phrase.split():
        if token.startswith("~"):
            made += _gap(phrase, token)
            continue
        choice = "|".join(_word(one, words) for one in token.strip("[]").split("|"))
        if not token.startswith("["):
            made, between = f"{made}{between}(?:{choice})", _BETWEEN
        elif between:
            made += f"(?:{between}(?:{choice}))?"
        else:
            made += f"(?:(?:{choice}){_BETWEEN})?"
    return made


def _gap(phrase: str, token: str) -> str:
    """Make the pattern of some words in between; ContentError for too many."""
    width = int(token[1:])
    if not 0 < width <= _WIDEST:
        msg = f"phrases.toml: {phrase!r}: a gap has 1 to {_WIDEST} words"
        raise ContentError(msg)
    return f"{_GAP}{{0,{width}}}"


def _word(token: str, words: Words) -> str:
    """Make the pattern of one word."""
    if token.startswith("@"):
        return "|".join(_pattern(one, words) for one in _list(token, words))
    text = re.escape(token).replace(r"\*", r"\w*").replace(r"\-", r"[\s\-]?")
    return text.replace("'", "'?")


def _list(token: str, words: Words) -> list[str]:
    """Give the phrases that `@name` stands for; ContentError where there is no such list."""
    if token[1:] not in words:
        msg = f"phrases.toml: {token} is not in [words]"
        raise ContentError(msg)
    return words[token[1:]]


def _beginnings(tokens: Iterable[str], words: Words) -> frozenset[str]:
    """Give the letters that some words may begin with: up to five of the first, or one sign.

    Fewer with a star stand for every word that begins so.
    """
    found: set[str] = set()
    for token in tokens:
        if token.startswith("~"):
            msg = f"phrases.toml: {token} stands where a phrase begins"
            raise ContentError(msg)
        for one in token.strip("[]").split("|"):
            if one.startswith("@"):
                for other in _list(one, words):
                    found |= _beginnings(other.split(), words)
            else:
                found.update(_letters(one))
        if not token.startswith("["):
            break
    return frozenset(found)


def _telling(phrase: str, words: Words) -> frozenset[str]:
    """Give the letters of the word that tells most, of those that must stand after the first.

    That is the word with the fewest beginnings, and of those the longest.
    """
    must = [token for token in phrase.split() if not token.startswith(("~", "["))]
    letters = [(_beginnings([token], words), -len(token)) for token in must[1:]]
    return min(letters, key=lambda one: (len(one[0]), one[1]), default=(frozenset(), 0))[0]


def _letters(word: str) -> Iterator[str]:
    """Give the first letters of one word: it may end, or go on, where a hyphen stands."""
    letters = ""
    for char in word:
        if char == "*":
            yield f"{letters}*"
            return
        if char.isalnum():
            letters += char
        else:
            yield letters or char
            if char not in "-'":
                return
        if len(letters) == LETTERS:
            break
    yield letters
