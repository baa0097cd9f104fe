"""Alive and ready."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.feedback.store import Store
from cds_service.settings import load_settings
from tests.clients.ehr import PUBLIC
from tests.web.conftest import SELECT, Build
from tests.web.test_production import clients


def test_alive(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_ready_tells_what_is_loaded(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "content": {"version": "1.0+abc", "counts": {"rules": 17, "papers": 4}},
        "store": {"reachable": True, "lost": 0},
        "audit": {"written": True, "waiting": 0, "lost": 0, "spooled": True},
        "terminology": {},
    }


def test_a_store_that_is_down_shows_in_readiness_and_never_stops_advice(
    build: Build, tmp_path: Path, body: dict[str, object]
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    broken = Store(f"sqlite:///{tmp_path}/file/cds.sqlite3")
    client = build(store=broken).test_client()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "degraded")
    assert answer.get_json()["store"]["reachable"] is False
    assert client.get("/healthz").status_code == 200
    assert len(client.post(SELECT, json=body).get_json()["cards"]) == 2
    broken.close()


def test_production_tells_a_stranger_no_more_than_ready_or_not(
    catalog: Catalog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Operators see the rest by their token, also where nothing is measured, and in the log."""
    (tmp_path / "token").write_text("a-word-that-nobody-guesses-0123456789")
    settings = load_settings(
        {
            "CDS_PROFILE": "production",
            "CDS_PUBLIC_URL": PUBLIC,
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
            "CDS_CLIENTS": clients(tmp_path),
            "CDS_METRICS_TOKEN": str(tmp_path / "token"),
        }
    )
    store = Store(settings.database_url)
    client = create_app(settings, catalog=catalog, store=store).test_client()
    right = {"Authorization": "Bearer a-word-that-nobody-guesses-0123456789"}
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer a-word"}):
        answer = client.get("/readyz", headers=headers)
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert client.get("/readyz", headers=right).get_json()["store"]["reachable"] is True
    store._writer.failing = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "degraded"})
    assert client.get("/readyz", headers=right).get_json()["audit"]["written"] is False
    [said, _] = [one for one in caplog.records if one.msg == "not ready"]
    assert said.said == {"error": "audit"}  # type: ignore[attr-defined] # set by `extra`
    store.close()


def test_without_a_token_production_tells_nobody(catalog: Catalog, tmp_path: Path) -> None:
    settings = load_settings(
        {
            "CDS_PROFILE": "production",
            "CDS_PUBLIC_URL": PUBLIC,
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
            "CDS_CLIENTS": clients(tmp_path),
        }
    )
    client = create_app(settings, catalog=catalog).test_client()
    for word in ("Bearer ", "Bearer None", ""):
        assert client.get("/readyz", headers={"Authorization": word}).json == {"status": "ok"}
