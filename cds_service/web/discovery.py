"""`GET /cds-services` (CDS Hooks 2.0.1, "Discovery")."""

from __future__ import annotations

import re
from typing import Final

import orjson
from flask import Flask, Response, request

from cds_service.errors import ContentError
from cds_service.web.auth import caller
from cds_service.web.incoming import REQUESTS
from cds_service.web.outgoing import Offer, dump_discovery
from cds_service.web.parts import Parts
from cds_service.web.replies import JSON

PATH: Final = "/cds-services"
_ID: Final = re.compile(r"[A-Za-z0-9._~-]+")


def install(app: Flask, parts: Parts) -> None:
    """Serve the document, written once: it does not change between calls (conformance 1.7)."""
    body = orjson.dumps(dump_discovery(offers(parts)))

    @app.get(PATH, endpoint="discovery")
    def discover() -> Response:
        caller(request, parts, "")
        return Response(body, mimetype=JSON)


def offers(parts: Parts) -> list[Offer]:
    """List the services; ContentError for one that clients could not call (conformance 1.3)."""
    for service in parts.catalog.services:
        if not _ID.fullmatch(service.id) or service.hook not in REQUESTS:
            hooks = ", ".join(REQUESTS)
            msg = (
                f"service {service.id!r}: needs an id of A-Z a-z 0-9 . _ ~ - and a hook of {hooks}"
            )
            raise ContentError(msg)
    return [
        Offer(
            hook=service.hook,
            id=service.id,
            title=service.title,
            description=service.description,
            version=parts.settings.cds_version,
            hook_version=parts.settings.hook_version,
            prefetch=dict(parts.catalog.prefetch(service)),
        )
        for service in parts.catalog.services
    ]
