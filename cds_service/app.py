"""The only place where parts are wired, and the only one that asks for the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Flask

from cds_service.advise import Gather, advise, concerns
from cds_service.catalog import Catalog, load_catalog
from cds_service.feedback.store import Store
from cds_service.gathering import gatherer_of
from cds_service.reports.read import ready
from cds_service.settings import Settings
from cds_service.terminology.keeper import status_of
from cds_service.web import logs, server
from cds_service.web.parts import Parts
from cds_service.web.site import site


def create_app(
    settings: Settings,
    catalog: Catalog | None = None,
    gather: Gather | None = None,
    clock: Callable[[], datetime] | None = None,
    store: Store | None = None,
) -> Flask:
    """Build the application; a part that is handed in takes the place of the real one.

    ContentError and SettingsError for what does not fit together. A store that cannot be opened
    stops nothing: readiness tells.
    """
    catalog = catalog or load_catalog(settings)
    if store is None:
        store = Store(settings.database_url)
        store.open()
    zone = ZoneInfo(settings.time_zone)
    ask = clock or _now
    parts = Parts(
        settings=settings,
        catalog=catalog,
        gather=gather or gatherer_of(settings, catalog, lambda: ask().astimezone(zone)),
        store=store,
        clock=lambda: ask().astimezone(zone),
        concerns=concerns,
        advise=advise,
        terminology=lambda: status_of(catalog.terminology),
    )
    app = site(parts)
    if keeper := catalog.terminology:
        app.extensions[server.BACKGROUND] = lambda: keeper.start(parts.clock)
    return app


def serve(settings: Settings, host: str, port: int, workers: int, threads: int) -> None:
    """Serve until a signal ends it; the application is built once, before workers are forked.

    So are the patterns by which reports are read: no clinician waits for them.
    """
    logs.configure(settings.log_level)

    def build() -> Flask:
        ready()
        return create_app(settings)

    server.run(build, f"{host}:{port}", workers, threads)


def _now() -> datetime:
    """Ask for the time."""
    return datetime.now(UTC)
