"""`/healthz`: the process lives. `/readyz`: content, store and audit trail are in order."""

from __future__ import annotations

from flask import Flask, Response

from cds_service.web.parts import Parts
from cds_service.web.replies import reply


def install(app: Flask, parts: Parts) -> None:
    """Serve both; a store that is down takes nothing from the advice, but readiness tells.

    So it does, for the worker that answers, as long as its last audit records are not written.
    """

    @app.get("/healthz", endpoint="alive")
    def alive() -> Response:
        return reply({"status": "ok"})

    @app.get("/readyz", endpoint="ready")
    def ready() -> Response:
        reachable = parts.store.reachable()
        audit = parts.store.audit
        well = reachable and bool(audit["written"])
        body = {
            "status": "ok" if well else "degraded",
            "content": {"version": parts.catalog.version, "counts": dict(parts.catalog.counts)},
            "store": {"reachable": reachable, "lost": parts.store.lost},
            "audit": audit,
            "terminology": dict(parts.terminology()),
        }
        return reply(body, 200 if well else 503)
