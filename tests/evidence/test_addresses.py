"""Where names may lead: not a connection is tried to an address that must not be reached."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import pytest

from cds_service.clients.key_sets import KeySets
from cds_service.clinical.order import HookRequest
from cds_service.errors import Unavailable
from cds_service.evidence.addresses import ANYWHERE, LOOPBACK, PUBLIC, Network, Reach, network_of
from cds_service.evidence.flight import Flight
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.origins import Access, Origin
from cds_service.evidence.wire import UNREACHABLE, Wire

from .conftest import FhirServer

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::5db8:d822",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
]
SECRET = "s3cret"
OPEN = "93.184.216.34"


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_not_reached(address: str) -> None:
    assert not PUBLIC.allows(address)


@pytest.mark.parametrize("address", [OPEN, "2606:2800:21f:cb07::1", "64:ff9b::5db8:d822"])
def test_a_public_address_is_reached(address: str) -> None:
    """The last one is how a network without IPv4 writes the first."""
    assert PUBLIC.allows(address)
    assert ANYWHERE.allows(address)
    assert not LOOPBACK.allows(address)


def test_a_registered_network_is_reached_besides_and_no_other() -> None:
    reach = Reach(networks=(ip_network("10.20.0.0/16"), ip_network("fd12:3456::/32")))
    for address, allowed in (
        ("10.20.0.1", True),
        ("10.20.255.255", True),
        ("10.21.0.0", False),
        ("10.19.255.255", False),
        ("fd12:3456::1", True),
        ("fd12:3457::1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        (OPEN, True),
    ):
        assert reach.allows(address) is allowed, address


@pytest.mark.parametrize("address", ["127.0.0.1", "127.255.0.1", "::1"])
def test_loopback_is_this_machine_alone(address: str) -> None:
    assert LOOPBACK.allows(address)
    for other in ("::ffff:127.0.0.1", "10.0.0.1", "::", "0.0.0.0"):
        assert not LOOPBACK.allows(other)


@pytest.mark.parametrize("text", ["10.20.0.0/16", "192.168.7.5/32", "127.0.0.0/8", "fd12::/16"])
def test_a_network_may_be_registered(text: str) -> None:
    assert network_of(text) == ip_network(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10.20.0.1/16", "must be a network such as"),
        ("hospital.example", "must be a network such as"),
        ("", "must be a network such as"),
        ("0.0.0.0/0", "nobody may ask"),
        ("::/0", "nobody may ask"),
        ("169.254.169.254/32", "nobody may ask"),
        ("169.0.0.0/8", "nobody may ask"),
        ("100.64.0.0/10", "nobody may ask"),
        ("168.63.129.16/32", "nobody may ask"),
        ("fe80::/64", "nobody may ask"),
        ("fd00::/8", "nobody may ask"),
        ("224.0.0.0/24", "nobody may ask"),
        ("::ffff:10.0.0.0/104", "nobody may ask"),
    ],
)
def test_metadata_and_link_local_cannot_be_registered(text: str, said: str) -> None:
    assert said in str(network_of(text))


@dataclass
class Names:
    """A resolver that answers as told, and what was connected to."""

    answers: list[list[str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def look_up(self, host: str, port: int, **_: Any) -> list[Any]:
        """Answer with the next addresses; the last ones stay."""
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", where)
            for one in found
            for where in [(one, port, 0, 0) if ":" in one else (one, port)]
        ]

    def connect(self, address: tuple[Any, ...]) -> None:
        """Note who would have been connected to, and refuse."""
        self.tried.append(address[0])
        raise ConnectionRefusedError


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names()
    monkeypatch.setattr(socket, "getaddrinfo", made.look_up)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: made.connect(address))
    return made


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire(1)
    yield made
    made.close()


ACCESS = Access("https://fhir.ehr.example/r4", Origin("https", "fhir.ehr.example", 443), SECRET)


def get(wire: Wire, *networks: Network) -> str:
    flight = Flight(5, Reach(networks=networks))
    return wire.get(f"{ACCESS.base}/Patient/1", ACCESS, flight, 9999).problem


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "10.20.0.1", "fe80::1"])
def test_a_registered_name_that_leads_into_a_private_network_is_not_asked(
    address: str, names: Names, hook: Hook, gatherer: Make
) -> None:
    names.answers = [[address]]
    gather = gatherer(profile="production", fhir_origins=["https://fhir.ehr.example"])
    evidence = gather(hook({}, ACCESS.base, token=SECRET), None)
    assert evidence.nothing_could_be_had
    assert {source.detail for source in evidence.sources.values()} == {UNREACHABLE}
    assert set(names.asked) == {"fhir.ehr.example"}
    assert names.tried == []


def test_the_network_registered_for_the_client_opens_it(
    names: Names, hook: Hook, gatherer: Make
) -> None:
    from dataclasses import replace

    names.answers = [["10.20.0.1"]]
    asked = replace(
        hook({}, ACCESS.base),
        servers=frozenset({ACCESS.origin}),
        networks=(ip_network("10.20.0.0/16"),),
    )
    gatherer(profile="production")(asked, None)
    assert set(names.tried) == {"10.20.0.1"}


@pytest.mark.parametrize("where", [0, 1, 2])
def test_one_bad_address_among_good_ones_is_enough(names: Names, wire: Wire, where: int) -> None:
    found = [OPEN, "93.184.216.35"]
    found.insert(where, "10.0.0.1")
    names.answers = [found]
    assert get(wire) == UNREACHABLE
    assert names.tried == []


def test_what_was_checked_is_what_is_connected_to(names: Names, wire: Wire) -> None:
    """A name that leads elsewhere at the second look (rebinding) is looked at once."""
    names.answers = [[OPEN], ["127.0.0.1"]]
    assert get(wire) == UNREACHABLE
    assert (names.asked, names.tried) == (["fhir.ehr.example"], [OPEN])
    assert get(wire) == UNREACHABLE
    assert names.tried == [OPEN]


def test_an_address_in_the_place_of_a_name_is_checked_as_well(names: Names, wire: Wire) -> None:
    access = Access("https://10.0.0.1/r4", Origin("https", "10.0.0.1", 443), SECRET)
    names.answers = [["10.0.0.1"]]
    assert wire.get(access.base, access, Flight(5, PUBLIC), 99).problem == UNREACHABLE
    assert names.tried == []


def test_of_many_addresses_few_are_tried(names: Names, wire: Wire) -> None:
    names.answers = [[f"93.184.216.{number}" for number in range(1, 50)]]
    assert get(wire) == UNREACHABLE
    assert len(names.tried) == 4


def test_an_address_that_does_not_answer_in_time_is_not_reached(
    wire: Wire, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(_: socket.socket, address: tuple[Any, ...]) -> None:
        names.tried.append(address[0])
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", connect)
    names.answers = [[OPEN, "93.184.216.35"]]
    assert get(wire) == UNREACHABLE
    assert names.tried == [OPEN, "93.184.216.35"]


def test_the_next_address_is_tried_when_the_first_one_does_not_answer(
    server: FhirServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(server.origin.rpartition(":")[2])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", one)) for one in (1, port)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    access = Access(server.url, Origin("http", "127.0.0.1", port))
    reply = wire.get(f"{server.url}/Patient/pat-1", access, Flight(5, LOOPBACK), 99999)
    assert reply.problem == ""


def test_a_connection_is_not_lent_to_a_client_that_may_not_reach_it(
    server: FhirServer, wire: Wire
) -> None:
    """Two clients register one server, one of them without its network."""
    port = int(server.origin.rpartition(":")[2])
    access = Access(server.url, Origin("http", "127.0.0.1", port))
    url = f"{server.url}/Patient/pat-1"
    for reach, problem in ((LOOPBACK, ""), (PUBLIC, UNREACHABLE), (LOOPBACK, "")):
        assert wire.get(url, access, Flight(5, reach), 99999).problem == problem
    assert len(server.seen) == 2


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "x..example"])
def test_a_name_that_cannot_be_looked_up_is_not_reached(host: str, wire: Wire) -> None:
    access = Access(f"https://{host}", Origin("https", host, 443), SECRET)
    assert wire.get(f"https://{host}/x", access, Flight(5, PUBLIC), 99).problem == UNREACHABLE


def test_keys_are_not_fetched_from_a_private_network_unless_it_is_registered(
    names: Names,
) -> None:
    names.answers = [["10.20.0.1"]]
    url, keys = "https://ehr.example/jwks.json", KeySets()
    with pytest.raises(Unavailable):
        keys.find(url, ("ES384",), "a")
    assert (names.asked, names.tried) == (["ehr.example"], [])
    with pytest.raises(Unavailable):
        keys.find(url, ("ES384",), "a", (ip_network("10.20.0.0/16"),))
    assert names.tried == ["10.20.0.1"]
    keys.close()
