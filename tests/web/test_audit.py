"""What is recorded of calls: who, what, from which data; nothing of a patient unless asked for."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.errors import DataUnavailable
from cds_service.feedback.database import Database
from cds_service.feedback.proof import newest, verify
from cds_service.feedback.store import Store
from cds_service.settings import load_settings
from tests.clients.ehr import ISSUER, PUBLIC, bearer, claims, key_set, token
from tests.web.conftest import BODY, CARD, NOW, PLAIN, SELECT, Build, Story
from tests.web.test_feedback import ACCEPTED

Left = Callable[[], list[dict[str, Any]]]
Ours = dict[str, Any]
INSTANCE = BODY["hookInstance"]


@pytest.fixture
def left(store: Store, tmp_path: Path) -> Left:
    """Close the store, and read what is in it."""

    def read() -> list[dict[str, Any]]:
        store.close()
        database = Database(f"sqlite:///{tmp_path}/cds.sqlite3")
        assert not verify(database).broken
        records = [one.said for one in newest(database, 100)]
        database.let_go()
        return records

    return read


@pytest.fixture
def ours(body: Ours) -> Ours:
    """Write a request whose selected order is ours."""
    order = body["context"]["draftOrders"]["entry"][0]["resource"]
    order["code"] = {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "22514"}]}
    order["subject"] = {"reference": "Patient/vcf-1"}
    return body


@pytest.fixture
def real(catalog: Catalog, store: Store, tmp_path: Path) -> Callable[..., Flask]:
    """Build the real application with one registered client."""
    (tmp_path / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    (tmp_path / "clients.toml").write_text(
        f'[[clients]]\nname = "ehr"\nissuer = "{ISSUER}"\nalgorithms = ["ES384"]\n'
        'key_set = "keys.json"\nrequests_per_minute = 60\ntenants = ["north"]\n'
    )

    def make(**environment: str) -> Flask:
        chosen = {
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/used.sqlite3",
            "CDS_CLIENTS": str(tmp_path / "clients.toml"),
            "CDS_PUBLIC_URL": PUBLIC,
            **environment,
        }
        settings = load_settings(chosen)
        return create_app(settings, catalog=catalog, clock=lambda: NOW, store=store)

    return make


def send(app: Flask, body: Ours, path: str = SELECT, **changed: Any) -> Any:
    proof = bearer(token(claims(aud=f"{PUBLIC}{path}", **({"tenant": "north"} | changed))))
    return app.test_client().post(path, json=body, headers=proof)


def test_a_call_is_recorded_with_all_that_led_to_its_answer(
    real: Callable[..., Flask], ours: Ours, left: Left, catalog: Catalog
) -> None:
    answer = send(real(), ours)
    cards = answer.get_json()["cards"]
    [one] = left()
    assert one["kind"] == "call"
    assert one["at"].startswith("2026-11-21T09:30:00")
    assert (one["client"], one["issuer"], one["tenant"]) == ("ehr", ISSUER, "north")
    assert (one["service"], one["hook"]) == ("vertebral-augmentation", "order-select")
    assert (one["instance"], one["status"]) == (INSTANCE, 200)
    assert one["orders"] == ["CPT 22514"]
    assert one["version"] == catalog.version
    assert one["cards"] == [card["uuid"] for card in cards]
    assert "level_unspecified_or_mismatch" in one["fired"]
    assert one["sources"]["patient"] == {"state": "answered", "origin": "prefetch"}
    assert one["sources"]["laboratory"]["state"] == "not-sought"
    assert not {"user", "patient"} & set(one)
    assert "vcf-1" not in json.dumps(one)
    assert "Practitioner" not in json.dumps(one)


@pytest.mark.parametrize(
    ("which", "named"),
    [
        ("client", {}),
        ("user", {"user": "Practitioner/example"}),
        ("patient", {"user": "Practitioner/example", "patient": "vcf-1"}),
    ],
)
def test_a_site_decides_whom_the_trail_names(
    build: Build, body: Ours, left: Left, which: str, named: dict[str, str]
) -> None:
    assert build(audit_names=which).test_client().post(SELECT, json=body).status_code == 200
    [one] = left()
    assert {name: one[name] for name in ("user", "patient") if name in one} == named


def test_users_who_are_patients_are_no_staff(build: Build, body: Ours, left: Left) -> None:
    body["context"]["userId"] = "Patient/vcf-1"
    build(audit_names="user").test_client().post(SELECT, json=body)
    assert "user" not in left()[0]


def test_what_is_no_id_is_not_recorded(build: Build, body: Ours, left: Left) -> None:
    """A text in the place of an id could say anything."""
    body["hookInstance"] = "Mrs Smith"
    body["context"]["userId"] = "Practitioner/Dr Jones"
    build(audit_names="patient").test_client().post(SELECT, json=body)
    [one] = left()
    assert not {"instance", "user"} & set(one)


def test_a_foreign_order_leaves_no_record(client: FlaskClient, body: Ours, left: Left) -> None:
    """Most calls are none of our business; they stay as cheap as they were."""
    body["context"]["selections"] = ["ServiceRequest/other"]
    assert client.post(SELECT, json=body).get_json() == {"cards": []}
    assert left() == []


def test_a_call_that_fails_is_recorded_with_its_status(
    client: FlaskClient, story: Story, body: Ours, left: Left
) -> None:
    for error in (DataUnavailable("none", "prefetch"), ValueError("Mrs Smith")):

        def fail(error: Exception = error) -> Any:
            raise error

        story.answer = fail
        client.post(SELECT, json=body)
    records = left()
    assert [(one["status"], one["cards"]) for one in records] == [(412, []), (500, [])]
    assert "Smith" not in json.dumps(records)


def test_a_call_without_data_says_which_sources_failed(
    real: Callable[..., Flask], ours: Ours, left: Left
) -> None:
    del ours["prefetch"]
    ours["fhirServer"] = "https://elsewhere.example/fhir"
    assert send(real(), ours).status_code == 412
    [one] = left()
    assert (one["status"], one["orders"]) == (412, ["CPT 22514"])
    source = one["sources"]["laboratory"]
    assert source["state"] == "failed"
    assert source["detail"] == "this FHIR server is not registered"


def test_refused_callers_are_counted(real: Callable[..., Flask], ours: Ours, left: Left) -> None:
    app = real()
    for _ in range(20):
        assert app.test_client().post(SELECT, json=ours).status_code == 401
    [one] = left()
    assert (one["kind"], one["why"]) == ("refused", {"unauthorized": 20})


def test_calls_beyond_the_limit_are_counted(
    real: Callable[..., Flask], ours: Ours, left: Left
) -> None:
    app = real()
    ours["context"]["selections"] = []
    statuses = [send(app, ours).status_code for _ in range(70)]
    refused = statuses.count(429)
    assert refused
    assert left()[-1]["why"] == {"too many": refused}


def test_feedback_is_recorded_without_what_it_says(
    client: FlaskClient, store: Store, left: Left
) -> None:
    store.issued([CARD], "vertebral-augmentation", "1.0", NOW)
    assert client.post(f"{SELECT}/feedback", json={"feedback": [ACCEPTED]}).status_code == 200
    [one] = left()
    assert (one["kind"], one["received"], one["stored"]) == ("feedback", 1, 1)
    assert set(one) == {"kind", "at", "service", "received", "stored"}


def test_rules_and_cards_of_an_answer_are_named(
    client: FlaskClient, body: Ours, left: Left
) -> None:
    client.post(SELECT, json=body)
    [one] = left()
    assert one["cards"] == [CARD.uuid, PLAIN.uuid]
    assert one["fired"] == ["coagulopathy_correctable"]


def test_a_trail_that_is_not_written_shows_in_readiness_and_stops_no_advice(
    build: Build, body: Ours, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    broken = Store(f"sqlite:///{tmp_path}/file/cds.sqlite3")
    broken._writer.failing = True
    client = build(store=broken).test_client()
    assert client.post(SELECT, json=body).status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["audit"]["written"] is False
    broken.close()


def test_while_the_database_takes_no_record_readiness_says_so_and_no_longer(
    build: Build, body: Ours, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: the table is gone, advice goes on, and the record is there in the end."""
    monkeypatch.setattr("cds_service.feedback.writer._RETRY_SECONDS", 0.01)
    client = build().test_client()
    file = sqlite3.connect(tmp_path / "cds.sqlite3", isolation_level=None)
    file.execute("ALTER TABLE audit_end RENAME TO gone")

    def becomes(status: int) -> bool:
        until = time.monotonic() + 15
        while client.get("/readyz").status_code != status and time.monotonic() < until:
            time.sleep(0.01)
        return client.get("/readyz").status_code == status

    assert client.get("/readyz").status_code == 200
    assert client.post(SELECT, json=body).status_code == 200
    assert becomes(503)
    assert client.post(SELECT, json=body).status_code == 200
    file.execute("ALTER TABLE gone RENAME TO audit_end")
    assert becomes(200)
    assert file.execute("SELECT count(*) FROM audit").fetchone() >= (1,)
    file.close()


def test_readiness_tells_though_the_store_can_be_read(build: Build, store: Store) -> None:
    store._writer.failing = True
    answer = build().test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "degraded")
    assert answer.get_json()["store"]["reachable"] is True
