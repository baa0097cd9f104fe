"""Spine surgery in reach: the site alone says it (rules.md 3.4)."""

from __future__ import annotations

import pytest

from cds_service.clinical.procedure import Check, Procedure
from cds_service.rules.surgical_backup import Limits, surgical_backup
from tests.changed import replace
from tests.charts import chart_of, diagnosis
from tests.verdicts import ask

LIMITS = Limits(None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, "unknown(missing)"),
        ((), "unknown(missing)"),
        (("none",), "fires"),
        (("agreement",), "clear"),
        (("on-site",), "clear"),
        (("on-site", "agreement"), "clear"),
        (("maybe",), "unknown(unparseable)"),
        (("none", "on-site"), "unknown(unparseable)"),
    ],
)
def test_what_the_site_says_decides(said: tuple[str, ...] | None, expected: str) -> None:
    assert ask(surgical_backup, Limits(said), []) == expected
    assert ask(surgical_backup, Limits(said), [diagnosis("cord_compression")]) == expected


def test_all_that_the_site_says_is_shown() -> None:
    answer = surgical_backup.ask(chart_of(), Limits(("on-site", "agreement")))
    assert [proof.value for proof in answer.because] == ["on-site, agreement"]


def test_it_is_recorded_only_where_the_site_says_it(procedure: Procedure) -> None:
    check = next(one for one in procedure.checks if one.name == "surgical_backup")
    chart = chart_of()
    assert not check.recorded(chart, procedure.kinds)
    told = Check(check.rule, replace(check.statement, limits=Limits(("on-site",))))
    assert told.recorded(chart, procedure.kinds)
