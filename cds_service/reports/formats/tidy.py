"""One way of writing for all formats: plain blanks, line ends, no more than one empty line."""

from __future__ import annotations

import re
from typing import Final

_BLANKS: Final = str.maketrans(
    {
        **dict.fromkeys("\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006", " "),
        **dict.fromkeys("\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", None),
        **dict.fromkeys(map(chr, [*range(9), *range(14, 32), 127]), None),
        **dict.fromkeys("\x0b\x0c\x85\u2028\u2029", "\n"),
    }
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TRAILING: Final = re.compile(r"(?<![ \t])[ \t]+(?=\n)")
"""Each run of blanks is looked at once, from its head: a megabyte of them would last minutes."""
_EMPTY: Final = re.compile(r"\n{3,}")
_ESCAPE: Final = re.compile(r"\\(\.br|\.sp|E|F|R|S|T)\\")
_MEANT: Final = {".br": "\n", ".sp": "\n", "E": "\\", "F": "|", "R": "~", "S": "^", "T": "&"}


def tidy(text: str) -> str:
    """Write a text with plain blanks and line ends, and without what nobody sees."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() or _CONTROL.search(text):
        text = text.translate(_BLANKS)
    return _EMPTY.sub("\n\n", _TRAILING.sub("", text)).strip("\n")


def unescaped(text: str) -> str:
    r"""Undo the escapes of HL7 version 2 (`\.br\`, `\T\`), which interfaces leave behind."""
    return _ESCAPE.sub(lambda hit: _MEANT[hit[1]], text) if "\\" in text else text
