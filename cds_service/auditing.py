"""The audit trail, looked at: `audit verify` and `audit show`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Final

from cds_service.artefacts.audit_events import bundle_of
from cds_service.feedback.database import Database, StoreDown
from cds_service.feedback.proof import Kept, Verdict, newest, verify
from cds_service.settings import Settings

UNREAD: Final = 3
"""The exit status when the trail cannot be read."""

_MOST: Final = 20
_END: Final = re.compile(r"(?P<number>[1-9][0-9]{0,17}):(?P<hash>[0-9a-f]{64})")
_DOWN: Final = "the audit trail cannot be read: is CDS_DATABASE_URL right, and the store up?"


def verified(settings: Settings, end: str = "") -> tuple[int, str]:
    """Walk along the trail; give the exit status and what to say.

    `end` is where the trail ended once, as the log tells it: NUMBER:HASH.
    """
    wanted = _END.fullmatch(end)
    if end and not wanted:
        return 2, "--end takes NUMBER:HASH, as the log says it"
    number = int(wanted["number"]) if wanted else 0
    database = Database(settings.database_url)
    try:
        found = verify(database, number)
    except StoreDown:
        return UNREAD, _DOWN
    finally:
        database.let_go()
    lines = [f"record {one.number}: {one.why}" for one in found.broken]
    if wanted:
        lines += _against(found, number, wanted["hash"])
    if not lines:
        return 0, _whole(found)
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return 1, "\n".join([*lines[:_MOST], *more, f"BROKEN: {len(lines)} of {found.count} records"])


def shown(settings: Settings, last: int, form: str) -> tuple[int, str]:
    """Show the newest records as `text`, `json` or `fhir`; give the exit status and what to say."""
    database = Database(settings.database_url)
    try:
        records = newest(database, last)
    except StoreDown:
        return UNREAD, _DOWN
    finally:
        database.let_go()
    for one in records:
        if not {"kind", "at"} <= one.said.keys():
            return 1, f"record {one.number}: it was changed; see audit verify"
    return 0, _FORMS[form](records)


def _against(found: Verdict, number: int, seal: str) -> list[str]:
    """Hold the trail against where it ended once; what has expired since cannot be held."""
    if found.count and number < found.first:
        return []
    if not found.seen:
        return [f"record {number}: it is gone, and the end of the trail with it"]
    return [] if found.seen == seal else [f"record {number}: it is another one than it was"]


def _whole(found: Verdict) -> str:
    """Say that all is well, and where the trail ends."""
    if not found.count:
        return "whole: no records yet"
    said = f"whole: {found.count} records, {found.first} to {found.last.number}"
    return f"{said}\nend: {found.last.number}:{found.last.hash}"


def _text(records: Sequence[Kept]) -> str:
    """Write one line for each record."""
    return "\n".join(map(_line, records)) or "no records yet"


def _line(one: Kept) -> str:
    """Write one record in one line."""
    said = dict(one.said)
    head = f"{one.number:>8}  {str(said.pop('at', '?'))[:19]}Z  {said.pop('kind', '?')}"
    said.pop("cards", None)
    sources = said.pop("sources", {})
    if isinstance(sources, dict):
        states = [str(s.get("state")) for s in sources.values() if isinstance(s, dict)]
        said |= {state: states.count(state) for state in dict.fromkeys(states)}
    return f"{head}  {json.dumps(said, ensure_ascii=True)}"


def _json(records: Sequence[Kept]) -> str:
    """Write records with their places, for machines."""
    listed = [{"number": one.number, "hash": one.hash, **one.said} for one in records]
    return json.dumps(listed, indent=2)


def _fhir(records: Sequence[Kept]) -> str:
    """Write records as a Bundle of AuditEvents."""
    return json.dumps(bundle_of((one.number, one.hash, one.said) for one in records), indent=2)


_FORMS: Final[dict[str, Callable[[Sequence[Kept]], str]]] = {
    "text": _text,
    "json": _json,
    "fhir": _fhir,
}
