"""What FHIR servers do wrong, done by a real one; the deadline holds and nothing is taken for none.

The deadlines here are short and the bounds generous: these tests are about the cut, not speed.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from cds_service.clinical.evidence import QUERIES, Evidence, Sought
from cds_service.clinical.order import HookRequest
from cds_service.evidence.gather import Gatherer

from .conftest import PATIENT, TOKEN, FhirServer, Handler, Misdeed

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": f"Patient/{PATIENT}"},
}
GOOD = {"resourceType": "Bundle", "entry": [{"resource": CONDITION}]}
LONG = 5.0


def sends(body: object, status: int = 200, **headers: str) -> Misdeed:
    """Answer with this."""
    return lambda handler: handler.send(body, status, **headers)


def reset(handler: Handler) -> None:
    """Break the connection in the middle of the body."""
    handler.send(b'{"resourceType":', Content_Length="100")
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.close(handler.connection.detach())


def silence(handler: Handler) -> None:
    """Say nothing at all for a while."""
    time.sleep(LONG)
    handler.close_connection = True


def headers_then_silence(handler: Handler) -> None:
    """Promise a body that does not come."""
    handler.send(b"", Content_Length="100")
    handler.wfile.flush()
    time.sleep(LONG)


def drip(handler: Handler, head: bytes) -> None:
    """Send a byte now and then, so that no single read is slow."""
    handler.wfile.write(head)
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def dripping_body(handler: Handler) -> None:
    """Drip the body, of a length that was promised."""
    drip(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")


def dripping_until_close(handler: Handler) -> None:
    """Drip a body without a length, on a connection that will be closed."""
    drip(handler, b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n")


def dripping_headers(handler: Handler) -> None:
    """Drip one endless header."""
    drip(handler, b"HTTP/1.1 200 OK\r\nX-Long: ")


def dripping_chunks(handler: Handler) -> None:
    """Drip one endless chunk."""
    drip(handler, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n")


def bomb(handler: Handler) -> None:
    """Send little that becomes much."""
    data = gzip.compress(b" " * (64 << 20))
    handler.send(data, Content_Encoding="gzip")


def endless(handler: Handler) -> None:
    """Send without an end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(10000):
        handler.wfile.write(b" " * 65536)


def other_protocol(handler: Handler) -> None:
    """Greet as another kind of server does."""
    handler.wfile.write(b"220 ftp ready\r\n\r\n")


PACKED = gzip.compress(json.dumps(GOOD).encode())
HTML = b"<!doctype html><title>Log in</title>"
NO_ANSWER = "the FHIR server did not answer the question (HTTP {})"
REFUSED = "the FHIR server refused access (HTTP {})"
UNREADABLE = "the answer could not be read"

FAULTS: dict[str, tuple[Misdeed, str]] = {
    **{str(code): (sends({}, code), REFUSED.format(code)) for code in (401, 403)},
    **{
        str(code): (sends(HTML, code), NO_ANSWER.format(code))
        for code in (204, 400, 404, 410, 422, 429, 500, 502, 503, 504)
    },
    "429 and wait": (sends({}, 429, Retry_After="1"), NO_ANSWER.format(429)),
    "redirect": (
        sends({}, 302, Location="/elsewhere"),
        "the FHIR server answered with a redirect (HTTP 302)",
    ),
    "html": (sends(HTML), UNREADABLE),
    "empty": (sends(b""), UNREADABLE),
    "truncated": (sends(json.dumps(GOOD)[:-3].encode()), UNREADABLE),
    "shorter than promised": (
        sends(json.dumps(GOOD).encode(), Content_Length="9999", Connection="close"),
        UNREADABLE,
    ),
    "trailing data": (sends(json.dumps(GOOD).encode() + b"x"), UNREADABLE),
    "byte order mark": (sends(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()), UNREADABLE),
    "utf-16": (sends(json.dumps(GOOD).encode("utf-16")), UNREADABLE),
    "latin-1": (sends(b'{"resourceType": "B\xfcndel"}'), UNREADABLE),
    "duplicate keys": (sends(b'{"resourceType": "Bundle", "resourceType": "Bundle"}'), UNREADABLE),
    "nan": (sends(b'{"resourceType": "Bundle", "total": NaN}'), UNREADABLE),
    "1e400": (sends(b'{"resourceType": "Bundle", "total": 1e400}'), UNREADABLE),
    "surrogate": (sends(b'{"resourceType": "Bundle", "id": "\\ud800"}'), UNREADABLE),
    "deep": (sends(b"[" * 100000), UNREADABLE),
    "list": (sends([GOOD]), UNREADABLE),
    "null": (sends(b"null"), UNREADABLE),
    "another resource": (sends(CONDITION), UNREADABLE),
    "entries as object": (sends({"resourceType": "Bundle", "entry": {}}), UNREADABLE),
    "outcome": (sends({"resourceType": "OperationOutcome"}), "the FHIR server reported an error"),
    "packed twice": (sends(gzip.compress(PACKED), Content_Encoding="gzip, gzip"), UNREADABLE),
    "brotli": (sends(b"x", Content_Encoding="br"), UNREADABLE),
    "not packed at all": (sends(GOOD, Content_Encoding="gzip"), UNREADABLE),
    "packed and cut": (sends(PACKED[:-9], Content_Encoding="gzip"), UNREADABLE),
    "packed and trailed": (sends(PACKED + b"x", Content_Encoding="gzip"), UNREADABLE),
    "packed and trailed at length": (
        sends(PACKED + b"x" * 200000, Content_Encoding="gzip"),
        UNREADABLE,
    ),
    "bomb": (bomb, "the answer is larger than the limit"),
    "endless": (endless, "the answer is larger than the limit"),
    "reset": (reset, UNREADABLE),
    "gone": (
        lambda handler: handler.connection.shutdown(socket.SHUT_RDWR),
        "the FHIR server could not be reached",
    ),
    "not http": (
        other_protocol,
        "the FHIR server could not be reached",
    ),
}

SLOW: dict[str, Misdeed] = {
    "silence": silence,
    "headers then silence": headers_then_silence,
    "dripping body": dripping_body,
    "dripping until close": dripping_until_close,
    "dripping headers": dripping_headers,
    "dripping chunks": dripping_chunks,
}


def others() -> dict[str, Any]:
    """Make a prefetch with all but the conditions."""
    keys: dict[str, Any] = dict.fromkeys(QUERIES)
    del keys["conditions"]
    return keys


def state(evidence: Evidence, name: str = "conditions") -> tuple[Sought, str]:
    """Tell how a query ended."""
    return evidence.sources[name].state, evidence.sources[name].detail


@pytest.mark.parametrize("name", FAULTS)
def test_a_faulty_answer_is_a_failed_query(
    name: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Field notes 5.2: unreadable, refused or broken is never "none recorded"."""
    misdeed, words = FAULTS[name]
    server.misdeeds["Condition"] = misdeed
    evidence = gatherer(deadline_seconds=10)(hook(others(), server), None)
    assert state(evidence) == (Sought.FAILED, words)
    assert state(evidence, "allergies")[0] is Sought.ANSWERED
    assert evidence.items == ()


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("kind", ["Condition", "*"], ids=["one", "all"])
def test_the_deadline_cuts_what_is_slow(
    name: str, kind: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """A timeout per read is no deadline: these servers would hold their threads for ever."""
    server.misdeeds[kind] = SLOW[name]
    gather = gatherer(deadline_seconds=0.3)
    start = time.monotonic()
    evidence = gather(hook(None if kind == "*" else others(), server), None)
    assert time.monotonic() - start < LONG / 2
    assert state(evidence) == (Sought.FAILED, "no answer in time")
    assert evidence.nothing_could_be_had == (kind == "*")
    until = time.monotonic() + LONG / 2
    while gather._pool._work_queue.qsize() or busy(gather):
        assert time.monotonic() < until, "a thread is still held"
        time.sleep(0.01)


def busy(gather: Gatherer) -> bool:
    """Tell whether a thread of the pool is at work: idle ones are counted by a semaphore."""
    pool = gather._pool
    return pool._idle_semaphore._value < len(pool._threads)


def test_a_server_that_nobody_serves_is_a_failed_query(hook: Hook, gatherer: Make) -> None:
    """Refused connections."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/fhir"
    evidence = gatherer()(hook(None, url), None)
    assert evidence.nothing_could_be_had
    assert state(evidence) == (Sought.FAILED, "the FHIR server could not be reached")


def test_a_server_that_accepts_and_never_answers_is_cut(hook: Hook, gatherer: Make) -> None:
    """Half open: the connection stands in the backlog, nobody reads from it."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/fhir"
        evidence = gatherer(deadline_seconds=0.3)(hook(None, url), None)
    assert state(evidence) == (Sought.FAILED, "no answer in time")


def test_more_searches_than_threads_still_end_at_the_deadline(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """What never left the queue has not been answered in time either."""
    server.misdeeds["*"] = silence
    evidence = gatherer(deadline_seconds=0.3, threads=1)(hook(None, server), None)
    assert {source.detail for source in evidence.sources.values()} == {"no answer in time"}


def test_what_came_before_the_deadline_is_kept(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Pages that are there may fire a rule; the query is incomplete."""
    page = GOOD | {"link": [{"relation": "next", "url": "Condition?slow=1"}]}
    server.misdeeds["Condition"] = lambda handler: (
        silence(handler) if "slow" in handler.path else handler.send(page)
    )
    evidence = gatherer(deadline_seconds=0.5)(hook(others(), server), None)
    assert state(evidence) == (Sought.INCOMPLETE, "no answer in time")
    assert [item.resource["id"] for item in evidence.items] == ["c1"]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (sends({}, 404), NO_ANSWER.format(404)),
        (sends({}, 410), NO_ANSWER.format(410)),
        (sends(HTML), UNREADABLE),
        (sends({"resourceType": "OperationOutcome"}), "the FHIR server reported an error"),
        (reset, UNREADABLE),
        (bomb, "the answer is larger than the limit"),
    ],
)
def test_a_page_that_fails_leaves_the_query_incomplete(
    second: Misdeed, words: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """The first page stays."""
    page = GOOD | {"link": [{"relation": "next", "url": "Condition?second=1"}]}
    server.misdeeds["Condition"] = lambda handler: (
        second(handler) if "second" in handler.path else handler.send(page)
    )
    evidence = gatherer(deadline_seconds=10)(hook(others(), server), None)
    assert state(evidence) == (Sought.INCOMPLETE, words)
    assert len(evidence.items) == 1


def test_ten_thousand_pages_end_at_the_limit(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Twenty pages a query, and no more."""
    pages = count()

    def page(handler: Handler) -> None:
        number = next(pages)
        found = CONDITION | {"id": f"c{number}"}
        link = [{"relation": "next", "url": f"Condition?page={number + 1}"}]
        handler.send({"resourceType": "Bundle", "entry": [{"resource": found}], "link": link})

    server.misdeeds["Condition"] = page
    evidence = gatherer(deadline_seconds=20)(hook(others(), server), None)
    assert state(evidence) == (Sought.INCOMPLETE, "more pages than the limit")
    assert len(evidence.items) == len(server.seen) == 20


@pytest.mark.parametrize("target", ["Condition?a=1", "", "?a=1"])
def test_a_loop_of_pages_ends(target: str, hook: Hook, gatherer: Make, server: FhirServer) -> None:
    """A page is asked once."""
    page = GOOD | {"link": [{"relation": "next", "url": target}]}
    server.misdeeds["Condition"] = sends(page)
    evidence = gatherer()(hook(others(), server), None)
    assert state(evidence)[0] is Sought.INCOMPLETE
    assert len(server.seen) <= 2


def test_the_limit_of_bytes_holds_over_all_pages(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Many small pages weigh as much as a large one."""
    pages = count()

    def page(handler: Handler) -> None:
        link = [{"relation": "next", "url": f"Condition?page={next(pages)}"}]
        handler.send({"resourceType": "Bundle", "link": link, "text": "x" * 400})

    server.misdeeds["Condition"] = page
    evidence = gatherer(max_bytes=1000)(hook(others(), server), None)
    assert state(evidence) == (Sought.INCOMPLETE, "the answer is larger than the limit")
    assert len(server.seen) == 3


def test_all_answers_together_have_a_limit_as_well(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Eighteen bombs that each stay below the limit would still be one."""
    big = json.dumps({"resourceType": "Bundle", "text": "x" * 60_000}).encode()
    server.misdeeds["*"] = lambda handler: (
        handler.send(gzip.compress(big), Content_Encoding="gzip")
        if "?" in handler.path
        else handler.answer_well("Patient")
    )
    evidence = gatherer(max_bytes=100_000)(hook(None, server), None)
    ended = [state(evidence, name) for name in QUERIES]
    too_large = (Sought.FAILED, "the answer is larger than the limit")
    assert ended.count((Sought.ANSWERED, "")) <= 400_000 / len(big) + 1
    assert ended.count(too_large) >= len(QUERIES) - 7
    assert {*ended} == {(Sought.ANSWERED, ""), too_large}


def test_the_limit_of_entries_ends_the_search(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """More than that would only cost time."""
    page = GOOD | {"entry": [{"resource": CONDITION | {"id": f"c{n}"}} for n in range(7)]}
    server.misdeeds["Condition"] = sends(page)
    evidence = gatherer(max_entries=6)(hook(others(), server), None)
    assert state(evidence) == (Sought.INCOMPLETE, "more entries than the limit")


def test_packed_answers_are_read(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    """We ask for gzip, so we take it."""
    server.misdeeds["Condition"] = sends(PACKED, Content_Encoding="gzip")
    evidence = gatherer()(hook(others(), server), None)
    assert state(evidence) == (Sought.ANSWERED, "")
    assert server.seen[0][1]["Accept-Encoding"] == "gzip"


def test_every_answer_is_asked_for_anew(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    """HAPI gives the same search for a minute what it found before, unless told not to."""
    gatherer()(hook(others(), server), None)
    assert {headers["Cache-Control"] for _, headers in server.seen} == {"no-cache"}


@pytest.mark.parametrize("refusal", [400, 414, 422])
def test_a_refused_form_is_put_once_more_in_a_simpler_one(
    refusal: int, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Servers that know no _sort, no _include or no code lists say 400, 414 or 422."""
    server.misdeeds["*"] = lambda handler: (
        handler.send({}, refusal)
        if any(word in handler.path for word in ("_sort", "_include", "code="))
        else handler.answer_well(handler.kind if handler.kind == "Patient" else "none")
    )
    evidence = gatherer()(hook(None, server), None)
    assert {source.state for source in evidence.sources.values()} == {Sought.ANSWERED}
    posted = refusal == 414  # tried in between: the URL may be too long
    assert len(server.asked("MedicationRequest")) == 2 + posted
    assert any("category=laboratory" in path for path in server.asked("Observation"))


@pytest.mark.parametrize(("code", "requests"), [(400, 2), (500, 1), (429, 1), (403, 1)])
def test_there_is_no_storm_of_retries(
    code: int, requests: int, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """One more attempt at most, and only where a simpler form may help."""
    server.misdeeds["Condition"] = sends({}, code)
    gatherer()(hook(others(), server), None)
    assert len(server.seen) == requests


def test_the_answer_to_a_read_must_be_that_resource(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Reads are judged as searches are."""
    prefetch = others() | {"conditions": None}
    del prefetch["patient"]
    for body, words in [
        ({"resourceType": "OperationOutcome"}, "the FHIR server reported an error"),
        (GOOD, UNREADABLE),
        ([], UNREADABLE),
    ]:
        server.misdeeds["Patient"] = sends(body)
        evidence = gatherer()(hook(prefetch, server), None)
        assert state(evidence, "patient") == (Sought.FAILED, words)


def test_a_token_that_no_header_can_hold_is_not_sent(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Line breaks in a token would be headers of somebody else's choice."""
    for token in ("a\r\nX-Evil: 1", "\u2028", "a\nb"):
        evidence = gatherer()(hook(others(), server, token=token), None)
        assert state(evidence)[0] is Sought.FAILED
    assert server.seen == []
    assert TOKEN not in repr(hook(others(), server))
