"""Matching a code is a few lookups, however many sets there are and however large they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cds_service.errors import ContentError
from cds_service.facts.code_patterns import prefixes_of
from cds_service.facts.condition_codes import ConditionSets, load_conditions
from cds_service.facts.condition_sets import sets_of
from cds_service.facts.tables import load_table


class Counted(dict[str, Any]):
    """A table that counts lookups, and refuses to be gone through."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        """Count one lookup."""
        self.looks += 1
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        """Refuse: that would be a loop over the set."""
        raise AssertionError("the table is gone through")

    items = keys = values = __iter__  # type: ignore[assignment]


def counted(sets: ConditionSets) -> tuple[ConditionSets, list[Counted]]:
    """Count the lookups in all tables of codes."""
    tables = [Counted(dict(one)) for one in (sets.exact, sets.prefixes, sets.snomed)]
    exact, prefixes, snomed = tables
    return replace(sets, exact=exact, prefixes=prefixes, snomed=snomed), tables


def larger() -> dict[str, Any]:
    """Put a thousand sets, with codes of both systems, beside those of the project."""
    many = {
        f"set_{number}": {
            "icd10cm": [
                {"code": f"Q{number:04d}", "says": "x"},
                {"code": f"R{number:04d}", "prefix": True, "says": "x"},
            ],
            "icd10cm_patterns": [{"pattern": f"^W{number:04d}[0-9]", "says": "x"}],
            "snomed": [{"code": f"9{number:04d}00", "says": "x"}],
        }
        for number in range(1000)
    }
    return {**load_table("conditions.toml"), **many}


@pytest.mark.parametrize(
    ("key", "code", "most"),
    [
        ("icd10cm", "M46.26", 7),
        ("icd10cm", "S32.012A", 10),
        ("icd10cm", "O10.02", 7),
        ("icd10cm", "Z99.99", 7),
        ("snomed", "203241002", 1),
        ("snomed", "404684003", 1),
    ],
)
def test_as_many_lookups_as_the_code_has_characters(key: str, code: str, most: int) -> None:
    """One for each beginning, and one for each form in which a code may be listed."""
    looks = []
    for table in (load_table("conditions.toml"), larger()):
        sets, tables = counted(load_conditions(table))
        sets_of(sets, {}, [(key, code)])
        looks.append([one.looks for one in tables])
    assert looks[0] == looks[1], "the number of lookups depends on the size of the sets"
    assert 0 < sum(looks[0]) <= most


def test_patterns_are_written_out_when_the_tables_are_loaded() -> None:
    """So that they are looked up as prefixes are."""
    assert prefixes_of("^S220[0-2]1", "x") == ("S22001", "S22011", "S22021")
    assert prefixes_of("^O(1[0-2]|20)", "x") == ("O10", "O11", "O12", "O20")
    assert prefixes_of("^A[BD-F]", "x") == ("AB", "AD", "AE", "AF")


@pytest.mark.parametrize("pattern", ["S22", "^", "^S22.*", "^S2[", "^a", "^S(1|)x", 5, ""])
def test_other_patterns_stop_the_start(pattern: object) -> None:
    with pytest.raises(ContentError, match="is no pattern of codes"):
        prefixes_of(pattern, "x")
