"""Discovery: stable, complete, nothing empty, no redirect."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.errors import ContentError
from tests.web.conftest import Build, straw_catalog


def test_the_document_lists_both_services_in_full(client: FlaskClient) -> None:
    """Conformance 1.1 to 1.4 and 13.2."""
    answer = client.get("/cds-services")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    first, second = answer.get_json()["services"]
    assert first == {
        "hook": "order-select",
        "id": "vertebral-augmentation",
        "title": "Vertebral augmentation",
        "description": "Advises on orders",
        "version": "2.0.1",
        "hookVersion": "1.0",
        "prefetch": {"patient": "Patient/{{context.patientId}}"},
    }
    assert (second["hook"], second["id"]) == ("order-sign", "vertebral-augmentation-sign")


def test_an_empty_prefetch_is_left_out(build: Build) -> None:
    """Conformance 1.6: that includes "prefetch": {}."""
    answer = build(catalog=straw_catalog({})).test_client().get("/cds-services")
    assert all("prefetch" not in service for service in answer.get_json()["services"])


def test_versions_come_from_the_settings(build: Build) -> None:
    """Conformance 13.2."""
    client = build(cds_version="2.0", hook_version="1.1.0").test_client()
    service = client.get("/cds-services").get_json()["services"][0]
    assert (service["version"], service["hookVersion"]) == ("2.0", "1.1.0")


@pytest.mark.parametrize("method", ["get", "options"])
def test_a_slash_at_the_end_is_no_redirect(client: FlaskClient, method: str) -> None:
    """Conformance 1.10, real clients section 1."""
    answer = getattr(client, method)("/cds-services/")
    assert answer.status_code == 200
    assert answer.data == getattr(client, method)("/cds-services").data


def test_the_document_does_not_change_between_calls(client: FlaskClient) -> None:
    """Conformance 1.7."""
    assert client.get("/cds-services").data == client.get("/cds-services").data


@pytest.mark.parametrize(
    ("ident", "hook"), [("a b", "order-select"), ("", "order-select"), ("a", "patient-view")]
)
def test_a_service_that_nobody_could_call_stops_the_start(
    build: Build, ident: str, hook: str
) -> None:
    """Conformance 1.3."""
    catalog: Any = straw_catalog()
    catalog.services = (SimpleNamespace(id=ident, hook=hook, title="t", description="d"),)
    with pytest.raises(ContentError, match="needs an id of"):
        build(catalog=catalog)
