"""Who runs the service, and may see more than a stranger: whoever sends the token for that."""

from __future__ import annotations

import hmac

from flask import Request

from cds_service.web.parts import Parts


def is_operator(request: Request, parts: Parts) -> bool:
    """Tell whether a request has the operators' token; never where there is none."""
    given, expected = request.headers.get("Authorization", ""), parts.metrics_token
    right = hmac.compare_digest(given.encode(), f"Bearer {expected}".encode())
    return right and bool(expected)
