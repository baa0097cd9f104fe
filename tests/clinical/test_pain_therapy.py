"""Therapy of the pain: what is proven of it, and what there can be at most (rules.md 3.5, 7.9)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import DrugUse, Finding, Standing
from cds_service.clinical.pain_therapy import analgesic_active, longest, shortest
from cds_service.clinical.when import When, Window
from tests.charts import Some, chart_of, drug, finding
from tests.times import FILED, days
from tests.verdicts import verdict

ENDED, UNCLEAR = Standing.ENDED, Standing.UNCLEAR


def onset(ago: int) -> Finding:
    """State when the present pain began."""
    return finding("pain-onset", None, "", days(3), moment=days(ago))


def taken(since: int | None, until: int | None = None, **more: Any) -> DrugUse:
    """Make an entry for an analgesic, up to now or up to a day."""
    last: When | None = None if until is None else days(until)
    started = None if since is None else days(since)
    return drug(group="", kinds=("analgesic",), started=started, **({"last_dose": last} | more))


def still(since: int | None, **more: Any) -> DrugUse:
    """Make an entry for an analgesic that is taken today."""
    return taken(since, **({"standing": Standing.TAKING} | more))


@pytest.mark.parametrize(
    ("uses", "proven"),
    [
        ([], 0),
        ([still(45)], 45),
        ([still(90)], 50),
        ([taken(45, 10)], 35),
        ([taken(90, 50)], 0),
        ([taken(90, 60)], 0),
        ([taken(90, 60), still(5)], 5),
        ([taken(50, 48), still(2)], 4),
        ([taken(50, 20), taken(30, 10)], 40),
        ([still(45), taken(30, 20)], 45),
        ([taken(50, 20), still(20)], 50),
        ([taken(50, 50), still(40)], 40),
        ([still(45, standing=UNCLEAR, last_dose=days(1))], 0),
        ([taken(45, standing=ENDED)], 0),
        ([taken(45, standing=ENDED, last_dose=FILED)], 0),
        ([still(None)], 0),
    ],
)
def test_only_days_with_a_drug_are_days_of_therapy(uses: list[Some], proven: int) -> None:
    """Since the pain began, fifty days ago; a gap between two drugs is no therapy."""
    assert shortest(chart_of(onset(50), *uses)) == proven
    assert shortest(chart_of(onset(50), *reversed(uses))) == proven


def test_without_an_onset_no_day_is_proven() -> None:
    assert shortest(chart_of(still(45))) is None


@pytest.mark.parametrize(
    ("facts", "most"),
    [
        ([], None),
        ([onset(50)], 50),
        ([onset(0)], 0),
        ([onset(-2)], 0),
        ([still(10)], 10),
        ([onset(50), still(10)], 10),
        ([onset(5), still(10)], 5),
        ([still(10), still(20)], 20),
        ([still(10), still(None)], None),
        ([onset(50), still(10), still(None)], 50),
    ],
)
def test_therapy_cannot_be_longer_than_the_pain_or_the_first_drug(
    facts: list[Some], most: int | None
) -> None:
    assert longest(chart_of(*facts)) == most


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        (still(1), "fires"),
        (still(0), "clear"),
        (still(None), "unknown(missing)"),
        (still(5, standing=UNCLEAR), "unknown(missing)"),
        (still(0, standing=UNCLEAR), "clear"),
        (still(None, standing=UNCLEAR), "unknown(missing)"),
        (taken(5, 0), "clear"),
    ],
)
def test_a_drug_is_active_when_it_has_been_taken_for_a_day(use: DrugUse, expected: str) -> None:
    assert verdict(analgesic_active(chart_of(use), Window(days=1))) == expected
