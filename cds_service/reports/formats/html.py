"""HTML and XHTML: the words that a browser would show, line by line."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

Attributes = list[tuple[str, str | None]]

_UNSEEN: Final = frozenset(
    {
        "script", "style", "head", "title", "template", "object", "svg", "math", "select",
        "textarea", "button", "del", "s", "strike",
    }
)  # fmt: skip
_HIDDEN: Final = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden"
    r"|text-decoration[a-z-]{0,20}\s{0,20}:[^;]{0,200}line-through"
)
_VOID: Final = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "wbr",
    }
)  # fmt: skip
_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div",
        "dl", "dt", "fieldset", "footer", "form", "header", "hr", "li", "main", "nav", "ol",
        "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
    }
)  # fmt: skip
_SPACED: Final = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "pre"])
_CELLS: Final = frozenset({"td", "th"})
_SPACE: Final = re.compile(r"[ \t\n\r\f\xa0]+")
_LONG_CELL: Final = 60


def html_text(markup: str, *, keep_lines: bool = False) -> tuple[str, bool]:
    """Give the text of a page, and whether the page was whole.

    It is not whole where a part that is hidden or struck out never ends. With `keep_lines` line
    ends in the source count, as where somebody only strewed `<br>` over plain text.
    """
    reader = _Reader(keep_lines=keep_lines)
    reader.feed(markup)
    reader.close()
    return reader.text(), not reader.skipping


class _Reader(HTMLParser):
    """Collects text; what is hidden or struck out is passed over."""

    def __init__(self, *, keep_lines: bool) -> None:
        """Begin with nothing."""
        super().__init__(convert_charrefs=True)
        self.keep_lines = keep_lines
        self.pieces: list[str] = []
        self.skipping = ""
        self.depth = 0
        self.plain = 0
        self.rows: list[list[str]] = []
        self.starts: list[int] = []

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Open an element."""
        if self.skipping:
            self.depth += tag == self.skipping
        elif tag not in _VOID and (tag in _UNSEEN or _is_hidden(attrs)):
            self.skipping, self.depth = tag, 1
        elif tag == "br":
            self.pieces.append("\n")
        elif tag in _CELLS:
            self._end_cell()
            self.starts.append(len(self.pieces))
        else:
            if tag == "tr":
                self._end_row()
                self.rows.append([])
            self._break(tag)
            self.plain += tag == "pre"
            if tag == "li":
                self.pieces.append("- ")

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        """Take an element that is closed at once; it hides nothing."""
        if tag in _VOID or tag in _BLOCKS or tag == "p":
            self.handle_starttag(tag, [] if tag in _VOID else attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if self.skipping:
            if tag == self.skipping:
                self.depth -= 1
                self.skipping = self.skipping if self.depth else ""
        elif tag in _CELLS:
            self._end_cell()
        elif tag not in _VOID:
            if tag in {"tr", "table"}:
                self._end_row()
            self.plain -= tag == "pre" and self.plain > 0
            self._break(tag)

    def handle_data(self, data: str) -> None:
        """Take text."""
        if self.skipping:
            return
        if not self.plain and not self.keep_lines:
            data = _SPACE.sub(" ", data)
            if data == " " and (not self.pieces or self.pieces[-1].endswith("\n")):
                return
        self.pieces.append(data)

    def text(self) -> str:
        """Give all lines, without blanks around them."""
        self._end_row()
        lines = (line.strip() for line in "".join(self.pieces).split("\n"))
        return "\n".join(lines)

    def _break(self, tag: str) -> None:
        """End the line, or the paragraph."""
        if tag in _SPACED:
            self.pieces.append("\n\n" if not self.starts else "\n")
        elif tag in _BLOCKS:
            self._line()

    def _line(self) -> None:
        """Begin a new line, unless one has begun."""
        if self.pieces and not self.pieces[-1].endswith("\n"):
            self.pieces.append("\n")

    def _end_cell(self) -> None:
        """Put the text of a cell into its row."""
        if self.starts:
            start = self.starts.pop()
            cell = "".join(self.pieces[start:])
            del self.pieces[start:]
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append(cell.strip())

    def _end_row(self) -> None:
        """Write the cells of a row in one line, or one below the other where they only lay out."""
        self._end_cell()
        if self.rows:
            cells = self.rows.pop()
            self._line()
            self.pieces.append(row(cells) + "\n")


def row(cells: list[str]) -> str:
    """Write a row of a table: short cells beside each other, a label before what it names."""
    if not cells or any(len(cell) > _LONG_CELL or "\n" in cell for cell in cells):
        return "\n".join(cells)
    if cells[0].endswith(":"):
        return " ".join(cell for cell in cells if cell)
    return " | ".join(cells)


def _is_hidden(attributes: Attributes) -> bool:
    """Tell whether an element is not shown, or struck out."""
    return any(
        name == "hidden" or (name == "style" and value and _HIDDEN.search(value))
        for name, value in attributes
    )
