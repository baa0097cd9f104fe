"""The patterns of suggestions, read from `suggestions.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cds_service.cards.tables import closed, read_toml, rows, text
from cds_service.clinical.card import Coding
from cds_service.clinical.procedure import Draft
from cds_service.errors import ContentError

LOINC: Final = "http://loinc.org"
REGIONS: Final = ("cervical", "thoracic", "lumbar", "both")
KINDS: Final = ("order", "task", "delete", "split")


def load_drafts(folder: Path) -> Mapping[str, Draft]:
    """Read the patterns of suggestions."""
    return {key: _draft(key, one) for key, one in read_toml(folder / "suggestions.toml").items()}


def _draft(key: str, raw: Any) -> Draft:
    """Read one pattern."""
    where = f"suggestions.toml [{key}]"
    closed(raw, where, ("label", "kind"), ("text", "note", "priority", "codes", "by_region"))
    kind = text(raw, "kind", where)
    if kind not in KINDS:
        msg = f"{where}: unknown kind {kind!r}"
        raise ContentError(msg)
    by_region = closed(raw.get("by_region", {}), where, (), REGIONS)
    draft = Draft(
        key,
        text(raw, "label", where),
        kind,
        text(raw, "text", where, ""),
        text(raw, "note", where, ""),
        text(raw, "priority", where, ""),
        tuple(_loinc(one, where) for one in rows(raw, "codes", where)),
        {name: _loinc(one, where) for name, one in by_region.items()},
    )
    if kind in {"order", "task"} and not draft.text:
        msg = f"{where}: an order or a Task needs a text"
        raise ContentError(msg)
    return draft


def _loinc(raw: Any, where: str) -> Coding:
    """Read one LOINC coding."""
    closed(raw, where, ("code", "display"))
    return Coding(LOINC, text(raw, "code", where), text(raw, "display", where))
