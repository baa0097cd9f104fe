"""Every command that the README shows runs, and its settings table is the program's own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from cds_service.settings import Settings, describe, load_settings
from tests.conftest import PROJECT
from tests.ehr.conftest import fhir as fhir  # noqa: PLC0414 - a fixture: the FHIR server
from tests.ehr.conftest import service as service  # noqa: PLC0414 - a fixture: the service

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line]
TARGETS = re.findall(
    r"^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
)
SERVICE, FHIR = "http://127.0.0.1:8080", "http://127.0.0.1:8090/fhir"
"""Addresses of the README in whose place the tests put servers of their own."""

OURS = [line for line in COMMANDS if line.startswith("python -m cds_service")]
DIRECT = [line for line in OURS if FHIR not in line]
CONNECTED = [line for line in OURS if FHIR in line]
MADE = [line for line in COMMANDS if line.startswith("make ")]


def environment(tmp_path: Path) -> dict[str, str]:
    store = f"sqlite:///{tmp_path}/cds.sqlite3"
    return {**os.environ, "CDS_DATABASE_URL": store, "CDS_LOG_LEVEL": "WARNING"}


def test_the_readme_shows_only_commands_that_are_tested_here() -> None:
    assert set(COMMANDS) == {*DIRECT, *CONNECTED, *MADE, ". .venv/bin/activate"}
    assert COMMANDS[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("command", DIRECT)
def test_a_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    words = [sys.executable, *command.split()[1:]]
    done = subprocess.run(
        words, cwd=PROJECT, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", CONNECTED)
def test_a_command_that_needs_servers_runs(
    command: str, fhir: str, service: str, tmp_path: Path
) -> None:
    test_a_command_of_the_readme_runs(
        command.replace(FHIR, fhir).replace(SERVICE, service), tmp_path
    )


@pytest.mark.parametrize("command", MADE)
def test_a_target_of_the_readme_is_in_the_makefile(command: str) -> None:
    assert command.split()[1] in TARGETS


def test_the_demo_ends_well(tmp_path: Path) -> None:
    """What `make demo ONCE=1` runs: the real service, real requests, the expected answers."""
    done = subprocess.run(
        [sys.executable, "-m", "cds_service", "demo", "--once"],
        cwd=PROJECT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("POST /cds-services/") >= 6
    assert "0 not as expected" in done.stdout


def test_serve_answers_and_stops_when_asked(tmp_path: Path) -> None:
    """What `make serve` runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cds_service", "serve", "--port", "18473"],
        cwd=PROJECT,
        env=environment(tmp_path),
    )
    try:
        for _ in range(200):
            try:
                ready = requests.get("http://127.0.0.1:18473/readyz", timeout=2)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        assert ready.status_code == 200
        services = requests.get("http://127.0.0.1:18473/cds-services", timeout=2).json()
        assert len(services["services"]) == 2
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_the_settings_table_is_the_programs_own() -> None:
    """Regenerate with: python -m tests.write_settings_table."""
    assert settings_table(load_settings({})) in README


def settings_table(settings: Settings) -> str:
    """Write the table of settings as the README shows it."""
    rows = [
        f"| `{name}` | {value_words(name, value)} | {meaning} |"
        for name, value, _, meaning in describe(settings, {})
    ]
    return "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *rows])


def value_words(name: str, value: str) -> str:
    """Show a default; the folder of the content depends on the machine."""
    if name == "CDS_CARDS":
        return "`cards/` of the project"
    return f"`{value}`" if value else ""
