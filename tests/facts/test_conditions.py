"""Conditions: which value set, and whether it stands today (rules.md 1.4, codes.md 4)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import Diagnosis, Match
from tests.facts.records import ICD, L1, SNOMED, chart, concept, condition, read, status

ENCOUNTER = [
    concept("encounter-diagnosis", "http://terminology.hl7.org/CodeSystem/condition-category")
]
PROBLEM = [concept("problem-list-item", "http://terminology.hl7.org/CodeSystem/condition-category")]


def diagnosis(*resources: Any) -> Diagnosis:
    """Read the one diagnosis."""
    (only,) = chart(*resources).diagnoses
    return only


def sets(code: Any, **more: Any) -> dict[str, Match]:
    """Name the value sets of a condition."""
    return {
        name: match
        for d in chart(condition(code, **more)).diagnoses
        for name, match in d.sets.items()
    }


@pytest.mark.parametrize(
    ("code", "value_sets"),
    [
        ("M46.26", {"infection_spinal"}),
        ("m4626", {"infection_spinal"}),
        ("A41.9", {"infection_systemic"}),
        ("D68.00", {"bleeding_disorder"}),
        ("I50.21", {"cardiac_severe", "cardiac_chronic"}),
        ("I50.9", {"cardiac_chronic"}),
        ("M80.08XA", {"vcf_osteoporotic", "osteoporosis"}),
        ("S32.012A", {"vcf_other", "burst"}),
        ("S32.010A", {"vcf_other"}),
        ("Z79.01", {"anticoagulant_flag"}),
        ("O10.02", {"pregnancy"}),
        ("N18.6", {"dialysis"}),
        ("D68.51", set()),
        ("D68.61", set()),
        ("O03.9", set()),
        ("O85", set()),
        ("B37.70", set()),
        ("Z99.23", set()),
        ("", set()),
    ],
)
def test_icd_codes_match_by_prefix_or_whole(code: str, value_sets: set[str]) -> None:
    """Clotting tendencies are no bleeding disorders; ended pregnancies are none."""
    assert set(sets(code)) == value_sets


@pytest.mark.parametrize(
    ("code", "value_sets"),
    [
        ("S32.010S", set()),
        ("S22.081S", set()),
        ("M46.26", {"infection_spinal"}),
        ("M80.08XS", {"osteoporosis"}),
        ("S32.110S", set()),
        ("S32.010K", {"vcf_other"}),
    ],
)
def test_a_sequela_is_no_current_fracture(code: str, value_sets: set[str]) -> None:
    """7th character S; the words of the code do not bring it back (trap 6)."""
    coded = concept(code, ICD) | {"text": "Wedge compression fracture of lumbar vertebra"}
    assert {name for name, match in sets(coded).items() if not match.by_words} == value_sets
    assert code[-1] != "S" or "vcf_other" not in sets(coded)


def test_snomed_ids_are_an_explicit_list() -> None:
    """With any version suffix, and by the OID of the system."""
    for system in (
        SNOMED,
        f"{SNOMED}/731000124108/version/20240301",
        f"{SNOMED}|2024",
        "urn:oid:2.16.840.1.113883.6.96",
    ):
        assert set(sets(concept("203241002", system))) == {"infection_spinal"}
    assert sets(concept("207957008", SNOMED)) == {}
    assert sets(concept("M46.26", SNOMED)) == {}


def test_a_possible_code_says_so_and_a_firm_one_outweighs_it() -> None:
    """Discitis need not be infective."""
    assert sets("M46.46")["infection_spinal"].possible
    both = {"coding": [{"system": ICD, "code": "M46.46"}, {"system": SNOMED, "code": "302935008"}]}
    turned = {"coding": both["coding"][::-1]}
    assert not sets(both)["infection_spinal"].possible
    assert not sets(turned)["infection_spinal"].possible


def test_marks_tell_what_is_particular_about_a_code() -> None:
    """DIC decides by itself, neutropenia only together with fever."""
    assert sets("D65")["bleeding_disorder"].marks == {"dic": "true"}
    assert sets("D70.9")["infection_possible"].marks == {"with_fever_only": "true"}
    assert sets("G83.4")["cord_compression"].marks == {"part": "both"}
    assert sets("C90.01")["malignancy_spine"].marks["remission"] == "true"
    assert "remission" not in sets("C90.00")["malignancy_spine"].marks


def test_a_code_for_the_spine_only_needs_the_word() -> None:
    """An infection after any procedure is one of the access site only at the spine."""
    assert sets("T81.41XA")["infection_puncture_site"].possible
    spinal = concept("T81.41XA", ICD) | {"text": "Wound infection after spinal surgery"}
    assert not sets(spinal)["infection_puncture_site"].possible


@pytest.mark.parametrize(
    ("site", "possible"),
    [
        (concept("421060004", SNOMED), False),
        (concept(L1, SNOMED), False),
        ({"text": "lumbar wound"}, False),
        ({"text": "left knee"}, True),
    ],
)
def test_its_body_site_may_name_the_spine(site: Any, possible: bool) -> None:
    """Rules.md 3.1: an infection after a procedure fires where its site is the spine."""
    found = diagnosis(condition("T81.41XA", bodySite=[site]))
    assert found.sets["infection_puncture_site"].possible is possible


@pytest.mark.parametrize(
    ("code", "words", "name", "region"),
    [
        ("M47.812", "Spondylosis, cervical region", "alternative_pain_source", "cervical"),
        ("M48.02", "Spinal stenosis, cervical region", "canal_stenosis", "cervical"),
        ("M54.12", "Radiculopathy, cervical region", "radiculopathy", "cervical"),
        ("M54.13", "Radiculopathy, cervicothoracic region", "radiculopathy", None),
        ("M47.816", "Spondylosis, lumbar region", "alternative_pain_source", None),
        ("M47.819", "Spondylosis, cervical and lumbar", "alternative_pain_source", None),
    ],
)
def test_a_code_whose_words_name_the_neck_is_of_the_neck(
    code: str, words: str, name: str, region: str | None
) -> None:
    """A spondylosis of the neck is no source of pain at a lumbar level."""
    assert sets(concept(code, ICD) | {"text": words})[name].marks.get("region") == region


def test_a_title_needs_no_semantic_tag() -> None:
    coded = {"text": "Chronic congestive heart failure (disorder)", **concept("88805009", SNOMED)}
    assert diagnosis(condition(coded)).shown == "Chronic congestive heart failure"


def test_no_title_of_ours_speaks_to_its_reviewers() -> None:
    assert diagnosis(condition("I50.9")).shown == "Heart failure, unspecified"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Vertebral osteomyelitis", True),
        ("history of vertebral osteomyelitis", False),
        ("no evidence of vertebral osteomyelitis", False),
        ("Rule out discitis", False),
        ("Family history. Discitis L3", True),
        ("s/p discitis in May of 2019, and now discitis again", True),
        ("discitis, sequela", False),
        ("chronic back pain", False),
    ],
)
def test_words_raise_suspicion_unless_they_deny(text: str, named: bool) -> None:
    """Within five words before, and in the same sentence."""
    found = sets({"text": text})
    assert ("infection_spinal" in found) is named
    assert all(match.by_words for match in found.values())


def test_words_count_where_no_code_does() -> None:
    """The display of a foreign code is words too; a code of ours outweighs its own words."""
    foreign = {"coding": [{"system": "urn:imo", "code": "1", "display": "Lumbar discitis"}]}
    assert sets(foreign)["infection_spinal"].by_words
    ours = concept("M46.26", ICD) | {"text": "Vertebral osteomyelitis"}
    assert not sets(ours)["infection_spinal"].by_words


@pytest.mark.parametrize(
    ("more", "active"),
    [
        ({}, True),
        ({"clinicalStatus": status("active")}, True),
        ({"clinicalStatus": status("Recurrence")}, True),
        ({"clinicalStatus": status("relapse")}, True),
        ({"clinicalStatus": "active"}, True),
        ({"clinicalStatus": status("resolved")}, False),
        ({"clinicalStatus": status("inactive")}, False),
        ({"clinicalStatus": status("remission")}, False),
        ({"clinicalStatus": "resolved"}, False),
        ({"abatementDateTime": "2025-05-01"}, False),
        ({"abatementDateTime": "2026-05-01"}, True),
        ({"abatementDateTime": "some time ago"}, True),
        ({"abatementPeriod": {"end": "2025-05-01"}}, False),
        ({"abatementString": "long ago"}, False),
        ({"clinicalStatus": status("active"), "abatementDateTime": "2025-05-01"}, True),
    ],
)
def test_without_a_status_a_condition_stands_until_it_abates(
    more: dict[str, Any], active: bool
) -> None:
    """Oracle leaves the status out (real-data.md 6; rules.md 9.10)."""
    assert diagnosis(condition("M46.26", **more)).active is active


@pytest.mark.parametrize("code", ["refuted", "entered-in-error", "Refuted"])
def test_what_was_refuted_is_left_out(code: str) -> None:
    """Neither fires nor counts as history."""
    assert chart(condition("M46.26", verificationStatus=status(code))).diagnoses == ()


def test_a_tentative_diagnosis_counts_and_says_so() -> None:
    """Provisional diagnoses fire with their word (rules.md 1.4)."""
    found = diagnosis(condition("M46.26", verificationStatus=status("provisional")))
    assert found.shown == "Osteomyelitis of vertebra (provisional)"
    long = condition(
        concept("M46.26", ICD) | {"text": "x" * 300}, verificationStatus=status("differential")
    )
    assert len(diagnosis(long).shown) == 200
    assert diagnosis(long).shown.endswith(" (differential)")


def test_our_own_title_stands_where_the_record_has_no_words() -> None:
    """A bare code is nothing that a clinician can read."""
    assert diagnosis(condition("A41.9")).shown == "Other sepsis"
    assert diagnosis(condition(concept("91302008", SNOMED))).shown == "Sepsis"
    assert diagnosis(condition("S32.012A")).shown == "Fracture of lumbar vertebra"
    assert diagnosis(condition("O10.02")).shown == "O10.02"


@pytest.mark.parametrize(
    ("recorded", "dormant"),
    [("2024-05-20", False), ("2024-05-19", True), ("2024", False), ("2023", True), (None, False)],
)
def test_an_encounter_diagnosis_sleeps_after_a_year(recorded: object, dormant: bool) -> None:
    """365 days are inside; of an imprecise date the later reading counts."""
    found = diagnosis(condition("A41.9", category=ENCOUNTER, recordedDate=recorded))
    assert found.dormant is dormant


def test_a_twin_on_the_problem_list_wakes_an_old_diagnosis() -> None:
    """If that is active, and whichever comes first."""
    old = condition("A41.9", "old", category=ENCOUNTER, recordedDate="2020-01-01")
    twin = condition("A41.9", "twin", category=PROBLEM)
    for pair in ((old, twin), (twin, old)):
        assert [d.dormant for d in chart(*pair).diagnoses] == [False, False]
    resolved = twin | {"clinicalStatus": status("resolved")}
    assert [d.dormant for d in chart(old, resolved).diagnoses] == [True, False]
    other = condition("A40.9", "other", category=PROBLEM)
    assert [d.dormant for d in chart(old, other).diagnoses] == [True, False]


def test_an_entry_of_both_categories_is_no_mere_encounter_diagnosis() -> None:
    """It stands on the problem list as well."""
    old = condition("A41.9", category=[*ENCOUNTER, *PROBLEM], recordedDate="2020-01-01")
    assert diagnosis(old).dormant is False


@pytest.mark.parametrize(
    ("code", "more", "levels"),
    [
        ("S32.010A", {}, ("L1",)),
        ("S22.040A", {}, ("T4",)),
        ("S22.081A", {}, ()),
        ("S32.000A", {}, ()),
        ("M80.08XA", {"bodySite": [concept(L1, SNOMED)]}, ("L1",)),
        ("M80.08XA", {"bodySite": [{"text": "T12 and L1"}]}, ("T12", "L1")),
        ("M80.08XA", {"bodySite": [{"text": "back"}]}, ()),
    ],
)
def test_levels_come_from_the_site_or_a_single_level_code(
    code: str, more: dict[str, Any], levels: tuple[str, ...]
) -> None:
    """A bucket of two levels never proves one."""
    assert diagnosis(condition(code, **more)).levels == levels


def test_the_date_on_record_comes_before_the_onset() -> None:
    """And a date that cannot be read is named."""
    found = diagnosis(condition("A41.9", onsetDateTime="2025-04-01"))
    assert found.recorded is not None
    assert found.recorded.text == "2025-05-01"
    chart_, unreadable = read(condition("A41.9", recordedDate="x", onsetDateTime="2025-04-01"))
    assert chart_.diagnoses[0].recorded is not None
    assert chart_.diagnoses[0].recorded.text == "2025-04-01"
    assert unreadable[0].why == "recordedDate is no date"


@pytest.mark.parametrize(("code", "unstable"), [("S32.011A", None), ("S32.012A", "true")])
def test_a_burst_code_says_whether_it_is_unstable(code: str, unstable: str | None) -> None:
    assert sets(code)["burst"].marks.get("unstable") == unstable


@pytest.mark.parametrize(
    ("code", "mark"), [("C41.2", "true"), ("C90.30", "true"), ("C79.51", None)]
)
def test_a_tumor_that_the_trials_left_out_is_marked(code: str, mark: str | None) -> None:
    assert sets(code)["malignancy_spine"].marks.get("outside_evidence") == mark


@pytest.mark.parametrize(
    ("said", "severity"),
    [
        ("Severe", "severe"),
        ("Mild (qualifier)", "mild"),
        ("mild to severe", ""),
        ("not severe", ""),
        ("24484000", ""),
    ],
)
def test_the_severity_is_a_word_of_the_record(said: str, severity: str) -> None:
    assert diagnosis(condition("M40.20", severity={"text": said})).severity == severity
