"""CORS, and the headers that every answer carries (conformance section 7)."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import SELECT, Build

LOCAL = "http://localhost:8080"
PATHS = ["/cds-services", "/cds-services/", SELECT, SELECT + "/feedback"]


@pytest.mark.parametrize("path", [*PATHS, "/cds-services//vertebral-augmentation"])
def test_a_preflight_needs_no_token(client: FlaskClient, path: str) -> None:
    """Conformance 7.1 and 7.2."""
    asked = {
        "Origin": LOCAL,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = client.options(path, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == LOCAL
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/cds-services", 200),
        ("post", SELECT, 415),
        ("get", SELECT, 405),
        ("get", "/nowhere", 404),
    ],
)
def test_errors_carry_the_header_too(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    """Conformance 7.3."""
    answer = getattr(client, method)(path, headers={"Origin": LOCAL})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == LOCAL
    assert "Origin" in answer.headers["Vary"]


def test_a_fault_of_ours_carries_the_header_too(build: Build, story: Any, body: Any) -> None:
    """Conformance 7.3."""
    story.answer = lambda: 1 / 0
    answer = build().test_client().post(SELECT, json=body, headers={"Origin": LOCAL})
    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == LOCAL
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("configured", "origin", "allowed"),
    [
        (None, "http://localhost", True),
        (None, "http://127.0.0.1:3000", True),
        (None, "https://localhost:3000", False),
        (None, "http://localhost.evil.example", False),
        (None, "http://localhost:8080.evil.example", False),
        (None, "http://evil.example:8080", False),
        (None, "null", False),
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "https://a.example:8443", False),
        ("https://a.example", "https://axexample", False),
        ("https://a.example", "http://localhost:8080", False),
        ("https://a.example,https://b.example:1", "https://b.example:1", True),
        ("*", "https://anything.example", True),
    ],
)
def test_only_configured_origins_are_allowed(
    build: Build, configured: str | None, origin: str, *, allowed: bool
) -> None:
    """Conformance 7.4."""
    client = build(**({"cors_origins": configured} if configured else {})).test_client()
    answer = client.get("/cds-services", headers={"Origin": origin})
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert answer.headers["Vary"] == "Origin"


def test_production_allows_no_origin_by_itself(build: Build) -> None:
    """Conformance 7.4: off by default."""
    client = build(profile="production").test_client()
    answer = client.get("/cds-services", headers={"Origin": LOCAL})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/cds-services", "/healthz", "/nowhere", "/openapi.json"])
def test_every_answer_forbids_sniffing_and_storing(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"
