"""`doctor` and `try` against real servers, as an integrator runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ehr.conftest import run
from tests.ehr.conftest import service as service  # noqa: PLC0414 - a fixture: the service
from tests.servers.conftest import Real

DAY = ["--today", "2025-05-20"]
WARFARIN = "warfarin_active_inr_2_4"


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/cds.sqlite3")
    monkeypatch.delenv("FHIR_TOKEN", raising=False)


def test_the_doctor_finds_nothing_wrong(real: Real, service: str) -> None:
    patient = real.stories["everything_known_and_clear"].patient
    visit = ["--service", service, "--fhir", real.base, "--patient", patient, "--json"]
    done = run("doctor", *visit)
    assert done.exit_code == 0, done.output
    verdicts = {one["check"]: one for one in json.loads(done.stdout)["checks"]}
    for check in ("FHIR server", "search parameters", "prefetch keys", "paging"):
        assert verdicts[check]["verdict"] == "PASS", verdicts[check]


def test_the_doctor_finds_a_patient_by_itself(real: Real, service: str) -> None:
    done = run("doctor", "--service", service, "--fhir", real.base)
    assert done.exit_code == 0, done.output


def test_find_lists_patients_of_a_real_server(real: Real) -> None:
    done = run("try", "--find", "--fhir", real.base, *DAY, "--most", "12", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert len(told["patients"]) == 12
    assert not any(one["problem"] for one in told["patients"])
    assert any(one["cards"].get("warning") for one in told["patients"])
    assert told["complete"] is False


def test_try_shows_the_cards_of_one_patient(real: Real) -> None:
    patient = real.stories[WARFARIN].patient
    done = run("try", "--fhir", real.base, "--patient", patient, *DAY)
    assert done.exit_code == 0, done.output
    assert "INR 2.4" in done.stdout
