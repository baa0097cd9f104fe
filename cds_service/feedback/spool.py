"""What waits to be written, in a file as well: a process that is killed takes nothing with it.

A line is on its way to the disk before the answer is sent, without waiting for the disk: the
death of a process loses nothing, a loss of power may lose the last moment. Each worker has files
of its own and holds their locks as long as it lives; files that nobody holds are left from a
worker that died, and the next one writes what stands in them.

Why no library: what there is (persist-queue, litequeue) keeps the queue itself on disk, and each
taking of a thing then costs a transaction; here the file is read after a death only.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

_LOG: Final = logging.getLogger(__name__)
_SUFFIX: Final = ".jsonl"
LARGEST: Final = 4 << 20
"""At this many bytes a new file is begun."""

MOST: Final = 256 << 20
"""So many bytes may lie in the folder while the database is away; then nothing more is kept."""


@dataclass(slots=True)
class Segment:
    """One file: how long it is, and how many of its lines are not in the database yet.

    `left` tells that not all of its lines are in the queue: it must be read before it may go.
    """

    path: Path
    handle: int
    size: int = 0
    pending: int = 0
    left: bool = False


class Spool:
    """The files of one process. Its caller sees to it that one thread at a time is here."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder, made when it is first needed; without one nothing is kept."""
        self._folder = folder
        self._current: Segment | None = None
        self.failing = False
        self.has_left = False

    def keep(self, line: bytes) -> Segment | None:
        """Add a line, which must not hold a line break; None where it could not be kept."""
        if self._folder is None:
            return None
        try:
            segment = self._current
            if segment is None or segment.size >= LARGEST or _is_gone(segment):
                segment = self._begin(self._folder)
            self._add(segment, line + b"\n")
        except OSError:
            self.failing = True
            return None
        self.failing = False
        return segment

    def done(self, segment: Segment) -> None:
        """Forget a line that is in the database; with its last one a file is emptied or goes."""
        segment.pending -= 1
        if segment.pending:
            return
        if segment.left:
            self._release(segment)
        elif segment is self._current:
            os.ftruncate(segment.handle, 0)
            segment.size = 0
        else:
            _remove(segment.path, segment.handle)

    def leave(self, segment: Segment) -> None:
        """Let a line be read from its file later: there is no room for it in the queue."""
        segment.left = True
        self._end(segment)
        self.done(segment)

    def close(self) -> None:
        """Let go; lines that are not in the database stay for whoever comes next."""
        segment, self._current = self._current, None
        if segment is None:
            return
        if segment.pending or segment.left:
            segment.left = True
            os.close(segment.handle)
        else:
            _remove(segment.path, segment.handle)

    def orphans(self) -> Generator[list[bytes], None, None]:
        """Give the lines of each file that nobody holds; asked for the next, it removes the file.

        Whoever does not ask for the next leaves the file as it is.
        """
        self.has_left = False
        if self._folder is None or not self._folder.is_dir():
            return
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            handle = _taken(path)
            if handle is None:
                continue
            try:
                yield path.read_bytes().splitlines()
            except OSError as error:
                _refuse(error)
                os.close(handle)
            except GeneratorExit:
                os.close(handle)
                raise
            else:
                _remove(path, handle)

    def _begin(self, folder: Path) -> Segment:
        """Begin a file, which has its name only once its lock is held."""
        if self._current is not None:
            self._end(self._current)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sum(_size(path) for path in folder.glob(f"*{_SUFFIX}")) >= MOST:
            msg = "the spool is full"
            raise OSError(msg)
        path = folder / f"{uuid4().hex}{_SUFFIX}"
        unnamed = path.with_suffix(".new")
        handle = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(path)
        except OSError:  # without locks each try would leave an open file
            _remove(unnamed, handle)
            raise
        self._current = Segment(path, handle)
        return self._current

    def _add(self, segment: Segment, line: bytes) -> None:
        """Write a line; a file with half a line in it is ended there."""
        written = os.write(segment.handle, line)
        segment.size += written
        if written < len(line):
            segment.left = True
            self._end(segment)
            msg = "no room for the line"
            raise OSError(msg)
        segment.pending += 1

    def _end(self, segment: Segment) -> None:
        """Add no more to a file; one without open lines goes."""
        if segment is not self._current:
            return
        self._current = None
        if not segment.pending:
            if segment.left:
                self._release(segment)
            else:
                _remove(segment.path, segment.handle)

    def _release(self, segment: Segment) -> None:
        """Give a file up to whoever reads it next."""
        os.close(segment.handle)
        self.has_left = True


def _size(path: Path) -> int:
    """Tell how long a file is; it may just have been removed."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _is_gone(segment: Segment) -> bool:
    """Tell whether somebody has removed a file, such as one who tidies up old ones."""
    return not os.fstat(segment.handle).st_nlink


def _taken(path: Path) -> int | None:
    """Take the lock of a file; None where somebody has it, it has gone, or it is none of ours.

    What is no plain file of a bounded size was put there by somebody else: reading it could wait
    for ever, or fill the memory.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        _refuse(error)
        return None
    with suppress(BlockingIOError):
        if _is_ours(handle):
            return handle
    os.close(handle)
    return None


def _is_ours(handle: int) -> bool:
    """Take the lock of a file; tell whether it is to be read. BlockingIOError if it is taken."""
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > 2 * LARGEST:
        _refuse(ValueError())
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        _refuse(error)
        return False
    return bool(os.fstat(handle).st_nlink)


def _refuse(error: Exception) -> None:
    """Say that something in the folder is not read: it may hold records that nobody writes."""
    _LOG.error("spool file not read", extra={"said": {"error": type(error).__name__}})


def _remove(path: Path, handle: int) -> None:
    """Remove a file while its lock is held; where that may not be, empty it."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)
