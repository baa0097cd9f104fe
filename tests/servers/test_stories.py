"""Every patient gives the same cards from the prefetch of a client and from a real server."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from cds_service.advise import Advice, advice_for
from cds_service.catalog import Catalog
from cds_service.clinical.truth import Truth
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.peers import Peers
from cds_service.gathering import gatherer_of
from cds_service.hook_bodies import hook_body
from cds_service.settings import load_settings
from cds_service.stories import Story
from tests.servers.conftest import Real
from tests.servers.packages import KITS
from tests.servers.records import FOLDERS, OUTSIDE

ZONE: Final = ZoneInfo("UTC")
SETTINGS: Final = load_settings({})
PEERS: Final = Peers()
"""What is learned of a server stays, as in the service."""
NAMES: Final = [path.name for path in FOLDERS]
EXCEPTIONS: Final[dict[str, list[dict[str, Any]]]] = tomllib.loads(
    Path(__file__).with_name("exceptions.toml").read_text(encoding="utf-8")
)
REFUSED: Final = {(one["server"], one["story"]): one for one in EXCEPTIONS["refused"]}
OTHERWISE: Final = {
    (server, one["story"]): one for one in EXCEPTIONS["otherwise"] for server in one["servers"]
}


def by_prefetch(story: Story, catalog: Catalog) -> Advice:
    """Answer from what a client hands over that fills our templates."""
    body = hook_body(story, catalog.templates)
    with closing(Gatherer(catalog.queries)) as gatherer:
        request = story.request(body["prefetch"])
        return advice_for(request, catalog.procedures[0], gatherer, story.now(ZONE))


def by_record(story: Story, catalog: Catalog) -> Advice:
    """Answer from the whole Bundle."""
    evidence = story.evidence()
    return advice_for(story.request(), catalog.procedures[0], lambda *_: evidence, story.now(ZONE))


def by_server(story: Story, catalog: Catalog, base: str) -> Advice:
    """Answer from the FHIR server alone, as the service is wired, but without hurry."""
    now = story.now(ZONE)
    with closing(gatherer_of(SETTINGS, catalog, lambda: now, peers=PEERS)) as gatherer:
        gatherer.deadline_seconds = 60
        request = replace(story.request(), fhir_server=base)
        return advice_for(request, catalog.procedures[0], gatherer, now)


def shown(advice: Advice) -> list[Any]:
    """Write the cards out whole, but for the ids that each answer makes anew."""
    return [_without_ids(dataclasses.asdict(card)) for card in advice.cards]


def _without_ids(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_ids(one) for key, one in value.items() if key != "uuid"}
    return [_without_ids(one) for one in value] if isinstance(value, list | tuple) else value


def truths(advice: Advice) -> dict[str, Truth]:
    return {one.check.name: one.answer.truth for one in advice.findings}


@pytest.mark.parametrize("name", NAMES)
def test_a_patient_gets_the_same_cards_by_prefetch_and_by_server(
    name: str, real: Real, catalog: Catalog
) -> None:
    if (real.name, name) in REFUSED:
        assert REFUSED[real.name, name]["says"] in real.refused[name]
        return
    assert name not in real.refused, real.refused[name]
    story = real.stories[name]
    fetched = by_server(story, catalog, real.base)
    if story.expects.get("fetched"):  # a text that only a server gives
        expected = by_record(story, catalog)
    else:
        expected = by_prefetch(story, catalog)
    if (real.name, name) not in OTHERWISE:
        assert shown(fetched) == shown(expected)
        assert truths(fetched) == truths(expected)
        return
    assert shown(fetched) != shown(expected)
    fired = {rule for rule, truth in truths(expected).items() if truth is Truth.YES}
    assert not {rule for rule in fired if truths(fetched)[rule] is Truth.NO}


@pytest.mark.parametrize("path", OUTSIDE, ids=[path.stem for path in OUTSIDE])
def test_a_patient_from_outside_gets_the_same_cards_by_bundle_and_by_server(
    path: Path, real: Real, catalog: Catalog
) -> None:
    """Charts of a lifetime: many pages, and no word in them was written for us."""
    assert path.stem not in real.refused, real.refused[path.stem]
    story = real.outside[path.stem]
    fetched, expected = by_server(story, catalog, real.base), by_record(story, catalog)
    assert shown(fetched) == shown(expected)
    assert truths(fetched) == truths(expected)
    assert fetched.cards


def test_what_a_server_refused_is_listed(real: Real) -> None:
    listed = {story for server, story in REFUSED if server == real.name}
    assert set(real.refused) == listed


def test_every_exception_names_a_server_and_a_story_and_says_why() -> None:
    servers = {kit.name for kit in KITS}
    for server, story in (*REFUSED, *OTHERWISE):
        assert server in servers
        assert story in NAMES
    assert all(one["because"] for kind in EXCEPTIONS.values() for one in kind)
    assert set(EXCEPTIONS) == {"refused", "otherwise"}
