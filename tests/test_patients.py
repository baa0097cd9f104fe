"""Every patient folder, through the story: a fixture is a test by being there."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cds_service.advise import Advice, advice_for
from cds_service.catalog import Catalog
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.truth import Truth
from cds_service.evidence.gather import Gatherer
from cds_service.hook_bodies import hook_body
from cds_service.stories import Story, moved, story_of_folder
from tests.conftest import PATIENTS

STORIES = sorted(path for path in PATIENTS.iterdir() if path.is_dir())
IDS = [path.name for path in STORIES]
ZONE = ZoneInfo("UTC")
RULES = {path.stem for path in (PATIENTS.parent.parent / "cds_service/rules").glob("[a-z]*.py")}
KEYS = {
    *("about", "procedure", "today", "codes", "levels", "selections", "planned", "traps", "messy"),
    *("refused", "unanswered", "fetched", "answers", "cards"),
}
CARD_KEYS = {"at_most", "critical", "warning", "none_for", "say", "never_say"}


def read(path: Path, procedure: Procedure) -> Story:
    return story_of_folder(path, procedure)


def play(story: Story, procedure: Procedure) -> Advice:
    evidence = story.evidence()
    return advice_for(story.request(), procedure, lambda *_: evidence, story.now(ZONE))


def answer(advice: Advice, rule: str) -> str:
    finding = next(one for one in advice.findings if one.check.name == rule)
    return "not-recorded" if not finding.recorded else finding.answer.truth.value


@pytest.mark.parametrize("path", STORIES, ids=IDS)
def test_answers_are_what_the_story_means(path: Path, procedure: Procedure) -> None:
    story = read(path, procedure)
    advice = play(story, procedure)
    expected = story.expects["answers"]
    given = {}
    for rule, wanted in expected.items():
        finding = next(one for one in advice.findings if one.check.name == rule)
        reason = finding.answer.reason
        given[rule] = f"{answer(advice, rule)}({reason})" if "(" in wanted else answer(advice, rule)
    assert given == expected


@pytest.mark.parametrize("path", STORIES, ids=IDS)
def test_cards_are_few_and_say_what_counts(path: Path, procedure: Procedure) -> None:
    story = read(path, procedure)
    cards = play(story, procedure).cards
    expected = story.expects["cards"]
    own = {(card.indicator.value, rule) for card in cards for rule in card.rules}
    shown = "\n".join(f"{card.summary}\n{card.detail}" for card in cards)
    assert len(cards) <= expected["at_most"]
    for indicator in ("critical", "warning"):
        missing = [r for r in expected.get(indicator, ()) if (indicator, r) not in own]
        assert not missing, f"no {indicator} card of {missing}"
    topics = {card.source.topic.code for card in cards if card.source.topic}
    for rule in expected.get("none_for", ()):
        assert rule.replace("_", "-") not in topics
    for words in expected.get("say", ()):
        assert words.lower() in shown.lower().replace("\\", "")
    for words in expected.get("never_say", ()):
        assert words.lower() not in shown.lower()


@pytest.mark.parametrize("path", STORIES, ids=IDS)
def test_prefetched_is_the_same_as_a_whole_record(
    path: Path, procedure: Procedure, catalog: Catalog
) -> None:
    """A client that fills our templates gets the cards that the record gives (field notes 5.2)."""
    story = read(path, procedure)
    whole = play(story, procedure)
    gatherer = Gatherer(catalog.queries)
    body = hook_body(story, catalog.templates)
    request = story.request(body["prefetch"])
    replayed = advice_for(request, procedure, gatherer, story.now(ZONE))
    gatherer.close()
    given = {f.check.name: f.answer.truth for f in replayed.findings}
    known = {f.check.name: f.answer.truth for f in whole.findings}
    if story.expects.get("fetched"):  # what only a server gives is not known without one
        assert given != known
        assert all(given[name] in (known[name], Truth.UNKNOWN) for name in known)
        return
    if not story.unanswered:  # why a search failed is told in other words
        assert [one.summary for one in replayed.cards] == [one.summary for one in whole.cards]
    assert given == known


@pytest.mark.parametrize("path", STORIES, ids=IDS)
def test_the_order_of_a_bundle_changes_nothing(path: Path, procedure: Procedure) -> None:
    story = read(path, procedure)
    backwards = json.loads(json.dumps(story.bundle))
    backwards["entry"].reverse()
    turned = Story(
        story.name,
        backwards,
        story.today,
        story.drafts,
        story.selections,
        story.patient,
        story.unanswered,
    )
    first, second = play(story, procedure), play(turned, procedure)
    assert [one.summary for one in second.cards] == [one.summary for one in first.cards]
    assert [(f.check.name, f.answer.truth, f.answer.reason) for f in second.findings] == [
        (f.check.name, f.answer.truth, f.answer.reason) for f in first.findings
    ]


@pytest.mark.parametrize("path", STORIES, ids=IDS)
def test_another_day_with_all_dates_moved_gives_the_same_answers(
    path: Path, procedure: Procedure
) -> None:
    story = read(path, procedure)
    if story.name in PARTIAL_DATES:
        pytest.skip("has dates of a month or a year, which cannot move by days")
    days = timedelta(days=400)
    later = Story(
        story.name,
        moved(story.bundle, days),
        story.today + days,
        tuple(moved(one, days) for one in story.drafts),
        story.selections,
        story.patient,
        story.unanswered,
    )
    first, second = play(story, procedure), play(later, procedure)
    assert [f.answer.truth for f in second.findings] == [f.answer.truth for f in first.findings]


PARTIAL_DATES: frozenset[str] = frozenset()


@pytest.mark.parametrize("path", STORIES, ids=IDS)
def test_every_entry_is_fhir_unless_the_story_says_otherwise(path: Path) -> None:
    from fhir.resources.R4B import get_fhir_model_class
    from pydantic import ValidationError

    expects = tomllib.loads((path / "expects.toml").read_text(encoding="utf-8"))
    refused = set()
    for file in ("chart.json", "draft.json"):
        if not (path / file).is_file():
            continue
        for entry in json.loads((path / file).read_text(encoding="utf-8"))["entry"]:
            resource: dict[str, Any] = entry["resource"]
            try:
                get_fhir_model_class(resource["resourceType"]).model_validate(resource)
            except (ValidationError, KeyError):
                refused.add(f"{resource['resourceType']}/{resource['id']}")
    assert refused == set(expects.get("refused", ()))


@pytest.mark.parametrize("path", STORIES, ids=IDS)
def test_every_story_uses_known_keys(path: Path) -> None:
    """A misspelt expectation would never be checked."""
    expects = tomllib.loads((path / "expects.toml").read_text(encoding="utf-8"))
    assert set(expects) <= KEYS
    assert set(expects["cards"]) <= CARD_KEYS
    assert set(expects["answers"]) <= RULES
    assert expects["about"].endswith(".")


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_fires_is_clear_and_is_unknown_somewhere(rule: str) -> None:
    seen = set()
    for path in STORIES:
        expects = tomllib.loads((path / "expects.toml").read_text(encoding="utf-8"))
        seen.add(expects["answers"].get(rule, "").partition("(")[0])
    assert {truth.value for truth in Truth} <= seen | NEVER.get(rule, set())


SITE = {"fires", "clear", "unknown"}
"""No story has a site file: what only a site can say is tested with the rule."""

NEVER = {
    "surgical_backup": SITE,
    "facility_capability": SITE,
    "infection_puncture_site": {"clear"},
    "antibiotic_prophylaxis_plan": {"unknown"},
    "postprocedure_plan": {"fires"},
}
"""Answers that no story can give (rules.md 3.7): a neutral line has nothing to be unknown, and a
follow-up is missed only where a site says that its record holds a schedule (1.7a)."""


def test_every_trap_has_a_story() -> None:
    """The traps of rules.md section 7 that the rules of this version can meet."""
    met = set()
    for path in STORIES:
        expects = tomllib.loads((path / "expects.toml").read_text(encoding="utf-8"))
        met |= {str(trap) for trap in expects.get("traps", ())}
    assert {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"} <= met
