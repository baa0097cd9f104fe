"""Identifiers are version 4 UUIDs, never given twice: not in a thread, nor after a fork."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import ThreadPoolExecutor

from cds_service.cards.identity import BATCH, new_uuid


def test_an_identifier_is_a_random_uuid() -> None:
    for _ in range(BATCH + 1):
        made = uuid.UUID(new_uuid())
        assert made.version == 4
        assert made.variant == uuid.RFC_4122


def test_no_identifier_is_given_twice_by_any_thread() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [one for many in pool.map(lambda _: [new_uuid() for _ in range(500)], range(8)) for one in many]
    assert len(set(made)) == len(made)


def test_a_fork_does_not_repeat_what_its_parent_gives() -> None:
    new_uuid()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, "\n".join(new_uuid() for _ in range(BATCH)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        given = set(pipe.read().split())
    assert len(given) == BATCH
    assert given.isdisjoint(new_uuid() for _ in range(BATCH))
