"""The wiring with the real content, and the server's own parts."""

from __future__ import annotations

import copy
import gc
import json
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from gunicorn.http import errors  # type: ignore[import-untyped] # has no types

from cds_service import app as wiring
from cds_service.advise import Advice
from cds_service.app import create_app, serve
from cds_service.catalog import Catalog
from cds_service.clinical.evidence import Evidence
from cds_service.feedback.store import Store
from cds_service.settings import load_settings
from cds_service.web import server
from cds_service.web.worker import JsonWorker
from tests.web.conftest import BODY, SELECT, SIGN


@pytest.fixture
def ours() -> dict[str, Any]:
    """Write a request whose selected order is ours."""
    body = copy.deepcopy(BODY)
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["code"] = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "22514"}]}
    order["subject"] = {"reference": "Patient/vcf-1"}
    return body


@pytest.fixture
def real(catalog: Catalog, tmp_path: Path) -> Flask:
    """Build the real application."""
    database = f"sqlite:///{tmp_path}/cds.sqlite3"
    return create_app(load_settings({"CDS_DATABASE_URL": database}), catalog=catalog)


def test_the_real_services_are_served(real: Flask) -> None:
    """Conformance 13.1."""
    services = real.test_client().get("/cds-services").get_json()["services"]
    assert {(one["hook"], one["id"]) for one in services} == {
        ("order-select", "vertebral-augmentation"),
        ("order-sign", "vertebral-augmentation-sign"),
    }
    assert all(one["prefetch"] for one in services)
    assert real.test_client().get("/readyz").status_code == 200


def test_a_real_order_gets_cards(real: Flask, ours: dict[str, Any]) -> None:
    """Conformance 13.5: a relevant order never gets an empty `cards`."""
    answer = real.test_client().post(SELECT, json=ours)
    assert answer.status_code == 200
    assert answer.get_json()["cards"]


def test_without_data_and_server_the_answer_is_412(real: Flask, ours: dict[str, Any]) -> None:
    """Conformance 13.4."""
    del ours["prefetch"]
    assert real.test_client().post(SELECT, json=ours).status_code == 412
    ours["hook"] = "order-sign"
    assert real.test_client().post(SIGN, json=ours).status_code == 412


def test_a_foreign_order_gets_nothing_and_asks_nobody(
    catalog: Catalog, ours: dict[str, Any], tmp_path: Path
) -> None:
    def gather(*_: object) -> Evidence:
        pytest.fail("a foreign order must not be gathered for")

    settings = load_settings({"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3"})
    app = create_app(settings, catalog=catalog, gather=gather)
    ours["context"]["draftOrders"]["entry"][0]["resource"]["code"]["coding"][0]["code"] = "70450"
    assert app.test_client().post(SELECT, json=ours).get_json() == {"cards": []}


def test_the_clock_is_read_in_the_zone_of_the_site(
    catalog: Catalog, ours: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day ends at another moment in New York than in London."""
    times: list[datetime] = []

    def advise(*asked: Any) -> Advice:
        times.append(asked[-1])
        return Advice()

    monkeypatch.setattr(wiring, "advice_for", advise)
    settings = load_settings(
        {
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
            "CDS_TIME_ZONE": "America/New_York",
        }
    )
    fixed = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    for clock in (lambda: fixed, None):
        create_app(settings, catalog=catalog, clock=clock).test_client().post(SELECT, json=ours)
    assert (times[0], times[0].date().isoformat()) == (fixed, "2026-11-20")
    assert times[1].utcoffset() is not None


def test_a_store_that_cannot_be_opened_stops_no_start(
    catalog: Catalog, ours: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"sqlite:///{tmp_path}/file/cds.sqlite3")
    monkeypatch.setattr(wiring, "Store", lambda *_, **__: store)
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    client = create_app(load_settings({}), catalog=catalog).test_client()
    assert client.get("/readyz").status_code == 503
    assert client.post(SELECT, json=ours).status_code == 200
    store.close()


def test_serving_builds_the_application_from_the_settings(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({"CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3"})
    monkeypatch.setattr(wiring, "load_catalog", lambda _: catalog)
    monkeypatch.setattr("cds_service.web.logs.configure", lambda _: None)
    thresholds = gc.get_threshold()
    with patch.object(server.Server, "run", autospec=True) as run:
        serve(settings, "127.0.0.1", 8080, 2, 16)
    made = run.call_args.args[0]
    try:
        assert isinstance(made.load(), Flask)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
    chosen = made.cfg
    assert (chosen.address, chosen.workers, chosen.threads) == ([("127.0.0.1", 8080)], 2, 16)
    assert chosen.graceful_timeout < 10


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.LimitRequestLine(5000, 4094), 414),
        (errors.LimitRequestHeaders("x"), 431),
        (errors.InvalidHeader("secret"), 400),
        (KeyError("secret"), 500),
    ],
)
def test_what_the_server_refuses_itself_is_an_outcome(error: Exception, status: int) -> None:
    ours, theirs = socket.socketpair()
    worker = JsonWorker.__new__(JsonWorker)
    worker.handle_error(None, ours, None, error)
    ours.close()
    head, _, body = theirs.recv(65536).partition(b"\r\n\r\n")
    theirs.close()
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert b"secret" not in body


def test_a_client_that_has_gone_is_nobodys_fault() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    worker = JsonWorker.__new__(JsonWorker)
    worker.handle_error(None, ours, None, errors.InvalidHeader("x"))
    ours.close()


def test_the_store_of_the_settings_is_used(real: Flask, tmp_path: Path) -> None:
    assert real.test_client().get("/readyz").get_json()["store"]["reachable"] is True
    assert Store(f"sqlite:///{tmp_path}/cds.sqlite3").reachable() is True
