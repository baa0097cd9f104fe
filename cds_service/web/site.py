"""Puts the endpoints together to one Flask application."""

from __future__ import annotations

from flask import Flask

from cds_service.web import (
    auth,
    cors,
    crowd,
    discovery,
    feedback,
    health,
    hooks,
    knowledge,
    logs,
    metrics,
    openapi,
    problems,
    spans,
)
from cds_service.web.parts import Parts


def site(parts: Parts) -> Flask:
    """Build the application; ContentError for a service that clients could not call.

    No address is ever redirected: a redirected preflight fails in a browser (conformance 1.10).
    """
    app = Flask("cds_service", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    logs.install(app)
    if parts.tracer is not None:
        spans.install(app, parts.tracer)
        parts = spans.traced(parts, parts.tracer)
    crowd.install(app)
    auth.install(app)
    cors.install(app, parts.settings.browser_origins)
    problems.install(app)
    for endpoints in (discovery, hooks, feedback, health, knowledge, openapi, metrics):
        endpoints.install(app, parts)
    return app
