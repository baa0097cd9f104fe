"""A store in a file of its own, and a card to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from cds_service.clinical.card import Card, Indicator, Source
from cds_service.feedback.store import Store


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Name a database that is not there yet, nor its folder."""
    return f"sqlite:///{tmp_path}/var/cds.sqlite3"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Open a store that is closed at the end."""
    made = Store(url)
    yield made
    made.close()


@pytest.fixture
def card() -> Callable[..., Card]:
    """Make cards, each with a uuid of its own."""

    def make(*rules: str) -> Card:
        return Card(str(uuid4()), "INR 2.4", Indicator.WARNING, Source("SIR"), rules=rules)

    return make
