"""What the place must have: the site alone says it (rules.md 3.6)."""

from __future__ import annotations

import pytest

from cds_service.clinical.procedure import Check, Procedure
from cds_service.rules.facility_capability import THINGS, Limits, Said, facility_capability
from tests.changed import replace
from tests.charts import chart_of
from tests.verdicts import ask

LIMITS = Limits(None, None, None, None)
YES, NO = ("yes",), ("no",)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((None, None, None, None), "unknown(missing)"),
        ((YES, YES, YES, YES), "clear"),
        ((YES, YES, YES, None), "unknown(missing)"),
        ((NO, YES, YES, YES), "fires"),
        ((YES, NO, YES, YES), "fires"),
        ((YES, YES, NO, YES), "fires"),
        ((YES, YES, YES, NO), "fires"),
        ((None, None, None, NO), "fires"),
        ((YES, YES, YES, ("perhaps",)), "unknown(unparseable)"),
        ((YES, YES, YES, ("loaned",)), "unknown(unparseable)"),
        ((YES, YES, YES, ("yes, shared",)), "unknown(unparseable)"),
        ((YES, YES, YES, ("yes", "no")), "unknown(unparseable)"),
        ((YES, YES, YES, ("no", "yes")), "unknown(unparseable)"),
    ],
)
def test_one_thing_that_lacks_is_enough(said: tuple[Said, ...], expected: str) -> None:
    assert ask(facility_capability, Limits(*said), []) == expected


def test_all_that_lacks_is_named() -> None:
    answer = facility_capability.ask(chart_of(), Limits(NO, YES, NO, None))
    assert [proof.what for proof in answer.because] == ["no_monitoring", "no_fluoroscopy"]


@pytest.mark.parametrize("name", THINGS)
def test_it_is_recorded_where_the_site_says_anything(name: str, procedure: Procedure) -> None:
    check = next(one for one in procedure.checks if one.name == "facility_capability")
    assert not check.recorded(chart_of(), procedure.kinds)
    told = Check(check.rule, replace(check.statement, limits=replace(LIMITS, **{name: YES})))
    assert told.recorded(chart_of(), procedure.kinds)
