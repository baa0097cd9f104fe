"""The expansion in force: kept, loaded, refreshed, and never in the way of an answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service import explain
from cds_service.__main__ import main
from cds_service.advise import Advice
from cds_service.app import create_app
from cds_service.catalog import Catalog
from cds_service.errors import ContentError
from cds_service.facts.condition_sets import sets_of
from cds_service.facts.read import read_chart
from cds_service.settings import Settings
from cds_service.terminology.answers import Refused
from cds_service.terminology.keeper import Keeper
from cds_service.web.server import BACKGROUND, _working
from tests.facts.records import SNOMED, concept, condition, evidence
from tests.terminology.conftest import DISCITIS, OSTEOMYELITIS, TxServer, invented

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NEW = invented(900001)
Keep = Callable[..., Keeper]
Load = Callable[..., Catalog]


def names(keeper: Keeper, code: str = NEW) -> set[str]:
    """Name the sets that a code is in now."""
    return set(sets_of(keeper.scope.sets, {}, [("snomed", code)]))


def test_an_expansion_is_in_force_at_once_and_after_a_restart(tx: TxServer, keep: Keep) -> None:
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    first = keep()
    assert (names(first), first.status()["conditions"]) == (set(), "explicit list only")
    first.refresh(NOW)
    assert names(first) == {"infection_spinal"}
    first.scope.sets.expansion.change({}, "forgotten")
    asked = len(tx.seen)
    again = keep()
    assert names(again) == {"infection_spinal"}
    assert again.status() == {
        "conditions": "expanded on 2026-11-21",
        "codes_added": 1,
        "server_version": tx.version,
    }
    assert len(tx.seen) == asked, "nothing is asked at the start"


def test_a_refusal_leaves_the_last_expansion(tx: TxServer, keep: Keep) -> None:
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    keeper = keep()
    keeper.refresh(NOW)
    before = keeper.path.read_bytes()
    tx.misdeed = lambda handler, _: handler.send({"resourceType": "OperationOutcome"})
    with pytest.raises(Refused, match=r"<< \d+: the server reported an error"):
        keeper.refresh(NOW + timedelta(days=3))
    assert names(keeper) == {"infection_spinal"}
    assert keeper.path.read_bytes() == before
    said = keeper.status()
    assert said["conditions"] == "expanded on 2026-11-21"
    assert "refused: << " in str(said["problem"])


def test_one_bad_row_refuses_the_whole_run(tx: TxServer, keep: Keep) -> None:
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}

    def last_is_bad(handler: object, asked: dict[str, list[str]]) -> None:
        row = asked["url"][0].partition("<<")[2]
        body = {} if row == keeper.scope.rows[-1] else tx.expand(row, 0)
        handler.send(body)  # type: ignore[attr-defined]

    keeper = keep()
    tx.misdeed = last_is_bad
    with pytest.raises(Refused):
        keeper.refresh(NOW)
    assert names(keeper) == set()
    assert not keeper.path.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"form": 9}, "none of this version"),
        ({"url": "https://other.example/fhir"}, "another server"),
        ({"digest": "other"}, "other code tables"),
        ({"expanded": "yesterday"}, "does not say what it should"),
        ({"expanded": "2026-11-21T12:00:00"}, "no zone|does not say"),
        ({"codes": {"447766008": ["x", OSTEOMYELITIS]}}, "a code is none|does not say"),
        ({"codes": 5}, "does not say what it should"),
    ],
)
def test_a_file_that_does_not_fit_counts_as_none(
    tx: TxServer, keep: Keep, change: dict[str, object], says: str
) -> None:
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    first = keep()
    first.refresh(NOW)
    first.scope.sets.expansion.change({}, "explicit list only")
    body = json.loads(first.path.read_text(encoding="utf-8")) | change
    first.path.write_text(json.dumps(body), encoding="utf-8")
    keeper = keep()
    assert (names(keeper), keeper.kept) == (set(), None)
    assert says.partition("|")[0] in keeper.problem or says.rpartition("|")[2] in keeper.problem
    assert keeper.due(NOW)


def test_a_broken_file_counts_as_none(keep: Keep) -> None:
    path = keep().path
    path.parent.mkdir(parents=True)
    path.write_text("{", encoding="utf-8")
    assert keep().problem == "cache not used: the file cannot be read"


def test_a_kept_code_can_never_pass_the_tables(tx: TxServer, keep: Keep) -> None:
    """Rows of a tampered file are judged anew: a guard adds nothing."""
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    first = keep()
    first.refresh(NOW)
    body = json.loads(first.path.read_text(encoding="utf-8"))
    body["codes"] = {NEW: ["new disorder", DISCITIS], OSTEOMYELITIS: ["x", "91302008"]}
    first.path.write_text(json.dumps(body), encoding="utf-8")
    keeper = keep()
    assert names(keeper) == set()
    assert names(keeper, OSTEOMYELITIS) == {"infection_spinal"}


def test_a_folder_that_cannot_be_written_costs_the_file_only(tx: TxServer, keep: Keep) -> None:
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    keeper = keep()
    keeper.path.parent.parent.joinpath("kept").write_text("no folder", encoding="utf-8")
    keeper.look(NOW)
    assert names(keeper) == {"infection_spinal"}
    assert keeper.status()["problem"] == "the expansion could not be kept on disk"


def test_a_set_whose_guard_is_unknown_stays_an_explicit_list(tx: TxServer, keep: Keep) -> None:
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    tx.unknown = {DISCITIS}
    keeper = keep()
    keeper.refresh(NOW)
    assert names(keeper) == set()
    assert keeper.status()["explicit_list_only"] == ["infection_spinal"]


def test_when_the_server_is_asked_again(tx: TxServer, keep: Keep) -> None:
    keeper = keep(refresh_hours=10)
    keeper.look(NOW)
    asked = len(tx.seen)
    keeper.look(NOW + timedelta(hours=9))
    assert len(tx.seen) == asked
    tx.misdeed = lambda handler, _: handler.send({}, 503)
    keeper.look(NOW + timedelta(hours=11))
    keeper.look(NOW + timedelta(hours=11, minutes=14))
    assert len(tx.seen) == asked + 1
    keeper.look(NOW + timedelta(hours=11, minutes=16))
    assert len(tx.seen) == asked + 2


def test_what_another_process_has_brought_is_taken_over(tx: TxServer, keep: Keep) -> None:
    here = keep()
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    keep().refresh(NOW)
    here.scope.sets.expansion.change({}, "explicit list only")
    asked = len(tx.seen)
    here.look(NOW)
    assert names(here) == {"infection_spinal"}
    assert len(tx.seen) == asked


def test_the_thread_refreshes_and_ends(tx: TxServer, keep: Keep) -> None:
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    keeper = keep()
    keeper.start(lambda: NOW)
    keeper.start(lambda: NOW)
    until = time.monotonic() + 20
    while not names(keeper) and time.monotonic() < until:
        time.sleep(0.02)
    assert names(keeper) == {"infection_spinal"}
    assert [t.name for t in threading.enumerate()].count("terminology") == 1
    keeper.close()
    assert "terminology" not in [t.name for t in threading.enumerate()]


def test_the_thread_outlives_what_nobody_foresaw(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = keep()
    monkeypatch.setattr(keeper, "look", lambda _: 1 / 0)
    keeper.start(lambda: NOW)
    until = time.monotonic() + 5
    while not keeper.problem and time.monotonic() < until:
        time.sleep(0.01)
    assert keeper.problem == "not refreshed (ZeroDivisionError)"
    keeper.close()


def test_what_was_found_out_before_is_found_out_anew(tx: TxServer, loaded: Load) -> None:
    """Meanings of terms are remembered: not beyond the expansion that they came of."""
    catalog = loaded()
    codes = catalog.procedures[0].codes
    sick = condition(concept(NEW, SNOMED))

    def found() -> set[str]:
        chart, _ = read_chart(evidence(sick), (), NOW, NOW, codes)
        return {name for one in chart.diagnoses for name in one.sets}

    assert found() == set()
    assert tx.seen == [], "loading and reading ask nothing"
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    assert catalog.terminology
    catalog.terminology.refresh(NOW)
    asked = len(tx.seen)
    assert found() == {"infection_spinal"}
    assert len(tx.seen) == asked


def test_readiness_and_traces_say_what_is_in_force(
    tx: TxServer, loaded: Load, settings: Settings
) -> None:
    catalog = loaded()
    app = create_app(settings, catalog)
    ready = app.test_client().get("/readyz")
    assert (ready.status_code, ready.get_json()["terminology"]) == (
        200,
        {"conditions": "explicit list only", "codes_added": 0},
    )
    tx.below[OSTEOMYELITIS] = {NEW: "new disorder"}
    assert catalog.terminology
    catalog.terminology.refresh(NOW)
    said = app.test_client().get("/readyz").get_json()["terminology"]
    assert said["conditions"] == "expanded on 2026-11-21"
    trace = explain.as_json(Advice(), catalog.procedures[0], [])
    assert trace["terminology"] == "expanded on 2026-11-21"


def test_without_a_server_readiness_says_so(settings: Settings, catalog: Catalog) -> None:
    app = create_app(settings, catalog)
    assert app.test_client().get("/readyz").get_json()["terminology"] == {
        "conditions": "explicit list only"
    }
    app.extensions[BACKGROUND]()
    assert catalog.terminology is None


def test_a_server_that_is_down_stops_neither_start_nor_answers(
    tx: TxServer, loaded: Load, settings: Settings
) -> None:
    tx.misdeed = lambda handler, _: handler.send({}, 500)
    catalog = loaded()
    app = create_app(settings, catalog)
    keeper = catalog.terminology
    assert keeper
    _working(type("Worker", (), {"wsgi": app}))
    until = time.monotonic() + 10
    while not keeper.problem and time.monotonic() < until:
        time.sleep(0.01)
    said = app.test_client().get("/readyz")
    assert said.status_code == 200
    assert said.get_json()["terminology"]["conditions"] == "explicit list only"
    assert "HTTP 500" in said.get_json()["terminology"]["problem"]
    keeper.close()


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('timout = 5\nurl = "https://tx.example/fhir"', "unknown key 'timout'; did you mean 'time"),
        ("timeout = 5", "key 'url' is missing"),
        ('url = "tx.example"', "absolute base URL"),
        ('url = "https://user@tx.example/fhir"', "absolute base URL"),
        ('url = "https://tx.example/fhir?x=1"', "absolute base URL"),
        ('url = "http://tx.example/fhir"', "on this machine only; use https"),
        ('url = "https://tx.example/fhir"\ntimeout = 0', "'timeout' must be 1 to 120"),
        ('url = "https://tx.example/fhir"\nrefresh_hours = 9999', "must be 1 to 8760"),
        ('url = "https://tx.example/fhir"\nrefresh_hours = true', "must be a whole number"),
        ('url = "https://tx.example/fhir"\nsets = ["infection_spine"]', "mean 'infection_spinal'"),
        ('url = "https://tx.example/fhir"\ncandidates = ["447766008"]', "no SNOMED CT concept id"),
    ],
)
def test_the_table_of_the_site_is_closed(
    settings: Settings, tmp_path: Path, lines: str, says: str
) -> None:
    from cds_service.catalog import load_catalog

    path = tmp_path / "site.toml"
    path.write_text(f"[terminology]\n{lines}", encoding="utf-8")
    with pytest.raises(ContentError, match=r"site\.toml \[terminology\]") as caught:
        load_catalog(settings.model_copy(update={"site": path}))
    assert says in str(caught.value)


def test_production_asks_over_https_only(loaded: Load) -> None:
    with pytest.raises(ContentError, match="over https only"):
        loaded(profile="production")


def test_a_store_that_is_no_file_needs_a_path(loaded: Load, tmp_path: Path) -> None:
    database = "postgresql+psycopg://db/cds"
    with pytest.raises(ContentError, match="give 'cache'"):
        loaded(database_url=database)
    made = loaded(f'cache = "{tmp_path}/tx.json"', database_url=database).terminology
    assert made
    assert made.path == tmp_path / "tx.json"
    assert any("terminology server http://127" in line for line in loaded().site)


def test_the_command_says_what_came(
    tx: TxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/cds.sqlite3")
    site = tmp_path / "site.toml"
    site.write_text(
        f'[terminology]\nurl = "{tx.url}"\nsets = ["infection_spinal"]', encoding="utf-8"
    )
    tx.unknown = {"76571007"}
    tx.below = {OSTEOMYELITIS: {NEW: "new disorder"}, "91302008": {invented(900002): "sepsis x"}}
    result = CliRunner().invoke(main, ["terminology", "--site", str(site)])
    assert result.exit_code == 0
    assert "infection_spinal: 1 codes added" in result.output
    assert f"  {NEW} new disorder" in result.output
    assert "sepsis x" not in result.output
    assert f"SNOMED CT version {tx.version}" in result.output
    assert f"kept in {tmp_path}/terminology.json" in result.output
    assert f"  {DISCITIS}: raises suspicion only" in result.output
    assert "listed codes that the server does not know: 76571007" in result.output
    shown = CliRunner().invoke(main, ["validate", "--site", str(site)]).output
    assert "asked every 24 hours: infection_spinal of conditions" in shown
    tx.misdeed = lambda handler, _: handler.send({"resourceType": "Bundle"})
    result = CliRunner().invoke(main, ["terminology", "--site", str(site)])
    assert result.exit_code == 1
    assert "the answer is no ValueSet" in result.output


def test_the_command_without_a_server() -> None:
    result = CliRunner().invoke(main, ["terminology"])
    assert result.exit_code == 1
    assert "has no [terminology]" in result.output
