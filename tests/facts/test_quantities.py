"""Numbers and units: what cannot be trusted is unreadable, never a guess (codes.md 2.10)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.quantity import Measured
from cds_service.facts.lab_codes import load_labs
from cds_service.facts.quantities import Value, of_quantity, of_text
from cds_service.facts.tables import load_table
from cds_service.facts.units import Conversion, Units

UCUM = "http://unitsofmeasure.org"
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
        ("spo2", 1, "{fraction}", "100"),
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
        ("spo2", {"value": 1.01, "unit": "{fraction}"}, "unit_unknown"),
        ("spo2", {"value": -0.5, "unit": "{fraction}"}, "unit_unknown"),
        ("inr", {"value": 1.2, "unit": "s", "system": UCUM}, "unit_unknown"),
        ("inr", {"value": 1.2, "code": "s"}, "unit_unknown"),
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


def test_the_ucum_code_or_the_words_for_the_unit_are_enough() -> None:
    """Where the words are foreign, the code decides, and the other way round."""
    foreign = {"value": 150, "unit": "Tsd/\u00b5l", "system": UCUM, "code": "10*3/uL"}
    assert of_quantity(foreign, units("platelets")).measured == exactly("150")
    odd = {"value": 150, "unit": "K/mm3", "system": UCUM, "code": "whatever"}
    assert of_quantity(odd, units("platelets")).measured == exactly("150")


def test_two_names_of_one_unit_agree() -> None:
    """Two ways of the same size are no contradiction, whichever entry they come from."""
    tenths = Units({"g/L": Conversion(down=Decimal(10)), "mg/mL": Conversion(down=Decimal(10))})
    read = of_quantity({"value": 120, "unit": "mg/mL", "code": "g/L"}, tenths)
    assert read.measured == exactly("12")


def test_a_fraction_runs_from_none_to_all() -> None:
    """Both ends are fractions."""
    share = Units({"{fraction}": Conversion(up=Decimal(100), at_most_one=True)})
    for value, made in ((0, "0"), (1, "100")):
        read = of_quantity({"value": value, "unit": "{fraction}"}, share)
        assert read.measured == exactly(made)


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
    [
        "9" * 40,
        "150 K/uL *HL",
        "Clotted",
        "See note",
        "TNP",
        "150,000 /uL",
        "about 150 K/uL",
        "15.0 gm/L",
        "1.2.3",
    ],
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


@pytest.mark.parametrize(
    ("value", "true"),
    [("1.9", False), ("2", True), ("2.1", True), ("49.9", True), ("50", True), ("50.1", False)],
)
def test_both_ends_of_a_plausible_range_belong_to_it(value: str, true: bool) -> None:
    """What a unit was mistaken for lies beyond them."""
    assert Units(low=Decimal(2), high=Decimal(50)).plausible(Decimal(value)) is true


def test_nothing_measured_is_negative_but_it_may_be_nothing() -> None:
    """Without a range of its own, a fact still has that one."""
    assert Units().plausible(Decimal(0))
    assert Units().plausible(Decimal("0.5"))
    assert Units().plausible(Decimal(10) ** 9)
    assert not Units().plausible(Decimal("-0.000001"))
    assert not Units(low=Decimal(-5)).plausible(Decimal(-1))
    assert not Units(low=Decimal(2)).plausible(Decimal(1))
    assert not Units(high=Decimal(2)).plausible(Decimal(3))


@pytest.mark.parametrize(
    ("way", "value", "made"),
    [
        (Conversion(down=Decimal(3)), "1", "0.333333"),
        (Conversion(down=Decimal(3)), "2", "0.666667"),
        (Conversion(down=Decimal(64)), "1", "0.015625"),
        (Conversion(down=Decimal(128)), "1", "0.007812"),
        (Conversion(down=Decimal(1000)), "0.0014", "0.000001"),
        (Conversion(up=Decimal(1000)), "0.0000005", "0.0005"),
        (Conversion(up=Decimal("0.0001")), "0.0003", "0.00000003"),
        (Conversion(up=Decimal("0.0001"), down=Decimal("1.0")), "0.0003", "0.00000003"),
        (Conversion(down=Decimal("0.5")), "1.2", "2.4"),
        (Conversion(Decimal(5), Decimal(9), Decimal(-32)), "99.5", "37.5"),
        (Conversion(Decimal(5), Decimal(9), Decimal(-32)), "23", "-5"),
    ],
)
def test_a_division_ends_after_six_places(way: Conversion, value: str, made: str) -> None:
    """Far below the precision of any laboratory; a multiplication loses nothing."""
    assert str(way.of(Decimal(value)).normalize()) == str(Decimal(made).normalize())


@pytest.mark.parametrize("value", ["1e12", "1e24", "1e30", "1e300"])
def test_a_number_too_large_to_be_cut_is_kept_whole(value: str) -> None:
    """It is implausible, no reason to break."""
    third = Conversion(down=Decimal(3)).of(Decimal(value))
    assert abs(third * 3 / Decimal(value) - 1) < Decimal("1e-9")
    assert not Units(high=Decimal(100)).plausible(third)


def test_the_spelling_of_the_table_comes_before_small_letters() -> None:
    """Millimole and the like differ by a capital; blanks and both micro signs do not matter."""
    mega, milli = Conversion(up=Decimal(10) ** 6), Conversion(down=Decimal(1000))
    known = Units({"Mu": mega, "mu": milli, "umol/l": Conversion()})
    assert known.way("Mu") is mega
    assert known.way("mu") is milli
    assert known.way(" MU ") is milli
    for unit in ("umol/L", "\u00b5mol/L", " \u03bcmol/l"):
        assert known.way(unit) == Conversion()
    assert known.way("mol/L") is None
