"""The file of clients: every problem is told, at once, with what may be meant."""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service.__main__ import main
from cds_service.clients.client import Client, Clients
from cds_service.clients.file import load_clients
from cds_service.errors import SettingsError
from cds_service.settings import load_settings
from tests.clients.ehr import ISSUER, PUBLIC, jwk, key_set
from tests.conftest import PROJECT

EXAMPLE = PROJECT / "cds_service" / "clients" / "clients.example.toml"
RIGHT = {
    "name": '"ehr"',
    "issuer": f'"{ISSUER}"',
    "jwks_url": '"https://ehr.example/jwks.json"',
    "algorithms": '["ES384"]',
}
Load = Callable[..., Clients]


def table(**changed: str | None) -> str:
    """Write a client; None leaves a key out."""
    lines = {key: value for key, value in {**RIGHT, **changed}.items() if value is not None}
    return "[[clients]]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items()) + "\n"


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(content: str, profile: str = "production", url: str = PUBLIC) -> Clients:
        path = tmp_path / "clients.toml"
        path.write_text(content)
        return load_clients(path, load_settings({"CDS_PUBLIC_URL": url, "CDS_PROFILE": profile}))

    return read


def test_a_client_with_all_that_can_be_registered(load: Load, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(key_set("ES384-a", "RS384-a")))
    clients = load(
        'discovery = "token"\n'
        + table(
            key_set='"keys.json"',
            algorithms='["ES384", "RS384"]',
            audiences='["https://a.example"]',
            tenants='["north"]',
            fhir_origins='["https://FHIR.example", "https://fhir.example:8443/"]',
            scopes='["patient/*.read"]',
            max_age="600",
            replay="false",
            requests_per_minute="30",
            at_once="2",
            networks='["10.20.0.0/16"]',
            batch="true",
        )
    )
    one = clients.of(ISSUER)
    assert one is clients.listed[0]
    assert not clients.discovery_open
    assert set(one.key_set or ()) == {"ES384-a", "RS384-a"}
    assert one.origins == {("https", "fhir.example", 443), ("https", "fhir.example", 8443)}
    assert (one.max_age, one.replay, one.tenants) == (600, False, ("north",))
    assert (one.requests_per_minute, one.at_once) == (30, 2)
    assert one.networks == (ip_network("10.20.0.0/16"),)
    assert one.batch


def test_what_need_not_be_said(load: Load) -> None:
    clients = load(table())
    one = clients.listed[0]
    assert clients.discovery_open
    assert (one.max_age, one.replay, one.origins, one.key_set) == (3600, True, frozenset(), None)
    assert (one.requests_per_minute, one.at_once, one.networks) == (6000, 64, ())
    assert not one.batch
    assert clients.of(None) is clients.of([ISSUER]) is clients.of("x") is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"issuer": None}, "key 'issuer' is missing"),
        ({"issuers": '"x"'}, "unknown key 'issuers'; did you mean 'issuer'?"),
        ({"jwks_uri": '"x"'}, "unknown key 'jwks_uri'; did you mean 'jwks_url'?"),
        ({"zzz": "1"}, "unknown key 'zzz'; there are name, issuer"),
        ({"name": '"The EHR"'}, "'name' is for logs"),
        ({"name": "5"}, "'name' must be a text"),
        ({"issuer": '""'}, "'issuer' must be a text"),
        ({"issuer": '"a\\nb"'}, "'issuer' must be one line"),
        ({"issuer": '"https://sandbox.cds-hooks.org"'}, "private key of the sandbox is public"),
        ({"issuer": '"https://Sandbox.CDS-Hooks.org/"'}, "private key of the sandbox is public"),
        (
            {"jwks_url": '"https://sandbox.cds-hooks.org/.well-known/jwks.json"'},
            "private key of the sandbox is public",
        ),
        ({"jwks_url": None}, "needs 'jwks_url' (an address) or 'key_set' (a file)"),
        ({"jwks_url": '"http://ehr.example/jwks"'}, "needs https"),
        ({"jwks_url": '"http://localhost/jwks"'}, "needs https"),
        ({"jwks_url": '"ehr.example/jwks"'}, "must be a plain absolute URL"),
        ({"jwks_url": '"https://u:p@ehr.example/jwks"'}, "must be a plain absolute URL"),
        ({"jwks_url": '"https://ehr.example/jwks#x"'}, "must be a plain absolute URL"),
        ({"jwks_url": '"file:///etc/passwd"'}, "must be a plain absolute URL"),
        ({"key_set": '"nowhere.json"'}, "'key_set' nowhere.json: cannot be read"),
        ({"algorithms": "[]"}, "'algorithms' needs at least one of RS256"),
        ({"algorithms": '["none"]'}, "algorithm 'none' proves nothing"),
        ({"algorithms": '["HS256"]'}, "algorithm 'HS256' proves nothing"),
        ({"algorithms": '["ES386"]'}, "unknown algorithm 'ES386'; did you mean 'ES"),
        ({"algorithms": '"ES384"'}, "'algorithms' must be a list of texts"),
        ({"algorithms": '["ES384", "ES384"]'}, "'algorithms' names 'ES384' twice"),
        ({"audiences": '["http://a.example/x"]'}, "needs https"),
        ({"audiences": '["cds"]'}, "audience 'cds': must be a plain absolute URL"),
        ({"fhir_origins": '["http://fhir.example"]'}, "production needs https"),
        ({"fhir_origins": '["https://fhir.example/r4"]'}, "must be scheme, host and port alone"),
        ({"fhir_origins": '["*"]'}, "must be scheme, host and port alone"),
        ({"fhir_origins": '["https://*.example"]'}, "must be scheme, host and port alone"),
        ({"scopes": '["a b"]'}, "one scope per text"),
        ({"max_age": "3601"}, "'max_age' is 3601, not 30 to 3600"),
        ({"requests_per_minute": "0"}, "'requests_per_minute' is 0, not 1 to 1000000"),
        ({"networks": '["0.0.0.0/0"]'}, "network '0.0.0.0/0' holds addresses that nobody"),
        ({"networks": '["10.0.0.1/8"]'}, "network '10.0.0.1/8' must be a network"),
        ({"at_once": "257"}, "'at_once' is 257, not 1 to 256"),
        ({"at_once": "true"}, "'at_once' must be a whole number"),
        ({"max_age": "29"}, "'max_age' is 29, not 30 to 3600"),
        ({"max_age": '"1h"'}, "'max_age' must be a whole number"),
        ({"replay": '"no"'}, "'replay' must be true or false"),
    ],
)
def test_each_problem_is_told_with_its_place(
    load: Load, changed: dict[str, str | None], said: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load(table(**changed))
    assert said in str(raised.value)
    assert all(line.startswith("clients.toml") for line in str(raised.value).splitlines())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "key 'clients' is missing"),
        ("clients = []", "needs at least one [[clients]]"),
        ("clients = [5]", "must be a table"),
        ("clients = {}", "needs at least one [[clients]]"),
        ("[[client]]", "unknown key 'client'; did you mean 'clients'?"),
        ('discovery = "closed"\n' + table(), "'discovery' must be 'open' or 'token'"),
        ("[[clients", "cannot be read"),
        (table() + table(name='"b"'), f"issuer {ISSUER!r} stands twice"),
        (table() + table(issuer='"b"'), "name 'ehr' stands twice"),
    ],
)
def test_problems_of_the_whole_file(load: Load, content: str, said: str) -> None:
    with pytest.raises(SettingsError, match=r"^clients\.toml") as raised:
        load(content)
    assert said in str(raised.value)


def test_all_problems_are_told_at_once(load: Load) -> None:
    with pytest.raises(SettingsError) as raised:
        load(table(issuer=None, algorithms='["none"]', typo="1", max_age="1"))
    assert len(str(raised.value).splitlines()) == 4


def test_an_audience_is_needed_without_a_public_url(load: Load) -> None:
    with pytest.raises(SettingsError, match="as long as CDS_PUBLIC_URL is not set"):
        load(table(), url="")


def test_a_developer_may_use_this_machine_and_the_sandbox(load: Load) -> None:
    clients = load(
        table(
            issuer='"https://sandbox.cds-hooks.org"',
            jwks_url='"http://127.0.0.1:8000/jwks"',
            fhir_origins='["http://localhost:8080"]',
        ),
        profile="development",
        url="http://localhost:8080",
    )
    assert clients.of("https://sandbox.cds-hooks.org")
    with pytest.raises(SettingsError, match="needs https"):
        load(table(jwks_url='"http://ehr.example/jwks"'), profile="development")


KEYS: list[tuple[Any, str]] = [
    ([], "is no JWK Set"),
    ({"keys": {}}, "is no JWK Set"),
    ({"keys": []}, "holds no key"),
    ({"keys": [jwk("ES384-a")] * 101}, "is no JWK Set"),
    ({"keys": [5]}, "key 1: needs a 'kid'"),
    ({"keys": [jwk("ES384-a", kid="")]}, "key 1: needs a 'kid'"),
    ({"keys": [jwk("ES384-a", d="AAAA")]}, "key 1: holds a secret"),
    ({"keys": [{"kty": "oct", "k": "AAAA", "kid": "x"}]}, "key 1: holds a secret"),
    ({"keys": [jwk("ES384-a", use="enc")]}, "key 1: is not meant for signatures"),
    ({"keys": [jwk("ES384-a", key_ops=["encrypt"])]}, "key 1: is not meant for signatures"),
    ({"keys": [jwk("ES256-a")]}, "key 1: fits none of the registered algorithms"),
    ({"keys": [jwk("ES384-a", alg="ES512")]}, "key 1: fits none of the registered algorithms"),
    ({"keys": [jwk("ES384-a", crv="P-999")]}, "key 1: fits none of the registered algorithms"),
    ({"keys": [{"kty": "EC", "crv": "P-384", "kid": "x"}]}, "key 1: cannot be read"),
    ({"keys": [jwk("ES384-a", x="AAAA")]}, "key 1: cannot be read"),
    ({"keys": [jwk("RS384-small")]}, "key 1: has 1024 bits; RSA needs 2048 to 8192"),
    ({"keys": [jwk("ES384-a", crv=["P-384"])]}, "key 1: fits none of the registered algorithms"),
    ({"keys": [jwk("ES384-a", kty=["EC"])]}, "key 1: fits none of the registered algorithms"),
    ({"keys": [jwk("ES384-a", x={})]}, "key 1: cannot be read"),
    ({"keys": [jwk("ES384-a", x="AA")]}, "key 1: cannot be read"),
    ({"keys": [jwk("ES384-a"), jwk("ES384-b", kid="ES384-a")]}, "key 2: its 'kid' stands twice"),
]


@pytest.mark.parametrize(("keys", "said"), KEYS)
def test_problems_of_a_key_set_are_told(load: Load, tmp_path: Path, keys: Any, said: str) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    with pytest.raises(SettingsError) as raised:
        load(table(key_set='"keys.json"', algorithms='["ES384", "RS384"]'))
    assert f"'key_set' keys.json: {said}" in str(raised.value)


def test_a_key_set_must_be_json_of_a_bounded_size(load: Load, tmp_path: Path) -> None:
    for data, said in ((b"{", "cannot be read"), (b" " * (300 << 10), "larger than")):
        (tmp_path / "keys.json").write_bytes(data)
        with pytest.raises(SettingsError, match=said):
            load(table(key_set='"keys.json"'))


def client(**more: Any) -> Client:
    return Client("ehr", ISSUER, ("ES384",), **more)


def test_an_audience_that_names_an_endpoint_holds_for_it_alone() -> None:
    base = "https://gate.example/x/cds-services"
    named = (f"{base}/", f"{base}/a", f"{base}//a/feedback", "https://typed.example/any")
    one = client(audiences=named)
    for endpoint, url in zip(("", "/a", "/a/feedback"), named[:3], strict=True):
        assert one.accepted(PUBLIC, endpoint) == {url, named[3]}
    assert one.accepted(PUBLIC, "/b") == {named[3]}


def test_without_audiences_it_is_the_url_called() -> None:
    assert client().accepted(PUBLIC, "/a") == {
        f"{PUBLIC}/cds-services/a",
        f"{PUBLIC}/cds-services//a",
    }
    assert client().accepted("", "/a") == frozenset()


def test_the_example_may_be_used_in_production() -> None:
    environment = {"CDS_PROFILE": "production", "CDS_PUBLIC_URL": PUBLIC}
    found = load_clients(EXAMPLE, load_settings(environment))
    assert [one.name for one in found.listed] == ["general-hospital"]


def test_check_says_who_may_call_or_what_is_wrong(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, ["clients", "check", str(EXAMPLE)])
    assert told.exit_code == 0
    assert "general-hospital: https://fhir.general.example/r4" in told.output
    assert "lives up to 900 s, used once" in told.output
    assert "public ones, and those in 10.20.0.0/16" in told.output
    assert "6000 requests a minute, 64 at once" in told.output
    path = tmp_path / "clients.toml"
    path.write_text(table(issuer=None, typo="1", audiences='["https://a.example"]'))
    told = CliRunner().invoke(main, ["clients", "check", str(path)])
    assert told.exit_code == 1
    assert told.output.count("clients.toml") == 2
    gone = CliRunner().invoke(main, ["clients", "check", str(tmp_path / "gone.toml")])
    assert (gone.exit_code, "cannot be read" in gone.output) == (1, True)


def test_check_shows_keys_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    path = tmp_path / "clients.toml"
    path.write_text(
        table(
            key_set='"keys.json"',
            audiences='["https://a.example"]',
            replay="false",
            fhir_origins='["http://localhost:9"]',
        )
    )
    told = CliRunner().invoke(main, ["clients", "check", str(path)]).output
    assert "from the file: ES384-a" in told
    assert "MAY BE USED AGAIN" in told
    assert "http://localhost:9" in told
