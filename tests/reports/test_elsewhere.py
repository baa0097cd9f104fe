"""What is denied elsewhere is printed and proves nothing."""

from __future__ import annotations

import pytest

from cds_service.read_report import machine
from cds_service.reports.read import read_text


@pytest.mark.parametrize(
    "text",
    ["No cord compression elsewhere.", "No additional site of cord compression."],
)
def test_what_is_denied_elsewhere_is_no_finding(text: str) -> None:
    reading = read_text(text)
    assert [one for one in reading.findings if one.finding == "cord-compression"] == []
    assert [one.status for one in reading.elsewhere] == ["absent"]
    printed = machine("1", reading)["findings"]
    assert [(one["finding"], one["level"], one["status"]) for one in printed] == [
        ("cord-compression", None, "absent")
    ]
