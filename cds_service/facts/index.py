"""References: which resource of the record another one points at, and which entries are twins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds_service.clinical.evidence import Item, Resource
from cds_service.facts.elements import obj, objs, word


def reference_of(resource: Mapping[str, Any], full_url: str = "") -> str:
    """Name a resource: "Type/id", else its fullUrl, else its bare type."""
    name, kind = resource.get("id"), resource.get("resourceType")
    kind = kind.strip() if isinstance(kind, str) else ""
    return f"{kind}/{name}" if isinstance(name, str) and name else full_url or kind


def without_twins(items: Iterable[Item]) -> list[tuple[str, Item]]:
    """Take each resource once, with its reference.

    The same resource may come under two prefetch keys; of two versions the later one stays. Two
    that differ and tell no order both stay.
    """
    named = [
        (reference_of(item.resource, item.full_url), item)
        for item in items
        if isinstance(item.resource, dict)
    ]
    if len({reference for reference, _ in named}) == len(named):
        return named
    kept: dict[str, list[Item]] = {reference: [] for reference, _ in named}
    for reference, item in named:
        _add(kept[reference], item)
    return [(reference, item) for reference, twins in kept.items() for item in twins]


def _add(twins: list[Item], item: Item) -> None:
    """Add a resource beside others of its name, unless it says nothing new."""
    for place, twin in enumerate(twins):
        if twin.resource == item.resource:
            return
        older, newer = _updated(twin.resource), _updated(item.resource)
        alike = not (twin.full_url and item.full_url) or twin.full_url == item.full_url
        if alike and older and newer and older != newer:
            twins[place] = max(twin, item, key=lambda one: _updated(one.resource))
            return
    twins.append(item)


def _updated(resource: Resource) -> str:
    """Give the moment of the last update as it is written; instants of one server sort as text."""
    return word(obj(resource.get("meta")).get("lastUpdated"))


class Index:
    """Finds referenced resources; built only when the first reference is followed."""

    __slots__ = ("_found", "_items")

    def __init__(self, items: Iterable[tuple[str, Item]]) -> None:
        """Keep the resources until they are asked for."""
        self._items = tuple(items)
        self._found: dict[str, Resource | None] | None = None

    def resolve(self, reference: object, holder: Mapping[str, Any]) -> Resource | None:
        """Find what a Reference (or its string) points at; None where that cannot be told.

        Takes "#id" of `holder`, "Type/id", "urn:uuid:..." and absolute URLs, with or without
        "_history". A name that two different resources share resolves to none of them.
        """
        text = word(reference if isinstance(reference, str) else obj(reference).get("reference"))
        if not text:
            return None
        if text.startswith("#"):
            return contained(holder, text[1:])
        if self._found is None:
            self._found = _names(self._items)
        text = text.split("/_history/", 1)[0]
        exact = self._found.get(text)
        return exact if exact is not None else self._found.get("/".join(text.split("/")[-2:]))


def contained(holder: Mapping[str, Any], name: str) -> Resource | None:
    """Find a contained resource of `holder` by its id."""
    for inner in objs(holder.get("contained")):
        if inner.get("id") == name:
            return inner
    return None


def _names(items: Iterable[tuple[str, Item]]) -> dict[str, Resource | None]:
    """Map all names by which resources may be referred to; None marks a name of several."""
    found: dict[str, Resource | None] = {}
    for reference, item in items:
        for name in {reference, item.full_url} - {""}:
            known = found.get(name, item.resource)
            found[name] = known if known is item.resource else None
    return found
