"""The gatherer as the service uses it: with the queries of a catalog, and the texts of reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cds_service.catalog import Catalog
from cds_service.evidence.gather import Gatherer, GatherSettings
from cds_service.evidence.origins import Doors
from cds_service.evidence.peers import Peers
from cds_service.narrative.texts import wanted


def gatherer_of(
    settings: GatherSettings,
    catalog: Catalog,
    clock: Callable[[], datetime],
    doors: Doors | None = None,
    peers: Peers | None = None,
) -> Gatherer:
    """Make a gatherer that also fetches the texts of reports; `clock` is in the zone of the site.

    `peers` remember what FHIR servers are like; without them it begins to learn.
    SettingsError for an origin without sense.
    """
    codes = catalog.procedures[0].codes
    return Gatherer.from_settings(
        settings, catalog.queries, doors, lambda items: wanted(items, codes, clock()), peers
    )
