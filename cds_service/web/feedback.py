"""`POST /cds-services/{id}/feedback` (CDS Hooks 2.0.1, "Feedback"; conformance section 5)."""

from __future__ import annotations

from flask import Flask, Response, request

from cds_service.errors import NotFound
from cds_service.feedback.issuance import reasons_of
from cds_service.web import logs
from cds_service.web.audit import reported
from cds_service.web.auth import caller
from cds_service.web.discovery import PATH
from cds_service.web.guards import read_json
from cds_service.web.hooks import limits_of
from cds_service.web.parts import Parts
from cds_service.web.replies import reply
from cds_service.web.schemas import load_feedback
from cds_service.web.tally import FEEDBACK


def install(app: Flask, parts: Parts) -> None:
    """Keep all that a body reports of cards of this client; the same report again is no news.

    What is wrong refuses the whole body. A card that this client never got is no error: it is
    received and not stored (see `feedback/issuance.py`).
    """
    services = {service.id for service in parts.catalog.services}
    limits = limits_of(parts)
    reasons = parts.catalog.reasons

    @app.post(f"{PATH}/<service_id>/feedback", endpoint="feedback")
    @app.post(f"{PATH}//<service_id>/feedback", endpoint="feedback")
    def keep(service_id: str) -> Response:
        if service_id not in services:
            msg = "there is no such service"
            raise NotFound(msg)
        who = caller(request, parts, f"/{service_id}/feedback")
        logs.note(service=service_id)
        received = load_feedback(read_json(request, limits))
        entries = reasons_of(parts.store.own(received, who.mark), reasons)
        now = parts.clock()
        stored = parts.store.add_feedback(entries, now)
        logs.note(count=stored)
        if parts.tally is not None:
            parts.tally.add_all((FEEDBACK, entry.outcome) for entry in entries)
        parts.store.record(reported(who, service_id, len(received), stored, now))
        return reply({"received": len(received), "stored": stored})
