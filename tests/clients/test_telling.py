"""`auth explain`: all that speaks against a token, for developers, on their own machine."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.__main__ import main
from tests.clients.ehr import ISSUER, PUBLIC, SELECT, claims, key_server, key_set, token


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDS_PUBLIC_URL", PUBLIC)
    return written(tmp_path, 'key_set = "keys.json"')


def written(folder: Path, keys: str, more: str = "") -> Path:
    (folder / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    path = folder / "clients.toml"
    path.write_text(
        f'[[clients]]\nname = "ehr"\nissuer = "{ISSUER}"\nalgorithms = ["ES384"]\n{keys}\n{more}\n'
    )
    return path


def now(**changed: Any) -> dict[str, Any]:
    moment = int(time.time())
    return claims(**{"iat": moment, "exp": moment + 300, **changed})


def explain(file: Path, text: str, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(
        main, ["auth", "explain", text, "--clients", str(file), *words], input=stdin
    )


def test_a_right_token_is_accepted_and_shown(file: Path) -> None:
    told = explain(file, token(now()))
    assert told.exit_code == 0
    assert "accepted, unless it was used before" in told.output
    for word in ("client ehr", "alg     'ES384'", f"aud     '{SELECT}'", "exp ", "+00:00"):
        assert word in told.output
    assert explain(file, token(now()), "--aud", SELECT).exit_code == 0
    assert explain(file, "-", stdin=f"Bearer {token(now())}\n").exit_code == 0


def test_all_that_is_wrong_is_told_at_once(file: Path) -> None:
    said = now(aud="https://other.example", jti=None, exp=1)
    told = explain(file, token(said, name="ES384-b", kid="ES384-a"))
    assert told.exit_code == 1
    assert told.output.count("refused: ") == 5
    for word in ("'aud' is", "'exp' was", "'jti' must", "signature is not by", "after 'iat'"):
        assert word in told.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abc", "a token is three parts"),
        ("e30.e30.eA", "'iss' is not registered; registered: https://fhir.ehr.example/r4"),
        (token(now(), kid="other"), "no registered key has this 'kid'"),
        (token(now(), jku="https://x.example"), "the signature was not looked at"),
        (token(now(tenant=5)), "'tenant' must be a text"),
    ],
)
def test_each_reason_has_its_words(file: Path, text: str, said: str) -> None:
    told = explain(file, text)
    assert told.exit_code == 1
    assert f"refused: {said}" in told.output


def test_the_url_called_decides_on_the_audience(file: Path) -> None:
    told = explain(file, token(now()), "--aud", f"{SELECT}/feedback")
    assert told.exit_code == 1
    assert f"accepted here: {PUBLIC}/cds-services//vertebral-augmentation/feedback" in told.output


def test_registered_audiences_are_named(file: Path) -> None:
    file = written(file.parent, 'key_set = "keys.json"', 'audiences = ["https://a.example"]')
    assert explain(file, token(now(aud=["https://a.example"]))).exit_code == 0
    assert "accepted here: https://a.example" in explain(file, token(now())).output


def test_keys_are_fetched_from_the_registered_address(file: Path) -> None:
    with key_server("ES384-a") as server:
        path = written(file.parent, f'jwks_url = "{server.url}"')
        assert explain(path, token(now())).exit_code == 0
        server.status = 500
        told = explain(path, token(now()))
    assert told.exit_code == 1
    assert "could not be fetched" in told.output


def test_without_clients_nothing_can_be_said() -> None:
    told = CliRunner().invoke(main, ["auth", "explain", "a.b.c"])
    assert told.exit_code == 1
    assert "CDS_CLIENTS: say which clients" in told.output
