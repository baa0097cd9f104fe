"""No JSON in the place of a drug or an allergy spoils the reading of the record."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.facts.records import read

TYPES = """
MedicationRequest MedicationStatement MedicationDispense MedicationAdministration
AllergyIntolerance Condition
"""
ELEMENTS = """
status intent doNotPerform reportedReference authoredOn medicationCodeableConcept
medicationReference dosageInstruction dosage effectivePeriod effectiveDateTime dateAsserted
whenHandedOver daysSupply reasonCode note contained reaction code clinicalStatus
verificationStatus criticality recordedDate abatementDateTime abatementString
"""
INNER = """
coding system code display text timing repeat frequency frequencyMax period periodMax periodUnit
boundsPeriod start end doseAndRate doseQuantity doseRange high value unit route reference id
contained ingredient isActive itemReference itemCodeableConcept substance severity
"""
WORDS = """
active stopped 2025-05-01 warfarin heparin every_12_h mg mL units/mL d BID subcutaneous flush
contrast gadolinium allergy #m http://www.whocc.no/atc B01AF02 Infinity 1e999 -3
"""


def some(words: str) -> st.SearchStrategy[str]:
    """Choose one of some words."""
    return st.sampled_from(words.split())


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | some(WORDS)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(some(INNER), inner, max_size=5),
    max_leaves=25,
)
ENTRIES = st.dictionaries(some(ELEMENTS), JSON, max_size=8)


@settings(max_examples=250, deadline=None)
@given(kind=some(TYPES), more=ENTRIES, named=st.booleans())
def test_any_shape_is_read_by_the_readers_themselves(
    kind: str, more: dict[str, Any], *, named: bool
) -> None:
    """Nothing is left to the net that catches unexpected shapes."""
    known = {"medicationCodeableConcept": {"text": "heparin 100 units/mL"}} if named else {}
    _, unreadable = read({"resourceType": kind, **more, **known})
    assert not [one for one in unreadable if one.why.startswith("unexpected shape")]


@settings(max_examples=250, deadline=None)
@given(dosage=st.lists(JSON, max_size=3))
def test_any_dosage_is_read_by_the_readers_themselves(dosage: list[Any]) -> None:
    """Numbers beyond all bounds and words in the place of objects included."""
    product = {"text": "enoxaparin 40 mg/0.4 mL syringe"}
    resource = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "medicationCodeableConcept": product,
        "dosageInstruction": dosage,
    }
    chart, unreadable = read(resource)
    assert [use.agents for use in chart.drugs] == [("enoxaparin",)]
    assert unreadable == ()
