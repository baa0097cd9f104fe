"""`POST /cds-services/{id}`: from a request to cards (CDS Hooks 2.0.1, "Calling a CDS Service")."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from flask import Flask, Response, g, request

from cds_service.errors import NotFound
from cds_service.web import logs
from cds_service.web.audit import audited
from cds_service.web.auth import caller
from cds_service.web.discovery import PATH
from cds_service.web.guards import Limits, read_json
from cds_service.web.parts import Parts
from cds_service.web.replies import JSON, reply
from cds_service.web.schemas import bound_prefetch, dump_cards, load_request
from cds_service.web.tally import counted

NOTHING: Final = b'{"cards":[]}'
"""The answer to an order that is none of our business."""


def install(app: Flask, parts: Parts) -> None:
    """Serve every service of the catalog; a second slash is the first one's echo (real clients)."""
    settings, catalog = parts.settings, parts.catalog
    services = {service.id: service for service in catalog.services}
    limits = limits_of(parts)
    tally = parts.tally
    if tally is not None:
        parts = replace(parts, gather=counted(parts.gather, tally))

    @app.post(f"{PATH}/<service_id>", endpoint="hook")
    @app.post(f"{PATH}//<service_id>", endpoint="hook")
    def call(service_id: str) -> Response:
        service = services.get(service_id)
        if service is None:
            msg = "there is no such service"
            raise NotFound(msg)
        who = caller(request, parts, f"/{service_id}")
        logs.note(service=service.id, hook=service.hook, cards=0)
        asked = load_request(service.hook, read_json(request, limits))
        if not parts.concerns(asked, service.procedure):
            g.order = "not-ours"
            return Response(NOTHING, mimetype=JSON)
        g.order = "ours"
        bound_prefetch(asked.prefetch, settings.max_prefetch_keys, settings.max_entries)
        asked = replace(asked, servers=who.servers, networks=who.networks, batch=who.batch)
        if asked.token and (lacks := who.lacks(asked.scope)):
            logs.note(scopes_missing=lacks)
        now = parts.clock()
        with audited(parts, who, service, asked, now) as record:
            advice = parts.advise(asked, service.procedure, record.gather, now)
            if tally is not None:
                tally.advised(advice)
            parts.store.issued(advice.cards, service.id, catalog.version, now, who.mark)
            record.answered(advice.cards)
            logs.note(cards=len(advice.cards), fired=record.fired, version=catalog.version)
            return reply(dump_cards(advice.cards))


def limits_of(parts: Parts) -> Limits:
    """Read the bounds of a body from the settings."""
    chosen = parts.settings
    return Limits(chosen.max_body_bytes, chosen.max_depth, chosen.max_string)
