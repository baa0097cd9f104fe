"""A time limit on code that works on what a stranger wrote."""

from __future__ import annotations

import _weakrefset
import math
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_FINALIZERS: Final = frozenset({weakref.__file__, _weakrefset.__file__})


class OutOfTime(BaseException):
    """Raised where the time is up; no `except Exception` of a library may swallow it."""


class _Purse(threading.local):
    """What is left, in this thread, of the time for all documents of one record."""

    left: float = math.inf


_PURSE = _Purse()


@contextmanager
def together(seconds: float) -> Iterator[None]:
    """Bound the time of all documents that are read inside: a report may bring hundreds."""
    before, _PURSE.left = _PURSE.left, seconds
    try:
        yield
    finally:
        _PURSE.left = before


@contextmanager
def spending(most: float) -> Iterator[float]:
    """Take the time of one document from what is left for all; give how long it may last.

    OutOfTime at once where nothing is left. A document inside another one is not paid twice.
    """
    before = _PURSE.left
    if before <= 0:
        raise OutOfTime
    begun = time.perf_counter()
    try:
        yield min(most, before)
    finally:
        _PURSE.left = min(_PURSE.left, before - (time.perf_counter() - begun))


def _is_swallowing(frame: FrameType) -> bool:
    """Tell whether Python itself called this code, and would swallow what it raises.

    So it does with the finalizers of objects and of weak references; the watch would be gone then.
    """
    code = frame.f_code
    return code.co_name == "__del__" or code.co_filename in _FINALIZERS


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

    def watch(frame: FrameType, _event: str, _argument: Any) -> None:
        if clock() > ends and not _is_swallowing(frame):
            raise OutOfTime

    before = sys.getprofile()
    try:
        sys.setprofile(watch)
        yield
    finally:
        sys.setprofile(before)
