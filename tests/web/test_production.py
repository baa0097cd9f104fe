"""The service as it is started: production only when it is safe, each token good once."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests

from cds_service.app import checker_of, create_app
from cds_service.catalog import Catalog
from cds_service.deciding import answer
from cds_service.errors import SettingsError
from cds_service.evidence.gather import Gatherer
from cds_service.settings import load_settings
from cds_service.web import logs
from cds_service.web.server import _working
from tests.clients.ehr import ISSUER, PUBLIC, bearer, claims, key_server, key_set, token
from tests.conftest import PROJECT
from tests.web.conftest import BODY

PATH = "/cds-services/vertebral-augmentation"
Start = Callable[..., Any]


def clients(folder: Path, *more: str, issuer: str = ISSUER) -> str:
    """Write a file of one client."""
    (folder / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    path = folder / "clients.toml"
    lines = ['name = "ehr"', f'issuer = "{issuer}"', 'algorithms = ["ES384"]', *more]
    path.write_text("[[clients]]\n" + "\n".join([*lines, 'key_set = "keys.json"']))
    return str(path)


@pytest.fixture
def start(tmp_path: Path, catalog: Catalog) -> Start:
    """Start a production service as far as it gets."""
    clients(tmp_path)

    def make(**changed: str) -> Any:
        environment = {
            "CDS_PROFILE": "production",
            "CDS_PUBLIC_URL": PUBLIC,
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
            "CDS_CLIENTS": str(tmp_path / "clients.toml"),
            **{f"CDS_{name.upper()}": value for name, value in changed.items()},
        }
        return create_app(load_settings(environment), catalog=catalog)

    return make


def test_a_safe_service_starts(start: Start) -> None:
    client = start().test_client()
    assert client.get("/cds-services").status_code == 200
    assert client.post(PATH, json=BODY).status_code == 401


def test_production_needs_clients(start: Start) -> None:
    with pytest.raises(SettingsError, match=r"^CDS_CLIENTS: production needs the file"):
        start(clients="")


def test_production_needs_its_public_url(start: Start, tmp_path: Path) -> None:
    """Also where every audience is registered: no address is ever made of the Host header."""
    path = clients(tmp_path, f'audiences = ["{PUBLIC}/cds-services"]')
    with pytest.raises(SettingsError, match=r"^CDS_PUBLIC_URL: production needs the URL"):
        start(clients=path, public_url="")


def test_production_refuses_a_file_without_clients(start: Start, tmp_path: Path) -> None:
    (tmp_path / "none.toml").write_text("clients = []")
    with pytest.raises(SettingsError, match="needs at least one"):
        start(clients=str(tmp_path / "none.toml"))


def test_production_refuses_the_sandbox(start: Start, tmp_path: Path) -> None:
    path = clients(tmp_path, issuer="https://sandbox.cds-hooks.org")
    with pytest.raises(SettingsError, match="the private key of the sandbox is public"):
        start(clients=path)


@pytest.mark.parametrize(
    "line",
    [
        'fhir_origins = ["http://fhir.ehr.example"]',
        'audiences = ["http://cds.example/cds-services"]',
        'jwks_url = "http://ehr.example/jwks.json"',
    ],
)
def test_production_refuses_http(start: Start, tmp_path: Path, line: str) -> None:
    path = clients(tmp_path, line)
    with pytest.raises(SettingsError, match="needs https"):
        start(clients=path)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"fhir_origins": "http://fhir.example"}, "over https only"),
        ({"public_url": "http://cds.example"}, "production needs https"),
        ({"cors_origins": "*"}, "is refused in production"),
        ({"cors_origins": "https://a.example:*"}, "is refused in production"),
        ({"database_url": "postgresql+psycopg://a:Password@db/cds"}, "a password of its own"),
        ({"database_url": "postgresql+psycopg://store:store@db/cds"}, "a password of its own"),
        ({"database_url": "sqlite://"}, "must be sqlite:///PATH"),
    ],
)
def test_production_refuses_settings_of_a_developer(
    start: Start, setting: dict[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        start(**setting)


def test_production_refuses_to_be_debugged(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(SettingsError, match=r"^FLASK_DEBUG: production never runs in debug mode"):
        start()


def test_production_answers_a_saved_request_to_whoever_has_the_machine(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    environment = {"CDS_PROFILE": "production", "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/x"}
    saved = PROJECT / "fhir_fixtures" / "requests" / "order_select.json"
    status, body = answer(load_settings(environment), saved, datetime(2025, 5, 20, tzinfo=UTC))
    assert (status, bool(body["cards"])) == (200, True)


def test_compose_starts_with_the_three_settings_at_its_head_and_the_example(
    tmp_path: Path,
) -> None:
    """What it asks for is what its head names, and with these production is safe."""
    text = (PROJECT / "compose.yaml").read_text()
    given = {
        "CDS_DATABASE_PASSWORD": "s3cret",
        "CDS_PUBLIC_URL": "https://cds.example.org",
        "CDS_CLIENTS_FOLDER": str(tmp_path),
    }
    head = "".join(line for line in text.splitlines() if line.startswith("#"))
    asked = set(re.findall(r"[$][{](\w+)", text))
    assert asked == set(given) == set(re.findall(r"CDS_[A-Z_]+", head))
    example = PROJECT / "cds_service" / "clients" / "clients.example.toml"
    shutil.copy(example, tmp_path / "clients.toml")
    filled = re.sub(r"[$][{](\w+)[^}]*[}]", lambda found: given[found[1]], text)
    environment = dict(re.findall(r"^ +(CDS_\w+): (\S+)$", filled, re.MULTILINE))
    assert f'"{tmp_path}:/config:ro"' in filled
    environment["CDS_CLIENTS"] = environment["CDS_CLIENTS"].replace("/config", str(tmp_path))
    checker = checker_of(load_settings(environment))
    assert checker is not None
    assert [one.name for one in checker.clients.listed] == ["general-hospital"]
    assert environment["CDS_DATABASE_URL"] == "postgresql+psycopg://cds:s3cret@store/cds"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    written = io.StringIO()
    with patch("sys.stdout", written):
        logs.configure("INFO")
        yield written
    logging.getLogger().handlers[:] = []


def forget(lines: io.StringIO) -> None:
    lines.seek(0)
    lines.truncate()


def banner(lines: io.StringIO) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [one for one in found if one["logger"] == "cds_service.web.auth"]


def test_the_start_says_how_safe_it_is(
    start: Start, lines: io.StringIO, tmp_path: Path, catalog: Catalog
) -> None:
    start()
    [said] = banner(lines)
    assert said["event"] == "starting: only registered clients are answered"
    assert (said["level"], said["profile"], said["clients"]) == ("INFO", "production", ["ehr"])
    forget(lines)
    start(clients=clients(tmp_path, "replay = false"))
    assert [(one["level"], one.get("client")) for one in banner(lines)[1:]] == [("WARNING", "ehr")]
    forget(lines)
    store = f"sqlite:///{tmp_path}/cds.sqlite3"
    create_app(load_settings({"CDS_DATABASE_URL": store}), catalog=catalog)
    [said] = banner(lines)
    assert said["event"].startswith("starting without authentication")
    assert said["level"] == "WARNING"


def test_a_token_is_good_once_and_a_limit_holds_for_all_workers(tmp_path: Path) -> None:
    """Many uses at once, two processes: one comes in (a thousand: tests/feedback/test_replay).

    The limit of a client is one for both as well.
    """
    listed = Path(clients(tmp_path))
    busy = listed.read_text().replace(ISSUER, "https://busy.example").replace('"ehr"', '"busy"')
    listed.write_text(f"{listed.read_text()}\n{busy}\nrequests_per_minute = 60\n")
    environment = {
        **os.environ,
        "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
        "CDS_CLIENTS": str(listed),
        "CDS_PUBLIC_URL": PUBLIC,
    }
    words = [sys.executable, "-m", "cds_service", "serve", "--port", "18475"]
    process = subprocess.Popen(
        [*words, "--workers", "2", "--threads", "8"], cwd=PROJECT, env=environment
    )
    url = "http://127.0.0.1:18475"
    try:
        for _ in range(300):
            try:
                requests.get(f"{url}/healthz", timeout=2)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        moment = int(time.time())
        headers = bearer(token(claims(iat=moment, exp=moment + 300)))

        def call(_: int) -> list[int]:
            with requests.Session() as session:
                return [
                    session.post(url + PATH, json=BODY, headers=headers, timeout=60).status_code
                    for _ in range(30)
                ]

        with ThreadPoolExecutor(8) as pool:
            statuses = [status for part in pool.map(call, range(8)) for status in part]
        assert (statuses.count(200), statuses.count(401)) == (1, 239)

        def call_often(_: int) -> list[int]:
            found = []
            for _ in range(5):
                said = claims(iss="https://busy.example", iat=moment, exp=moment + 300)
                with requests.Session() as session:  # a connection each: both workers take some
                    answer = session.post(url + PATH, json=BODY, headers=bearer(token(said)))
                found.append(answer.status_code)
            return found

        begun = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            statuses = [status for part in pool.map(call_often, range(8)) for status in part]
        assert statuses.count(429) == 40 - statuses.count(200)
        assert 10 <= statuses.count(200) <= 11 + time.monotonic() - begun
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_the_servers_of_a_client_are_asked_and_no_others() -> None:
    """Production: by https, and only what is registered for the very client that calls."""
    gatherer = Gatherer({}, profile="production", fhir_origins=["https://fhir.site.example"])
    doors = gatherer._doors
    own = frozenset({("https", "fhir.ehr.example", 443), ("http", "plain.example", 80)})
    for server, given, allowed in (
        ("https://fhir.ehr.example/r4", own, True),
        ("https://fhir.ehr.example:443/r4", own, True),
        ("https://fhir.ehr.example:8443/r4", own, False),
        ("https://fhir.ehr.example.evil.example/r4", own, False),
        ("http://fhir.ehr.example/r4", own, False),
        ("http://plain.example/r4", own, False),
        ("https://fhir.site.example/r4", own, False),
        ("https://fhir.ehr.example/r4", frozenset(), False),
        ("https://fhir.ehr.example/r4", None, False),
        ("https://fhir.site.example/r4", None, True),
    ):
        assert bool(doors.access(server, "t", given)) is allowed, (server, given)
    gatherer.close()
    developer = Gatherer({})
    here = frozenset({("http", "localhost", 8080), ("https", "fhir.ehr.example", 443)})
    for server, given, allowed in (
        ("http://localhost:8080/r4", here, True),
        ("http://localhost:8081/r4", here, False),
        ("https://fhir.ehr.example/r4", here, False),
        ("http://localhost:8081/r4", None, True),
    ):
        assert bool(developer._doors.access(server, "t", given)) is allowed, (server, given)
    developer.close()


def test_keys_are_fetched_as_soon_as_a_worker_starts(start: Start, tmp_path: Path) -> None:
    """Before the first token: while the first look lasts, all tokens but one must come again."""
    with key_server("ES384-a") as server:
        path = tmp_path / "clients.toml"
        lines = ['name = "ehr"', f'issuer = "{ISSUER}"', 'algorithms = ["ES384"]']
        path.write_text("[[clients]]\n" + "\n".join([*lines, f'jwks_url = "{server.url}"']))
        app = start(profile="development", clients=str(path))
        assert server.asked == []
        _working(type("Worker", (), {"wsgi": app}))
        until = time.monotonic() + 10
        while not server.asked and time.monotonic() < until:
            time.sleep(0.01)
        assert server.asked == ["/jwks.json"]
