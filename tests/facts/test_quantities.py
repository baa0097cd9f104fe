"""Numbers and units: what cannot be trusted is unreadable, never a guess (codes.md 2.10)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.quantity import Measured
from cds_service.facts.lab_codes import load_labs
from cds_service.facts.quantities import UCUM, Value, of_quantity, of_text
from cds_service.facts.tables import load_table
from cds_service.facts.units import Units

FACTS = load_labs(load_table("labs.toml")).facts


def units(fact: str) -> Units:
    """Give the spellings of a fact."""
    return FACTS[fact].units


def exactly(value: str) -> Measured:
    """Make a measurement without bounds."""
    return Measured.exactly(Decimal(value))


@pytest.mark.parametrize(
    ("fact", "value", "unit", "made"),
    [
        ("platelets", 150, "10*3/uL", "150"),
        ("platelets", 150, "10*3/\u00b5L", "150"),
        ("platelets", 150, "k/UL", "150"),
        ("platelets", 150000, "/uL", "150"),
        ("platelets", 1.5, "lakh/uL", "150"),
        ("crp", 1.2, "mg/dL", "12"),
        ("crp", 95.24, "nmol/L", "10"),
        ("creatinine", 88.42, "umol/L", "1"),
        ("hemoglobin", 120, "g/L", "12"),
        ("fibrinogen", 2, "g/L", "200"),
        ("temperature", 100.4, "[degF]", "38"),
        ("procalcitonin", 500, "pg/mL", "0.5"),
        ("spo2", 0.94, "{fraction}", "94"),
        ("inr", 1.1, "", "1.1"),
        ("inr", 1.1, "{ratio}", "1.1"),
    ],
)
def test_a_listed_unit_is_turned_into_the_own_one(
    fact: str, value: float, unit: str, made: str
) -> None:
    """Equivalent units give one number."""
    read = of_quantity({"value": value, "unit": unit}, units(fact))
    assert read.trouble == ""
    assert read.measured == exactly(made)


@pytest.mark.parametrize(
    ("fact", "quantity", "trouble"),
    [
        ("platelets", {"value": 45}, "no_unit"),
        ("crp", {"value": 12}, "no_unit"),
        ("creatinine", {"value": 1}, "no_unit"),
        ("temperature", {"value": 38.5}, "no_unit"),
        ("leukocytes", {"value": 8, "unit": "10*3/mL"}, "unit_unknown"),
        ("inr", {"value": 12.5, "unit": "s"}, "unit_unknown"),
        ("hemoglobin", {"value": 12, "unit": "g/L", "code": "g/dL"}, "unit_unknown"),
        ("spo2", {"value": 94, "unit": "1"}, "unit_unknown"),
        ("inr", {"value": 27}, "implausible"),
        ("inr", {"value": 0.4}, "implausible"),
        ("temperature", {"value": 98.6, "unit": "Cel"}, "implausible"),
        ("platelets", {"value": 150, "unit": "10*12/L"}, "implausible"),
        ("platelets", {"value": -5, "unit": "K/uL"}, "implausible"),
        ("platelets", {"unit": "K/uL"}, "no_value"),
        ("platelets", {"value": "many", "unit": "K/uL"}, "words"),
        ("platelets", {"value": True, "unit": "K/uL"}, "words"),
        ("platelets", {"value": 5, "comparator": "~", "unit": "K/uL"}, "words"),
    ],
)
def test_what_cannot_be_trusted_says_why(
    fact: str, quantity: dict[str, object], trouble: str
) -> None:
    """A missing unit is not guessed; two units that contradict each other help nobody."""
    read = of_quantity(quantity, units(fact))
    assert (read.trouble, read.measured) == (trouble, None)


def test_the_ucum_code_comes_before_the_words_for_the_unit() -> None:
    """Where the words are foreign, the code decides, and the other way round."""
    foreign = {"value": 150, "unit": "Tsd/\u00b5l", "system": UCUM, "code": "10*3/uL"}
    assert of_quantity(foreign, units("platelets")).measured == exactly("150")
    odd = {"value": 150, "unit": "K/mm3", "system": UCUM, "code": "whatever"}
    assert of_quantity(odd, units("platelets")).measured == exactly("150")


@pytest.mark.parametrize(
    ("comparator", "bounds"),
    [
        ("<", Measured(None, Decimal(20), high_open=True)),
        ("<=", Measured(None, Decimal(20))),
        (">", Measured(Decimal(20), None, low_open=True)),
        (">=", Measured(Decimal(20), None)),
    ],
)
def test_a_comparator_leaves_one_side_open(comparator: str, bounds: Measured) -> None:
    """The bound is all that is known."""
    quantity = {"value": 20, "comparator": comparator, "unit": "K/uL"}
    read = of_quantity(quantity, units("platelets"))
    assert read.measured == bounds
    assert read.shown == f"{comparator}20 K/uL"
    assert of_text(f"{comparator} 20 K/uL", units("platelets")).measured == bounds


@pytest.mark.parametrize(
    ("fact", "text", "made"),
    [
        ("inr", "1.1", "1.1"),
        ("inr", "1,1", "1.1"),
        ("inr", "1.2 *", "1.2"),
        ("inr", "2.4 H", "2.4"),
        ("inr", "2.4 *H", "2.4"),
        ("hemoglobin", "15.0 g/dL", "15"),
        ("platelets", "150 K/uL L", "150"),
    ],
)
def test_a_text_that_is_only_a_number_is_read(fact: str, text: str, made: str) -> None:
    """With a listed unit and a flag or two (rules.md 9.3)."""
    assert of_text(text, units(fact)).measured == exactly(made)


@pytest.mark.parametrize(
    "text",
    ["9" * 40, "Clotted", "See note", "TNP", "150,000 /uL", "about 150 K/uL", "15.0 gm/L", "1.2.3"],
)
def test_any_other_text_is_words(text: str) -> None:
    """`150,000` may be a thousand times as much as 150.000: nobody can tell."""
    assert of_text(text, units("platelets")).trouble == "words"


def test_a_number_in_text_without_its_unit_is_not_guessed() -> None:
    """45 may be 45 x 10^9/L or a slip of the keyboard."""
    assert of_text("45", units("platelets")).trouble == "no_unit"


@given(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=20)),
    st.text(max_size=12),
    st.sampled_from(sorted(FACTS)),
)
def test_any_quantity_is_read_or_says_why(value: object, unit: str, fact: str) -> None:
    """Nothing raises, and nothing is both readable and in trouble."""
    read: Value = of_quantity({"value": value, "unit": unit}, units(fact))
    assert (read.measured is None) == bool(read.trouble)
    assert len(read.shown) <= 200


@given(st.text(max_size=300))
def test_any_text_is_read_or_says_why(text: str) -> None:
    """Nothing raises, and what is shown stays short."""
    read = of_text(text, units("platelets"))
    assert (read.measured is None) == bool(read.trouble)
    assert len(read.shown) <= 200


@given(st.decimals(min_value=1, max_value=2000, places=1))
def test_equivalent_units_of_platelets_agree(count: Decimal) -> None:
    """Whichever unit a laboratory prefers, the number is the same."""
    per_litre = of_quantity({"value": str(count), "unit": "10*9/L"}, units("platelets"))
    cells = of_quantity({"value": str(count * 1000), "unit": "/uL"}, units("platelets"))
    assert per_litre.measured == cells.measured
