"""How the real servers are fetched, started and ended; no server is needed for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cds_service.clinical.procedure import Procedure
from tests.conftest import PROJECT
from tests.servers import packages
from tests.servers.packages import HAPI, KITS, Kit, NotFetched, fetched, lacking
from tests.servers.records import fixtures, transaction, written_by_javascript
from tests.servers.running import NotStarted, running

SERVER = "import sys; print('http://127.0.0.1:1/fhir', flush=True); sys.stdin.read()"
IDS = [kit.name for kit in KITS]


def program(folder: Path, name: str, says: str) -> None:
    """Make a program that says its version."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize("kit", KITS, ids=IDS)
def test_without_its_tools_a_server_says_which_it_needs(
    kit: Kit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = lacking(kit)
    assert told.startswith(f"the FHIR server {kit.name} needs ")
    assert all(f"{name} " in told for name in kit.tools)


def test_tools_that_are_too_old_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "java", "openjdk 11.0.2 2019-01-15")
    program(tmp_path, "javac", "javac 17.0.15")
    program(tmp_path, "mvn", "\x1b[1mApache Maven 3.8.7\x1b[m")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lacking(HAPI) == "the FHIR server hapi needs java 17 (11.0.2 found)"
    program(tmp_path, "java", "openjdk 21 2023-09-19")
    assert lacking(HAPI) == ""


def kit_of(*fetch: str) -> Kit:
    return Kit("hapi", {}, fetch, lambda home, _: [str(home)], most=1, exact=True)


def test_packages_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    kit = kit_of(sys.executable, "-c", f"open({str(tmp_path / 'count')!r}, 'a').write('x')")
    home = fetched(kit)
    assert fetched(kit) == home
    assert (tmp_path / "count").read_text(encoding="utf-8") == "x"
    assert (home / "pom.xml").is_file()
    assert home.parent == tmp_path / "vertebral-augmentation-cds"


def test_other_versions_have_a_folder_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = packages._digest(packages.HERE / "hapi", HAPI)
    (tmp_path / "pom.xml").write_text("other", encoding="utf-8")
    monkeypatch.setattr(packages, "HERE", tmp_path)
    assert packages._digest(tmp_path, HAPI) != first


def test_packages_that_cannot_be_fetched_leave_nothing_but_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(NotFetched, match="ended with 3: no such package"):
        fetched(kit_of(sys.executable, "-c", "print('no such package'); raise SystemExit(3)"))
    assert list((tmp_path / "vertebral-augmentation-cds").iterdir()) == []


def test_a_server_ends_with_the_tests(tmp_path: Path) -> None:
    with running([sys.executable, "-c", f"import os; {SERVER}"], tmp_path) as base:
        assert base == "http://127.0.0.1:1/fhir"


def test_a_server_that_ends_early_says_why(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; sys.exit('no memory left')"]
    with pytest.raises(NotStarted, match="no memory left"), running(words, tmp_path):
        pass


def test_a_server_that_says_nothing_is_ended(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with pytest.raises(NotStarted, match="gave no address"), running(words, tmp_path, seconds=0):
        pass


def test_a_server_ends_even_when_the_tests_are_killed(tmp_path: Path) -> None:
    """Whoever holds its input is gone, and it sees the end of it."""
    server = f"import os; open('pid', 'w').write(str(os.getpid())); {SERVER}"
    starter = (
        "import os, signal, sys; from pathlib import Path; "
        "from tests.servers.running import running\n"
        f"with running([sys.executable, '-c', {server!r}], Path({str(tmp_path)!r})):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", starter], cwd=PROJECT, check=False)
    process = int((tmp_path / "pid").read_text(encoding="utf-8"))
    until = time.monotonic() + 30
    while _lives(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _lives(process)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not (stat.is_file() and stat.read_text(encoding="utf-8").rpartition(")")[2][1] == "Z")


def test_every_story_has_ids_that_nobody_else_has(procedure: Procedure) -> None:
    stored: list[str] = []
    for story in fixtures(procedure).values():
        bundle = transaction(story)
        names = [entry["request"]["url"] for entry in bundle["entry"]]
        told = re.findall(r'"reference": "([^"#]+)"', json.dumps(bundle))
        assert set(told) <= set(names)
        assert f"Patient/{story.patient}" in names
        stored += names
    assert len(stored) == len(set(stored))


def test_javascript_writes_whole_numbers_whole() -> None:
    assert json.dumps(written_by_javascript({"a": [1.0, 1.5, True, "1.0"]})) == (
        '{"a": [1, 1.5, true, "1.0"]}'
    )


@pytest.mark.parametrize("kit", KITS, ids=IDS)
def test_no_lock_names_a_registry(kit: Kit) -> None:
    """Where packages come from is the machine's own matter; what they are is pinned here."""
    for path in (packages.HERE / kit.name).rglob("*"):
        if path.is_file():
            hosts = re.findall(r"https?://([a-z0-9.-]+)", path.read_text(encoding="utf-8"))
            assert set(hosts) <= {"maven.apache.org", "127.0.0.1"}, path
