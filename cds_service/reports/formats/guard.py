"""A time limit on code that works on what a stranger wrote."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class OutOfTime(BaseException):
    """Raised where the time is up; no `except Exception` of a library may swallow it."""


@dataclass(slots=True)
class _Alarm:
    """Rings in one thread, and never after its end."""

    thread: int
    set: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ring(self) -> None:
        """Let the thread raise OutOfTime at its next step."""
        with self.lock:
            if self.set:
                _raise_in(self.thread, OutOfTime)

    def end(self) -> None:
        """Ring no more, and take back what rang a moment ago."""
        with self.lock:
            self.set = False
            _raise_in(self.thread, None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in this thread after some seconds, wherever its Python code is then.

    Signals reach the main thread only, a process of its own takes longer to start than a report
    to read, and a tracing function makes the reading four times as slow.
    """
    alarm = _Alarm(threading.get_ident())
    timer = threading.Timer(seconds, alarm.ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        alarm.end()


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Set the exception that a thread raises next, or take it back."""
    what = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
