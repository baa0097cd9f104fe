"""Tables in a report: each cell becomes a short sentence, "L1: retropulsion: 5 mm"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.reports.levels import levels_in

_CUT: Final = re.compile(r"\s*\|\s*|\t+|\s{3,}")
_RULED: Final = re.compile(
    r"(?m)^\W{0,3}(?:levels?|vertebrae?|vertebra|segments?)(\s?;|\s?,| /)[^\n]*?\1[^\n]*$"
)
_SPACED: Final = re.compile(
    r"(?m)^ {0,3}(?:levels?|vertebrae?|vertebra|segments?) {2,}[a-z]\S*(?: \S+)* {2,}\S[^\n|\t]*$"
)
_BLANKS: Final = re.compile(r"(?<=\S) {2,}(?=\S)")
"""The head of a table whose cells are parted by two blanks or more."""
_PROSE: Final = re.compile(r"(?<!\w)(?:is|are|was|were|normal|intact|no|and)(?!\w)|\.\s*$")
_LINE: Final = re.compile(r"\n([^\n]*)")
"""The head of a table whose cells are parted by another sign, and a line below it."""
_CUTS: Final = ("|", "\t", "   ")
_NAMED_CELL: Final = re.compile(r"[a-z][\w /\-]{1,30}:\s?\S")
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
    r" (?:cortex|wall|margin|edge|line)|pw|pvw|middle column|wall)"
)
_TOLD: Final = re.compile(r"(?:yes|y|present|\+)[,;:]?\s")
_UNITS: Final = re.compile(r"\(.*?\)|%|(?<!\w)mm(?!\w)")
_MEASURE: Final = re.compile(r"%|(?<!\w)mm(?!\w)")
_SCORE: Final = re.compile(r"(?<!\w)(?:ratio|score|hu|suv\w*|counts?|index|z|t)$")
_FREE: Final = frozenset(
    {"comment", "comments", "remark", "remarks", "note", "notes", "finding", "findings", "other"}
)
"""Columns whose cells say themselves what they are about."""
_LESIONS: Final = frozenset({"lesion", "lesions", "deposit", "deposits"})
_UPTAKE: Final = re.compile(r"(?<!\w)(?:uptake|activity)(?!\w)")
_SAID_OF_UPTAKE: Final = re.compile(
    r"(?:(?:no|not|mildly|markedly|slightly|probably|clearly) )?(?:normal|increased?|raised|high|"
    r"hot|cold|low|borderline|equivocal|indeterminate|negative|positive|uptake|avid|intense|"
    r"absent|none|present|background)(?!\w)"
)
_PEDICLE: Final = re.compile(r"pedicles?|ped")
_SHARE: Final = re.compile(r"(\d\s?%)(?!\s*(?:height|loss))")
_OF_HEIGHT: Final = r"\1 height loss"
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
    text = _spaced(_ruled(text))
    for block in _blocks(text):
        if _is_told(text, block):
            yield from _told(text, block)
            continue
        first = _head(text, block)
        head = _cells(text[slice(*block[first])])
        below = _kinds(head, [_cells(text[slice(*row)]) for row in block[first + 1 : _MOST]])
        yield Row(block[0][0], block[first][1], ())
        for (start, end), cells in zip(block[first + 1 : _MOST], below, strict=True):
            said = tuple(_sentences(head, cells))
            if said:
                yield Row(start, end, said)


def _is_told(text: str, block: list[tuple[int, int]]) -> bool:
    """Tell whether each cell names itself: "T10 | fracture: yes | edema: no"."""
    cells = [cell for row in block for cell in _cells(text[slice(*row)])[1:]]
    named = sum(1 for cell in cells if _NAMED_CELL.match(cell))
    return bool(_level(_cells(text[slice(*block[0])])[0])) and named * 2 > len(cells)


def _told(text: str, block: list[tuple[int, int]]) -> Iterator[Row]:
    """Read rows whose cells name themselves; where no level is named they are sentences."""
    for start, end in block[:_MOST]:
        own, *cells = _cells(text[start:end])
        parts = [cell.partition(":") for cell in cells]
        said = [s for name, _, told in parts for s in _sentence(own, name.strip(), told.strip())]
        said = said if _level(own) else [f"{cell}." for cell in cells]
        if said:
            yield Row(start, end, tuple(said))


def _kinds(head: list[str], rows: list[list[str]]) -> list[list[str]]:
    """Say of which kind there is no lesion, where the others of a column are metastases."""
    for at, name in enumerate(head):
        if name in _LESIONS and any("metasta" in cell for row in rows for cell in row[at : at + 1]):
            rows = [
                [*row[:at], *map(_no_metastasis, row[at : at + 1]), *row[at + 1 :]] for row in rows
            ]
    return rows


def _no_metastasis(cell: str) -> str:
    """Write that there is none as what it means."""
    return "no metastasis" if cell in _NO else cell


def _ruled(text: str) -> str:
    """Write the signs that part the cells of a table as strokes, each in its place."""
    head = _RULED.search(text)
    if head is None or _PROSE.search(head[0]):
        return text
    sign = head[1].strip()
    sign = f" {sign} " if sign == "/" else sign
    count, end = head[0].count(sign), head.end()
    while (line := _LINE.match(text, end)) and line[1].count(sign) == count:
        end = line.end()
    table = text[head.start() : end].replace(sign, sign.replace(sign.strip(), "|"))
    return f"{text[: head.start()]}{table}{text[end:]}"


def _spaced(text: str) -> str:
    """Write the blanks that part the cells of a table as strokes, each in its place."""
    head = _SPACED.search(text) if "  " in text else None
    if head is None:
        return text
    count, end = len(_BLANKS.findall(head[0])), head.end()
    while (line := _LINE.match(text, end)) and len(_BLANKS.findall(line[1])) == count:
        end = line.end()
    table = _BLANKS.sub(lambda hit: "|".ljust(len(hit[0])), text[head.start() : end])
    return f"{text[: head.start()]}{table}{text[end:]}"


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
            if len(block) > 1 or (block and _is_told(text, block)):
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
        scanned = any(_UPTAKE.search(name) for name in head)
        for name, cell in zip(head[1:], cells[1:], strict=False):
            if name in _FREE:
                yield from _free(own, cell.strip(" ."), scanned=scanned)
            else:
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
    if bare in _OPEN or not level or name in _LEVEL_HEADS or _is_score(name, bare):
        return
    plain = " ".join(_UNITS.sub(" ", name).split())
    plain = "height loss" if plain in {"loss", "ht loss", "vh loss"} else plain
    plain = "posterior wall" if _BACK.fullmatch(plain) else plain
    if plain in {"stable", "stability"}:
        yield f"stability {level}: {bare}."
    else:
        said = _part(plain, bare) or _figure(plain, name, bare)
        yield f"{level}: {said or _word(name, bare, plain)}."


def _part(plain: str, bare: str) -> str:
    """Say what a cell tells of a pedicle or a wall, or of a fracture with its share."""
    if _PEDICLE.fullmatch(plain) and (bare in _YES or bare in _SIDES):
        return "pedicle involvement: yes"
    if bare in _NO and (
        _PEDICLE.fullmatch(plain) or plain in {"posterior wall", "posterior cortex"}
    ):
        return f"{plain} intact"
    if plain in {"escc", "bilsky"}:
        return f"{plain} {bare}"
    told = _TOLD.match(bare) if plain in {"fracture", "fx", "vcf"} else None
    return f"fracture, {_SHARE.sub(_OF_HEIGHT, bare[told.end() :], count=1)}" if told else ""


def _figure(plain: str, name: str, bare: str) -> str:
    """Say what a cell tells with a figure, whose unit its column may have."""
    if bare in {"0", "0%"} and plain.endswith("loss"):
        return f"{plain} 0%"
    if not _MEASURE.search(name) or not (bare in _NO or _NUMBER.fullmatch(bare)):
        return ""
    return f"{plain} {'0' if bare in _NO else bare} {'%' if '%' in name else 'mm'}"


def _word(name: str, bare: str, plain: str) -> str:
    """Say what a cell tells in a word."""
    if bare in _YES:
        return f"{plain}: yes"
    if bare in _NO:
        return f"{plain}: none"
    return f"{bare} fracture" if _KINDS.search(name) and _SHAPES.match(bare) else f"{plain}: {bare}"


def _free(level: str, cell: str, *, scanned: bool) -> Iterator[str]:
    """Write a comment as sentences; in a table of uptake it begins with that."""
    first, comma, rest = cell.partition(", ") if scanned else ("", "", cell)
    if first and _SAID_OF_UPTAKE.match(first):
        yield f"uptake {level}: {first}."
    elif first:
        rest = f"{first}{comma}{rest}"
    if rest:
        yield f"{level}: {rest}."


def _is_score(name: str, bare: str) -> bool:
    """Tell whether a cell is a figure that says nothing by itself."""
    return _NUMBER.fullmatch(bare) is not None and _SCORE.search(name) is not None
