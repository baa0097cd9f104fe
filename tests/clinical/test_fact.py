"""Facts: how a card shows them, and what is not assumed of them."""

from __future__ import annotations

from cds_service.clinical.fact import Allergy, Culture, Diagnosis, DrugUse, Match, Result, Study
from tests.changed import replace
from tests.times import days

WHEN = days(1)
DAY = "2025-05-19"


def test_a_result_shows_its_day_and_its_note() -> None:
    result = Result("inr", WHEN, "Observation/i", "1.1", note="estimated")
    assert result.proof() == ("inr", "1.1", DAY, "Observation/i", "", "estimated", "")
    assert result.proof("other").note == "other"
    assert replace(result, when=None, note="").proof() == (
        "inr",
        "1.1",
        "",
        "Observation/i",
        "",
        "",
        "",
    )


def test_a_culture_shows_its_site_and_day() -> None:
    culture = Culture(WHEN, "Observation/c", "S. aureus", "spine", grown=True, final=True)
    assert culture.proof()[:3] == ("spine_culture", "S. aureus", DAY)
    assert replace(culture, site="", when=None).proof()[:3] == ("other_culture", "S. aureus", "")
    assert not culture.contaminant


def test_a_condition_is_firm_unless_something_weakens_it() -> None:
    match = Match()
    assert not match.possible
    assert not match.by_words
    condition = Diagnosis("Condition/d", {}, "DIC", active=True, recorded=WHEN)
    assert condition.proof("x").when == DAY
    assert replace(condition, recorded=None).proof("x").when == ""


def test_an_allergy_is_of_the_list_and_has_a_name() -> None:
    allergy = Allergy("AllergyIntolerance/a", "PMMA", frozenset({"pmma"}), active=True, dated=WHEN)
    assert allergy.listed
    assert not allergy.unnamed
    assert allergy.proof().when == DAY
    assert replace(allergy, dated=None).proof().when == ""


def test_a_drug_shows_its_last_dose_or_else_the_day_of_its_entry() -> None:
    use = DrugUse("MedicationRequest/m", "Eliquis", ("apixaban", "other"), dated=days(3))
    assert use.proof() == ("apixaban", "Eliquis", "2025-05-17", "MedicationRequest/m", "", "", "")
    assert replace(use, last_dose=WHEN).proof().when == DAY
    assert replace(use, dated=None).proof().when == ""
    assert replace(use, by_name=True).proof().note == "by_name"
    assert replace(use, by_name=True).proof("held").note == "held"
    assert replace(use, agents=(), group="anticoagulant").proof().what == "anticoagulant"
    assert replace(use, agents=()).proof().what == "drug"
    assert not use.anti_infective


def test_a_study_is_an_image_and_no_text_unless_it_is_said() -> None:
    study = Study("ImagingStudy/s", "MR", WHEN, "MRI")
    assert not study.bone_scan
    assert not study.has_text
    assert study.proof().when == DAY
