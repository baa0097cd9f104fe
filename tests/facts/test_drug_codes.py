"""Content files of drugs and allergies: what does not fit together stops the start."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from cds_service.errors import ContentError
from cds_service.facts.allergy_codes import load_allergies
from cds_service.facts.dosage_words import load_dosage
from cds_service.facts.drug_codes import load_drugs
from cds_service.facts.tables import load_table
from tests.facts.records import codes

LOADERS: dict[str, Callable[[Any], object]] = {
    "medications.toml": lambda table: load_drugs(table, codes().systems),
    "allergies.toml": lambda table: load_allergies(table, codes().systems),
    "dosage.toml": load_dosage,
}


def set_at(table: Any, path: list[Any], value: Any) -> None:
    """Change one place of a table; None takes it away."""
    *way, last = path
    for step in way:
        table = table[step]
    if value is None:
        del table[last]
    else:
        table[last] = value


@pytest.mark.parametrize(
    ("name", "path", "value", "says"),
    [
        ("medications.toml", ["warfarin", "color"], "red", "[warfarin]"),
        ("medications.toml", ["warfarin", "kind"], "poison", "[warfarin]"),
        ("medications.toml", ["warfarin", "names"], "Coumadin", "[warfarin]"),
        ("medications.toml", ["warfarin", "products"], [855332], "[warfarin]"),
        ("medications.toml", ["warfarin", "rxnorm"], 11289, "[warfarin]"),
        ("medications.toml", ["warfarin", "products"], ["5224"], "5224"),
        ("medications.toml", ["warfarin", "names"], ["-"], "medications.toml"),
        ("medications.toml", ["warfarin"], "red", "[warfarin]"),
        ("medications.toml", ["groups"], None, "[groups]"),
        ("medications.toml", ["groups", "color"], "red", "[groups]"),
        ("medications.toml", ["groups", "look_back_days"], None, "look_back_days"),
        ("medications.toml", ["groups", "look_back_days"], "long", "[groups]"),
        ("medications.toml", ["groups", "flush_units_at_most"], "many", "[groups]"),
        ("medications.toml", ["groups", "anti_infective_stems"], ["\\b("], "[groups]"),
        ("allergies.toml", ["colors"], [], "allergies.toml"),
        ("allergies.toml", ["snomed", 0, "color"], "red", "snomed"),
        ("allergies.toml", ["snomed", 0, "agents"], [], "427811002"),
        ("allergies.toml", ["snomed", 0, "agents"], "pmma", "427811002"),
        ("allergies.toml", ["snomed", 0, "code"], "", "snomed"),
        ("allergies.toml", ["none_known", 0, "absence"], "some", "716186003"),
        ("allergies.toml", ["words", "pmma"], "(", "[words]"),
        ("allergies.toml", ["words", "pmma"], 3, "[words]"),
        ("dosage.toml", ["color"], "red", "dosage.toml"),
        ("dosage.toml", ["routes"], None, "routes"),
        ("dosage.toml", ["timing_codes", "BID"], "twice", "dosage.toml"),
        ("dosage.toml", ["interval_words", "often"], ["often"], "dosage.toml"),
        ("dosage.toml", ["dose_units", "color"], "red", "[dose_units]"),
        ("dosage.toml", ["flush", "color"], "red", "[flush]"),
        ("dosage.toml", ["dose_units"], [], "dosage.toml"),
    ],
)
def test_a_table_that_does_not_fit_stops_the_start(
    name: str, path: list[Any], value: Any, says: str
) -> None:
    """The message names the file and the place."""
    table = deepcopy(dict(load_table(name)))
    set_at(table, path, value)
    with pytest.raises(ContentError, match=r"\.toml") as caught:
        LOADERS[name](table)
    assert says in str(caught.value)


def test_the_only_fixed_combination_is_made_of_listed_agents() -> None:
    """Its key names its parts."""
    assert codes().drugs.pairs == {"aspirin_dipyridamole": {"aspirin", "dipyridamole"}}


def test_a_switched_off_code_does_not_count() -> None:
    """A code that no terminologist has confirmed stays off."""
    table = deepcopy(dict(load_table("allergies.toml")))
    table["snomed"][0]["active"] = False
    assert load_allergies(table, codes().systems).of_code("snomed", "427811002") == frozenset()
