"""Orders: which are ours, for which levels, and how many vertebrae (codes.md 1)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cds_service.clinical.order import Order, first_start
from cds_service.errors import ContentError
from cds_service.facts.orders import concerns, load_orders, read_orders
from cds_service.facts.read import read_chart
from tests.facts.records import (
    CPT,
    L1,
    L2,
    LOINC,
    NOW,
    SNOMED,
    T12,
    chart,
    codes,
    concept,
    evidence,
    quantity,
    trigger_table,
)


def draft(code: Any = "22514", name: str = "d1", **more: Any) -> dict[str, Any]:
    """Write a draft order for Patient/p."""
    coded = concept(code, CPT) if isinstance(code, str) else code
    return {
        "resourceType": "ServiceRequest",
        "id": name,
        "status": "draft",
        "intent": "order",
        "code": coded,
        "subject": {"reference": "Patient/p"},
        **more,
    }


def read(*drafts: Any, selections: list[str] | None = None) -> tuple[Order, ...]:
    """Read draft orders of Patient/p."""
    return read_orders(drafts, selections, "p", trigger_table())


def order(code: Any = "22514", **more: Any) -> Order:
    """Read one draft order."""
    (only,) = read(draft(code, **more))
    return only


@pytest.mark.parametrize(
    ("code", "matched", "regions"),
    [
        (concept("22510", CPT), "CPT 22510", {"cervical", "thoracic"}),
        (concept("22514", "urn:oid:2.16.840.1.113883.6.12"), "CPT 22514", {"lumbar"}),
        (
            concept("C7504", "http://www.nlm.nih.gov/research/umls/hcpcs"),
            "HCPCS C7504",
            {"cervical", "thoracic"},
        ),
        (
            concept("0PU43JZ", "http://www.cms.gov/Medicare/Coding/ICD10"),
            "ICD-10-PCS 0PU43JZ",
            {"thoracic"},
        ),
        (
            concept("XNU0356", "http://hl7.org/fhir/sid/icd-10-pcs"),
            "ICD-10-PCS XNU0356",
            {"lumbar"},
        ),
        (concept("72552-3", LOINC), "LOINC 72552-3", {"lumbar"}),
    ],
)
def test_every_system_of_codes_is_recognised(
    code: dict[str, Any], matched: str, regions: set[str]
) -> None:
    """By any alias of its URI; a local coding beside it does not matter."""
    code["coding"].insert(0, {"system": "urn:oid:1.2.3", "code": "9"})
    found = order(code)
    assert (found.matched, set(found.regions), found.possible) == (matched, regions, False)


@pytest.mark.parametrize(
    "code",
    [
        concept("99213", CPT),
        concept("22520", CPT),
        concept("22520", CPT) | {"text": "Percutaneous vertebroplasty"},
        concept("0200T", CPT) | {"text": "Sacroplasty"},
        concept("0PS43ZZ", "http://hl7.org/fhir/sid/icd-10-pcs"),
        concept("392010000", SNOMED),
        concept("22514", "urn:local"),
        {"coding": [{"code": "22514"}]},
        {"text": "Physiotherapy, status post kyphoplasty L1"},
        {"text": "MRI lumbar spine, prior vertebroplasty"},
        {"text": "History of balloon kyphoplasty"},
        {},
        None,
        ["22514"],
        {"coding": "22514", "text": 5},
    ],
)
def test_other_orders_are_none_of_ours(code: Any) -> None:
    """Former codes, the sacrum, reposition alone, other systems, and what is past."""
    assert read(draft(code)) == ()
    assert not concerns([draft(code)], None, trigger_table())


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Balloon kyphoplasty L2", "kyphoplasty"),
        ("VERTEBRO PLASTY L2", "vertebroplasty"),
        ("Vertebral body augmentation L2", "vertebral augmentation"),
        ("Prior to discharge next week: new kyphoplasty L2", "kyphoplasty"),
        ("s/p kyphoplasty L1. Kyphoplasty L2", "kyphoplasty"),
    ],
)
def test_words_make_a_possible_order(text: str, label: str) -> None:
    """Orders with words only are normal (real-data.md 5)."""
    found = order({"text": text})
    assert (found.possible, found.matched, found.label) == (True, "words", label)


@pytest.mark.parametrize(
    "more",
    [
        {"doNotPerform": True},
        {"status": "entered-in-error"},
        {"status": "revoked"},
        {"status": " Cancelled "},
        {"resourceType": "MedicationRequest"},
        {"resourceType": "ProcedureRequest"},
    ],
)
def test_an_order_that_is_void_is_none(more: dict[str, Any]) -> None:
    """`doNotPerform` reverses the meaning (conformance 2, point 16)."""
    assert read(draft(**more)) == ()
    assert not concerns([draft(**more)], None, trigger_table())


@pytest.mark.parametrize(
    ("subject", "ours"),
    [
        ({"reference": "Patient/p"}, True),
        ({"reference": "https://ehr.example.org/r4/Patient/p/_history/2"}, True),
        ({"reference": "p"}, True),
        ({"reference": "urn:uuid:1"}, True),
        ({"reference": "#p"}, True),
        ({}, True),
        (None, True),
        ({"reference": "Patient/other"}, False),
        ({"reference": "Group/p"}, False),
    ],
)
def test_an_order_for_somebody_else_is_none(subject: Any, ours: bool) -> None:
    """No advice about one patient from the chart of another (point 17)."""
    assert bool(read(draft(subject=subject))) is ours


def test_unselected_orders_come_along_as_background() -> None:
    """They count for the levels of a session; alone they call nobody."""
    drafts: list[Any] = [draft(name="a"), draft("22513", "b"), draft("72148", "c"), None, "junk"]
    found = read(*drafts, selections=["ServiceRequest/a"])
    assert [(one.reference, one.selected) for one in found] == [
        ("ServiceRequest/a", True),
        ("ServiceRequest/b", False),
    ]
    assert concerns(drafts, ["ServiceRequest/a"], trigger_table())
    assert not concerns(drafts, ["ServiceRequest/c"], trigger_table())
    assert not concerns([], None, trigger_table())


@pytest.mark.parametrize(
    ("code", "more", "count"),
    [
        ("22514", {}, (1, False)),
        ("22514", {"quantityQuantity": quantity(2)}, (2, False)),
        ("22515", {}, (1, True)),
        ("22515", {"quantityQuantity": quantity(2)}, (2, False)),
        ("22515", {"quantityQuantity": quantity("3")}, (3, False)),
        ("22515", {"quantityQuantity": quantity(0)}, (None, True)),
        ("22515", {"quantityQuantity": quantity(1.5)}, (None, True)),
        ("22515", {"quantityQuantity": "2"}, (None, True)),
        ("22515", {"quantityRatio": {"numerator": quantity(2)}}, (None, True)),
        ("22515", {"quantityRange": {"low": quantity(1)}}, (None, True)),
        (concept("C7504", "urn:oid:2.16.840.1.113883.6.285"), {}, (2, True)),
        (concept("0PU43JZ", "urn:oid:2.16.840.1.113883.6.4"), {}, (None, False)),
        (
            concept("0PU43JZ", "urn:oid:2.16.840.1.113883.6.4"),
            {"quantityQuantity": quantity(2)},
            (None, False),
        ),
    ],
)
def test_codes_and_quantities_count_vertebrae(
    code: Any, more: dict[str, Any], count: tuple[int | None, bool]
) -> None:
    """An add-on without a quantity is at least one; a composite at least two (trap 5)."""
    found = order(code, **more)
    assert (found.count, found.at_least) == count
    assert found.add_on is (code == "22515")
    assert found.composite is (isinstance(code, dict) and "C7504" in str(code))


@pytest.mark.parametrize(
    ("more", "levels", "doubtful"),
    [
        ({"bodySite": [concept(L1, SNOMED)]}, "L1", ()),
        ({"bodySite": [concept(L1, SNOMED), {"text": "T12"}]}, "T12 L1", ()),
        (
            {"bodySite": [{"coding": [{"system": SNOMED, "code": c} for c in (L2, T12)]}]},
            "T12 L2",
            (),
        ),
        ({"bodySite": concept(L1, SNOMED)}, "L1", ()),
        ({"bodySite": [{"text": "T2"}]}, "T2", ()),
        ({"bodySite": [concept(L1, SNOMED) | {"text": "L1 vertebra"}]}, "L1", ()),
        ({"bodySite": [concept(L1, SNOMED) | {"text": "L2 vertebra"}]}, "L1", ("L2",)),
        ({"bodySite": [concept("54735007", SNOMED)]}, "", ("sacrum",)),
        ({"bodySite": [{"text": "T12-L1"}]}, "", ("T12-L1",)),
        ({"bodySite": [concept("122496007", SNOMED)], "note": [{"text": "L3"}]}, "L3", ()),
        (
            {"code": concept("22514", CPT) | {"text": "Kyphoplasty L1"}, "note": [{"text": "L3"}]},
            "L1",
            (),
        ),
        ({"orderDetail": [{"text": "level L4"}]}, "L4", ()),
        ({"patientInstruction": "treatment at T11 and T12"}, "T11 T12", ()),
        ({"note": [{"text": "prior kyphoplasty at L2; now L4"}]}, "L4", ()),
        ({"note": [{"text": "previous L2 fracture, L4 is acute"}]}, "L4", ()),
        ({"note": [{"text": "s/p fall with L4 fracture"}]}, "L4", ()),
        ({"note": [{"text": "75 year old with L4 fracture"}]}, "L4", ()),
        ({"note": [{"text": "MRI T1 and T2 show edema at L1"}]}, "L1", ()),
        ({"note": "L1", "orderDetail": 5, "patientInstruction": None}, "", ()),
        ({}, "", ()),
    ],
)
def test_levels_come_from_sites_then_words(
    more: dict[str, Any], levels: str, doubtful: tuple[str, ...]
) -> None:
    """Sites by code, sites by words, the words of the code, then remarks."""
    found = order(**more)
    assert (found.levels, found.doubtful) == (tuple(levels.split()), doubtful)


@pytest.mark.parametrize(
    ("more", "day"),
    [
        ({"occurrenceDateTime": "2025-05-30"}, date(2025, 5, 30)),
        ({"occurrenceDateTime": "2025-05-30T08:00:00+02:00"}, date(2025, 5, 30)),
        ({"occurrencePeriod": {"start": "2025-05-30"}}, date(2025, 5, 30)),
        ({"occurrenceTiming": {"event": ["2025-05-30"]}}, date(2025, 5, 30)),
        ({"occurrenceTiming": {"event": "2025-05-30"}}, None),
        ({"occurrenceDateTime": "2025-05"}, None),
        ({"occurrenceDateTime": 5}, None),
        ({}, None),
    ],
)
def test_the_planned_day_is_the_one_that_was_written(
    more: dict[str, Any], day: date | None
) -> None:
    """A month is no day."""
    assert order(**more).planned == day


@pytest.mark.parametrize(
    ("more", "begins"),
    [
        ({"occurrenceDateTime": "2025-05-30T08:00:00+02:00"}, "2025-05-30T06:00:00+00:00"),
        ({"occurrencePeriod": {"start": "2025-05-30T07:30:00Z"}}, "2025-05-30T07:30:00+00:00"),
        ({"occurrenceDateTime": "2025-05-30T08:00:00"}, "2025-05-30T08:00:00+00:00"),
        ({"occurrenceDateTime": "2025-05-30"}, "2025-05-30T12:00:00+00:00"),
        ({"occurrenceDateTime": "2025-05-30T25:00:00Z"}, "2025-05-30T12:00:00+00:00"),
        ({"occurrenceDateTime": "2020-01-01T08:00:00Z"}, NOW.isoformat()),
        ({"occurrenceDateTime": "0001-01-01T00:00:00+14:00"}, NOW.isoformat()),
        ({"occurrenceDateTime": "9999-12-31T23:00:00-12:00"}, "9999-12-31T12:00:00+00:00"),
    ],
)
def test_hours_count_to_the_time_of_day_that_is_written(more: dict[str, Any], begins: str) -> None:
    """A hold of 24 hours before a procedure at eight ends at eight, not at noon (rules 1.1)."""
    start = first_start((order(**more),), NOW)
    assert start is not None
    assert start.isoformat() == begins
    chart, _ = read_chart(evidence(), (order(**more),), NOW, NOW, codes())
    assert chart.planned == start


def test_without_a_day_nothing_is_known_of_the_start() -> None:
    """Then the assumed lead holds."""
    assert first_start((order(),), NOW) is None
    chart, _ = read_chart(evidence(), (order(),), NOW, NOW + timedelta(days=7), codes())
    assert chart.planned == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    ("status", "selected"),
    [("active", True), ("on-hold", True), ("draft", True), ("completed", False), (None, False)],
)
def test_open_orders_on_record_count_as_background(status: object, selected: bool) -> None:
    """So that a fourth level on the same day is seen; a draft stands for its earlier self."""
    record = draft("22513", "old", status=status, bodySite=[concept(T12, SNOMED)])
    found = chart(record, table=trigger_table()).orders
    assert [(one.reference, one.levels) for one in found] == (
        [("ServiceRequest/old", ("T12",))] if selected else []
    )
    assert chart(record).orders == ()


def test_past_procedures_are_known_by_old_codes_too() -> None:
    """Predecessor codes count in the history (codes.md 1)."""
    done = draft("22520", "x") | {"resourceType": "Procedure", "status": "completed"}
    done["performedDateTime"] = "2025-05-20T08:00:00Z"
    undone = done | {"id": "y", "status": "not-done"}
    ((found, when),) = chart(done, undone, table=trigger_table()).procedures
    assert found.matched == "CPT 22520"
    assert when is not None
    assert when.text == "2025-05-20"
    assert chart(done).procedures == ()


@pytest.mark.parametrize(
    "broken",
    [
        {"pattern": "("},
        {"codes": [{"code": "1", "says": "x", "system": "nothing", "role": "first"}]},
        {"codes": [{"code": "1", "says": "x", "system": "cpt", "role": "other"}]},
        {"codes": [{"says": "x", "system": "cpt", "role": "first"}]},
        {"code": []},
    ],
    ids=["pattern", "system", "role", "no code", "unknown key"],
)
def test_a_table_that_does_not_fit_stops_the_start(broken: dict[str, Any]) -> None:
    """Never a request."""
    with pytest.raises(ContentError):
        load_orders({"pattern": "x", "rejected_before": "prior|previous", "codes": [], **broken})
