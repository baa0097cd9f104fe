"""Studies: which of them shows a level now, and which older one a card names (rules.md 9.12)."""

from __future__ import annotations

import pytest

from cds_service.clinical.scans import is_bone_scan, is_ct, is_mri, shown_by
from cds_service.clinical.when import Window
from tests.changed import replace
from tests.charts import chart_of, study
from tests.times import days
from tests.verdicts import verdict

WINDOW = Window(days=90)


@pytest.mark.parametrize("modality", ["", "CR", "MR", "NM", "PT", "XR", "CT"])
def test_only_a_ct_is_a_ct_and_only_an_mri_an_mri(modality: str) -> None:
    one = study(modality)
    assert is_ct(one) is (modality == "CT")
    assert is_mri(one) is (modality == "MR")
    scan = replace(one, bone_scan=True)
    assert (is_ct(scan), is_mri(scan), is_bone_scan(scan)) == (False, False, True)


def test_the_newest_of_the_older_studies_is_named() -> None:
    """By its day, whatever its name."""
    names = {100: "ImagingStudy/b", 300: "ImagingStudy/c", 200: "ImagingStudy/a"}
    old = [replace(study("CT", days(ago)), reference=name) for ago, name in names.items()]
    answer = shown_by(chart_of(*old), "L1", WINDOW, is_ct, "study_ct")
    assert verdict(answer) == "clear"
    assert [(p.reference, p.note) for p in answer.because] == [("ImagingStudy/b", "too_old")]


def test_that_there_is_none_is_told() -> None:
    answer = shown_by(chart_of(study("MR")), "L1", WINDOW, is_ct, "study_ct")
    assert [(p.what, p.note, p.level) for p in answer.because] == [("study_ct", "none_found", "L1")]
