"""Workers of the real service are killed under load: what was acknowledged is kept, once."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests

from cds_service.catalog import Catalog
from cds_service.feedback.database import Database
from cds_service.feedback.proof import newest, verify
from cds_service.hook_bodies import hook_body
from cds_service.stories import story_of_folder
from tests.conftest import PATIENTS, PROJECT

PATH = "/cds-services/vertebral-augmentation"
CALLS = 90
DEATHS = 3


@dataclass
class Kept:
    """What callers were told."""

    cards: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)


@dataclass
class Service:
    """The service, and its database."""

    process: subprocess.Popen[bytes]
    address: str
    database: Path

    def kill_one(self) -> None:
        """Kill a worker without a word."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        with contextlib.suppress(ProcessLookupError, IndexError):
            os.kill(int(children[0]), signal.SIGKILL)

    def end(self) -> None:
        """End it as an orchestrator does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Start the service with two workers on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = tmp_path / "cds.sqlite3"
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_service", "serve", "--port", str(port), "--workers", "2"],
        env={**os.environ, "CDS_DATABASE_URL": f"sqlite:///{database}"},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = Service(process, f"http://127.0.0.1:{port}", database)
    try:
        for _ in range(400):
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{running.address}/readyz", timeout=5).ok:
                    break
            threading.Event().wait(0.05)
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def body(catalog: Catalog) -> dict[str, Any]:
    """Write a request about a patient for whom there are cards."""
    story = story_of_folder(PATIENTS / "warfarin_active_inr_2_4", catalog.procedures[0])
    return hook_body(story, catalog.templates)


def call(service: Service, body: dict[str, Any], kept: Kept) -> None:
    """Ask for cards, report on the first; what breaks off was not acknowledged."""
    with contextlib.suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        answer = requests.post(service.address + PATH, json=body, timeout=20)
        assert answer.status_code == 200
        cards = answer.json()["cards"]
        kept.cards += [card["uuid"] for card in cards]
        card = next(card for card in cards if card.get("suggestions"))
        told = {
            "card": card["uuid"],
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
            "outcomeTimestamp": "2026-11-21T09:30:00Z",
        }
        url = f"{service.address}{PATH}/feedback"
        for _ in range(20):  # 503: too many wait for cards that were issued a moment ago
            answer = requests.post(url, json={"feedback": [told]}, timeout=20)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                break
            time.sleep(0.3)
        assert answer.status_code == 200
        if answer.json()["stored"]:  # none of a card that a worker took with it for a moment
            kept.feedback.append(card["uuid"])


def rows(service: Service, query: str) -> list[Any]:
    """Ask the file itself for one column."""
    with closing(sqlite3.connect(service.database)) as connection:
        return [row[0] for row in connection.execute(query)]


def test_killed_workers_lose_nothing_that_was_acknowledged(
    service: Service, body: dict[str, Any]
) -> None:
    kept, asked = Kept(), threading.Semaphore(0)

    def one(_: int) -> None:
        try:
            call(service, body, kept)
        finally:
            asked.release()

    with ThreadPoolExecutor(6) as pool:
        calls = [pool.submit(one, number) for number in range(CALLS)]
        for _ in range(DEATHS):
            for _ in range(CALLS // (DEATHS + 1)):
                assert asked.acquire(timeout=60)
            service.kill_one()
        for made in calls:
            made.result()
    service.end()
    assert len(kept.feedback) > CALLS / 2
    assert len(kept.cards) > CALLS  # most calls were answered, each by several cards
    assert set(kept.cards) <= set(rows(service, "SELECT card FROM issued"))
    assert set(kept.feedback) <= set(rows(service, "SELECT card FROM feedback"))
    database = Database(f"sqlite:///{service.database}")
    assert verify(database).broken == []
    told = [one.said for one in newest(database, 10_000)]
    database.let_go()
    recorded = Counter(uuid for one in told for uuid in one.get("cards", ()))
    assert {uuid: recorded[uuid] for uuid in kept.cards} == dict.fromkeys(kept.cards, 1)
    assert sum(one["kind"] == "feedback" for one in told) >= len(kept.feedback)
    assert not list((service.database.parent / "spool").rglob("*.jsonl"))
