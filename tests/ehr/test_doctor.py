from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from cds_service.ehr import verdicts as verdicts_module
from cds_service.ehr.calls import Heard
from cds_service.ehr.verdicts import (
    SLOW_MS,
    TOO_SLOW_MS,
    Verdict,
    clock,
    preflight_lacks,
    seconds_left,
    speed,
)
from tests.ehr.conftest import CLEAR, TOKEN, run
from tests.evidence.conftest import FhirServer, Handler
from tests.fhir_server import CAPABILITY

CHECKS = [
    *("discovery", "discovery with slash", "readiness", "CORS preflight", "service clock"),
    *("FHIR server", "FHIR clock", "search parameters", "token", "prefetch keys"),
    *("FHIR latency", "paging", "answer with prefetch", "answer by FHIR"),
]
Misdeed = Callable[[Handler], None]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of the tests may be slow; how a time is judged has a test of its own."""
    monkeypatch.setattr(verdicts_module, "SLOW_MS", 60_000.0)
    monkeypatch.setattr(verdicts_module, "TOO_SLOW_MS", 60_000.0)


def examined(service: str, fhir: str, *words: str) -> tuple[dict[str, dict[str, str]], int]:
    """Run the doctor: its checks by name, and the exit status."""
    result = run("doctor", "--service", service, "--fhir", fhir, *words, "--json")
    told = json.loads(result.output)
    assert TOKEN not in result.output
    assert told["ok"] is (result.exit_code == 0)
    for one in told["checks"]:
        assert one["remedy"] or one["verdict"] == "PASS"
        assert "\n" not in one["found"] + one["remedy"]
    return {one["check"]: one for one in told["checks"]}, result.exit_code


def verdicts(checks: dict[str, dict[str, str]], *wanted: str) -> set[str]:
    return {name for name, one in checks.items() if one["verdict"] in wanted}


@pytest.fixture
def record(broken: FhirServer) -> FhirServer:
    """Give a server of which one patient has a record of two pages."""
    patient = {"reference": "Patient/p"}
    broken.resources.append({"resourceType": "Patient", "id": "p"})
    for number in range(2):
        broken.resources.append(
            {"resourceType": "Condition", "id": f"c{number}", "subject": patient}
        )
    broken.page_size = 1
    return broken


def test_a_good_deployment_passes_all(service: str, fhir: str) -> None:
    checks, status = examined(service, fhir)
    assert status == 0
    assert list(checks) == CHECKS
    assert verdicts(checks, "WARN", "FAIL") == set()


def test_each_line_tells_its_verdict_and_the_end_counts(service: str, fhir: str) -> None:
    result = run("doctor", "--service", service, "--fhir", fhir, "--patient", CLEAR)
    lines = result.output.splitlines()
    assert all(line.startswith("PASS  ") for line in lines[:-1])
    assert lines[-1] == f"{len(CHECKS)} PASS, 0 WARN, 0 FAIL"


def test_without_a_service_the_fhir_side_is_still_checked(fhir: str) -> None:
    checks, status = examined("http://127.0.0.1:9", fhir)
    assert status == 1
    assert verdicts(checks, "FAIL") == {"discovery"}
    assert "connection refused" in checks["discovery"]["found"]
    assert checks["prefetch keys"]["verdict"] == "PASS"
    assert checks["answer by FHIR"]["found"] == "not checked"
    assert set(checks) == set(CHECKS)


def test_without_a_fhir_server_the_service_is_still_checked(service: str) -> None:
    checks, status = examined(service, "http://127.0.0.1:9/fhir")
    assert status == 1
    assert verdicts(checks, "FAIL") == {"FHIR server"}
    assert checks["readiness"]["verdict"] == "PASS"
    assert set(checks) == set(CHECKS)


def test_what_is_no_service_is_told(record: FhirServer, fhir: str) -> None:
    record.misdeeds["cds-services"] = lambda handler: handler.send({"services": []})
    checks, status = examined(record.url, fhir)
    assert (status, checks["discovery"]["found"]) == (1, "no service for order-select")


def test_the_remedy_stands_below_its_line(fhir: str) -> None:
    result = run("doctor", "--service", "http://127.0.0.1:9", "--fhir", fhir)
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith("FAIL  discovery")
    assert lines[1].strip() == "-> start the service, and give the URL before /cds-services"


def test_a_browser_that_must_call_and_may_not_is_a_failure(service: str, fhir: str) -> None:
    checks, status = examined(service, fhir, "--origin", "https://ehr.example.org")
    assert status == 1
    assert checks["CORS preflight"]["verdict"] == "FAIL"
    assert "CDS_CORS_ORIGINS=https://ehr.example.org" in checks["CORS preflight"]["remedy"]


def test_a_token_that_is_needed_is_told(service: str, record: FhirServer) -> None:
    record.misdeeds["Patient"] = lambda handler: handler.send({}, 401)
    checks, status = examined(service, record.url, "--patient", "p")
    assert status == 1
    assert checks["token"]["verdict"] == "FAIL"
    assert "a token is needed" in checks["token"]["found"]


def test_a_token_that_is_accepted_passes(service: str, record: FhirServer) -> None:
    checks, _ = examined(service, record.url, "--token", TOKEN)
    assert (checks["token"]["verdict"], checks["token"]["found"]) == ("PASS", "accepted")
    sent = {seen.get("Authorization") for _, seen in record.seen}
    assert sent == {f"Bearer {TOKEN}"}


def test_a_token_that_ends_at_once_is_noted(service: str, record: FhirServer) -> None:
    checks, _ = examined(service, record.url, "--token", jwt({"exp": time.time() + 5}))
    assert checks["token"]["verdict"] == "WARN"


def test_a_patient_who_is_not_there_is_told(service: str, record: FhirServer) -> None:
    checks, status = examined(service, record.url, "--patient", "Patient/nobody")
    assert status == 1
    assert checks["token"]["found"] == "Patient: HTTP 404"


def test_without_a_patient_what_hangs_on_one_is_not_checked(
    service: str, broken: FhirServer
) -> None:
    checks, status = examined(service, broken.url)
    assert status == 0
    assert "not checked: no patient" in checks["prefetch keys"]["found"]
    assert set(checks) == set(CHECKS)


def test_a_next_link_of_another_origin_is_a_failure(service: str, record: FhirServer) -> None:
    def astray(handler: Handler) -> None:
        bundle = handler.fhir.bundle(handler.fhir.resources, handler.path, 0)
        bundle["link"] = [{"relation": "next", "url": "http://internal:8080/fhir?page=2"}]
        handler.send(bundle)

    record.misdeeds["Condition"] = astray
    checks, status = examined(service, record.url)
    assert status == 1
    assert checks["paging"]["verdict"] == "FAIL"
    assert "elsewhere than below the base URL" in checks["paging"]["found"]


def test_a_next_link_that_fails_is_a_failure(service: str, record: FhirServer) -> None:
    def once(handler: Handler) -> None:
        if "_page" in handler.path:
            handler.send({}, 410)
        else:
            handler.answer_well("Condition")

    record.misdeeds["Condition"] = once
    checks, _ = examined(service, record.url)
    assert checks["paging"]["verdict"] == "FAIL"
    assert "HTTP 410" in checks["paging"]["found"]


def test_a_record_of_one_page_proves_no_paging(service: str, record: FhirServer) -> None:
    record.page_size = 100
    checks, status = examined(service, record.url)
    assert (status, checks["paging"]["verdict"]) == (0, "WARN")


def test_a_type_that_the_token_may_not_read_is_named(service: str, record: FhirServer) -> None:
    record.misdeeds["MedicationDispense"] = lambda handler: handler.send({}, 403)
    checks, status = examined(service, record.url)
    assert status == 0
    keys = checks["prefetch keys"]
    assert keys["verdict"] == "WARN"
    assert keys["found"].startswith("17 of 18 filled; medication_dispenses: HTTP 403")
    assert "read of MedicationDispense" in keys["remedy"]


def declared(rest: object) -> Misdeed:
    return lambda handler: handler.send({**CAPABILITY, "rest": rest})


CAPABILITIES: dict[str, tuple[object, str, str]] = {
    "nothing": ([], "FAIL", "patient lacks types"),
    "no sense": ([1, {"resource": [1, {"type": 1, "searchParam": {}}]}], "FAIL", "lacks types"),
    "no Patient": (
        [{"resource": [{"type": "Group", "interaction": [{"code": "read"}]}]}],
        "FAIL",
        "patient lacks read",
    ),
    "no searches": (
        [{"resource": [{"type": "Patient", "interaction": [{"code": "read"}]}]}],
        "WARN",
        "conditions lacks search",
    ),
    "no code": (
        [
            {
                "searchParam": [{"name": "patient"}],
                "resource": [
                    {
                        "type": kind,
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "searchParam": [{"name": "date"}],
                    }
                    for kind in ("Patient", "Observation")
                ],
            }
        ],
        "WARN",
        "laboratory lacks code;",
    ),
}


@pytest.mark.parametrize("case", CAPABILITIES.values(), ids=CAPABILITIES.keys())
def test_what_the_server_does_not_declare_is_named(
    service: str, record: FhirServer, case: tuple[object, str, str]
) -> None:
    rest, verdict, said = case
    record.misdeeds["metadata"] = declared(rest)
    checks, _ = examined(service, record.url)
    assert checks["search parameters"]["verdict"] == verdict
    assert said in checks["search parameters"]["found"]


def test_a_clock_that_is_an_hour_off_is_a_failure(
    service: str, record: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        BaseHTTPRequestHandler, "date_time_string", lambda *_: "Sat, 01 Jan 2022 00:00:00 GMT"
    )
    checks, status = examined(service, record.url)
    assert status == 1
    assert checks["FHIR clock"]["verdict"] == "FAIL"
    assert "NTP" in checks["FHIR clock"]["remedy"]


STAMP = "Sat, 21 Nov 2026 12:00:00 GMT"
NOON = 1795262400.0


@pytest.mark.parametrize(
    ("off", "verdict"),
    [
        *((0, "PASS"), (0.9, "PASS"), (5.9, "PASS"), (6.1, "WARN"), (60.9, "WARN")),
        *((61.1, "FAIL"), (-5, "PASS"), (-5.1, "WARN"), (-60, "WARN"), (-60.1, "FAIL")),
    ],
)
def test_a_clock_is_judged_by_what_a_header_of_whole_seconds_can_tell(
    off: float, verdict: str
) -> None:
    heard = Heard(headers={"date": STAMP}, timed=(NOON + off, NOON + off))
    assert clock("x", heard).verdict == verdict


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_clock_that_nobody_tells_is_noted(headers: dict[str, str]) -> None:
    assert clock("x", Heard(headers=headers)).verdict is Verdict.WARN


@pytest.mark.parametrize(
    ("ms", "verdict"), [(1000, "PASS"), (1000.1, "WARN"), (5000, "WARN"), (5000.1, "FAIL")]
)
def test_a_time_is_judged(ms: float, verdict: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts_module, "SLOW_MS", SLOW_MS)
    monkeypatch.setattr(verdicts_module, "TOO_SLOW_MS", TOO_SLOW_MS)
    assert speed(ms) == verdict


def jwt(claims: object) -> str:
    parts = [{"alg": "none"}, claims, "signature"]
    coded = (base64.urlsafe_b64encode(json.dumps(one).encode()).decode() for one in parts)
    return ".".join(one.rstrip("=") for one in coded)


@pytest.mark.parametrize("token", [TOKEN, "a.!.c", "a.YQ.c", jwt([]), jwt({}), jwt({"exp": []})])
def test_a_token_that_tells_no_end_has_none(token: str) -> None:
    assert seconds_left(token) is None


def test_a_token_tells_its_end() -> None:
    left = seconds_left(jwt({"exp": time.time() + 300}))
    assert left is not None
    assert 290 < left <= 300


def test_a_preflight_needs_origin_and_headers() -> None:
    origin, names = "https://a.org", "authorization,content-type"
    assert preflight_lacks(Heard(problem="HTTP 405"), origin, names) == "HTTP 405"
    assert preflight_lacks(Heard(), origin, names) == "this origin is not allowed"
    headers = {"access-control-allow-origin": "*", "access-control-allow-headers": "Content-Type"}
    assert preflight_lacks(Heard(headers=headers), origin, names) == "not allowed: authorization"


class BadService:
    """A service with faults, behind the broken FHIR server's socket."""

    def __init__(self, server: FhirServer) -> None:
        """Offer a service without prefetch."""
        self.base = server.url
        self.answer: tuple[int, Any] = (200, {"cards": []})
        self.ready = 200
        offered = {"hook": "order-select", "id": "x", "prefetch": {}}
        server.misdeeds["cds-services"] = lambda handler: self.discover(handler, offered)
        server.misdeeds["readyz"] = lambda handler: handler.send({}, self.ready)

    @staticmethod
    def discover(handler: Handler, offered: dict[str, Any]) -> None:
        """Answer discovery without the slash only."""
        if handler.path.endswith("/"):
            handler.send({}, 404)
        else:
            handler.send({"services": [offered]})


@pytest.fixture
def bad(broken: FhirServer, monkeypatch: pytest.MonkeyPatch) -> BadService:
    made = BadService(broken)

    def posted(handler: Handler) -> None:
        handler.rfile.read(int(handler.headers["Content-Length"]))
        code, body = made.answer
        handler.send(body, code)

    monkeypatch.setattr(Handler, "do_POST", posted, raising=False)
    return made


ANSWERS: dict[str, tuple[int, Any, str]] = {
    "nothing to say": (200, {"cards": []}, "no card"),
    "no list": (200, {}, "no list of cards"),
    "no data": (412, {}, "HTTP 412: no patient data"),
    "a gateway": (502, {"issue": [{"diagnostics": "upstream"}]}, "HTTP 502: upstream"),
}


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_service_that_gives_no_card_fails(
    bad: BadService, fhir: str, case: tuple[int, Any, str]
) -> None:
    code, body, said = case
    bad.answer = (code, body)
    checks, status = examined(bad.base, fhir)
    assert status == 1
    assert checks["answer by FHIR"]["found"] == said
    assert checks["answer with prefetch"]["verdict"] == "FAIL"
    assert checks["discovery with slash"]["verdict"] == "WARN"
    assert checks["CORS preflight"]["verdict"] == "WARN"
    assert checks["FHIR latency"]["found"] == "no query to time"


@pytest.mark.parametrize(("ready", "verdict"), [(200, "PASS"), (503, "FAIL"), (404, "WARN")])
def test_readiness_is_judged(bad: BadService, fhir: str, ready: int, verdict: str) -> None:
    bad.ready = ready
    bad.answer = (200, {"cards": [{}]})
    checks, _ = examined(bad.base, fhir)
    assert checks["readiness"]["verdict"] == verdict
    assert checks["answer by FHIR"]["found"].startswith("1 card in")


def test_a_token_in_plain_text_is_refused_before_anything_is_sent(fhir: str) -> None:
    words = ["--service", "http://example.org", "--fhir", fhir, "--token", TOKEN]
    result = run("doctor", *words)
    assert result.exit_code == 1
    assert result.output == "error: a token is sent by https only, or to this machine\n"
