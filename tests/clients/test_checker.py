"""What the checker hands on: to the memory of tokens, and to the limits."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest

from cds_service.clients.checker import Checker
from cds_service.clients.client import Client, Clients
from cds_service.clients.key_sets import KeySets
from cds_service.clients.keys import read_keys
from cds_service.clients.token import SKEW
from tests.clients.ehr import ISSUER, NOW, PUBLIC, claims, key_server, key_set, token


@dataclass
class Memory:
    """Remembers nothing, but what it was asked."""

    asked: list[tuple[str, str, float, float]] = field(default_factory=list)

    def first(self, issuer: str, jti: str, until: float, now: float) -> bool:
        """See each token for the first time."""
        self.asked.append((issuer, jti, until, now))
        return True


def checker(memory: Memory, *, replay: bool = True) -> Checker:
    keys, _ = read_keys(key_set("ES384-a"), ("ES384",))
    client = Client("ehr", ISSUER, ("ES384",), key_set=keys, replay=replay)
    return Checker(Clients((client,)), PUBLIC, memory, KeySets())


def test_a_token_is_remembered_for_longer_than_any_replica_accepts_it() -> None:
    """Its own time, the skew, and the skew once more: the clocks of replicas differ as well."""
    memory = Memory()
    made = checker(memory)
    raw = token(claims(jti="one", exp=NOW + 300))
    proven = made.prove(f"Bearer {raw}", "/vertebral-augmentation", NOW)
    assert memory.asked == []
    made.admit(proven, NOW).leave()
    assert memory.asked == [(ISSUER, "one", NOW + 300 + 2 * SKEW, NOW)]
    assert SKEW == 60


def test_where_tokens_may_come_again_nothing_is_remembered() -> None:
    memory = Memory()
    made = checker(memory, replay=False)
    proven = made.prove(f"Bearer {token()}", "/vertebral-augmentation", NOW)
    for _ in range(2):
        made.admit(proven, NOW).leave()
    assert memory.asked == []


def test_a_memory_that_breaks_keeps_no_place() -> None:
    made = checker(Memory())
    proven = made.prove(f"Bearer {token()}", "/vertebral-augmentation", NOW)
    with patch.object(Memory, "first", side_effect=OSError), pytest.raises(OSError):  # noqa: PT011
        made.admit(proven, NOW)
    assert made.admit(proven, NOW).number == 0


def test_keys_are_fetched_before_a_token_asks_for_them() -> None:
    """In the background: a key server that cannot be reached holds up nobody, and no other."""
    with key_server("ES384-a") as server:
        lost = Client("lost", "https://lost.example", ("ES384",), "http://127.0.0.1:1/jwks.json")
        ehr = Client("ehr", ISSUER, ("ES384",), server.url)
        file, _ = read_keys(key_set("ES384-a"), ("ES384",))
        other = Client("file", "https://file.example", ("ES384",), key_set=file)
        made = Checker(Clients((lost, other, ehr)), PUBLIC, Memory(), KeySets())
        made.warm()
        for thread in threading.enumerate():
            if thread.name == "keys":
                thread.join(10)
        assert server.asked == ["/jwks.json"]
        proven = made.prove(f"Bearer {token()}", "/vertebral-augmentation", NOW)
        assert proven.client is ehr
        assert server.asked == ["/jwks.json"]
