"""Key sets: fetched from the registered address only, seldom, and within bounds."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from cds_service.clients import key_sets
from cds_service.clients.key_sets import KeySets
from cds_service.clients.keys import LARGEST_SET, Key
from cds_service.errors import Unavailable
from tests.clients.ehr import KeyServer, key_server

ES = ("ES384",)


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server("ES384-a") as running:
        yield running


@pytest.fixture
def sets(clock: Clock) -> Iterator[KeySets]:
    made = KeySets(clock)
    yield made
    made.close()


def find(sets: KeySets, server: KeyServer, kid: str) -> Key | None:
    return sets.find(server.url, ES, kid)


def test_a_key_set_is_fetched_and_parsed_once(sets: KeySets, server: KeyServer) -> None:
    first = find(sets, server, "ES384-a")
    assert first is not None
    assert find(sets, server, "ES384-a") is first
    assert server.asked == ["/jwks.json"]


def test_an_unknown_id_leads_to_one_look_a_minute(
    sets: KeySets, server: KeyServer, clock: Clock
) -> None:
    find(sets, server, "ES384-a")
    server.serve("ES384-a", "ES384-b")
    for _ in range(5):
        assert find(sets, server, "ES384-b") is None
    clock.now += 60
    assert find(sets, server, "ES384-b") is not None
    for _ in range(5):
        assert find(sets, server, "ES384-x") is None
    assert len(server.asked) == 2


def test_a_key_that_was_taken_back_is_forgotten(
    sets: KeySets, server: KeyServer, clock: Clock
) -> None:
    find(sets, server, "ES384-a")
    server.serve("ES384-b")
    clock.now += key_sets.FRESH_SECONDS
    assert find(sets, server, "ES384-a") is None


def test_known_keys_do_for_an_hour_when_the_address_is_down(
    sets: KeySets, server: KeyServer, clock: Clock
) -> None:
    find(sets, server, "ES384-a")
    server.status = 500
    clock.now += 3599
    assert find(sets, server, "ES384-a") is not None
    assert find(sets, server, "ES384-x") is None
    clock.now += 1
    with pytest.raises(Unavailable):
        find(sets, server, "ES384-a")


def test_an_address_that_is_down_is_asked_again_soon(
    sets: KeySets, server: KeyServer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever runs the service is told which one it is."""
    server.status = 503
    for _ in range(3):
        with pytest.raises(Unavailable):
            find(sets, server, "ES384-a")
    assert len(server.asked) == 1
    [record] = caplog.records
    assert record.said == {"address": server.url}  # type: ignore[attr-defined] # set by `extra`
    server.status = 200
    clock.now += key_sets.RETRY_SECONDS
    assert find(sets, server, "ES384-a") is not None


def test_no_redirect_is_followed(sets: KeySets, server: KeyServer) -> None:
    with key_server("ES384-a") as other:
        server.status, server.headers = 302, {"Location": other.url}
        with pytest.raises(Unavailable):
            find(sets, server, "ES384-a")
        assert other.asked == []


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"keys": []}', b'{"keys": [{"kty": "oct", "kid": "ES384-a"}]}'],
)
def test_what_is_no_key_set_is_none(sets: KeySets, server: KeyServer, body: bytes) -> None:
    server.body = body
    with pytest.raises(Unavailable):
        find(sets, server, "ES384-a")


def test_a_set_beyond_the_limit_is_not_read(sets: KeySets, server: KeyServer) -> None:
    server.body = server.body[:-1] + b" " * LARGEST_SET + b"}"
    with pytest.raises(Unavailable):
        find(sets, server, "ES384-a")


def test_a_slow_address_is_cut(
    sets: KeySets, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sets, "FETCH_SECONDS", 0.2)
    server.gate.clear()
    with pytest.raises(Unavailable):
        find(sets, server, "ES384-a")


def test_an_address_that_drips_is_cut(sets: KeySets, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps every timeout of a socket from coming."""
    monkeypatch.setattr(key_sets, "FETCH_SECONDS", 0.3)
    done = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            with contextlib.suppress(OSError):  # the other side has gone
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
                while not done.wait(0.05):
                    connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        begun = time.monotonic()
        end = threading.Timer(4, done.set)
        end.start()
        with pytest.raises(Unavailable):
            sets.find(f"http://127.0.0.1:{listener.getsockname()[1]}/jwks.json", ES, "ES384-a")
        assert time.monotonic() - begun < 2
        done.set()
        end.cancel()
        thread.join()


def test_an_address_that_is_none_is_not_asked(sets: KeySets) -> None:
    for url in ("", "http://[", "http://127.0.0.1:1/jwks"):
        with pytest.raises(Unavailable):
            sets.find(url, ES, "x")


def test_proxies_of_the_environment_are_not_used(
    sets: KeySets, server: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert find(sets, server, "ES384-a") is not None


def test_known_keys_wait_for_nobody(sets: KeySets, server: KeyServer, clock: Clock) -> None:
    assert find(sets, server, "ES384-a") is not None
    clock.now += key_sets.FRESH_SECONDS
    server.gate.clear()
    slow = threading.Thread(target=find, args=(sets, server, "ES384-a"))
    slow.start()
    while len(server.asked) < 2:
        time.sleep(0.001)
    assert find(sets, server, "ES384-a") is not None
    assert slow.is_alive()
    server.gate.set()
    slow.join()


def test_an_unknown_id_does_not_hold_many_threads_while_keys_are_fetched(
    sets: KeySets, server: KeyServer, clock: Clock
) -> None:
    """Such a token proves nothing yet: anybody may have sent it."""
    find(sets, server, "ES384-a")
    clock.now += key_sets.PAUSE_SECONDS
    server.gate.clear()
    slow = threading.Thread(target=find, args=(sets, server, "ES384-x"))
    slow.start()
    while len(server.asked) < 2:
        time.sleep(0.001)
    for kid in ("ES384-y", "ES384-z", "ES384-x"):
        assert find(sets, server, kid) is None
    assert slow.is_alive()
    assert len(server.asked) == 2
    server.gate.set()
    slow.join()


def test_a_key_server_that_hangs_holds_one_thread_and_then_none(
    sets: KeySets, server: KeyServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the very first token on; all others are told at once to come again."""
    monkeypatch.setattr(key_sets, "FETCH_SECONDS", 30.0)
    server.gate.clear()
    held = threading.Thread(target=lambda: _refused(sets, server))
    held.start()
    while not server.asked:
        time.sleep(0.001)
    for _ in range(20):
        _refused(sets, server)  # would wait for 30 seconds
    assert held.is_alive()
    server.status = 500
    server.gate.set()
    held.join()
    clock.now += key_sets.RETRY_SECONDS - 1
    _refused(sets, server)
    assert len(server.asked) == 1
    clock.now += 1
    _refused(sets, server)
    assert len(server.asked) == 2


def _refused(sets: KeySets, server: KeyServer) -> None:
    with pytest.raises(Unavailable):
        find(sets, server, "ES384-a")


def test_one_key_server_that_hangs_holds_up_no_other_client(
    sets: KeySets, server: KeyServer
) -> None:
    with key_server("ES384-b") as other:
        server.gate.clear()
        held = threading.Thread(target=lambda: _refused(sets, server))
        held.start()
        while not server.asked:
            time.sleep(0.001)
        assert sets.find(other.url, ES, "ES384-b") is not None
        assert held.is_alive()
        server.status = 500
        server.gate.set()
        held.join()
