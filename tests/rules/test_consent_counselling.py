"""Consent: none on a record that can hold it is the finding (rules.md 3.6)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.when import When, Window
from cds_service.rules.consent_counselling import Limits, consent_counselling
from tests.charts import Some, chart_of, finding
from tests.times import FILED, FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def consent(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("consent-documented", value, "", when, **more)


GIVEN, NOT_GIVEN = consent(value=True), consent(value=False)

TABLE: Table = {
    "none": ("fires", []),
    "stated as not given": ("fires", [NOT_GIVEN]),
    "given": ("clear", [GIVEN]),
    "given ninety days ago": ("clear", [consent(value=True, when=days(90))]),
    "given ninety-one days ago": ("unknown(stale)", [consent(value=True, when=days(91))]),
    "given, later taken back": ("fires", [consent(value=True, when=days(9)), NOT_GIVEN]),
    "not yet, later given": ("clear", [consent(value=False, when=days(9)), GIVEN]),
    "both of one day": ("unknown(conflicting)", [GIVEN, NOT_GIVEN]),
    "preliminary": ("unknown(missing)", [consent(value=True, final=False)]),
    "undated": ("unknown(unparseable)", [consent(value=True, when=None)]),
    "filed only": ("unknown(unparseable)", [consent(value=True, when=FILED)]),
    "in the future": ("unknown(unparseable)", [consent(value=True, when=FUTURE)]),
    "unreadable": ("unknown(unparseable)", [consent(None, trouble="words")]),
}


@cases(TABLE)
def test_consent(expected: str, facts: list[Some]) -> None:
    assert ask(consent_counselling, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_is_open(states: dict[str, Sought | None]) -> None:
    for facts in ([], [GIVEN]):
        got = ask(consent_counselling, LIMITS, facts, states=states)
        assert got == "unknown(source-error)"


def test_a_record_that_cannot_hold_it_makes_no_gap(procedure: Procedure) -> None:
    check = next(one for one in procedure.checks if one.name == "consent_counselling")
    assert not check.recorded(chart_of(), procedure.kinds)
    assert check.recorded(chart_of(NOT_GIVEN), procedure.kinds)
