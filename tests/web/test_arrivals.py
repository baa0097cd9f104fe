"""Requests on their way: a thread is for a whole one; who does not finish is not waited for."""

from __future__ import annotations

import errno
import socket
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from cds_service.web.arrivals import Arrival, ArrivalWorker
from cds_service.web.inbox import Held, Inbox

Ends = tuple[socket.socket, socket.socket]
GET = b"GET / HTTP/1.1\r\n\r\n"


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Connect the server's end of a connection to the client's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        theirs.settimeout(0.05)
        yield ours, theirs


class Plain:
    """What gunicorn does with a connection, noted and not done."""

    answered: list[Any]
    accepted: list[Any]

    def accept(self, listener: Any) -> None:
        """Note a listener."""
        self.accepted.append(listener)

    def enqueue_req(self, conn: Any) -> None:
        """Note that a thread answers."""
        self.answered.append(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Note a connection that lives on."""
        del fs
        self.accepted.append(conn)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Note a connection that is to be read."""
        del client
        self.accepted.append(conn)

    def notify(self) -> None:
        """Be alive."""


NAMES = ("accept", "enqueue_req", "finish_request", "notify", "on_client_socket_readable")


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a worker that has no threads."""
    for name in NAMES:
        monkeypatch.setattr(ArrivalWorker.__base__, name, vars(Plain)[name])
    made: Any = ArrivalWorker.__new__(ArrivalWorker)
    made.poller, made.keepalived_conns = Mock(), deque()
    made.alive = True
    made.nr_conns, made.worker_connections = 1, 1000
    made._arriving, made._leaving, made._held = {}, {}, 0
    made.answered, made.accepted = [], []
    return made


class Connection:
    """A connection as gunicorn knows it."""

    def __init__(self, sock: Any) -> None:
        """Begin without a parser."""
        self.sock = sock
        self.parser: Any = None
        self.closed = False

    def init(self) -> None:
        """Make a parser, once."""
        self.parser = self.parser or SimpleNamespace(unreader=None)

    def close(self) -> None:
        """Close the socket."""
        self.closed = True
        self.sock.close()


def done(result: object) -> Future[object]:
    future: Future[object] = Future()
    future.set_result(result)
    return future


def test_half_a_request_gets_no_thread(worker: Any, ends: Ends) -> None:
    conn = Connection(ends[0])
    ends[1].sendall(GET[:9])
    worker.enqueue_req(conn)
    assert worker.answered == []
    ends[1].sendall(GET[9:])
    worker._receive(conn, conn.sock)
    assert worker.answered == [conn]
    assert conn.parser.unreader.read() == GET
    assert worker._arriving == {}
    worker.poller.unregister.assert_called_once_with(conn.sock)


def test_a_client_that_says_nothing_and_goes_is_let_go(worker: Any, ends: Ends) -> None:
    conn = Connection(ends[0])
    worker.enqueue_req(conn)
    ends[1].close()
    worker._receive(conn, conn.sock)
    assert conn.closed
    assert (worker.nr_conns, worker.answered) == (0, [])


@pytest.mark.parametrize("gone", [False, True])
def test_a_client_that_ends_in_the_middle_is_told_so_and_gets_no_thread(
    worker: Any, ends: Ends, *, gone: bool
) -> None:
    conn = Connection(ends[0])
    ends[1].sendall(GET[:9])
    ends[1].shutdown(socket.SHUT_WR)
    if gone:
        ends[1].close()
    worker.enqueue_req(conn)
    worker._receive(conn, conn.sock)
    assert (worker.answered, worker._arriving, worker._held) == ([], {}, 0)
    assert gone or ends[1].recv(4096).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_connection_that_breaks_is_let_go(worker: Any) -> None:
    broken = Mock()
    broken.recv.side_effect = broken.setsockopt.side_effect = ConnectionResetError
    conn = Connection(broken)
    worker.enqueue_req(conn)
    assert conn.closed
    assert worker.nr_conns == 0


def test_leave_to_send_a_body_is_given_once_and_to_one_who_is_still_there(worker: Any) -> None:
    sock = Mock()
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
    sock.recv.side_effect = [head, b"1", BlockingIOError]
    sock.send.side_effect = OSError
    conn = Connection(sock)
    worker.enqueue_req(conn)
    worker._receive(conn, sock)
    worker._receive(conn, sock)
    sock.send.assert_called_once_with(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert worker.answered == []


def test_where_there_is_no_room_the_oldest_gives_way(
    worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ArrivalWorker, "room", 1000)
    head = b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n"
    conns = []
    for _ in range(3):
        sock = Mock()
        sock.recv.side_effect = [head + b"x" * 400, BlockingIOError]
        conns.append(Connection(sock))
        worker.enqueue_req(conns[-1])
    assert [one.closed for one in conns] == [True, False, False]
    assert worker._held == sum(len(one.inbox.held) for one in worker._arriving.values())


def test_what_is_being_answered_takes_room_until_it_is(worker: Any, ends: Ends) -> None:
    conn = Connection(ends[0])
    ends[1].sendall(GET)
    worker.enqueue_req(conn)
    assert worker._held == len(GET)
    worker.finish_request(conn, done(result=True))
    assert worker._held == 0
    assert worker.accepted == [conn]


def test_where_connections_are_all_taken_the_oldest_that_is_not_whole_gives_way(
    worker: Any, ends: Ends
) -> None:
    conn = Connection(ends[0])
    worker.enqueue_req(conn)
    worker.worker_connections = 2
    worker.accept("listener")
    assert conn.closed
    worker.nr_conns = 1
    worker.accept("listener")  # nobody waits: gunicorn stops to accept by itself
    assert worker.accepted == ["listener", "listener"]


def test_what_was_told_of_a_connection_that_gave_way_meanwhile_breaks_nothing(
    worker: Any, ends: Ends
) -> None:
    """The poller tells of many at once: of one that the first of them has cost its place, too."""
    conn = Connection(ends[0])
    worker.enqueue_req(conn)
    worker.worker_connections = 2
    worker.accept("listener")
    worker._receive(conn, conn.sock)
    worker.on_client_socket_readable(conn, conn.sock)
    assert worker.accepted == ["listener"]
    assert (worker.answered, worker.nr_conns) == ([], 0)


def test_where_connections_are_all_taken_the_oldest_idle_one_gives_way_first(
    worker: Any, ends: Ends
) -> None:
    """Else as many idle clients as there are places would keep all others out."""
    slow, idle = Connection(ends[0]), Connection(Mock())
    worker.enqueue_req(slow)
    worker.keepalived_conns.append(idle)
    worker.worker_connections = 2
    worker.accept("listener")
    assert (slow.closed, idle.closed, worker.nr_conns) == (False, True, 0)
    worker.poller.unregister.assert_called_with(idle.sock)
    worker.on_client_socket_readable(slow, slow.sock)
    assert worker.accepted == ["listener", slow]


def test_of_a_request_that_is_answered_nothing_is_kept(worker: Any, ends: Ends) -> None:
    """A connection may live on: with what it brought once, many would fill the memory."""
    conn = Connection(ends[0])
    body = b"POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n" + b"x" * 9999
    ends[1].sendall(body)
    worker.enqueue_req(conn)
    unreader = conn.parser.unreader
    held = unreader._data.obj
    assert unreader.read(len(body)) == body
    worker.finish_request(conn, done(result=True))
    assert unreader._data.obj is not held
    assert unreader.read() == b""


@pytest.mark.parametrize(("result", "odd"), [(False, False), (True, True), (OSError(), False)])
def test_who_gets_no_more_is_seen_off_without_waiting_for_him(
    worker: Any, ends: Ends, result: object, *, odd: bool
) -> None:
    conn = Connection(ends[0])
    conn.init()
    conn.parser.unreader = Held()
    conn.parser.unreader.last = odd
    future: Future[object] = Future()
    if isinstance(result, OSError):
        future.set_exception(result)
    else:
        future.set_result(result)
    worker.finish_request(conn, future)
    assert ends[1].recv(10) == b""
    ends[1].sendall(b"late")
    worker._let_go(conn, conn.sock)
    worker._let_go(conn, conn.sock)
    assert conn in worker._leaving
    ends[1].close()
    worker._let_go(conn, conn.sock)
    assert conn.closed
    assert (worker.nr_conns, worker._leaving) == (0, {})


def test_who_has_gone_already_is_not_seen_off(worker: Any) -> None:
    sock = Mock()
    sock.shutdown.side_effect = OSError
    conn = Connection(sock)
    worker._see_off(conn)
    assert conn.closed
    sock = Mock()
    sock.recv.side_effect = ConnectionResetError
    conn = Connection(sock)
    worker._see_off(conn)
    worker._let_go(conn, sock)
    assert conn.closed


def test_the_next_request_that_came_with_one_is_read_at_once(worker: Any, ends: Ends) -> None:
    conn = Connection(ends[0])
    ends[1].sendall(GET + GET)
    worker.enqueue_req(conn)
    worker.finish_request(conn, done(result=True))
    assert worker.answered == [conn, conn]
    assert conn.parser.unreader.rest == b""


def test_who_takes_no_answer_gets_no_other(worker: Any, ends: Ends) -> None:
    conn = Connection(ends[0])
    ends[1].sendall(GET + GET)
    worker.enqueue_req(conn)
    ends[0].setblocking(False)  # noqa: FBT003 - its only argument
    ends[0].send(bytes(100_000))
    worker.finish_request(conn, done(result=True))
    assert conn.closed
    assert (worker.answered, worker.nr_conns) == ([conn], 0)


def ago(seconds: float) -> float:
    return time.monotonic() - seconds


def test_within_its_time_a_client_is_waited_for(worker: Any, ends: Ends) -> None:
    conn = Connection(ends[0])
    worker._arriving[conn] = Arrival(Inbox(100), ago(14))
    worker._leaving[conn] = ago(1)
    worker.notify()
    assert not conn.closed
    with pytest.raises(TimeoutError):
        ends[0].recv(1)


@pytest.mark.parametrize(("alive", "seconds"), [(True, 16.0), (False, 3.0)])
def test_who_does_not_finish_in_time_is_let_go_or_told_so(
    worker: Any, *, alive: bool, seconds: float
) -> None:
    """At the end of the worker sooner."""
    worker.alive = alive
    silent, slow = Connection(Mock()), Connection(Mock())
    worker._arriving[silent] = Arrival(Inbox(100), ago(seconds))
    worker._arriving[slow] = Arrival(Inbox(100), ago(seconds))
    worker._arriving[slow].inbox.add(b"GET /")
    worker.notify()
    assert silent.closed
    assert worker.answered == []
    assert slow.sock.send.call_args.args[0].startswith(b"HTTP/1.1 400 ")
    assert list(worker._leaving) == [slow]


def test_who_does_not_say_farewell_is_left(worker: Any) -> None:
    conn = Connection(Mock())
    worker._leaving[conn] = ago(3)
    worker.notify()
    assert conn.closed


def test_where_the_system_has_no_room_for_a_connection_another_gives_way(
    worker: Any, ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the worker would end, and all that it is doing."""

    def fail(_: object, __: object) -> None:
        raise problem

    monkeypatch.setattr(ArrivalWorker.__base__, "accept", fail)
    conn = Connection(ends[0])
    worker.enqueue_req(conn)
    problem = OSError(errno.EMFILE, "too many open files")
    worker.accept("listener")
    assert conn.closed
    problem = OSError(errno.EINVAL, "not a listener")
    with pytest.raises(OSError, match="listener"):
        worker.accept("listener")
