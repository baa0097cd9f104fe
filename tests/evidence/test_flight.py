"""The cut itself: connections at their birth, in their handshake, and after they changed hands."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.clinical.evidence import QUERIES, Sought
from cds_service.clinical.order import HookRequest
from cds_service.evidence.addresses import LOOPBACK
from cds_service.evidence.flight import Flight
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.origins import Access, Doors
from cds_service.evidence.wire import Wire

from .conftest import FhirServer, Handler

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]


def access_to(server: FhirServer) -> Access:
    """Leave to ask this server."""
    access = Doors.of("development", ()).access(server.url, None)
    assert access is not None
    return access


def test_after_the_deadline_nothing_is_asked(server: FhirServer) -> None:
    """Not even a connection is opened."""
    wire = Wire(1)
    reply = wire.get(f"{server.url}/Patient/1", access_to(server), Flight(0, LOOPBACK), 9)
    wire.close()
    assert reply.problem == "no answer in time"
    assert server.seen == []


def test_a_connection_born_too_late_is_cut_at_once(
    server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline may come while a thread is still looking up a name."""
    flight = Flight(10, LOOPBACK)
    look_up = socket.getaddrinfo

    def slow(*args: Any, **kwargs: Any) -> Any:
        flight.end()
        return look_up(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    wire = Wire(1)
    reply = wire.get(f"{server.url}/Patient/1", access_to(server), flight, 99)
    wire.close()
    assert reply.problem == "no answer in time"
    assert server.seen == []


def test_a_cut_does_not_reach_a_connection_that_has_changed_hands(server: FhirServer) -> None:
    """An old flight ends while its connection already serves another."""
    wire, url, access = Wire(1), f"{server.url}/Patient/pat-1", access_to(server)
    first, second = Flight(10, LOOPBACK), Flight(10, LOOPBACK)
    with first.exchange():  # still counted when the connection is back in its pool
        session = wire._session(access.origin, LOOPBACK)
        assert session.get(url).ok

        def end_first(handler: Handler) -> None:
            first.end()
            handler.answer_well("Patient")

        server.misdeeds["Patient"] = end_first
        replies = []
        thread = threading.Thread(
            target=lambda: replies.append(wire.get(url, access, second, 9999))
        )
        thread.start()
        thread.join()
    wire.close()
    assert replies[0].problem == ""
    assert len({headers["X-Port"] for _, headers in server.seen}) == 1


def test_a_handshake_that_never_ends_is_cut(hook: Hook, gatherer: Make) -> None:
    """TLS is watched from its first byte."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as deaf:
        gather = gatherer(deadline_seconds=0.3)
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}/fhir"
        evidence = gather(hook(None, url), None)
        assert {s.detail for s in evidence.sources.values()} == {"no answer in time"}
        pool = gather._pool
        until = time.monotonic() + 5
        while pool._idle_semaphore._value < len(pool._threads):
            assert time.monotonic() < until, "a thread is still held"
            time.sleep(0.01)


def test_a_server_without_tls_gets_no_request(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """It is never quietly asked by http."""
    secure = server.url.replace("http:", "https:")
    evidence = gatherer()(hook({"lists": None}, secure), None)
    failed = {name for name, s in evidence.sources.items() if s.state is Sought.FAILED}
    assert failed == set(QUERIES) - {"lists"}
    assert server.seen == []
