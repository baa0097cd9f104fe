"""What all tests share: the content, loaded once, and no settings from the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from cds_service.catalog import Catalog, load_catalog
from cds_service.clinical.procedure import Procedure
from cds_service.settings import Settings, load_settings

PROJECT = Path(__file__).parent.parent
PATIENTS = PROJECT / "fhir_fixtures" / "patients"

for name in [name for name in os.environ if name.startswith("CDS_")]:
    del os.environ[name]

# A suite that is green today is green tomorrow: the same examples every time. New ones are looked
# for on purpose, with `make explore`, and what they find becomes a mended rule or a named test.
hypothesis_settings.register_profile("same", derandomize=True, deadline=None)
hypothesis_settings.register_profile("explore", max_examples=3000, deadline=None)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let workers share tests by group: one alone starts each real FHIR server."""
    if config.getoption("numprocesses", None) and config.getoption("dist") in {"no", "load"}:
        config.option.dist = "loadgroup"


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
