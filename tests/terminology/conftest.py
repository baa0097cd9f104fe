"""A real terminology server in a thread: an invented hierarchy below listed codes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cds_service.catalog import Catalog, load_catalog
from cds_service.facts.codes import load_codes
from cds_service.facts.condition_codes import ConditionSets
from cds_service.facts.expanding import Scope, scope_of
from cds_service.settings import Settings
from cds_service.terminology.asking import PAGE
from cds_service.terminology.concept import SYSTEM, is_concept
from cds_service.terminology.config import read_terminology
from cds_service.terminology.keeper import Keeper

VERSION = "http://snomed.info/sct/900000000000207008/version/20260101"
OSTEOMYELITIS, DISCITIS, INFECTIVE_DISCITIS = "203241002", "2304001", "302935008"
MYELOMA, REMISSION = "109989006", "94704006"


def invented(number: int) -> str:
    """Make an id of a form that concepts have, which no table lists."""
    return next(code for digit in range(10) if is_concept(code := f"{number}00{digit}"))


Misdeed = Callable[["Handler", dict[str, list[str]]], None]


@dataclass
class TxServer:
    """What the server knows and does wrong; `below` lists words by code, by row."""

    url: str = ""
    listed: tuple[str, ...] = ()
    below: dict[str, dict[str, str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    version: str = VERSION
    page: int = PAGE
    ecl: bool = True
    misdeed: Misdeed | None = None
    seen: list[str] = field(default_factory=list)

    def expand(self, row: str, offset: int) -> dict[str, Any]:
        """Write one page of what lies below a row."""
        whole = {} if row in self.unknown else {row: "itself"} | self.below.get(row, {})
        entries = [
            {"system": SYSTEM, "code": code, "display": says} for code, says in whole.items()
        ]
        return {
            "resourceType": "ValueSet",
            "status": "active",
            "expansion": {
                "timestamp": "2026-11-21T12:00:00Z",
                "total": len(entries),
                "offset": offset,
                "parameter": [{"name": "version", "valueUri": f"{SYSTEM}|{self.version}"}],
                "contains": entries[offset : offset + self.page],
            },
        }


class Handler(BaseHTTPRequestHandler):
    """Answers as the TxServer is told."""

    disable_nagle_algorithm = True  # an answer in two writes would wait 40 ms for each

    protocol_version = "HTTP/1.1"
    tx: TxServer

    def log_message(self, *args: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        """Do wrong, else expand, compare or look up."""
        self.tx.seen.append(self.path)
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        operation = parts.path.rsplit("/", 1)[-1]
        if self.tx.misdeed:
            self.tx.misdeed(self, asked)
        elif operation == "$expand":
            row = asked["url"][0].removeprefix(f"{SYSTEM}?fhir_vs=ecl/<<")
            if self.tx.ecl:
                self.send(self.tx.expand(row, int(asked["offset"][0])))
            else:
                self.send({"resourceType": "OperationOutcome", "issue": []}, 422)
        elif operation == "$subsumes":
            above, code = asked["codeA"][0], asked["codeB"][0]
            is_below = code == above or code in self.tx.below.get(above, {})
            self.send(parameters(outcome="subsumes" if is_below else "not-subsumed"))
        else:
            words = {c: w for known in self.tx.below.values() for c, w in known.items()}
            found = words.get(asked["code"][0])
            if found is None:
                self.send({"resourceType": "OperationOutcome", "issue": []}, 404)
            else:
                self.send(parameters(display=found, version=self.tx.version))

    def send(self, body: object, status: int = 200, **headers: str) -> None:
        """Send JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def parameters(**values: str) -> dict[str, Any]:
    """Write a Parameters resource."""
    keys = {"outcome": "valueCode"}
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": name, keys.get(name, "valueString"): value} for name, value in values.items()
        ],
    }


class Quiet(ThreadingHTTPServer):
    """A server whose clients may leave in the middle."""

    daemon_threads = True

    def handle_error(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def tx() -> Iterator[TxServer]:
    """Start a terminology server that knows all listed codes, and nothing below them."""
    known = TxServer()
    server = Quiet(("127.0.0.1", 0), type("Bound", (Handler,), {"tx": known}))
    known.url = f"http://127.0.0.1:{server.server_port}/fhir"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sets() -> ConditionSets:
    """Load the sets anew: an expansion changes them."""
    return load_codes("https://example.org/vertebral-augmentation-cds").conditions


@pytest.fixture
def scope(sets: ConditionSets) -> Scope:
    """Read what may be expanded."""
    return scope_of(sets)


@pytest.fixture
def keep(tx: TxServer, scope: Scope, tmp_path: Path) -> Callable[..., Keeper]:
    """Make keepers of the server, whose file is in a folder of the test."""

    def make(**more: Any) -> Keeper:
        site = read_terminology({"url": tx.url, "timeout": 5} | more, "site.toml [terminology]")
        assert site
        return Keeper(site, scope, tmp_path / "kept" / "terminology.json")

    return make


@pytest.fixture
def loaded(settings: Settings, tx: TxServer, tmp_path: Path) -> Callable[..., Catalog]:
    """Load all content with a site that has this server."""

    def load(text: str = "", **more: Any) -> Catalog:
        path = tmp_path / "site.toml"
        path.write_text(f'[terminology]\nurl = "{tx.url}"\n{text}', encoding="utf-8")
        store = f"sqlite:///{tmp_path}/store/cds.sqlite3"
        return load_catalog(
            settings.model_copy(update={"site": path, "database_url": store} | more)
        )

    return load
