"""`read-report` over files of every kind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service.__main__ import main
from tests.reports.pdfs import pdf
from tests.reports.test_texts import FULL, document, form, report

FILES = Path(__file__).parent / "formats" / "files"


def run(*arguments: str, given: str | bytes | None = None) -> Any:
    """Run the command."""
    return CliRunner().invoke(main, ["read-report", *arguments], input=given)


def fractures(line: str) -> list[str]:
    """List the levels of one line of output."""
    levels: list[str] = json.loads(line)["levels"]
    return levels


@pytest.mark.parametrize("name", ["epic.rtf", "oracle.html", "cda.xml"])
def test_files_of_every_format(name: str) -> None:
    done = run("--json", str(FILES / name))
    assert done.exit_code == 0
    assert fractures(done.stdout) == (["T12"] if name == "oracle.html" else ["L1"])


def test_a_pdf_under_another_name(tmp_path: Path) -> None:
    for name in ("report.pdf", "report"):
        (tmp_path / name).write_bytes(pdf([FULL.split("\n")]))
        assert fractures(run("--json", str(tmp_path / name)).stdout) == ["L1"]


def test_a_scan_is_told(tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(pdf([[]], pictures=[0]))
    done = run("--json", str(tmp_path / "scan.pdf"))
    assert done.stderr == "scan: not all of it could be read: no-text-layer\n"
    assert fractures(done.stdout) == []


def test_plain_text_keeps_its_places(tmp_path: Path) -> None:
    text = "FINDINGS:\r\n  Fracture of T12 at 12\u00b0.  \r\n"
    (tmp_path / "a.txt").write_bytes(text.encode("cp1252"))
    (found,) = json.loads(run("--json", str(tmp_path / "a.txt")).stdout)["findings"]
    assert text[found["start"] : found["end"]] == found["quote"]


def test_resources(tmp_path: Path) -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": report(presentedForm=[form(FULL)])},
            {"resource": document("d2", date="2020-01-01", content=[{"attachment": form(FULL)}])},
            {"resource": None},
        ],
    }
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))
    lines = run("--json", str(tmp_path / "bundle.json")).stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [
        "DiagnosticReport/r1",
        "DocumentReference/d2",
    ]
    (tmp_path / "one.json").write_text(json.dumps(document()))
    assert fractures(run("--json", str(tmp_path / "one.json")).stdout) == ["L1"]


@pytest.mark.parametrize("content", ["{", "[]", '{"resourceType": "Patient"}'])
def test_json_without_a_report(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content)
    done = run(str(tmp_path / "x.json"))
    assert done.exit_code == 1
    assert "x.json: no" in done.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run(str(tmp_path / "none.txt"))
    assert done.exit_code == 1
    assert "none.txt: cannot be read" in done.stderr


def test_standard_input_and_lines() -> None:
    assert fractures(run("--json", given="L1 compression fracture.").stdout) == ["L1"]
    line = json.dumps({"id": 7, "text": "L1 compression fracture."})
    done = run("--jsonl", given=f"{line}\n\n")
    assert json.loads(done.stdout)["id"] == "7"
    assert run("--jsonl", given="{").exit_code == 1
    assert run("--jsonl", given='{"id": 1}').exit_code == 1
    shown = run(given="L1 compression fracture. INDICATION: L2 fracture?").stdout
    assert "vertebral-fracture L1: present" in shown


def test_a_dash_is_standard_input() -> None:
    done = run("--jsonl", "-", given=json.dumps({"id": "a", "text": "T12 fracture."}))
    assert json.loads(done.output)["levels"] == ["T12"]


def test_a_line_ends_with_a_line_feed_and_with_nothing_else() -> None:
    """JSON may hold other line breaks as they are."""
    text = "T12 fracture.\u2028L1 fracture.\x85L2 is normal."
    line = json.dumps({"id": "a", "text": text}, ensure_ascii=False)
    (read,) = run("--jsonl", given=f"{line}\r\n").output.splitlines()
    assert json.loads(read)["levels"] == ["T12", "L1"]
