"""Fever: from 38.0 degrees, in 72 hours in hospital and 168 outside (rules.md 3.1, 5, 9.8)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.when import Window
from cds_service.rules.fever_unexplained import Limits, fever_unexplained
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, limit, result
from tests.times import FILED, FUTURE, days, hours
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("38.0", "Cel"), Window(hours=72), Window(hours=168))
WELL = result("temperature", "36.8", hours(20))
HOT = result("temperature", "38.5", hours(30))
FEVER_CODE = diagnosis("infection_possible", marks={"fever": True})

TABLE: Table = {
    "just below the limit": ("clear", [result("temperature", "37.9")]),
    "at the limit": ("fires", [result("temperature", "38.0")]),
    "just above the limit": ("fires", [result("temperature", "38.1")]),
    "the highest in the window decides, not the newest": ("fires", [HOT, WELL]),
    "above by a comparator": ("fires", [result("temperature", ">=38")]),
    "below by a comparator": ("clear", [result("temperature", "<38")]),
    "a comparator that decides nothing": ("unknown(unparseable)", [result("temperature", "<39")]),
    "nothing on record": ("unknown(missing)", []),
    "axillary alone under-reads": (
        "unknown(missing)",
        [result("temperature", "36.8", site="axillary")],
    ),
    "surface alone": ("unknown(missing)", [result("temperature", "36.8", site="surface")]),
    "axillary fever is fever": ("fires", [result("temperature", "38.2", site="axillary")]),
    "axillary beside oral": (
        "clear",
        [result("temperature", "36.8", site="axillary"), replace(WELL, site="oral")],
    ),
    "preliminary fever": ("fires", [result("temperature", "39", final=False), WELL]),
    "preliminary alone never clears": (
        "unknown(missing)",
        [result("temperature", "36.8", final=False)],
    ),
    "no unit": ("unknown(unparseable)", [result("temperature", "101", trouble="no_unit")]),
    "one of two cannot be read": (
        "unknown(unparseable)",
        [WELL, result("temperature", "101", hours(40), trouble="no_unit")],
    ),
    "without a value": (
        "unknown(unparseable)",
        [replace(WELL, measured=None)],
    ),
    "undated": ("unknown(unparseable)", [result("temperature", "36.8", None)]),
    "undated fever beside a normal value": (
        "unknown(unparseable)",
        [WELL, result("temperature", "39", FILED)],
    ),
    "dated in the future": ("unknown(unparseable)", [result("temperature", "36.8", FUTURE)]),
    "fever code without a value": ("unknown(suspected)", [FEVER_CODE]),
    "fever code beside a normal value": ("unknown(suspected)", [FEVER_CODE, WELL]),
    "fever in words beside a normal value": (
        "unknown(suspected)",
        [diagnosis("infection_possible", marks={"fever": True}, by_words=True), WELL],
    ),
    "past fever code": ("clear", [replace(FEVER_CODE, active=False), WELL]),
    "another sign of infection is not fever": ("clear", [diagnosis("infection_possible"), WELL]),
}


@cases(TABLE)
def test_fever(expected: str, facts: list[Some]) -> None:
    assert ask(fever_unexplained, LIMITS, facts) == expected


@pytest.mark.parametrize("site", ["", "oral", "tympanic", "temporal", "rectal", "core"])
def test_a_normal_temperature_of_a_trusted_site_clears(site: str) -> None:
    assert ask(fever_unexplained, LIMITS, [replace(WELL, site=site)]) == "clear"


@pytest.mark.parametrize(
    ("inpatient", "ago", "expected"),
    [
        (True, 71.9, "fires"),
        (True, 72, "fires"),
        (True, 72.1, "clear"),
        (False, 167.9, "fires"),
        (False, 168, "fires"),
        (False, 168.1, "clear"),
        (None, 71, "fires"),
        (None, 73, "unknown(source-error)"),
        (None, 169, "clear"),
    ],
)
def test_the_window_is_shorter_in_hospital(
    inpatient: bool | None, ago: float, expected: str
) -> None:
    facts: list[Some] = [WELL, result("temperature", "39", hours(ago))]
    assert ask(fever_unexplained, LIMITS, facts, inpatient=inpatient) == expected


@pytest.mark.parametrize(
    ("inpatient", "ago", "expected"),
    [
        (True, 72, "clear"),
        (True, 72.1, "unknown(stale)"),
        (False, 168.1, "unknown(stale)"),
        (None, 100, "unknown(source-error)"),
    ],
)
def test_a_normal_temperature_must_lie_in_the_window(
    inpatient: bool | None, ago: float, expected: str
) -> None:
    facts: list[Some] = [result("temperature", "36.8", hours(ago))]
    assert ask(fever_unexplained, LIMITS, facts, inpatient=inpatient) == expected


def test_a_day_alone_ages_from_its_start() -> None:
    three_days = result("temperature", "36.8", days(3))
    assert ask(fever_unexplained, LIMITS, [three_days], inpatient=True) == "unknown(stale)"


@unanswered("vital_signs", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(fever_unexplained, LIMITS, [WELL], states=states) == "unknown(source-error)"
    assert ask(fever_unexplained, LIMITS, [HOT], states=states) == "fires"


def test_an_old_value_does_not_hide_that_the_source_failed() -> None:
    old = result("temperature", "36.8", days(30))
    states = {"vital_signs": Sought.FAILED}
    assert ask(fever_unexplained, LIMITS, [old], states=states) == "unknown(source-error)"


def test_of_temperatures_that_are_too_old_the_newest_is_named() -> None:
    old = [
        replace(WELL, when=hours(ago), reference=f"Observation/{ago}") for ago in (200, 180, 300)
    ]
    answer = fever_unexplained.ask(chart_of(*old), LIMITS)
    assert [gap.proof.reference for gap in answer.missing if gap.proof] == ["Observation/180"]
