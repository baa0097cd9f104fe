"""Schemathesis against our own document: whatever it makes of it gets a documented answer.

In this process, with few examples, always the same ones. What the document leaves open is no fault:
a blank card or an address that is none fits the schemas, and gets the 400 that stands there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.settings import load_settings
from tests.clients.ehr import ISSUER, PUBLIC, key_set

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW = settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
Operation = APIOperation[Any, Any, Any, Any]
Build = Callable[..., Flask]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the real application; no FHIR server is ever waited for."""

    def make(catalog: Catalog, **environment: str) -> Flask:
        database = f"sqlite:///{tmp_path_factory.mktemp('store')}/cds.sqlite3"
        chosen = {"CDS_DATABASE_URL": database, "CDS_DEADLINE_MS": "100", **environment}
        return create_app(load_settings(chosen), catalog=catalog, clock=lambda: NOW)

    return make


def operations(app: Flask) -> list[Operation]:
    """List what the document of an application describes."""
    schema = openapi.from_wsgi("/openapi.json", app)
    return [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]


def answers(
    operation: Operation, mode: GenerationMode, spoil: Callable[[Any], None] = lambda _: None
) -> Counter[int]:
    """Ask what fits the document, or what does not; count the statuses that came."""
    statuses: Counter[int] = Counter()

    @FEW
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        spoil(case.body)
        answer = case.call()
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    ask()
    return statuses


def test_what_fits_the_document_gets_a_documented_answer(build: Build, catalog: Catalog) -> None:
    found = {one.label: answers(one, GenerationMode.POSITIVE) for one in operations(build(catalog))}
    assert len(found) == 14
    posted = {label: one for label, one in found.items() if label.startswith("POST")}
    assert len(posted) == 4
    assert all(set(statuses) <= {200, 400} for statuses in posted.values()), posted
    assert all(200 in statuses for statuses in posted.values()), posted
    assert all(set(one) <= {200, 404} for label, one in found.items() if label not in posted)


def ours(body: Any) -> None:
    """Put an order that concerns us into a request, and leave the rest of it as it was made."""
    order = {
        "resourceType": "ServiceRequest",
        "id": "ours",
        "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "22514"}]},
        "subject": {"reference": f"Patient/{body['context']['patientId']}"},
    }
    drafts = {"resourceType": "Bundle", "entry": [{"resource": order}]}
    body["context"] |= {"draftOrders": drafts, "selections": ["ServiceRequest/ours"]}


def test_orders_of_ours_get_a_documented_answer(build: Build, catalog: Catalog) -> None:
    """Whatever else stands in the request: prefetch, tokens, addresses."""
    found: Counter[int] = Counter()
    for one in operations(build(catalog)):
        if one.label.endswith("vertebral-augmentation-sign"):
            found += answers(one, GenerationMode.POSITIVE, ours)
    assert 412 in found
    assert set(found) <= {200, 400, 412}


def test_what_does_not_fit_gets_a_documented_refusal(build: Build, catalog: Catalog) -> None:
    for one in operations(build(catalog)):
        if one.label.startswith("POST /cds-services/vertebral-augmentation-sign"):
            assert set(answers(one, GenerationMode.NEGATIVE)) <= {200, 400, 413, 415}


def test_who_proves_nothing_gets_what_is_documented(
    build: Build, catalog: Catalog, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    (tmp_path / "clients.toml").write_text(
        f'[[clients]]\nname = "ehr"\nissuer = "{ISSUER}"\nalgorithms = ["ES384"]\n'
        'key_set = "keys.json"\n'
    )
    closed = {"CDS_CLIENTS": str(tmp_path / "clients.toml"), "CDS_PUBLIC_URL": PUBLIC}
    for one in operations(build(catalog, **closed)):
        if one.label.endswith("-sign/feedback"):
            assert set(answers(one, GenerationMode.POSITIVE)) == {401}
