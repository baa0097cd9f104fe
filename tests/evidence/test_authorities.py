"""A hospital's own authority: trusted where a site names it, for nothing that it did not sign."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trustme

from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.clients.key_sets import KeySets
from cds_service.clinical.evidence import Sought
from cds_service.clinical.order import HookRequest
from cds_service.ehr.calls import Caller
from cds_service.errors import SettingsError, Unavailable
from cds_service.evidence.addresses import LOOPBACK, Reach
from cds_service.evidence.authorities import authorities_of
from cds_service.evidence.body import Reply
from cds_service.evidence.flight import Flight
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.origins import Access, Origin
from cds_service.evidence.prefetch import load
from cds_service.evidence.wire import UNREACHABLE, Wire
from cds_service.settings import load_settings
from cds_service.terminology.answers import Refused
from cds_service.terminology.asking import Asker
from tests.clients.ehr import key_set

TOKEN = "secret-token"
PATIENT = {"resourceType": "Patient", "id": "pat-1"}
HOME = ip_network("127.0.0.0/8"), ip_network("::1/128")


class Server(ThreadingHTTPServer):
    """Serves over TLS what it is given, and keeps what it was asked."""

    def __init__(self, leaf: trustme.LeafCert, body: object) -> None:
        """Listen on a free port of this machine."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = json.dumps(body).encode()
        self.tokens: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    @property
    def url(self) -> str:
        """The address, by the name in the certificate."""
        return f"https://localhost:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A client that does not trust us has gone: say nothing."""


class Handler(BaseHTTPRequestHandler):
    """Answers every question with the same body."""

    server: Server

    def do_GET(self) -> None:
        """Write the token down, and answer."""
        self.server.tokens.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: object) -> None:
        """Stay silent."""


@contextmanager
def serving(leaf: trustme.LeafCert, body: object = PATIENT) -> Iterator[Server]:
    server = Server(leaf, body)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


@pytest.fixture(scope="module")
def hospital() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def file(hospital: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "hospital.pem"
    path.write_text(f"The authority of the hospital\n{pem(hospital)}", encoding="utf-8")
    return path


@pytest.fixture
def server(hospital: trustme.CA) -> Iterator[Server]:
    with serving(hospital.issue_cert("localhost")) as made:
        yield made


def ask(server: Server, authorities: str) -> Reply:
    origin = Origin("https", "localhost", int(server.server_address[1]))
    wire = Wire(1, authorities=authorities)
    access = Access(server.url, origin, TOKEN)
    try:
        return wire.get(f"{server.url}/Patient/pat-1", access, Flight(5, LOOPBACK), 9999)
    finally:
        wire.close()


def test_a_server_of_the_hospital_is_trusted_where_its_authority_is_named(
    server: Server, file: Path
) -> None:
    assert ask(server, authorities_of(file)).body == PATIENT
    assert server.tokens == [f"Bearer {TOKEN}"]


def test_without_it_no_token_is_sent(server: Server) -> None:
    assert ask(server, "").problem == UNREACHABLE
    assert server.tokens == []


def test_another_authority_of_the_same_name_is_not_trusted(server: Server) -> None:
    assert ask(server, pem(trustme.CA())).problem == UNREACHABLE
    assert server.tokens == []


NEVER = {
    "another name": lambda ca: ca.issue_cert("fhir.elsewhere.example"),
    "an address for a name": lambda ca: ca.issue_cert("127.0.0.1"),
    "expired": lambda ca: ca.issue_cert(
        "localhost", not_after=datetime.now(UTC) - timedelta(minutes=1)
    ),
    "not yet": lambda ca: ca.issue_cert(
        "localhost", not_before=datetime.now(UTC) + timedelta(days=1)
    ),
}


@pytest.mark.parametrize("made", NEVER.values(), ids=NEVER.keys())
def test_a_certificate_that_does_not_fit_is_refused_in_spite_of_its_authority(
    hospital: trustme.CA, made: Callable[[trustme.CA], trustme.LeafCert]
) -> None:
    with serving(made(hospital)) as server:
        assert ask(server, pem(hospital)).problem == UNREACHABLE
        assert server.tokens == []


def test_an_authority_below_it_is_trusted_too(hospital: trustme.CA) -> None:
    with serving(hospital.create_child_ca().issue_cert("localhost")) as server:
        assert ask(server, pem(hospital)).body == PATIENT


def test_public_authorities_stay_trusted(
    hospital: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = trustme.CA()
    public.cert_pem.write_to_path(tmp_path / "public.pem")
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "public.pem"))
    for authority in (public, hospital):
        with serving(authority.issue_cert("localhost")) as server:
            assert ask(server, pem(hospital)).body == PATIENT


def test_the_environment_names_no_authority(
    server: Server, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(file))
    assert ask(server, "").problem == UNREACHABLE


@pytest.mark.parametrize("named", [True, False])
def test_the_setting_counts_for_the_fhir_server(server: Server, file: Path, *, named: bool) -> None:
    settings = load_settings({"CDS_CA_FILE": str(file)} if named else {})
    gather = Gatherer.from_settings(settings, {"patient": load()["patient"]})
    request = HookRequest("order-select", "1", "pat-1", "u", (), fhir_server=server.url)
    evidence = gather(request, None)
    gather.close()
    state = evidence.sources["patient"].state
    assert state is (Sought.ANSWERED if named else Sought.FAILED)


def test_it_counts_for_key_sets(hospital: trustme.CA) -> None:
    with serving(hospital.issue_cert("localhost"), key_set("ES384-a")) as server:
        trusting, other = KeySets(authorities=pem(hospital)), KeySets()
        assert trusting.find(server.url, ("ES384",), "ES384-a", HOME)
        with pytest.raises(Unavailable):
            other.find(server.url, ("ES384",), "ES384-a", HOME)
        trusting.close()
        other.close()


def test_it_counts_for_the_terminology_server(server: Server, hospital: trustme.CA) -> None:
    origin = Origin("https", "localhost", int(server.server_address[1]))
    site: Any = SimpleNamespace(
        access=Access(server.url, origin), timeout=5, reach=Reach(networks=HOME), most_codes=9
    )
    for authorities in ("", pem(hospital)):
        with pytest.raises(Refused):
            Asker(cast("Any", site), authorities=authorities).run(("404684003",))
        assert len(server.tokens) == bool(authorities)


def test_it_counts_for_try_and_doctor(server: Server, hospital: trustme.CA) -> None:
    for authorities in ("", pem(hospital)):
        with Caller(server.url, authorities=authorities) as caller:
            assert caller.get("Patient/pat-1").fine is bool(authorities)


def test_a_file_that_is_none_stops_the_start(
    hospital: trustme.CA, tmp_path: Path, catalog: Catalog
) -> None:
    leaf = hospital.issue_cert("localhost")
    broken = pem(hospital).replace("A", "B", 20)
    wrong = {
        "empty": (b"", "must hold certificates"),
        "words": (b"trust us", "must hold certificates"),
        "bytes": (b"\xff\xfe\x00", "cannot be read as PEM"),
        "a server": (leaf.cert_chain_pems[0].bytes(), "must hold certificates"),
        "broken": (f"{pem(hospital)}\n{broken}".encode(), "must hold certificates"),
        "a key": (hospital.cert_pem.bytes() + leaf.private_key_pem.bytes(), "a private key"),
    }
    for name, (content, said) in wrong.items():
        path = tmp_path / name
        path.write_bytes(content)
        database = f"sqlite:///{tmp_path}/cds.sqlite3"
        settings = load_settings({"CDS_CA_FILE": str(path), "CDS_DATABASE_URL": database})
        with pytest.raises(SettingsError, match=f"^CDS_CA_FILE: .*{said}"):
            create_app(settings, catalog=catalog)
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings({"CDS_CA_FILE": str(tmp_path / "nowhere")})
    with pytest.raises(SettingsError, match="cannot be read"):
        authorities_of(tmp_path)
