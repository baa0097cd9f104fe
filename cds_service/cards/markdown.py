"""Text of the record made harmless: no markup, no link, no hidden character, bounded length."""

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import Final

LONGEST: Final = 120
"""The most characters of one text of the record that a card shows."""

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|~@:=$^\"']|/(?=/))")
_LINK_DOT = re.compile(r"(?<=[^\W\d])\.(?=\w)")
_FIRST_MARK = re.compile(r"^(\d{0,9})([-.])(?=[\s-]|$)")
"""A list mark or a rule: markup only where a text begins."""

_LINK_JOINT = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=[\w-])", re.IGNORECASE)
"""Where an address holds together: GitHub's renderers find links after they undo escapes."""

_HARMLESS = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9°×µ²³⁹]*+"
    r"(?:(?:[-,;%/][ ]?|[ ]|(?<=[0-9])[.](?=[0-9]))[A-Za-z0-9°×µ²³⁹]++)*+"
)
"""Most texts: words, numbers, units and days, which no renderer reads as anything else."""

_READ: Final = 20
"""How many times the length that can be shown is read: the rest of a longer text is never seen."""

_BLANKS = re.compile(r"\s+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def plain(text: str, longest: int = LONGEST) -> str:
    """Drop control, bidirectional and zero-width characters, fold blanks, and cut to length.

    A blank parts what a client would turn into a link: "https: //", "www .", "name@ host".
    """
    if len(text) <= longest and _HARMLESS.fullmatch(text):
        return text
    folded = _BLANKS.sub(" ", text[: longest * _READ])
    shown = "".join(c for c in folded if c == " " or unicodedata.category(c) not in _HIDDEN)
    return shortened(_LINK_JOINT.sub(" ", _BLANKS.sub(" ", shown).strip()), longest)


def shortened(text: str, longest: int) -> str:
    """Cut a text at the end of a word, with a mark that something is missing."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    head, blank, _ = cut.rpartition(" ")
    return f"{head if blank and len(head) * 2 > longest else cut}…"


def escaped(text: str, longest: int = LONGEST) -> str:
    """Make a text of the record literal in GitHub-flavoured markdown with raw HTML allowed.

    Every character that could begin markup, HTML, a link or an entity is escaped; a reader of
    the raw text still understands it.
    """
    if len(text) <= longest and _HARMLESS.fullmatch(text):
        return text
    literal = _MARKUP.sub(r"\\\1", escape(plain(text, longest), quote=False))
    return _FIRST_MARK.sub(r"\1\\\2", _LINK_DOT.sub(r"\\.", literal))
