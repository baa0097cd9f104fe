"""Examinations: what is on record of them, and why that may not be enough (rules.md 1.5, 9.2)."""

from __future__ import annotations

import pytest

from cds_service.clinical.examined import TENDERNESS, undocumented
from cds_service.clinical.imaging import seen
from cds_service.clinical.when import Window
from tests.charts import Some, chart_of, finding
from tests.times import days
from tests.verdicts import verdict

ELSEWHERE = finding("marrow-edema", value=True, level="T8")
TENDER = finding(TENDERNESS.name, value=True)


@pytest.mark.parametrize(
    ("facts", "expected", "details"),
    [
        ([], "fires", []),
        ([TENDER], "clear", []),
        ([TENDER._replace(value=False)], "clear", []),
        ([TENDER._replace(when=days(31))], "fires", []),
        ([TENDER._replace(final=False)], "unknown(missing)", ["only_preliminary"]),
        ([TENDER._replace(level=""), ELSEWHERE], "unknown(missing)", ["no_level"]),
        (
            [TENDER._replace(level=""), TENDER._replace(final=False), ELSEWHERE],
            "unknown(missing)",
            ["no_level", "only_preliminary"],
        ),
    ],
)
def test_a_statement_counts_only_when_it_is_final_and_of_the_level(
    facts: list[Some], expected: str, details: list[str]
) -> None:
    answer = undocumented(seen(chart_of(*facts), TENDERNESS, "L1", Window(days=30)))
    assert verdict(answer) == expected
    assert [gap.detail for gap in answer.missing] == details
