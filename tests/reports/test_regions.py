"""Which part of the spine a denial means, and images that are too poor to deny anything."""

from __future__ import annotations

import time

import pytest

from cds_service.clinical.evidence import Evidence, Item
from cds_service.clinical.report import Quote, Status, Told
from cds_service.narrative.look import is_poor, is_unfinished, is_withdrawn
from cds_service.narrative.reading import read_reports
from cds_service.narrative.regions import placed
from tests.reports.test_texts import CODES, NOW, report

WHOLE = {"text": "MRI whole spine"}


def denied(text: str) -> bool:
    """Tell whether a denial of cord compression may mean L3."""
    evidence = Evidence((Item(report(code=WHOLE, conclusion=text)),))
    (read,) = read_reports(evidence, CODES, NOW)
    (told,) = [one for one in read.told if one.finding == "cord-compression"]
    assert told.level == ""
    return told.covers is None or "L3" in told.covers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No cord compression.", True),
        ("No cervical cord compression.", False),
        ("No cord compression in the lumbar spine.", True),
        ("THORACIC SPINE: No cord compression.\nLUMBAR SPINE: Fracture of L3.", False),
        ("THORACIC SPINE\nNo cord compression.\n\nLUMBAR SPINE\nFracture of L3.", False),
        ("Cervical: No cord compression. Lumbar: Fracture of L3.", False),
        ("MRI THORACIC SPINE FINDINGS:\nNo cord compression.", False),
        ("THORACIC SPINE: Normal.\nLUMBAR SPINE: No cord compression.", True),
        ("MRI THORACIC AND LUMBAR SPINE\nNo cord compression.", True),
        ("THORACIC SPINE: Normal.\nIMPRESSION: No cord compression.", True),
    ],
)
def test_a_denial_means_the_part_of_the_spine_under_whose_heading_it_stands(
    text: str, *, expected: bool
) -> None:
    assert denied(text) is expected


@pytest.mark.parametrize(
    ("text", "poor"),
    [
        ("Severely motion degraded study. No cord compression.", True),
        ("Nondiagnostic axial images. No cord compression.", True),
        ("Markedly limited examination. No cord compression.", True),
        ("Mild motion artifact. No cord compression. Range of motion is limited by pain.", False),
        ("No cord compression.", False),
        ("Examination terminated early. No cord compression.", True),
        ("MRI lumbar spine, incomplete: claustrophobia. No cord compression.", True),
        ("The patient was unable to tolerate the axial images. No cord compression.", True),
        ("Only localizers were obtained. No cord compression.", True),
        ("Sagittal T1 images only. No cord compression.", True),
        ("The study shows an incomplete burst fracture. No cord compression.", False),
        ("The conus terminates at L1. No cord compression.", False),
    ],
)
def test_images_that_are_said_to_be_poor(text: str, *, poor: bool) -> None:
    evidence = Evidence((Item(report(conclusion=text)),))
    (read,) = read_reports(evidence, CODES, NOW)
    assert read.poor is poor


def test_a_study_that_its_title_calls_limited_is_poor() -> None:
    limited = report(code={"text": "MR lumbar spine limited"}, conclusion="No cord compression.")
    (read,) = read_reports(Evidence((Item(limited),)), CODES, NOW)
    assert read.poor


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("Provisional report. No cord compression.", True),
        ("Resident interpretation, not yet reviewed by the attending.", True),
        ("No cord compression. [STAT read pending final]", True),
        ("No cord compression. Pending attending review.", True),
        ("AI algorithm output: no cord compression.", True),
        ("No cord compression. Not for diagnostic use.", True),
        ("Provisional report. Electronically signed by Dr. A.", False),
        ("Findings were confirmed by the attending. Biopsy result pending.", False),
    ],
)
def test_texts_that_call_themselves_unfinished(text: str, *, unfinished: bool) -> None:
    assert is_unfinished(text) is unfinished


@pytest.mark.parametrize(
    ("text", "withdrawn"),
    [
        ("ADDENDUM: This report was dictated on the wrong patient.", True),
        ("ADDENDUM: Please disregard the above.", True),
        ("This study was reported in error.", True),
        ("The cord finding pertains to another patient.", True),
        ("ADDENDUM: The levels were miscounted; the fracture is at L2.", True),
        ("Levels counted from C2 to avoid wrong level surgery.", False),
        ("ADDENDUM: Discussed with the team.", False),
    ],
)
def test_texts_that_take_themselves_back(text: str, *, withdrawn: bool) -> None:
    assert is_withdrawn(text) is withdrawn
    conclusion = f"No cord compression. {text}"
    (read,) = read_reports(Evidence((Item(report(conclusion=conclusion)),)), CODES, NOW)
    assert read.final is not withdrawn


@pytest.mark.parametrize(
    "text",
    [". " * 10_000, "lumbar - " * 2_000, "lumbar" + " " * 9_000, "a" * 20_000, "1.\n" * 5_000],
)
def test_no_text_makes_the_search_for_headings_slow(text: str) -> None:
    told = Told("cord-compression", "", Status.ABSENT, None, Quote("No compression.", 19_999))
    start = time.process_time()
    placed([told], text)
    is_poor(text)
    assert time.process_time() - start < 1
