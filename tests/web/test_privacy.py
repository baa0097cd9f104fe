"""A canary in every string of every saved patient, and in all that can go wrong: it stays inside.

It may be in no log line, no error body, no metric, not in the store, not in what readiness says.
Tokens of callers and of their patients are canaries too, and may not even be on a card.
"""

from __future__ import annotations

import io
import json
import logging
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.clinical.procedure import Procedure
from cds_service.feedback.store import Store
from cds_service.hook_bodies import hook_body
from cds_service.settings import load_settings
from cds_service.stories import story_of_folder
from cds_service.web import logs
from tests.clients.ehr import ISSUER, NOW, PUBLIC, bearer, claims, key_set, token
from tests.conftest import PATIENTS
from tests.evidence.conftest import FhirServer, Handler
from tests.evidence.conftest import serve as serve  # noqa: PLC0414 - a fixture: FHIR servers
from tests.web.conftest import NOW as MOMENT

CANARY = "Zaphod4711"
FHIR_TOKEN = "tokenOfThePatient4712"
PATH = "/cds-services/vertebral-augmentation"
STORIES = sorted(path for path in PATIENTS.iterdir() if path.is_dir())
FREE = frozenset(
    {"comment", "conclusion", "description", "display", "div", "family", "given", "line", "text"}
)
"""What people write into a record; the rest of its strings make it readable at all."""


def marked(value: Any, *, only: frozenset[str] = frozenset(), key: str = "") -> Any:
    """Put the canary into the strings of a value, or into those under some keys only."""
    if isinstance(value, dict):
        return {name: marked(one, only=only, key=name) for name, one in value.items()}
    if isinstance(value, list):
        return [marked(one, only=only, key=key) for one in value]
    if key == "data" and isinstance(value, str):
        return b64encode(b64decode(value) + f" {CANARY}".encode()).decode()
    if not isinstance(value, str) or key == "resourceType" or (only and key not in only):
        return value
    return f"{value} {CANARY}"


@dataclass
class Watched:
    """A real service that asks who calls, and all that it leaves behind."""

    client: FlaskClient
    lines: io.StringIO
    store: Store
    folder: Path
    tokens: list[str]

    def post(self, body: dict[str, Any], path: str = PATH) -> Any:
        """Call it as a registered EHR does."""
        url = f"{PUBLIC}{path}"
        self.tokens.append(token(claims(aud=url, sub=CANARY)))
        return self.client.post(path, json=body, headers=bearer(self.tokens[-1]))

    def left(self) -> str:
        """Gather all that is left: log lines, files of the store, readiness, metrics."""
        ready = self.client.get("/readyz").text
        metrics = self.client.get("/metrics").text
        assert "cds_requests_total{" in metrics
        self.store.close()
        files = [path.read_bytes() for path in self.folder.iterdir()]
        assert any(files)
        return self.lines.getvalue() + ready + metrics + b"".join(files).decode("latin-1")

    def prove(self, *more: str) -> None:
        """Prove that nothing of a patient and nothing of a token is left."""
        left = self.left()
        assert '"event":"answered"' in left
        for secret in (CANARY, FHIR_TOKEN, *more):
            assert secret not in left
        for one in self.tokens:
            assert one not in left
            assert one.rpartition(".")[2] not in left


@pytest.fixture
def watched(tmp_path: Path, catalog: Catalog) -> Iterator[Watched]:
    (tmp_path / "store").mkdir()
    (tmp_path / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    (tmp_path / "clients.toml").write_text(
        f'[[clients]]\nname = "ehr"\nissuer = "{ISSUER}"\nalgorithms = ["ES384"]\n'
        'key_set = "keys.json"\nscopes = ["patient/Patient.read"]\n'
    )
    settings = load_settings(
        {
            "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/store/cds.sqlite3",
            "CDS_CLIENTS": str(tmp_path / "clients.toml"),
            "CDS_PUBLIC_URL": PUBLIC,
            "CDS_DEADLINE_MS": "400",
            "CDS_METRICS": "on",
        }
    )
    lines = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("cds_service")
    before = (root.handlers[:], root.level, ours.level)
    store = Store(settings.database_url)
    store.open()
    with patch("sys.stdout", lines):
        logs.configure("DEBUG")
        app = create_app(settings, catalog=catalog, clock=lambda: MOMENT, store=store)
        yield Watched(app.test_client(), lines, store, tmp_path / "store", [])
    root.handlers[:], ours.level = before[0], before[2]
    root.setLevel(before[1])
    store.close()


def test_the_moment_of_the_tokens_is_the_one_of_the_service() -> None:
    assert MOMENT.timestamp() == NOW


def bodies(procedure: Procedure, catalog: Catalog, part: int) -> Iterator[dict[str, Any]]:
    """Make the requests of a tenth of the saved patients."""
    for path in STORIES[part::10]:
        yield request_for(path, procedure, catalog)


def request_for(path: Path, procedure: Procedure, catalog: Catalog) -> dict[str, Any]:
    """Make the request of a saved patient, whose id is the canary, with a token for a server."""
    story = story_of_folder(path, procedure)
    whole = json.dumps(hook_body(story, catalog.prefetch(catalog.services[0])))
    whole = whole.replace(f'/{story.patient}"', f'/{CANARY}"')
    body: dict[str, Any] = json.loads(whole.replace(f'"{story.patient}"', f'"{CANARY}"'))
    body["fhirServer"] = f"https://fhir.ehr.example/{CANARY}"
    body["fhirAuthorization"] = {
        "access_token": FHIR_TOKEN,
        "token_type": "Bearer",
        "scope": f"patient/Condition.read {CANARY}",
    }
    return body


@pytest.fixture
def body(procedure: Procedure, catalog: Catalog) -> dict[str, Any]:
    """Make the request of one saved patient."""
    return request_for(PATIENTS / "warfarin_active_inr_2_4", procedure, catalog)


@pytest.mark.parametrize("part", range(10))
def test_nothing_of_any_saved_patient_is_left(
    watched: Watched, procedure: Procedure, catalog: Catalog, part: int
) -> None:
    """Once with a canary in what people write, once in every string of the record."""
    cards = 0
    for body in bodies(procedure, catalog, part):
        for only in (FREE, frozenset[str]()):
            answer = watched.post(body | {"prefetch": marked(body["prefetch"], only=only)})
            assert FHIR_TOKEN not in answer.text
            assert watched.tokens[-1] not in answer.text
            assert answer.status_code == 200 or CANARY not in answer.text
            cards += len(answer.get_json().get("cards", ()))
    assert cards > len(STORIES[part::10])
    watched.prove()


def says(status: int, body: bytes, **headers: str) -> Callable[[Handler], None]:
    """Answer every question with this."""
    return lambda handler: handler.send(body, status, **headers)


def not_http(handler: Handler) -> None:
    """Greet as another kind of server does."""
    handler.wfile.write(f"{CANARY}\r\n\r\n".encode())


OUTCOME = json.dumps(
    {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception", "diagnostics": CANARY}],
    }
).encode()
FAULTS: dict[str, Callable[[Handler], None]] = {
    **{str(status): says(status, OUTCOME) for status in (400, 401, 403, 404, 410, 429, 500, 503)},
    "an error as 200": says(200, OUTCOME),
    "a page": says(200, f"<html>{CANARY}".encode()),
    "cut off": says(200, OUTCOME[:-3]),
    "a resource of another kind": says(200, json.dumps({"resourceType": CANARY}).encode()),
    "a redirect": says(302, CANARY.encode(), Location=f"/{CANARY}"),
    "an odd coding": says(200, OUTCOME, Content_Encoding=CANARY),
    "an odd header": says(200, OUTCOME, **{f"X_{CANARY}": CANARY}),
    "not HTTP": not_http,
    "a next page elsewhere": says(
        200,
        json.dumps(
            {
                "resourceType": "Bundle",
                "entry": [{"resource": {"resourceType": "Condition", "id": CANARY}}],
                "link": [{"relation": "next", "url": f"https://{CANARY}.example/"}],
            }
        ).encode(),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_left_of_what_a_fhir_server_says_when_it_fails(
    watched: Watched,
    body: dict[str, Any],
    serve: Callable[[], FhirServer],
    fault: str,
) -> None:
    """Nor is the token of the patient, which the server has got."""
    server = serve()
    server.misdeeds["*"] = FAULTS[fault]
    body |= {"prefetch": {}, "fhirServer": server.url}
    with patch(
        "cds_service.web.auth.Caller.servers",
        frozenset({("http", "127.0.0.1", int(server.origin.rpartition(":")[2]))}),
    ):
        answer = watched.post(body)
    told = [headers for path, headers in server.seen if path != "/fhir/metadata"]
    assert told
    assert {headers["Authorization"] for headers in told} == {f"Bearer {FHIR_TOKEN}"}
    assert answer.status_code in {200, 412}
    for secret in (CANARY, FHIR_TOKEN, watched.tokens[-1]):
        assert secret not in answer.text
    watched.prove()


def test_nothing_is_left_of_what_a_caller_gets_wrong(
    watched: Watched, body: dict[str, Any]
) -> None:
    right = body
    wrong: list[Any] = [
        {},
        {CANARY: CANARY},
        [CANARY],
        right | {"hook": CANARY},
        right | {"context": {CANARY: CANARY}},
        right | {"context": right["context"] | {"patientId": f"{CANARY}/{CANARY}"}},
        right | {"context": right["context"] | {"selections": CANARY}},
        right | {"context": right["context"] | {"draftOrders": CANARY}},
        right | {"fhirServer": f"ftp://{CANARY}"},
        right | {"fhirAuthorization": {"access_token": f"{CANARY} {CANARY}"}},
        right | {"prefetch": {f"{CANARY}{number}": {} for number in range(50)}},
    ]
    for one in wrong:
        answer = watched.post(one)
        assert answer.status_code in {400, 413}, wrong.index(one)
        assert CANARY not in answer.text
    answer = watched.post({"feedback": [{"card": CANARY, CANARY: CANARY}]}, f"{PATH}/feedback")
    assert answer.status_code == 400
    assert CANARY not in answer.text
    watched.prove()


@pytest.mark.parametrize(
    "place",
    [
        "cds_service.web.auth.Caller.lacks",
        "cds_service.clients.checker.Checker.prove",
        "cds_service.feedback.replay.Used._noted",
        "cds_service.feedback.store.Store.issued",
        "cds_service.web.hooks.dump_cards",
        "cds_service.web.hooks.load_request",
    ],
)
def test_nothing_is_left_of_what_an_error_of_ours_says(
    watched: Watched, body: dict[str, Any], place: str
) -> None:
    with patch(place, side_effect=ValueError(CANARY)):
        answer = watched.post(body)
    assert answer.status_code == 500
    assert CANARY not in answer.text
    assert "unexpected error" in watched.lines.getvalue()
    watched.prove()
