"""What is noted in passing, cards and the audit trail: a bounded queue and one thread."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, Full, Queue
from threading import Event as ThreadEvent
from threading import Lock, Thread
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from cds_service.feedback.audit import Event, Link, append, unwritten
from cds_service.feedback.database import Database, StoreDown, log_failure
from cds_service.feedback.refusals import Refusals
from cds_service.feedback.spool import Spool
from cds_service.feedback.tables import ISSUED
from cds_service.feedback.waiting import Noted, Waiting, line_of, rows_of, thing_of

_LOG: Final = logging.getLogger(__name__)
_GROUP: Final = 500
_RETRY_SECONDS: Final = 1.0
_DRAIN_SECONDS: Final = 5.0
_LINGER_SECONDS: Final = 0.2
"""How long the first answer waits for others: a commit for each costs more than its cards."""

_WAKE: Final = "wake"
"""No record: it lets the thread look at the clock, once callers were refused."""

LOST: Final = "lost"
"""The kind of record that says how many before it could not be written."""


@dataclass(slots=True)
class Batch:
    """What goes into one transaction; `again` tells that some of it may be written already."""

    rows: list[dict[str, Any]]
    events: list[Event]
    again: bool = False


class Writer:
    """Writes cards and the audit trail without ever holding up an answer.

    The thread starts with the first thing to note, so that it lives in the worker process that
    serves, not in the parent that forked it. `lost` counts cards that could not be noted,
    `unrecorded` audit records; `failing` tells that the last attempt to write any did not work.
    What waits stands in the spool as well, so that it outlives the process.
    """

    def __init__(
        self,
        database: Database,
        capacity: int,
        tidy: Callable[[Connection, datetime, bool], None],
        spool: Spool,
    ) -> None:
        """Take the database, how many things may wait, and what else is done with each commit.

        `tidy` is told whether the transaction holds the end of the trail.
        """
        self.lost = 0
        self.unrecorded = 0
        self.failing = False
        self._told = 0
        self._tidy = tidy
        self._database = database
        self._spool = spool
        self._queue: Queue[Waiting | None] = Queue(capacity)
        self._refused = Refusals()
        self._lock = Lock()
        self._order = Lock()
        self._closing = ThreadEvent()
        self._thread: Thread | None = None

    def note(self, noted: Noted) -> None:
        """Take the cards of an answer: never waits, never fails."""
        rows = tuple(rows_of(noted))
        if rows and not self._put(Waiting(rows)):
            self._lose(len(rows), "queue full")

    def record(self, event: Event) -> None:
        """Take an audit record: never waits, never fails."""
        if not self._put(Waiting(event=event)):
            self._miss(1, "queue full")

    def start(self) -> None:
        """Begin at once, with what a worker before this one left."""
        if self._thread is None:
            self._start()

    def refuse(self, why: str, now: datetime) -> None:
        """Count a caller who was refused: one record tells of all within a minute."""
        if self._refused.add(why, now):
            self._put(Waiting(event=Event(_WAKE, now, {})))

    @property
    def works(self) -> bool:
        """Tell whether the trail is being written: the last attempt worked, the thread lives."""
        ended = self._thread is not None and not self._thread.is_alive()
        return not self.failing and (not ended or self._closing.is_set())

    @property
    def waiting(self) -> int:
        """How many things wait to be written, about."""
        return self._queue.qsize()

    def close(self) -> None:
        """Write what is still in the queue, for a few seconds at most."""
        self._closing.set()
        if self._thread is not None and self._thread.is_alive():
            try:
                self._queue.put(None, timeout=_RETRY_SECONDS)
            except Full:
                log_failure("store not drained", None)
            self._thread.join(_DRAIN_SECONDS)
        atexit.unregister(self.close)

    def _put(self, thing: Waiting) -> bool:
        """Put something into the spool and the queue; False when it is in neither.

        After the end all is late.
        """
        if self._closing.is_set():
            return True
        if self._thread is None:
            self._start()
        with self._order:
            segment = self._spool.keep(line_of(thing)) if _is_kept(thing) else None
            try:
                self._queue.put_nowait(thing._replace(segment=segment))
            except Full:
                if segment is None:
                    return False
                self._spool.leave(segment)
        return True

    def _start(self) -> None:
        """Start the thread, once."""
        with self._lock:
            if self._thread is None:
                thread = Thread(target=self._drain, name="store", daemon=True)
                thread.start()
                atexit.register(self.close)
                self._thread = thread

    def _drain(self) -> None:
        """Write what was left, then group after group until the end."""
        self.recover()
        ending = False
        while not ending:
            group = self._next_group()
            ending = None in group
            things = [one for one in group if one is not None]
            batch = self._batch_of(things, last=ending)
            if self._wrote_in_time(batch):
                self._forget(things)
            else:
                self._give_up(_beside(batch, things), "store down")
            if self._spool.has_left:
                self.recover()
        with self._order:
            self._spool.close()

    def recover(self) -> None:
        """Write what stands in files that nobody holds, as far as that can be done now."""
        for lines in self._spool.orphans():
            read = [thing_of(line) for line in lines]
            things = [thing for thing in read if thing]
            if None in read[:-1]:  # the last one may be half a line
                log_failure("spool lines not read", None)
            for number in range(0, len(things), _GROUP):
                if not self._wrote(_left(things[number : number + _GROUP])):
                    self._spool.has_left = True
                    return
            if things:
                _LOG.warning("spool recovered", extra={"said": {"count": len(things)}})

    def _wrote_in_time(self, batch: Batch) -> bool:
        """Write a batch, however often it takes; False when the end comes before that."""
        while (batch.rows or batch.events) and not self._wrote(batch):
            if self._closing.is_set():
                return False
            self._closing.wait(_RETRY_SECONDS)
        return True

    def _forget(self, things: Iterable[Waiting]) -> None:
        """Let go of what is written."""
        with self._order:
            for thing in things:
                if thing.segment is not None:
                    self._spool.done(thing.segment)

    def _next_group(self) -> list[Waiting | None]:
        """Wait for one thing, and a little for others that share its commit; the end waits not.

        Where refused callers are still to be told of, the wait ends when it is time for that.
        """
        group: list[Waiting | None] = []
        with suppress(Empty):
            group.append(self._queue.get(timeout=self._refused.due()))
            self._closing.wait(_LINGER_SECONDS)
            while len(group) < _GROUP:
                group.append(self._queue.get_nowait())
        return group

    def _batch_of(self, group: Sequence[Waiting], *, last: bool) -> Batch:
        """Sort out what to write, with what is to be told of refusals and of lost records."""
        rows = [row for one in group for row in one.rows]
        events = [one.event for one in group if one.event and one.event.kind != _WAKE]
        events += self._refused.told(at_once=last)
        if events and self.unrecorded > self._told:
            gap = {"count": self.unrecorded - self._told}
            events.insert(0, Event(LOST, events[0].at, gap))
            self._told = self.unrecorded
        return Batch(rows, events)

    def _wrote(self, batch: Batch) -> bool:
        """Write a batch in one transaction; False when it is worth another attempt."""
        try:
            end = self._commit(batch)
        except (OperationalError, InterfaceError, StoreDown) as error:
            log_failure("cards not noted yet", error)
            self.failing |= bool(batch.events)
            return False
        except SQLAlchemyError as error:
            return self._wrote_apart(batch, type(error).__name__)
        if end:
            self.failing = False
            _LOG.info("audit trail", extra={"said": {"audit": f"{end.number}:{end.hash}"}})
        return True

    def _wrote_apart(self, batch: Batch, why: str) -> bool:
        """Write cards for themselves, then the trail: what is impossible spoils nothing else."""
        if batch.rows and batch.events:
            cards, batch.rows = Batch(batch.rows, []), []
            if self._wrote(cards):
                return self._wrote(batch)
            batch.rows = cards.rows
            return False
        self._give_up(batch, why)
        return True

    def _commit(self, batch: Batch) -> Link | None:
        """Write a batch; tell where the trail ends now."""
        end = None
        with self._database.begin() as connection:
            if batch.again:
                batch.events = unwritten(connection, batch.events)
            if batch.events:
                end = append(connection, batch.events)
            if batch.rows:
                connection.execute(self._database.once(ISSUED), batch.rows)
            self._tidy(connection, _newest(batch), end is not None)
        return end

    def _give_up(self, batch: Batch, why: str) -> None:
        """Count what can never be written."""
        if batch.rows:
            self._lose(len(batch.rows), why)
        if batch.events:
            self._miss(sum(event.said.get("count", 1) for event in batch.events), why)
        batch.rows, batch.events = [], []

    def _lose(self, count: int, why: str) -> None:
        """Count and log cards that could not be noted."""
        self.lost += count
        _LOG.error("cards not noted", extra={"said": {"count": count, "error": why}})

    def _miss(self, count: int, why: str) -> None:
        """Count and log audit records that could not be written."""
        self.unrecorded += count
        self.failing = True
        _LOG.error("audit records not written", extra={"said": {"count": count, "error": why}})


def _left(things: Sequence[Waiting]) -> Batch:
    """Sort out what was left: nothing of this process, which would be gone if it is not written."""
    rows = [row for one in things for row in one.rows]
    return Batch(rows, [one.event for one in things if one.event], again=True)


def _newest(batch: Batch) -> datetime:
    """Tell when the last thing of a batch was."""
    return batch.events[-1].at if batch.events else batch.rows[-1]["issued_at"]


def _beside(batch: Batch, things: Iterable[Waiting]) -> Batch:
    """Give what of a batch stands in no file of the spool."""
    kept = [thing for thing in things if thing.segment is not None]
    events = [thing.event for thing in kept]
    rows = [row for thing in kept for row in thing.rows]
    return Batch(
        [row for row in batch.rows if row not in rows],
        [event for event in batch.events if event not in events],
    )


def _is_kept(thing: Waiting) -> bool:
    """Tell whether something is worth a line in the spool."""
    return thing.event is None or thing.event.kind != _WAKE
