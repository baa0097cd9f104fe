"""Contents of attachments: fetched from the one server that may be asked, in any form, in time."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from cds_service.clinical.evidence import Evidence, Item
from cds_service.clinical.order import HookRequest
from cds_service.clinical.report_text import Document, Trouble, Wanted
from cds_service.evidence.documents import accepted, binary_url, observation_path
from cds_service.evidence.gather import Gatherer

from .conftest import PATIENT, TOKEN, FhirServer, Handler

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

SUBJECT = {"reference": f"Patient/{PATIENT}"}
REPORT = {"resourceType": "DiagnosticReport", "id": "r1", "subject": SUBJECT}
FINDING = {"resourceType": "Observation", "id": "o1", "subject": SUBJECT, "code": {}}
TEXT = b"Acute fracture of L1."
BASE = "https://ehr.example/r4"


def wants(*needs: Wanted) -> Callable[[Iterable[Item]], Iterable[Wanted]]:
    """Want the same, whatever the resources are."""
    return lambda _items: needs


def gathered(hook: Hook, gatherer: Make, server: FhirServer, *needs: Wanted) -> Evidence:
    """Gather a record with one report that needs something."""
    server.resources += [REPORT, FINDING]
    return gatherer(wants=wants(*needs))(hook(None, server), None)


def binary(body: object, kind: str, status: int = 200) -> Callable[[Handler], None]:
    """Answer a read of a Binary."""
    return lambda handler: handler.send(body, status, Content_Type=kind)


def test_a_binary_as_it_is(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    server.misdeeds["Binary"] = binary(TEXT, "text/plain; charset=utf-8")
    evidence = gathered(hook, gatherer, server, Wanted("Binary/1", "text/plain"))
    assert evidence.documents == {"Binary/1": Document(TEXT, "text/plain; charset=utf-8")}
    (headers,) = [headers for path, headers in server.seen if "Binary" in path]
    assert headers["Accept"] == "text/plain, application/fhir+json;q=0.5"
    assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_binary_in_fhir_json(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    packed = base64.b64encode(TEXT).decode()
    made = {"resourceType": "Binary", "contentType": "text/plain", "data": packed}
    server.misdeeds["Binary"] = binary(made, "application/fhir+json; charset=utf-8")
    url = f"{server.url}/Binary/1"
    evidence = gathered(hook, gatherer, server, Wanted(url))
    assert evidence.documents == {url: Document(TEXT, "text/plain")}


def test_a_server_that_gives_a_binary_as_fhir_only(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    packed = base64.b64encode(TEXT).decode()

    def picky(handler: Handler) -> None:
        if handler.headers["Accept"] == "application/fhir+json":
            handler.send(
                {"resourceType": "Binary", "data": packed}, Content_Type="application/json"
            )
        else:
            handler.send(b"", 406)

    server.misdeeds["Binary"] = picky
    evidence = gathered(hook, gatherer, server, Wanted("Binary/1", "application/pdf"))
    assert evidence.documents == {"Binary/1": Document(TEXT, "")}


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (binary(b"", "", 401), Trouble.FORBIDDEN),
        (binary(b"", "", 403), Trouble.FORBIDDEN),
        (binary(b"", "", 404), Trouble.NOT_FETCHED),
        (binary(b"", "", 500), Trouble.NOT_FETCHED),
        (binary(b"x" * 2000, "text/plain"), Trouble.TOO_LARGE),
        (binary(b"{", "application/fhir+json"), Trouble.BROKEN),
        (binary(b"[]", "application/fhir+json"), Trouble.BROKEN),
        (binary({"resourceType": "Binary"}, "application/json"), Trouble.BROKEN),
        (binary({"resourceType": "Binary", "data": "*"}, "application/json"), Trouble.BROKEN),
        (binary({"resourceType": "OperationOutcome"}, "application/json"), Trouble.NOT_FETCHED),
        (lambda handler: handler.send(b"x", Content_Encoding="br"), Trouble.NOT_FETCHED),
        (
            lambda handler: handler.send(b"", 302, Location="http://127.0.0.1:1/x"),
            Trouble.NOT_FETCHED,
        ),
    ],
)
def test_what_went_wrong_is_told(
    answer: Callable[[Handler], None],
    trouble: Trouble,
    hook: Hook,
    gatherer: Make,
    server: FhirServer,
) -> None:
    server.misdeeds["Binary"] = answer
    server.resources += [REPORT]
    needs = wants(Wanted("Binary/1", "text/plain"))
    evidence = gatherer(wants=needs, max_bytes=1500)(hook(None, server), None)
    assert evidence.documents == {"Binary/1": Document(trouble=trouble)}


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/r4/Binary/1",
        "https://ehr.example/other/Binary/1",
        "https://ehr.example.evil/r4/Binary/1",
        "//elsewhere.example/Binary/1",
        "Binary/../Patient/1",
        "Binary/..",
        "Patient/1",
        "Binary/1?x=y",
        "Binary/1#x",
        "Binary/%2e%2e",
        "file:///etc/passwd",
        "",
    ],
)
def test_the_token_goes_nowhere_else(url: str) -> None:
    assert binary_url(url, BASE) is None
    assert observation_path(url, BASE) is None


def test_urls_that_are_below_the_base() -> None:
    assert binary_url("Binary/XR-1.2_3~4", BASE) == f"{BASE}/Binary/XR-1.2_3~4"
    assert binary_url(f"{BASE}/Binary/1/_history/2", BASE) == f"{BASE}/Binary/1/_history/2"
    assert observation_path(f"{BASE}/Observation/1/_history/2", BASE) == "Observation/1"


@pytest.mark.parametrize("kind", ["", "text", "text/plain\r\nX: y", "*", "a b/c"])
def test_a_content_type_that_no_header_should_hold(kind: str) -> None:
    assert accepted(kind) == "application/fhir+json"


def test_an_address_elsewhere_is_not_asked(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    url = "https://elsewhere.example/Binary/1"
    evidence = gathered(hook, gatherer, server, Wanted(url))
    assert evidence.documents == {url: Document(trouble=Trouble.ELSEWHERE)}
    assert server.asked("Binary") == []


def test_results_are_read_by_reference(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    need = Wanted("Observation/o1", is_observation=True)
    elsewhere = Wanted("https://elsewhere.example/Observation/o1", is_observation=True)
    evidence = gathered(hook, gatherer, server, need, need, elsewhere)
    assert "o1" in [item.resource.get("id") for item in evidence.items]
    assert len([path for path in server.asked("Observation") if path.endswith("/o1")]) == 1


def test_each_document_is_fetched_once_and_not_too_many(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Binary"] = binary(TEXT, "text/plain")
    needs = [Wanted(f"Binary/{number % 15}") for number in range(30)]
    evidence = gathered(hook, gatherer, server, *needs)
    assert len(server.asked("Binary")) == len(evidence.documents) == 10


def test_nothing_is_asked_without_reports(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    evidence = gatherer(wants=wants(Wanted("Binary/1")))(hook(None, server), None)
    assert evidence.documents == {}


def test_a_document_that_comes_too_late(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    server.misdeeds["Binary"] = lambda _handler: time.sleep(2)
    server.resources += [REPORT]
    make = gatherer(wants=wants(Wanted("Binary/1")), deadline_seconds=0.5)
    evidence = make(hook(None, server), None)
    assert evidence.documents.get("Binary/1") in {None, Document(trouble=Trouble.NOT_FETCHED)}


def test_reports_that_were_supplied_are_completed_too(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Binary"] = binary(TEXT, "text/plain")
    bundle: dict[str, Any] = {"resourceType": "Bundle", "entry": [{"resource": REPORT}]}
    make = gatherer(wants=wants(Wanted("Binary/1")))
    evidence = make(hook({"diagnostic_reports": bundle}, server), None)
    assert evidence.documents == {"Binary/1": Document(TEXT, "text/plain")}
