"""Coded findings: value, level, region and origin (codes.md 3.3, rules.md 9.12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.fact import Finding
from cds_service.clinical.levels import LEVELS, between
from cds_service.clinical.quantity import Measured
from tests.facts.records import (
    FINDING,
    L1,
    L2,
    LOINC,
    SNOMED,
    T12,
    VALUE,
    chart,
    concept,
    finding,
    quantity,
    read,
)

STUDY = {
    "resourceType": "ImagingStudy",
    "id": "mri",
    "status": "available",
    "started": "2025-05-10",
    "modality": [{"code": "MR"}],
    "procedureCode": [concept("30679-5")],
}
FROM_STUDY = [{"reference": "ImagingStudy/mri"}]


def one(*resources: Any) -> Finding:
    """Read the one finding."""
    (group,) = chart(*resources).findings.values()
    (only,) = group
    return only


@pytest.mark.parametrize(
    ("code", "value", "read_as"),
    [
        ("marrow-edema", {"valueBoolean": True}, True),
        ("marrow-edema", {"valueBoolean": False}, False),
        ("marrow-edema", {"valueString": "true"}, True),
        ("marrow-edema", {"valueCodeableConcept": concept("false", VALUE)}, False),
        ("neuro-deficit", {"valueCodeableConcept": concept("new", VALUE)}, "new"),
        ("neuro-deficit", {"valueCodeableConcept": concept("none", FINDING)}, "none"),
        ("neuro-deficit", {"valueString": "stable-old"}, "stable-old"),
        ("height-loss", {"valueQuantity": quantity(40, "%")}, Measured.exactly(Decimal(40))),
        ("height-loss", {"valueQuantity": quantity(0.4, "1")}, Measured.exactly(Decimal(40))),
        (
            "height-loss",
            {"valueQuantity": quantity(30, "%", comparator=">")},
            Measured(Decimal(30), None, low_open=True),
        ),
    ],
)
def test_a_value_is_read_as_its_type(code: str, value: dict[str, Any], read_as: object) -> None:
    """Booleans, percentages and codes, in the forms that systems send."""
    found = one(finding(code, **value))
    assert (found.value, found.trouble, found.level) == (read_as, "", "L1")


@pytest.mark.parametrize(
    ("code", "value", "trouble"),
    [
        ("marrow-edema", {"valueString": "probably"}, "words"),
        ("marrow-edema", {"valueBoolean": "yes"}, "words"),
        ("marrow-edema", {}, "no_value"),
        ("marrow-edema", {"dataAbsentReason": {"text": "unknown"}}, "absent_reason"),
        ("neuro-deficit", {"valueCodeableConcept": concept("worse", VALUE)}, "words"),
        ("neuro-deficit", {"valueCodeableConcept": concept("new", LOINC)}, "words"),
        ("neuro-deficit", {}, "no_value"),
        ("height-loss", {"valueQuantity": quantity(12, "mm")}, "unit_unknown"),
        ("height-loss", {"valueQuantity": quantity(12)}, "no_unit"),
        ("height-loss", {"valueQuantity": quantity(40, "1")}, "unit_unknown"),
        ("height-loss", {"valueQuantity": quantity(140, "%")}, "implausible"),
        ("height-loss", {"valueQuantity": {}}, "words"),
        ("height-loss", {}, "no_value"),
        ("pain-onset", {"valueDateTime": "last week"}, "words"),
        ("pain-onset", {}, "no_value"),
    ],
)
def test_a_value_that_cannot_be_read_says_why(
    code: str, value: dict[str, Any], trouble: str
) -> None:
    """Half a canal in millimetres is no percentage."""
    found = one(finding(code, **value))
    assert (found.trouble, found.value, found.moment) == (trouble, None, None)


def test_an_onset_is_a_moment() -> None:
    """A date, read as any other."""
    found = one(finding("pain-onset", valueDateTime="2025-05"))
    assert found.moment is not None
    assert (found.moment.text, found.shown) == ("2025-05", "2025-05")


@pytest.mark.parametrize(
    ("site", "level", "covers"),
    [
        (concept(L2, SNOMED), "L2", None),
        ({"text": "L2 vertebra"}, "L2", None),
        ({"text": "D12"}, "T12", None),
        ({"coding": [{"system": SNOMED, "code": c} for c in (L1, L2)]}, "", {"L1", "L2"}),
        ({"text": "T12-L1"}, "", set()),
        (concept("54735007", SNOMED), "", set()),
        ({"text": "left hip"}, "", set()),
        (concept("122495006", SNOMED), "", between("T1", "L1")),
        (concept("122496007", SNOMED), "", between("T11", "L5")),
        (concept("1217256009", SNOMED), "", between("T1", "L5")),
        (concept("1217257000", SNOMED), "", between("C1", "L1")),
        (concept("421060004", SNOMED), "", set(LEVELS)),
        ({"text": "lumbar spine"}, "", between("T11", "L5")),
        (concept("78972004", SNOMED), "", None),
        (None, "", None),
    ],
)
def test_a_site_is_one_vertebra_or_a_region(
    site: object, level: str, covers: set[str] | None
) -> None:
    """A statement for a region speaks of every level of it."""
    found = one(finding("marrow-edema", level="", bodySite=site, valueBoolean=False))
    assert (found.level, found.covers) == (level, covers)


@pytest.mark.parametrize(
    ("site", "final", "covers"),
    [
        ({"text": "T12-L1"}, False, None),
        ({"text": "T12/L1"}, False, None),
        ({"text": "left hip"}, False, None),
        (concept("24136001", SNOMED), False, None),
        (concept("54735007", SNOMED), False, set()),
        ({"text": "S1"}, False, set()),
        ({"text": "L1-L2"}, True, {"L1", "L2"}),
        ({"text": "vertebral body"}, True, None),
        (concept("78972004", SNOMED), True, None),
    ],
)
def test_a_site_that_is_no_vertebra_for_certain_clears_nothing(
    site: object, final: bool, covers: set[str] | None
) -> None:
    """Edema of the sacrum or a hip is none of the ordered level; a disc is two (codes.md 1.1)."""
    found = one(finding("marrow-edema", level="", bodySite=site, valueBoolean=True))
    assert (found.level, found.final, found.covers) == ("", final, covers)


def test_the_legs_are_a_fine_site_for_a_neurological_examination() -> None:
    """A finding about the patient as a whole names no vertebra."""
    legs = {"text": "both lower limbs"}
    said: dict[str, Any] = {"valueCodeableConcept": concept("none", VALUE)}
    assert one(finding("neuro-deficit", level="", bodySite=legs, **said)).final


REPORT = {
    "resourceType": "DiagnosticReport",
    "id": "r",
    "code": concept("24968-0"),
    "effectiveDateTime": "2025-05-10",
}


@pytest.mark.parametrize(
    ("status", "final"),
    [
        ("final", True),
        ("amended", True),
        ("corrected", True),
        ("preliminary", False),
        ("partial", False),
        ("registered", False),
        ("cancelled", False),
        ("entered-in-error", False),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_finding_falls_with_its_report(status: str, final: bool, listed: bool) -> None:
    """A withdrawn or unfinished report leaves nothing that could clear a rule."""
    link: dict[str, Any] = {} if listed else {"derivedFrom": [{"reference": "DiagnosticReport/r"}]}
    report: dict[str, Any] = REPORT | {"status": status}
    if listed:
        report["result"] = [{"reference": "Observation/f1"}]
    assert one(finding("cord-compression", valueBoolean=False, **link), report).final is final


def test_a_final_report_outweighs_an_earlier_draft_of_it() -> None:
    """Both list the same finding; the draft is named first."""
    links = {"result": [{"reference": "Observation/f1"}]}
    draft = REPORT | links | {"id": "a", "status": "preliminary"}
    final = REPORT | links | {"id": "b", "status": "final"}
    found = finding("cord-compression", valueBoolean=False)
    assert one(found, draft, final).final
    assert one(final, draft, found).final


@pytest.mark.parametrize(
    ("status", "final"), [("available", True), ("cancelled", False), ("entered-in-error", False)]
)
def test_a_finding_falls_with_its_images(status: str, final: bool) -> None:
    found = finding("cord-compression", derivedFrom=FROM_STUDY, valueBoolean=False)
    assert one(found, STUDY | {"status": status}).final is final


@pytest.mark.parametrize(
    ("value", "trouble"), [(0.7, "implausible"), (1, "implausible"), (0, ""), (1.5, "")]
)
def test_a_fraction_with_the_unit_percent_is_not_read(value: float, trouble: str) -> None:
    """0.7 % is two thirds of a vertebra lost, keyed with the wrong unit (codes.md 2.10)."""
    assert one(finding("height-loss", valueQuantity=quantity(value, "%"))).trouble == trouble


def test_a_study_lends_its_region_modality_and_time() -> None:
    """Where the finding does not say them itself."""
    bare = finding(
        "marrow-edema", level="", effectiveDateTime=None, derivedFrom=FROM_STUDY, valueBoolean=False
    )
    found = one(bare, STUDY)
    assert (found.modality, found.covers) == ("MR", between("T11", "L5"))
    assert found.when is not None
    assert found.when.text == "2025-05-10"
    dated = one(finding("marrow-edema", derivedFrom=FROM_STUDY, valueBoolean=False), STUDY)
    assert dated.when is not None
    assert (dated.when.text, dated.covers, dated.level) == ("2025-05-18", None, "L1")


def test_a_report_lends_them_to_the_findings_that_it_lists() -> None:
    """Even when it comes later; the first by name where two list the same."""
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": concept("24963-1"),
        "effectiveDateTime": "2025-05-09",
        "result": [{"reference": "Observation/f1"}],
    }
    other = report | {"id": "s", "code": concept("24978-9")}
    bare = finding("cord-compression", level="", valueBoolean=False)
    for order in ([bare, report, other], [other, report, bare]):
        found = one(*order)
        assert (found.modality, found.covers) == ("CT", between("T11", "L5"))


def test_a_finding_inside_a_report_is_one() -> None:
    """Contained, with the modality and time of its report."""
    inner = finding("marrow-edema", "f", valueBoolean=True)
    del inner["status"], inner["effectiveDateTime"]
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "preliminary",
        "code": {"text": "MRI LUMBAR SPINE"},
        "effectiveDateTime": "2025-05-09",
        "contained": [inner],
        "result": [{"reference": "#f"}],
    }
    found = one(report)
    assert (found.reference, found.modality) == ("DiagnosticReport/r#f", "MR")
    assert (found.final, found.level) == (False, "L1")
    assert found.when is not None
    assert found.when.text == "2025-05-09"


def test_a_study_of_another_part_still_names_the_modality() -> None:
    """A CT of the abdomen shows the lumbar spine as well; it is no study of the spine."""
    study = STUDY | {"modality": [{"code": "CT"}], "procedureCode": [{"text": "CT abdomen"}]}
    seen = chart(
        finding("cord-compression", derivedFrom=FROM_STUDY, valueBoolean=False),
        finding("cord-compression", "f2", T12, derivedFrom=FROM_STUDY, valueBoolean=False),
        study,
    )
    assert [found.modality for found in seen.findings["cord-compression"]] == ["CT", "CT"]
    assert seen.studies == ()


@pytest.mark.parametrize(
    "source", [{"resourceType": "Procedure", "id": "mri"}, STUDY | {"status": "cancelled"}]
)
def test_what_is_no_study_lends_nothing(source: dict[str, Any]) -> None:
    """A finding may be derived from anything."""
    links = [{"reference": f"{source['resourceType']}/mri"}]
    bare = finding("cord-compression", level="", derivedFrom=links, valueBoolean=False)
    assert (one(bare, source).modality, one(bare, source).covers) == ("", None)


def test_a_foreign_system_is_no_finding_of_ours() -> None:
    """Our codes mean something only in our CodeSystem."""
    assert (
        chart(finding("marrow-edema") | {"code": concept("marrow-edema", "urn:x")}).findings == {}
    )


def test_a_finding_of_a_shape_that_nobody_foresaw_costs_itself_alone() -> None:
    """The other one is read."""
    odd = finding("height-loss", "odd", valueQuantity={"value": [1], "unit": "%"})
    found, unreadable = read(odd, finding("marrow-edema", "fine", valueBoolean=True))
    assert found.findings["marrow-edema"][0].value is True
    assert found.findings["height-loss"][0].trouble == "words"
    assert unreadable == ()
