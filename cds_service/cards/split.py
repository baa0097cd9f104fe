"""Splitting an order of too many levels into two sessions (rules.md 1.9, sg-split)."""

from __future__ import annotations

from typing import Any, Final

from cds_service.cards.case import Case
from cds_service.cards.markdown import plain
from cds_service.clinical.card import Action
from cds_service.clinical.procedure import Draft

_OF_ONE_ORDER: Final = (
    *("id", "meta", "identifier", "requisition"),
    *("occurrenceDateTime", "occurrencePeriod", "occurrenceTiming"),
)
"""What a second order does not share with the first: its names and its day."""

_OF_ALL_LEVELS: Final = ("quantityQuantity", "quantityRatio", "quantityRange")
"""What speaks of all levels at once, so that a part of the order would contradict it."""


def split(case: Case, draft: Draft) -> tuple[Action, ...]:
    """Propose to keep as many levels as one session allows, and to stage the rest.

    None where the order fits a session, or cannot be split by its body sites alone.
    """
    most = _most_levels(case)
    order = max(case.chart.selected, key=lambda one: len(one.levels), default=None)
    if order is None or not most or len(order.levels) <= most:
        return ()
    sites = _objects(order.resource.get("bodySite"))
    if len(sites) != len(order.levels) or any(key in order.resource for key in _OF_ALL_LEVELS):
        return ()
    # a narrative tells of all levels, so neither part can keep it
    kept = {key: value for key, value in order.resource.items() if key != "text"}
    rest = {key: value for key, value in kept.items() if key not in _OF_ONE_ORDER}
    note = [*_objects(rest.get("note")), {"text": draft.note or draft.text}]
    rest |= {"status": "draft", "bodySite": sites[most:], "note": note}
    return (
        Action("update", _described(draft, sites[:most]), kept | {"bodySite": sites[:most]}),
        Action("create", _described(draft, sites[most:]), rest),
    )


def _most_levels(case: Case) -> int:
    """Find the number of levels that one session allows; none is 0."""
    for check in case.procedure.checks:
        limit = getattr(check.statement.limits, "levels_above", None)
        if limit is not None:
            return int(limit.value)
    return 0


def _described(draft: Draft, sites: list[dict[str, Any]]) -> str:
    """Say which sites a part is for, in the order's own words: its sites are in no fixed order."""
    return f"{draft.label}: {', '.join(_words(site) for site in sites)}"


def _words(site: dict[str, Any]) -> str:
    """Say one body site by its text, else by its first code."""
    said = [site.get("text")]
    for coding in _objects(site.get("coding")):
        said += [coding.get("display"), coding.get("code")]
    return plain(next((words for words in said if words and isinstance(words, str)), "site"))


def _objects(value: Any) -> list[dict[str, Any]]:
    """Take the objects of a list; anything else is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
