"""The bytes of one HTTP request as they come, and whether all of them are there.

No more of HTTP than where a request ends (RFC 9112, section 6). What is not plainly right counts as
odd: it is handed on as it is, gunicorn's parser refuses it, and its connection is closed.
"""

from __future__ import annotations

import re
from typing import Final

from gunicorn.http.unreader import Unreader  # type: ignore[import-untyped] # has no types

LONGEST_HEAD: Final = 256 << 10
"""Bytes of all header lines together."""

_LONGEST_SIZE: Final = 1024
_DIGITS: Final = 15
_HEXADECIMAL: Final = re.compile(rb"[0-9A-Fa-f]{1,15}")
_MOST_CHUNKS: Final = 64 << 10
"""The largest body needs fewer: each costs the one thread for all connections some time."""

_UNASKED: Final = 8 << 10
_PIECE: Final = 64 << 10
_FORMER: Final = re.compile(rb"[^\r]* HTTP/1\.0\r")
"""A request of HTTP/1.0, whose sender knows of no answer before the answer."""

_END: Final = b"\r\n\r\n"


class Inbox:
    """Takes bytes until a request is whole.

    `odd` is one whose end cannot or need not be known, `asks` one whose sender waits for leave
    to send the body. `rest` are bytes of the next request.
    """

    __slots__ = (
        "_at",
        "_chunked",
        "_chunks",
        "_head",
        "_largest",
        "_need",
        "asks",
        "held",
        "odd",
        "whole",
    )

    def __init__(self, largest: int) -> None:
        """Begin a request whose body has so many bytes at most; a larger one is odd."""
        self.held = bytearray()
        self.whole = self.odd = self.asks = False
        self._largest = largest
        self._head = self._need = self._at = self._chunks = 0
        self._chunked = False

    def add(self, data: bytes) -> None:
        """Take some bytes."""
        before = max(len(self.held) - len(_END), 0)
        self.held += data
        if not self._head and not self._headed(before):
            return
        if self._chunked:
            self._follow()
        elif not self.whole:
            self.whole = len(self.held) >= self._need

    @property
    def request(self) -> bytes:
        """Give the bytes of the request, as far as they are there."""
        return bytes(memoryview(self.held)[: None if self.odd or not self.whole else self._need])

    @property
    def rest(self) -> bytes:
        """Give the bytes behind a request that is whole."""
        return b"" if self.odd or not self.whole else bytes(self.held[self._need :])

    def _headed(self, start: int) -> bool:
        """Look for the end of the head; tell whether it is there, and read what it says."""
        end = self.held.find(_END, start)
        if end < 0:
            if len(self.held) > LONGEST_HEAD:
                self._give_up()
            return False
        self._head = self._at = self._need = end + len(_END)
        self._read(bytes(self.held[:end]))
        return True

    def _read(self, head: bytes) -> None:
        """Read from the head how long the body is."""
        told: dict[bytes, list[bytes]] = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            told.setdefault(name.strip().lower(), []).append(value.strip().lower())
        lengths, codings = told.get(b"content-length", []), told.get(b"transfer-encoding", [])
        self.asks = told.get(b"expect") == [b"100-continue"] and not _FORMER.match(head)
        if codings:
            self._chunked = codings == [b"chunked"] and not lengths
            if not self._chunked:
                self._give_up()
        elif lengths:
            length = lengths[0] if len(lengths) == 1 and len(lengths[0]) <= _DIGITS else b""
            if length.isdigit() and int(length) <= self._largest:
                self._need += int(length)
            else:
                self._give_up()

    def _follow(self) -> None:
        """Go from chunk to chunk, as far as they are there."""
        while not self.whole:
            end = self.held.find(b"\r\n", self._at)
            if end < 0:
                if len(self.held) - self._at > _LONGEST_SIZE:
                    self._give_up()
                return
            size = _size(bytes(self.held[self._at : end]))
            long = end + (size or 0) - self._head > 2 * self._largest
            if size is None or long or self._chunks > _MOST_CHUNKS:
                self._give_up()
            elif size:
                following = end + size + 2 * len(b"\r\n")
                if len(self.held) < following:
                    return
                self._at = following
                self._chunks += 1
            elif (last := self.held.find(_END, end)) >= 0:
                self._need, self.whole = last + len(_END), True
            else:
                if len(self.held) - end > LONGEST_HEAD:
                    self._give_up()
                return

    def _give_up(self) -> None:
        """Take the request as it is."""
        self.whole = self.odd = True


def _size(line: bytes) -> int | None:
    """Read the size of a chunk; None for what is none."""
    digits = line.partition(b";")[0].strip()
    return int(digits, 16) if _HEXADECIMAL.fullmatch(digits) else None


class Held(Unreader):  # type: ignore[misc] # gunicorn tells no types
    """Hands a request to gunicorn's parser out of memory: a thread never waits for a client."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        super().__init__()
        self._data = memoryview(b"")
        self.rest = b""
        self.last = False
        self.size = 0

    def hold(self, inbox: Inbox) -> None:
        """Take a request; it is the `last` of its connection where its end is not known."""
        self._data, self.size = memoryview(inbox.request), len(inbox.held)
        self.rest = inbox.rest
        self.last = inbox.odd
        self.take_buffered()

    def release(self) -> None:
        """Let go of a request that is answered: its connection may live on for long."""
        self._data, self.size = memoryview(b""), 0
        self.take_buffered()

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Give the next bytes: few at once, since the parser copies what it does not need yet."""
        size = min(size_hint or _UNASKED, _PIECE)
        piece, self._data = self._data[:size], self._data[size:]
        return bytes(piece)
