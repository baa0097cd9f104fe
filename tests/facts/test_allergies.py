"""Allergies: which agents an entry names, and what it proves of the list (rules.md 3.1, 9.4)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import Allergy
from tests.facts.records import ICD, SNOMED, chart, concept, condition, read, status

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def entry(code: Any, **more: Any) -> dict[str, Any]:
    """Write an entry without a status."""
    return {"resourceType": "AllergyIntolerance", "id": "a1", "code": code, **more}


def allergy(resource: dict[str, Any]) -> Allergy:
    """Read the one allergy of a record."""
    (only,) = chart(resource).allergies
    return only


def agents(code: Any, **more: Any) -> set[str]:
    """Name the agents of an entry."""
    return set(allergy(entry(code, **more)).agents)


@pytest.mark.parametrize(
    ("code", "system", "expected"),
    [
        ("427811002", SNOMED, {"pmma"}),
        ("427811002", f"{SNOMED}/900000000000207008/version/20250101", {"pmma"}),
        ("426722004", SNOMED, {"iodinated"}),
        ("293638001", SNOMED, {"unspecified"}),
        ("385420005", SNOMED, {"unspecified"}),
        ("768763008", SNOMED, {"gadolinium"}),
        ("25419009", SNOMED, {"opacifier", "cement_component"}),
        ("1331", RXNORM, {"opacifier", "cement_component"}),
        ("1418", RXNORM, {"cement_component"}),
        ("1596450", RXNORM, {"cement_component"}),
        ("5956", RXNORM, {"iodinated"}),
        ("84990", RXNORM, {"gadolinium"}),
        ("z91041", ICD, {"unspecified"}),
        ("5956", SNOMED, set()),
        ("91935009", SNOMED, set()),
    ],
)
def test_a_code_names_its_agents(code: str, system: str, expected: set[str]) -> None:
    """Only with its system, in any of its names."""
    assert agents(concept(code, system)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bone cement - rash and hypotension in theatre", {"pmma"}),
        ("PMMA", {"pmma"}),
        ("Acrylates (artificial nails) - contact dermatitis", {"cement_component"}),
        ("dental acrylic", {"cement_component"}),
        ("Benzoyl peroxide", {"cement_component"}),
        ("Zirconium", {"opacifier", "cement_component"}),
        ("Omnipaque", {"iodinated"}),
        ("IV contrast", {"unspecified"}),
        ("IV dye", {"iodinated"}),
        ("X ray dye", {"iodinated"}),
        ("CT dye", {"iodinated"}),
        ("Conray", {"iodinated"}),
        ("Gastrografin", {"iodinated"}),
        ("Dye", {"contrast_possible"}),
        ("Hair dye", set()),
        ("FD&C yellow dye", set()),
        ("Palacos", {"pmma"}),
        ("CONTRAST MEDIA", {"unspecified"}),
        ("Gadolinium contrast", {"gadolinium"}),
        ("MRI contrast", {"gadolinium"}),
        ("MR contrast agent", {"gadolinium"}),
        ("CT contrast and MRI contrast", {"unspecified", "gadolinium"}),
        ("CT/MRI contrast", {"unspecified", "gadolinium"}),
        ("Gadavist", {"gadolinium"}),
        ("Shellfish (hives)", {"contrast_possible"}),
        ("Povidone-iodine", {"contrast_possible"}),
        ("Iodine", {"contrast_possible"}),
        ("Penicillin V", set()),
        ("No known allergy to contrast media", set()),
        ("Patient denies allergy to bone cement", set()),
        ("No known allergies except contrast", {"unspecified"}),
        ("No allergy to latex; contrast: hives", {"unspecified"}),
        ("NO CONTRAST", {"unspecified"}),
    ],
)
def test_words_name_agents(text: str, expected: set[str]) -> None:
    """Gadolinium is no X-ray contrast, seafood is neither, and a denial is no allergy."""
    assert agents({"text": text}) == expected
    assert agents({"coding": [{"display": text}]}) == expected


def test_the_name_of_the_cement_is_found_in_any_spelling() -> None:
    """A methacrylate is one of its parts as well; the cement decides."""
    for text in ("Methyl methacrylate", "polymethylmethacrylate", "poly methyl methacrylate"):
        assert "pmma" in agents({"text": text})


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ({"coding": [{"display": "Gadobutrol"}], "text": "Contrast agent"}, {"gadolinium"}),
        (concept("84990", RXNORM, text="Contrast agent"), {"gadolinium"}),
        (concept("385420005", SNOMED, text="MRI contrast"), {"unspecified", "gadolinium"}),
        (
            {"coding": [{"display": "Gadobutrol"}], "text": "CT contrast and MRI contrast"},
            {"unspecified", "gadolinium"},
        ),
    ],
)
def test_all_words_of_an_entry_speak_of_one_thing(code: Any, expected: set[str]) -> None:
    """A plain "contrast" beside gadolinium means gadolinium; a code keeps its meaning."""
    assert agents(code) == expected


def test_the_substance_of_a_reaction_counts_as_well() -> None:
    """The entry may have a local code only."""
    reaction = [{"substance": concept("5956", RXNORM), "severity": "severe"}, {"severity": "mild"}]
    found = allergy(entry({"text": "Radiology agent"}, reaction=reaction, criticality="High"))
    assert found.agents == {"iodinated"}
    assert (found.shown, found.severity) == ("Radiology agent", "high criticality, severe reaction")


@pytest.mark.parametrize(
    ("more", "active"),
    [
        ({}, True),
        ({"clinicalStatus": status("active")}, True),
        ({"clinicalStatus": status("Resolved")}, False),
        ({"clinicalStatus": status("inactive")}, False),
        ({"clinicalStatus": "inactive"}, False),
        ({"clinicalStatus": {}}, True),
        ({"verificationStatus": concept("unconfirmed", VERIFICATION)}, True),
    ],
)
def test_a_missing_status_counts_as_active(more: dict[str, Any], *, active: bool) -> None:
    """It is often missing (codes.md 5)."""
    assert allergy(entry({"text": "PMMA"}, **more)).active is active


@pytest.mark.parametrize("code", ["refuted", "entered-in-error"])
def test_a_withdrawn_entry_is_none(code: str) -> None:
    """Nor does it show that the list was gone through."""
    withdrawn = entry({"text": "PMMA"}, verificationStatus=concept(code, VERIFICATION))
    assert chart(withdrawn).allergies == ()


ALL, DRUGS = concept("716186003", SNOMED), concept("409137002", SNOMED)


@pytest.mark.parametrize(
    ("code", "more", "none_known", "listed"),
    [
        (ALL, {}, "all", True),
        (DRUGS, {}, "drugs", True),
        ({"coding": [*ALL["coding"], *DRUGS["coding"]]}, {}, "drugs", True),
        (ALL, {"clinicalStatus": status("inactive")}, "", False),
        (ALL, {"reaction": [{"substance": {"text": "PMMA"}}]}, "", True),
        ({"text": "No known allergies"}, {}, "", False),
        ({"text": "NKDA"}, {}, "", False),
        ({"text": "No known food allergies"}, {}, "", False),
        ({"text": "Penicillin"}, {}, "", True),
        ({"text": "No known allergies except contrast"}, {}, "", True),
    ],
)
def test_only_a_coded_statement_proves_that_none_is_known(
    code: Any, more: dict[str, Any], none_known: str, *, listed: bool
) -> None:
    """Words alone never clear (codes.md 0.3.5), and a statement that was ended says nothing."""
    found = allergy(entry(code, **more))
    assert (found.none_known, found.listed) == (none_known, listed)


AMOXICILLIN = {"reaction": [{"substance": {"text": "Amoxicillin"}}]}


@pytest.mark.parametrize(
    ("code", "more", "unnamed"),
    [
        ({"text": "Other"}, {}, True),
        ({"text": "see note"}, {}, True),
        ({"text": "Other (See Comments)"}, {}, True),
        ({"text": "Unknown drug allergy"}, {}, True),
        ({"text": "Other: latex"}, {}, False),
        ({}, {}, True),
        ({"text": "??"}, {}, True),
        (concept("372687004", SNOMED), {}, True),
        (concept("372687004", SNOMED), AMOXICILLIN, False),
        ({"text": "Penicillin"}, {}, False),
        (concept("427811002", SNOMED), {}, False),
        (concept("716186003", SNOMED), {}, False),
    ],
)
def test_an_entry_without_name_or_known_code_may_be_any_allergy(
    code: Any, more: dict[str, Any], *, unnamed: bool
) -> None:
    """A code that is not listed is not found; it proves no absence (codes.md 0.3)."""
    assert allergy(entry(code, **more)).unnamed is unnamed


def test_an_entry_is_dated_by_its_recording_alone() -> None:
    """The last reaction says nothing of when the list was written."""
    dated = allergy(entry({"text": "Latex"}, recordedDate="2025-01-08")).dated
    assert dated is not None
    assert dated.text == "2025-01-08"
    assert allergy(entry({"text": "Latex"}, lastOccurrence="2025-01-08")).dated is None


def test_a_recording_date_that_cannot_be_read_is_told() -> None:
    """The entry stays."""
    found, unreadable = read(entry({"text": "PMMA"}, recordedDate="last year"))
    assert [one.agents for one in found.allergies] == [frozenset({"pmma"})]
    assert [one.why for one in unreadable] == ["recordedDate is no date"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ({"text": "x" * 200}, "x" * 120),
        (concept("427811002", SNOMED), "Polymethyl methacrylate (substance)"),
        (concept("X-1", "https://example.org/local"), "X-1"),
        ({}, ""),
    ],
)
def test_an_entry_shows_its_words_or_ours(code: Any, shown: str) -> None:
    """Bounded, since it is a text of the record."""
    assert allergy(entry(code)).shown == shown


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Z91.041", {"unspecified"}),
        (concept("293637006", SNOMED), {"unspecified"}),
        ({"text": "Allergy to bone cement"}, {"pmma"}),
        ({"text": "History of anaphylaxis after gadolinium"}, {"gadolinium"}),
    ],
)
def test_a_condition_may_stand_for_an_allergy(code: Any, expected: set[str]) -> None:
    """It names agents, and is no entry of the list."""
    found = allergy(condition(code))
    assert (set(found.agents), found.active, found.listed) == (expected, True, False)
    assert found.reference == "Condition/c1"


@pytest.mark.parametrize(
    "code",
    [
        {"text": "Bone cement leakage after kyphoplasty"},
        {"text": "Contrast-induced nephropathy"},
        {"text": "Allergic rhinitis"},
        concept("716186003", SNOMED),
        "I10",
    ],
)
def test_other_conditions_are_no_allergies(code: Any) -> None:
    """The words of an agent alone do not make one."""
    assert chart(condition(code)).allergies == ()


@pytest.mark.parametrize(
    ("more", "active"),
    [
        ({"clinicalStatus": status("resolved")}, False),
        ({"clinicalStatus": status("active"), "abatementDateTime": "2020"}, True),
        ({"abatementDateTime": "2020"}, False),
        ({"abatementDateTime": "2026"}, True),
        ({"abatementDateTime": "later"}, True),
        ({"abatementString": "childhood"}, False),
    ],
)
def test_a_condition_that_has_passed_is_history(more: dict[str, Any], *, active: bool) -> None:
    """As with every condition (rules.md 9.10)."""
    found = allergy(condition("Z91.041", **more))
    assert found.active is active
