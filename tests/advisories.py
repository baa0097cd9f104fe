"""Asks an advisory service about every package of the lock files: `make audit`.

pip-audit ends well, and says that it found nothing, also where it could not ask about a single
package. So its report is read here: the status is 0 when each package was asked about and none is
known to be vulnerable, 1 when one is, 3 when any could not be asked about. With --if-possible that
is told as plainly, and the status is 0: a service that is away must not stop CI.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from tests.conftest import PROJECT

LOCKS: Final = (".ci/requirements.lock", ".ci/requirements-dev.lock")
VULNERABLE: Final = 1
NOT_ASKED: Final = 3

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


def judge(report: str, why: str) -> tuple[int, list[str]]:
    """Read a report; give the status, and what to say."""
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
    skipped = sorted(name for (name, _), one in told.items() if "skip_reason" in one)
    asked = len(told) - len(skipped)
    lines = [*bad, f"{asked} of {len(told)} packages were asked about"]
    if skipped:
        more = f" and {len(skipped) - _MOST} more" if len(skipped) > _MOST else ""
        lines.append(f"NOT ASKED: {', '.join(skipped[:_MOST])}{more}")
    if bad:
        return VULNERABLE, lines
    return (NOT_ASKED if skipped or not told else 0), lines


def _mended(hole: dict[str, Any]) -> str:
    """Name the versions without a hole."""
    return ", ".join(hole.get("fix_versions", ())) or "no version yet"


def main(words: Sequence[str]) -> int:
    """Ask, say what came of it, and give the exit status."""
    status, lines = judge(*report())
    print("\n".join(lines))
    if status == NOT_ASKED:
        print("The advisory service could not be asked about all packages: this proves nothing.")
        return 0 if "--if-possible" in words else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
