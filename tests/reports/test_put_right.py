"""What a report puts right is quoted by the words that put it right, where these say it."""

from __future__ import annotations

import pytest

from cds_service.reports.read import read_text

REPORT = (
    "Findings: No discitis at L2-3. T9 fracture with 8 mm retropulsion.\n"
    'ADDENDUM: "No discitis" should read "discitis". 8 mm should be 3 mm.'
)


@pytest.mark.parametrize(
    ("finding", "status", "value", "quote"),
    [
        ("discitis-osteomyelitis-suspected", "present", None, '"No discitis" should read'),
        ("retropulsion", "present", 3, "8 mm should be 3 mm"),
        ("vertebral-fracture", "present", None, "T9 fracture with 8 mm retropulsion."),
    ],
)
def test_what_is_put_right_is_quoted_by_its_correction(
    finding: str, status: str, value: float | None, quote: str
) -> None:
    found = [one for one in read_text(REPORT).findings if one.finding == finding]
    assert found
    for one in found:
        assert (one.status, one.value) == (status, value)
        assert one.quote.startswith(quote)
        assert REPORT[one.start : one.end] == one.quote
