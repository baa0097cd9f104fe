"""CT and a bone scan, where MRI is stated to be impossible (rules.md 3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.mri_alternative_incomplete import Limits, mri_alternative_incomplete
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, finding, study
from tests.times import LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def feasible(value: Any, when: When | None = LAST_WEEK) -> Finding:
    return finding("mri-feasible", value, "", when)


IMPOSSIBLE, POSSIBLE = feasible(value=False), feasible(value=True)
CT, SCAN = study("CT"), study("NM", bone_scan=True)
PACEMAKER = diagnosis("mri_barrier")

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "impossible, nothing instead": ("fires", [IMPOSSIBLE]),
    "impossible, CT only": ("fires", [IMPOSSIBLE, CT]),
    "impossible, bone scan only": ("fires", [IMPOSSIBLE, SCAN]),
    "impossible, both": ("clear", [IMPOSSIBLE, CT, SCAN]),
    "impossible, both, scan of the whole body": (
        "clear",
        [IMPOSSIBLE, CT, replace(SCAN, covers=None)],
    ),
    "both, nothing said": ("clear", [CT, SCAN]),
    "possible": ("clear", [POSSIBLE]),
    "possible, CT only": ("clear", [POSSIBLE, CT]),
    "an MRI of the level": ("clear", [study()]),
    "impossible, yet an MRI of the level": ("clear", [IMPOSSIBLE, study()]),
    "an MRI of another level": ("unknown(missing)", [study("MR", LAST_WEEK, "T4")]),
    "pacemaker alone": ("unknown(suspected)", [PACEMAKER]),
    "pacemaker and CT": ("unknown(suspected)", [PACEMAKER, CT]),
    "pacemaker, CT and bone scan": ("clear", [PACEMAKER, CT, SCAN]),
    "pacemaker, yet possible": ("clear", [PACEMAKER, POSSIBLE]),
    "pacemaker removed": ("unknown(missing)", [diagnosis("mri_barrier", active=False)]),
    "impossible, later possible": ("clear", [feasible(value=False, when=days(9)), POSSIBLE]),
    "both statements of one day": ("unknown(conflicting)", [IMPOSSIBLE, POSSIBLE]),
    "impossible ninety days ago": ("fires", [feasible(value=False, when=days(90))]),
    "impossible ninety-one days ago": ("unknown(stale)", [feasible(value=False, when=days(91))]),
    "unreadable": ("unknown(unparseable)", [finding("mri-feasible", None, "", trouble="words")]),
    "CT ninety days ago": ("clear", [IMPOSSIBLE, study("CT", days(90)), SCAN]),
    "CT ninety-one days ago": ("fires", [IMPOSSIBLE, study("CT", days(91)), SCAN]),
    "scan ninety-one days ago": (
        "fires",
        [IMPOSSIBLE, CT, study("NM", days(91), bone_scan=True)],
    ),
    "CT without a region": ("unknown(unparseable)", [IMPOSSIBLE, study("CT", covers=None), SCAN]),
    "CT preliminary": ("unknown(missing)", [IMPOSSIBLE, replace(CT, final=False), SCAN]),
    "CT older than the pain": (
        "fires",
        [IMPOSSIBLE, study("CT", days(20)), SCAN, finding("pain-onset", None, "", moment=days(10))],
    ),
}


@cases(TABLE)
def test_alternative(expected: str, facts: list[Some]) -> None:
    assert ask(mri_alternative_incomplete, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("facts", "found"),
    [([IMPOSSIBLE], "nothing"), ([IMPOSSIBLE, CT], "study_ct"), ([IMPOSSIBLE, SCAN], "study_nm")],
)
def test_what_is_there_is_named(facts: list[Some], found: str) -> None:
    answer = mri_alternative_incomplete.ask(chart_of(*facts), LIMITS)
    assert dict(answer.values) == {"found": found}


@unanswered("imaging_studies", "findings")
def test_what_could_not_be_asked_is_never_missing(states: dict[str, Sought | None]) -> None:
    got = ask(mri_alternative_incomplete, LIMITS, [IMPOSSIBLE, CT], states=states)
    assert got == "unknown(source-error)"
