"""Identifiers: random, of the right form, and never the same twice, whoever draws them."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

from cds_service.cards.identity import BATCH, new_uuid

FORK = """
import os
from cds_service.cards.identity import new_uuid
new_uuid()
child = os.fork()
drawn = [new_uuid() for _ in range(5)]
if child:
    os.waitpid(child, 0)
os.write(1, (" ".join(drawn) + "\\n").encode())
"""


def test_an_identifier_is_a_random_uuid_in_its_usual_form() -> None:
    for _ in range(3 * BATCH):
        made = new_uuid()
        assert str(UUID(made)) == made
        assert (UUID(made).version, UUID(made).variant) == (4, RFC_4122)


def test_no_identifier_is_drawn_twice_by_any_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: new_uuid(), range(40 * BATCH)))
    assert len(set(made)) == len(made)


def test_every_free_bit_of_an_identifier_is_used() -> None:
    drawn = [UUID(new_uuid()).int for _ in range(20 * BATCH)]
    ever, always = 0, ~0
    for number in drawn:
        ever |= number
        always &= number
    fixed = ~(ever & ~always) & (1 << 128) - 1
    assert fixed == UUID("00000000-0000-f000-c000-000000000000").int


def test_two_processes_of_one_origin_draw_different_identifiers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK], capture_output=True, text=True, check=True, timeout=60
    )
    made = done.stdout.split()
    assert len(made) == len(set(made)) == 10
