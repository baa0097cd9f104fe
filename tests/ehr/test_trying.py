from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.ehr.calls import Caller
from cds_service.ehr.filling import fill
from tests.ehr.conftest import CLEAR, TOKEN, WARFARIN, run
from tests.evidence.conftest import FhirServer, Handler
from tests.fhir_server import CAPABILITY

DAY = ["--today", "2025-05-20"]
Misdeed = Callable[[Handler], None]


def told(*words: str) -> dict[str, Any]:
    result = run("try", *words, "--json")
    assert result.exit_code == 0, result.output
    value: dict[str, Any] = json.loads(result.output)
    return value


def test_try_shows_servers_request_queries_trace_and_cards_in_this_order(fhir: str) -> None:
    text = run("try", "--fhir", fhir, "--patient", WARFARIN, *DAY).output
    titles = ("SERVERS", "REQUEST", "QUERIES", "EVIDENCE", "FACTS", "ANSWERS", "CARDS")
    places = [text.index(f"{title}\n") for title in titles]
    assert places == sorted(places)
    assert "Stories 1, FHIR 4.0.1" in text
    assert "prefetch: 18 of 18 keys" in text
    assert "anticoagulant_active: fires" in text
    assert re.search(r"\[WARNING\] .*L1.*: INR 2\.4 on 2025-05-18", text)


def test_the_cards_are_those_that_the_record_gives(fhir: str) -> None:
    played = told("--fhir", fhir, "--patient", WARFARIN, *DAY)
    explained = json.loads(
        run("explain", "fhir_fixtures/patients/warfarin_active_inr_2_4", "--json").output
    )
    assert [c["summary"] for c in played["cards"]] == [c["summary"] for c in explained["cards"]]
    truths = {name: one["answer"] for name, one in played["trace"]["answers"].items()}
    assert truths == {name: one["answer"] for name, one in explained["answers"].items()}


def test_each_query_tells_status_time_and_number(fhir: str) -> None:
    queries = told("--fhir", fhir, "--patient", f"Patient/{WARFARIN}", *DAY)["queries"]
    assert [one["name"] for one in queries][:2] == ["patient", "laboratory"]
    assert all(one["status"] == 200 and one["ms"] > 0 for one in queries)
    assert next(one for one in queries if one["name"] == "laboratory")["more"]


def test_a_running_service_is_called_and_its_cards_are_shown(fhir: str, service: str) -> None:
    for url in (service, f"{service}/", f"{service}/cds-services"):
        played = told("--fhir", fhir, "--patient", CLEAR, "--service", url)
        assert played["status"] == 200
        assert played["cards"]
        assert played["service"] == service
    text = run("try", "--fhir", fhir, "--patient", CLEAR, "--service", service).output
    assert "made by this installation" in text


def test_another_order_can_be_selected(fhir: str) -> None:
    words = ["--fhir", fhir, "--patient", WARFARIN, "--order", "71046", "--level", ""]
    played = told(*words)
    assert played["cards"] == []
    assert "0 cards" in run("try", *words).output


def test_the_token_reaches_the_fhir_server_and_is_never_shown(broken: FhirServer) -> None:
    broken.resources.append({"resourceType": "Patient", "id": "p"})
    words = ["--fhir", broken.url, "--patient", "p", "--token", TOKEN]
    text, whole = run("try", *words).output, run("try", *words, "--json").output
    assert "token: given (not shown)" in text
    assert json.loads(whole)["request"]["fhirAuthorization"]["access_token"] == "(not shown)"
    assert TOKEN not in text + whole
    assert {seen.get("Authorization") for _, seen in broken.seen} == {f"Bearer {TOKEN}"}


def test_the_token_comes_from_the_environment_too(
    broken: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FHIR_TOKEN", TOKEN)
    run("try", "--fhir", broken.url, "--patient", "p")
    assert broken.seen[0][1]["Authorization"] == f"Bearer {TOKEN}"


def test_a_key_that_fails_is_left_out_as_clients_do(broken: FhirServer) -> None:
    broken.resources.append({"resourceType": "Patient", "id": "p"})
    broken.misdeeds["Condition"] = lambda handler: handler.send({}, 500)
    broken.misdeeds["List"] = lambda handler: handler.send({"resourceType": "OperationOutcome"})
    broken.misdeeds["Procedure"] = lambda handler: handler.send({"resourceType": "Procedure"})
    played = told("--fhir", broken.url, "--patient", "p")
    assert not {"conditions", "lists", "procedures"} & set(played["request"]["prefetch"])
    problems = {one["name"]: one["problem"] for one in played["queries"] if one["problem"]}
    assert problems == {
        "conditions": "HTTP 500",
        "lists": "an OperationOutcome came",
        "procedures": "no Bundle came",
    }


ASTRAY = ("http://127.0.0.1:9/x?y=1", "https://example.org/Patient/1", "http://a b/Patient/1")


@pytest.mark.parametrize("template", ASTRAY)
def test_a_template_of_a_service_does_not_lead_the_token_elsewhere(
    broken: FhirServer, template: str
) -> None:
    with Caller(broken.url, TOKEN) as caller:
        (filled,) = fill(caller, {"x": template}, "p")
    assert filled.problem == "not a URL of this server"
    assert not broken.seen


def html(handler: Handler) -> None:
    handler.send(b"<html>hello</html>")


def silent(_handler: Handler) -> None:
    time.sleep(1)


def dripping(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def status(code: int) -> Misdeed:
    return lambda handler: handler.send({}, code)


def version(said: str | None) -> Misdeed:
    return lambda handler: handler.send({**CAPABILITY, "fhirVersion": said})


METADATA: dict[str, tuple[Misdeed, str]] = {
    "a web page": (html, "not with JSON"),
    "another resource": (lambda h: h.send({"resourceType": "Patient"}), "is it the base URL?"),
    "a list": (lambda h: h.send([]), "is it the base URL?"),
    "not found": (status(404), "HTTP 404"),
    "no token": (status(401), "a token is needed"),
    "no right": (status(403), "no right"),
    "a redirect": (status(302), "a redirect"),
    "its fault": (status(503), "HTTP 503"),
    "silence": (silent, "no answer within 0.5 s"),
    "a byte now and then": (dripping, "no answer within 0.5 s"),
    "STU3": (version("3.0.2"), "declares 3.0.2"),
    "R5": (version("5.0.0"), "declares 5.0.0"),
    "no version": (version(None), "declares no version"),
    "DSTU2": (lambda h: h.send({"resourceType": "Conformance", "fhirVersion": "1.0.2"}), "1.0.2"),
}


@pytest.mark.parametrize("case", METADATA.values(), ids=METADATA.keys())
def test_what_is_wrong_with_a_fhir_server_is_one_clear_line(
    broken: FhirServer, case: tuple[Misdeed, str]
) -> None:
    broken.misdeeds["metadata"], said = case
    began = time.monotonic()
    result = run("try", "--fhir", broken.url, "--patient", "p", "--seconds", "0.5")
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.startswith("error: ")
    assert len(result.output.splitlines()) == 1
    assert time.monotonic() - began < 5


def test_a_token_that_is_refused_is_told_and_not_repeated(broken: FhirServer) -> None:
    broken.misdeeds["metadata"] = status(401)
    result = run("try", "--fhir", broken.url, "--patient", "p", "--token", TOKEN)
    assert "the token is not accepted" in result.output
    assert TOKEN not in result.output


WRONG = {
    "nobody listens": (["http://127.0.0.1:9/fhir"], "connection refused"),
    "no such host": (["http://nowhere.invalid/fhir"], "host name is not known"),
    "no URL": (["nowhere"], "absolute http(s) URL"),
    "a user in the URL": (["http://a:b@127.0.0.1/fhir"], "absolute http(s) URL"),
    "a token in plain text": (["http://example.org/f", "--token", TOKEN], "by https only"),
    "a token with a line": (["http://127.0.0.1:9", "--token", "a\nb"], "printable ASCII"),
    "a token to a plain service": (
        ["http://127.0.0.1:9", "--token", TOKEN, "--service", "http://example.org"],
        "by https only",
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_tried_is_one_clear_line(case: tuple[list[str], str]) -> None:
    words, said = case
    result = run("try", "--fhir", *words, "--patient", "p")
    assert result.exit_code == 1
    assert said in result.output
    assert TOKEN not in result.output
    assert len(result.output.splitlines()) == 1


def test_a_server_without_tls_is_told(broken: FhirServer) -> None:
    url = broken.url.replace("http://", "https://")
    assert "TLS: no secure connection" in run("try", "--fhir", url, "--patient", "p").output


def test_a_certificate_that_nobody_trusts_is_told() -> None:
    """A listener with a handshake of its own: any certificate of a test is untrusted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(bytes.fromhex("15030300020228"))  # alert: handshake failure

        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/fhir"
        assert "TLS: " in run("try", "--fhir", url, "--patient", "p").output
        thread.join()


def test_the_reason_of_an_untrusted_certificate_is_repeated() -> None:
    error = ssl.SSLCertVerificationError(1, "x")
    error.verify_message = "self-signed certificate"
    with Caller("https://127.0.0.1:9") as caller:
        assert "(self-signed certificate)" in caller._broken(OSError(error))
        assert caller._broken(OSError("x")) == "the connection broke off"


def test_a_patient_is_a_must() -> None:
    assert "--patient ID" in run("try", "--fhir", "http://127.0.0.1:9").output


def test_nobody_of_that_id_is_told(fhir: str) -> None:
    assert "no patient of that id" in run("try", "--fhir", fhir, "--patient", "nobody").output


def test_a_server_that_answers_nothing_else_is_told(broken: FhirServer) -> None:
    broken.misdeeds["*"] = status(403)
    result = run("try", "--fhir", broken.url, "--patient", "p")
    assert result.exit_code == 1
    assert "not one query was answered: HTTP 403" in result.output


SERVICES: dict[str, tuple[Misdeed, str]] = {
    "no discovery": (status(404), "HTTP 404"),
    "none of our hook": (lambda h: h.send({"services": [{"hook": "x"}]}), "offers no service"),
    "no list": (lambda h: h.send({"services": 1}), "offers no service"),
}


@pytest.mark.parametrize("case", SERVICES.values(), ids=SERVICES.keys())
def test_what_is_wrong_with_a_service_is_one_clear_line(
    broken: FhirServer, fhir: str, case: tuple[Misdeed, str]
) -> None:
    broken.misdeeds["cds-services"], said = case
    result = run("try", "--fhir", fhir, "--patient", CLEAR, "--service", broken.url)
    assert result.exit_code == 1
    assert said in result.output
    assert len(result.output.splitlines()) == 1


POSTED: dict[str, tuple[int, Any, str]] = {
    "an error": (
        412,
        {"resourceType": "OperationOutcome", "issue": [{"diagnostics": "no\x1b[2J data"}]},
        "HTTP 412: no[2J data",
    ),
    "an error without a reason": (500, {"issue": [1]}, "HTTP 500"),
    "no cards": (200, {}, "no list of cards"),
}


@pytest.mark.parametrize("case", POSTED.values(), ids=POSTED.keys())
def test_a_service_that_gives_no_cards_is_told(
    broken: FhirServer, fhir: str, case: tuple[int, Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, answer, said = case
    offered = {"hook": "order-select", "id": "x", "prefetch": {"p": "Patient/{{context.userId}}"}}
    offered["prefetch"]["patient"] = "Patient/{{context.patientId}}"  # type: ignore[index]
    broken.misdeeds["cds-services"] = lambda handler: handler.send({"services": [offered]})
    monkeypatch.setattr(
        Handler, "do_POST", lambda handler: handler.send(answer, code), raising=False
    )
    result = run("try", "--fhir", fhir, "--patient", CLEAR, "--service", broken.url)
    assert result.exit_code == 1
    assert said in result.output
    assert "a token in it cannot be filled" in result.output


def test_a_trace_without_data_says_why(fhir: str) -> None:
    words = ["--fhir", fhir, "--patient", CLEAR, "--order", "22514", "--level", "L9"]
    assert "no vertebral level" in run("try", *words).output


def test_an_order_with_a_patient_id_that_no_request_may_have(broken: FhirServer) -> None:
    broken.resources.append({"resourceType": "Patient", "id": "a b"})
    broken.misdeeds["Patient"] = lambda h: h.send({"resourceType": "Patient", "id": "a b"})
    result = run("try", "--fhir", broken.url, "--patient", "a b")
    whole = run("try", "--fhir", broken.url, "--patient", "a b", "--json")
    assert (result.exit_code, whole.exit_code) == (1, 1)
    assert "did not answer with cards" in result.output
    assert json.loads(whole.output)["trace"]["problem"]
