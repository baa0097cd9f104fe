"""Studies: which part of the spine they show, and what proves a sequence (codes.md 3)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import Study
from cds_service.clinical.levels import LEVELS, between
from tests.facts.records import LOINC, SNOMED, T12, chart, concept, read

LUMBAR, THORACIC = between("T11", "L5"), between("T1", "L1")
CERVICAL = between("C1", "T1")


def images(kind: str = "MR", **more: Any) -> dict[str, Any]:
    """Write an ImagingStudy."""
    return {
        "resourceType": "ImagingStudy",
        "id": "s1",
        "status": "available",
        "started": "2025-05-10T08:00:00Z",
        "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": kind}],
        **more,
    }


def report(code: Any, **more: Any) -> dict[str, Any]:
    """Write a DiagnosticReport."""
    coded = {"text": code} if isinstance(code, str) else code
    return {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": coded,
        "effectiveDateTime": "2025-05-10",
        **more,
    }


def study(resource: Any) -> Study:
    """Read the one study."""
    (only,) = chart(resource).studies
    return only


@pytest.mark.parametrize(
    ("more", "covers"),
    [
        ({"procedureCode": [concept("30679-5")]}, LUMBAR),
        ({"procedureCode": [concept("36532-0")]}, THORACIC),
        ({"procedureCode": [concept("72148", "urn:oid:2.16.840.1.113883.6.12")]}, LUMBAR),
        ({"procedureCode": [concept("94088-2")]}, THORACIC | LUMBAR),
        ({"procedureCode": [concept("36531-2")]}, frozenset(LEVELS)),
        ({"series": [{"bodySite": {"system": SNOMED, "code": "122496007"}}]}, LUMBAR),
        ({"series": [{"bodySite": {"system": SNOMED, "code": T12}}]}, frozenset({"T12"})),
        ({"description": "MRI LUMBAR SPINE W/O"}, LUMBAR),
        ({"description": "MR T-SPINE"}, THORACIC),
        ({"description": "MRI C/T/L SPINE"}, CERVICAL | THORACIC | LUMBAR),
        ({"description": "MRI TL SPINE"}, THORACIC | LUMBAR),
        ({"description": "MR thoracolumbar spine"}, THORACIC | LUMBAR),
        ({"description": "MRI whole spine"}, frozenset(LEVELS)),
        ({"description": "LSSPINE"}, LUMBAR),
        ({"description": "MRT der LWS"}, LUMBAR),
        ({"description": "MRT BWS/LWS nativ"}, THORACIC | LUMBAR),
        ({"description": "IRM du rachis lombaire"}, LUMBAR),
        ({"description": "MRI SPINE"}, None),
        ({"description": "MR THORACIC W/O"}, None),
        ({}, None),
    ],
)
def test_a_study_covers_the_levels_of_its_region(
    more: dict[str, Any], covers: frozenset[str] | None
) -> None:
    """By code, else by body site, else by words; a region that is not named is not guessed."""
    assert study(images(**more)).covers == covers


@pytest.mark.parametrize(
    "more",
    [
        {"description": "MRI BRAIN W/O"},
        {"description": "MR abdomen"},
        {"procedureCode": [concept("30657-1") | {"text": "MR Thoracic outlet"}]},
        {"series": [{"bodySite": {"system": SNOMED, "code": "12738006", "display": "Brain"}}]},
        {"status": "cancelled"},
        {"status": "entered-in-error"},
        {"status": "registered"},
        {"modality": [{"code": "US"}]},
        {"modality": [{"code": "SR"}]},
        {"modality": []},
    ],
)
def test_what_shows_no_spine_is_left_out(more: dict[str, Any]) -> None:
    """A brain MRI is no MRI of the spine, nor is one that never happened."""
    assert chart(images(**more)).studies == ()


@pytest.mark.parametrize(
    ("named", "modality"),
    [
        (["MR", "SR"], "MR"),
        (["PT", "CT"], "PT"),
        (["CT", "NM"], "NM"),
        (["DX"], "XR"),
        (["cr"], "XR"),
    ],
)
def test_one_modality_names_a_study(named: list[str], modality: str) -> None:
    """The CT of a PET/CT is no CT of the spine."""
    more: dict[str, Any] = {
        "modality": [{"code": code} for code in named],
        "description": "lumbar spine",
    }
    assert study(images(**more)).modality == modality


def test_the_series_or_the_words_tell_the_modality_where_the_study_does_not() -> None:
    """Older servers leave it to the series."""
    series = [{"modality": {"code": "MR"}, "description": "SAG T1 L-SPINE"}]
    assert study(images(modality=[], series=series)).modality == "MR"
    assert study(images(modality=[], description="CT lumbar spine")).modality == "CT"


@pytest.mark.parametrize(
    ("description", "seen"),
    [
        ("SAG STIR", True),
        ("SAG_STIR", True),
        ("t2_tirm_sag", True),
        ("T2 FS SAG", True),
        ("T2 DIXON W", True),
        ("T2 TSE FAT SAT", True),
        ("T2 FSE SAG", None),
        ("T2 SAG", None),
        ("STIRLING protocol", None),
        ("", None),
    ],
)
def test_only_a_description_proves_a_fluid_sensitive_sequence(
    description: str, seen: object
) -> None:
    """FSE is fast spin echo, not fat suppression; silence proves nothing."""
    assert study(images(series=[{"description": description}])).fluid_sensitive is seen


@pytest.mark.parametrize(
    ("more", "covers"),
    [
        ({"procedureCode": [concept("39818-0")]}, frozenset(LEVELS)),
        ({"procedureCode": [concept("25031-6")]}, None),
        ({"description": "NM bone scan whole body"}, frozenset(LEVELS)),
        ({"description": "Bone scan"}, None),
    ],
)
def test_a_bone_scan_is_one(more: dict[str, Any], covers: object) -> None:
    """Only one of the whole body shows every level for certain."""
    found = study(images("NM", **more))
    assert (found.bone_scan, found.covers) == (True, covers)


def test_a_heart_scan_is_no_bone_scan() -> None:
    """Nuclear medicine of another organ is left out."""
    assert chart(images("NM", description="Cardiac SPECT")).studies == ()


def test_the_start_of_a_series_dates_a_study_without_one() -> None:
    """And a start that cannot be read is named."""
    series = [{"started": "2025-05-11"}, {"started": "2025-05-09"}]
    found = study(images(started=None, series=series))
    assert found.when is not None
    assert found.when.text == "2025-05-09"
    seen, unreadable = read(images(started="soon"))
    assert seen.studies[0].when is None
    assert unreadable[0].why == "started is no date"


@pytest.mark.parametrize(
    ("code", "modality", "covers"),
    [
        (concept("24968-0"), "MR", LUMBAR),
        ("MRI LUMBAR SPINE", "MR", LUMBAR),
        ("CT T-Spine w/o contrast", "CT", THORACIC),
        ("XR lumbar spine AP/LAT", "XR", LUMBAR),
        ("NM Bone scan, whole body", "NM", frozenset(LEVELS)),
        ("MRI spine", "MR", None),
    ],
)
def test_a_report_is_a_study_by_its_code_or_words(
    code: Any, modality: str, covers: frozenset[str] | None
) -> None:
    """Some systems have no ImagingStudy (real-data.md 5)."""
    found = study(report(code, conclusion="No fracture."))
    assert (found.modality, found.covers, found.has_text) == (modality, covers, True)


@pytest.mark.parametrize(
    "resource",
    [
        report("MRI brain"),
        report("Lipid panel"),
        report("PT/INR"),
        report({"coding": [{"system": LOINC, "code": "24966-4"}]}),
        report("MRI lumbar spine", status="registered"),
        report("MRI lumbar spine", status="cancelled"),
        report(None),
    ],
)
def test_other_reports_are_no_study(resource: dict[str, Any]) -> None:
    """Laboratory reports, other parts of the body, and what has not been done."""
    assert chart(resource).studies == ()


@pytest.mark.parametrize(
    ("status", "final"),
    [
        ("final", True),
        ("amended", True),
        ("appended", True),
        ("preliminary", False),
        ("partial", False),
    ],
)
def test_an_unfinished_report_says_so(status: str, final: bool) -> None:
    """It may raise suspicion and clears nothing."""
    found = study(report("MRI lumbar spine", status=status))
    assert (found.final, found.has_text) == (final, False)


def test_a_limited_examination_says_so() -> None:
    """It shows edema, not the whole canal (codes.md 3.1)."""
    assert study(report(concept("36112-1"))).limited
    assert not study(report(concept("24968-0"))).limited


@pytest.mark.parametrize(
    "said",
    [
        "CT guided biopsy lumbar spine",
        "CT guidance, vertebroplasty of spine",
        "CT Kyphoplasty lumbar spine",
    ],
)
def test_images_that_guide_a_needle_are_no_full_review(said: str) -> None:
    """They do not exclude a stenosis before the next procedure."""
    assert study(report(said)).limited
    assert not study(report("CT lumbar spine after vertebroplasty")).limited


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Lumbar spine lateral, standing", True),
        ("XR SPINE UPRIGHT", True),
        ("TL spine weight-bearing", True),
        ("LSPINE AP/LAT SUPINE", False),
        ("XR spine cross-table lateral", False),
        ("Lumbar spine supine and standing", None),
        ("Lumbar spine non-weight-bearing", None),
        ("Lumbar spine AP and lateral", None),
    ],
)
def test_only_words_tell_whether_the_patient_stood(said: str, expected: bool | None) -> None:
    assert study(images("DX", description=said)).standing is expected
    assert study(report(f"XR {said}")).standing is expected
