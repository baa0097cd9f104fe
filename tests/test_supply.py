"""What comes from others: pinned by hash, listed in the SBOM, asked about; all without network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests import advisories
from tests.advisories import LOCKS, judge
from tests.conftest import PROJECT
from tests.sbom import LOCK, SBOM, packages, sbom

TEXT = LOCK.read_text(encoding="utf-8")


def test_the_sbom_is_the_one_of_the_lock_file() -> None:
    """Write it anew with: python -m tests.sbom."""
    assert SBOM.read_text(encoding="utf-8") == sbom(TEXT)


def test_the_sbom_is_right_by_the_schema_of_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom(TEXT)) is None


def test_the_sbom_lists_every_package_with_the_hashes_that_pip_accepts() -> None:
    listed = json.loads(sbom(TEXT))["components"]
    assert len(listed) == TEXT.count("==") - len(re.findall(r" ; .*==", TEXT)) > 20
    assert sum(len(one["hashes"]) for one in listed) == TEXT.count("--hash=sha256:")
    names = {one["purl"].partition("@")[0] for one in listed}
    assert {"pkg:pypi/flask", "pkg:pypi/sqlalchemy", "pkg:pypi/pyjwt"} <= names


def test_what_a_platform_alone_needs_says_so() -> None:
    lock = f"x==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:{'a' * 64}\n"
    [one] = json.loads(sbom(lock))["components"]
    assert one["properties"][0]["value"] == "sys_platform == 'win32'"


@pytest.mark.parametrize("line", ["flask", "flask==3.1.3", "-e .", "# a remark"])
def test_a_line_without_version_and_hash_is_no_lock(line: str) -> None:
    with pytest.raises(ValueError, match="no package with its version and hashes"):
        sbom(f"{line}\n")


@pytest.mark.parametrize(
    "lock", [*LOCKS, ".ci/requirements-mutation.lock", ".ci/requirements-otel.lock"]
)
def test_every_lock_file_pins_by_hash_and_names_no_server(lock: str) -> None:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    assert list(packages(text))
    assert "://" not in text
    assert "index" not in text.replace("--hash", "")


def test_what_runs_is_pinned_alike_for_production_and_for_developers() -> None:
    runs, develops = (
        {one["name"]: one["version"] for one in packages((PROJECT / lock).read_text("utf-8"))}
        for lock in LOCKS
    )
    assert runs.items() <= develops.items()


def listed(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


GOOD = {"name": "flask", "version": "3.1.3", "vulns": []}
HOLE = {"id": "CVE-2021-23336", "fix_versions": ["3.9.2"], "aliases": []}
BAD = {"name": "old", "version": "1.0", "vulns": [HOLE, {"id": "X-1", "fix_versions": []}]}
SKIPPED = {"name": "six", "skip_reason": "Dependency not found on PyPI"}


FLASK = ("flask", "3.1.3")


@pytest.mark.parametrize(
    ("report", "status", "said"),
    [
        (listed(GOOD), 0, "1 of 1 packages of the lock files were asked about"),
        (listed(GOOD, BAD), 1, "VULNERABLE: old 1.0: CVE-2021-23336, mended in 3.9.2"),
        (listed(GOOD, BAD, SKIPPED), 1, "VULNERABLE: old 1.0: X-1, mended in no version yet"),
        (listed(GOOD | {"version": "3.1.2"}), 3, "NOT ASKED: flask 3.1.3"),
        (listed({"name": "flask", "skip_reason": "x"}), 3, "NOT ASKED: flask 3.1.3"),
        (listed(), 3, "0 of 1 packages of the lock files were asked about"),
        ("", 3, "NOT ASKED: pip-audit gave no report: no route"),
        ("{}", 3, "NOT ASKED"),
        ("[]", 3, "NOT ASKED"),
    ],
)
def test_a_report_is_taken_at_its_word(report: str, status: int, said: str) -> None:
    """pip-audit itself ends with 0, and finds nothing, where every package was skipped."""
    found, lines = judge(report, "no route", {FLASK})
    assert found == status
    assert said in "\n".join(lines)


def test_a_package_that_the_report_left_out_was_not_asked_about() -> None:
    wanted = {FLASK, *((f"p{number}", "1") for number in range(7))}
    status, lines = judge(listed(GOOD), "", wanted)
    assert status == 3
    assert lines == [
        "1 of 8 packages of the lock files were asked about",
        "NOT ASKED: p0 1, p1 1, p2 1, p3 1, p4 1 and 2 more",
    ]


def test_empty_lock_files_prove_nothing() -> None:
    assert judge(listed(GOOD), "", set())[0] == 3


def test_what_is_asked_about_is_what_the_lock_files_pin_for_this_platform() -> None:
    every = {
        (one["name"], one["version"], one["marker"])
        for lock in LOCKS
        for one in packages((PROJECT / lock).read_text("utf-8"))
    }
    wanted = advisories.locked()
    assert wanted >= {(name, version) for name, version, marker in every if not marker}
    windows = {name for name, _, marker in every if marker == "sys_platform == 'win32'"}
    assert ("colorama" in {name for name, _ in wanted}) == (sys.platform == "win32")
    assert "colorama" in windows


@pytest.mark.parametrize(
    ("report", "words", "status"),
    [
        (listed(GOOD), [], 0),
        (listed(GOOD, BAD), ["--if-possible"], 1),
        (listed(SKIPPED), ["--if-possible"], 0),
        (listed(SKIPPED), [], 3),
    ],
)
def test_a_service_that_is_away_stops_ci_no_more_than_it_hides_a_hole(
    report: str,
    words: list[str],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(advisories, "report", lambda: (report, ""))
    monkeypatch.setattr(advisories, "locked", lambda: {FLASK})
    assert advisories.main(words) == status
    assert ("this proves nothing" in capsys.readouterr().out) == (report == listed(SKIPPED))


def test_pip_audit_understands_how_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads every package of both lock files; with --dry-run it asks nobody."""
    done = subprocess.run(
        [*advisories.command(), "--dry-run"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"would have audited (\d+) packages", done.stderr)
    assert found, done.stderr
    assert int(found[1]) == len(advisories.locked())
    monkeypatch.setattr(advisories, "command", lambda: [sys.executable, "-c", "1/0"])
    assert advisories.report() == ("", "ZeroDivisionError: division by zero")


def test_pip_audit_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advisories, "_SECONDS", 0.2)
    monkeypatch.setattr(
        advisories, "command", lambda: [sys.executable, "-c", "import time; time.sleep(60)"]
    )
    assert advisories.report() == ("", "no answer within 0.2 seconds")


def test_ci_asks_and_the_makefile_does_too() -> None:
    assert "make audit ARGS=--if-possible" in Path(PROJECT / ".ci/run").read_text("utf-8")
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert "-m tests.advisories" in makefile
    assert "-m tests.sbom" in makefile
