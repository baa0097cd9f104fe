"""The worker process: how long a client may take."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock

import pytest

from cds_service.web.arrivals import ArrivalWorker
from cds_service.web.crowd import _CROWDED
from cds_service.web.worker import JsonWorker


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connect the server's end of a connection to the client's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        theirs.settimeout(0.05)
        yield ours, theirs


def worker_with(sock: socket.socket, patiences: float) -> JsonWorker:
    """Make a worker that has been busy with a connection for so many times its patience."""
    worker = JsonWorker.__new__(JsonWorker)
    worker.tmp = Mock()
    since = time.monotonic() - patiences * worker.patience
    worker._busy = {Mock(sock=sock): since}
    worker._arriving, worker._leaving, worker.alive = {}, {}, True
    return worker


def test_within_its_time_a_client_is_waited_for(ends: tuple[socket.socket, socket.socket]) -> None:
    worker_with(ends[0], 1.5).notify()
    with pytest.raises(TimeoutError):
        ends[0].recv(1)


def test_who_does_not_take_the_answer_is_let_go(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    worker_with(ends[0], 2.5).notify()
    with pytest.raises(BrokenPipeError):
        ends[0].sendall(b"answer")


def test_a_connection_that_has_gone_is_no_error(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ends[0].close()
    worker_with(ends[0], 2.5).notify()
    assert ends[1].recv(1) == b""


def test_a_connection_is_watched_while_it_is_handled_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = JsonWorker.__new__(JsonWorker)
    worker._busy, worker._waiting, worker._usual = {}, {}, 0.0
    monkeypatch.setattr(JsonWorker.__base__, "handle", lambda self, _conn: list(self._busy))
    assert worker.handle("connection") == ["connection"]
    assert not worker._busy


def test_who_waited_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = JsonWorker.__new__(JsonWorker)
    worker._busy = {}
    worker._usual = 0.0
    worker._waiting = {"old": time.monotonic() - 1.5, "young": time.monotonic() - 0.1}
    monkeypatch.setattr(JsonWorker.__base__, "handle", lambda *_: _CROWDED.get())
    assert worker.handle("old") is True
    assert worker.handle("young") is False
    assert not worker._waiting


@pytest.mark.parametrize(
    ("usual", "room"), [(0.0, 24), (0.003, 24), (0.4, 7), (0.5, 5.6), (3.0, 4)]
)
def test_as_many_may_wait_as_can_be_answered_in_time(usual: float, room: int) -> None:
    worker = JsonWorker.__new__(JsonWorker)
    worker.cfg = Mock(threads=4)
    worker._usual = usual
    assert worker._room() == pytest.approx(room)


def test_a_request_that_finds_no_room_is_refused_by_threads_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker: Any = JsonWorker.__new__(JsonWorker)
    worker.cfg, worker._usual, worker._waiting = Mock(threads=1), 9.0, {}
    worker._busy, worker._aside, worker.method_queue = {}, ThreadPoolExecutor(1), Mock()
    given: list[object] = []
    monkeypatch.setattr(ArrivalWorker, "_answer", lambda _, conn: given.append(conn))
    monkeypatch.setattr(JsonWorker.__base__, "handle", lambda *_: _CROWDED.get())
    worker._answer("first")
    worker._answer("second")
    worker._aside.shutdown()
    assert given == ["first"]
    [(finish, conn, future), _] = worker.method_queue.defer.call_args
    assert (finish, conn, future.result()) == (worker.finish_request, "second", True)
