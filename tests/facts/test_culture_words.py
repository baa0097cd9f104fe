"""Words of cultures: growth, no growth, or neither (codes.md 2.5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.facts.culture_words import load_culture_words
from cds_service.facts.tables import load_table

WORDS = load_culture_words(load_table("cultures.toml"))


@pytest.mark.parametrize(
    ("text", "grown"),
    [
        ("Staphylococcus aureus", True),
        ("MRSA", True),
        ("Gram positive cocci in clusters", True),
        ("Gram-negative bacilli seen. Identification to follow", True),
        ("Coagulase-negative staphylococci", True),
        ("No MRSA; E. coli grown", True),
        ("Positive", True),
        ("No growth after 5 days", False),
        ("NGTD", False),
        ("Negative", False),
        ("negative for MRSA", False),
        ("sterile", False),
        ("Staphylococcus aureus not isolated", False),
        ("not positive", False),
        ("pending", None),
        ("See note", None),
        ("normal skin flora", None),
        ("", None),
    ],
)
def test_a_culture_is_read_clause_by_clause(text: str, grown: bool | None) -> None:
    """Negative rods are growth, negative alone is none, pending says neither."""
    assert WORDS.grown(text) is grown


def test_a_contaminant_counts_unless_it_is_denied() -> None:
    """A declared contaminant is no growth; "not a contaminant" is no such declaration."""
    assert WORDS.is_contaminant(["S. epidermidis", "probable contamination"])
    assert not WORDS.is_contaminant(["felt not to be a contaminant"])
    assert not WORDS.is_contaminant(["S. aureus"])


def test_a_specimen_of_the_spine_is_known_by_its_words() -> None:
    """The spine is named beside blood: then it is the spine."""
    both = frozenset({"blood", "spine"})
    assert WORDS.site(["Tissue", "L2-L3 disc"], both) == "spine"
    assert WORDS.site(["Venous blood"], both) == "blood"
    assert WORDS.site(["epidural abscess"], frozenset({"blood"})) == ""
    assert WORDS.site(["Urine"], both) == ""


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No text raises."""
    assert WORDS.grown(text) in {True, False, None}
