"""Traces: one span for a request, others for its stages, and nothing of a patient in any."""

from __future__ import annotations

import builtins
import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, Tracer

from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.errors import SettingsError
from cds_service.hook_bodies import hook_body
from cds_service.settings import Settings, load_settings
from cds_service.stories import story_of_folder
from cds_service.web import spans
from tests.conftest import PATIENTS, PROJECT

PATH = "/cds-services/vertebral-augmentation"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Keep what would be sent."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    made: Tracer = provider.get_tracer("test")
    monkeypatch.setattr(spans, "tracer", lambda: made)
    yield kept
    provider.shutdown()


@pytest.fixture
def traced(settings: Settings) -> Settings:
    """Switch traces on."""
    return settings.model_copy(update={"otel": "on"})


def named(kept: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in kept.get_finished_spans()}


def body(catalog: Catalog, story: str) -> dict[str, Any]:
    return hook_body(story_of_folder(PATIENTS / story, catalog.procedures[0]), catalog.templates)


def test_a_request_is_a_span_in_the_trace_of_the_caller_and_its_stages_are_within(
    sent: InMemorySpanExporter, traced: Settings, catalog: Catalog
) -> None:
    app = create_app(traced, catalog)
    asked = body(catalog, "warfarin_active_inr_2_4")
    assert app.test_client().post(PATH, json=asked, headers=PARENT).status_code == 200
    found = named(sent)
    whole, advise, gather = (
        found["POST /cds-services/<service_id>"],
        found["advise"],
        found["gather"],
    )
    assert whole.context.trace_id == advise.context.trace_id == int(TRACE, 16)
    assert advise.parent == whole.context
    assert gather.parent == advise.context
    attributes = dict(whole.attributes or {})
    assert attributes["http.response.status_code"] == 200
    assert attributes["cds.service"] == "vertebral-augmentation"
    assert int(str(attributes["cds.cards"])) > 1
    assert dict(gather.attributes or {})["cds.query.laboratory"] == "answered"


def test_nothing_of_a_patient_is_in_any_span(
    sent: InMemorySpanExporter, traced: Settings, catalog: Catalog
) -> None:
    client = create_app(traced, catalog).test_client()
    asked = body(catalog, "epic_report_as_narrative_and_impression")
    client.post(PATH, json=asked)
    client.post(f"{PATH}?patient=Zaphod", json={"Zaphod": 1})
    client.get("/nowhere/Zaphod", headers={"traceparent": "Zaphod", "user-agent": "Zaphod"})
    text = json.dumps([json.loads(span.to_json()) for span in sent.get_finished_spans()])
    for word in ("epic-narrative", "posterior cortex", "1948", "Zaphod", asked["hookInstance"]):
        assert word not in text, word
    assert "GET unknown" in named(sent)


def test_what_fails_is_marked_by_its_class_alone(
    sent: InMemorySpanExporter, traced: Settings, catalog: Catalog
) -> None:
    def gather(*_: object) -> Any:
        msg = "Zaphod"
        raise ZeroDivisionError(msg)

    client = create_app(traced, catalog, gather).test_client()
    assert client.post(PATH, json=body(catalog, "healthy_workup")).status_code == 500
    found = named(sent)
    for name in ("gather", "advise", "POST /cds-services/<service_id>"):
        assert found[name].status.status_code is StatusCode.ERROR
        assert not found[name].status.description
        assert not found[name].events
    assert dict(found["gather"].attributes or {})["error.type"] == "ZeroDivisionError"


def test_without_its_packages_the_service_does_not_start(
    monkeypatch: pytest.MonkeyPatch, traced: Settings, catalog: Catalog
) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(SettingsError, match="CDS_OTEL"):
        create_app(traced, catalog)


def test_the_service_runs_without_these_packages() -> None:
    """They are no part of the ordinary installation."""
    script = (
        "import sys\n"
        "class No:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.startswith('opentelemetry'):\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, No())\n"
        "import cds_service.app\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=PROJECT)


SENDING = """
import sys
from opentelemetry import trace
from cds_service.web import spans
made = spans.tracer()
spans.start()
with made.start_as_current_span("one"):
    pass
trace.get_tracer_provider().shutdown()
"""


def test_spans_are_sent_where_the_standard_variables_say() -> None:
    came: Queue[tuple[str, bytes]] = Queue()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        where = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}"}
        subprocess.run(
            [sys.executable, "-c", SENDING], check=True, cwd=PROJECT, env={"PATH": "", **where}
        )
        path, content = came.get(timeout=10)
    finally:
        server.shutdown()
        server.server_close()
    assert path == "/v1/traces"
    assert b"vertebral-augmentation-cds" in content


def test_a_worker_begins_to_send(
    monkeypatch: pytest.MonkeyPatch, sent: InMemorySpanExporter, traced: Settings, catalog: Catalog
) -> None:
    begun: list[bool] = []
    monkeypatch.setattr(spans, "start", lambda: begun.append(True))
    app = create_app(traced, catalog)
    app.extensions["background"]()
    assert begun == [True]
    assert not sent.get_finished_spans()


def test_traces_are_off_unless_switched_on() -> None:
    assert load_settings({}).otel == "off"
    assert load_settings({"CDS_OTEL": "ON"}).otel == "on"
