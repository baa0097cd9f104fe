"""Suggestions: drafts that the clinician may accept, never anything final (rules.md 1.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from cds_service.cards.case import Case
from cds_service.cards.identity import new_uuid
from cds_service.cards.split import split
from cds_service.clinical.card import Action, Coding, Suggestion
from cds_service.clinical.levels import region_of
from cds_service.clinical.procedure import Draft

MOST: Final = 6
"""How many suggestions one card offers; more is a list that nobody reads."""


def suggestions_for(case: Case, keys: Iterable[str]) -> tuple[Suggestion, ...]:
    """Make the suggestions of a card, each once, in the order of the card file."""
    drafts = (case.procedure.drafts[key] for key in dict.fromkeys(keys))
    made = (_suggestion(case, draft) for draft in drafts)
    return tuple(islice((one for one in made if one is not None), MOST))


def behavior(suggestions: tuple[Suggestion, ...]) -> str:
    """Say whether several may be accepted: only independent new orders (conformance 13.6)."""
    if not suggestions:
        return ""
    kinds = {action.kind for one in suggestions for action in one.actions}
    return "any" if kinds == {"create"} else "at-most-one"


def _suggestion(case: Case, draft: Draft) -> Suggestion | None:
    """Make one suggestion of its pattern, or none where it does not fit the order."""
    actions = _ACTIONS[draft.kind](case, draft)
    if not actions:
        return None
    return Suggestion(draft.label, new_uuid(), actions)


def _orders(case: Case, draft: Draft) -> tuple[Action, ...]:
    """Draft one order for each code, or one of words where there is no code."""
    codings = draft.codes or _by_region(case, draft)
    if not codings:
        return (Action("create", draft.label, _order(case, draft, draft.text, None)),)
    if len(codings) == 1 and draft.codes:
        return (Action("create", draft.label, _order(case, draft, draft.text, codings[0])),)
    return tuple(
        Action("create", f"{draft.label}: {one.display}", _order(case, draft, one.display, one))
        for one in codings
    )


def _by_region(case: Case, draft: Draft) -> tuple[Coding, ...]:
    """Choose the code for the regions of the target levels; all where they are not known.

    None for a region without a code: an order for another region would be wrong.
    """
    known = {name: one for name, one in draft.by_region.items() if name != "both"}
    regions = {region_of(level) for level in case.chart.targets} or set(known)
    if "both" in draft.by_region and not (len(regions) == 1 and regions <= set(known)):
        return (draft.by_region["both"],)
    return tuple(known[name] for name in known if name in regions) if regions <= set(known) else ()


def _order(case: Case, draft: Draft, words: str, coding: Coding | None) -> Mapping[str, Any]:
    """Write a draft ServiceRequest (FHIR R4)."""
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": {"text": words},
        "subject": {"reference": f"Patient/{case.request.patient_id}"},
    }
    if coding:
        resource["code"]["coding"] = [
            {"system": coding.system, "code": coding.code, "display": coding.display}
        ]
    if draft.priority:
        resource["priority"] = draft.priority
    if draft.note:
        resource["note"] = [{"text": draft.note}]
    return _in_encounter(case, resource)


def _task(case: Case, draft: Draft) -> tuple[Action, ...]:
    """Draft a Task (FHIR R4)."""
    resource: dict[str, Any] = {
        "resourceType": "Task",
        "status": "draft",
        "intent": "proposal",
        "code": {"text": draft.text},
        "description": draft.note or draft.text,
        "for": {"reference": f"Patient/{case.request.patient_id}"},
    }
    return (Action("create", draft.label, _in_encounter(case, resource)),)


def _in_encounter(case: Case, resource: dict[str, Any]) -> dict[str, Any]:
    """Add the encounter of the request, where it has one."""
    if case.request.encounter_id:
        resource["encounter"] = {"reference": f"Encounter/{case.request.encounter_id}"}
    return resource


def _delete(case: Case, draft: Draft) -> tuple[Action, ...]:
    """Propose to delete the selected draft orders."""
    return tuple(
        Action("delete", draft.label, resource_id=order.reference)
        for order in case.chart.selected
        if order.reference.count("/") == 1
    )


_ACTIONS: Final = {"order": _orders, "task": _task, "delete": _delete, "split": split}
