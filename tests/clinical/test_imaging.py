"""Which finding speaks of which level, and what proves an absence (rules.md 1.5, 9.12)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import Finding, imaging_finding
from cds_service.clinical.imaging import (
    MRI,
    abnormal_levels,
    applies,
    is_abnormal,
    of_patient,
    onset_of_pain,
    precedes_onset,
    seen,
    stated,
)
from cds_service.clinical.levels import between
from cds_service.clinical.report import Quote, ReadReport, Status, Told
from cds_service.clinical.when import When, Window
from tests.changed import replace
from tests.charts import chart_of, finding, order, study
from tests.times import FILED, days, hours, month
from tests.verdicts import verdict

LIMIT = Window(days=90)
EDEMA = imaging_finding("marrow-edema")
CORD = imaging_finding("cord-compression")
READ = Told("vertebral-fracture", "L1", Status.PRESENT, None, Quote("Fracture of L1."))
OTHER = finding("marrow-edema", value=True, level="T8")


def edema(value: Any, level: str = "", **more: Any) -> Finding:
    return finding("marrow-edema", value, level, **more)


@pytest.mark.parametrize(
    ("one", "levels", "others", "expected"),
    [
        (edema(value=True, level="L1"), ("L1",), [], True),
        (edema(value=True, level="L2"), ("L1",), [], False),
        (edema(value=True), ("L1",), [], True),
        (edema(value=True), ("L1", "L2"), [], False),
        (edema(value=True), ("L1",), [OTHER], False),
        (edema(value=True, covers=between("T1", "L5")), ("L1",), [], True),
        (edema(value=True, covers=between("T1", "L5")), ("L1", "L2"), [], False),
        (edema(value=True, covers=between("C1", "C7")), ("L1",), [], False),
        (edema(value=False), ("L1",), [], True),
        (edema(value=False), ("L1", "L2"), [], False),
        (edema(value=False, covers=between("T1", "L5")), ("L1", "L2"), [OTHER], True),
        (edema(value=False, covers=between("C1", "C7")), ("L1",), [], False),
        (edema(None), ("L1",), [OTHER], False),
    ],
)
def test_a_finding_without_a_level_means_the_only_one_that_can_be_meant(
    one: Finding, levels: tuple[str, ...], others: list[Finding], expected: bool
) -> None:
    chart = chart_of(one, *others, orders=(order(*levels),))
    assert applies(chart, one, "L1") is expected


def test_a_doubtful_level_of_the_order_could_be_meant_too() -> None:
    one = edema(value=True)
    assert not applies(chart_of(one, orders=(order("L1", doubtful=("L6",)),)), one, "L1")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (edema(value=True), True),
        (edema(value=False), False),
        (edema(None), True),
        (finding("canal-stenosis-grade", "none"), False),
        (finding("canal-stenosis-grade", "mild"), True),
        (finding("retropulsion-canal-compromise", "0"), False),
        (finding("retropulsion-canal-compromise", "1"), True),
        (finding("retropulsion-canal-compromise", ">0"), True),
        (finding("fluid-sensitive-sequence", value=True), False),
    ],
)
def test_what_is_not_plainly_normal_is_abnormal(one: Finding, expected: bool) -> None:
    assert is_abnormal(one) is expected
    assert abnormal_levels(chart_of(one)) == ({"L1"} if expected and one.level else frozenset())


@pytest.mark.parametrize(
    ("findings", "says", "proven"),
    [
        ([], "unknown(missing)", "unknown(missing)"),
        ([edema(value=True, level="L1")], "fires", "fires"),
        ([edema(value=False, level="L1")], "clear", "clear"),
        ([edema(value=True, level="L1", final=False)], "fires", "unknown(missing)"),
        ([edema(value=True, level="L1", modality="CT")], "fires", "unknown(missing)"),
        (
            [edema(value=True, level="L1"), edema(value=False, level="L1")],
            "fires",
            "unknown(conflicting)",
        ),
        ([edema(None, level="L1")], "unknown(unparseable)", "unknown(unparseable)"),
    ],
)
def test_what_fires_and_what_proves(findings: list[Finding], says: str, proven: str) -> None:
    looked = seen(chart_of(*findings), EDEMA, "L1", LIMIT, MRI)
    assert verdict(looked.says(value=True)) == says
    assert verdict(looked.proven(value=True)) == proven


@pytest.mark.parametrize(
    ("moments", "expected"),
    [
        ([], None),
        ([None], None),
        ([days(9)], days(9)),
        ([days(9), days(4)], days(4)),
        ([month(5), days(4)], month(5)),
    ],
)
def test_the_latest_onset_of_the_newest_statements(
    moments: list[When | None], expected: When | None
) -> None:
    said = [finding("pain-onset", None, "", days(1), moment=moment) for moment in moments]
    assert onset_of_pain(chart_of(*said)) == expected


@pytest.mark.parametrize(
    ("when", "onset", "expected"),
    [
        (days(5), days(5), False),
        (hours(5 * 24), hours(5 * 24 - 4), False),
        (days(6), days(5), True),
        (days(4), days(5), False),
        (days(4), month(5), True),
        (days(4), month(4), False),
        (days(4), FILED, True),
        (FILED, days(5), False),
        (None, days(5), False),
        (days(4), None, False),
    ],
)
def test_imaging_that_may_be_older_than_the_pain(
    when: When | None, onset: When | None, expected: bool
) -> None:
    assert precedes_onset(when, onset) is expected


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([], "clear"),
        ([finding("mri-feasible", value=False, level="")], "fires"),
        ([finding("mri-feasible", value=False, level="L4")], "fires"),
        ([finding("mri-feasible", value=True, level="")], "clear"),
        ([finding("mri-feasible", value=True, level="", when=days(900))], "clear"),
        ([finding("mri-feasible", value=False, level="", when=days(91))], "unknown(stale)"),
        ([finding("mri-feasible", None, level="")], "unknown(unparseable)"),
    ],
)
def test_a_statement_about_the_patient(findings: list[Finding], expected: str) -> None:
    fact = imaging_finding("mri-feasible")
    assert verdict(stated(chart_of(*findings), fact, LIMIT, value=False)) == expected
    assert of_patient(chart_of(*findings), fact, LIMIT).findings == tuple(findings)


CLEAN = finding("cord-compression", value=False, level="L1", modality="MR", when=days(20))
LATER = days(5)


def told(modality: str, level: str = "L1") -> Finding:
    return finding("vertebral-fracture", value=True, level=level, modality=modality, when=LATER)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([study("MR", LATER, "L1")], "unknown(missing)"),
        ([study("MR", LATER)], "unknown(missing)"),
        ([study("MR", days(20), "L1")], "clear"),
        ([study("MR", days(25), "L1")], "clear"),
        ([study("MR", None, "L1")], "clear"),
        ([study("MR", LATER, "T4")], "clear"),
        ([study("MR", LATER, "L1", has_text=True)], "clear"),
        ([study("MR", LATER, "L1", limited=True)], "clear"),
        ([study("MR", LATER, "L1", bone_scan=True)], "clear"),
        ([study("CT", LATER, "L1")], "clear"),
        ([study("XR", LATER, "L1")], "clear"),
        ([study("MR", LATER, "L1"), told("MR")], "clear"),
        ([study("MR", LATER, "L1"), told("MR", "L3")], "unknown(missing)"),
        ([study("MR", LATER, "L1"), told("CT")], "unknown(missing)"),
    ],
)
def test_an_older_absence_does_not_stand_in_for_a_later_mri_of_which_nothing_is_told(
    others: list[Any], expected: str
) -> None:
    found = seen(chart_of(CLEAN, *others), CORD, "L1", LIMIT)
    assert verdict(found.says(value=True)) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, "unknown(missing)"), ({"told": (READ,)}, "clear"), ({"trouble": "broken"}, "clear")],
)
def test_a_later_mri_whose_report_says_nothing_puts_an_older_one_in_doubt(
    more: dict[str, Any], expected: str
) -> None:
    """What could not be read at all is named by its own trouble, where the report may show it."""
    later = study("MR", LATER, "L1", has_text=True)
    text = ReadReport(later.reference, "MRI", LATER, of_spine=False, **more)
    held = replace(chart_of(CLEAN, later), reports=(text,))
    assert verdict(seen(held, CORD, "L1", LIMIT).says(value=True)) == expected


def test_a_later_ct_of_which_nothing_is_told_puts_an_older_ct_in_doubt() -> None:
    old = CLEAN._replace(modality="CT")
    found = seen(chart_of(old, study("CT", LATER, "L1")), CORD, "L1", LIMIT)
    assert verdict(found.says(value=True)) == "unknown(missing)"


def test_what_fires_is_not_taken_back_by_a_later_mri_of_which_nothing_is_told() -> None:
    present = CLEAN._replace(value=True)
    found = seen(chart_of(present, study("MR", LATER, "L1")), CORD, "L1", LIMIT)
    assert verdict(found.says(value=True)) == "fires"
