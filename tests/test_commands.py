"""The command line: what it prints, for readers and for machines, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.__main__ import main
from cds_service.catalog import Catalog
from cds_service.clinical.procedure import Procedure
from cds_service.demo import _problems, _show
from cds_service.stories import story_of_folder
from tests.conftest import PATIENTS, PROJECT
from tests.fhir_server import serving

WARFARIN = PATIENTS / "warfarin_active_inr_2_4"
CHART = str(WARFARIN / "chart.json")
REQUESTS = PROJECT / "fhir_fixtures" / "requests"
SYNTHEA = sorted((PROJECT.parent / "shared" / "data" / "synthea").glob("*.json"))
ORDER = ["--order", "22514", "--level", "L1", "--today", "2025-05-20"]


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/cds.sqlite3")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def told(*words: str) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    value: dict[str, Any] = json.loads(result.output)
    return value


def test_explain_shows_evidence_facts_answers_and_cards_in_this_order() -> None:
    text = run("explain", str(WARFARIN)).output
    places = [text.index(f"{title}\n") for title in ("EVIDENCE", "FACTS", "ANSWERS", "CARDS")]
    assert places == sorted(places)
    assert "anticoagulant_active: fires" in text
    assert "[WARNING] Kyphoplasty L1: " in text
    assert "INR 2.4 on 2025-05-18" in text


def test_explain_tells_machines_each_answer_with_its_reason_and_evidence() -> None:
    trace = told("explain", CHART, *ORDER)
    answer = trace["answers"]["coagulopathy_correctable"]
    assert answer["answer"] == "fires"
    assert answer["evidence"][0]["value"] == "2.4"
    assert set(answer) >= {"answer", "reason", "level", "evidence"}
    assert {"answers", "facts", "unreadable", "cards"} <= set(trace)
    assert trace["cards"][0]["uuid"]


def test_a_bundle_and_its_folder_give_the_same_answers() -> None:
    whole, folder = told("explain", CHART, *ORDER), told("explain", str(WARFARIN))
    assert whole["answers"] == folder["answers"]


def test_explain_takes_several_codes_and_levels() -> None:
    words = ["--order", "22514,22515*3", "--level", "L1,L2,L3,L4", "--today", "2025-05-20"]
    trace = told("explain", CHART, *words)
    assert trace["answers"]["levels_exceed_three"]["answer"] == "fires"


def test_explain_of_an_order_without_a_level_says_so() -> None:
    trace = told("explain", CHART, "--order", "22514", "--today", "2025-05-20")
    answer = trace["answers"]["level_unspecified_or_mismatch"]
    assert answer["answer"] == "fires"


def test_explain_of_a_folder_takes_another_order() -> None:
    trace = told("explain", str(WARFARIN), "--order", "22513", "--level", "T8")
    assert trace["order"][0]["levels"] == ["T8"]


def test_explain_of_a_foreign_order_gives_no_answer_and_no_card() -> None:
    trace = told("explain", CHART, "--order", "71046", "--level", "L1")
    assert trace["answers"] == {}
    assert trace["cards"] == []
    assert "empty list of cards" in run("explain", CHART, "--order", "71046").output


def test_explain_reads_from_a_fhir_server(procedure: Procedure) -> None:
    story = story_of_folder(WARFARIN, procedure)
    with serving({story.patient: story}) as base:
        trace = told("explain", "--fhir", base, "--patient", story.patient, *ORDER)
    folder = told("explain", str(WARFARIN))
    truths = {name: one["answer"] for name, one in trace["answers"].items()}
    assert truths == {name: one["answer"] for name, one in folder["answers"].items()}


WRONG = {
    "no patient": (["explain", *ORDER], "say which patient"),
    "no such file": (["explain", "nowhere.json", *ORDER], "cannot be read as JSON"),
    "no order": (["explain", CHART], "say which order"),
    "no level of ours": (["explain", CHART, "--order", "22514", "--level", "L9"], "no vertebral"),
    "a wrong quantity": (["explain", CHART, "--order", "22514,22515*x"], "how often"),
    "no patient of a server": (["explain", "--fhir", "http://127.0.0.1:9", *ORDER], "--patient"),
    "nobody of that id": (
        ["explain", CHART, "--patient", "nobody", *ORDER],
        "nobody in this Bundle",
    ),
    "a request that is none": (["decide", str(WARFARIN / "expects.toml")], "cannot be read"),
    "a request without a hook": (["decide", CHART], "no service for its hook"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_in_one_line(case: tuple[list[str], str]) -> None:
    words, said = case
    result = run(*words)
    assert result.exit_code == 1
    assert said in result.output
    assert result.output.startswith("error: ")
    assert len(result.output.splitlines()) == 1


def test_a_server_that_cannot_be_reached_is_told() -> None:
    result = run("explain", "--fhir", "http://127.0.0.1:9/fhir", "--patient", "x", *ORDER)
    assert result.exit_code == 1
    assert "no patient data" in result.output


@pytest.mark.parametrize("name", ["order_select", "order_sign"])
def test_decide_prints_the_answer_to_a_saved_request(name: str) -> None:
    result = run("decide", str(REQUESTS / f"{name}.json"), "--today", "2025-05-20")
    assert result.exit_code == 0
    assert len(json.loads(result.output)["cards"]) == 4


def test_decide_of_a_foreign_order_is_an_empty_list() -> None:
    result = run("decide", str(REQUESTS / "foreign_order.json"))
    assert json.loads(result.output) == {"cards": []}


def test_decide_without_data_is_an_operation_outcome(tmp_path: Path) -> None:
    body = json.loads((REQUESTS / "order_select.json").read_text(encoding="utf-8"))
    del body["prefetch"]
    path = tmp_path / "request.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    result = run("decide", str(path))
    assert result.exit_code == 1
    assert json.loads(result.output)["resourceType"] == "OperationOutcome"


def test_decide_answers_as_of_now_unless_told_otherwise() -> None:
    result = run("decide", str(REQUESTS / "order_select.json"))
    assert result.exit_code == 0
    assert "not completed" in result.output


def test_validate_says_what_it_proved(catalog: Catalog) -> None:
    text = run("validate").output
    assert "all content fits together" in text
    assert catalog.version in text
    assert f"{catalog.counts['rules']} rules" in text


def test_settings_show_value_origin_and_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_PREFETCH", "lean")
    line = next(one for one in run("settings").output.splitlines() if "CDS_PREFETCH " in one)
    assert line.split()[1:3] == ["lean", "environment"]


def test_an_unknown_setting_stops_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_PREFECH", "lean")
    result = run("validate")
    assert result.exit_code == 1
    assert "did you mean CDS_PREFETCH" in result.output


def test_the_demo_finds_what_is_not_as_expected(
    procedure: Procedure, capsys: pytest.CaptureFixture[str]
) -> None:
    story = story_of_folder(WARFARIN, procedure)
    card = {
        "indicator": "info",
        "summary": "a summary",
        "detail": "a detail",
        "suggestions": [{"label": "a suggestion"}],
        "extension": {"x": {"rules": []}},
    }
    assert list(_problems(story, 500, [])) == ["status 500"]
    assert "no card" in list(_problems(story, 200, []))
    assert any("cards, expected at most" in one for one in _problems(story, 200, [card] * 9))
    assert "no warning card of anticoagulant_active" in list(_problems(story, 200, [card]))
    _show(card)
    shown = capsys.readouterr().out
    assert "[INFO] a summary" in shown
    assert "> a suggestion" in shown


@pytest.mark.skipif(not SYNTHEA, reason="the data from outside are not beside the project")
@pytest.mark.parametrize("path", SYNTHEA, ids=[path.stem for path in SYNTHEA])
def test_a_patient_from_outside_gets_cards_and_no_unproven_clear(path: Path) -> None:
    """Old charts without INR, imaging findings or reviewed lists: nothing there can be clear."""
    trace = told("explain", str(path), "--order", "22514", "--level", "L1", "--today", "2026-11-21")
    answers = {name: one["answer"] for name, one in trace["answers"].items()}
    clear = {name for name, one in answers.items() if one == "clear"}
    assert trace["cards"]
    assert clear <= {"levels_exceed_three"}
    taking = any(
        use.get("group") == "anticoagulant" and use["standing"] == "taking"
        for use in trace["facts"]["drugs"]
    )
    if taking:
        assert answers["anticoagulant_active"] == "fires"
        assert any(
            "no INR" in card["detail"] or "no INR" in card["summary"] for card in trace["cards"]
        )
