"""`GET /metrics`: what is counted, for Prometheus; only where `CDS_METRICS` is on.

Every label has a closed list of words: what is not in it goes out as `other`, so that nothing of a
request, a record or a server can. Each worker counts into files of its own, by its number and not
by its process: who takes the place of a dead worker goes on where that one ended, numbers never
fall, and there are never more files than workers. A worker that is killed loses a second at most.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, g, request

from cds_service.clinical.card import Indicator
from cds_service.clinical.evidence import ON_DEMAND, QUERIES, Sought
from cds_service.clinical.truth import Reason
from cds_service.errors import SettingsError, Unauthorized
from cds_service.web import logs
from cds_service.web import tally as words
from cds_service.web.operators import is_operator
from cds_service.web.parts import Parts
from cds_service.web.tally import Key, Tally

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

    from cds_service.settings import Settings

PATH: Final = "/metrics"
METERING: Final = "metering"
"""The name of the extension that hands numbers on, in each worker by itself."""
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where the workers of one service keep their numbers; the library knows it by this name."""
OTHER: Final = "other"
SHORTEST_TOKEN: Final = 32

_LOG: Final = logging.getLogger(__name__)
_EVERY_SECONDS: Final = 1.0
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0)
INFO: Final = "cds_content_info"
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - numbers only; the folder is ours alone
_ENDPOINTS: Final = ("hook", "feedback", "discovery")
_STATUSES: Final = ("2xx", "3xx", "4xx", "5xx")
_ORDERS: Final = ("ours", "not-ours", "none")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its meaning, and for each label all the words that it may hold."""

    name: str
    meaning: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    timed: bool = False

    def told(self, said: tuple[str, ...]) -> tuple[str, ...]:
        """Let nothing out but the words that are listed."""
        listed = zip(said, self.labels.values(), strict=True)
        return tuple([str(word) if word in known else OTHER for word, known in listed])


def families(parts: Parts) -> tuple[Family, ...]:
    """List all metrics of a service."""
    catalog = parts.catalog
    services = tuple(service.id for service in catalog.services)
    rules = tuple(
        dict.fromkeys(check.name for procedure in catalog.procedures for check in procedure.checks)
    )
    queries = (*QUERIES, *ON_DEMAND)
    sources = ("prefetch", "server", "none")
    kinds = (*dict.fromkeys(words.KINDS.values()), *(f"http-{one}" for one in words.STATUSES))
    return (
        Family(
            words.REQUESTS,
            "requests, and whether an order was ours",
            {
                "endpoint": _ENDPOINTS,
                "service": (*services, "none"),
                "status": _STATUSES,
                "order": _ORDERS,
            },
        ),
        Family(
            words.ANSWER, "time to answer for an order of ours", {"service": services}, timed=True
        ),
        Family(
            words.RULES,
            "what came of each rule, and why it is unknown",
            {"rule": rules, "outcome": words.OUTCOMES, "reason": (*Reason, "")},
        ),
        Family(words.CARDS, "cards that went out", {"indicator": tuple(Indicator)}),
        Family(words.PREFETCH, "how prefetch keys came", {"key": queries, "state": words.STATES}),
        Family(
            words.QUERIES,
            "what came of each kind of data, and from where",
            {"query": queries, "origin": sources, "state": tuple(Sought)},
        ),
        Family(words.GATHER, "time to gather the record", {"source": sources[:2]}, timed=True),
        Family(words.ERRORS, "what FHIR servers did not answer", {"kind": (*kinds, "document")}),
        Family(words.LATE, "gatherings that the deadline cut off"),
        Family(
            words.REFUSED,
            "callers that were not let in",
            {"reason": ("unproven", "throttled", "undecided")},
        ),
        Family(
            words.FEEDBACK,
            "what was done with cards, as reported; repeated reports count again",
            {"outcome": ("accepted", "overridden")},
        ),
        Family(words.LOST, "cards that went out and could not be noted in the store"),
        Family(words.FOREIGNERS, "resources of other patients that came and were dropped"),
        Family(
            words.CLIENT,
            "breakers that opened and closed, and what else the FHIR client did of its own accord",
            {"event": words.EVENTS},
        ),
    )


class Meter:
    """Hands the numbers of a process on to the library, and writes them for a scraper."""

    def __init__(self, parts: Parts, tally: Tally) -> None:
        """Prepare; nothing is opened before `start`, or before the first scrape without it."""
        from prometheus_client import values  # loaded before the fork, and only where it is used

        self._values: Any = values
        self.families = families(parts)
        self._tally = tally
        self._version = parts.catalog.version
        self._store = parts.store
        self._peers = parts.peers
        self._lost = 0
        self._made: dict[str, Any] = {}
        self._children: dict[Key, Any] = {}
        self._registry: Any = None
        self._shared = ""
        self._lock = Lock()
        self._ended = Event()
        self._failed = False

    def start(self, number: int) -> None:
        """Begin in a worker: its number is its own among those that are alive."""
        self._shared = os.environ.get(FOLDER, "")
        if self._shared:
            self._values.ValueClass = self._values.MultiProcessValue(lambda: number)
        self._try()
        Thread(target=self._run, name="metrics", daemon=True).start()

    def stop(self) -> None:
        """Hand the last numbers on, in a process that has begun."""
        self._ended.set()
        if self._registry is not None:
            self._try()

    def flush(self) -> None:
        """Hand on what was counted since the last time."""
        with self._lock:
            if self._registry is None:
                self._make()
            if (lost := self._store.lost) > self._lost:
                self._tally.add(words.LOST, by=lost - self._lost)
                self._lost = lost
            if self._peers is not None:
                for event, number in self._peers.taken().items():
                    self._tally.add(words.CLIENT, event, by=number)
                self._made[words.RESTING].set(self._peers.resting)
            counts, times = self._tally.taken()
            for key, number in counts.items():
                self._child(key).inc(number)
            for name, label, seconds in times:
                self._child((name, label)).observe(seconds)

    def page(self) -> bytes:
        """Write the numbers of all workers, in the text format of Prometheus."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        self.flush()
        registry = self._registry
        if self._shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, self._shared)  # type: ignore[no-untyped-call] # no types
        return generate_latest(registry)

    def _run(self) -> None:
        """Hand on once a second."""
        while not self._ended.wait(_EVERY_SECONDS):
            self._try()

    def _try(self) -> None:
        """Hand on, and let no fault in that stop the service; the first one is logged."""
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 - a count is never worth an answer
            if not self._failed:
                logs.failed(_LOG, "metrics cannot be kept", error)
            self._failed = True

    def _make(self) -> None:
        """Make the metrics; what dashboards divide by is there from the beginning."""
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        registry = CollectorRegistry()
        for one in self.families:
            made: Counter | Histogram
            if one.timed:
                made = Histogram(
                    one.name, one.meaning, tuple(one.labels), registry=registry, buckets=_BUCKETS
                )
            else:
                made = Counter(one.name, one.meaning, tuple(one.labels), registry=registry)
            self._made[one.name] = made
        info = Gauge(
            INFO,
            "the version of the clinical content",
            ("version",),
            registry=registry,
            multiprocess_mode="livemax",
        )
        info.labels(self._version).set(1)
        self._made[words.RESTING] = Gauge(
            words.RESTING,
            "FHIR servers that are left alone, in the worker that leaves most alone",
            registry=registry,
            multiprocess_mode="livemax",
        )
        self._registry = registry
        for key in self._expected():
            self._child(key)

    def _expected(self) -> Iterator[Key]:
        """Name what is told as 0 before it happens: a rate shows nothing of a first time."""
        for one in self.families:
            if one.name == words.RULES:
                for rule in one.labels["rule"]:
                    yield (one.name, rule, "fired", "")
                    yield (one.name, rule, "clear", "")
                    yield (one.name, rule, "unknown", Reason.MISSING)
                    yield (one.name, rule, "unknown", Reason.SOURCE_ERROR)
            elif len(one.labels) <= 1:
                [listed] = one.labels.values() or [()]
                yield from ((one.name, word) for word in listed) if listed else [(one.name,)]

    def _child(self, key: Key) -> Any:
        """Find the number of a metric with its labels."""
        child = self._children.get(key)
        if child is None:
            name, *said = key
            made = self._made[name]
            family = next(one for one in self.families if one.name == name)
            told = family.told(tuple(said))
            child = made.labels(*told) if told else made
            if all(word != OTHER for word in told):
                self._children[key] = child
        return child


def install(app: Flask, parts: Parts) -> None:
    """Count each request, and serve the numbers to whoever may have them, where that is on."""
    tally = parts.tally
    if tally is None:
        return
    meter = Meter(parts, tally)
    app.extensions[METERING] = meter
    known = {service.id for service in parts.catalog.services}

    @app.after_request
    def seen(response: Response) -> Response:
        endpoint = request.endpoint
        if endpoint in _ENDPOINTS:
            service = (request.view_args or {}).get("service_id")
            service = service if service in known else "none"
            order = g.get("order", "none")
            status = f"{response.status_code // 100}xx"
            tally.add(words.REQUESTS, endpoint, service, status, order)
            if order == "ours":
                tally.took(words.ANSWER, service, perf_counter() - g.started)
        return response

    @app.get(PATH, endpoint="metrics")
    def metrics() -> Response:
        if parts.metrics_token and not is_operator(request, parts):
            raise Unauthorized
        return Response(meter.page(), content_type="text/plain; version=0.0.4; charset=utf-8")


def token_of(settings: Settings) -> str:
    """Read the token of operators; SettingsError for one that could be guessed, or none."""
    path = settings.metrics_token
    if path is None:
        if settings.profile == "production" and settings.metrics == "on":
            msg = "CDS_METRICS_TOKEN: production tells its metrics only to who sends a token"
            raise SettingsError(msg)
        return ""
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        token = ""
    if len(token) < SHORTEST_TOKEN or not token.isprintable() or " " in token:
        msg = f"CDS_METRICS_TOKEN: the file needs one word of at least {SHORTEST_TOKEN} characters"
        raise SettingsError(msg)
    return token


@contextlib.contextmanager
def folder() -> Iterator[None]:
    """Have an empty folder for the numbers of workers, before they are forked.

    One that the operator names is emptied of old numbers and kept; our own goes away at the end.
    """
    named, owner = os.environ.get(FOLDER), os.getpid()
    try:
        path = Path(named) if named else _own_folder()
        path.mkdir(parents=True, exist_ok=True)
        for old in path.glob("*.db"):
            old.unlink()
    except OSError as error:
        msg = f"{FOLDER}: no folder for metrics can be had there"
        raise SettingsError(msg) from error
    os.environ[FOLDER] = str(path)
    try:
        yield
    finally:
        if not named and os.getpid() == owner:  # a worker ends here as well
            shutil.rmtree(path, ignore_errors=True)
            del os.environ[FOLDER]


def forget(number: int) -> None:
    """Drop what held only while a worker lived: the version of its content."""
    shared = os.environ.get(FOLDER)
    if shared:
        from prometheus_client.multiprocess import mark_process_dead

        with contextlib.suppress(OSError):
            mark_process_dead(number, shared)  # type: ignore[no-untyped-call] # has no types


def _own_folder() -> Path:
    """Make a folder that nobody else may read, in memory where the system can."""
    within = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="cds-metrics-", dir=within))
