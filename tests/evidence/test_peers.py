"""What is learned of a server: dead or alive, how often it is asked again, and for whom."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from cds_service.clinical.evidence import QUERIES, Evidence, Sought
from cds_service.clinical.order import HookRequest
from cds_service.evidence.addresses import LOOPBACK, PUBLIC
from cds_service.evidence.body import Fault, Reply
from cds_service.evidence.breaker import RESTING
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.origins import Access, Doors
from cds_service.evidence.peers import Peers, alive
from cds_service.evidence.wire import UNREACHABLE

from .conftest import FhirServer, Handler, Misdeed

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

BAD_TOKEN = "a\nb"
MINUTES = 60 * 60.0


def access(url: str) -> Access:
    """Leave to ask a server."""
    made = Doors.of("development", ()).access(url, None)
    assert made is not None
    return made


def others(*lacking: str) -> dict[str, Any]:
    """Make a prefetch with all but some keys."""
    return {name: None for name in QUERIES if name not in lacking}


def reasons(evidence: Evidence) -> set[str]:
    """Collect why queries failed."""
    return {one.detail for one in evidence.sources.values() if one.state is Sought.FAILED}


def nobody() -> str:
    """Name a server that nobody serves."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/fhir"


def hang_up(handler: Handler) -> None:
    """End the connection before a byte is sent."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    socket.close(handler.connection.detach())


def put_off(status: int, seconds: str) -> Misdeed:
    """Ask to come again later."""
    return lambda handler: handler.send({}, status, Retry_After=seconds)


def first(times: int, misdeed: Misdeed) -> Misdeed:
    """Do wrong a few times, then right."""
    number = count()

    def act(handler: Handler) -> None:
        if next(number) < times:
            misdeed(handler)
        else:
            handler.answer_well("Condition")

    return act


def test_a_dead_server_is_not_asked_again(hook: Hook, gatherer: Make) -> None:
    """The second request hears at once that nobody was asked, in words of its own."""
    gather, url = gatherer(), nobody()
    assert reasons(gather(hook(None, url), None)) == {UNREACHABLE}
    assert reasons(gather(hook(None, url), None)) == {RESTING}
    assert gather.peers.resting == 1
    assert gather.peers.taken() == {"opened": 1}
    assert gather.peers.taken() == {}


@pytest.mark.parametrize(
    ("status", "opens"),
    [(502, True), (503, True), (504, True), (500, False), (501, False), (429, False), (403, False),
     (404, False), (401, False)],
)  # fmt: skip
def test_only_a_gateway_with_nobody_behind_it_opens_the_breaker(
    status: int, opens: bool, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Whoever says no, or that one search failed, is there."""
    server.misdeeds["*"] = lambda handler: handler.send({}, status)
    gather = gatherer()
    assert len(reasons(gather(hook(None, server), None))) == 1
    before = len(server.seen)
    evidence = gather(hook(None, server), None)
    assert (reasons(evidence) == {RESTING}) is opens
    assert (len(server.seen) == before) is opens


def test_a_server_that_came_back_is_asked_for_all_at_once(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """One probe, and the other searches of the same gathering after it."""
    gather = gatherer(peers=Peers(cool=0.0))
    server.misdeeds["*"] = lambda handler: handler.send({}, 503)
    gather(hook(None, server), None)
    assert gather.peers.resting == 1
    server.misdeeds.clear()
    evidence = gather(hook(None, server), None)
    assert {one.state for one in evidence.sources.values()} == {Sought.ANSWERED}
    assert gather.peers.taken() == {"opened": 1, "closed": 1}
    assert gather.peers.resting == 0


def test_a_token_that_cannot_be_sent_says_nothing_of_the_server(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Or a caller could have a server taken for dead."""
    gather = gatherer()
    for _ in range(3):
        gather(hook(None, server, token=BAD_TOKEN), None)
    assert gather.peers.resting == 0
    assert not reasons(gather(hook(None, server), None))


def test_one_dead_search_among_living_ones_opens_nothing(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Condition"] = lambda handler: handler.send({}, 503)
    gather = gatherer()
    for _ in range(8):
        evidence = gather(hook(None, server), None)
        assert evidence.sources["conditions"].detail.endswith("(HTTP 503)")
        assert evidence.sources["allergies"].state is Sought.ANSWERED
    assert gather.peers.resting == 0


def test_a_server_dead_for_one_client_is_asked_for_another() -> None:
    """Where connections may lead, and under which path, are servers of their own."""
    peers, here = Peers(), access("http://127.0.0.1:1/a")
    known = peers.of(here, LOOPBACK)
    assert peers.of(here, LOOPBACK) is known
    assert peers.of(here, PUBLIC) is not known
    assert peers.of(access("http://127.0.0.1:1/b"), LOOPBACK) is not known


def test_the_least_recently_used_server_is_forgotten() -> None:
    peers = Peers()
    oldest = peers.of(access("http://127.0.0.1:1/oldest"), LOOPBACK)
    used = peers.of(access("http://127.0.0.1:1/used"), LOOPBACK)
    for number in range(255):
        assert peers.of(access("http://127.0.0.1:1/used"), LOOPBACK) is used
        peers.of(access(f"http://127.0.0.1:1/{number}"), LOOPBACK)
    assert peers.of(access("http://127.0.0.1:1/oldest"), LOOPBACK) is not oldest


@pytest.mark.parametrize(
    ("reply", "had_time", "shown"),
    [
        (Reply(body={}, status=200), True, True),
        (Reply(status=404), True, True),
        (Reply(status=500), True, True),
        (Reply(status=503), True, False),
        (Reply(fault=Fault.UNREACHED), True, False),
        (Reply(fault=Fault.RESET), False, False),
        (Reply(fault=Fault.STALE), True, None),
        (Reply(fault=Fault.STALE, late=True), True, False),
        (Reply(status=200, fault=Fault.CUT, late=True), True, False),
        (Reply(status=200, fault=Fault.CUT, late=True), False, None),
        (Reply(status=404, late=True), False, True),
        (Reply(fault=Fault.OWN), True, None),
    ],
)
def test_what_a_reply_shows(reply: Reply, had_time: bool, shown: bool | None) -> None:
    """What began too late to be answered is our own doing."""
    assert alive(reply, had_time=had_time) is shown


@pytest.mark.parametrize(
    "misdeed", [hang_up, put_off(429, "0"), put_off(503, "0")], ids=["reset", "429", "503"]
)
def test_what_was_put_off_or_broken_is_asked_once_more(
    misdeed: Misdeed, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Condition"] = first(1, misdeed)
    gather = gatherer()
    evidence = gather(hook(others("conditions"), server), None)
    assert evidence.sources["conditions"].state is Sought.ANSWERED
    assert len(server.seen) == 2
    assert gather.peers.taken() == {"repeated": 1}


def closes_after_one(handler: Handler) -> None:
    """Answer one request of a connection, and close it as the second one comes."""
    if handler.__dict__.setdefault("served", 0):
        hang_up(handler)
    else:
        handler.__dict__["served"] = 1
        handler.answer_well("Condition")


def test_a_connection_that_was_closed_meanwhile_costs_no_answer(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """However often: the server has not heard of the request, and a new connection reaches it."""
    server.misdeeds["Condition"] = closes_after_one
    gather, times = gatherer(), 20
    for _ in range(times):
        evidence = gather(hook(others("conditions"), server), None)
        assert evidence.sources["conditions"].state is Sought.ANSWERED
    events = gather.peers.taken()
    assert events["reconnected"] == len(server.seen) - times
    assert set(events) == {"reconnected"}
    assert events["reconnected"] >= times / 2 - 1


@pytest.mark.parametrize(
    ("misdeed", "requests"),
    [
        (hang_up, 2),
        (put_off(429, "0"), 2),
        (put_off(503, "2"), 1),
        (put_off(429, "100000"), 1),
        (put_off(429, "Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        (put_off(429, "-1"), 1),
        (put_off(500, "0"), 1),
        (put_off(404, "0"), 1),
    ],
)
def test_no_query_is_repeated_twice_or_kept_waiting(
    misdeed: Misdeed, requests: int, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Condition"] = misdeed
    gatherer()(hook(others("conditions"), server), None)
    assert len(server.seen) == requests


def test_a_wait_longer_than_the_deadline_is_not_begun(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Condition"] = put_off(429, "1")
    gatherer(deadline_seconds=0.8)(hook(others("conditions"), server), None)
    assert len(server.seen) == 1


def test_repeats_are_one_and_then_a_tenth_of_all_requests(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Whoever asks to come again at once gets no storm."""
    server.misdeeds["Condition"] = put_off(429, "0")
    gather = gatherer()
    for _ in range(100):
        gather(hook(others("conditions"), server), None)
    repeats = gather.peers.taken()["repeated"]
    assert len(server.seen) == 100 + repeats
    assert 10 <= repeats <= 1 + len(server.seen) / 10


def test_a_black_hole_does_not_keep_others_from_their_answer(
    hook: Hook, gatherer: Make, serve: Callable[[], FhirServer]
) -> None:
    """Fifty requests stand before a server that says nothing; another server is asked meanwhile."""
    well, gather = serve(), gatherer(deadline_seconds=20)
    well.resources.append({"resourceType": "Patient", "id": "pat-1"})
    with socket.create_server(("127.0.0.1", 0), backlog=200) as hole:
        url = f"http://127.0.0.1:{hole.getsockname()[1]}/fhir"
        ended: list[Evidence] = []
        fifty = [
            threading.Thread(target=lambda: ended.append(gather(hook(None, url), None)))
            for _ in range(50)
        ]
        for thread in fifty:
            thread.start()
        held = [hole.accept()[0] for _ in range(48)]  # all that one server may hold of 64
        evidence = gather(hook(None, well), None)
        assert {one.state for one in evidence.sources.values()} == {Sought.ANSWERED}
        assert len(well.seen) == len(QUERIES)
        assert ended == []  # nobody had to come to an end for that
        hole.settimeout(0)
        with pytest.raises(BlockingIOError):
            hole.accept()
        for one in held:
            one.close()
    for thread in fifty:
        thread.join(30)
    assert len(ended) == 50
    assert gather.peers.resting == 1
