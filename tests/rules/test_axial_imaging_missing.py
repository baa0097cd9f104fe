"""CT or MRI of the level (rules.md 3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.axial_imaging_missing import Limits, axial_imaging_missing
from tests.charts import Some, finding, order, study
from tests.times import FILED, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def onset(ago: int) -> Finding:
    return finding("pain-onset", None, "", days(3), moment=days(ago))


def canal(when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("cord-compression", value=False, level="L1", when=when, **more)


TABLE: Table = {
    "nothing on record": ("fires", []),
    "MRI": ("clear", [study()]),
    "CT": ("clear", [study("CT")]),
    "radiograph only": ("fires", [study("XR")]),
    "bone scan only": ("fires", [study("NM", bone_scan=True)]),
    "PET/CT only": ("fires", [study("PT", bone_scan=True)]),
    "of another region": ("fires", [study("MR", LAST_WEEK, "C5")]),
    "ninety days ago": ("clear", [study("MR", days(90))]),
    "ninety-one days ago": ("fires", [study("MR", days(91))]),
    "without a region": ("unknown(unparseable)", [study(covers=None)]),
    "without a date": ("unknown(unparseable)", [study("MR", None)]),
    "with the time of filing only": ("unknown(unparseable)", [study("MR", FILED)]),
    "limited MRI": ("unknown(missing)", [study(limited=True)]),
    "limited MRI and CT": ("clear", [study(limited=True), study("CT")]),
    "preliminary": ("unknown(missing)", [study(final=False)]),
    "older than the pain": ("fires", [study("MR", days(20)), onset(10)]),
    "of the day the pain began": ("clear", [study("MR", days(10)), onset(10)]),
    "a finding of the canal, its study not listed": ("unknown(missing)", [canal(modality="MR")]),
    "a finding of unsaid origin": ("unknown(missing)", [canal()]),
    "an old finding of the canal": ("fires", [canal(days(91), modality="MR")]),
    "a finding of the canal on a radiograph": ("fires", [canal(modality="XR")]),
}


@cases(TABLE)
def test_axial(expected: str, facts: list[Some]) -> None:
    assert ask(axial_imaging_missing, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [study()], "fires"),
        (("T8", "L1"), [study("MR", LAST_WEEK, "T8", "L1")], "clear"),
        ((), [study()], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(axial_imaging_missing, LIMITS, facts, orders=(order(*levels),)) == expected


@unanswered("imaging_studies", "diagnostic_reports", "findings")
def test_an_absence_that_could_not_be_asked_never_fires(states: dict[str, Sought | None]) -> None:
    assert ask(axial_imaging_missing, LIMITS, [], states=states) == "unknown(source-error)"


@unanswered("findings")
def test_an_onset_that_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(axial_imaging_missing, LIMITS, [study()], states=states) == "unknown(source-error)"
