"""The only place where parts are wired, and the only one that asks for the time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask.helpers import get_debug_flag

from cds_service.advise import Gather, advice_for, concerns, kinds
from cds_service.catalog import Catalog, load_catalog
from cds_service.clients.checker import Checker
from cds_service.clients.file import load_clients
from cds_service.clients.key_sets import KeySets
from cds_service.errors import SettingsError
from cds_service.evidence.authorities import authorities_of
from cds_service.evidence.peers import Peers
from cds_service.feedback.database import folder_of, mark_of
from cds_service.feedback.replay import Used
from cds_service.feedback.store import Store
from cds_service.gathering import gatherer_of
from cds_service.reports.read import ready
from cds_service.settings import Settings
from cds_service.terminology.keeper import Keeper, status_of
from cds_service.web import logs, metrics, server, spans
from cds_service.web.auth import banner
from cds_service.web.parts import Parts
from cds_service.web.site import site
from cds_service.web.tally import Tally


def create_app(
    settings: Settings,
    catalog: Catalog | None = None,
    gather: Gather | None = None,
    clock: Callable[[], datetime] | None = None,
    store: Store | None = None,
    *,
    local: bool = False,
) -> Flask:
    """Build the application; a part that is handed in takes the place of the real one.

    ContentError and SettingsError for what does not fit together. A store that cannot be opened
    stops nothing: readiness tells. `local` is for an answer to this very process, which need not
    prove who it is.
    """
    catalog = catalog or load_catalog(settings)
    checker = None if local else checker_of(settings)
    if store is None:
        store = Store(
            settings.database_url,
            comment_days=settings.comment_days,
            audit_days=settings.audit_days,
            spool=(settings.spool or folder_of(settings.database_url) / "spool")
            / mark_of(settings.database_url),
        )
        store.open()
    tracer = spans.tracer() if settings.otel == "on" and not local else None
    measured = settings.metrics == "on" and not local
    zone = ZoneInfo(settings.time_zone)
    ask, peers = clock or _now, Peers()
    parts = Parts(
        settings=settings,
        catalog=catalog,
        gather=gather
        or gatherer_of(settings, catalog, lambda: ask().astimezone(zone), peers=peers),
        store=store,
        clock=lambda: ask().astimezone(zone),
        concerns=concerns,
        advise=advice_for,
        checker=checker,
        tally=Tally() if measured else None,
        tracer=tracer,
        peers=peers,
        metrics_token="" if local else metrics.token_of(settings),
        kinds=kinds,
        terminology=lambda: status_of(catalog.terminology),
    )
    if not local:
        banner(parts)
    app = site(parts)
    keeper = catalog.terminology

    def begin() -> None:
        store.start()
        if tracer is not None:
            spans.start()
        _start(keeper, checker, parts.clock)

    app.extensions[server.BACKGROUND] = begin
    return app


def _start(keeper: Keeper | None, checker: Checker | None, now: Callable[[], datetime]) -> None:
    """Start what a worker does in the background."""
    if keeper is not None:
        keeper.start(now)
    if checker is not None:
        checker.warm()


def checker_of(settings: Settings) -> Checker | None:
    """Make what checks callers, where clients are registered.

    SettingsError for a production service that would not be safe.
    """
    production = settings.profile == "production"
    if production and get_debug_flag():
        msg = "FLASK_DEBUG: production never runs in debug mode"
        raise SettingsError(msg)
    if production and not settings.public_url:
        msg = "CDS_PUBLIC_URL: production needs the URL under which EHRs reach this service"
        raise SettingsError(msg)
    if settings.clients is None:
        if production:
            msg = "CDS_CLIENTS: production needs the file of the EHRs that may call"
            raise SettingsError(msg)
        return None
    clients = load_clients(settings.clients, settings)
    keys = KeySets(authorities=authorities_of(settings.ca_file))
    return Checker(clients, settings.public_url, Used(settings.database_url), keys)


def serve(settings: Settings, host: str, port: int, workers: int, threads: int) -> None:
    """Serve until a signal ends it; the application is built once, before workers are forked.

    So are the patterns by which reports are read: no clinician waits for them.
    """
    logs.configure(settings.log_level)

    def build() -> Flask:
        ready()
        return create_app(settings)

    with metrics.folder() if settings.metrics == "on" else nullcontext():
        server.run(build, f"{host}:{port}", workers, threads, settings.max_body_bytes)


def _now() -> datetime:
    """Ask for the time."""
    return datetime.now(UTC)
