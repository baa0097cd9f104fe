"""SECURITY.md names tests as proofs: each of them is there."""

from __future__ import annotations

import re

from tests.conftest import PROJECT

TEXT = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:\w+/)?test_\w+\.py)(?:::(\w+))?`", TEXT)


def test_every_test_that_is_named_exists() -> None:
    assert len(NAMED) > 30
    for file, name in NAMED:
        path = PROJECT / "tests" / file
        assert path.is_file(), file
        assert not name or f"\ndef {name}(" in path.read_text(encoding="utf-8"), name


def test_every_threat_has_its_proof_or_says_that_there_is_none() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and line.count("|") == 5]
    rows = [row for row in rows if "| who bears it |" not in row]
    assert len(rows) > 40
    for row in rows:
        _, _, bearer, done, shown, _ = (cell.strip() for cell in row.split("|"))
        assert bearer.startswith(("service", "site", "EHR", "specification", "---")), row
        assert done
        assert re.search(r"test_\w+\.py|^none yet$|^---$", shown), row
    risks = re.findall(r"^\| R(\d+) ", TEXT, re.MULTILINE)
    assert risks == [str(number) for number in range(1, 18)]
    owasp = re.findall(r"^\| API(\d+) ", TEXT, re.MULTILINE)
    assert owasp == [str(number) for number in range(1, 11)]
