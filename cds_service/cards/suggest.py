"""Suggestions: drafts that the clinician may accept, never anything final (rules.md 1.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import uuid4

from cds_service.cards.case import Case
from cds_service.clinical.card import Action, Coding, Suggestion
from cds_service.clinical.levels import region_of
from cds_service.clinical.order import Order
from cds_service.clinical.procedure import Draft

MOST: Final = 6
"""How many suggestions one card offers; more is a list that nobody reads."""


def suggestions_for(case: Case, keys: Iterable[str]) -> tuple[Suggestion, ...]:
    """Make the suggestions of a card, each once, in the order of the card file."""
    drafts = (case.procedure.drafts[key] for key in dict.fromkeys(keys))
    made = (_suggestion(case, draft) for draft in drafts)
    return tuple(one for one in made if one is not None)[:MOST]


def behavior(suggestions: tuple[Suggestion, ...]) -> str:
    """Say whether several may be accepted: only independent new orders (conformance 13.6)."""
    if not suggestions:
        return ""
    kinds = {action.kind for one in suggestions for action in one.actions}
    return "any" if kinds == {"create"} else "at-most-one"


def _suggestion(case: Case, draft: Draft) -> Suggestion | None:
    """Make one suggestion of its pattern, or none where it does not fit the order."""
    make = {"order": _orders, "task": _task, "delete": _delete, "split": _split}[draft.kind]
    actions = make(case, draft)
    if not actions:
        return None
    return Suggestion(draft.label, str(uuid4()), actions)


def _orders(case: Case, draft: Draft) -> tuple[Action, ...]:
    """Draft one order for each code, or one of words where there is no code."""
    codings = draft.codes or _by_region(case, draft)
    resources = [order_resource(case, draft, coding) for coding in codings or (None,)]
    return tuple(Action("create", f"{draft.label}", resource) for resource in resources)


def _by_region(case: Case, draft: Draft) -> tuple[Coding, ...]:
    """Choose the code for the regions of the target levels; both where they are not known."""
    if not draft.by_region:
        return ()
    regions = {region_of(level) for level in case.chart.targets}
    single = next(iter(regions)) if len(regions) == 1 else "both"
    coding = draft.by_region.get(single) or draft.by_region.get("both")
    return (coding,) if coding else tuple(draft.by_region.values())


def order_resource(case: Case, draft: Draft, coding: Coding | None) -> Mapping[str, Any]:
    """Write a draft ServiceRequest (FHIR R4)."""
    resource: dict[str, Any] = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        "code": {"text": coding.display if coding and draft.by_region else draft.text},
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


def _split(case: Case, draft: Draft) -> tuple[Action, ...]:
    """Propose to keep as many levels as one session allows, and to stage the rest."""
    most = _most_levels(case)
    order = max(case.chart.selected, key=lambda one: len(one.levels), default=None)
    if order is None or not most or len(order.levels) <= most:
        return ()
    sites = _sites(order)
    if len(sites) != len(order.levels):
        return ()
    kept = {**order.resource, "bodySite": sites[:most]}
    rest = {key: value for key, value in order.resource.items() if key not in ("id", "meta")}
    rest |= {"status": "draft", "bodySite": sites[most:]}
    rest["note"] = [*_list(rest.get("note")), {"text": draft.note or draft.text}]
    return (
        Action("update", f"{draft.label}: {', '.join(order.levels[:most])}", kept),
        Action("create", f"{draft.label}: {', '.join(order.levels[most:])}", rest),
    )


def _most_levels(case: Case) -> int:
    """Find the number of levels that one session allows."""
    for check in case.procedure.checks:
        limit = getattr(check.statement.limits, "levels_above", None)
        if limit is not None:
            return int(limit.value)
    return 0


def _sites(order: Order) -> list[Any]:
    """List the body sites of an order."""
    return _list(order.resource.get("bodySite"))


def _list(value: Any) -> list[Any]:
    """Take a list for a list, anything else for none."""
    return list(value) if isinstance(value, list) else []
