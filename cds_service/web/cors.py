"""CORS for browser clients (conformance section 7), and the headers that every answer carries.

Written here because every rule must hold at once: preflights never ask for a token, errors carry
the header too, credentials are never allowed, caches keep origins apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from flask import Flask, Response, request

_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}

_NO_PAGE: Final = "default-src 'none'; frame-ancestors 'none'"
"""Where nothing else is said, an answer is no page: a browser runs, loads and frames nothing."""


def install(app: Flask, origins: Iterable[str]) -> None:
    """Set the headers on every answer, whatever became of the request."""
    allowed = pattern(origins)

    @app.after_request
    def dressed(response: Response) -> Response:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cache-Control"] = "no-store"
        headers.setdefault("Content-Security-Policy", _NO_PAGE)
        headers["Referrer-Policy"] = "no-referrer"
        if allowed is None:
            return response
        headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin is not None and allowed.fullmatch(origin):
            headers["Access-Control-Allow-Origin"] = origin
            if request.method == "OPTIONS":
                headers.extend(_PREFLIGHT)
        return response


def pattern(origins: Iterable[str]) -> re.Pattern[str] | None:
    """Join origins to one pattern; `*` in the place of the port is any port, alone any origin.

    None when no origin is allowed.
    """
    parts = []
    for origin in origins:
        if origin == "*":
            parts.append(r"[!-~]+")
        elif origin.endswith(":*"):
            parts.append(re.escape(origin.removesuffix(":*")) + r"(?::[0-9]{1,5})?")
        else:
            parts.append(re.escape(origin))
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None
