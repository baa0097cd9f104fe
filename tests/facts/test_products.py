"""Product to ingredient: by codes, else by whole names; what nobody can name is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.fact import DrugUse
from tests.facts.records import SNOMED, chart

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
RXNORM_OID = "urn:oid:2.16.840.1.113883.6.88"
ATC = "http://www.whocc.no/atc"
LOCAL = "https://hospital.example.org/formulary"
PLAIN = ("", (), True, False)


def coded(system: str, code: str, display: str = "", text: str = "") -> dict[str, Any]:
    """Write a concept of one coding."""
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def request(**more: Any) -> dict[str, Any]:
    """Write an active order."""
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "authoredOn": "2025-05-01",
        **more,
    }


def uses(concept: Any) -> tuple[DrugUse, ...]:
    """Read an order for a product."""
    return chart(request(medicationCodeableConcept=concept)).drugs


def told(use: DrugUse) -> tuple[Any, ...]:
    """Say what was found out about the product."""
    return use.group, use.agents, use.resolved, use.by_name


def anticoagulant(agent: str, *, by_name: bool = False) -> tuple[Any, ...]:
    """Expect one anticoagulant."""
    return "anticoagulant", (agent,) if agent else (), True, by_name


def antiplatelet(agent: str, *, by_name: bool = False) -> tuple[Any, ...]:
    """Expect one antiplatelet drug."""
    return "antiplatelet", (agent,) if agent else (), True, by_name


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        (coded(RXNORM, "11289"), anticoagulant("warfarin")),
        (coded(RXNORM_OID, "855332"), anticoagulant("warfarin")),
        (coded(RXNORM, " 855332 "), anticoagulant("warfarin")),
        (coded(ATC, "b01af02"), anticoagulant("apixaban")),
        (coded(ATC, "B01 AF02"), anticoagulant("apixaban")),
        (coded(RXNORM, "309362"), antiplatelet("clopidogrel")),
        (coded(ATC, "N02BA01"), antiplatelet("aspirin")),
        (coded(LOCAL, "11289"), ("", (), False, False)),
        (coded(SNOMED, "11289"), ("", (), False, False)),
    ],
)
def test_a_code_counts_with_its_system(concept: Any, expected: tuple[Any, ...]) -> None:
    """Never the code alone: another system's 11289 is no warfarin (codes.md 0.3)."""
    assert [told(use) for use in uses(concept)] == [expected]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("B01AX", anticoagulant("")),
        ("B01A", anticoagulant("")),
        ("B01", anticoagulant("")),
        ("B01AX99", anticoagulant("")),
        ("B01AC", antiplatelet("")),
        ("B01AC99", antiplatelet("")),
        ("B01AD02", anticoagulant("thrombolytic")),
        ("M01AE01", ("", ("nsaid",), True, False)),
        ("M01AH01", PLAIN),
        ("M05BA04", ("", ("alendronate",), True, False)),
        ("M05BB03", ("", ("bone_agent",), True, False)),
        ("C09AA02", PLAIN),
        ("C09", PLAIN),
        ("B", ("", (), False, False)),
        ("none", ("", (), False, False)),
    ],
)
def test_an_atc_code_alone_names_at_least_the_group(code: str, expected: tuple[Any, ...]) -> None:
    """What stands in B01A without a row is an unknown antithrombotic; another class is none."""
    assert [told(use) for use in uses(coded(ATC, code))] == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WARFARIN 5mg tablet", anticoagulant("warfarin", by_name=True)),
        ("Eliquis5mg", anticoagulant("apixaban", by_name=True)),
        ("Xarelto (rivaroxaban)", anticoagulant("rivaroxaban", by_name=True)),
        ("heparin sodium, porcine", anticoagulant("heparin", by_name=True)),
        ("Alteplase 100 MG Injection", anticoagulant("thrombolytic", by_name=True)),
        ("butalbital / aspirin / caffeine", antiplatelet("aspirin", by_name=True)),
        ("ASA 81 mg", antiplatelet("aspirin", by_name=True)),
        ("asa 81 mg", PLAIN),
        ("Asacol 400 mg (mesalamine)", PLAIN),
        ("Heparinoid cream", PLAIN),
        ("Zoledronic  acid 5 mg", ("", ("zoledronic_acid",), True, True)),
        ("folic acid 1 mg", PLAIN),
        ("Zoledronic", PLAIN),
        ("acetylsalicylic acid 100 mg", antiplatelet("aspirin", by_name=True)),
        ("Acetaminophen 325 MG Oral Tablet", PLAIN),
        ("Aspirin 25 MG / Dipyridamole 200 MG", antiplatelet("aspirin_dipyridamole", by_name=True)),
        ("Aggrenox capsule", antiplatelet("aspirin_dipyridamole", by_name=True)),
        ("dipyridamole 75 mg", antiplatelet("dipyridamole", by_name=True)),
    ],
)
def test_a_name_counts_as_a_whole_word(text: str, expected: tuple[Any, ...]) -> None:
    """Generic or brand, in any case; a match by name alone says so (rules.md 9.5)."""
    assert [told(use) for use in uses({"text": text})] == [expected]
    assert [told(use) for use in uses(coded(LOCAL, "7", display=text))] == [expected]


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        (coded(RXNORM, "99999999"), False),
        (coded(RXNORM, "99999999", display="Lisinopril 10 MG"), True),
        (coded(RXNORM, "99999999", text="Unknown"), False),
        (coded(LOCAL, "1", display="N/A"), False),
        ({"text": "123 456"}, False),
        ({"text": "  "}, False),
        ({}, False),
        (None, False),
        ("warfarin", False),
    ],
)
def test_a_product_without_code_and_name_is_unknown(concept: Any, *, expected: bool) -> None:
    """It could be anything; never "not an anticoagulant" (codes.md 0.3.4)."""
    (use,) = uses(concept)
    assert use.resolved is expected
    assert (use.group, use.agents) == ("", ())


def test_a_code_decides_and_its_name_does_not_weaken_it() -> None:
    """A coded drug whose text names it as well was not recognised by name alone."""
    (use,) = uses(coded(RXNORM, "855332", text="warfarin 5 mg"))
    assert told(use) == anticoagulant("warfarin")
    assert use.shown == "warfarin 5 mg"


@pytest.mark.parametrize(
    ("concept", "agents"),
    [
        (coded(ATC, "B01AC30"), ("aspirin_dipyridamole",)),
        (coded(ATC, "B01AC30", text="clopidogrel / aspirin"), ("aspirin", "clopidogrel")),
        (coded(ATC, "B01AC30", text="aspirin / dipyridamole"), ("aspirin_dipyridamole",)),
        (coded(RXNORM, "226716", text="Aspirin / Dipyridamole"), ("aspirin_dipyridamole",)),
        (
            {"coding": [*coded(RXNORM, "1191")["coding"], *coded(RXNORM, "3521")["coding"]]},
            ("aspirin_dipyridamole",),
        ),
    ],
)
def test_a_combination_is_named_as_closely_as_the_record_does(
    concept: Any, agents: tuple[str, ...]
) -> None:
    """Its ATC code stands for platelet inhibitors of any kind (codes.md 6.2)."""
    (use,) = uses(concept)
    assert (use.group, use.agents) == ("antiplatelet", agents)


def test_a_pack_of_two_groups_counts_in_both() -> None:
    """Each rule asks for its own."""
    found = uses({"text": "rivaroxaban 2.5 mg + aspirin 100 mg"})
    assert {(use.group, use.agents) for use in found} == {
        ("anticoagulant", ("rivaroxaban",)),
        ("antiplatelet", ("aspirin",)),
    }


def test_a_drug_without_words_is_shown_by_our_title_or_its_code() -> None:
    """Something must stand on the card."""
    assert uses(coded(RXNORM, "1037042"))[0].shown == "dabigatran etexilate"
    assert uses(coded(LOCAL, "F-20931"))[0].shown == "F-20931"
    assert uses({})[0].shown == ""


WARFARIN = {"resourceType": "Medication", "id": "med", "code": coded(RXNORM, "855332")}


@pytest.mark.parametrize(
    ("reference", "others"),
    [
        ({"reference": "#med"}, []),
        ({"reference": "Medication/med"}, [WARFARIN]),
        ({"reference": "https://other.example.org/fhir/Medication/med"}, [WARFARIN]),
    ],
)
def test_a_reference_leads_to_the_product(reference: Any, others: list[Any]) -> None:
    """Contained, relative or absolute."""
    more = {} if others else {"contained": [WARFARIN]}
    found = chart(request(medicationReference=reference, **more), *others).drugs
    assert [told(use) for use in found] == [anticoagulant("warfarin")]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"display": "Xarelto 20 mg"}, anticoagulant("rivaroxaban", by_name=True)),
        (
            {"reference": "Medication/gone", "display": "Xarelto 20 mg"},
            anticoagulant("rivaroxaban", by_name=True),
        ),
        ({"reference": "Medication/gone", "display": "Lisinopril"}, PLAIN),
        ({"reference": "Medication/gone"}, ("", (), False, False)),
        ("Medication/med", ("", (), False, False)),
    ],
)
def test_a_reference_that_leads_nowhere_has_its_display(
    reference: Any, expected: tuple[Any, ...]
) -> None:
    """Without one the product is unknown (real-data.md 1)."""
    found = chart(request(medicationReference=reference)).drugs
    assert [told(use) for use in found] == [expected]


def medication(*ingredients: Any, name: str = "med") -> dict[str, Any]:
    """Write a Medication of ingredients, without a code of its own."""
    return {"resourceType": "Medication", "id": name, "ingredient": list(ingredients)}


@pytest.mark.parametrize(
    ("ingredients", "expected"),
    [
        ([{"itemCodeableConcept": coded(RXNORM, "1191")}], antiplatelet("aspirin")),
        ([{"itemCodeableConcept": {"text": "caffeine"}}], PLAIN),
        (
            [{"itemCodeableConcept": {"text": "caffeine"}}, {"itemReference": {"reference": "#s"}}],
            anticoagulant("warfarin"),
        ),
        ([{"itemReference": {"display": "aspirin"}}], antiplatelet("aspirin", by_name=True)),
        ([{"isActive": False, "itemCodeableConcept": {"text": "heparin"}}], ("", (), False, False)),
        ([{"itemReference": {"reference": "#med"}}], ("", (), False, False)),
    ],
)
def test_ingredients_name_a_product(ingredients: list[Any], expected: tuple[Any, ...]) -> None:
    """A home-made mixture has no code; a circle of references ends."""
    substance = {"resourceType": "Substance", "id": "s", "code": coded(RXNORM, "11289")}
    contained = [medication(*ingredients), substance]
    resource = request(medicationReference={"reference": "#med"}, contained=contained)
    assert [told(use) for use in chart(resource).drugs] == [expected]


@pytest.mark.parametrize(
    ("text", "group", "agents"),
    [
        ("Warfarina 5 mg", "anticoagulant", ("warfarin",)),
        ("Nadroparin 0.4 mL", "anticoagulant", ("other_heparin",)),
        ("Fraxiparine 0.3", "anticoagulant", ("other_heparin",)),
        ("Ecotrin 325 mg", "antiplatelet", ("aspirin",)),
        ("Percodan", "antiplatelet", ("aspirin",)),
        ("mesalamine (5-ASA) 400 mg", "", ()),
        ("ASA 81 mg", "antiplatelet", ("aspirin",)),
    ],
)
def test_a_name_that_clears_nothing(text: str, group: str, agents: tuple[str, ...]) -> None:
    """A foreign or brand name of an antithrombotic is one; 5-ASA is no aspirin."""
    (use,) = uses({"text": text})
    assert (use.group, use.agents) == (group, agents)


def test_a_separate_product_holds_its_own_ingredients() -> None:
    """Their "#id" belongs to the Medication, not to the order."""
    substance = {"resourceType": "Substance", "id": "s", "code": coded(RXNORM, "11289")}
    product = medication({"itemReference": {"reference": "#s"}}) | {"contained": [substance]}
    order = request(medicationReference={"reference": "Medication/med"})
    assert [told(use) for use in chart(order, product).drugs] == [anticoagulant("warfarin")]


@pytest.mark.parametrize(
    ("concept", "expected"),
    [
        (coded(ATC, "J01DD04"), True),
        (coded(ATC, "J04AB02", text="rifampicin"), True),
        (coded(ATC, "J02AC01"), True),
        (coded(RXNORM, "308192", display="Amoxicillin 500 MG Oral Tablet"), True),
        ({"text": "cefazolin 2 g"}, True),
        ({"text": "doxycycline hyclate 100 mg"}, True),
        ({"text": "Bactrim DS"}, True),
        ({"text": "Zithromax Z-Pak"}, True),
        ({"text": "Keflex 500 mg"}, True),
        ({"text": "Zosyn 3.375 g IV"}, True),
        ({"text": "Ciprofibrate 100 mg"}, False),
        ({"text": "Penicillamine 250 mg"}, False),
        ({"text": "Gentamicin 0.3 % eye drops"}, False),
        ({"text": "Erythromycin ophthalmic ointment"}, False),
        (coded(ATC, "S01AA11", text="gentamicin"), False),
        (coded(ATC, "D06AX07", text="gentamicin"), False),
        ({"text": "Lisinopril"}, False),
        ({"text": "mycophenolate"}, False),
    ],
)
def test_a_systemic_anti_infective_is_a_clue(concept: Any, *, expected: bool) -> None:
    """By class, else by the stem of its name; not on the skin or in the eye (codes.md 6.4)."""
    assert [use.anti_infective for use in uses(concept)] == [expected]


def test_the_way_of_use_can_make_an_anti_infective_local() -> None:
    """The same vial may go into the eye."""
    concept, route = {"text": "gentamicin solution"}, {"text": "Ophthalmic route"}
    order = request(medicationCodeableConcept=concept, dosageInstruction=[{"route": route}])
    assert [use.anti_infective for use in chart(order).drugs] == [False]
