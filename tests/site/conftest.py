"""A site file of a few lines, and the content with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cds_service.catalog import Catalog, load_catalog
from cds_service.settings import Settings

Loaded = Callable[[str], Catalog]


@pytest.fixture
def site(tmp_path: Path) -> Callable[[str], Path]:
    """Write a site file."""

    def write(text: str) -> Path:
        path = tmp_path / "site.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def loaded(settings: Settings, site: Callable[[str], Path]) -> Loaded:
    """Load all content with a site file of these lines."""
    return lambda text: load_catalog(settings.model_copy(update={"site": site(text)}))
