"""What a reader sees of markdown, by several renderers and by GitHub's rules for links."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

RENDERERS: tuple[MarkdownIt, ...] = (
    MarkdownIt("commonmark", {"html": True}),
    MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]),
    MarkdownIt("gfm-like", {"html": True, "linkify": True}),
)

GITHUB_LINKS = (
    re.compile(r"(?<![\da-z])(https?://|www(?=\.))([\w-]*\.[\w\-.]*)", re.IGNORECASE),
    re.compile(r"([\w+\-.]+)@([\w-]+(?:\.[\w-]+)+)"),
)
"""What remark-gfm makes a link of, after it has undone all escapes."""

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass
class Seen:
    """The elements of a page, in order and with their attributes, and its text."""

    elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = field(default_factory=list)
    text: str = ""
    others: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.elements.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.seen.text += data

    def handle_comment(self, data: str) -> None:
        self.seen.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.seen.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.seen.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.seen.others.append(data)


def seen_by(renderer: MarkdownIt, markdown: str) -> Seen:
    """Render markdown with raw HTML allowed, and read the page."""
    reader = _Reader()
    reader.feed(renderer.render(markdown))
    reader.close()
    return reader.seen


def is_visible(text: str) -> bool:
    """Tell whether no character of a text is a control, a direction mark or otherwise unseen."""
    return not any(unicodedata.category(sign) in HIDDEN for sign in text)
