"""`demo`: the real service, real requests over HTTP, and the cards as a clinician sees them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import requests

from cds_service.catalog import Catalog, load_catalog
from cds_service.clinical.procedure import Procedure
from cds_service.hook_bodies import hook_body
from cds_service.settings import Settings
from cds_service.stories import Story, draft_orders, moved, read_json, story_of_folder

PROJECT: Final = Path(__file__).parent.parent
PATIENTS: Final = PROJECT / "fhir_fixtures" / "patients"
OUTSIDE: Final = PROJECT.parent / "shared" / "data" / "synthea"
SIX: Final = (
    "everything_known_and_clear",
    "warfarin_active_inr_2_4",
    "staphylococcal_sepsis_inpatient",
    "cord_compression_with_new_weakness",
    "pmma_allergy_coded",
    "nothing_on_record_but_the_patient",
)
"""Six patients whose answers differ."""

START_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer of the demo, and what was wrong with it, if anything."""

    name: str
    problems: tuple[str, ...]


def run(settings: Settings, *, once: bool, port: int) -> int:
    """Run the demo; gives the exit status: 0 when every answer was as expected."""
    catalog = load_catalog(settings)
    with _service(port) as url:
        shown = [_play(url, story, catalog) for story in _stories(catalog.procedures[0])]
        problems = [f"{one.name}: {problem}" for one in shown for problem in one.problems]
        print(f"{len(shown)} requests answered, {len(problems)} not as expected")
        for problem in problems:
            print(f"  {problem}")
        if not once:
            _wait(url)
    return 1 if problems else 0


def _wait(url: str) -> None:
    """Say where the service listens, and keep it running until Ctrl-C."""
    print(f"\nThe service listens on {url}/cds-services - Ctrl-C ends it.", flush=True)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print("\nstopping")


def _stories(procedure: Procedure) -> Iterator[Story]:
    """List the patients of the demo, moved to today, then those from outside, if they are here."""
    today = datetime.now(UTC).date()
    for name in SIX:
        story = story_of_folder(PATIENTS / name, procedure)
        days = today - story.today
        drafts = tuple(moved(draft, days) for draft in story.drafts)
        yield replace(story, bundle=moved(story.bundle, days), drafts=drafts, today=today)
    for path in sorted(OUTSIDE.glob("*.json")):
        yield _outside(path, procedure, today)


def _outside(path: Path, procedure: Procedure, today: date) -> Story:
    """Make a story of a patient that nobody here wrote: kyphoplasty of L1 is selected."""
    bundle = read_json(path)
    patient = next(
        entry["resource"]["id"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Patient"
    )
    drafts = draft_orders(["22514"], ["L1"], patient, procedure)
    selections = tuple(f"ServiceRequest/{draft['id']}" for draft in drafts)
    return Story(path.stem, bundle, today, drafts, selections, patient)


def _play(url: str, story: Story, catalog: Catalog) -> Shown:
    """Send one request over HTTP, show it in one line and its cards, and check the answer."""
    service = next(one for one in catalog.services if one.hook == "order-select")
    body = hook_body(story, catalog.templates)
    started = time.perf_counter()
    response = requests.post(f"{url}/cds-services/{service.id}", json=body, timeout=30)
    took = (time.perf_counter() - started) * 1000
    size = len(json.dumps(body)) // 1024
    line = f"POST /cds-services/{service.id}  {story.name}  {size} kB"
    print(f"{line} -> {response.status_code} in {took:.0f} ms")
    cards = response.json().get("cards", []) if response.ok else []
    for card in cards:
        _show(card)
    print()
    return Shown(story.name, tuple(_problems(story, response.status_code, cards)))


def _show(card: Mapping[str, Any]) -> None:
    """Show a card as a clinician would see it."""
    print(f"  [{card['indicator'].upper()}] {card['summary']}")
    for line in card.get("detail", "").splitlines():
        print(f"      {line}")
    for suggestion in card.get("suggestions", []):
        print(f"      > {suggestion['label']}")


def _problems(story: Story, status: int, cards: list[Mapping[str, Any]]) -> Iterator[str]:
    """Hold an answer against what the fixture expects of its cards."""
    if status != requests.codes.ok:
        yield f"status {status}"
        return
    if not cards:
        yield "no card"
    expected = story.expects.get("cards", {})
    most = expected.get("at_most", 8)
    if len(cards) > most:
        yield f"{len(cards)} cards, expected at most {most}"
    fired = {
        (card["indicator"], rule)
        for card in cards
        for value in card["extension"].values()
        for rule in value["rules"]
    }
    for indicator in ("critical", "warning"):
        for rule in expected.get(indicator, ()):
            if (indicator, rule) not in fired:
                yield f"no {indicator} card of {rule}"


@contextmanager
def _service(port: int) -> Iterator[str]:
    """Start the real service as a process of its own, and stop it at the end."""
    port = port or _free_port()
    command = [sys.executable, "-m", "cds_service", "serve", "--port", str(port)]
    log_level = os.environ.get("CDS_LOG_LEVEL", "WARNING")
    process = subprocess.Popen(command, env={**os.environ, "CDS_LOG_LEVEL": log_level})
    url = f"http://127.0.0.1:{port}"
    try:
        _until_ready(url, process)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def _free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def _until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the service answers that it is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/readyz", timeout=1).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    message = "the service did not start"
    raise SystemExit(message)
