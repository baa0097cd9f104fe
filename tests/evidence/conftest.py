"""A real FHIR server in a thread, as good or as bad as a test wants it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cds_service.clinical.order import HookRequest
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.prefetch import Query, filled, load

CODES = {
    "laboratory": ["http://loinc.org|6301-6", "http://loinc.org|777-3"],
    "vital_signs": ["http://loinc.org|8310-5"],
    "findings": ["https://example.org/finding|marrow-edema"],
}
PATIENT = "pat-1"
TOKEN = "secret-token"
Misdeed = Callable[["Handler"], None]


@dataclass
class FhirServer:
    """What the server holds, what it does wrong by resource type, and what it was asked."""

    url: str = ""
    resources: list[dict[str, Any]] = field(default_factory=list)
    misdeeds: dict[str, Misdeed] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    page_size: int = 1000
    entry_status: dict[str, str] = field(default_factory=dict)
    statement: dict[str, Any] | None = None

    @property
    def origin(self) -> str:
        """The origin of the base URL."""
        return self.url.removesuffix("/fhir")

    def asked(self, kind: str) -> list[str]:
        """List the targets of all requests for a type."""
        return [path for path, _ in self.seen if path.startswith(f"/fhir/{kind}")]

    def bundle(self, found: list[dict[str, Any]], path: str, start: int) -> dict[str, Any]:
        """Make one page of a searchset."""
        page = found[start : start + self.page_size]
        made: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": []}
        for resource in page:
            url = f"{self.url}/{resource['resourceType']}/{resource.get('id')}"
            made["entry"].append(
                {"fullUrl": url, "resource": resource, "search": {"mode": "match"}}
            )
        if start + self.page_size < len(found):
            bare = path.partition("&_page=")[0]
            target = f"{self.origin}{bare}&_page={start + self.page_size}"
            made["link"] = [{"relation": "next", "url": target}]
        return made


class Handler(BaseHTTPRequestHandler):
    """Answers reads and searches over the resources of its FhirServer."""

    disable_nagle_algorithm = True  # an answer in two writes would wait 40 ms for each

    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    fhir: FhirServer

    def log_message(self, *args: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        """Write the request down, then do right or wrong."""
        about = {"X-Port": str(self.client_address[1]), "X-Method": self.command}
        headers = dict(self.headers.items()) | about
        self.fhir.seen.append((self.path, headers))
        kind = self.kind
        misdeed = self.fhir.misdeeds.get(kind) or self.fhir.misdeeds.get("*")
        if misdeed:
            misdeed(self)
        else:
            self.answer_well(kind)

    @property
    def kind(self) -> str:
        """The resource type that is asked for; empty for a batch."""
        path = self.path.removeprefix("/fhir").removeprefix("/")
        return path.replace("/", "?").split("?")[0]

    def do_POST(self) -> None:
        """Take a search from the body of a form, or several from a batch."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/fhir":
            self.fhir.seen.append((self.path, dict(self.headers.items())))
            self.batch(json.loads(body))
            return
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        self.path = f"{self.path.removesuffix('/_search')}?{body.decode()}"
        self.do_GET()

    def batch(self, bundle: dict[str, Any]) -> None:
        """Answer a batch, each entry by itself."""
        misdeed = self.fhir.misdeeds.get("") or self.fhir.misdeeds.get("*")
        if misdeed:
            misdeed(self)
            return
        made = []
        for entry in bundle["entry"]:
            self.path = f"/fhir/{entry['request']['url']}"
            body, status = self.found(self.kind)
            told = self.fhir.entry_status.get(self.kind, f"{status} told")
            made.append({"resource": body, "response": {"status": told}})
        self.send({"resourceType": "Bundle", "type": "batch-response", "entry": made})

    def answer_well(self, kind: str) -> None:
        """Answer a read or a search."""
        if self.path == "/fhir/metadata":
            self.send(self.fhir.statement or {}, 200 if self.fhir.statement else 404)
            return
        body, status = self.found(kind)
        self.send(body, status)

    def found(self, kind: str) -> tuple[dict[str, Any], int]:
        """Find what a read or a search asks for."""
        parts = urlsplit(self.path)
        wanted = parse_qs(parts.query)
        rows = [r for r in self.fhir.resources if r["resourceType"] == kind]
        if not parts.query:
            found = [r for r in rows if parts.path.endswith(f"/{r.get('id')}")]
            return (found[0], 200) if found else ({}, 404)
        codes = wanted.get("code", [""])[0].split(",")
        if "code" in wanted:
            rows = [r for r in rows if set(codes) & set(codes_of(r))]
        start = int(wanted.get("_page", ["0"])[0])
        return self.fhir.bundle(rows, self.path, start), 200

    def send(self, body: object, status: int = 200, **headers: str) -> None:
        """Send JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def codes_of(resource: dict[str, Any]) -> list[str]:
    """List the codes of an Observation, written system|code."""
    return [f"{c['system']}|{c['code']}" for c in resource.get("code", {}).get("coding", [])]


class Quiet(ThreadingHTTPServer):
    """A server whose clients may leave in the middle."""

    daemon_threads = True
    request_queue_size = 200  # with fewer, some of many connections at once would wait a second

    def handle_error(self, *args: object) -> None:
        """Say nothing: a broken pipe is what the tests want."""


@pytest.fixture
def serve() -> Iterator[Callable[[], FhirServer]]:
    """Start servers on loopback."""
    running = []

    def start() -> FhirServer:
        fhir = FhirServer()
        server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"fhir": fhir}))
        fhir.url = f"http://127.0.0.1:{server.server_port}/fhir"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        running.append((server, thread))
        return fhir

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def server(serve: Callable[[], FhirServer]) -> FhirServer:
    """Start one well-behaved, empty FHIR server that knows the patient."""
    fhir = serve()
    fhir.resources.append({"resourceType": "Patient", "id": PATIENT})
    return fhir


@pytest.fixture(scope="session")
def queries() -> dict[str, Query]:
    """Fill the queries with a few codes."""
    return filled(load(), CODES)


@pytest.fixture
def gatherer(queries: dict[str, Query]) -> Iterator[Callable[..., Gatherer]]:
    """Make gatherers; after the test none of their threads may be left."""
    made = []

    def make(**settings: Any) -> Gatherer:
        made.append(Gatherer(queries, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
    until = time.monotonic() + 5
    while threads_of_gatherers() and time.monotonic() < until:
        time.sleep(0.01)
    assert not threads_of_gatherers(), "a thread was leaked"


def threads_of_gatherers() -> list[str]:
    """List the names of pool threads that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("gather")]


@pytest.fixture
def hook() -> Callable[..., HookRequest]:
    """Make hook requests about the patient."""

    def make(
        prefetch: dict[str, Any] | None = None, server: FhirServer | str | None = None, **more: Any
    ) -> HookRequest:
        url = server.url if isinstance(server, FhirServer) else server
        settings: dict[str, Any] = {"token": TOKEN, "patient_id": PATIENT} | more
        return HookRequest(
            hook="order-select",
            hook_instance="1",
            user_id="Practitioner/1",
            drafts=(),
            prefetch=prefetch,
            fhir_server=url,
            **settings,
        )

    return make
