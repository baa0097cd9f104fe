"""What feedback may speak of: cards that went out to this client, by any worker, just now too."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from sqlalchemy.exc import OperationalError

from cds_service.clinical.card import Card, Indicator, Source, Suggestion
from cds_service.feedback import issuance
from cds_service.feedback.database import Database
from cds_service.feedback.entry import Entry
from cds_service.feedback.issuance import reasons_of
from cds_service.feedback.store import Store, StoreDown

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
NEVER = "00000000-0000-4000-8000-000000000000"
EHR, OTHER = "a" * 64, "b" * 64
MakeCard = Callable[..., Card]


def overridden(card: str) -> Entry:
    return Entry(card, "overridden", NOW)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between looks."""
    monkeypatch.setattr(issuance, "PAUSES", (0.0, 0.0))


def test_a_card_that_went_out_a_moment_ago_is_waited_for(store: Store, card: MakeCard) -> None:
    """Answers are written off the request, a fifth of a second later."""
    cards = [card("a"), card("b")]
    store.issued(cards, "s", "v", NOW, EHR)
    entries = [overridden(one.uuid) for one in cards]
    assert store.own(entries, EHR) == tuple(entries)


def issue_later(url: str, uuid: str) -> None:
    """Be another worker."""
    store = Store(url)
    store.issued([Card(uuid, "s", Indicator.INFO, Source("l"))], "s", "v", NOW, EHR)
    store.close()


def test_a_card_of_another_worker_is_known_too(store: Store, url: str, card: MakeCard) -> None:
    uuid = card("a").uuid
    other = multiprocessing.get_context("spawn").Process(target=issue_later, args=(url, uuid))
    other.start()
    other.join()
    assert store.own([overridden(uuid)], EHR) == (overridden(uuid),)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("client", [OTHER, "", EHR.upper()])
def test_a_card_of_another_client_is_as_unknown_as_one_that_never_was(
    store: Store, card: MakeCard, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are looked for the same number of times: not even the clock tells them apart."""
    one = card("a")
    store.issued([one], "s", "v", NOW, EHR)
    store._writer.close()
    looks: list[int] = []
    look = issuance.Issuance._look

    def count(*said: object) -> object:
        looks[-1] += 1
        return look(*said)  # type: ignore[arg-type] # passed on as it came

    monkeypatch.setattr(issuance.Issuance, "_look", count)
    for uuid in (one.uuid, NEVER):
        looks.append(0)
        assert store.own([overridden(uuid)], client) == ()
    assert looks == [3, 3]
    assert len(store.own([overridden(one.uuid)], EHR)) == 1


@pytest.mark.usefixtures("hasty")
def test_what_has_not_the_form_of_a_card_is_not_even_looked_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "begin", lambda _: pytest.fail("the store was asked"))
    names = ["Mary Smith", NEVER.replace("-", ""), NEVER + "\n", "", "%"]
    assert store.own([overridden(name) for name in names], EHR) == ()


@pytest.mark.usefixtures("hasty")
def test_suggestions_are_those_of_the_very_card(store: Store, card: MakeCard) -> None:
    one, two = (
        replace(card("a"), suggestions=(Suggestion("x", ident, ()),)) for ident in ("s1", "s2")
    )
    store.issued([one, two], "s", "v", NOW, EHR)
    store._writer.close()
    entries = [
        Entry(one.uuid, "accepted", NOW, ("s2", "S1", "Mary Smith")),
        Entry(one.uuid, "accepted", NOW, ("s2",)),
        Entry(two.uuid, "overridden", NOW, ()),
    ]
    found = store.own(entries, EHR)
    assert [(entry.card, entry.accepted) for entry in found] == [
        (one.uuid, ("s1",)),
        (two.uuid, ()),
    ]


def test_few_threads_wait_and_the_others_may_come_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports on cards that never were must not hold all threads."""
    store.open()
    inside, over = Event(), Event()
    waiting: list[int] = []

    def sleep(_: float) -> None:
        waiting.append(1)
        if len(waiting) == issuance.MOST_WAITING:
            inside.set()
        over.wait(20)

    monkeypatch.setattr(issuance, "PAUSES", (1.0,))
    monkeypatch.setattr("cds_service.feedback.issuance.time.sleep", sleep)
    with ThreadPoolExecutor(issuance.MOST_WAITING) as pool:
        held = [
            pool.submit(store.own, [overridden(NEVER)], EHR) for _ in range(issuance.MOST_WAITING)
        ]
        assert inside.wait(20)
        for _ in range(3):
            with pytest.raises(StoreDown):
                store.own([overridden(NEVER)], EHR)
        over.set()
        assert [one.result() for one in held] == [(), ()]
    assert store.own([overridden(NEVER)], EHR) == ()


def test_a_store_that_cannot_be_read_is_down(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Database) -> None:
        raise OperationalError("select", None, OSError())

    monkeypatch.setattr(Database, "begin", fail)
    with pytest.raises(StoreDown):
        store.own([overridden(NEVER)], EHR)


def test_a_look_ends_as_soon_as_the_card_is_there(
    store: Store, card: MakeCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuance, "PAUSES", (0.05,) * 400)
    one = card("a")

    def late() -> None:
        time.sleep(0.1)
        store.issued([one], "s", "v", NOW, EHR)

    thread = Thread(target=late)
    begun = time.monotonic()
    thread.start()
    assert len(store.own([overridden(one.uuid)], EHR)) == 1
    thread.join()
    assert time.monotonic() - begun < 15  # of twenty seconds of looking


REASONS = {"urn:a": frozenset({"x"}), "urn:b": frozenset({"y"})}


@pytest.mark.parametrize(
    ("system", "code", "kept"),
    [
        ("urn:a", "x", ("urn:a", "x")),
        ("", "y", ("", "y")),
        ("urn:a", "y", ("", "")),
        ("urn:c", "x", ("", "")),
        ("", "z", ("", "")),
        ("urn:a", "", ("", "")),
    ],
)
def test_a_reason_is_one_of_the_lists(system: str, code: str, kept: tuple[str, str]) -> None:
    entry = Entry("c", "overridden", NOW, (), system, code, "said")
    [one] = reasons_of([entry], REASONS)
    assert (one.reason_system, one.reason_code) == kept
    assert one.comment == "said"


def test_while_nothing_can_be_written_no_card_is_said_to_be_unknown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have gone out, and wait to be noted: the report comes again and is not lost."""
    monkeypatch.setattr("cds_service.feedback.database.PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(issuance, "PAUSES", ())
    store = Store(url)
    store.open()
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown):
            store.own([overridden(NEVER)], EHR)
        other.rollback()
    assert store.own([overridden(NEVER)], EHR) == ()
    store.close()
