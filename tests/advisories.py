"""Asks an advisory service about every package of the lock files: `make audit`.

pip-audit ends well, and says that it found nothing, also where it could not ask about a single
package. So its report is held against the lock files here: the status is 0 when each package that
they name for this platform was asked about, in that version, and none is known to be vulnerable; 1
when one is; 3 when any was not asked about. With --if-possible that is told as plainly, and the
status is 0: a service that is away must not stop CI.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Sequence
from typing import Any, Final

from packaging.markers import Marker

from tests.conftest import PROJECT
from tests.sbom import packages

LOCKS: Final = (".ci/requirements.lock", ".ci/requirements-dev.lock")
VULNERABLE: Final = 1
NOT_ASKED: Final = 3

Package = tuple[str, str]

_SECONDS: Final = 300
_MOST: Final = 5


def command() -> list[str]:
    """Write the call of pip-audit: it reads lock files only, and installs nothing."""
    words = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    for lock in LOCKS:
        words += ["--requirement", lock]
    return [*words, "--format", "json", "--progress-spinner", "off", "--timeout", "10"]


def report() -> tuple[str, str]:
    """Run pip-audit; give its report and, where there is none, why."""
    try:
        done = subprocess.run(
            command(), cwd=PROJECT, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {_SECONDS} seconds"
    last = done.stderr.strip().splitlines() or [f"pip-audit ended with {done.returncode}"]
    return done.stdout, last[-1]


def locked() -> set[Package]:
    """Name what the lock files pin for this platform, by name and version."""
    every = (one for lock in LOCKS for one in packages((PROJECT / lock).read_text("utf-8")))
    return {
        (one["name"], one["version"])
        for one in every
        if not one["marker"] or Marker(one["marker"]).evaluate()
    }


def judge(report: str, why: str, wanted: Collection[Package]) -> tuple[int, list[str]]:
    """Hold a report against the packages that are `wanted`; give the status, and what to say."""
    try:
        found: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return NOT_ASKED, [f"NOT ASKED: pip-audit gave no report: {why}"]
    told = {(one["name"], one.get("version", "?")): one for one in found}
    bad = [
        f"VULNERABLE: {name} {version}: {hole['id']}, mended in {_mended(hole)}"
        for (name, version), one in sorted(told.items())
        for hole in one.get("vulns", ())
    ]
    asked = {key for key, one in told.items() if "skip_reason" not in one}
    lacking = sorted(f"{name} {version}" for name, version in set(wanted) - asked)
    asked_about = len(wanted) - len(lacking)
    lines = [*bad, f"{asked_about} of {len(wanted)} packages of the lock files were asked about"]
    if lacking:
        more = f" and {len(lacking) - _MOST} more" if len(lacking) > _MOST else ""
        lines.append(f"NOT ASKED: {', '.join(lacking[:_MOST])}{more}")
    if bad:
        return VULNERABLE, lines
    return (NOT_ASKED if lacking or not wanted else 0), lines


def _mended(hole: dict[str, Any]) -> str:
    """Name the versions without a hole."""
    return ", ".join(hole.get("fix_versions", ())) or "no version yet"


def main(words: Sequence[str]) -> int:
    """Ask, say what came of it, and give the exit status."""
    status, lines = judge(*report(), locked())
    print("\n".join(lines))
    if status == NOT_ASKED:
        print("The advisory service could not be asked about all packages: this proves nothing.")
        return 0 if "--if-possible" in words else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
