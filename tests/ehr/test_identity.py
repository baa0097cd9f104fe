"""`try` and `doctor` as a registered client of a service that asks who calls."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jwt.algorithms import ECAlgorithm
from werkzeug.serving import make_server

from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.ehr.calls import Caller
from cds_service.ehr.doctor import Doctor, Visit
from cds_service.ehr.identity import read_identity
from cds_service.errors import BadRequest
from cds_service.evidence.origins import origin_of
from cds_service.settings import load_settings
from tests.clients.ehr import ISSUER, jwk, key_set, private
from tests.ehr.conftest import CLEAR, Silent, run


def private_jwk(name: str = "ES384-a", **more: Any) -> dict[str, Any]:
    """Write a private key as a JWK."""
    written: dict[str, Any] = ECAlgorithm.to_jwk(private(name), as_dict=True)
    written.pop("key_ops", None)
    return written | {"kid": name, "alg": "ES384"} | more


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "private.json"
    path.write_text(json.dumps(private_jwk()))
    return path


@pytest.fixture
def closed(tmp_path: Path, catalog: Catalog, fhir: str) -> Iterator[str]:
    """Run a real service that asks who calls, under the URL that it is told."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    base, origin = f"http://127.0.0.1:{port}", origin_of(fhir)
    assert origin
    (tmp_path / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    (tmp_path / "clients.toml").write_text(
        f'discovery = "token"\n[[clients]]\nname = "ehr"\nissuer = "{ISSUER}"\n'
        'algorithms = ["ES384"]\nkey_set = "keys.json"\n'
        f'fhir_origins = ["http://{origin.host}:{origin.port}"]\n'
    )
    settings = load_settings(
        {
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
            "CDS_CLIENTS": str(tmp_path / "clients.toml"),
            "CDS_PUBLIC_URL": base,
        }
    )
    app = create_app(settings, catalog)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield base
    server.shutdown()
    server.server_close()
    thread.join()


def doctor(service: str, fhir: str, *words: str) -> dict[str, dict[str, str]]:
    result = run(
        "doctor", "--service", service, "--fhir", fhir, "--patient", CLEAR, *words, "--json"
    )
    return {one["check"]: one for one in json.loads(result.output)["checks"]}


def test_the_doctor_is_let_in_with_the_key_of_a_client(closed: str, fhir: str, key: Path) -> None:
    checks = doctor(closed, fhir, "--issuer", ISSUER, "--key", str(key))
    for name in ("discovery", "answer with prefetch", "answer by FHIR"):
        assert checks[name]["verdict"] in {"PASS", "WARN"}, checks[name]
        assert "401" not in checks[name]["found"]
    assert checks["discovery with slash"]["verdict"] == "PASS"


def test_without_a_key_the_doctor_says_what_it_needs(closed: str, fhir: str) -> None:
    found = doctor(closed, fhir)["discovery"]
    assert (found["verdict"], found["found"]) == ("FAIL", "HTTP 401: the service asks who calls")
    assert found["remedy"] == "give --issuer and --key of a registered client"


def test_where_discovery_is_open_the_answers_are_not_tried_without_a_key(
    closed: str, fhir: str, catalog: Catalog, key: Path
) -> None:
    """Without a key that is no fault; with one that is refused it is."""
    for who, verdict, said in (
        (None, "WARN", "give --issuer"),
        (read_identity("https://other.example", key), "FAIL", "is it registered"),
    ):
        with Caller(closed, None, 5.0, who) as service, Caller(fhir) as server:
            visit = Visit(closed, fhir, CLEAR, identity=who)
            made = Doctor(visit, service, server, catalog)
            found = made._answer("answer", "vertebral-augmentation", CLEAR, {})
        assert (found.verdict.value, found.found[:8]) == (verdict, "HTTP 401")
        assert said in found.remedy


def test_try_sends_its_order_as_a_client(closed: str, fhir: str, key: Path) -> None:
    words = ("try", "--fhir", fhir, "--patient", CLEAR, "--service", closed, "--json")
    told = run(*words, "--issuer", ISSUER, "--key", str(key))
    assert told.exit_code == 0, told.output
    assert '"status": 200' in told.output
    refused = run(*words)
    assert refused.exit_code == 1
    assert "401" in refused.output


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        json.dumps(jwk("ES384-a", alg="ES384")).encode(),
        json.dumps(private_jwk(alg="HS256")).encode(),
        json.dumps(private_jwk(alg="RS384")).encode(),
        json.dumps(private_jwk(kid=5)).encode(),
        json.dumps(private_jwk(d=5)).encode(),
        json.dumps({"kty": "oct", "k": "c2VjcmV0", "kid": "x", "alg": "HS256"}).encode(),
    ],
)
def test_what_is_no_private_key_is_refused_and_not_repeated(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "key.json").write_bytes(raw)
    with pytest.raises(BadRequest, match=r"^key\.json: must be a private key as a JWK"):
        read_identity(ISSUER, tmp_path / "key.json")


def test_a_client_is_issuer_and_key_together(key: Path, tmp_path: Path) -> None:
    assert read_identity(None, None) is None
    for issuer, file in ((ISSUER, None), (None, key), ("", key)):
        with pytest.raises(BadRequest, match="together"):
            read_identity(issuer, file)
    with pytest.raises(BadRequest, match="must be a private key"):
        read_identity(ISSUER, tmp_path / "gone.json")
    assert private_jwk()["d"] not in repr(read_identity(ISSUER, key))


def test_a_token_is_sent_by_https_only_or_to_this_machine(key: Path) -> None:
    identity = read_identity(ISSUER, key)
    with pytest.raises(BadRequest, match="by https only"):
        Caller("http://cds.example", None, 5.0, identity)
    Caller("https://cds.example", None, 5.0, identity).__exit__()
