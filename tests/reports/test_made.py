"""Reports on images that are older than the report says."""

from __future__ import annotations

import pytest

from cds_service.clinical.when import When
from cds_service.narrative.made import made
from tests.reports.test_texts import one, report
from tests.times import FILED, days

LAST_WEEK = days(7)  # 2025-05-13


@pytest.mark.parametrize(
    "text",
    [
        "OUTSIDE CONSULTATION\nMRI lumbar spine. No cord compression.",
        "Second opinion on an MRI of 2 October 2023. No cord compression.",
        "Review of outside imaging: MRI lumbar spine.",
        "MRI lumbar spine, over-read.",
        "MRI lumbar spine performed at an outside hospital. No cord compression.",
        "MRI LUMBAR SPINE\nDATE OF EXAM: 10/02/2024\nNo cord compression.",
        "MRI LUMBAR SPINE\nStudy date: 2024-10-02",
        "MRI LUMBAR SPINE\nExam date 30.04.2025",
    ],
)
def test_a_report_on_images_from_elsewhere_does_not_date_them(text: str) -> None:
    assert made(LAST_WEEK, text) == LAST_WEEK._replace(earliest=None)


@pytest.mark.parametrize(
    "text",
    [
        "MRI LUMBAR SPINE\nDATE OF EXAM: 05/13/2025\nNo cord compression.",
        "MRI LUMBAR SPINE\nDATE OF EXAM: 13.05.2025",
        "MRI LUMBAR SPINE\nDATE OF EXAM: 05/06/2025",
        "MRI LUMBAR SPINE\nDATE OF EXAM: 45/45/2024",
        "MRI LUMBAR SPINE\nComparison: outside MRI, study date 10/02/2024",
        "MRI LUMBAR SPINE\nHistory: second opinion wanted.",
        "MRI lumbar spine performed in our clinic.",
        "Fracture of L1. No other fracture.",
    ],
)
def test_other_dates_and_words_leave_the_time_as_it_is(text: str) -> None:
    assert made(LAST_WEEK, text) == LAST_WEEK


@pytest.mark.parametrize("when", [None, FILED])
def test_a_time_that_is_not_known_stays_so(when: When | None) -> None:
    assert made(when, "Second opinion") == when


def test_a_second_opinion_is_read_and_has_no_age() -> None:
    read = one(report(conclusion="Second opinion: MRI lumbar spine. No cord compression."))
    assert read.when is not None
    assert read.when.earliest is None
    assert read.text.startswith("Second opinion")
