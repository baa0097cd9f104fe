"""What all tests share: the content, loaded once, and no settings from the machine."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from cds_service.catalog import Catalog, load_catalog
from cds_service.clinical.procedure import Procedure
from cds_service.settings import Settings, load_settings

PROJECT = Path(__file__).parent.parent
PATIENTS = PROJECT / "fhir_fixtures" / "patients"

SERVER = re.compile(r"tests/servers/[^\[]*\[(hapi|medplum)\b")
"""The tests of a real FHIR server, by their names."""

for name in [name for name in os.environ if name.startswith("CDS_")]:
    del os.environ[name]

# A suite that is green today is green tomorrow: the same examples every time. New ones are looked
# for on purpose, with `make explore`, and what they find becomes a mended rule or a named test.
hypothesis_settings.register_profile("same", derandomize=True, deadline=None)
hypothesis_settings.register_profile("explore", max_examples=3000, deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config, log: Producer | None
) -> LoadScopeScheduling | None:
    """Give all tests of one real FHIR server to one worker: it alone starts that server."""
    return ByServer(config, log) if config.getoption("dist") == "load" else None


class ByServer(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Each test goes to any worker, but those of a real server stay together, and come first."""

    def _split_scope(self, nodeid: str) -> str:
        """Name what stays together: the server that a test asks, else the test itself."""
        found = SERVER.match(nodeid)
        return found[1] if found else nodeid


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as on a fresh machine, with a store of their own."""
    store = tmp_path_factory.mktemp("store") / "cds.sqlite3"
    return load_settings({"CDS_DATABASE_URL": f"sqlite:///{store}"})


@pytest.fixture(scope="session")
def catalog(settings: Settings) -> Catalog:
    """All content of the project."""
    return load_catalog(settings)


@pytest.fixture(scope="session")
def procedure(catalog: Catalog) -> Procedure:
    """The one procedure of the project."""
    return catalog.procedures[0]
