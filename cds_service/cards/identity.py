"""Identifiers of cards and suggestions: random UUIDs, drawn from the system in batches."""

from __future__ import annotations

import os
import threading
from typing import Final

BATCH: Final = 64
_SIZE: Final = 16


class _Pool(threading.local):
    """Random bytes that this thread has not used yet."""

    def __init__(self) -> None:
        """Begin without any."""
        self.left: list[bytes] = []


_pool = _Pool()


def new_uuid() -> str:
    """Make a random UUID (RFC 9562, version 4).

    Each call to the system lets another thread go first; under load that costs more than the
    whole answer, so random bytes for many identifiers are drawn at once.
    """
    if not _pool.left:
        drawn = os.urandom(BATCH * _SIZE)
        _pool.left = [drawn[i : i + _SIZE] for i in range(0, len(drawn), _SIZE)]
    digits = _pool.left.pop().hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _forget() -> None:
    """Drop what is left: after a fork both processes would hand out the same identifiers."""
    _pool.left.clear()


os.register_at_fork(after_in_child=_forget)
