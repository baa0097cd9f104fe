"""Deformity: a code says nothing of severity; severe fires and mild clears (rules.md 3.3)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Diagnosis
from cds_service.rules.deformity_severe import Limits, deformity_severe
from tests.charts import Some, diagnosis
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(("severe",), ("mild",))


def bent(severity: str = "", **more: Any) -> Diagnosis:
    return diagnosis("deformity", severity=severity, **more)


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "severe": ("fires", [bent("severe")]),
    "mild": ("clear", [bent("mild")]),
    "moderate": ("unknown(suspected)", [bent("moderate")]),
    "severity not stated": ("unknown(suspected)", [bent()]),
    "mild and one without severity": ("unknown(suspected)", [bent("mild"), bent()]),
    "mild and severe": ("fires", [bent("mild"), bent("severe")]),
    "severe, resolved": ("unknown(missing)", [bent("severe", active=False)]),
    "severe, from an old visit": ("unknown(stale)", [bent("severe", dormant=True)]),
    "severe, by words": ("unknown(suspected)", [bent("severe", by_words=True)]),
}


@cases(TABLE)
def test_deformity_severe(expected: str, facts: list[Some]) -> None:
    assert ask(deformity_severe, LIMITS, facts) == expected


@unanswered("conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    mild: list[Some] = [bent("mild")]
    severe: list[Some] = [bent("severe")]
    assert ask(deformity_severe, LIMITS, mild, states=states) == "unknown(source-error)"
    assert ask(deformity_severe, LIMITS, severe, states=states) == "fires"
