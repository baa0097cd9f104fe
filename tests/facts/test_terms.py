"""What is kept from record to record: codes and displays, bounded, and nothing else."""

from typing import Any

import pytest

from cds_service.facts import terms
from cds_service.facts.terms import Terms, term_of

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
CODING = {"system": ICD, "code": "M80.08XA", "display": "Osteoporosis with fracture"}


@pytest.mark.parametrize("text", [None, "Osteoporosis with fracture"])
def test_codings_alone_are_a_term(text: str | None) -> None:
    """A text that is the display of a coding says nothing more."""
    assert term_of({"coding": [CODING], "text": text}) == (text, *CODING.values())


@pytest.mark.parametrize(
    "concept",
    [
        {"coding": [CODING], "text": "her back broke in the garden"},
        {"coding": [CODING], "text": ["Osteoporosis with fracture"]},
        {"coding": [CODING | {"display": {"text": "x"}}]},
        {"coding": [CODING | {"code": 7}]},
        {"coding": [CODING | {"display": "x" * 300}]},
        {"coding": [CODING] * 5},
        {"coding": [CODING, None]},
        {"coding": CODING},
        {"coding": []},
        {"text": "osteoporosis"},
        [{"coding": [CODING]}],
        "osteoporosis",
        None,
    ],
)
def test_what_somebody_wrote_is_no_term(concept: Any) -> None:
    """Neither is a shape that is not foreseen, nor what is long or many."""
    assert term_of(concept) is None


def test_what_is_kept_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full table begins anew."""
    monkeypatch.setattr(terms, "_MOST_TERMS", 3)
    known = Terms()
    for number in range(10):
        known.keep("kind", (number,), number)
        assert len(known) <= 3
        assert known["kind", (number,)] == number
