"""A recent MRI: of the level, since the pain began, with a fluid-sensitive sequence (3.6, 9.12)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.imaging_missing_or_stale import Limits, imaging_missing_or_stale
from tests.changed import replace
from tests.charts import Some, chart_of, finding, order, study
from tests.times import FUTURE, LAST_WEEK, days, hours, month
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))
STIR = study("MR", LAST_WEEK, fluid_sensitive=True)
PLAIN = study("MR", LAST_WEEK)
EDEMA = finding("marrow-edema", value=True, modality="MR")
FLUID = finding("fluid-sensitive-sequence", value=True, modality="MR")
NOT_FEASIBLE = finding("mri-feasible", value=False, level="")
CT = study("CT", LAST_WEEK)
SCAN = study("NM", LAST_WEEK, bone_scan=True, covers=None)
INSTEAD: list[Some] = [NOT_FEASIBLE, CT, SCAN]


def onset(when: When | None) -> Finding:
    return finding("pain-onset", None, "", days(2), moment=when)


TABLE: Table = {
    "no imaging": ("fires", []),
    "MRI with such a series": ("clear", [STIR]),
    "MRI with such a sequence stated": ("clear", [PLAIN, FLUID]),
    "edema is seen on such a sequence only": ("clear", [EDEMA]),
    "edema on CT is no MRI": ("fires", [replace(EDEMA, modality="CT")]),
    "edema in a preliminary report": ("unknown(missing)", [replace(EDEMA, final=False)]),
    "edema and none on one day": (
        "unknown(conflicting)",
        [EDEMA, replace(EDEMA, value=False)],
    ),
    "edema in a preliminary report of a CT": (
        "fires",
        [replace(EDEMA, modality="CT", final=False)],
    ),
    "CT of an unnamed region": ("fires", [replace(CT, covers=None)]),
    "bone scan filed as MR, of an unnamed region": (
        "fires",
        [replace(STIR, bone_scan=True, covers=None)],
    ),
    "another part, not final": (
        "fires",
        [replace(STIR, covers=frozenset({"C4"}), final=False)],
    ),
    "no edema on an unknown sequence": ("unknown(missing)", [replace(EDEMA, value=False)]),
    "MRI, sequence unknown": ("unknown(missing)", [PLAIN]),
    "MRI without such a sequence": ("unknown(missing)", [PLAIN, replace(FLUID, value=False)]),
    "sequence in a preliminary report": ("fires", [replace(FLUID, final=False)]),
    "ninety days": ("clear", [replace(STIR, when=days(90))]),
    "ninety-one days": ("fires", [replace(STIR, when=days(91))]),
    "without a date": ("unknown(unparseable)", [replace(STIR, when=None)]),
    "in the future": ("unknown(unparseable)", [replace(STIR, when=FUTURE)]),
    "not final": ("unknown(unparseable)", [replace(STIR, final=False)]),
    "of an unnamed region": ("unknown(unparseable)", [replace(STIR, covers=None)]),
    "of an unnamed region, long ago": ("fires", [replace(STIR, covers=None, when=days(91))]),
    "of another part": ("fires", [replace(STIR, covers=frozenset({"C4"}))]),
    "a bone scan filed as MR": ("fires", [replace(STIR, bone_scan=True)]),
    "CT alone": ("fires", [CT]),
    "before the pain began": ("fires", [STIR, onset(days(4))]),
    "on the day the pain began": ("clear", [STIR, onset(days(5))]),
    "after the pain began": ("clear", [STIR, onset(days(6))]),
    "in the month the pain began": ("unknown(stale)", [STIR, onset(month(5))]),
    "after the month the pain began": ("clear", [STIR, onset(month(4))]),
    "the newest statement of the onset counts": (
        "clear",
        [STIR, replace(onset(days(4)), when=days(30)), onset(days(9))],
    ),
    "edema before the pain began": ("fires", [EDEMA, onset(days(4))]),
    "onset unreadable": ("clear", [STIR, onset(None)]),
}

OTHERWISE: Table = {
    "MRI impossible, CT and bone scan": ("clear", INSTEAD),
    "CT and bone scan, MRI possible": ("fires", [CT, SCAN]),
    "MRI impossible, no bone scan": ("fires", [NOT_FEASIBLE, CT]),
    "MRI impossible, no CT": ("fires", [NOT_FEASIBLE, SCAN]),
    "MRI impossible, CT of another part": (
        "fires",
        [NOT_FEASIBLE, SCAN, replace(CT, covers=frozenset({"C4"}))],
    ),
    "MRI impossible, bone scan of another part": (
        "fires",
        [NOT_FEASIBLE, CT, replace(SCAN, covers=frozenset({"C4"}))],
    ),
    "MRI impossible, bone scan of the level": (
        "clear",
        [NOT_FEASIBLE, CT, replace(SCAN, covers=frozenset({"L1"}))],
    ),
    "MRI impossible, bone scan at ninety days": (
        "clear",
        [NOT_FEASIBLE, CT, replace(SCAN, when=days(90))],
    ),
    "MRI impossible, bone scan at ninety-one days": (
        "fires",
        [NOT_FEASIBLE, CT, replace(SCAN, when=days(91))],
    ),
    "MRI impossible, bone scan not final": (
        "fires",
        [NOT_FEASIBLE, CT, replace(SCAN, final=False)],
    ),
    "MRI impossible, CT before the pain began": (
        "fires",
        [NOT_FEASIBLE, SCAN, replace(CT, when=days(8)), onset(days(6))],
    ),
    "MRI impossible, bone scan before the pain began": (
        "fires",
        [NOT_FEASIBLE, CT, replace(SCAN, when=days(8)), onset(days(6))],
    ),
    "MRI impossible long ago": ("fires", [replace(NOT_FEASIBLE, when=days(91)), CT, SCAN]),
    "possible and impossible on one day": (
        "fires",
        [*INSTEAD, replace(NOT_FEASIBLE, value=True)],
    ),
    "a pacemaker does not mean impossible (trap 7)": (
        "fires",
        [replace(NOT_FEASIBLE, value=True), CT, SCAN],
    ),
}


@cases(TABLE, OTHERWISE)
def test_imaging(expected: str, facts: list[Some]) -> None:
    assert ask(imaging_missing_or_stale, LIMITS, facts) == expected


def test_an_accepted_alternative_makes_the_question_moot() -> None:
    answer = imaging_missing_or_stale.ask(chart_of(*INSTEAD), LIMITS)
    assert answer.reason == "not-applicable"


@pytest.mark.parametrize(
    ("facts", "notes"), [([STIR], ("onset_unknown",)), ([STIR, onset(hours(300))], ())]
)
def test_the_card_says_when_the_onset_is_unknown(facts: list[Some], notes: tuple[str, ...]) -> None:
    assert imaging_missing_or_stale.ask(chart_of(*facts), LIMITS).notes == notes


def test_the_card_names_the_newest_older_mri() -> None:
    old = [
        replace(STIR, reference=f"ImagingStudy/{ago}", when=days(ago)) for ago in (200, 100, 300)
    ]
    answer = imaging_missing_or_stale.ask(chart_of(*old), LIMITS)
    assert [(proof.reference, proof.note) for proof in answer.because] == [
        ("ImagingStudy/100", "too_old")
    ]


@pytest.mark.parametrize(
    "other",
    [
        CT,
        SCAN,
        replace(SCAN, covers=frozenset({"L1"})),
        study("XR", LAST_WEEK),
        study("MR", days(100), "C4"),
        study("MR", days(100), covers=None),
        study("CT", days(100)),
    ],
)
def test_only_an_mri_of_the_level_is_named(other: Some) -> None:
    answer = imaging_missing_or_stale.ask(chart_of(other), LIMITS)
    assert [(proof.what, proof.note) for proof in answer.because] == [("mri", "none_found")]


@pytest.mark.parametrize(
    ("orders", "facts", "expected"),
    [
        ((order("L1", "L4"),), [STIR], "fires"),
        ((order("L1", "L4"),), [study("MR", LAST_WEEK, "L1", "L4", fluid_sensitive=True)], "clear"),
        ((order(),), [STIR], "unknown(missing)"),
        ((order("L1"), order()), [STIR], "unknown(missing)"),
        ((order("C5"),), [STIR], "unknown(missing)"),
        ((order(doubtful=("L1-2",)),), [STIR], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(orders: Any, facts: list[Some], expected: str) -> None:
    assert ask(imaging_missing_or_stale, LIMITS, facts, orders=orders) == expected


@unanswered("imaging_studies", "diagnostic_reports", "findings")
def test_an_mri_that_could_not_be_asked_for_is_not_missing(
    states: dict[str, Sought | None],
) -> None:
    for facts in ([], INSTEAD):
        got = ask(imaging_missing_or_stale, LIMITS, facts, states=states)
        assert got == "unknown(source-error)"


@unanswered("imaging_studies", "diagnostic_reports")
def test_an_mri_that_is_there_is_there(states: dict[str, Sought | None]) -> None:
    assert ask(imaging_missing_or_stale, LIMITS, [STIR], states=states) == "clear"


@unanswered("findings")
def test_an_onset_that_could_not_be_asked_for_may_follow_the_mri(
    states: dict[str, Sought | None],
) -> None:
    assert ask(imaging_missing_or_stale, LIMITS, [STIR], states=states) == "unknown(source-error)"
