"""The one table from error to status; every error body is an OperationOutcome.

| error | status | IssueType |
| --- | --- | --- |
| `RequestError` of errors.py | its own | its own, with the member at fault |
| an error of HTTP itself (werkzeug) | its own | by `ISSUES` |
| the store is down | 503 | transient, with Retry-After as wherever waiting helps |
| anything else | 500 | exception; nothing is told but that it happened |
"""

from __future__ import annotations

import logging
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from cds_service.errors import RequestError, Unauthorized
from cds_service.feedback.store import StoreDown
from cds_service.web import logs
from cds_service.web.replies import FHIR, JSON, reply

_LOG: Final = logging.getLogger(__name__)
_STORE_SECONDS: Final = 5

ISSUES: Final = {
    400: ("invalid", "the request cannot be understood"),
    401: ("login", "a valid token is needed"),
    404: ("not-found", "there is nothing at this address"),
    405: ("not-supported", "this method is not supported here"),
    408: ("timeout", "the request took too long to arrive"),
    413: ("too-long", "the request is too large"),
    414: ("too-long", "the address is too long"),
    415: ("not-supported", "this type of body is not supported"),
    429: ("throttled", "more requests than this client may send; try again later"),
    431: ("too-long", "the header is too large"),
    503: ("transient", "not possible now; try again later"),
}
"""Our words for the errors of HTTP itself: theirs may repeat what was sent."""


def outcome(code: str, message: str, expression: str = "") -> dict[str, Any]:
    """Write an OperationOutcome (FHIR R4) with one issue."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": message}
    if expression:
        issue["expression"] = [expression]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def install(app: Flask) -> None:
    """Answer every error of the application by the table."""
    app.register_error_handler(RequestError, _of_request)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(StoreDown, _of_store)
    app.register_error_handler(Exception, _unexpected)


def _told(body: dict[str, Any], status: int) -> Response:
    """Answer with an error, in FHIR's own type where FHIR was asked for."""
    fhir = request.path.startswith("/fhir/")
    return reply(body, status, FHIR if fhir else JSON)


def _of_request(error: RequestError) -> Response:
    """Answer an error of the caller, with our own words for it."""
    answer = _told(outcome(error.issue, str(error), error.expression), error.status)
    if isinstance(error, Unauthorized):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _of_http(error: HTTPException) -> Response:
    """Answer an error of HTTP itself, and keep its headers, such as Allow."""
    status = error.code or 500
    answer = _told(outcome(*ISSUES.get(status, ("processing", "not possible"))), status)
    for name, value in error.get_headers():
        if name != "Content-Type":
            answer.headers[name] = value
    return answer


def _of_store(error: StoreDown) -> Response:
    """Answer that nothing could be kept, so that the client may send it again."""
    logs.failed(_LOG, "store down", error)
    answer = _told(outcome(*ISSUES[503]), 503)
    answer.headers["Retry-After"] = str(_STORE_SECONDS)
    return answer


def _unexpected(error: Exception) -> Response:
    """Answer a fault of ours: where it happened is logged, what was in it is not."""
    logs.failed(_LOG, "unexpected error", error)
    return _told(outcome("exception", "an internal error; it has been logged"), 500)
