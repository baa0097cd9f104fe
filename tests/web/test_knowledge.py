"""`GET /fhir/...`: valid resources, FHIR's own content type, and no cost for hook requests."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from fhir.resources.R4B import get_fhir_model_class
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.artefacts.library import TYPES, load_library
from cds_service.catalog import Catalog
from cds_service.settings import Settings
from cds_service.web import knowledge

BASE = "https://example.org/vertebral-augmentation-cds"
FHIR = "application/fhir+json"


@pytest.fixture(scope="module")
def app(settings: Settings, catalog: Catalog) -> Flask:
    return create_app(settings, catalog)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def got(client: FlaskClient, path: str, status: int = 200) -> dict[str, Any]:
    answer = client.get(f"/fhir/{path}")
    assert answer.status_code == status, answer.text
    assert answer.content_type == FHIR
    value: dict[str, Any] = answer.get_json()
    get_fhir_model_class(value["resourceType"]).model_validate(value)
    return value


def test_the_capability_statement_lists_what_is_served(client: FlaskClient) -> None:
    told = got(client, "metadata")
    (rest,) = told["rest"]
    assert [one["type"] for one in rest["resource"]] == list(TYPES)
    assert told["fhirVersion"] == "4.0.1"
    assert told["implementation"]["url"] == "http://localhost/fhir"


@pytest.mark.parametrize("kind", TYPES)
def test_all_of_a_type_are_found_and_each_can_be_read(client: FlaskClient, kind: str) -> None:
    found = got(client, kind)
    assert found["type"] == "searchset"
    assert found["total"] == len(found["entry"]) > 0
    for entry in found["entry"]:
        one = entry["resource"]
        assert entry["fullUrl"] == f"http://localhost/fhir/{kind}/{one['id']}"
        assert got(client, f"{kind}/{one['id']}") == one


@pytest.mark.parametrize("ident", ["finding", "finding-value", "override-reason", "topic"])
def test_a_code_system_is_found_by_its_canonical_url(client: FlaskClient, ident: str) -> None:
    url = f"{BASE}/CodeSystem/{ident}"
    found = got(client, f"CodeSystem?url={url}")
    assert [entry["resource"]["id"] for entry in found["entry"]] == [ident]
    assert found["link"] == [
        {
            "relation": "self",
            "url": f"http://localhost/fhir/CodeSystem?url={quote(url, safe='')}",
        }
    ]


@pytest.mark.parametrize(
    ("query", "idents"),
    [
        (f"url={BASE}/ValueSet/vs-inr", ["vs-inr"]),
        (f"url={BASE}/ValueSet/vs-inr,{BASE}/ValueSet/vs-pt", ["vs-inr", "vs-pt"]),
        (f"url={BASE}/ValueSet/vs-inr&_id=vs-inr", ["vs-inr"]),
        (f"url={BASE}/ValueSet/vs-inr&_id=vs-pt", []),
        ("url=https://example.org/nothing", []),
        ("_id=vs-inr", ["vs-inr"]),
        ("_id=vs-inr&_id=vs-pt", []),
        ("_id=vs-inr&url=", ["vs-inr"]),
        ("_id=vs-inr&name=ignored", ["vs-inr"]),
    ],
)
def test_value_sets_are_found_by_url_and_id(
    client: FlaskClient, query: str, idents: list[str]
) -> None:
    found = got(client, f"ValueSet?{query}")
    assert [entry["resource"]["id"] for entry in found.get("entry", ())] == idents
    assert found["total"] == len(idents)
    assert "name=" not in found["link"][0]["url"]


@pytest.mark.parametrize(
    "path", ["CodeSystem/nobody", "ValueSet/vs-nobody", "Patient", "Patient/1"]
)
def test_what_is_not_there_is_an_operation_outcome(client: FlaskClient, path: str) -> None:
    told = got(client, path, 404)
    assert told["resourceType"] == "OperationOutcome"
    assert told["issue"][0]["code"] == "not-found"


def test_nothing_can_be_written(client: FlaskClient) -> None:
    answer = client.post("/fhir/ValueSet", json={"resourceType": "ValueSet"})
    assert answer.status_code == 405
    assert answer.content_type == FHIR
    assert "GET" in answer.headers["Allow"]


def test_errors_elsewhere_keep_their_type(client: FlaskClient) -> None:
    assert client.get("/nowhere").content_type == "application/json"


def test_the_public_url_is_the_base(settings: Settings, catalog: Catalog) -> None:
    public = settings.model_copy(update={"public_url": "https://cds.example/api"})
    client = create_app(public, catalog).test_client()
    found = got(client, "ValueSet?_id=vs-inr")
    assert found["entry"][0]["fullUrl"] == "https://cds.example/api/fhir/ValueSet/vs-inr"


def test_another_canonical_base_is_used_throughout(settings: Settings) -> None:
    other = settings.model_copy(update={"canonical": "https://hospital.example/cds"})
    client = create_app(other).test_client()
    found = got(client, "CodeSystem?url=https://hospital.example/cds/CodeSystem/finding")
    assert found["total"] == 1
    assert "example.org" not in client.get("/fhir/ConceptMap").text


def test_nothing_is_made_before_it_is_asked_for_and_then_once(
    settings: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def counted(*given: Any) -> Any:
        made.append(given)
        return load_library(*given)

    monkeypatch.setattr(knowledge, "load_library", counted)
    client = create_app(settings, catalog).test_client()
    body = {"hook": "order-select"}
    client.post("/cds-services/vertebral-augmentation", json=body)
    client.get("/cds-services")
    assert made == []
    client.get("/fhir/ValueSet")
    client.get("/fhir/CodeSystem/finding")
    assert len(made) == 1


@pytest.mark.parametrize(
    ("path", "told", "status"),
    [
        ("metadata", "/fhir/metadata", 200),
        ("CodeSystem", "/fhir/CodeSystem", 200),
        ("ValueSet?_id=nobody", "/fhir/ValueSet", 200),
        ("ConceptMap/local-codes", "/fhir/ConceptMap/{id}", 200),
        ("ValueSet/nobody", "/fhir/ValueSet/{id}", 404),
    ],
)
def test_answers_fit_the_openapi_document(
    client: FlaskClient, path: str, told: str, status: int
) -> None:
    document = client.get("/openapi.json").get_json()
    schema = document["paths"][told]["get"]["responses"][str(status)]["content"][FHIR]["schema"]
    jsonschema.validate(got(client, path, status), {**document, **schema})
