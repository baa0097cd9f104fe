"""Comments of clinicians: kept for some days, or not at all; then no byte of them is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cds_service.clinical.card import Card
from cds_service.feedback.entry import Entry
from cds_service.feedback.store import Store

from .test_store import rows

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SAID = "Mrs Zaphod4711 is well"


def said(card: str) -> Entry:
    return Entry(card, "overridden", NOW, (), "urn:x", "other", SAID)


def in_files(url: str) -> bool:
    """Tell whether any file of the store holds the comment."""
    folder = Path(url.removeprefix("sqlite:///")).parent
    return any(b"Zaphod4711" in path.read_bytes() for path in folder.iterdir())


def comments(url: str) -> list[tuple[object, ...]]:
    return rows(url, "SELECT card, comment, reason_code FROM feedback ORDER BY id")


def test_a_comment_is_kept_for_its_days_and_its_entry_for_ever(url: str) -> None:
    store = Store(url, comment_days=30)
    store.add_feedback([said("old")], NOW)
    store.add_feedback([said("new")], NOW + timedelta(days=1))
    late = NOW + timedelta(days=30, seconds=1)
    store.add_feedback([Entry("c", "accepted", late, ("s",))], late)
    assert comments(url) == [("old", "", "other"), ("new", SAID, "other"), ("c", "", "")]
    later = NOW + timedelta(days=31, minutes=59)  # less than an hour after the last look
    store.add_feedback([Entry("d", "accepted", later, ("s",))], later - timedelta(days=1))
    assert comments(url)[1] == ("new", SAID, "other")
    store.add_feedback([Entry("e", "accepted", later, ("s",))], later)
    assert comments(url)[1] == ("new", "", "other")
    store.close()
    assert not in_files(url)


def test_with_no_days_not_even_a_byte_is_written(url: str) -> None:
    store = Store(url, comment_days=0)
    assert store.add_feedback([said("c")], NOW) == 1
    assert comments(url) == [("c", "", "other")]
    assert not in_files(url)
    store.close()


def test_where_comments_are_switched_off_later_the_old_ones_go(url: str) -> None:
    store = Store(url)
    store.add_feedback([said("c")], NOW)
    store.close()
    assert in_files(url)
    store = Store(url, comment_days=0)
    store.add_feedback([Entry("d", "accepted", NOW, ("s",))], NOW + timedelta(seconds=1))
    store.close()
    assert not in_files(url)


def test_old_comments_go_when_cards_are_noted(url: str, card: Callable[..., Card]) -> None:
    """Where no feedback comes any more."""
    store = Store(url, comment_days=30)
    store.add_feedback([said("old")], NOW)
    store.issued([card("a")], "s", "v", NOW + timedelta(days=31))
    deadline = time.monotonic() + 10
    while comments(url)[0][1] and time.monotonic() < deadline:
        time.sleep(0.01)
    store.close()
    assert comments(url) == [("old", "", "other")]
