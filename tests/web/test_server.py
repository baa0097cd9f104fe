"""The server itself: real sockets, real signals, a real store."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from cds_service.feedback.database import Database
from cds_service.feedback.proof import Verdict, verify
from cds_service.web import server as module
from cds_service.web.worker import JsonWorker
from tests.web.conftest import BODY, CARD, SELECT

SCRIPT = """
import sys, time
from cds_service.web import logs, server
from cds_service.web.worker import JsonWorker
from tests.web.conftest import straw_site
def build():
    app = straw_site(sys.argv[1])
    @app.get("/slow")
    def slow():
        print("slow", flush=True)
        time.sleep(1)
        return {}
    return app
logs.configure("INFO")
JsonWorker.patience = float(sys.argv[2])
server.run(build, "127.0.0.1:0", int(sys.argv[3]), 4)
"""
SECRET = "Zaphod-4711"


@dataclass
class Running:
    """A server in a process of its own, and the lines it has written."""

    process: subprocess.Popen[str]
    database: Path
    address: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> dict[str, Any]:
        """Read the next line of the log."""
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.lines.append(line)
        return line

    def end(self) -> int:
        """End the server as an orchestrator does, and wait for it."""
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=20)
        self.lines += [json.loads(line) for line in rest.splitlines()]
        return self.process.returncode

    def raw(self, sent: bytes) -> tuple[int, dict[str, Any]]:
        """Send bytes as they are, and read status and body of the answer."""
        host, port = self.address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as sock:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: sock.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"application/json" in head
        return int(head.split()[1]), json.loads(body)


@pytest.fixture
def patience() -> float:
    """How many seconds the server gives a client to send a request."""
    return JsonWorker.patience


@pytest.fixture
def workers() -> int:
    """How many worker processes the server has."""
    return 1


@pytest.fixture
def server(tmp_path: Path, patience: float, workers: int) -> Iterator[Running]:
    """Start a server around the story of straw, on a free port."""
    database = tmp_path / "cds.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, f"sqlite:///{database}", str(patience), str(workers)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    running = Running(process, database)
    while not running.address:
        running.address = running.read().get("address", "")
    yield running
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_it_serves_notes_its_cards_and_ends_by_itself(server: Running) -> None:
    """The writer thread lives in the worker, and is drained when a signal ends it."""
    answer = requests.post(server.address + SELECT, json=BODY, timeout=10)
    assert answer.json()["cards"][0]["uuid"] == CARD.uuid
    assert requests.get(server.address + "/readyz", timeout=10).status_code == 200
    assert server.end() == 0
    connection = sqlite3.connect(server.database)
    assert connection.execute("SELECT count(*) FROM issued").fetchone() == (2,)
    connection.close()
    events = [line["event"] for line in server.lines if line["event"] != "audit trail"]
    assert events[-3:] == ["answered", "answered", "stopped"]


def call_often(server: Running, count: int) -> None:
    """Send requests, each by a connection of its own, so that all workers take some."""

    def call(_: int) -> int:
        return requests.post(server.address + SELECT, json=BODY, timeout=10).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(call, range(count))) == {200}


def whole_trail(server: Running) -> Verdict:
    """Prove that the audit trail is whole, and give what was found."""
    database = Database(f"sqlite:///{server.database}")
    found = verify(database)
    database.let_go()
    assert found.broken == []
    return found


@pytest.mark.parametrize("workers", [3])
def test_several_workers_write_one_trail_and_all_of_it_before_they_end(server: Running) -> None:
    call_often(server, 60)
    assert server.end() == 0
    found = whole_trail(server)
    assert found.count == 60
    ends = [line["audit"] for line in server.lines if line["event"] == "audit trail"]
    assert f"{found.last.number}:{found.last.hash}" in ends


@pytest.mark.parametrize("workers", [2])
def test_feedback_that_comes_at_once_is_known_to_every_worker(server: Running) -> None:
    """The card is written by the worker that gave it, a fifth of a second later."""
    requests.post(server.address + SELECT, json=BODY, timeout=10)

    def report(number: int) -> int:
        entry = {
            "card": CARD.uuid,
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": CARD.suggestions[0].uuid}],
            "outcomeTimestamp": f"2026-11-21T09:30:{number:02}Z",
        }
        url = f"{server.address}{SELECT}/feedback"
        answer = requests.post(url, json={"feedback": [entry]}, timeout=10)
        return int(answer.json()["stored"]) if answer.ok else answer.status_code

    with ThreadPoolExecutor(2) as pool:  # as many as may wait in one worker
        assert list(pool.map(report, range(10))) == [1] * 10


@pytest.mark.parametrize("workers", [2])
def test_a_worker_that_is_killed_breaks_no_trail(server: Running) -> None:
    """What it had not written yet is gone, and nothing else."""
    pid = server.process.pid
    call_often(server, 30)
    time.sleep(1)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    os.kill(int(children[0]), signal.SIGKILL)
    for _ in range(30):
        with contextlib.suppress(requests.ConnectionError):  # the killed one may have taken it
            requests.post(server.address + SELECT, json=BODY, timeout=10)
    assert server.end() == 0
    assert 50 <= whole_trail(server).count <= 60


def test_a_request_under_way_is_answered_before_the_end(server: Running) -> None:
    got: list[int] = []

    def ask() -> None:
        got.append(requests.get(server.address + "/slow", timeout=10).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    assert server.process.stdout is not None
    assert server.process.stdout.readline() == "slow\n"
    assert server.end() == 0
    asking.join()
    assert got == [200]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"GET /{SECRET}\r\n\r\n", 400),
        (f"GET / HTTP/1.1\r\n{SECRET} {SECRET}\r\n\r\n", 400),
        (f"G{{T / HTTP/1.1\r\nX: {SECRET}\r\n\r\n", 400),
        (f"GET /{SECRET * 1000} HTTP/1.1\r\n\r\n", 414),
        (f"GET / HTTP/1.1\r\nX: {SECRET * 5000}\r\n\r\n", 431),
        (
            (
                f"POST {SELECT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Transfer-Encoding: chunked\r\n\r\n{SECRET}\r\n"
            ),
            400,
        ),
        (
            (
                f"POST {SELECT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Content-Length: 100\r\n\r\n{SECRET}"
            ),
            400,
        ),
    ],
    ids=[
        "no version",
        "no header",
        "no method",
        "long line",
        "long header",
        "chunks",
        "breaks off",
    ],
)
def test_what_is_no_http_gets_an_outcome_that_repeats_nothing(
    server: Running, sent: str, status: int
) -> None:
    """Conformance section 6: error bodies are JSON as well."""
    got, body = server.raw(sent.encode())
    assert got == status
    assert body["resourceType"] == "OperationOutcome"
    assert server.end() == 0
    assert SECRET not in json.dumps([body, server.lines])


def test_a_body_refused_by_size_leaves_the_server_well(server: Running) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(10):
            yield b" " * (1 << 20)

    headers = {"Content-Type": "application/json"}
    answer = requests.post(server.address + SELECT, data=chunks(), headers=headers, timeout=20)
    assert answer.status_code == 413
    assert requests.get(server.address + "/healthz", timeout=10).status_code == 200


HEAD = f"POST {SELECT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BEGUN = {
    "nothing": "",
    "half a head": "GET /healthz HT",
    "half a body": f"{HEAD}Content-Length: 100\r\n\r\n{{",
    "half a chunk": f"{HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n\r\n0\r\n\r\n",
    "waits for leave": f"{HEAD}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
    "one and a half": "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HT",
    "broken": "GET / HTTP/9.9\r\nX\r\n\r\n",
    "larger than is taken": f"{HEAD}Content-Length: 900000000\r\n\r\n{{",
}


@contextlib.contextmanager
def slow_clients(server: Running, begun: str, count: int) -> Iterator[list[socket.socket]]:
    """Open many connections that never finish a request, nor read what comes."""
    host, port = server.address.removeprefix("http://").split(":")
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            sock = stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
            sock.sendall(begun.encode())
            opened.append(sock)
        yield opened


def ask_until_there_is_room(server: Running) -> int:
    """Count the cards of an answer; a hundred whole requests at once are too many for a moment."""
    for _ in range(50):
        answer = requests.post(server.address + SELECT, json=BODY, timeout=20)
        if answer.status_code != 503:
            return len(answer.json()["cards"])
        time.sleep(0.1)
    return 0


@pytest.mark.parametrize("patience", [60.0])
@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_clients_that_never_finish_do_not_silence_the_others(server: Running, begun: str) -> None:
    """A hundred of them for four threads, and a minute's patience: nobody waits for that."""
    with slow_clients(server, begun, 100):
        assert [ask_until_there_is_room(server) for _ in range(8)] == [2] * 8
    assert server.end() == 0


@pytest.mark.parametrize("patience", [60.0])
def test_clients_that_drip_do_not_silence_the_others(server: Running) -> None:
    """A byte now and then, by fifty connections at once."""
    with slow_clients(server, BEGUN["half a body"], 50) as opened:
        for _ in range(5):
            for sock in opened:
                sock.sendall(b" ")
            assert requests.get(server.address + "/healthz", timeout=20).status_code == 200
    assert server.end() == 0


@pytest.mark.parametrize("patience", [0.5])
@pytest.mark.parametrize("begun", ["nothing", "half a head", "half a body", "half a chunk"])
def test_a_client_that_does_not_finish_in_time_is_let_go(server: Running, begun: str) -> None:
    with slow_clients(server, BEGUN[begun], 3) as opened:
        for sock in opened:
            answer = b"".join(iter(lambda sock=sock: sock.recv(65536), b""))  # type: ignore[misc] # mypy knows no defaults of a lambda
            assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert server.end() == 0


def test_who_asks_for_leave_to_send_a_body_gets_it(server: Running) -> None:
    body = json.dumps(BODY).encode()
    head = f"{HEAD}Connection: close\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    with slow_clients(server, head, 1) as [sock]:
        assert sock.recv(65536).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(body)
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert b"HTTP/1.1 200 OK" in answer
    assert CARD.uuid.encode() in answer


def test_requests_that_come_at_once_are_answered_one_after_the_other(server: Running) -> None:
    """In the order in which they came, by one connection; chunks among them."""
    body = json.dumps(BODY).encode()
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]))
    alive = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    chunked = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks + b"0\r\n\r\n"
    last = alive.replace(b"Host: x", b"Host: x\r\nConnection: close")
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as sock:
        sock.sendall(alive + chunked + last)
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.index(b'"ok"') < answer.index(CARD.uuid.encode()) < answer.rindex(b'"ok"')


def test_a_connection_is_used_again(server: Running) -> None:
    with requests.Session() as session:
        for _ in range(20):
            answer = session.post(server.address + SELECT, json=BODY, timeout=10)
            assert answer.json()["cards"][0]["uuid"] == CARD.uuid


def test_clients_that_never_read_do_not_silence_the_others(server: Running) -> None:
    """The system takes the answer; a thread would wait for half a minute."""
    host, port = server.address.removeprefix("http://").split(":")
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            sock.settimeout(20)
            sock.connect((host, int(port)))
            sock.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        for _ in range(8):
            assert requests.get(server.address + "/healthz", timeout=20).status_code == 200
    assert server.end() == 0


def test_more_than_can_be_answered_in_time_is_refused_at_once(server: Running) -> None:
    """Four threads, one second for each: of sixty at once most could only come too late."""
    begun = threading.Barrier(61)

    def ask(_: int) -> requests.Response:
        with requests.Session() as session:
            begun.wait()
            return session.get(server.address + "/slow", timeout=20)

    with ThreadPoolExecutor(60) as pool:
        calls = [pool.submit(ask, number) for number in range(60)]
        begun.wait()
        time.sleep(0.3)
        assert requests.get(server.address + "/healthz", timeout=20).status_code == 200
        answers = [made.result() for made in calls]
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 503}
    assert 4 <= statuses[200] <= 12  # those that found a thread within a second
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["issue"][0]["code"] == "throttled"
    assert requests.post(server.address + SELECT, json=BODY, timeout=20).status_code == 200


def test_silent_connections_cost_no_thread_and_hold_up_no_end(server: Running) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
        assert requests.post(server.address + SELECT, json=BODY, timeout=4).status_code == 200
        begun = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - begun < 7  # less than what requests under way are given


@pytest.mark.parametrize(
    ("limits", "raised", "connections"),
    [
        ((1024, 1024), (1024, 1024), 768),
        ((1024, 524_288), (4096, 524_288), 1000),
        ((1024, -1), (4096, -1), 1000),
        ((300, 300), (300, 300), 256),
        ((-1, -1), None, 1000),
    ],
)
def test_a_worker_takes_no_more_connections_than_it_may_have_files(
    limits: tuple[int, int],
    raised: tuple[int, int] | None,
    connections: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_to: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, to: set_to.append(to))
    assert module._connections() == connections
    assert set_to == ([raised] if raised else [])
