"""Bone agents, opioids and other drugs against pain, by class or by name (codes.md 6.3, 6.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.facts.records import chart
from tests.facts.test_products import ATC, RXNORM, coded, request

PREOP = {"reasonCode": [{"text": "Surgical prophylaxis"}]}


@pytest.mark.parametrize(
    ("concept", "kinds", "ingredients"),
    [
        (coded(RXNORM, "46041"), ("bone_agent",), ("alendronate",)),
        (coded(ATC, "M05BA04"), ("bone_agent",), ("alendronate",)),
        (coded(ATC, "M05BB03"), ("bone_agent",), ("bone_agent",)),
        (coded(ATC, "M05BX05"), (), ()),
        ({"text": "Prolia 60 mg/mL syringe"}, ("bone_agent",), ("denosumab",)),
        ({"text": "denosumab-bbdz injection"}, ("bone_agent",), ("denosumab",)),
        ({"text": "Alendronic acid 70 mg"}, ("bone_agent",), ("alendronate",)),
        ({"text": "clodronate 800 mg"}, ("bone_agent",), ()),
        (coded(ATC, "A11CC05", "colecalciferol"), (), ()),
        ({"text": "calcium carbonate 600 mg / vitamin D3"}, (), ()),
        (coded(RXNORM, "25789", "glimepiride"), (), ()),
        (coded(ATC, "N02AA05"), ("analgesic", "opioid"), ()),
        ({"text": "oxycodone 5 mg tablet"}, ("analgesic", "opioid"), ()),
        (coded(ATC, "M01AH01"), ("analgesic",), ()),
        ({"text": "acetaminophen 500 mg tablet"}, ("analgesic",), ()),
        ({"text": "diclofenac 1 % topical gel"}, ("adjuvant",), ()),
        ({"text": "lidocaine 5 % patch"}, ("adjuvant",), ()),
        ({"text": "Nucynta 50 mg tablet"}, ("analgesic", "opioid"), ()),
        ({"text": "Butrans 10 mcg/h patch"}, ("analgesic", "opioid"), ()),
        ({"text": "Percocet 5/325"}, ("analgesic", "opioid"), ()),
        ({"text": "Aleve 220 mg"}, ("analgesic",), ()),
        ({"text": "Novalgin drops"}, ("analgesic",), ()),
        ({"text": "aspirin 81 mg"}, ("adjuvant",), ("aspirin",)),
        (coded(ATC, "B01AC06"), ("adjuvant",), ("aspirin",)),
        (
            {"text": "oxycodone 5 mg / aspirin 325 mg"},
            ("adjuvant", "analgesic", "opioid"),
            ("aspirin",),
        ),
    ],
)
def test_kinds(concept: Any, kinds: tuple[str, ...], ingredients: tuple[str, ...]) -> None:
    (use,) = chart(request(medicationCodeableConcept=concept)).drugs
    assert (use.kinds, use.ingredients) == (kinds, ingredients)


def test_an_old_bone_agent_is_remembered_and_an_old_painkiller_is_history() -> None:
    old = {"status": "completed", "authoredOn": "2024-01-01"}
    infusion = chart(request(medicationCodeableConcept=coded(RXNORM, "77655"), **old)).drugs[0]
    tablet = chart(request(medicationCodeableConcept={"text": "tramadol"}, **old)).drugs[0]
    assert (infusion.kinds, infusion.ingredients) == (("bone_agent",), ("zoledronic_acid",))
    assert tablet.kinds == ()


@pytest.mark.parametrize(
    ("more", "intent"),
    [
        (PREOP, "procedure"),
        ({"dosageInstruction": [{"text": "2 g IV once, pre-op"}]}, "procedure"),
        ({"reasonCode": [{"text": "Urinary tract infection prophylaxis"}]}, ""),
        ({}, ""),
    ],
)
def test_an_antibiotic_for_a_procedure_says_so(more: dict[str, Any], intent: str) -> None:
    concept = coded(ATC, "J01DB04", "cefazolin")
    assert chart(request(medicationCodeableConcept=concept, **more)).drugs[0].intent == intent
