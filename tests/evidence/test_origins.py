"""Which servers are asked: no byte of a token leaves for any other."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cds_service.clinical.evidence import QUERIES, Sought
from cds_service.clinical.order import HookRequest
from cds_service.errors import SettingsError
from cds_service.evidence.addresses import LOOPBACK
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.origins import Doors, Origin, next_url, origin_of

from .conftest import FhirServer

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

TRICKS = [
    "http://evil.example/fhir",
    "http://127.0.0.1@evil.example/fhir",
    "http://user:secret@127.0.0.1/fhir",
    "http://@127.0.0.1/fhir",
    "http://evil.example#@127.0.0.1/fhir",
    "http://evil.example?@127.0.0.1/fhir",
    "http://127.0.0.1/fhir?x=1",
    "http://127.0.0.1/fhir#x",
    "http://127.0.0.1\\@evil.example/fhir",
    "http:\\\\127.0.0.1\\fhir",
    "http:/127.0.0.1/fhir",
    "http:127.0.0.1",
    "//127.0.0.1/fhir",
    "127.0.0.1/fhir",
    "http://2130706433/fhir",
    "http://0x7f000001/fhir",
    "http://0x7f.0.0.1/fhir",
    "http://017700000001/fhir",
    "http://0177.0.0.1/fhir",
    "http://127.1/fhir",
    "http://127.0.0.01/fhir",
    "http://127.0.0.1.evil.example/fhir",
    "http://localhost.evil.example/fhir",
    "http://evil-localhost/fhir",
    "http://127.0.0.1./fhir",
    "http://localhost./fhir",
    "http://0.0.0.0/fhir",
    "http://0/fhir",
    "http://[::]/fhir",
    "http://[::ffff:127.0.0.1]/fhir",
    "http://[::ffff:7f00:1]/fhir",
    "http://[::1%25lo]/fhir",
    "http://[::1/fhir",
    "http://[::1]x/fhir",
    "http://::1/fhir",
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/fhir",
    "http://128.0.0.1/fhir",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/fhir",
    "http://127\u30020\u30020\u30021/fhir",
    "http://%6cocalhost/fhir",
    "http://local\thost/fhir",
    "http://localhost /fhir",
    " http://localhost/fhir",
    "http://localhost\r\n/fhir",
    "http://localhost:0/fhir",
    "http://localhost:65536/fhir",
    "http://localhost:80:90/fhir",
    "http://localhost:-1/fhir",
    "http://localhost:\u0661/fhir",
    "http://localhost:x/fhir",
    "http:///fhir",
    "http://",
    "ftp://127.0.0.1/fhir",
    "file:///etc/passwd",
    "javascript://localhost/x",
    "http://localhost/" + "x" * 5000,
    "http://127.0.0.1%00.evil.example/fhir",
    "http://127.0.0.1%2f@evil.example/fhir",
    "http://127.0.0.1&@evil.example/fhir",
    "http://127.0.0.1,evil.example/fhir",
    "http://127.0.0.1;evil.example/fhir",
    "http://127.0.0.1|evil.example/fhir",
    "http://{127.0.0.1}/fhir",
    "http://127.0.0.1:80\\@evil.example:80/fhir",
    "http://127.0.0.1:80@evil.example:80/fhir",
    "http://evil.example:80#127.0.0.1/fhir",
    "http://evil.example/127.0.0.1/fhir",
    "http://evil.example:80;127.0.0.1/fhir",
    "http://[::ffff:169.254.169.254]/latest",
    "http://[fd00:ec2::254]/latest",
    "http://[fe80::1]/fhir",
    "http://[fe80::1%eth0]/fhir",
    "http://[64:ff9b::7f00:1]/fhir",
    "http://[2002:7f00:1::]/fhir",
    "http://[0:0:0:0:0:ffff:7f00:1]/fhir",
    "http://[::127.0.0.1]/fhir",
    "http://[127.0.0.1]/fhir",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://100.100.100.200/latest/meta-data",
    "http://192.168.0.1/fhir",
    "http://172.16.0.1/fhir",
    "http://224.0.0.1/fhir",
    "http://255.255.255.255/fhir",
    "http://2852039166/latest",
    "http://l\u043ecalhost/fhir",
    "http://lo\u00adcalhost/fhir",
    "http://localhost\u200b/fhir",
    "http://localhost\x00.evil.example/fhir",
    "http://localhost%23@evil.example/fhir",
    "http://localhost+evil.example/fhir",
    "http://local_host/fhir",
    "http://-localhost/fhir",
    "http://localhost-/fhir",
    "gopher://127.0.0.1:6379/_x",
    "ws://127.0.0.1/fhir",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/fhir",
    "data:application/json,{}",
    "https:///127.0.0.1/fhir",
    "hxxp://127.0.0.1/fhir",
    "http://127.0.0.1:8080:/fhir",
    "http://127.0.0.1:0x50/fhir",
    "http://127.0.0.1:00000000080/fhir",
]
LED_OUT = [
    "{origin}/other/Condition",
    "{origin}/fhir2/Condition",
    "{origin}/fhir/../other/Condition",
    "{origin}/fhir/%2e%2e/other/Condition",
    "{origin}/fhir/%252e%252e/other/Condition",
    "{origin}/fhir/..;/other/Condition",
    "{origin}/fhir/x%2f..%2f..%2fother",
    "{origin}//fhir/Condition",
    "{origin}",
    "/other/Condition",
    "../other/Condition",
    "//{host}/other",
    "{base}@evil.example/Condition",
    "{base}\\..\\other",
    "{base}#/../other",
]


@pytest.mark.parametrize("url", TRICKS)
def test_no_trick_opens_a_door_in_development(
    url: str, hook: Hook, gatherer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loopback only, and only where no two parsers could dispute it: not a socket is opened."""

    def refuse(*args: object, **_: object) -> None:
        pytest.fail(f"a connection was tried: {args}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    evidence = gatherer()(hook(None, url), None)
    assert {source.state for source in evidence.sources.values()} == {Sought.FAILED}
    assert {s.detail for s in evidence.sources.values()} == {"this FHIR server is not registered"}


def test_there_are_enough_tricks() -> None:
    assert len(set(TRICKS)) >= 100


@pytest.mark.parametrize("link", [*TRICKS, *LED_OUT])
def test_no_trick_in_a_next_link_gets_a_byte_of_the_token(
    link: str,
    hook: Hook,
    gatherer: Make,
    server: FhirServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No name is looked up but that of the server itself, and nothing above its base is asked."""
    page = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Condition", "id": "c1"}}],
        "link": [
            {
                "relation": "next",
                "url": link.replace("{origin}", server.origin)
                .replace("{base}", server.url)
                .replace("{host}", server.origin.removeprefix("http://")),
            }
        ],
    }
    server.misdeeds["Condition"] = lambda handler: handler.send(page)
    asked: list[object] = []
    look_up = socket.getaddrinfo

    def seen(host: Any, *said: Any, **more: Any) -> Any:
        asked.append(host)
        return look_up(host, *said, **more)

    monkeypatch.setattr(socket, "getaddrinfo", seen)
    prefetch: dict[str, Any] = dict.fromkeys(QUERIES)
    del prefetch["conditions"]
    evidence = gatherer()(hook(prefetch, server), None)
    assert evidence.sources["conditions"].state is Sought.INCOMPLETE
    assert set(asked) <= {"127.0.0.1"}
    assert server.seen
    for path, _ in server.seen:
        assert f"{path.partition('?')[0]}/".startswith("/fhir/")
        assert ".." not in path


@pytest.mark.parametrize("server", [3, ["http://localhost"], {}, True])
def test_a_server_that_is_no_text_is_not_asked(server: Any) -> None:
    """The web layer checks this too; a second lock costs nothing."""
    assert Doors.of("development", ()).access(server, "t") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/fhir",
        "http://LOCALHOST:8080/fhir/",
        "https://127.0.0.1",
        "http://127.8.9.1:80/r4",
        "http://[::1]:8080/fhir",
        "HTTP://localhost/fhir",
    ],
)
def test_this_machine_is_asked_in_development(url: str) -> None:
    """By name, by address, by http too."""
    access = Doors.of("development", ()).access(url, "secret")
    assert access is not None
    assert not access.base.endswith("/")
    assert "secret" not in repr(access)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://ehr.example/fhir", True),
        ("https://ehr.example:443/other", True),
        ("https://EHR.example/fhir", True),
        ("https://ehr.example:8443/fhir", False),
        ("http://ehr.example/fhir", False),
        ("http://ehr.example:443/fhir", False),
        ("https://sub.ehr.example/fhir", False),
        ("https://ehr.example.evil.example/fhir", False),
        ("https://ehr.example./fhir", False),
        ("https://ehr.example@evil.example/fhir", False),
        ("https://localhost/fhir", False),
        ("http://127.0.0.1/fhir", False),
        ("https://other.example:9443/x", True),
        ("https://other.example/x", False),
    ],
)
def test_production_asks_registered_origins_only(url: str, *, allowed: bool) -> None:
    """Scheme, host and port, exactly."""
    doors = Doors.of("production", ["https://ehr.example", "https://other.example:9443/fhir"])
    assert (doors.access(url, "t") is not None) is allowed


@pytest.mark.parametrize("origin", ["ehr.example", "", "https://", "http://ehr.example"])
def test_an_origin_that_cannot_be_used_stops_the_start(origin: str) -> None:
    """The operator learns it before the first patient."""
    with pytest.raises(SettingsError, match="FHIR origin"):
        Doors.of("production", [origin])


ACCESS = Doors.of("development", ()).access("http://127.0.0.1:8080/fhir", "t")
PAGE = "http://127.0.0.1:8080/fhir/Condition?patient=1"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("http://127.0.0.1:8080/fhir?_getpages=1", "http://127.0.0.1:8080/fhir?_getpages=1"),
        ("/fhir?page=2", "http://127.0.0.1:8080/fhir?page=2"),
        ("?page=2", "http://127.0.0.1:8080/fhir/Condition?page=2"),
        ("Condition?page=2", "http://127.0.0.1:8080/fhir/Condition?page=2"),
        ("http://127.0.0.1:8080/fhir/?page=2", "http://127.0.0.1:8080/fhir/?page=2"),
        ("http://127.0.0.1:8080/fhir/x/..x?a=%2F", "http://127.0.0.1:8080/fhir/x/..x?a=%2F"),
        ("http://127.0.0.1:8080/other?page=2", None),
        ("http://127.0.0.1:8080/", None),
        ("http://127.0.0.1:8080", None),
        ("http://127.0.0.1:8080?page=2", None),
        ("http://127.0.0.1:8080/fhir2?page=2", None),
        ("http://127.0.0.1:8080/fhi?page=2", None),
        ("http://127.0.0.1:8080/FHIR?page=2", None),
        ("http://127.0.0.1:8080/fhir;x/Condition", None),
        ("http://127.0.0.1:8080//fhir?page=2", None),
        ("http://127.0.0.1:8080/fhir/../other", None),
        ("http://127.0.0.1:8080/fhir/./../other", None),
        ("http://127.0.0.1:8080/fhir/Condition/..", None),
        ("http://127.0.0.1:8080/fhir/..;/other", None),
        ("http://127.0.0.1:8080/fhir/%2e%2e/other", None),
        ("http://127.0.0.1:8080/fhir/.%2E/other", None),
        ("http://127.0.0.1:8080/fhir/%252e%252e/other", None),
        ("http://127.0.0.1:8080/fhir/x%2f..%2f..%2fother", None),
        ("http://127.0.0.1:8080/fhir/..%5cother", None),
        ("http://127.0.0.1:8080/other/../fhir?page=2", None),
        ("/other?page=2", None),
        ("../other?page=2", None),
        ("../../fhir?page=2", "http://127.0.0.1:8080/fhir?page=2"),
        ("../fhir/../other", None),
        ("../fhir?page=2", "http://127.0.0.1:8080/fhir?page=2"),
        ("http://127.0.0.1:8081/fhir?page=2", None),
        ("https://127.0.0.1:8080/fhir?page=2", None),
        ("http://localhost:8080/fhir?page=2", None),
        ("http://127.0.0.1/fhir?page=2", None),
        ("//evil.example/fhir?page=2", None),
        ("http://127.0.0.1:8080@evil.example/", None),
        ("http://u@127.0.0.1:8080/", None),
        ("http://127.0.0.1:8080\\@evil.example/", None),
        ("\\\\evil.example/fhir", None),
        ("file:///etc/passwd", None),
        ("http://[bad/", None),
        ("a b", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_next_link_stays_where_the_token_may_go(link: object, expected: str | None) -> None:
    """Conformance section 3, 15: the server of the request, at or below its base URL."""
    assert ACCESS is not None
    assert next_url(link, PAGE, ACCESS) == expected


@pytest.mark.parametrize(
    ("base", "link"),
    [
        ("https://hapi.example/fhir", "https://hapi.example/fhir?_getpages=0f1&_getpagesoffset=20"),
        ("https://hapi.example/t1/fhir", "https://hapi.example/t1/fhir?_getpages=0f1"),
        ("https://epic.example/api/FHIR/R4", "https://epic.example/api/FHIR/R4/Condition?sid=3-x"),
        ("https://ora.example/r4/tenant", "https://ora.example/r4/tenant/Condition?-pageContext=a"),
        ("https://mt.example/v2/R4", "https://mt.example/v2/R4/Condition?continue=a%2Fb"),
        ("https://ms.example", "https://ms.example/Condition?patient=1&ct=W3sid"),
        ("https://aidbox.example/fhir", "/fhir/Condition?page=2"),
        ("https://aidbox.example", "/Condition?page=2"),
        ("https://med.example/fhir/R4", "https://med.example/fhir/R4/Condition?_offset=20"),
    ],
)
def test_the_paging_of_real_servers_is_followed(base: str, link: str) -> None:
    """Their forms, by real-data.md 2."""
    access = Doors.of("production", [base]).access(base, "t")
    assert access is not None
    assert next_url(link, f"{base}/Condition?patient=1", access)


@pytest.mark.parametrize("where", ["prefetch", "server"])
def test_the_token_does_not_go_to_another_tenant_of_the_same_origin(
    where: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Not a byte is asked for there: the page stays, the query is incomplete."""
    page = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Condition", "id": "c1"}}],
        "link": [{"relation": "next", "url": f"{server.origin}/other/Condition?page=2"}],
    }
    server.misdeeds["Condition"] = lambda handler: handler.send(page)
    prefetch: dict[str, Any] = dict.fromkeys(QUERIES)
    if where == "server":
        del prefetch["conditions"]
    else:
        prefetch["conditions"] = page
    evidence = gatherer()(hook(prefetch, server), None)
    assert evidence.sources["conditions"].state is Sought.INCOMPLETE
    assert not any("/other/" in path for path, _ in server.seen)


def test_an_origin_is_read_with_its_default_port() -> None:
    """So that equal origins compare equal."""
    assert origin_of("https://Ehr.Example/fhir") == Origin("https", "ehr.example", 443)


@pytest.mark.parametrize("where", ["prefetch", "server"])
def test_a_next_link_elsewhere_gets_neither_request_nor_token(
    where: str, hook: Hook, gatherer: Make, serve: Callable[[], FhirServer]
) -> None:
    """The page stays, the query is incomplete."""
    good, evil = serve(), serve()
    page = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Condition", "id": "c1"}}],
        "link": [{"relation": "next", "url": f"{evil.url}/Condition?page=2"}],
    }
    good.misdeeds["Condition"] = lambda handler: handler.send(page)
    prefetch: dict[str, Any] = dict.fromkeys(QUERIES)
    if where == "server":
        del prefetch["conditions"]
    else:
        prefetch["conditions"] = page
    evidence = gatherer()(hook(prefetch, good), None)
    assert evidence.sources["conditions"].state is Sought.INCOMPLETE
    assert len(evidence.items) == 1
    assert evil.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    status: int, hook: Hook, gatherer: Make, serve: Callable[[], FhirServer]
) -> None:
    """Neither to another server nor on the same one."""
    good, evil = serve(), serve()
    good.misdeeds["*"] = lambda handler: handler.send(
        {}, status, Location=evil.url + handler.path.removeprefix("/fhir")
    )
    evidence = gatherer()(hook(None, good), None)
    assert evidence.nothing_could_be_had
    assert evil.seen == []
    assert len(good.seen) == len(QUERIES)


def test_the_body_of_a_redirect_is_not_even_read(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """It could be endless."""
    server.misdeeds["*"] = lambda handler: handler.send(
        b"", 302, Location="/x", Content_Length="99999999"
    )
    evidence = gatherer(deadline_seconds=5)(hook(None, server), None)
    assert {s.detail[-10:] for s in evidence.sources.values()} == {"(HTTP 302)"}


def test_nothing_is_taken_from_the_environment(
    hook: Hook,
    gatherer: Make,
    serve: Callable[[], FhirServer],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """No proxy sees the token, and no netrc replaces it or adds one."""
    good, proxy = serve(), serve()
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login u password p\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.origin)
    monkeypatch.delenv("no_proxy", raising=False)
    gatherer()(hook(None, good, token=None), None)
    assert proxy.seen == []
    assert len(good.seen) == len(QUERIES)
    assert all("Authorization" not in headers for _, headers in good.seen)


def test_cookies_are_not_kept(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    """A cookie of one clinician must not go out with the token of another."""
    server.misdeeds["*"] = lambda handler: handler.send({}, 404, Set_Cookie="session=1; Path=/")
    gather = gatherer()
    gather(hook(None, server), None)
    gather(hook(None, server), None)
    assert len(server.seen) == 2 * len(QUERIES)
    assert all("Cookie" not in headers for _, headers in server.seen)


def test_the_token_of_one_request_never_goes_out_with_another(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """It goes with the request, not with the session."""
    gather = gatherer()
    gather(hook(None, server, token="first"), None)
    server.seen.clear()
    gather(hook(None, server, token=None), None)
    assert all("Authorization" not in headers for _, headers in server.seen)


def test_a_name_that_leads_elsewhere_is_not_asked_in_development(
    hook: Hook, gatherer: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`localhost` may resolve to anything: no connection is tried."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    tried: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: tried.append(address))
    evidence = gatherer()(hook({}, "http://localhost/fhir"), None)
    assert evidence.nothing_could_be_had
    assert tried == []


def test_connections_are_used_again_and_sessions_are_bounded(
    hook: Hook, gatherer: Make, serve: Callable[[], FhirServer], server: FhirServer
) -> None:
    """One session an origin; the oldest gives way."""
    gather = gatherer()
    gather(hook(None, server), None)
    for _ in range(33):
        gather(hook(dict.fromkeys(QUERIES[1:]), serve()), None)
    sessions = gather._wire._sessions
    assert len(sessions) == 32
    assert (origin_of(server.url), LOOPBACK) not in sessions
