"""When a request is whole: however its bytes come, and whatever they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.web import inbox as module
from cds_service.web.inbox import LONGEST_HEAD, Held, Inbox

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345"
HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = HEAD + b"3;x=y\r\nabc\r\nA\r\n\r\n0\r\n\r\n678\r\n0\r\n\r\n"
TRAILED = HEAD + b"1\r\n\r\r\n0\r\nX-Sum: 1\r\n\r\n"
EMPTY = HEAD + b"0\r\n\r\n"
RIGHT = [GET, POST, CHUNKS, TRAILED, EMPTY]


def taken(*parts: bytes, largest: int = 1000) -> Inbox:
    inbox = Inbox(largest)
    for part in parts:
        inbox.add(part)
    return inbox


@pytest.mark.parametrize("raw", RIGHT)
def test_a_request_is_whole_with_its_last_byte_and_not_before(raw: bytes) -> None:
    inbox = Inbox(1000)
    for place in range(len(raw)):
        assert not inbox.whole
        assert inbox.request == raw[:place]
        inbox.add(raw[place : place + 1])
    assert inbox.whole
    assert not inbox.odd
    assert (inbox.request, inbox.rest) == (raw, b"")


@given(st.lists(st.sampled_from(RIGHT), min_size=1, max_size=4), st.data())
def test_however_the_bytes_come_the_same_requests_are_read(raws: list[bytes], data: Any) -> None:
    left = b"".join(raws)
    for raw in raws:
        inbox = Inbox(1000)
        while not inbox.whole:
            size = data.draw(st.integers(1, len(left)))
            inbox.add(left[:size])
            left = left[size:]
        assert inbox.request == raw
        left = inbox.rest + left
    assert left == b""


@pytest.mark.parametrize(
    "raw",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        HEAD + b"x\r\n",
        HEAD + b"-1\r\n",
        HEAD + b"\r\n",
        HEAD + b"0x3\r\nabc\r\n",
        HEAD + b"ffffffffffffffffffff\r\n",
        HEAD + b"\xb2\r\n",
        HEAD + b"3e9\r\n" + b"x" * 1001 + b"\r\n3e9\r\n",
        HEAD + b"1;" + b"x" * 2000,
        HEAD + b"0\r\n" + b"X: y\r\n" * LONGEST_HEAD,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * LONGEST_HEAD,
    ],
)
def test_what_is_not_plainly_right_is_handed_on_as_it_is(raw: bytes) -> None:
    """The parser refuses it; nothing behind it is taken for another request."""
    inbox = taken(raw)
    assert (inbox.whole, inbox.odd, inbox.request, inbox.rest) == (True, True, raw, b"")


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_any_bytes_are_taken(parts: list[bytes]) -> None:
    inbox = taken(*parts)
    assert inbox.request + inbox.rest == b"".join(parts)
    assert inbox.whole or not inbox.odd


@given(st.lists(st.sampled_from([b"1\r\n", b"a\r\n", b"0\r\n", b"\r\n", b"ff;", b"5"]), max_size=9))
def test_any_chunks_are_taken(parts: list[bytes]) -> None:
    inbox = taken(HEAD, *parts)
    assert inbox.request + inbox.rest == HEAD + b"".join(parts)


def test_who_waits_for_leave_is_known_before_the_body() -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
    assert taken(head).asks
    assert not taken(POST).asks


def test_a_thread_reads_out_of_memory_and_never_beyond_the_request() -> None:
    held = Held()
    held.hold(taken(POST + GET))
    assert (held.rest, held.last, held.size) == (GET, False, len(POST) + len(GET))
    read = b"".join(iter(lambda: held.read(7), b""))
    assert read == POST
    held.hold(taken(HEAD, b"x\r\n"))
    assert (held.rest, held.last) == (b"", True)
    assert held.read() == HEAD + b"x\r\n"
    assert held.chunk(100) == b""


def test_more_chunks_than_anybody_needs_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body of millions of them would cost seconds of the thread that serves all connections."""
    monkeypatch.setattr(module, "_MOST_CHUNKS", 3)
    assert not taken(HEAD + b"1\r\nx\r\n" * 3 + b"0\r\n\r\n").odd
    assert taken(HEAD + b"1\r\nx\r\n" * 4 + b"0\r\n\r\n").odd


def test_a_client_of_the_version_before_gets_no_answer_before_the_answer() -> None:
    head = b"POST / HTTP/1.%d\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    assert taken(head % 1).asks
    assert not taken(head % 0).asks
