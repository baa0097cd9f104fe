"""With CDS_STRICT_FHIR every entry that became a fact must pass the R4B model."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Kind
from cds_service.facts.strict import refusal
from tests.facts.records import (
    L1,
    SNOMED,
    concept,
    condition,
    finding,
    observation,
    quantity,
    read,
)

SUBJECT: dict[str, Any] = {"subject": {"reference": "Patient/p"}}


def test_what_the_model_accepts_stays_as_it_is() -> None:
    """Strict or not, the same chart."""
    entries = [
        observation("6301-6", valueQuantity=quantity(1.1), **SUBJECT),
        condition("A41.9", **SUBJECT),
    ]
    assert read(*entries, strict=True) == read(*entries)


def test_a_refused_result_stays_as_one_that_cannot_be_read() -> None:
    """Were it dropped, an older one would stand in for it."""
    refused = observation("6301-6", valueQuantity=quantity(1.1), surprise=1)
    found, unreadable = read(refused, strict=True)
    (result,) = found.results["inr"]
    assert (result.measured, result.trouble) == (None, "refused_by_model")
    assert unreadable[0].where == "Observation/o1"
    assert unreadable[0].why == "refused by the R4B model (ValidationError)"


def test_a_refused_finding_and_culture_say_nothing() -> None:
    """A contained one is refused with its holder."""
    found, _ = read(
        finding("marrow-edema", valueBoolean=True, surprise=1),
        observation("600-7", "c", valueString="E. coli", surprise=1),
        observation("600-7", "d", valueString="E. coli"),
        strict=True,
    )
    (edema,) = found.findings["marrow-edema"]
    assert (edema.value, edema.trouble, edema.level) == (None, "refused_by_model", "L1")
    assert [culture.grown for culture in found.cultures] == [None, True]


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (condition("A41.9", surprise=1, **SUBJECT), Kind.CONDITION),
        (
            {
                "resourceType": "ImagingStudy",
                "id": "s",
                "status": "available",
                "modality": [{"code": "MR"}],
            },
            Kind.IMAGING,
        ),
    ],
)
def test_another_refused_entry_goes_and_leaves_a_doubt(entry: dict[str, Any], kind: Kind) -> None:
    """That it is not in the chart proves nothing now."""
    lenient, _ = read(entry)
    assert lenient.lack(kind) is None
    found, _ = read(entry, strict=True)
    assert found.diagnoses == ()
    assert found.studies == ()
    assert found.lack(kind) is not None
    assert {s.state for s in found.sources.values()} == {Sought.ANSWERED, Sought.INCOMPLETE}


def test_a_type_that_the_model_does_not_know_is_refused() -> None:
    """R4 and R4B differ in a few types."""
    assert refusal({"resourceType": "Nonsense"})
    assert refusal({})
    site: dict[str, Any] = {"bodySite": [concept(L1, SNOMED)], **SUBJECT}
    assert refusal(condition("M80.08XA", **site)) == ""
