"""References that are worth a read: drugs and specimens which a search did not bring along."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cds_service.clinical.evidence import Item

_PATH: Final = re.compile(r"(?P<kind>Medication|Specimen)/(?P<id>[A-Za-z0-9._~-]{1,255})")


def wanted(items: Iterable[Item], base: str) -> Iterator[tuple[str, str]]:
    """Give (type, path below the base URL) of the references that matter in resources.

    `base` is the base URL of the one server that may be asked: an absolute reference to any other
    stays unread.
    """
    for item in items:
        resource = item.resource
        if "medicationReference" in resource:
            yield from _readable(resource["medicationReference"], base)
        elif "specimen" in resource and "valueQuantity" not in resource:
            # The specimen tells a blood culture from another; a number needs none.
            yield from _readable(resource["specimen"], base)


def known(items: Iterable[Item]) -> set[str]:
    """Give the relative paths of all resources that are there."""
    return {f"{item.resource['resourceType']}/{item.resource.get('id')}" for item in items}


def _readable(reference: Any, base: str) -> Iterator[tuple[str, str]]:
    """Give type and path of one Reference, if it leads to a resource that we would read."""
    text = reference.get("reference") if isinstance(reference, dict) else None
    if isinstance(text, str):
        relative = text.removeprefix(base + "/").partition("/_history/")[0]
        found = _PATH.fullmatch(relative)
        if found and found["id"] not in {".", ".."}:
            yield found["kind"], relative
