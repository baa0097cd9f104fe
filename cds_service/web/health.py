"""`/healthz`: the process lives. `/readyz`: content, store and audit trail are in order.

In production a stranger learns no more than whether they are: what is wrong is for operators, by
their token and in the log.
"""

from __future__ import annotations

import logging
from typing import Final

from flask import Flask, Response, request

from cds_service.web import logs
from cds_service.web.operators import is_operator
from cds_service.web.parts import Parts
from cds_service.web.replies import reply

_LOG: Final = logging.getLogger(__name__)


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
        status, code = ("ok", 200) if well else ("degraded", 503)
        if not well:
            lacking = "audit" if reachable else "store"
            logs.say(_LOG, logging.WARNING, "not ready", error=lacking)
        if parts.settings.profile == "production" and not is_operator(request, parts):
            return reply({"status": status}, code)
        body = {
            "status": status,
            "content": {"version": parts.catalog.version, "counts": dict(parts.catalog.counts)},
            "store": {"reachable": reachable, "lost": parts.store.lost},
            "audit": audit,
            "terminology": dict(parts.terminology()),
        }
        return reply(body, code)
