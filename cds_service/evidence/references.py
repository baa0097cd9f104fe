"""References that are worth a read: drugs and specimens which a search did not bring along."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cds_service.clinical.evidence import Item, Resource

_PATH: Final = re.compile(r"(?P<kind>Medication|Specimen)/(?P<id>[A-Za-z0-9._~-]{1,255})")
_DRUGS: Final = frozenset(
    {
        "medication_requests",
        "medication_statements",
        "medication_dispenses",
        "medication_administrations",
    }
)


def wanted(query: str, items: Iterable[Item], base: str) -> Iterator[tuple[str, str]]:
    """Give (type, path below the base URL) of the references that matter in a query's items.

    `base` is the base URL of the one server that may be asked: an absolute reference to any other
    stays unread.
    """
    for item in items:
        for reference in _references(query, item.resource):
            found = _PATH.fullmatch(_relative(reference, base).partition("/_history/")[0])
            if found and found["id"] not in {".", ".."}:
                yield found["kind"], found[0]


def known(items: Iterable[Item]) -> set[str]:
    """Give the relative paths of all resources that are there."""
    return {f"{item.resource['resourceType']}/{item.resource.get('id')}" for item in items}


def _references(query: str, resource: Resource) -> Iterator[str]:
    """Give the texts of a resource's references to a Medication or a Specimen."""
    if query in _DRUGS:
        yield from _text_of(resource.get("medicationReference"))
    elif query == "laboratory" and "specimen" in resource and "valueQuantity" not in resource:
        # The specimen tells a blood culture from another; a number needs none.
        yield from _text_of(resource.get("specimen"))


def _text_of(reference: Any) -> Iterator[str]:
    """Give the reference of a Reference, if there is one."""
    text = reference.get("reference") if isinstance(reference, dict) else None
    if isinstance(text, str):
        yield text


def _relative(reference: str, base: str) -> str:
    """Cut off the base URL of our server."""
    return reference.removeprefix(base + "/")
