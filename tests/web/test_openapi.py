"""The OpenAPI document is true: every route is in it, every answer fits it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from cds_service.errors import DataUnavailable
from tests.web.conftest import BODY, SELECT, SIGN, Build, Story
from tests.web.test_feedback import ACCEPTED, OVERRIDDEN
from tests.web.test_hooks import spoiled


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    """Get the document as it is served."""
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    served: dict[str, Any] = answer.get_json()
    return served


def fits(document: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    """Hold a value against a schema of the document."""
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(value)


def test_it_is_openapi_31_with_valid_schemas(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_route_is_in_the_document_and_nothing_else(
    build: Build, document: dict[str, Any]
) -> None:
    app: Flask = build()
    services = ["vertebral-augmentation", "vertebral-augmentation-sign"]
    routed = set()
    for rule in app.url_map.iter_rules():
        if "//" in rule.rule:  # the echo of a real client's slash
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            for service in services:
                path = re.sub(r"<service_id>", service, rule.rule)
                path = path.replace("<resource_id>", "{id}")
                routed.add((path, method.lower()))
    told = {(path, verb) for path, verbs in document["paths"].items() for verb in verbs}
    assert told == routed


CALLS: list[tuple[str, str, Any, int]] = [
    ("get", "/cds-services", None, 200),
    ("get", "/healthz", None, 200),
    ("get", "/readyz", None, 200),
    ("post", SELECT, BODY, 200),
    ("post", SIGN, spoiled("hook", "order-sign"), 200),
    ("post", SELECT, {}, 400),
    ("post", SIGN, BODY, 400),
    ("post", SELECT, "not declared", 415),
    ("post", SELECT, {"x": "y" * 2000}, 413),
    ("post", SELECT + "/feedback", {"feedback": [ACCEPTED, OVERRIDDEN]}, 200),
    ("post", SELECT + "/feedback", {"feedback": [{}]}, 400),
]


@pytest.mark.parametrize(("method", "path", "sent", "status"), CALLS)
def test_real_answers_fit_the_document(
    build: Build, document: dict[str, Any], method: str, path: str, sent: Any, status: int
) -> None:
    client = build(max_body_bytes="1500").test_client()
    how = {"data": sent} if isinstance(sent, str) else {"json": sent}
    answer = getattr(client, method)(path, **({} if sent is None else how))
    assert answer.status_code == status, answer.text
    told = document["paths"][path][method]["responses"][str(status)]
    fits(document, told["content"]["application/json"]["schema"], answer.json)


@pytest.mark.parametrize(("error", "status"), [(DataUnavailable("x"), 412), (KeyError(), 500)])
def test_what_goes_wrong_fits_the_document(
    build: Build, story: Story, document: dict[str, Any], error: Exception, status: int
) -> None:
    def fail() -> tuple[Any, ...]:
        raise error

    story.answer = fail
    answer = build().test_client().post(SELECT, json=BODY)
    told = document["paths"][SELECT]["post"]["responses"][str(status)]
    fits(document, told["content"]["application/json"]["schema"], answer.json)


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        (SELECT, BODY),
        (SELECT, BODY | {"fhirServer": None, "fhirAuthorization": None, "prefetch": None}),
        (SELECT, BODY | {"fhirServer": "http://h/r4", "fhirAuthorization": {"access_token": "t"}}),
        (SIGN, spoiled("hook", "order-sign")),
        (SELECT + "/feedback", {"feedback": [ACCEPTED, OVERRIDDEN]}),
    ],
)
def test_right_requests_fit_the_document(document: dict[str, Any], path: str, sent: Any) -> None:
    content = document["paths"][path]["post"]["requestBody"]["content"]
    fits(document, content["application/json"]["schema"], sent)


@pytest.mark.parametrize("member", ["hook", "hookInstance", "context"])
def test_the_document_requires_what_the_service_requires(
    document: dict[str, Any], member: str
) -> None:
    schema = document["components"]["schemas"]["OrderSelectRequest"]
    assert member in schema["required"]


def test_the_public_url_is_the_server(build: Build) -> None:
    client = build(public_url="https://cds.example").test_client()
    assert client.get("/openapi.json").get_json()["servers"] == [{"url": "https://cds.example"}]
