"""Traces by OpenTelemetry, where a site wants them (`CDS_OTEL`): where the time of a call went.

A span holds what a line of the log may hold, how each query ended, and nothing of a patient. Where
they are sent the standard variables say (`OTEL_EXPORTER_OTLP_ENDPOINT` and the others). A trace
that an EHR began is continued; FHIR servers are told nothing of it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, g, request

from cds_service import __version__
from cds_service.errors import SettingsError
from cds_service.web.logs import ALLOWED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from opentelemetry.trace import Span, Tracer

    from cds_service.advise import Advice, Gather
    from cds_service.clinical.evidence import Evidence
    from cds_service.clinical.order import HookRequest
    from cds_service.clinical.procedure import Procedure
    from cds_service.web.parts import Parts

NAME: Final = "vertebral-augmentation-cds"
_ERROR: Final = 500


def tracer() -> Tracer:
    """Give what makes spans; SettingsError without the packages of the extra `otel`."""
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto import http as _  # noqa: F401 - `start` needs it
        from opentelemetry.sdk import trace as _sdk  # noqa: F401 - as above
    except ImportError:
        msg = "CDS_OTEL: needs the packages of .ci/requirements-otel.lock"
        raise SettingsError(msg) from None
    return trace.get_tracer(NAME, __version__)


def start() -> None:
    """Begin to send spans, in the worker process: a fork takes no thread with it."""
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    about = {"service.name": NAME, "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(about))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def traced(parts: Parts, made: Tracer) -> Parts:
    """Give the parts with a span around gathering, and one around all that makes advice."""

    def gather(asked: HookRequest, procedure: Procedure) -> Evidence:
        with _around(made, "gather") as span:
            evidence = parts.gather(asked, procedure)
            for source in evidence.sources.values():
                span.set_attribute(f"cds.query.{source.name}", str(source.state))
            return evidence

    def advise(
        asked: HookRequest, procedure: Procedure, gathering: Gather, now: datetime
    ) -> Advice:
        with _around(made, "advise") as span:
            advice = parts.advise(asked, procedure, gathering, now)
            span.set_attribute("cds.reports", len(advice.chart.reports) if advice.chart else 0)
            return advice

    return replace(parts, gather=gather, advise=advise)


def install(app: Flask, made: Tracer) -> None:
    """Put a span around each request, within the trace of the caller if there is one."""
    from opentelemetry import context, trace
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    callers = TraceContextTextMapPropagator()

    @app.before_request
    def begin() -> None:
        route = request.url_rule.rule if request.url_rule else "unknown"
        within = callers.extract({"traceparent": request.headers.get("traceparent", "")})
        name = f"{request.method} {route}"
        span = made.start_span(name, within, SpanKind.SERVER)
        span.set_attribute("http.request.method", request.method)
        span.set_attribute("http.route", route)
        g.span, g.within = span, context.attach(trace.set_span_in_context(span))

    @app.after_request
    def tell(response: Response) -> Response:
        if (span := g.get("span")) is not None:
            span.set_attribute("http.response.status_code", response.status_code)
            for name, value in g.said.items():
                if name in ALLOWED:
                    span.set_attribute(f"cds.{name}", _plain(value))
            if response.status_code >= _ERROR:
                span.set_status(Status(StatusCode.ERROR))
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        if (span := g.pop("span", None)) is not None:
            context.detach(g.pop("within"))
            span.end()


@contextmanager
def _around(made: Tracer, name: str) -> Iterator[Span]:
    """Put a span around something; of an error it tells the class, for its words may tell more."""
    from opentelemetry.trace import Status, StatusCode

    with made.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def _plain(value: Any) -> Any:
    """Write a field of the log as an attribute."""
    return [str(one) for one in value] if isinstance(value, list | tuple) else value
