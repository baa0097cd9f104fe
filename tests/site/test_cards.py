"""What a site changes reaches the answers, the cards and the trace; nothing is lost silently."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service import explain
from cds_service.__main__ import main
from cds_service.advise import Advice, advice_for
from cds_service.catalog import load_catalog
from cds_service.clinical.card import Card
from cds_service.clinical.chart import Chart
from cds_service.clinical.procedure import Check, Procedure
from cds_service.clinical.truth import Truth
from cds_service.settings import Settings
from cds_service.stories import story_of_folder
from tests.conftest import PATIENTS, PROJECT

from .conftest import Loaded

FOUR = "[parameters]\nlevels.max = { value = 4, reason = 'Spine board 2026' }"


def advice(name: str, procedure: Procedure) -> Advice:
    """Answer for one saved patient."""
    story = story_of_folder(PATIENTS / name, procedure)
    now = datetime(story.today.year, story.today.month, story.today.day, 12, tzinfo=UTC)
    evidence = story.evidence()
    return advice_for(story.request(), procedure, lambda *_: evidence, now)


def answers(made: Advice) -> dict[str, Truth]:
    return {one.check.name: one.answer.truth for one in made.findings}


def card_of(made: Advice, rule: str) -> Card:
    return next(card for card in made.cards if card.rules[0] == rule)


def check(procedure: Procedure, name: str) -> Check:
    return next(one for one in procedure.checks if one.name == name)


def test_a_tighter_limit_fires_and_says_whose_it_is(loaded: Loaded) -> None:
    made = advice(
        "warfarin_active_inr_2_4", loaded("[parameters]\ncoag.inr.target = 1.4").procedures[0]
    )
    detail = card_of(made, "coagulopathy_correctable").detail
    assert (
        "INR above which a check fires: limit of this site: 1.4, default 1.5 (This site" in detail
    )
    assert "in place of SIR 2019 consensus, thresholds, high bleeding risk" in detail
    assert "A new INR of at most 1.4" in detail
    assert "- INR above 1.5 (" not in detail


@pytest.mark.parametrize(
    ("target", "fires"),
    [("2.3", True), ("2.4", False), ("2.5", False)],
    ids=["below", "at", "above"],
)
def test_the_limit_of_the_site_decides(loaded: Loaded, target: str, fires: bool) -> None:
    text = f"[parameters]\ncoag.inr.target = {target}\ncoag.inr.block = 3.0"
    procedure = loaded(text).procedures[0]
    found = answers(advice("warfarin_active_inr_2_4", procedure))
    assert (found["coagulopathy_correctable"] is Truth.YES) is fires


def test_a_limit_reaches_every_card_file_in_which_it_stands(loaded: Loaded) -> None:
    procedure = loaded("[parameters]\ncoag.inr.target = 1.3").procedures[0]
    names = ("coagulopathy_correctable", "coagulopathy_uncorrectable", "anticoagulant_active")
    limits = [check(procedure, name).statement.limits for name in names]
    limits += [
        limits[1].anticoagulant,
        check(procedure, "antiplatelet_active").statement.limits.drug,
    ]
    assert {str(one.inr_above) for one in limits} == {"1.3"}


def test_a_loosened_limit_stands_with_its_reason_where_the_check_is_clear(loaded: Loaded) -> None:
    """The card that says "clear" is the one where nobody would look for the limit."""
    procedure = loaded(FOUR).procedures[0]
    made = advice("warfarin_active_inr_2_4", procedure)
    shared = next(card.detail for card in made.cards if "Checked and clear" in card.detail)
    assert "Number of levels" in shared
    assert "limit of this site: 4 levels, default 3 levels: Spine board 2026" in shared


def test_a_loosened_limit_stands_on_the_card_that_still_fires(loaded: Loaded) -> None:
    text = "[parameters]\nlevels.max = { value = 2 }"
    procedure = loaded(text).procedures[0]
    made = advice("three_levels_in_one_session", procedure)
    detail = card_of(made, "levels_exceed_three").detail
    assert "limit of this site: 2 levels, default 3 levels" in detail
    assert "At most 2 levels in one session" in detail


def test_windows_outside_of_the_card_files_follow(loaded: Loaded, procedure: Procedure) -> None:
    text = "[parameters]\nschedule.assumedLeadDays = 3\ncondition.encounterMaxAgeDays = 100"
    made = loaded(text)
    assert (made.procedures[0].lead_days, procedure.lead_days) == (3, 7)
    assert made.procedures[0].codes.encounter_max_age_days == 100
    assert any("7 days -> 3 days (tighter)" in line for line in made.site)
    assert any("365 days -> 100 days (looser)" in line for line in made.site)


def test_a_rule_that_is_off_is_not_asked_and_named_on_every_card(loaded: Loaded) -> None:
    text = "hospital = 'Spital'\n[rules]\ncoagulopathy_correctable = 'off'\n"
    text += "fever_unexplained = { off = true, reason = 'asked by the ward' }"
    made = advice("warfarin_active_inr_2_4", loaded(text).procedures[0])
    assert made.cards
    line = "Switched off at Spital: Recent fever (asked by the ward); Bleeding tests out of range."
    for card in made.cards:
        assert line in card.detail
        assert not {"coagulopathy_correctable", "fever_unexplained"} & set(card.rules)
    assert "Recent fever" not in made.cards[-1].detail.partition("Switched off")[0]


def test_the_trace_names_a_rule_that_is_off(loaded: Loaded) -> None:
    text = "[rules]\nfever_unexplained = { off = true, reason = 'asked by the ward' }\n"
    procedure = loaded(text + "levels_exceed_three = { off = true }").procedures[0]
    made = advice("warfarin_active_inr_2_4", procedure)
    plain = explain.as_text(made, procedure)
    assert "fever_unexplained: switched-off by this site: asked by the ward" in plain
    assert "levels_exceed_three: switched-off by this site\n" in plain
    told = explain.as_json(made, procedure, [])["answers"]
    assert told["fever_unexplained"]["answer"] == "switched-off"
    assert told["fever_unexplained"]["why"] == ["asked by the ward"]
    assert told["levels_exceed_three"]["why"] == []


def test_a_rule_may_be_named_as_on(loaded: Loaded) -> None:
    procedure = loaded("[rules]\nfever-unexplained = 'on'").procedures[0]
    assert all(one.off is None for one in procedure.checks)


def test_links_stand_on_every_card(loaded: Loaded) -> None:
    text = "links = [{ label = 'Clinic', url = 'https://clinic.example/a' }]"
    made = advice("warfarin_active_inr_2_4", loaded(text).procedures[0])
    assert all(card.links[-1].label == "Clinic" for card in made.cards)


HOLDS = """
[holds]
source = "asra"
where = "pharmacy board 2026"
reason = "pain service"
rows = [{ agent = "warfarin", days = 9, needs = "inr" }]
"""


def test_holds_of_the_site_replace_all_rows_of_their_drugs(
    loaded: Loaded, procedure: Procedure
) -> None:
    made = loaded(HOLDS).procedures[0]
    own = check(made, "anticoagulant_active").statement.limits.holds
    default = check(procedure, "anticoagulant_active").statement.limits.holds
    assert [hold.days for hold in own if hold.agent == "warfarin"] == [9]
    others = [hold for hold in default if hold.agent != "warfarin"]
    assert [hold for hold in own if hold.agent != "warfarin"] == others
    assert check(made, "antiplatelet_active").statement.limits.drug.holds == own


def test_a_card_does_not_call_the_holds_of_the_site_those_of_a_paper(loaded: Loaded) -> None:
    made = advice("warfarin_active_inr_2_4", loaded(HOLDS).procedures[0])
    card = card_of(made, "anticoagulant_active")
    assert "suggested hold 9 days" in card.summary
    assert "SIR 2019" not in card.summary
    assert "holds of this site for warfarin: pain service (ASRA/ESRA guidance, pharm" in card.detail
    assert "At this site the holds of warfarin are its own." in card.detail


@pytest.mark.parametrize("command", ["explain", "decide"])
def test_the_commands_follow_the_site(
    command: str,
    site: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/cds.sqlite3")
    monkeypatch.setenv(
        "CDS_SITE", str(site("hospital = 'Spital'\n[parameters]\nfever.celsius = 37.9"))
    )
    requests = PROJECT / "fhir_fixtures" / "requests"
    words = {
        "explain": ["explain", str(PATIENTS / "warfarin_active_inr_2_4"), "--json"],
        "decide": ["decide", str(requests / "order_select.json"), "--today", "2025-05-20"],
    }
    result = CliRunner().invoke(main, words[command])
    assert result.exit_code == 0, result.output
    cards: list[dict[str, Any]] = json.loads(result.output)["cards"]
    assert any("limit of this site: 37.9 °C" in card["detail"] for card in cards)


def test_the_digest_of_the_file_stands_on_every_card(loaded: Loaded, settings: Settings) -> None:
    procedure = loaded(FOUR).procedures[0]
    digest = procedure.version.rpartition(".")[2]
    assert len(digest) == 8
    assert digest not in load_catalog(settings).version
    for card in advice("warfarin_active_inr_2_4", procedure).cards:
        assert digest in str(dict(card.extension))


def test_a_check_whose_facts_the_record_never_holds_is_not_recorded(
    loaded: Loaded, procedure: Procedure
) -> None:
    def recorded(one: Procedure) -> set[str]:
        now = datetime(2025, 5, 20, 12, tzinfo=UTC)
        chart = Chart(now, now + timedelta(days=7))
        return {check.name for check in one.checks if check.recorded(chart, one.kinds)}

    fewer = loaded("[record]\nlacks = ['allergies', 'conditions']").procedures[0]
    assert {"allergy_cement", "allergy_contrast"} <= recorded(procedure) - recorded(fewer)
    more = loaded("[record]\nadds = ['examinations']").procedures[0]
    assert recorded(procedure) <= recorded(more)
