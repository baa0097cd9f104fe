"""`read-report`: what the text of radiology reports says, for people and for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from cds_service.errors import BadRequest
from cds_service.narrative.files import records_in
from cds_service.reports.formats.charset import text_of
from cds_service.reports.read import Reading, read_text

_STANDARD_INPUT: Final = Path("-")


def records(paths: Iterable[Path], *, lines: bool) -> Iterator[tuple[str, str]]:
    """Give the id and text of each report: whole files, or one JSON object for each line.

    Without a path, or with "-", standard input is read. A file may be plain text, HTML, RTF, XML,
    a PDF, or a FHIR resource in JSON. BadRequest for a file that cannot be read and for a line that
    is no object with an `id` and a `text`. What could not be read of a report is told on standard
    error.
    """
    for path, data in _files(list(paths)):
        if lines:
            yield from _lines(path.stem, text_of(data))
            continue
        for name, text, trouble in records_in(path.name, data):
            if trouble:
                sys.stderr.write(f"{name}: not all of it could be read: {trouble}\n")
            yield name, text


def machine(identity: str, reading: Reading) -> dict[str, Any]:
    """Write one reading for machines: the documented, stable form."""
    return {
        "id": identity,
        "levels": list(reading.levels),
        "findings": [one.plain() for one in (*reading.findings, *reading.elsewhere)],
        "conflicts": [one.plain() for one in reading.conflicts],
    }


def shown(identity: str, reading: Reading) -> str:
    """Write one reading for people: the findings, and each sentence with what was read from it."""
    lines = [identity, f"  fractures: {', '.join(reading.levels) or 'none named'}"]
    for one in (*reading.findings, *reading.elsewhere):
        value = "" if one.value is None else f" {one.value}{one.unit}"
        lines.append(f"  {one.finding} {one.level or '(no level)'}: {one.status}{value}")
        lines.append(f'      "{" ".join(one.quote.split())}"')
    lines += [
        f"  CONFLICT {clash.finding} {clash.level or '(no level)'}" for clash in reading.conflicts
    ]
    lines.append("  sentence by sentence:")
    for sentence in reading.sentences:
        taken = ", ".join(f"{s.finding} {s.level} {s.status}" for s in sentence.statements)
        lines.append(f"    [{sentence.section or '-'}] {' '.join(sentence.text.split())}")
        lines.append(f"        -> {taken or 'nothing'}{_why(sentence.why_not)}")
    return "\n".join(lines)


def report(paths: Iterable[Path], *, lines: bool, json_out: bool) -> Iterator[str]:
    """Read reports and write what they say, one piece of text for each."""
    for identity, text in records(paths, lines=lines):
        reading = read_text(text)
        if json_out or lines:
            yield json.dumps(machine(identity, reading))  # ASCII: whatever breaks lines is escaped
        else:
            yield shown(identity, reading)


def _why(words: str) -> str:
    """Say why something was not taken."""
    return f" (not taken: {words})" if words else ""


def _files(paths: list[Path]) -> Iterator[tuple[Path, bytes]]:
    """Give the path and content of each file, or of standard input."""
    if not paths:
        yield Path("stdin"), sys.stdin.buffer.read()
    for path in paths:
        if path == _STANDARD_INPUT:
            yield Path("stdin"), sys.stdin.buffer.read()
            continue
        try:
            yield path, path.read_bytes()
        except OSError as error:
            msg = f"{path}: cannot be read: {type(error).__name__}"
            raise BadRequest(msg) from error


def _lines(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Give the reports of a JSON Lines text."""
    for number, line in enumerate(text.split("\n"), 1):  # other breaks may stand within a string
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            msg = f"{name}, line {number}: no JSON"
            raise BadRequest(msg) from error
        said = entry.get("text") if isinstance(entry, dict) else None
        if not isinstance(said, str):
            msg = f"{name}, line {number}: needs an object with an id and a text"
            raise BadRequest(msg)
        yield str(entry.get("id", number)), said
