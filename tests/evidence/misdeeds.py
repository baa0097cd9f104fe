"""What FHIR servers do wrong, row by row of the fault matrix (field notes 5.2), by real sockets."""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from .conftest import Handler, Misdeed
from .test_faults import (
    HTML,
    LONG,
    dripping_body,
    dripping_headers,
    endless,
    headers_then_silence,
    reset,
    sends,
    silence,
)

Change = Callable[[dict[str, Any]], object]
LATE = frozenset({"late"})
LOST = frozenset({"unreachable"})
ASTRAY = frozenset({"astray"})
UNREADABLE = frozenset({"unreadable"})
NO_HARM = frozenset[str]()
QUICK_SECONDS = 10.0
SLOW_SECONDS = (
    0.8  # healthy queries beside a slow one must be answered in it, on a busy machine too
)
EMPTY = {"resourceType": "Bundle", "type": "searchset", "entry": []}


@dataclass(frozen=True)
class Row:
    """One fault: how it is done, the kinds of error that it may be called, and what it may cost.

    No kinds: it does no harm, and the query is answered. `paged`: the first page came, so that the
    query is incomplete and not failed. `most` requests for one query.
    """

    misdeed: Misdeed
    kinds: frozenset[str]
    seconds: float = QUICK_SECONDS
    paged: bool = False
    most: int = 1


def status(code: int, kind: str, most: int = 1, **headers: str) -> Row:
    """Answer with a status."""
    return Row(sends(HTML, code, **headers), frozenset({f"http-{kind}"}), most=most)


def twisted(change: Change) -> Misdeed:
    """Answer well, but for a change to what is sent."""

    def act(handler: Handler) -> None:
        send = handler.send

        def changed(body: object, status: int = 200, **headers: str) -> None:
            send(change(body) if isinstance(body, dict) else body, status, **headers)

        handler.__dict__["send"] = changed
        handler.answer_well(handler.path.removeprefix("/fhir/").replace("/", "?").split("?")[0])
        del handler.__dict__["send"]

    return act


def more(**members: Any) -> Misdeed:
    """Add members to each searchset; a single resource stays as it is."""
    return twisted(lambda body: body | members if body.get("resourceType") == "Bundle" else body)


def entries(*added: dict[str, Any]) -> Misdeed:
    """Add entries to each searchset."""
    return twisted(
        lambda body: body | {"entry": [*body.get("entry", ()), *added]} if "type" in body else body
    )


def text_of(pattern: str, put: str | Callable[[re.Match[str]], str]) -> Misdeed:
    """Change the text of all resources but the patient."""

    def change(body: dict[str, Any]) -> object:
        if body.get("resourceType") == "Patient":
            return body
        return json.loads(re.sub(pattern, put, json.dumps(body)))

    return twisted(change)


def twice(body: dict[str, Any]) -> object:
    """Send each resource twice, the second time with other content under the same id."""
    if body.get("resourceType") != "Bundle":
        return body
    copies = [
        entry | {"resource": entry["resource"] | {"language": "en"}} for entry in body["entry"]
    ]
    return body | {"entry": [*body["entry"], *body["entry"], *copies]}


def packed(data: bytes, coding: str) -> Misdeed:
    """Send bytes under a coding."""
    return sends(data, Content_Encoding=coding)


def slow_close(handler: Handler) -> None:
    """Send all that was promised, and be long in closing the connection."""
    handler.answer_well(handler.path.removeprefix("/fhir/").replace("/", "?").split("?")[0])
    handler.wfile.flush()
    handler.close_connection = True
    time.sleep(0.2)


def never_closed(handler: Handler) -> None:
    """Send a whole body of unknown length, and never say that it is over."""
    body = json.dumps(EMPTY).encode()
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + body)
    handler.wfile.flush()
    time.sleep(LONG)


def a_kilobyte_a_second(handler: Handler) -> None:
    """Send as over a line of 1 kB/s."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        handler.wfile.write(b" " * 100)
        handler.wfile.flush()
        time.sleep(0.1)


def cut_at_once(handler: Handler) -> None:
    """Reset the connection before a byte of the answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    socket.close(handler.connection.detach())


def endless_pages(handler: Handler) -> None:
    """Have ten thousand pages, each with a next one."""
    kind, _, query = handler.path.partition("?")
    page = int(query.removeprefix("page=")) + 1 if query.startswith("page=") else 1
    link = [{"relation": "next", "url": f"{handler.fhir.origin}{kind}?page={page}"}]
    handler.send(EMPTY | {"link": link if page < 10_000 else []})


def next_page(target: Callable[[Handler], str]) -> Misdeed:
    """Name a next page."""
    return lambda handler: handler.send(
        EMPTY | {"link": [{"relation": "next", "url": target(handler)}]}
    )


def gone_page(handler: Handler) -> None:
    """Have a first page whose next one is gone."""
    if "gone" in handler.path:
        handler.send({}, 404)
    else:
        handler.send(EMPTY | {"link": [{"relation": "next", "url": f"{handler.path}&gone=1"}]})


def other_order(handler: Handler) -> None:
    """Have a second page that repeats the first, in another order."""
    send, turned = handler.send, "turned=1" in handler.path

    def changed(body: object, status: int = 200, **headers: str) -> None:
        if isinstance(body, dict) and body.get("resourceType") == "Bundle":
            link = [] if turned else [{"relation": "next", "url": f"{handler.path}&turned=1"}]
            body = body | {"entry": body["entry"][:: -1 if turned else 1], "link": link}
        send(body, status, **headers)

    handler.__dict__["send"] = changed
    handler.answer_well(handler.path.removeprefix("/fhir/").replace("/", "?").split("?")[0])
    del handler.__dict__["send"]


@cache
def bomb(coding: str) -> bytes:
    """Make little that becomes much, once."""
    much = b" " * (64 << 20)
    return gzip.compress(much) if coding == "gzip" else zlib.compress(much)


def explodes(coding: str) -> Misdeed:
    """Send a bomb."""
    return lambda handler: handler.send(bomb(coding), Content_Encoding=coding)


def searches_alone(misdeed: Misdeed) -> Misdeed:
    """Do wrong where pages are asked for, and answer reads."""
    return lambda handler: (
        misdeed(handler) if "?" in handler.path else handler.answer_well("Patient")
    )


GOOD = json.dumps(EMPTY).encode()
STRANGER = {"resourceType": "Condition", "id": "x", "subject": {"reference": "Patient/stranger"}}
REMARK = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "x"}]}
DAY = r'"(\d{4})-(\d{2})-(\d{2})(T[^"]*)?"'

ANSWERS: dict[str, Row] = {
    "reset before a byte": Row(cut_at_once, LOST, most=2),
    "reset in the body": Row(reset, UNREADABLE),
    "silence": Row(silence, LATE, SLOW_SECONDS),
    "headers, then silence": Row(headers_then_silence, LATE, SLOW_SECONDS),
    "slow drip": Row(dripping_body, LATE, SLOW_SECONDS),
    "slow drip of headers": Row(dripping_headers, LATE, SLOW_SECONDS),
    "slow close": Row(slow_close, NO_HARM, most=2),
    "never closed": Row(never_closed, LATE, SLOW_SECONDS),
    "1 kB/s": Row(a_kilobyte_a_second, LATE, SLOW_SECONDS),
    "401": status(401, "401"),
    "403": status(403, "403"),
    "404": status(404, "404", most=2),
    "410": status(410, "4xx"),
    "422": status(422, "4xx", most=2),
    "429": status(429, "429"),
    "429, short": status(429, "429", most=2, Retry_After="0"),
    "429, long": status(429, "429", Retry_After="3600"),
    "500": status(500, "5xx"),
    "502": status(502, "5xx"),
    "503": status(503, "5xx"),
    "503, short": status(503, "5xx", most=2, Retry_After="0"),
    "504": status(504, "5xx"),
    "html": Row(sends(HTML), UNREADABLE),
    "empty body": Row(sends(b""), UNREADABLE),
    "cut json": Row(sends(GOOD[:-3]), UNREADABLE),
    "wrong charset": Row(sends(b'{"resourceType": "Bundle", "id": "\xe9"}'), UNREADABLE),
    "utf-16": Row(sends(GOOD.decode().encode("utf-16")), UNREADABLE),
    "byte order mark": Row(sends(b"\xef\xbb\xbf" + GOOD), UNREADABLE),
    "trailing data": Row(sends(GOOD + GOOD), UNREADABLE),
    "duplicate keys": Row(sends(GOOD[:-1] + b', "entry": []}'), UNREADABLE),
    "NaN": Row(sends(b'{"resourceType": "Bundle", "total": NaN}'), UNREADABLE),
    "1e400": Row(sends(b'{"resourceType": "Bundle", "total": 1e400}'), UNREADABLE),
    "outcome as 200": Row(sends(REMARK), frozenset({"reported"})),
    "outcome entry": Row(entries({"resource": REMARK}), frozenset({"hidden"}), paged=True),
    "total larger": Row(more(total=4711), frozenset({"fewer"}), paged=True),
    "total smaller": Row(more(total=0), NO_HARM),
    "duplicate ids": Row(twisted(twice), NO_HARM),
    "another patient's resource": Row(entries({"resource": STRANGER}), NO_HARM),
    "next loop": Row(next_page(lambda handler: handler.path), ASTRAY, paged=True, most=2),
    "10,000 pages": Row(endless_pages, frozenset({"too-many-pages"}), paged=True, most=20),
    "cross-origin next": Row(next_page(lambda _: "http://127.0.0.1:9/fhir/x?y=z"), ASTRAY,
                             paged=True),
    "next by https": Row(
        next_page(lambda handler: handler.fhir.url.replace("http:", "https:") + "/Condition?a=1"),
        ASTRAY, paged=True),
    "next is gone": Row(gone_page, frozenset({"http-404"}), paged=True, most=2),
    "changing page order": Row(other_order, NO_HARM, most=2),
    "gzip bomb": Row(explodes("gzip"), frozenset({"too-large"})),
    "deflate bomb": Row(explodes("deflate"), UNREADABLE),
    "endless body": Row(endless, frozenset({"too-large"})),
    "brotli": Row(packed(b"\x0b\x02\x80", "br"), UNREADABLE),
    "zstd": Row(packed(b"\x28\xb5\x2f\xfd", "zstd"), UNREADABLE),
    "chained encodings": Row(packed(gzip.compress(gzip.compress(GOOD)), "gzip, gzip"), UNREADABLE),
    "length too long": Row(
        sends(GOOD, Content_Length="9999", Connection="close"), UNREADABLE),
    "length too short": Row(sends(GOOD, Content_Length="9", Connection="close"), UNREADABLE),
    "clock an hour ahead": Row(
        lambda handler: handler.send(EMPTY, Date="Tue, 20 May 2025 13:00:00 GMT"), NO_HARM),
    "dates of a year": Row(text_of(DAY, r'"\1"'), NO_HARM),
    "dates of a month": Row(text_of(DAY, r'"\1-\2"'), NO_HARM),
    "dates to come": Row(text_of(DAY, r'"2199-\2-\3\4"'), NO_HARM),
    "days that are none": Row(text_of(DAY, r'"\1-02-30\4"'), NO_HARM),
    "leap day": Row(text_of(DAY, r'"2024-02-29\4"'), NO_HARM),
    "hour that was left out": Row(text_of(DAY, r'"\1-03-30T02:30:00"'), NO_HARM),
}  # fmt: skip
"""What a server answers, or does instead."""


@contextmanager
def refused() -> Iterator[str]:
    """Have nobody at the port."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}/fhir"


@contextmanager
def half_open() -> Iterator[str]:
    """Accept connections, by the system alone, and never read."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as deaf:
        yield f"http://127.0.0.1:{deaf.getsockname()[1]}/fhir"


@contextmanager
def black_hole() -> Iterator[str]:
    """Drop each SYN: the queue of a socket is full, and nobody empties it."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.settimeout(0)
            one.connect_ex(full.getsockname())
            waiting.append(one)
        yield f"http://127.0.0.1:{full.getsockname()[1]}/fhir"
        for one in waiting:
            one.close()


@contextmanager
def no_such_name() -> Iterator[str]:
    """Have a name that nobody knows (RFC 6761)."""
    yield "http://fhir.invalid/fhir"


@contextmanager
def deaf_tls() -> Iterator[str]:
    """Never answer the first word of a handshake."""
    with half_open() as url:
        yield url.replace("http:", "https:")


@dataclass(frozen=True)
class Place:
    """A server that cannot even be talked to."""

    at: Callable[[], Any]
    kinds: frozenset[str]
    seconds: float = QUICK_SECONDS


PLACES: dict[str, Place] = {
    "refused": Place(refused, LOST),
    "no such name": Place(no_such_name, LOST),
    "black hole": Place(black_hole, LATE, SLOW_SECONDS),
    "half open": Place(half_open, LATE, SLOW_SECONDS),
    "handshake without an end": Place(deaf_tls, LATE, SLOW_SECONDS),
}
