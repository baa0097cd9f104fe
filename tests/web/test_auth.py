"""Who comes in: right tokens do, all others get the very same 401."""

from __future__ import annotations

import hmac
import io
import json
import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from flask.testing import FlaskClient

from cds_service.feedback.store import StoreDown
from cds_service.web import logs
from tests.clients.ehr import (
    ISSUER,
    NOW,
    PUBLIC,
    SELECT,
    bearer,
    claims,
    jwk,
    key_server,
    key_set,
    private,
    token,
)
from tests.web.conftest import Build, Story

PATH = "/cds-services/vertebral-augmentation"
FEEDBACK: dict[str, Any] = {"feedback": []}
Body = dict[str, Any]


@pytest.fixture
def register(tmp_path: Path) -> Callable[..., str]:
    """Write a file of one client, whose keys lie beside it."""

    def write(more: str = "", before: str = "", keys: str = 'key_set = "keys.json"') -> str:
        names = ("ES384-a", "RS384-a", "EdDSA-a", "ES256-a")
        (tmp_path / "keys.json").write_text(json.dumps(key_set(*names[:3])))
        path = tmp_path / "clients.toml"
        path.write_text(
            f'{before}\n[[clients]]\nname = "ehr"\nissuer = "{ISSUER}"\n{keys}\n'
            f'algorithms = ["ES384", "RS384", "EdDSA"]\n{more}\n'
        )
        return str(path)

    return write


@pytest.fixture
def closed(
    build: Build, register: Callable[..., str], tmp_path: Path
) -> Callable[..., FlaskClient]:
    """Build an application that answers registered clients only."""

    def make(*how: str, **named: str) -> FlaskClient:
        app = build(
            clients=register(*how, **named),
            public_url=PUBLIC,
            database_url=f"sqlite:///{tmp_path}/cds.sqlite3",
        )
        return app.test_client()

    return make


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def raw(header: bytes) -> str:
    return f"{urlsafe_b64encode(header).rstrip(b'=').decode()}.e30.eA"


def forged(header: dict[str, Any], said: dict[str, Any] | None = None, sign: str = "x") -> str:
    return f"{part(header)}.{part(said or claims())}.{part(sign)}"


def by_hmac(alg: str) -> str:
    """Sign with the public key as the secret, as confused libraries verify it."""
    public = private("RS384-a").public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = f"{part({'alg': alg, 'kid': 'RS384-a', 'typ': 'JWT'})}.{part(claims())}"
    proof = hmac.digest(pem, signed.encode(), alg.replace("HS", "sha"))
    return f"{signed}.{urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def changed(text: str, **more: Any) -> str:
    """Change the claims, keep the signature."""
    header, _, signature = text.split(".")
    return f"{header}.{part(claims(**more))}.{signature}"


@pytest.mark.parametrize("name", ["ES384-a", "RS384-a", "EdDSA-a"])
def test_a_right_token_comes_in(
    closed: Callable[..., FlaskClient], body: Body, name: str, story: Story
) -> None:
    answer = closed().post(PATH, json=body, headers=bearer(token(name=name)))
    assert answer.status_code == 200
    assert len(story.asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"aud": [SELECT]},
        {"aud": ["https://other.example", SELECT]},
        {"aud": f"{PUBLIC}/cds-services//vertebral-augmentation"},
        {"exp": NOW + 3600},
        {"exp": NOW - 59, "iat": NOW - 300},
        {"iat": NOW + 60, "exp": NOW + 90},
        {"nbf": NOW - 300},
        {"nbf": NOW + 60},
        {"exp": NOW + 299.5},
        {"sub": "client-1", "unknown": {"any": "thing"}},
        {"tenant": "somebody"},
    ],
)
def test_what_real_clients_say_comes_in(
    closed: Callable[..., FlaskClient], body: Body, said: dict[str, Any]
) -> None:
    answer = closed().post(PATH, json=body, headers=bearer(token(claims(**said))))
    assert answer.status_code == 200


def test_the_scheme_may_be_written_in_any_case(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    answer = closed().post(PATH, json=body, headers={"Authorization": f"bearer {token()}"})
    assert answer.status_code == 200


HEADERS: dict[str, Callable[[], str | None]] = {
    "no header": lambda: None,
    "empty": lambda: "",
    "scheme alone": lambda: "Bearer",
    "scheme and blank": lambda: "Bearer ",
    "basic": lambda: "Basic dTpw",
    "no scheme": token,
    "another scheme": lambda: f"DPoP {token()}",
    "two tokens": lambda: f"Bearer {token()} {token()}",
    "two headers joined": lambda: f"Bearer {token()}, Bearer {token()}",
}
TOKENS: dict[str, Callable[[], str]] = {
    # no token at all
    "words": lambda: "not.a.jwt",
    "one part": lambda: "abc",
    "two parts": lambda: ".".join(token().split(".")[:2]),
    "four parts": lambda: f"{token()}.abc",
    "five parts, as encrypted ones have": lambda: "a.b.c.d.e",
    "no signature": lambda: f"{token().rpartition('.')[0]}.",
    "padding": lambda: f"{token()}==",
    "other alphabet": lambda: token().replace(".", "/"),
    "too long": lambda: token(claims(extra="x" * 17_000)),
    "header is a list": lambda: f"{part([])}.{part(claims())}.{part('x')}",
    "header is a number": lambda: f"{part(5)}.{part(claims())}.{part('x')}",
    "payload is a text": lambda: f"{part({'alg': 'ES384'})}.{part('x')}.{part('x')}",
    "payload is no JSON": lambda: f"{part({'alg': 'ES384'})}.e30x.{part('x')}",
    "a key twice": lambda: raw(b'{"alg":"none","alg":"ES384"}'),
    "deep": lambda: raw(b"[" * 9000),
    "not UTF-8": lambda: raw(bytes([255] * 6)),
    # algorithms
    "none": lambda: forged({"alg": "none", "kid": "ES384-a", "typ": "JWT"}),
    "None": lambda: forged({"alg": "None", "kid": "ES384-a", "typ": "JWT"}),
    "nOnE": lambda: forged({"alg": "nOnE", "kid": "ES384-a", "typ": "JWT"}),
    "no alg": lambda: forged({"kid": "ES384-a", "typ": "JWT"}),
    "alg is null": lambda: forged({"alg": None, "kid": "ES384-a", "typ": "JWT"}),
    "alg is a list": lambda: forged({"alg": ["ES384"], "kid": "ES384-a", "typ": "JWT"}),
    "alg in small letters": lambda: forged({"alg": "es384", "kid": "ES384-a", "typ": "JWT"}),
    "HS256 with the public key": lambda: by_hmac("HS256"),
    "HS384 with the public key": lambda: by_hmac("HS384"),
    "HS512 with the public key": lambda: by_hmac("HS512"),
    "not registered: RS256": lambda: token(name="RS384-a", alg="RS256"),
    "not registered: RS512": lambda: token(name="RS384-a", alg="RS512"),
    "not registered: PS384": lambda: token(name="RS384-a", alg="PS384"),
    "not registered: ES256": lambda: token(name="ES256-a"),
    "registered, but not of this key": lambda: token(name="RS384-a", kid="ES384-a"),
    # headers
    "no typ": lambda: token(typ=None),
    "another typ": lambda: token(typ="at+jwt"),
    "typ is a number": lambda: forged({"alg": "ES384", "kid": "ES384-a", "typ": 5}),
    "no kid": lambda: token(kid=None),
    "empty kid": lambda: token(kid=""),
    "kid is a number": lambda: forged({"alg": "ES384", "kid": 1, "typ": "JWT"}),
    "unknown kid": lambda: token(kid="ES384-b"),
    "kid is a path": lambda: token(kid="../../etc/passwd"),
    "kid is SQL": lambda: token(kid="' OR 1=1 --"),
    "kid of 300 characters": lambda: token(kid="k" * 300),
    "crit": lambda: forged({"alg": "ES384", "kid": "ES384-a", "typ": "JWT", "crit": ["exp"]}),
    "crit, empty": lambda: forged({"alg": "ES384", "kid": "ES384-a", "typ": "JWT", "crit": []}),
    "b64": lambda: forged({"alg": "ES384", "kid": "ES384-a", "typ": "JWT", "b64": False}),
    "zip": lambda: token(zip="DEF"),
    "enc": lambda: token(enc="A256GCM"),
    "jwk, its own": lambda: token(name="ES384-b", kid="ES384-a", jwk=jwk("ES384-b")),
    "jwk, the right one": lambda: token(jwk=jwk("ES384-a")),
    "x5u": lambda: token(x5u="https://evil.example/cert"),
    "x5c": lambda: token(x5c=["MIIB"]),
    "jku where none is registered": lambda: token(jku="https://evil.example/jwks"),
    "jku is null": lambda: forged({"alg": "ES384", "kid": "ES384-a", "typ": "JWT", "jku": None}),
    # signatures
    "another key": lambda: token(name="ES384-b", kid="ES384-a"),
    "claims changed": lambda: changed(token(), sub="admin"),
    "signature of another token": lambda: (
        f"{token().rpartition('.')[0]}.{token().rpartition('.')[2]}"
    ),
    "signature of zeros": lambda: f"{token().rpartition('.')[0]}.{'A' * 128}",
    "signature cut": lambda: token()[:-8],
    "signature as DER": lambda: f"{token().rpartition('.')[0]}.MGUCMQ",
}
CLAIMS: dict[str, dict[str, Any]] = {
    "no iss": {"iss": None},
    "unknown iss": {"iss": "https://evil.example"},
    "iss with a slash more": {"iss": f"{ISSUER}/"},
    "iss in capitals": {"iss": ISSUER.upper()},
    "iss is a list": {"iss": [ISSUER]},
    "no aud": {"aud": None},
    "aud is empty": {"aud": ""},
    "aud is an empty list": {"aud": []},
    "aud is an object": {"aud": {"url": SELECT}},
    "aud is a list with a number": {"aud": [SELECT, 5]},
    "aud of another service": {"aud": f"{SELECT}-sign"},
    "aud of feedback": {"aud": f"{SELECT}/feedback"},
    "aud of discovery": {"aud": f"{PUBLIC}/cds-services"},
    "aud of the host alone": {"aud": PUBLIC},
    "aud by the Host header": {"aud": "http://localhost/cds-services/vertebral-augmentation"},
    "aud by http": {"aud": SELECT.replace("https", "http")},
    "aud begins rightly": {"aud": f"{SELECT}.evil.example"},
    "aud with a query": {"aud": f"{SELECT}?x"},
    "no exp": {"exp": None},
    "exp was": {"exp": NOW - 60, "iat": NOW - 300},
    "exp long ago": {"exp": 1, "iat": 0},
    "exp is a text": {"exp": str(NOW + 300)},
    "exp is true": {"exp": True},
    "exp is a list": {"exp": [NOW + 300]},
    "exp is negative": {"exp": -1},
    "exp is endless": {"exp": 1 << 60},
    "times that no number of the machine holds": {"iat": 10**400, "exp": 10**400 + 1},
    "exp before iat": {"iat": NOW + 40, "exp": NOW + 30},
    "exp is iat": {"exp": NOW},
    "lives too long": {"exp": NOW + 3601},
    "no iat": {"iat": None},
    "iat to come": {"iat": NOW + 61, "exp": NOW + 90},
    "iat is a text": {"iat": "now"},
    "nbf to come": {"nbf": NOW + 61},
    "nbf is a text": {"nbf": "now"},
    "no jti": {"jti": None},
    "jti is empty": {"jti": ""},
    "jti is a number": {"jti": 5},
    "jti of 300 characters": {"jti": "j" * 300},
    "jti of two lines": {"jti": "a\nb"},
    "tenant is a number": {"tenant": 5},
}


def with_claims(name: str) -> Callable[[], str]:
    return lambda: token(claims(**CLAIMS[name]))


def as_header(make: Callable[[], str]) -> Callable[[], str | None]:
    return lambda: f"Bearer {make()}"


MADE = {**TOKENS, **{name: with_claims(name) for name in CLAIMS}}
REFUSED = {**HEADERS, **{name: as_header(make) for name, make in MADE.items()}}


def test_there_are_enough_hostile_tokens() -> None:
    assert len(REFUSED) >= 90


@pytest.mark.parametrize("name", REFUSED)
def test_all_others_get_the_very_same_answer(
    closed: Callable[..., FlaskClient], body: Body, story: Story, name: str
) -> None:
    header = REFUSED[name]()
    headers = {} if header is None else {"Authorization": header}
    with patch("socket.socket.connect", side_effect=AssertionError("nothing may be asked")):
        answer = closed().post(PATH, json=body, headers=headers)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.get_json() == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "login", "diagnostics": "a valid token is needed"}],
    }
    assert story.asked == []


def test_each_endpoint_has_an_audience_of_its_own(closed: Callable[..., FlaskClient]) -> None:
    client = closed()
    for path, body, suffix in (
        (f"{PATH}/feedback", FEEDBACK, "/feedback"),
        (f"{PATH}-sign/feedback", FEEDBACK, "-sign/feedback"),
    ):
        right = bearer(token(claims(aud=f"{SELECT}{suffix}")))
        assert client.post(path, json=body, headers=right).status_code in {200, 400}
        assert client.post(path, json=body, headers=bearer(token())).status_code == 401


def test_registered_audiences_take_the_place_of_the_public_url(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    """A gateway has another URL; one that names no endpoint holds for all."""
    gate = "https://gateway.example/x/cds-services/vertebral-augmentation"
    client = closed(f'audiences = ["{gate}", "https://typed.example/by-hand"]')
    told = "https://typed.example/by-hand"
    for aud, path, status in (
        (gate, PATH, 200),
        (gate, f"{PATH}/feedback", 401),
        (told, PATH, 200),
        (SELECT, PATH, 401),
    ):
        headers = bearer(token(claims(aud=aud)))
        assert client.post(path, json=body, headers=headers).status_code == status, aud


def test_discovery_is_open_unless_it_is_closed(closed: Callable[..., FlaskClient]) -> None:
    assert closed().get("/cds-services").status_code == 200
    client = closed(before='discovery = "token"')
    assert client.get("/cds-services").status_code == 401
    right = bearer(token(claims(aud=f"{PUBLIC}/cds-services")))
    assert client.get("/cds-services", headers=right).status_code == 200


def test_a_preflight_needs_no_token(closed: Callable[..., FlaskClient]) -> None:
    """Conformance 7.1."""
    answer = closed().options(PATH, headers={"Origin": "http://localhost:8080"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"


def test_a_tenant_must_be_registered_where_tenants_are(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    client = closed('tenants = ["north"]')
    for tenant, status in (("north", 200), ("south", 401), (None, 401), (["north"], 401)):
        headers = bearer(token(claims(tenant=tenant)))
        assert client.post(PATH, json=body, headers=headers).status_code == status


def test_a_token_lives_as_long_as_registered(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    client = closed("max_age = 60")
    for seconds, status in ((60, 200), (61, 401)):
        headers = bearer(token(claims(exp=NOW + seconds)))
        assert client.post(PATH, json=body, headers=headers).status_code == status


def test_a_token_is_good_once(closed: Callable[..., FlaskClient], body: Body) -> None:
    client, once = closed(), token()
    assert client.post(PATH, json=body, headers=bearer(once)).status_code == 200
    for _ in range(2):
        assert client.post(PATH, json=body, headers=bearer(once)).status_code == 401
    same = token(claims(jti=jwt.decode(once, options={"verify_signature": False})["jti"]))
    assert client.post(PATH, json=body, headers=bearer(same)).status_code == 401


def test_a_refused_token_uses_up_no_jti(closed: Callable[..., FlaskClient], body: Body) -> None:
    client = closed()
    stolen = claims(jti="mine")
    wrong = token(stolen, name="ES384-b", kid="ES384-a")
    assert client.post(PATH, json=body, headers=bearer(wrong)).status_code == 401
    assert client.post(PATH, json=body, headers=bearer(token(stolen))).status_code == 200


def test_a_token_is_good_again_where_that_is_registered(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    """Inferno sends one token with each body (conformance 8.8)."""
    client, twice = closed("replay = false"), token()
    for _ in range(2):
        assert client.post(PATH, json=body, headers=bearer(twice)).status_code == 200


def test_of_many_uses_at_once_one_comes_in(closed: Callable[..., FlaskClient], body: Body) -> None:
    app, once = closed().application, token()

    def call(_: int) -> int:
        return app.test_client().post(PATH, json=body, headers=bearer(once)).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(call, range(200)))
    assert (statuses.count(200), statuses.count(401)) == (1, 199)


def test_a_store_that_is_down_lets_nobody_in(
    closed: Callable[..., FlaskClient], body: Body, story: Story
) -> None:
    client = closed()
    with patch("cds_service.feedback.replay.Used.first", side_effect=StoreDown):
        answer = client.post(PATH, json=body, headers=bearer(token()))
        assert answer.status_code == 503
        assert client.post(PATH, json=body).status_code == 401
    assert story.asked == []


def test_keys_come_from_the_registered_address(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    with key_server("ES384-a") as server, key_server("ES384-b") as evil:
        client = closed(keys=f'jwks_url = "{server.url}"')
        for jku, name, status in (
            (None, "ES384-a", 200),
            (server.url, "ES384-a", 200),
            (f"{server.url}?x", "ES384-a", 401),
            (evil.url, "ES384-b", 401),
        ):
            headers = bearer(token(name=name, jku=jku))
            assert client.post(PATH, json=body, headers=headers).status_code == status
        assert (len(server.asked), evil.asked) == (1, [])


def test_keys_that_cannot_be_had_let_nobody_in(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    with key_server("ES384-a") as server:
        server.status = 500
        client = closed(keys=f'jwks_url = "{server.url}"')
        assert client.post(PATH, json=body, headers=bearer(token())).status_code == 503


def test_the_order_reaches_only_the_fhir_servers_of_its_client(
    closed: Callable[..., FlaskClient], body: Body, story: Story
) -> None:
    origins = 'fhir_origins = ["https://fhir.ehr.example", "http://127.0.0.1:9999"]'
    client = closed(f'{origins}\nnetworks = ["10.20.0.0/16"]\nbatch = true')
    client.post(PATH, json=body, headers=bearer(token()))
    ours = frozenset({("https", "fhir.ehr.example", 443), ("http", "127.0.0.1", 9999)})
    assert story.asked[0].servers == ours
    assert story.asked[0].networks == (ip_network("10.20.0.0/16"),)
    assert story.asked[0].batch


@pytest.fixture
def lines() -> Any:
    written = io.StringIO()
    with patch("sys.stdout", written):
        logs.configure("INFO")
        yield written
    logging.getLogger().handlers[:] = []


def test_logs_say_who_called_and_nothing_of_a_token(
    closed: Callable[..., FlaskClient], body: Body, lines: io.StringIO
) -> None:
    client = closed('scopes = ["patient/Patient.read", "patient/Observation.read"]')
    body["fhirServer"] = "https://fhir.ehr.example/r4"
    body["fhirAuthorization"] = {"access_token": "s3cret", "scope": "patient/Patient.read x"}
    right = token(claims(jti="Mary Smith canary", tenant="canary north", sub="canary"))
    client.post(PATH, json=body, headers=bearer(right))
    wrong = token(claims(iss="https://canary.example", jti="canary", aud="canary"))
    client.post(PATH, json=body, headers=bearer(wrong))
    answered, refused = (json.loads(line) for line in lines.getvalue().splitlines())
    assert answered["client"] == "ehr"
    assert answered["issuer"] == ISSUER
    assert not {"jti", "tenant"} & set(answered)  # whatever a client makes of them
    assert answered["scopes_missing"] == ["patient/Observation.read"]
    assert refused["status"] == 401
    for secret in ("canary", "Smith", "s3cret", right, wrong, right.rpartition(".")[2]):
        assert secret not in lines.getvalue()


def test_a_registered_tenant_is_named_in_the_log(
    closed: Callable[..., FlaskClient], body: Body, lines: io.StringIO
) -> None:
    closed('tenants = ["north"]').post(
        PATH, json=body, headers=bearer(token(claims(tenant="north")))
    )
    assert json.loads(lines.getvalue())["tenant"] == "north"


def test_feedback_counts_for_the_client_and_tenant_that_got_the_card_alone(
    closed: Callable[..., FlaskClient],
    body: Body,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another one that knows the uuid is told the same as of a card that never was."""
    monkeypatch.setattr("cds_service.feedback.issuance.PAUSES", (0.05,) * 10)
    other = "https://other.example"
    more = (
        'tenants = ["north", "south"]\n[[clients]]\nname = "other"\n'
        f'issuer = "{other}"\nkey_set = "keys.json"\nalgorithms = ["ES384", "RS384", "EdDSA"]'
    )
    client = closed(more)
    given = client.post(PATH, json=body, headers=bearer(token(claims(tenant="north"))))
    card = given.get_json()["cards"][0]
    entry = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": "2026-11-21T09:30:00Z",
    }
    never = entry | {"card": "00000000-0000-4000-8000-000000000000"}

    def send(one: dict[str, Any], **said: Any) -> object:
        headers = bearer(token(claims(aud=f"{SELECT}/feedback", **said)))
        answer = client.post(f"{PATH}/feedback", json={"feedback": [one]}, headers=headers)
        return answer.status_code, answer.data

    unknown = send(never, tenant="north")
    assert unknown == (200, b'{"received":1,"stored":0}')
    assert send(entry, iss=other) == unknown
    assert send(entry, iss=other, tenant="north") == unknown
    assert send(entry, tenant="south") == unknown
    assert send(entry, tenant="north") == (200, b'{"received":1,"stored":1}')


def test_openapi_tells_where_a_token_is_needed(closed: Callable[..., FlaskClient]) -> None:
    told = closed().get("/openapi.json").get_json()
    assert told["components"]["securitySchemes"]["client"]["scheme"] == "bearer"
    for path in (PATH, f"{PATH}/feedback"):
        assert told["paths"][path]["post"]["security"] == [{"client": []}]
        assert {"401", "503"} <= set(told["paths"][path]["post"]["responses"])
    assert "security" not in told["paths"]["/cds-services"]["get"]
    told = closed(before='discovery = "token"').get("/openapi.json").get_json()
    assert told["paths"]["/cds-services"]["get"]["security"] == [{"client": []}]


def test_openapi_of_an_open_service_asks_for_none(client: FlaskClient) -> None:
    assert "security" not in client.get("/openapi.json").text


def test_beyond_the_rate_of_a_client_it_is_429_and_the_token_may_come_again(
    closed: Callable[..., FlaskClient], body: Body, story: Story
) -> None:
    client = closed("requests_per_minute = 6")
    assert client.post(PATH, json=body, headers=bearer(token())).status_code == 200
    early = bearer(token())
    answer = client.post(PATH, json=body, headers=early)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert answer.get_json()["issue"][0]["code"] == "throttled"
    assert len(story.asked) == 1
    with patch("cds_service.clients.limiter.Limiter._count"):
        assert client.post(PATH, json=body, headers=early).status_code == 200


def test_who_proves_nothing_does_not_use_up_the_rate_of_a_client(
    closed: Callable[..., FlaskClient], body: Body
) -> None:
    """Neither forged tokens nor replays of one that was taken from a log."""
    client, once = closed("requests_per_minute = 12"), token()
    assert client.post(PATH, json=body, headers=bearer(once)).status_code == 200
    for _ in range(5):
        assert client.post(PATH, json=body, headers=bearer(once)).status_code == 401
        forged = token(name="ES384-b", kid="ES384-a")
        assert client.post(PATH, json=body, headers=bearer(forged)).status_code == 401
    assert client.post(PATH, json=body, headers=bearer(token())).status_code == 200
    assert client.post(PATH, json=body, headers=bearer(token())).status_code == 429


def test_beyond_the_places_of_a_client_it_is_429(
    closed: Callable[..., FlaskClient], body: Body, story: Story
) -> None:
    """A place is taken while a call is under way, and free again whatever became of it."""
    client = closed("at_once = 1")
    inner: list[int] = []

    def while_under_way() -> tuple[Any, ...]:
        other = client.application.test_client()
        answer = other.post(PATH, json=body, headers=bearer(token()))
        inner.append(answer.status_code)
        assert answer.headers["Retry-After"] == "1"
        raise RuntimeError

    story.answer = while_under_way
    assert client.post(PATH, json=body, headers=bearer(token())).status_code == 500
    assert inner == [429]
    story.answer = lambda: ()
    for broken, status in (({}, 400), (body, 200), (body, 200)):
        assert client.post(PATH, json=broken, headers=bearer(token())).status_code == status
    with patch("cds_service.feedback.replay.Used.first", side_effect=StoreDown):
        answer = client.post(PATH, json=body, headers=bearer(token()))
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert client.post(PATH, json=body, headers=bearer(token())).status_code == 200
