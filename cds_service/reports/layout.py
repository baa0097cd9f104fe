"""Sections, sentences and clauses of a report, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(r"[^\n\r]*")
_HEADER: Final = re.compile(
    r"^[\s*#>_\-\d.]{0,8}([a-z][a-z /&'()\-]{2,48}?)[*_]{0,3}\s*(?::|-{2,}|$)\s*"
)
_ITEM: Final = re.compile(r"^\s*(?:[-*•·>]|\(?\d{1,2}[.)]|[a-h][.)])\s+")
_END: Final = re.compile(r"[.!?](?=[\s\"')\]]|$)|;|(?<=\w)\s[-–]{1,2}\s(?=no\b|there\b)")
_ABBREVIATION: Final = re.compile(
    r"(?:\b(?:approx|approx|vs|dr|mr|mrs|ms|prof|fig|e\.g|i\.e|no|st|ca|cf|resp|incl|seq|ser|im|img|"
    r"vol|max|min|ant|post|sup|inf|bilat|lat|rt|lt|pt|yr|yrs|cm|mm|hx|dx)|(?<!\w)[a-z])$"
)
_SHORT_LINE: Final = 45
_CLAUSE: Final = re.compile(
    r",?\s+(?:but|however|whereas|while|although|though|yet)\s+|,\s+(?=(?:with|and)\s+(?:no|without|a|an|there|mild|moderate|severe|acute|chronic|old|new)\b)"
    r"|,\s+(?=(?:there|the|this|these|it)\s)|\s+and\s+(?=there\s+(?:is|are)\b)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its place in the folded text, its section, and where its paragraph begins."""

    start: int
    end: int
    section: str
    paragraph: int


def sentences(text: str, headers: Mapping[str, re.Pattern[str]]) -> Iterator[Sentence]:
    """Split a folded text into sentences; a header opens a section until the next one."""
    section, paragraph, open_at, last = "", 0, -1, 0
    for line in _lines(text):
        start, end = line
        words = text[start:end]
        if not words.strip():
            if open_at >= 0:
                yield from _split(text, open_at, last, section, paragraph)
            open_at, paragraph = -1, paragraph + 1
            continue
        header = _header(words, headers)
        new = header is not None or _ITEM.match(words) or _apart(text, last, start, end)
        if new and open_at >= 0:
            yield from _split(text, open_at, last, section, paragraph)
            open_at = -1
        if header is not None:
            section, skip = header
            paragraph += 1
            start += skip
        elif item := _ITEM.match(words):
            start += item.end()
            paragraph += 1
        if open_at < 0 and start < end:
            open_at = start
        last = end
    if open_at >= 0:
        yield from _split(text, open_at, last, section, paragraph)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Give the place of each line."""
    at = 0
    for line in text.split("\n"):
        yield at, at + len(line.rstrip("\r"))
        at += len(line) + 1


def _header(words: str, headers: Mapping[str, re.Pattern[str]]) -> tuple[str, int] | None:
    """Read the header at the head of a line: the section it opens, and its length."""
    hit = _HEADER.match(words)
    if not hit:
        return None
    name = hit[1].strip()
    whole_line = hit.end() == len(words) and ":" not in hit[0]
    for section, pattern in headers.items():
        if pattern.fullmatch(name):
            return section, hit.end()
    if whole_line:
        return None
    for section, pattern in headers.items():
        if section in {"indication", "technique", "comparison", "impression", "addendum"}:
            found = pattern.match(name) or pattern.search(name)
            if found and len(found[0]) * 2 > len(name):
                return section, hit.end()
    return None


def _apart(text: str, last: int, start: int, end: int) -> bool:
    """Tell whether a line begins a statement of its own: the one before was short and whole."""
    before = text[max(0, text.rfind("\n", 0, last) + 1) : last].rstrip()
    return (
        len(before) < _SHORT_LINE
        and not before.endswith((",", "and", "or", "the", "of", "with", "at", "to", "in", "-"))
        and end > start
    )


def _split(text: str, start: int, end: int, section: str, paragraph: int) -> Iterator[Sentence]:
    """Split a block at the ends of its sentences."""
    at = start
    for hit in _END.finditer(text, start, end):
        if hit[0] == "." and _ABBREVIATION.search(text[at : hit.start()].rstrip()):
            continue
        if text[at : hit.end()].strip(" \n\r.;-"):
            yield Sentence(at, hit.end(), section, paragraph)
        at = hit.end()
    if text[at:end].strip(" \n\r.;-"):
        yield Sentence(at, end, section, paragraph)


def clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Split a sentence where one statement ends and another begins."""
    found, at = [], start
    for hit in _CLAUSE.finditer(text, start, end):
        found.append((at, hit.start()))
        at = hit.start()
    found.append((at, end))
    return found
