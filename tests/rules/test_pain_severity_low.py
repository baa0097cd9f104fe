"""The highest pain score of the last days against the limit of a trial (rules.md 3.5)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Result
from cds_service.clinical.when import When, Window
from cds_service.rules.pain_severity_low import Limits, pain_severity_low
from tests.charts import Some, limit, result
from tests.times import FILED, FUTURE, YESTERDAY, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("5", "{score}"), Window(days=14))


def pain(said: str, when: When | None = YESTERDAY, **more: Any) -> Result:
    return result("pain_score", said, when, **more)


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "just below": ("fires", [pain("4.9")]),
    "at the limit": ("clear", [pain("5")]),
    "just above": ("clear", [pain("5.1")]),
    "none": ("fires", [pain("0")]),
    "the highest decides, not the newest": ("clear", [pain("2"), pain("7", days(9))]),
    "all of them low": ("fires", [pain("2"), pain("4", days(9))]),
    "high fourteen days ago": ("clear", [pain("2"), pain("7", days(14))]),
    "high fifteen days ago": ("fires", [pain("2"), pain("7", days(15))]),
    "only fifteen days ago": ("unknown(stale)", [pain("7", days(15))]),
    "without a date": ("unknown(unparseable)", [pain("3", None)]),
    "with the time of filing only": ("unknown(unparseable)", [pain("3", FILED)]),
    "in the future": ("unknown(unparseable)", [pain("3", FUTURE)]),
    "without its scale": ("unknown(unparseable)", [pain("3", trouble="no_scale")]),
    "a score without a number": ("unknown(unparseable)", [pain("3")._replace(measured=None)]),
    "one low, one without its scale": (
        "unknown(unparseable)",
        [pain("3"), pain("8", days(3), trouble="no_scale")],
    ),
    "an older high one never stands in for the newest (9.2)": (
        "unknown(unparseable)",
        [pain("8", days(3)), pain("3", trouble="no_scale")],
    ),
    "preliminary and low": ("fires", [pain("3", final=False)]),
    "preliminary and high": ("unknown(missing)", [pain("8", final=False)]),
    "a bound that decides": ("fires", [pain("<5")]),
    "a bound that leaves it open": ("unknown(unparseable)", [pain("<6")]),
    "by its name only": ("unknown(suspected)", [pain("3", suspected=True)]),
}


@cases(TABLE)
def test_pain(expected: str, facts: list[Some]) -> None:
    assert ask(pain_severity_low, LIMITS, facts) == expected


@unanswered("vital_signs")
def test_a_score_that_could_not_be_asked_may_be_higher(states: dict[str, Sought | None]) -> None:
    for facts in ([], [pain("3")], [pain("8")]):
        assert ask(pain_severity_low, LIMITS, facts, states=states) == "unknown(source-error)"
