"""RTF: first what nobody sees is taken out, then striprtf writes the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

DEEPEST: Final = 200

_TOKEN: Final = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,9})? ?|\\'[0-9a-f]{2}|\\[^a-z]|[{}]|[^\\{}]+",
    re.IGNORECASE | re.DOTALL,
)
_DROPPED: Final = frozenset(
    {
        "pict", "objdata", "object", "themedata", "datastore", "colorschememapping",
        "stylesheet", "latentstyles", "info", "listtable", "listoverridetable", "rsidtbl",
        "revtbl", "xmlnstbl", "generator", "annotation", "footnote", "fldinst",
    }
)  # fmt: skip
_UNSEEN: Final = frozenset({"v", "deleted", "strike", "striked", "webhidden"})
_BARS: Final = re.compile(r"(?:(?<![ \t])[ \t]+)?\|[ \t]*")
"""Each run of blanks is looked at once, from its head; no clock could stop one long look."""
_LAST_BAR: Final = re.compile(r" \|(?= ?\n| ?$)")


class RtfError(ValueError):
    """Raised for RTF that no word processor writes."""


def rtf_text(source: str) -> str:
    """Give the text of an RTF document; raises ValueError and its like for what is none."""
    from striprtf.striprtf import rtf_to_text

    text: str = rtf_to_text(  # type: ignore[no-untyped-call]  # untyped
        _Sieve().seen(source), errors="replace"
    )
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _LAST_BAR.sub("", _BARS.sub(" | ", text)) if "|" in text else text


@dataclass(slots=True)
class _Sieve:
    """Takes out pictures, tables of styles, and what is hidden, struck out or deleted."""

    kept: list[str] = field(default_factory=list)
    stack: list[tuple[bool, frozenset[str]]] = field(default_factory=list)
    dropped: bool = False
    hidden: frozenset[str] = frozenset()

    def seen(self, source: str) -> str:
        """Give the source of what is seen; raises RtfError where groups do not fit."""
        place = 0
        while token := _TOKEN.match(source, place):
            place = token.end()
            piece, name = token[0], token[1]
            if piece == "{":
                self._open()
            elif piece == "}":
                self._close()
            elif name == "bin":
                place += max(0, int(token[2] or 0))
            else:
                if name:
                    self._hear(name, token[2])
                self._keep(piece, writes=not name or name == "u")
        if self.stack:
            msg = "a group has no end"
            raise RtfError(msg)
        return "".join(self.kept)

    def _open(self) -> None:
        """Begin a group."""
        self.stack.append((self.dropped, self.hidden))
        if len(self.stack) > DEEPEST:
            msg = "nested too deeply"
            raise RtfError(msg)
        self._keep("{", writes=False)

    def _close(self) -> None:
        """End a group; what it set holds no longer."""
        self._keep("}", writes=False)
        self.dropped, self.hidden = self.stack.pop() if self.stack else (False, frozenset())

    def _hear(self, name: str, value: str | None) -> None:
        """Take in a control word: one that begins a group of no use ends it here."""
        if name in _DROPPED and not self.dropped:
            self.kept.append("}")
            self.dropped = True
        elif name in _UNSEEN:
            self.hidden = self.hidden - {name} if value == "0" else self.hidden | {name}
        elif name == "plain":
            self.hidden &= {"deleted"}

    def _keep(self, piece: str, *, writes: bool) -> None:
        """Keep a piece, unless nobody sees it."""
        if not self.dropped and not (writes and self.hidden):
            self.kept.append(piece)
