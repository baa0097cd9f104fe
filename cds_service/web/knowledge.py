"""`GET /fhir/...`: our terminology as FHIR R4 resources, and what this end of it can do.

All is made when it is first asked for: hook requests pay nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, Response, request

from cds_service import __version__
from cds_service.artefacts.frame import PUBLISHER, Resource
from cds_service.artefacts.library import TYPES, Library, load_library
from cds_service.errors import NotFound
from cds_service.web.parts import Parts
from cds_service.web.replies import FHIR, reply

BASE: Final = "/fhir"
CRITERIA: Final = {"url": ("uri", "urls"), "_id": ("token", "idents")}
"""The search parameters with their type, and what `Library.search` calls them.

Others are ignored, as FHIR asks, and the self link leaves them out.
"""


def install(app: Flask, parts: Parts) -> None:
    """Serve the capability statement, and search and read of each type."""

    @cache
    def library() -> Library:
        return load_library(parts.settings.cards, parts.catalog)

    def here() -> str:
        return (parts.settings.public_url or request.url_root).rstrip("/") + BASE

    @app.get(f"{BASE}/metadata", endpoint="capability")
    def metadata() -> Response:
        return reply(capability(here(), parts.clock().isoformat(timespec="seconds")), mime=FHIR)

    for kind in TYPES:
        path = f"{BASE}/{kind}"
        app.add_url_rule(path, f"{kind}_search", _searching(kind, library, here))
        app.add_url_rule(f"{path}/<resource_id>", f"{kind}_read", _reading(kind, library))


def _searching(
    kind: str, library: Callable[[], Library], here: Callable[[], str]
) -> Callable[[], Response]:
    """Answer a search for one type."""

    def search() -> Response:
        asked = [(name, value) for name in CRITERIA for value in _given(name)]
        found = library().search(kind)
        for name, value in asked:
            kept = library().search(kind, **{CRITERIA[name][1]: value.split(",")})
            found = [one for one in found if one in kept]
        return reply(searchset(kind, found, here(), asked), mime=FHIR)

    return search


def _given(name: str) -> list[str]:
    """List the values of a criterion; an empty one is none."""
    return [value for value in request.args.getlist(name) if value]


def _reading(kind: str, library: Callable[[], Library]) -> Callable[[str], Response]:
    """Answer a read of one type."""

    def read(resource_id: str) -> Response:
        found = library().get(kind, resource_id)
        if found is None:
            msg = f"there is no {kind} with this id"
            raise NotFound(msg)
        return reply(found, mime=FHIR)

    return read


def searchset(
    kind: str, found: list[Resource], base: str, asked: list[tuple[str, str]]
) -> dict[str, Any]:
    """Write the answer to a search; its self link tells which criteria were used."""
    query = f"?{urlencode(asked)}" if asked else ""
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": [{"relation": "self", "url": f"{base}/{kind}{query}"}],
    }
    if found:
        bundle["entry"] = [
            {
                "fullUrl": f"{base}/{kind}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in found
        ]
    return bundle


def capability(base: str, date: str) -> dict[str, Any]:
    """Write the capability statement of this end."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "publisher": PUBLISHER,
        "kind": "instance",
        "software": {"name": PUBLISHER, "version": __version__},
        "implementation": {"description": "Terminology of the service, read only", "url": base},
        "fhirVersion": "4.0.1",
        "format": [FHIR],
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {
                        "type": kind,
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "searchParam": [
                            {"name": name, "type": of} for name, (of, _) in CRITERIA.items()
                        ],
                    }
                    for kind in TYPES
                ],
            }
        ],
    }
