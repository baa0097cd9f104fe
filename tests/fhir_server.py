"""A small FHIR R4 server over real sockets, for tests: reads, searches by code, pages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cds_service.hook_bodies import stored_entries
from cds_service.stories import Story

PAGE = 3
QUERY_OF = {
    "Condition": "conditions",
    "AllergyIntolerance": "allergies",
    "MedicationRequest": "medication_requests",
    "MedicationStatement": "medication_statements",
    "MedicationDispense": "medication_dispenses",
    "MedicationAdministration": "medication_administrations",
    "Encounter": "encounters",
    "ImagingStudy": "imaging_studies",
    "DiagnosticReport": "diagnostic_reports",
    "DocumentReference": "document_references",
    "Procedure": "procedures",
    "ServiceRequest": "service_requests",
    "List": "lists",
    "Patient": "patient",
}


def query_name(kind: str, parameters: Mapping[str, list[str]], laboratory: str) -> str:
    """Tell which of our queries a request is: Observations are told apart by their codes."""
    if kind != "Observation":
        return QUERY_OF.get(kind, "")
    codes = parameters.get("code", [""])[0]
    if "CodeSystem/finding" in codes:
        return "findings"
    return "laboratory" if laboratory in codes else "vital_signs"


@dataclass
class Records:
    """The stories that the server knows, by the id of the patient."""

    stories: Mapping[str, Story]
    stored: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Store every chart once, as a server does."""
        for patient, story in self.stories.items():
            self.stored[patient] = resources(story)

    def answer(self, path: str, base: str) -> tuple[int, Any]:
        """Answer a read or a search; a search that the story calls unanswered fails."""
        url = urlsplit(path)
        parts = url.path.removeprefix("/fhir/").split("/")
        parameters = parse_qs(url.query)
        if parts == ["metadata"]:
            return 200, CAPABILITY
        if len(parts) > 1:
            return self._read(parts[0], parts[1])
        kind = parts[0]
        if "patient" not in parameters:
            return 200, self._population(kind)
        story = self.stories.get(parameters["patient"][0].removeprefix("Patient/"))
        if story is None:
            return 200, {"resourceType": "Bundle", "type": "searchset", "total": 0}
        if query_name(kind, parameters, "6301-6") in story.unanswered:
            return 500, {"resourceType": "OperationOutcome", "issue": []}
        stored = self.stored[story.patient]
        entries = [entry for entry in stored if entry["resource"]["resourceType"] == kind]
        start = int(parameters.get("_start", ["0"])[0])
        page: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [
                *entries[start : start + PAGE],
                *(e for e in stored if e["resource"]["resourceType"] in REMARKS),
                *(e for e in stored if e["resource"]["resourceType"] in REFERRED),
            ],
            "link": [],
        }
        if start + PAGE < len(entries):
            query = "&".join(p for p in url.query.split("&") if not p.startswith("_start"))
            following = f"{base}{url.path}?{query}&_start={start + PAGE}"
            page["link"] = [{"relation": "next", "url": following}]
        page["link"] += story.bundle.get("link", [])
        return 200, page

    def _population(self, kind: str) -> dict[str, Any]:
        """Answer a search that names no patient: all of a type, on one page."""
        stored = [entry for entries in self.stored.values() for entry in entries]
        found = [entry for entry in stored if entry["resource"]["resourceType"] == kind]
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": found}
        return {**bundle, "total": len(found)}

    def _read(self, kind: str, name: str) -> tuple[int, Any]:
        """Answer a read."""
        for story in self.stories.values():
            for entry in self.stored[story.patient]:
                one = entry["resource"]
                if one["resourceType"] == kind and one.get("id") == name:
                    if kind == "Patient" and "patient" in story.unanswered:
                        return 500, {}
                    return 200, one
        return 404, {"resourceType": "OperationOutcome", "issue": []}


PARAMETERS = ("patient", "code", "status", "date", "started", "effective-time", "category", "type")
CAPABILITY: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "kind": "instance",
    "fhirVersion": "4.0.1",
    "software": {"name": "Stories", "version": "1"},
    "rest": [
        {
            "mode": "server",
            "resource": [
                {
                    "type": kind,
                    "interaction": [{"code": "read"}, {"code": "search-type"}],
                    "searchParam": [{"name": name} for name in PARAMETERS],
                }
                for kind in ("Observation", *QUERY_OF)
            ],
        }
    ],
}
REMARKS = ("OperationOutcome",)
REFERRED = ("Medication", "Specimen")


def resources(story: Story) -> list[dict[str, Any]]:
    """List the entries of a story's chart."""
    return stored_entries(story.bundle)


@contextmanager
def serving(stories: Mapping[str, Story]) -> Iterator[str]:
    """Serve the stories on a free port of this machine; gives the base URL."""
    records = Records(stories)

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # an answer in two writes would wait 40 ms for each
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = records.answer(self.path, base)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"{base}/fhir"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
