"""Alive and ready."""

from __future__ import annotations

from pathlib import Path

from flask.testing import FlaskClient

from cds_service.feedback.store import Store
from tests.web.conftest import SELECT, Build


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
