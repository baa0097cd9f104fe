"""`audit verify` and `audit show`: what they say, and their exit status."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle

from cds_service.__main__ import main
from cds_service.feedback.audit import Event
from cds_service.feedback.store import Store

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CALL = {
    "client": "ehr",
    "issuer": "https://ehr.example",
    "tenant": "north",
    "service": "vertebral-augmentation",
    "hook": "order-select",
    "instance": "234a4363-40e8-4a01-8f73-17df5caca38b",
    "user": "Practitioner/p1",
    "patient": "vcf-1",
    "orders": ["CPT 22514"],
    "status": 200,
    "version": "1.0",
    "cards": ["6b9b2f0e-6f1f-4c5c-9e53-7d0d3c9d8a10"],
    "fired": ["coagulopathy_correctable"],
    "sources": {
        "laboratory": {"state": "answered", "origin": "prefetch"},
        "conditions": {"state": "failed", "origin": "server", "detail": "HTTP 403"},
    },
}
EVENTS = (
    Event("call", NOW, CALL),
    Event("call", NOW, {"service": "s", "hook": "order-sign", "status": 412, "sources": {}}),
    Event("call", NOW, {"service": "s", "hook": "order-sign", "status": 500}),
    Event("feedback", NOW, {"client": "ehr", "service": "s", "received": 2, "stored": 1}),
    Event("refused", NOW, {"count": 3, "why": {"unauthorized": 3}, "since": "2026-11-21"}),
    Event("lost", NOW, {"count": 1}),
    Event("expired", NOW, {"through": 1, "through_hash": "0" * 64}),
)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a trail with one record of each kind."""
    path = tmp_path / "cds.sqlite3"
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{path}")
    store = Store(f"sqlite:///{path}")
    for event in EVENTS:
        store.record(event)
    store.close()
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["audit", *words])


def do(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def end_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return ":".join(
            map(str, connection.execute("SELECT number, hash FROM audit_end").fetchone())
        )


def test_a_whole_trail_is_said_to_be_whole_and_where_it_ends(file: Path) -> None:
    result = run("verify")
    assert result.exit_code == 0
    assert result.output == f"whole: 7 records, 1 to 7\nend: {end_of(file)}\n"
    assert run("verify", "--end", end_of(file)).exit_code == 0


def test_a_broken_record_is_named(file: Path) -> None:
    do(file, "UPDATE audit SET record = replace(record, '412', '200') WHERE number = 2")
    result = run("verify")
    assert result.exit_code == 1
    assert result.output == "record 2: it was changed\nBROKEN: 1 of 7 records\n"


def test_many_broken_records_are_not_all_listed(file: Path) -> None:
    store = Store(f"sqlite:///{file}")
    for _ in range(30):
        store.record(Event("lost", NOW, {"count": 1}))
    store.close()
    do(file, "UPDATE audit SET record = '{}'")
    result = run("verify")
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 22
    assert result.output.endswith("and 17 more\nBROKEN: 37 of 37 records\n")


def test_what_the_log_said_uncovers_an_end_that_was_cut_and_mended(file: Path) -> None:
    end = end_of(file)
    do(file, "DELETE FROM audit WHERE number = 7")
    do(
        file,
        "UPDATE audit_end SET (number, hash) = (SELECT number, hash FROM audit WHERE number = 6)",
    )
    assert run("verify").exit_code == 0
    result = run("verify", "--end", end)
    assert result.exit_code == 1
    assert "record 7: it is gone, and the end of the trail with it" in result.output
    result = run("verify", "--end", f"3:{'0' * 64}")
    assert (result.exit_code, "another one than it was" in result.output) == (1, True)


def test_an_end_that_expired_since_cannot_be_held_against_it(file: Path) -> None:
    end = end_of(file)
    store = Store(f"sqlite:///{file}", audit_days=30)
    store.record(Event("lost", NOW + timedelta(days=60), {"count": 1}))
    store.close()
    result = run("verify", "--end", end)
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "whole: 2 records, 8 to 9")


@pytest.mark.parametrize("end", ["7", "7:abc", "x:" + "0" * 64, "0:" + "0" * 64])
def test_an_end_that_is_none_is_a_wrong_call(file: Path, end: str) -> None:
    assert file.exists()
    assert run("verify", "--end", end).exit_code == 2


@pytest.mark.parametrize("words", [["verify"], ["show"]])
def test_a_trail_that_cannot_be_read_has_a_status_of_its_own(file: Path, words: list[str]) -> None:
    do(file, "DROP TABLE audit")
    result = run(*words)
    assert result.exit_code == 3
    assert "cannot be read" in result.output


def test_an_empty_trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/new.sqlite3")
    assert run("verify").output == "whole: no records yet\n"
    assert run("show").output == "no records yet\n"
    assert json.loads(run("show", "--json").output) == []
    assert json.loads(run("show", "--fhir").output) == {
        "resourceType": "Bundle",
        "type": "collection",
    }


def test_the_newest_records_are_shown_in_lines(file: Path) -> None:
    assert file.exists()
    lines = run("show", "--last", "3").output.splitlines()
    assert [line.split()[0] for line in lines] == ["5", "6", "7"]
    first = run("show").output.splitlines()[0]
    assert first.startswith("       1  2026-11-21T09:30:00Z  call")
    assert '"answered": 1, "failed": 1' in first


def test_machines_get_all_that_was_recorded(file: Path) -> None:
    listed = json.loads(run("show", "--json").output)
    assert listed[0] == {
        "number": 1,
        "hash": listed[0]["hash"],
        "kind": "call",
        "at": "2026-11-21T09:30:00.000000+00:00",
        **CALL,
    }
    assert f"7:{listed[-1]['hash']}" == end_of(file)


def test_every_kind_of_record_is_a_right_audit_event(file: Path) -> None:
    assert file.exists()
    told = json.loads(run("show", "--fhir").output)
    Bundle.model_validate(told)
    events = [entry["resource"] for entry in told["entry"]]
    for event in events:
        AuditEvent.model_validate(event)
    assert [event["outcome"] for event in events] == ["0", "4", "8", "0", "4", "8", "0"]
    call = events[0]
    assert [agent["requestor"] for agent in call["agent"]] == [False, True]
    assert call["agent"][1]["who"] == {"reference": "Practitioner/p1"}
    assert call["entity"][1]["what"] == {"reference": "Patient/vcf-1"}
    details = {(one["type"], one["valueString"]) for one in call["entity"][0]["detail"]}
    assert {
        ("order", "CPT 22514"),
        ("fired", "coagulopathy_correctable"),
        ("source laboratory", "prefetch, answered"),
        ("source conditions", "server, failed, HTTP 403"),
        ("version", "1.0"),
        ("record", "1"),
    } <= details


def test_a_record_that_was_spoiled_is_not_dressed_up(file: Path) -> None:
    do(file, "UPDATE audit SET record = '{}' WHERE number = 4")
    result = run("show", "--fhir")
    assert (result.exit_code, result.output) == (1, "record 4: it was changed; see audit verify\n")
