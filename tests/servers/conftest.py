"""Each real server once for the whole session, with all patients in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from cds_service.clinical.procedure import Procedure
from cds_service.stories import Story
from tests.servers.packages import KITS, Kit, fetched, lacking
from tests.servers.records import fixtures, outside, written_by_javascript
from tests.servers.running import running
from tests.servers.storing import store


@dataclass(frozen=True, slots=True)
class Real:
    """A running server: its stories as it should know them, and what it said to those it refused.

    `outside` are the patients that nobody here wrote.
    """

    name: str
    base: str
    stories: Mapping[str, Story]
    outside: Mapping[str, Story]
    refused: Mapping[str, str]


SERVERS = [pytest.param(kit, id=kit.name, marks=pytest.mark.servers) for kit in KITS]


@pytest.fixture(scope="session", params=SERVERS)
def real(
    request: pytest.FixtureRequest, procedure: Procedure, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Real]:
    """Start a server and store all patients; skips, and says why, where its tools are missing."""
    kit: Kit = request.param
    if lack := lacking(kit):
        pytest.skip(lack)
    work = tmp_path_factory.mktemp(kit.name)
    stories = {name: _as_kept(one, kit) for name, one in fixtures(procedure).items()}
    others = {name: _as_kept(one, kit) for name, one in outside(procedure).items()}
    with running(kit.start(fetched(kit), work), work) as base:
        refused = store(base, {**stories, **others}, kit.most)
        yield Real(kit.name, base, stories, others, refused)


def _as_kept(story: Story, kit: Kit) -> Story:
    """Write a story as the server writes it."""
    return story if kit.exact else replace(story, bundle=written_by_javascript(story.bundle))
