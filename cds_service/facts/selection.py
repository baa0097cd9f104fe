"""Which draft orders a hook's `selections` mean (CDS Hooks 2.0.1, order-select)."""

from __future__ import annotations

from collections.abc import Sequence

from cds_service.clinical.evidence import Resource


def selected_places(drafts: Sequence[Resource], selections: Sequence[str] | None) -> set[int]:
    """Give the places of the drafts that are selected; all of them where there are no selections.

    A selection is "Type/id", with or without a base URL or a version, or a bare id that only one
    draft has. Ids are opaque: some clients send 190 characters. What matches nothing is ignored.
    """
    if selections is None:
        return set(range(len(drafts)))
    names: dict[str, list[int]] = {}
    for place, draft in enumerate(drafts):
        if isinstance(draft, dict) and isinstance(draft.get("id"), str):
            names.setdefault(f"{draft.get('resourceType')}/{draft['id']}", []).append(place)
            names.setdefault(draft["id"], []).append(place)
    found: set[int] = set()
    for selection in selections:
        if isinstance(selection, str):
            found.update(_places(selection.strip(), names))
    return found


def _places(selection: str, names: dict[str, list[int]]) -> list[int]:
    """Find the drafts of one selection."""
    plain = selection.split("/_history/", 1)[0]
    for name in (selection, plain, "/".join(plain.split("/")[-2:])):
        places = names.get(name, [])
        if places and ("/" in name or len(places) == 1):
            return places
    return []
