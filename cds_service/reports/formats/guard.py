"""A time limit on code that works on what a stranger wrote."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class OutOfTime(BaseException):
    """Raised where the time is up; no `except Exception` of a library may swallow it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in this thread, at its next call of any function after some seconds.

    Signals reach the main thread only, a process of its own takes longer to start than a report
    to read, and an exception that another thread sends (PyThreadState_SetAsyncExc) leaves 3.11
    in a state that hangs under a tracer. The price is three times the time of the code. A
    profiler that was set is back afterwards.
    """
    clock = time.perf_counter
    ends = clock() + seconds

    def watch(_frame: FrameType, _event: str, _argument: Any) -> None:
        if clock() > ends:
            raise OutOfTime

    before = sys.getprofile()
    try:
        sys.setprofile(watch)
        yield
    finally:
        sys.setprofile(before)
