"""Tables in a report: each cell becomes a short sentence, "L1: retropulsion: 5 mm"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.reports.levels import levels_in

_CUT: Final = re.compile(r"\s*\|\s*|\t+|\s{3,}")
_CUTS: Final = ("|", "\t", "   ")
_RULE: Final = re.compile(r"[\s|:+=_\-]*")
_FEWEST: Final = 3
_MOST: Final = 40
"""More rows than a spine has levels are no table of vertebrae."""
_LEVEL_HEADS: Final = frozenset(
    {"level", "levels", "vertebra", "vertebrae", "segment", "body", "site", ""}
)
_YES: Final = frozenset(
    {"y", "yes", "x", "+", "++", "present", "pos", "positive", "true", "✓", "✔", "√"}
)
_NO: Final = frozenset(
    {"n", "no", "-", "--", "none", "nil", "0", "absent", "neg", "negative", "0%", "false"}
)
_SIDES: Final = frozenset({"left", "right", "both", "l", "r", "bilateral", "lt", "rt", "involved"})
_OPEN: Final = frozenset({"", "?", "n/a", "na", "nd", "not done", "."})
_NUMBER: Final = re.compile(r"[<>~≤≥]?\s?\d{1,3}(?:[.,]\d)?(?:\s?-\s?\d{1,3})?")
_BACK: Final = re.compile(
    r"(?:(?:cortex|wall|margin|edge|line) behind|"
    r"(?:back|rear|hind|dorsal|post\.?|posterior)(?: vertebral)?"
    r" (?:cortex|wall|margin|edge|line)|pw|pvw|middle column)"
)
_TOLD: Final = re.compile(r"(?:yes|y|present|\+)[,;:]?\s")
_KINDS: Final = re.compile(r"(?:type|morphology|shape|pattern|class\w*)")
_SHAPES: Final = re.compile(r"(?:wedge|biconcave|crush|compression|burst|impression|endplate)\w*$")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its place, and what it says as sentences about one level each."""

    start: int
    end: int
    said: tuple[str, ...]


def rows(text: str) -> Iterator[Row]:
    """Read the tables of a folded text; a row that names no level says nothing here."""
    for block in _blocks(text):
        first = _head(text, block)
        head = _cells(text[slice(*block[first])])
        yield Row(block[0][0], block[first][1], ())
        for start, end in block[first + 1 : _MOST]:
            said = tuple(_sentences(head, _cells(text[start:end])))
            if said:
                yield Row(start, end, said)


def _head(text: str, block: list[tuple[int, int]]) -> int:
    """Tell which row names the columns: the first, or the one that begins with "Level"."""
    cells = [_cells(text[slice(*row)]) for row in block[:_FEWEST]]
    named = [at for at, row in enumerate(cells) if row[0] in _LEVEL_HEADS]
    return named[0] if named and named[0] < len(block) - 1 else 0


def without(text: str, found: Sequence[Row]) -> str:
    """Blank out rows that were read, so that nobody reads them as prose."""
    for row in found:
        text = f"{text[: row.start]}{' ' * (row.end - row.start)}{text[row.end :]}"
    return text


def _blocks(text: str) -> Iterator[list[tuple[int, int]]]:
    """Find lines of three or more cells that follow each other; the first is the head."""
    if text.isascii() and not any(cut in text for cut in _CUTS):
        return
    block: list[tuple[int, int]] = []
    at = 0
    for line in [*text.split("\n"), ""]:
        if len(_cells(line)) >= _FEWEST:
            block.append((at, at + len(line)))
        elif not _is_rule(line):
            if len(block) > 1:
                yield block
            block = []
        at += len(line) + 1


def _is_rule(line: str) -> bool:
    """Tell whether a line only draws a rule."""
    return bool(line.strip()) and bool(_RULE.fullmatch(line))


def _cells(line: str) -> list[str]:
    """Cut a line into cells; nothing for a rule."""
    line = line.strip()
    if not line or _RULE.fullmatch(line):
        return []
    bare = line.strip("|").strip()
    return [cell.strip() for cell in _CUT.split(bare)]


def _sentences(head: list[str], cells: list[str]) -> Iterator[str]:
    """Write the cells of a row as sentences."""
    across = [_level(name) for name in head]
    own = _level(cells[0])
    if own:
        for name, cell in zip(head[1:], cells[1:], strict=False):
            yield from _sentence(own, name, cell)
    elif sum(1 for level in across if level) > 1:
        for level, cell in zip(across[1:], cells[1:], strict=False):
            yield from _sentence(level, cells[0], cell)


def _level(cell: str) -> str:
    """Give the name of a cell that is a level and nothing more."""
    found = levels_in(cell, 0, len(cell))
    return cell if len(found) == 1 and len(cell) < 16 else ""  # noqa: PLR2004 - a name, no prose


def _sentence(level: str, name: str, cell: str) -> Iterator[str]:
    """Write one cell as a sentence about its level."""
    bare = cell.strip(" .")
    if bare in _OPEN or not level or name in _LEVEL_HEADS:
        return
    plain = re.sub(r"\(.*?\)|[%]", "", name).strip()
    plain = "height loss" if plain in {"loss", "ht loss", "vh loss"} else plain
    plain = "posterior wall" if _BACK.fullmatch(plain) else plain
    if re.match(r"(?:pedicles?|ped)$", plain) and (bare in _YES or bare in _SIDES):
        yield f"{level}: pedicle involvement: yes."
    elif re.match(r"(?:pedicles?|ped|posterior wall|posterior cortex)$", plain) and bare in _NO:
        yield f"{level}: {plain} intact."
    elif plain in {"fracture", "fx", "vcf"} and (told := _TOLD.match(bare)):
        share = re.sub(r"(\d\s?%)", r"\1 height loss", bare[told.end() :], count=1)
        yield f"{level}: fracture, {share}."
    elif bare in {"0", "0%"} and plain.endswith("loss"):
        yield f"{level}: {plain} 0%."
    elif bare in _YES:
        yield f"{level}: {plain}: yes."
    elif bare in _NO:
        yield f"{level}: {plain}: none."
    elif _NUMBER.fullmatch(bare) and ("%" in name or "mm" in name):
        yield f"{level}: {plain.replace('mm', '')} {bare} {'%' if '%' in name else 'mm'}."
    elif _KINDS.search(name) and _SHAPES.match(bare):
        yield f"{level}: {bare} fracture."
    else:
        yield f"{level}: {plain}: {bare}."
