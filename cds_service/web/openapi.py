"""`GET /openapi.json`: OpenAPI 3.1, made of the very schemas that read and write the wire."""

# ruff: noqa: N815 - members are named as on the wire

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Flask, Response
from marshmallow import INCLUDE, Schema, fields

from cds_service import __version__
from cds_service.artefacts.library import TYPES
from cds_service.web.discovery import PATH
from cds_service.web.feedback_schema import FeedbackIn, FeedbackOut
from cds_service.web.incoming import REQUESTS
from cds_service.web.knowledge import BASE, CRITERIA
from cds_service.web.outgoing import CardsOut, DiscoveryOut
from cds_service.web.parts import Parts
from cds_service.web.replies import FHIR, JSON

if TYPE_CHECKING:
    from cds_service.catalog import Service

TITLE: Final = "Vertebral augmentation: decision support by CDS Hooks 2.0.1"
_WRONG: Final = {
    401: "nothing proves who calls",
    400: "not JSON, or a member is missing or wrong",
    412: "data that is needed was neither supplied nor reachable",
    413: "too large, too deep or too many",
    415: "not declared as JSON",
    429: "more requests than this client may send",
    500: "our fault",
    503: "not possible now",
}
BEARER: Final = "client"
_SCHEME: Final = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "a JWT of a registered client (CDS Hooks 2.0.1, Trusting CDS Clients)",
}
_METRICS: Final = {
    "summary": "Metrics for Prometheus",
    "responses": {
        "200": {"description": "answered", "content": {"text/plain": {}}},
        "401": {"description": "not the token of a scraper", "content": {"application/json": {}}},
    },
}
_POSTED: Final = (400, 413, 415, 500, 503)


class Issue(Schema):
    """One thing that is wrong."""

    severity = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "FHIR IssueType"})
    diagnostics = fields.String(metadata={"description": "in words, without patient data"})
    expression = fields.List(fields.String(), metadata={"description": "the member at fault"})


class OperationOutcome(Schema):
    """What every error answers (FHIR R4)."""

    resourceType = fields.Constant(
        "OperationOutcome", required=True, metadata={"enum": ["OperationOutcome"]}
    )
    issue = fields.List(fields.Nested(Issue), required=True, metadata={"minItems": 1})


class Alive(Schema):
    """The process lives."""

    status = fields.String(required=True, metadata={"enum": ["ok"]})


class Content(Schema):
    """The clinical content that is loaded."""

    version = fields.String(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class StoreState(Schema):
    """Whether the store can be reached, and how many cards it could not note."""

    reachable = fields.Boolean(required=True)
    lost = fields.Integer(required=True)


class AuditState(Schema):
    """Whether the audit trail is written, how much of it waits, was lost, and outlives a kill."""

    written = fields.Boolean(required=True)
    waiting = fields.Integer(required=True)
    lost = fields.Integer(required=True)
    spooled = fields.Boolean(required=True)


class Ready(Schema):
    """Whether all is there that answers need; in production the rest is for operators."""

    status = fields.String(required=True, metadata={"enum": ["ok", "degraded"]})
    content = fields.Nested(Content)
    store = fields.Nested(StoreState)
    audit = fields.Nested(AuditState)
    terminology = fields.Dict(
        keys=fields.String(),
        metadata={"description": "whether SNOMED CT codes were expanded, and when"},
    )


class FhirResource(Schema):
    """A FHIR resource has more members than are listed here."""

    class Meta:
        """Let them be."""

        unknown = INCLUDE


class CapabilityStatement(FhirResource):
    """What this end of FHIR can do (FHIR R4)."""

    resourceType = fields.Constant(
        "CapabilityStatement", required=True, metadata={"enum": ["CapabilityStatement"]}
    )
    fhirVersion = fields.String(required=True)
    rest = fields.List(fields.Dict(), required=True)


class Artefact(FhirResource):
    """A resource of our terminology (FHIR R4)."""

    resourceType = fields.String(required=True, metadata={"enum": list(TYPES)})
    id = fields.String(required=True)
    url = fields.String(required=True, metadata={"format": "uri"})
    version = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": ["active", "draft"]})


class Entry(Schema):
    """One resource that was found."""

    fullUrl = fields.String(required=True, metadata={"format": "uri"})
    resource = fields.Nested(Artefact, required=True)
    search = fields.Dict(required=True)


class Bundle(FhirResource):
    """What a search found (FHIR R4)."""

    resourceType = fields.Constant("Bundle", required=True, metadata={"enum": ["Bundle"]})
    type = fields.Constant("searchset", required=True, metadata={"enum": ["searchset"]})
    total = fields.Integer(required=True)
    entry = fields.List(fields.Nested(Entry), metadata={"minItems": 1})


def install(app: Flask, parts: Parts) -> None:
    """Serve the document; it is made when it is first asked for."""
    services, url = parts.catalog.services, parts.settings.public_url
    checker = parts.checker
    closed = checker is not None and not checker.clients.discovery_open

    @cache
    def body() -> bytes:
        bearer, metrics = checker is not None, parts.tally is not None
        return orjson.dumps(document(services, url, bearer=bearer, closed=closed, metrics=metrics))

    @app.get("/openapi.json", endpoint="openapi")
    def openapi() -> Response:
        return Response(body(), mimetype=JSON)


def document(
    services: Iterable[Service],
    public_url: str,
    *,
    bearer: bool = False,
    closed: bool = False,
    metrics: bool = False,
) -> dict[str, Any]:
    """Write the document for these services.

    `bearer`: only registered clients are answered; `closed`: discovery asks for a token as well;
    `metrics` are told.
    """
    from apispec import APISpec  # only this page needs it
    from apispec.ext.marshmallow import MarshmallowPlugin  # as above

    options = {"servers": [{"url": public_url}]} if public_url else {}
    spec = APISpec(TITLE, __version__, "3.1.0", plugins=[MarshmallowPlugin(_name)], **options)
    if bearer:
        spec.components.security_scheme(BEARER, _SCHEME)
    discovery = _get("Discovery", DiscoveryOut)
    spec.path(PATH, operations={"get": _guarded(discovery) if closed else discovery})
    for service in services:
        call = _post(service.title, REQUESTS[service.hook], CardsOut, (*_POSTED, 412))
        call["description"] = service.description
        spec.path(f"{PATH}/{service.id}", operations={"post": _guarded(call) if bearer else call})
        tell = _post(f"Feedback: {service.title}", FeedbackIn, FeedbackOut, _POSTED)
        tell = _guarded(tell) if bearer else tell
        spec.path(f"{PATH}/{service.id}/feedback", operations={"post": tell})
    spec.path("/healthz", operations={"get": _probe("Alive", Alive)})
    ready = _probe("Ready", Ready)
    ready["responses"]["503"] = _answer(
        "the store cannot be reached, or the audit trail not be written", Ready
    )
    spec.path("/readyz", operations={"get": ready})
    if metrics:
        spec.path("/metrics", operations={"get": _METRICS})
    for path, operation in _knowledge():
        spec.path(path, operations={"get": operation})
    this: dict[str, Any] = {"200": {"description": "this document", "content": {JSON: {}}}}
    spec.path("/openapi.json", operations={"get": {"summary": "OpenAPI", "responses": this}})
    written: dict[str, Any] = spec.to_dict()
    return written


def _guarded(operation: dict[str, Any]) -> dict[str, Any]:
    """Say that an operation asks for a client token, and what comes without one."""
    for code in (401, 429, 503):
        operation["responses"][str(code)] = _answer(_WRONG[code], OperationOutcome)
    return operation | {"security": [{BEARER: []}]}


def _name(schema: type[Schema] | Schema) -> str:
    """Name a schema in the document as its class."""
    return (schema if isinstance(schema, type) else type(schema)).__name__


def _get(summary: str, answer: type[Schema], mime: str = JSON) -> dict[str, Any]:
    """Describe a question without a body."""
    answers = {"200": _answer("answered", answer, mime)}
    crowded = {"503": _answer(_WRONG[503], OperationOutcome, mime)}
    return {"summary": summary, "responses": answers | crowded}


def _probe(summary: str, answer: type[Schema]) -> dict[str, Any]:
    """Describe a question of an orchestrator, answered however many others wait."""
    return {"summary": summary, "responses": {"200": _answer("answered", answer)}}


def _knowledge() -> Iterator[tuple[str, dict[str, Any]]]:
    """Describe the resources of our terminology, path by path."""
    yield f"{BASE}/metadata", _get("FHIR capability statement", CapabilityStatement, FHIR)
    for kind in TYPES:
        search = _get(f"Search {kind}", Bundle, FHIR)
        search["parameters"] = [_parameter(name, "query") for name in CRITERIA]
        yield f"{BASE}/{kind}", search
        read = _get(f"Read {kind}", Artefact, FHIR)
        read["parameters"] = [_parameter("id", "path") | {"required": True}]
        read["responses"]["404"] = _answer("no such resource", OperationOutcome, FHIR)
        yield f"{BASE}/{kind}/{{id}}", read


def _parameter(name: str, place: str) -> dict[str, Any]:
    """Describe a parameter that is a text."""
    return {"name": name, "in": place, "schema": {"type": "string"}}


def _post(
    summary: str, body: type[Schema], answer: type[Schema], errors: Iterable[int]
) -> dict[str, Any]:
    """Describe a question with a body, and all that may come of it."""
    responses = {"200": _answer("answered", answer)}
    responses |= {str(code): _answer(_WRONG[code], OperationOutcome) for code in errors}
    return {
        "summary": summary,
        "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
        "responses": responses,
    }


def _answer(description: str, schema: type[Schema], mime: str = JSON) -> dict[str, Any]:
    """Describe one answer."""
    return {"description": description, "content": {mime: {"schema": schema}}}
