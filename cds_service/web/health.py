"""`/healthz`: the process lives. `/readyz`: content is loaded and the store can be reached."""

from __future__ import annotations

from flask import Flask, Response

from cds_service.web.parts import Parts
from cds_service.web.replies import reply


def install(app: Flask, parts: Parts) -> None:
    """Serve both; a store that is down takes nothing from the advice, but readiness tells."""

    @app.get("/healthz", endpoint="alive")
    def alive() -> Response:
        return reply({"status": "ok"})

    @app.get("/readyz", endpoint="ready")
    def ready() -> Response:
        reachable = parts.store.reachable()
        body = {
            "status": "ok" if reachable else "degraded",
            "content": {"version": parts.catalog.version, "counts": dict(parts.catalog.counts)},
            "store": {"reachable": reachable, "lost": parts.store.lost},
            "terminology": dict(parts.terminology()),
        }
        return reply(body, 200 if reachable else 503)
