"""Reports in files: plain text, other formats, and FHIR resources that hold reports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from cds_service.clinical.evidence import Evidence, Item
from cds_service.clinical.report_text import Trouble
from cds_service.clinical.when import Window
from cds_service.errors import BadRequest
from cds_service.facts.codes import load_codes
from cds_service.facts.elements import obj, objs, word
from cds_service.narrative.texts import report_texts
from cds_service.reports.formats.charset import text_of
from cds_service.reports.formats.decode import PDF, RTF, decoded

_AGES: Final = Window(days=100_000)
_FORMATS: Final = frozenset({".htm", ".html", ".pdf", ".rtf", ".xhtml", ".xml"})
_HEADS: Final = (b"%PDF-", b"{\\rtf")
_KINDS: Final = {".pdf": PDF, ".rtf": RTF}


class Record(NamedTuple):
    """One report of a file: its id, its text, and why some or all of it could not be read."""

    name: str
    text: str
    trouble: Trouble | None = None


def records_in(name: str, data: bytes, now: datetime | None = None) -> Iterator[Record]:
    """Give the reports in a file, by its name and by what is in it.

    Plain text stays as it is, character by character. `.json` holds a DiagnosticReport, a
    DocumentReference or a Bundle; BadRequest where it does not.
    """
    suffix = PurePath(name).suffix.lower()
    stem = PurePath(name).stem
    if suffix == ".json":
        yield from _of_json(name, data, now or datetime.now(UTC))
    elif suffix in _FORMATS or data.startswith(_HEADS):
        read = decoded(data, _KINDS.get(suffix, ""))
        yield Record(stem, read.text, read.trouble)
    else:
        yield Record(stem, text_of(data))


def _of_json(name: str, data: bytes, now: datetime) -> Iterator[Record]:
    """Give the reports of a resource, or of the resources of a Bundle."""
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"{name}: no JSON"
        raise BadRequest(msg) from error
    found = report_texts(Evidence(tuple(_items(read))), load_codes("urn:none"), now, _AGES)
    if not found:
        msg = f"{name}: no imaging report in it (DiagnosticReport, DocumentReference or Bundle)"
        raise BadRequest(msg)
    for one in found:
        yield Record(one.reference, one.text, one.trouble)


def _items(read: Any) -> Iterator[Item]:
    """Give the resources of what a file holds."""
    whole = obj(read)
    if whole.get("resourceType") != "Bundle":
        yield Item(whole)
    for entry in objs(whole.get("entry")):
        if isinstance(entry.get("resource"), dict):
            yield Item(entry["resource"], word(entry.get("fullUrl")))
