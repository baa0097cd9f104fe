"""What is counted is right, over all workers as well; no label can hold free text."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parsed

from cds_service.advise import advice_for
from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.clinical.evidence import QUERIES, Evidence, Sought, Source, Unreadable
from cds_service.clinical.order import HookRequest
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.report_text import Document, Trouble
from cds_service.clinical.truth import NO, UNKNOWN
from cds_service.errors import SettingsError
from cds_service.evidence import body as bodies
from cds_service.evidence import breaker, entries, fetching, server, wire
from cds_service.evidence.gather import NOT_REGISTERED
from cds_service.feedback.store import Store
from cds_service.hook_bodies import hook_body
from cds_service.settings import load_settings
from cds_service.stories import story_of_folder
from cds_service.web import metrics, tally
from cds_service.web.metrics import METERING, OTHER, Family
from cds_service.web.tally import Tally, counted, kind_of
from tests.clients.ehr import ISSUER, PUBLIC, bearer, claims, key_set, token
from tests.conftest import PATIENTS, PROJECT
from tests.web.conftest import CARD, NOW, SELECT, SIGN
from tests.web.test_feedback import ACCEPTED, OVERRIDDEN

WORD = "a-word-that-nobody-guesses-0123456789"
DASHBOARD = PROJECT / "cds_service" / "web" / "grafana.json"
GAUGES = {metrics.INFO, tally.RESTING}
Numbers = Counter[tuple[str, ...]]
Make = Callable[..., FlaskClient]


def numbers(page: str) -> Numbers:
    """Read a page: the name of each sample with its labels, to its number."""
    found: Numbers = Counter()
    for family in parsed(page):
        for sample in family.samples:
            words = [f"{name}={word}" for name, word in sorted(sample.labels.items())]
            found[sample.name, *words] = int(sample.value)
    return found


def total(found: Numbers, *wanted: str) -> int:
    """Add up all samples of a name that have these labels."""
    name, *labels = wanted
    return sum(value for key, value in found.items() if key[0] == name and {*labels} <= {*key})


def scrape(client: FlaskClient) -> Numbers:
    """Ask as Prometheus does."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return numbers(answer.text)


@pytest.fixture
def make(tmp_path: Path, catalog: Catalog) -> Make:
    """Make a client of the real application, which counts."""

    def client(**changed: str) -> FlaskClient:
        environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3", "METRICS": "on"}
        named = {f"CDS_{name.upper()}": value for name, value in changed.items()}
        named |= {f"CDS_{name}": value for name, value in environment.items()} | named
        app = create_app(load_settings(named), catalog=catalog, clock=lambda: NOW)
        return app.test_client()

    return client


@pytest.fixture
def ours(catalog: Catalog, procedure: Procedure) -> dict[str, Any]:
    """Make the request of a saved patient."""
    story = story_of_folder(PATIENTS / "warfarin_active_inr_2_4", procedure)
    made: dict[str, Any] = hook_body(story, catalog.prefetch(catalog.services[0]))
    return made


@pytest.fixture
def other(ours: dict[str, Any]) -> dict[str, Any]:
    """Make the same request for an order that is none of our business."""
    made: dict[str, Any] = json.loads(json.dumps(ours))
    for entry in made["context"]["draftOrders"]["entry"]:
        entry["resource"]["code"] = {"coding": [{"code": "70450"}]}
    return made


def test_a_server_that_is_left_alone_is_told(make: Make, ours: dict[str, Any]) -> None:
    """How often breakers opened, how many are open, and what was not asked for that reason."""
    client = make()
    before = scrape(client)
    assert before["cds_fhir_servers_not_asked",] == 0
    assert before["cds_fhir_client_total", "event=opened"] == 0
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/fhir"
    del ours["prefetch"]
    for _ in range(2):
        assert client.post(SELECT, json=ours | {"fhirServer": url}).status_code == 412
    found = scrape(client)
    assert found["cds_fhir_client_total", "event=opened"] == 1
    assert found["cds_fhir_servers_not_asked",] == 1
    assert found["cds_fhir_errors_total", "kind=unreachable"] == len(QUERIES)
    assert found["cds_fhir_errors_total", "kind=not-asked"] == len(QUERIES)


def test_another_patients_resources_are_an_alarm(make: Make, ours: dict[str, Any]) -> None:
    client = make()
    stranger = {"resourceType": "Condition", "subject": {"reference": "Patient/stranger"}}
    entries = ours["prefetch"]["conditions"].setdefault("entry", [])
    entries += [{"resource": stranger | {"id": name}} for name in ("a", "b")]
    assert client.post(SELECT, json=ours).status_code == 200
    assert scrape(client)["cds_foreign_resources_total",] == 2


def test_without_the_setting_nothing_is_counted_or_told(make: Make) -> None:
    client = make(metrics="off")
    assert client.get("/metrics").status_code == 404
    assert METERING not in client.application.extensions
    assert "/metrics" not in client.get("/openapi.json").get_json()["paths"]
    assert "/metrics" in make().get("/openapi.json").get_json()["paths"]


def test_requests_are_told_apart(make: Make, ours: dict[str, Any], other: dict[str, Any]) -> None:
    client = make()
    for body, times in ((ours, 2), (other, 3), ({}, 1)):
        for _ in range(times):
            client.post(SELECT, json=body)
    client.post(SIGN, json=ours | {"hook": "order-sign"})
    client.post("/cds-services/Zaphod4711", json=ours)
    client.get("/Zaphod4711")
    client.get("/cds-services")
    found = scrape(client)
    name, hook = "cds_requests_total", "endpoint=hook"
    select, sign = "service=vertebral-augmentation", "service=vertebral-augmentation-sign"
    assert found[name, hook, "order=ours", select, "status=2xx"] == 2
    assert found[name, hook, "order=not-ours", select, "status=2xx"] == 3
    assert found[name, hook, "order=none", select, "status=4xx"] == 1
    assert found[name, hook, "order=ours", sign, "status=2xx"] == 1
    assert found[name, hook, "order=none", "service=none", "status=4xx"] == 1
    assert found[name, "endpoint=discovery", "order=none", "service=none", "status=2xx"] == 1
    assert total(found, name) == 9
    assert found["cds_answer_seconds_count", select] == 2
    assert found["cds_gather_seconds_count", "source=prefetch"] == 3


def test_an_order_that_is_not_ours_touches_nothing_else(make: Make, other: dict[str, Any]) -> None:
    client = make()
    before = scrape(client)
    client.post(SELECT, json=other)
    changed = {key[0] for key, number in scrape(client).items() if number != before[key]}
    assert changed == {"cds_requests_total", "cds_requests_created"}


def test_rules_and_cards_are_counted_as_they_were_answered(
    make: Make, ours: dict[str, Any], procedure: Procedure
) -> None:
    client = make()
    cards = [card for _ in range(2) for card in client.post(SELECT, json=ours).get_json()["cards"]]
    found = scrape(client)
    assert total(found, "cds_rule_outcomes_total") == 2 * len(procedure.checks)
    for check in procedure.checks:
        assert total(found, "cds_rule_outcomes_total", f"rule={check.name}") == 2
    indicators = Counter(card["indicator"] for card in cards)
    for indicator in ("critical", "warning", "info"):
        told = total(found, "cds_cards_total", f"indicator={indicator}")
        assert told == indicators[indicator]
    assert found["cds_content_info", f"version={procedure.version}"] == 1


def test_each_finding_goes_under_its_outcome_and_reason(procedure: Procedure) -> None:
    seen: set[tuple[str, str]] = set()
    for folder in sorted(PATIENTS.iterdir())[::12]:
        if not folder.is_dir():
            continue
        story = story_of_folder(folder, procedure)
        evidence = story.evidence()
        now = story.now(ZoneInfo("UTC"))
        advice = advice_for(story.request(), procedure, lambda *_, of=evidence: of, now)
        counts = Tally()
        counts.advised(advice)
        taken, _ = counts.taken()
        for check, answer, recorded in advice.findings:
            if not recorded:
                expected = ("not-recorded", "")
            elif answer.truth is UNKNOWN:
                expected = ("unknown", str(answer.reason))
            elif answer.truth is NO:
                expected = ("clear" if answer.applicable else "not-applicable", "")
            else:
                expected = ("fired", "")
            assert taken[tally.RULES, check.name, *expected] == 1
            seen.add(expected)
    assert {name for name, _ in seen} >= {"fired", "clear", "unknown", "not-recorded"}
    assert len(seen) > 5


def evidence(*sources: Source, odd: str = "", trouble: Trouble | None = None) -> Evidence:
    """Make evidence of these sources."""
    return Evidence(
        sources={source.name: source for source in sources},
        unreadable=(Unreadable("conditions", odd),) if odd else (),
        documents={"u": Document(trouble=trouble)} if trouble else {},
    )


def test_what_was_supplied_and_what_went_wrong_is_counted() -> None:
    """Looked and found none, and could not look, are two things."""
    prefetch: dict[str, Any] = {
        "patient": {"resourceType": "Patient"},
        "laboratory": None,
        "allergies": {"resourceType": "OperationOutcome"},
        "lists": 5,
        "Zaphod4711": {},
    }
    request = HookRequest("order-select", "i", "p", "u", (), prefetch=prefetch)
    counts = Tally()
    told = evidence(
        Source("patient", Sought.ANSWERED, "", "prefetch"),
        Source("laboratory", Sought.ANSWERED, "", "prefetch"),
        Source("allergies", Sought.FAILED, "the FHIR server refused access (HTTP 403)", "server"),
        Source("lists", Sought.FAILED, wire.LATE, "server"),
        Source("conditions", Sought.INCOMPLETE, server.TOO_MANY_PAGES, "server"),
        Source("visits", Sought.NOT_SOUGHT, "not supplied", ""),
        odd=f"{fetching.NOT_READ}: {wire.UNREACHABLE}",
        trouble=Trouble.NOT_FETCHED,
    )
    got = counted(lambda *_: told, counts)(request, None)  # type: ignore[arg-type]
    assert got is told
    taken, times = counts.taken()
    states = {key[1]: key[2] for key in taken if key[0] == tally.PREFETCH}
    assert states == {
        "patient": "supplied",
        "laboratory": "null",
        "allergies": "failed",
        "lists": "unreadable",
        "conditions": "absent",
        "visits": "absent",
    }
    assert taken[tally.QUERIES, "laboratory", "prefetch", "answered"] == 1
    assert taken[tally.QUERIES, "visits", "none", "not-sought"] == 1
    errors = {key[1] for key in taken if key[0] == tally.ERRORS}
    assert errors == {"http-403", "late", "too-many-pages", "unreachable", "document"}
    assert taken[tally.LATE,] == 1
    assert [(name, label) for name, label, _ in times] == [(tally.GATHER, "server")]
    assert counts.taken() == ({}, [])


@pytest.mark.parametrize(
    "module", [wire, bodies, breaker, entries, server], ids=lambda module: module.__name__
)
def test_each_of_our_sentences_on_a_server_has_a_word(module: Any) -> None:
    apart = {"FHIR_JSON", "LARGEST", "LISTS", "_FORM"}
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, str) and name not in apart:
            assert kind_of(value) != OTHER, name
    assert kind_of(NOT_REGISTERED) == "not-registered"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (410, "4xx"),
        (429, "429"),
        (301, "3xx"),
        (500, "5xx"),
        (503, "5xx"),
        (200, ""),
    ],
)
def test_a_status_has_a_word(status: int, kind: str) -> None:
    assert kind_of(bodies.refusal(status)) == (f"http-{kind}" if kind else OTHER)


@given(st.lists(st.text(), min_size=4, max_size=4))
def test_a_word_that_is_not_listed_never_goes_out(catalog: Catalog, said: list[str]) -> None:
    parts: Any = type("Parts", (), {"catalog": catalog})
    for family in metrics.families(parts):
        told = family.told(tuple(said[: len(family.labels)]))
        for word, listed in zip(told, family.labels.values(), strict=True):
            assert word == OTHER or word in listed


def test_free_text_in_any_label_goes_out_as_other(make: Make) -> None:
    client = make()
    counts = client.application.extensions[METERING]._tally
    families = client.application.extensions[METERING].families
    for family in families:
        said = ["Zaphod4711"] * len(family.labels)
        if family.timed:
            counts.took(family.name, said[0], 1.0)
        else:
            counts.add(family.name, *said)
    page = client.get("/metrics").text
    assert "Zaphod4711" not in page
    assert page.count('="other"') > len(families)
    listed = {f"{one.name}": one.labels for one in families}
    for one in parsed(page):
        if one.name not in listed:
            assert one.name.endswith("_created") or one.name in GAUGES
            continue
        for sample in one.samples:
            for label, word in sample.labels.items():
                assert label == "le" or word == OTHER or word in listed[one.name][label]


def test_labels_are_few(make: Make) -> None:
    """No family can ever have more than a few thousand series, and all but rules a hundred."""
    for family in make().application.extensions[METERING].families:
        most = 1
        for listed in family.labels.values():
            assert all(type(str(word)) is str and len(word) < 60 for word in listed)
            most *= len(listed) + 1
        assert most < 5000, family.name
        assert not {"patient", "host", "client", "issuer", "url", "path"} & {*family.labels}


def registered(folder: Path) -> str:
    """Write a file of one client, which may send little."""
    (folder / "keys.json").write_text(json.dumps(key_set("ES384-a")))
    (folder / "clients.toml").write_text(
        f'[[clients]]\nname = "ehr"\nissuer = "{ISSUER}"\nalgorithms = ["ES384"]\n'
        'key_set = "keys.json"\nrequests_per_minute = 6\n'
    )
    return str(folder / "clients.toml")


def test_callers_that_are_not_let_in_are_counted(
    make: Make, tmp_path: Path, other: dict[str, Any]
) -> None:
    client = make(clients=registered(tmp_path), public_url=PUBLIC)
    assert client.post(SELECT, json=other).status_code == 401
    statuses = []
    for _ in range(3):
        said = bearer(token(claims(aud=f"{PUBLIC}{SELECT}")))
        statuses.append(client.post(SELECT, json=other, headers=said).status_code)
    assert statuses == [200, 429, 429]
    found = scrape(client)
    assert found["cds_refused_callers_total", "reason=unproven"] == 1
    assert found["cds_refused_callers_total", "reason=throttled"] == 2
    assert found["cds_refused_callers_total", "reason=undecided"] == 0


def test_feedback_and_lost_cards_are_counted(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make()
    never = OVERRIDDEN | {"card": "00000000-0000-4000-8000-000000000000"}
    body = {"feedback": [ACCEPTED, OVERRIDDEN, OVERRIDDEN, never]}
    store = Store(f"sqlite:///{tmp_path}/cds.sqlite3")
    store.issued([CARD], "vertebral-augmentation", "1.0", NOW)
    store.close()
    assert client.post(f"{SELECT}/feedback", json=body).status_code == 200
    found = scrape(client)
    assert found["cds_feedback_total", "outcome=accepted"] == 1
    assert found["cds_feedback_total", "outcome=overridden"] == 2
    assert found["cds_cards_not_noted_total",] == 0
    monkeypatch.setattr("cds_service.feedback.store.Store.lost", 7)
    assert scrape(client)["cds_cards_not_noted_total",] == 7
    assert scrape(client)["cds_cards_not_noted_total",] == 7


def test_metrics_that_cannot_be_kept_stop_nothing_and_are_logged_once(
    make: Make, other: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    client = make()
    meter = client.application.extensions[METERING]
    with patch.object(meter, "_make", side_effect=OSError("no space left")):
        meter.start(0)
        meter._try()
        meter.stop()
        assert client.post(SELECT, json=other).status_code == 200
    said = [one.msg for one in caplog.records if one.name == "cds_service.web.metrics"]
    assert said == ["metrics cannot be kept"]
    assert total(scrape(client), "cds_requests_total") == 1


def test_with_a_token_all_others_get_what_any_stranger_gets(make: Make, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{WORD}\n")
    client = make(metrics_token=str(tmp_path / "token"))
    for wrong in ({}, bearer(WORD[:-1]), bearer("ü" * 40), {"Authorization": WORD}):
        answer = client.get("/metrics", headers=wrong)
        assert (answer.status_code, "cds_" in answer.text) == (401, False)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.get_json()["issue"][0]["code"] == "login"
    assert client.get("/metrics", headers=bearer(WORD)).status_code == 200


def test_production_tells_nobody_without_a_token(make: Make, tmp_path: Path) -> None:
    safe = {"profile": "production", "public_url": PUBLIC, "clients": registered(tmp_path)}
    with pytest.raises(SettingsError, match=r"^CDS_METRICS_TOKEN: production tells"):
        make(**safe)
    assert make(**safe, metrics="off").get("/metrics").status_code == 404
    (tmp_path / "token").write_text(WORD)
    client = make(**safe, metrics_token=str(tmp_path / "token"))
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=bearer(WORD)).status_code == 200


@pytest.mark.parametrize("written", [b"", b"short", b"two words" * 9, b"\xff" * 40])
def test_a_token_that_could_be_guessed_stops_the_start(
    make: Make, tmp_path: Path, written: bytes
) -> None:
    (tmp_path / "token").write_bytes(written)
    with pytest.raises(SettingsError, match="one word of at least 32") as raised:
        make(metrics_token=str(tmp_path / "token"))
    assert "two words" not in str(raised.value)


@dataclass
class Running:
    """The real service, with two workers."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    def post(self, body: dict[str, Any], times: int) -> None:
        """Send requests, each over a connection of its own: both workers get some."""
        for _ in range(times):
            assert requests.post(self.url + SELECT, json=body, timeout=30).status_code == 200

    def page(self) -> Numbers:
        """Scrape, when each worker has handed on its numbers."""
        time.sleep(1.5)
        return numbers(requests.get(f"{self.url}/metrics", timeout=10).text)

    def workers(self) -> list[int]:
        """Find the processes of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(one) for one in children.split()]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Start it, with numbers of an earlier life in its folder."""
    folder = tmp_path / "numbers"
    folder.mkdir()
    (folder / "counter_0.db").write_bytes(b"left over")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "CDS_DATABASE_URL": f"sqlite:///{tmp_path}/cds.sqlite3",
        "CDS_METRICS": "on",
        "CDS_LOG_LEVEL": "ERROR",
        metrics.FOLDER: str(folder),
    }
    words = [sys.executable, "-m", "cds_service", "serve", "--port", str(port)]
    process = subprocess.Popen(
        [*words, "--workers", "2", "--threads", "4"], cwd=PROJECT, env=environment, text=True
    )
    made = Running(process, f"http://127.0.0.1:{port}", folder)
    try:
        for _ in range(300):
            try:
                requests.get(f"{made.url}/healthz", timeout=2)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield made
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds workers as Linux does")
def test_numbers_are_right_over_two_workers_and_outlive_one_of_them(
    running: Running, ours: dict[str, Any], procedure: Procedure
) -> None:
    labels = ("service=vertebral-augmentation", "order=ours", "status=2xx")
    running.post(ours, 24)
    before = running.page()
    assert total(before, "cds_requests_total", *labels) == 24
    assert total(before, "cds_rule_outcomes_total") == 24 * len(procedure.checks)
    assert total(before, "cds_gather_seconds_count") == 24
    assert before["cds_content_info", f"version={procedure.version}"] == 1
    files = sorted(path.name for path in running.folder.iterdir())
    assert [name for name in files if name.startswith("counter")] == [
        "counter_0.db",
        "counter_1.db",
    ]

    first, second = running.workers()
    os.kill(first, signal.SIGKILL)
    until = time.monotonic() + 20
    while len({*running.workers()} - {first, second}) < 1 and time.monotonic() < until:
        time.sleep(0.1)
    after = running.page()
    assert first not in running.workers()
    assert all(after[key] >= number for key, number in before.items())
    assert total(after, "cds_requests_total", *labels) == 24
    running.post(ours, 16)
    last = running.page()
    assert total(last, "cds_requests_total", *labels) == 40
    assert total(last, "cds_rule_outcomes_total") == 40 * len(procedure.checks)
    assert sorted(path.name for path in running.folder.iterdir()) == files

    running.post(ours, 8)
    old = running.workers()
    for one in old:  # a worker that is asked to end tells all that it knows
        os.kill(one, signal.SIGTERM)
    while {*running.workers()} & {*old} or len(running.workers()) < len(old):
        assert time.monotonic() < until + 60
        time.sleep(0.1)
    assert total(running.page(), "cds_requests_total", *labels) == 48
    assert sorted(path.name for path in running.folder.iterdir()) == files


def test_our_own_folder_goes_away_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(metrics.FOLDER, raising=False)
    with metrics.folder():
        own = Path(os.environ[metrics.FOLDER])
        assert own.stat().st_mode & 0o777 == 0o700
        (own / "counter_0.db").write_bytes(b"")
    assert not own.exists()
    assert metrics.FOLDER not in os.environ


def test_of_a_dead_worker_the_counts_stay_and_the_version_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path))
    names = ("counter_0.db", "gauge_livemax_0.db", "gauge_livemax_1.db", "histogram_0.db")
    for name in names:
        (tmp_path / name).write_bytes(b"")
    metrics.forget(0)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names} - {"gauge_livemax_0.db"}


def test_a_folder_that_cannot_be_had_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(metrics.FOLDER, str(tmp_path / "file" / "folder"))
    with pytest.raises(SettingsError, match=metrics.FOLDER), metrics.folder():
        pass


def dashboard() -> tuple[list[dict[str, Any]], list[str]]:
    """Read the panels of the dashboard, and all that it asks."""
    file = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in file["panels"] for target in panel["targets"]]
    asked += [one["expr"] for one in file["annotations"]["list"]]
    return file["panels"], asked


def test_all_that_the_dashboard_names_exists(make: Make) -> None:
    client = make()
    client.post(SELECT, json={})
    served = {key[0] for key in scrape(client)}
    families: dict[str, Family] = {
        family.name: family for family in client.application.extensions[METERING].families
    }
    promised = {name for name, one in families.items() if one.timed}
    promised = {f"{name}_{end}" for name in promised for end in ("bucket", "count", "sum")}
    promised |= {f"{name}_total" for name, one in families.items() if not one.timed}
    assert {name for name in served if not name.endswith("_created")} <= promised | GAUGES
    named: set[str] = set()
    for expression in dashboard()[1]:
        assert expression.count("(") == expression.count(")")
        found = re.findall(r"\b(cds_[a-z_]+)(?:\{([^}]*)\})?", expression)
        assert found, expression
        for name, matchers in found:
            named.add(name)
            assert name in promised | GAUGES, name
            labels = families[re.sub(r"_(total|bucket)$", "", name)].labels if matchers else {}
            for label, value in re.findall(r'(\w+)[!=]=?~?"([^"]*)"', matchers):
                assert {*value.split("|")} <= {*labels[label]}, (name, label, value)
    known = {f"{name}_{'bucket' if one.timed else 'total'}" for name, one in families.items()}
    assert named == known | GAUGES


def test_labels_by_which_the_dashboard_groups_exist(make: Make) -> None:
    families = make().application.extensions[METERING].families
    labels = {label for family in families for label in family.labels} | {"le", "version"}
    for expression in dashboard()[1]:
        for group in re.findall(r"by \(([^)]*)\)", expression):
            assert {*group.split(", ")} <= labels, expression


@pytest.mark.parametrize("outcome", ["fired", "unknown"])
def test_the_first_panels_hold_each_rule_against_a_week_ago(outcome: str) -> None:
    panels, _ = dashboard()
    first = [panel for panel in panels if panel["gridPos"]["y"] == 0]
    asked = [target["expr"] for panel in first for target in panel["targets"]]
    asked = [expression for expression in asked if f'outcome="{outcome}"' in expression]
    assert len(asked) == 2
    assert all("[$window] offset 1w" in one and "by (rule)" in one for one in asked)


def test_rates_are_there_before_a_rule_has_ever_fired(make: Make, procedure: Procedure) -> None:
    """What begins with its first time has no rate of it."""
    found = scrape(make())
    for check in procedure.checks:
        for outcome, reason in (("fired", ""), ("clear", ""), ("unknown", "missing")):
            key = (f"outcome={outcome}", f"reason={reason}", f"rule={check.name}")
            assert ("cds_rule_outcomes_total", *key) in found
