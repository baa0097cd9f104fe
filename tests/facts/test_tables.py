"""Content that does not fit together stops the start, and says where (architecture.md, habits)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.errors import ContentError
from cds_service.facts import codes as code_tables
from cds_service.facts.condition_codes import load_conditions
from cds_service.facts.culture_words import load_culture_words
from cds_service.facts.finding_codes import load_findings
from cds_service.facts.imaging_codes import load_imaging
from cds_service.facts.lab_codes import load_labs
from cds_service.facts.systems import Systems, load_systems
from cds_service.facts.tables import closed, load_table
from cds_service.facts.vertebrae import load_vertebrae
from tests.facts.records import codes

SYSTEMS = load_systems(load_table("systems.toml"), "https://example.org/x/")


def changed(name: str, **more: Any) -> dict[str, Any]:
    """Load a table and change it at its top."""
    return {**load_table(name), **more}


def vertebrae(table: dict[str, Any]) -> object:
    """Load vertebrae with the systems of the project."""
    return load_vertebrae(table, SYSTEMS)


def systems(table: dict[str, Any]) -> object:
    """Load systems below a canonical URL."""
    return load_systems(table, "https://example.org/x")


INR: dict[str, Any] = {"title": "INR", "query": "laboratory", "unit": "1", "codes": []}


@pytest.mark.parametrize(
    ("load", "table", "says"),
    [
        (load_labs, {"inr": INR | {"colour": "red"}}, "labs.toml [inr]: unknown key 'colour'"),
        (load_labs, {"inr": "INR"}, "must be a table"),
        (load_labs, {"inr": INR | {"query": "often"}}, "needs a title, and a query"),
        (load_labs, {"inr": INR | {"units": {"1": "many"}}}, "'many' is no number"),
        (load_labs, {"inr": INR | {"units": {"1": "1/0"}}}, "'1/0' is no number"),
        (load_labs, {"inr": INR | {"plausible": ["low", "high"]}}, "plausible must be two numbers"),
        (load_labs, {"inr": INR | {"plausible": ["1"]}}, "plausible must be two numbers"),
        (load_labs, {"inr": INR | {"codes": [{"says": "x"}]}}, "a row has no code"),
        (
            load_labs,
            {n: INR | {"codes": [{"code": "1-1"}]} for n in ("a", "b")},
            "stands in two tables",
        ),
        (load_conditions, {"x": {"texts": "("}}, "no regular expression"),
        (load_conditions, {"x": {"icd10cm": [{"code": "A", "sure": 1}]}}, "unknown key 'sure'"),
        (load_findings, {"x": {"value": "number", "kind": "imaging"}}, "needs a type of value"),
        (load_findings, {"x": {"value": "code", "kind": "imaging"}}, "needs a type of value"),
        (load_findings, {"x": {"value": "boolean", "kind": "guess"}}, "needs a type of value"),
        (load_culture_words, changed("cultures.toml", negative=["("]), "cultures.toml"),
        (load_culture_words, {"negative": []}, "cultures.toml"),
        (
            load_imaging,
            changed("imaging.toml", fluid_sensitive={"pattern": "("}),
            "fluid_sensitive",
        ),
        (
            load_imaging,
            changed("imaging.toml", body_parts={"LEG": ["leg"]}),
            "unknown region 'leg'",
        ),
        (
            vertebrae,
            changed("vertebrae.toml", regions={"tail": "1"}),
            "neither a level nor a region",
        ),
        (vertebrae, changed("vertebrae.toml", levels={"L1": "66794005"}), "a code for each of"),
        (systems, {"loinc": "http://loinc.org"}, "must be a list of URIs"),
        (systems, {"a": ["urn:x"], "b": ["urn:x"]}, "stands for a and for b"),
    ],
)
def test_a_table_that_does_not_fit_says_where(
    load: Callable[[dict[str, Any]], object], table: dict[str, Any], says: str
) -> None:
    """File, table and key."""
    with pytest.raises(ContentError) as refused:
        load(table)
    assert says in str(refused.value)


def test_a_file_that_is_missing_or_no_toml_says_so() -> None:
    """A Python file is no table."""
    for name in ("nothing.toml", "codes.py"):
        with pytest.raises(ContentError, match=name):
            load_table(name)
    with pytest.raises(ContentError, match="must be a table"):
        closed([], frozenset(), "here")


def test_the_age_of_encounter_diagnoses_needs_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number without a source is refused."""
    real = load_table

    def without(name: str) -> Any:
        return {"encounter_diagnosis": {"max_age_days": 5}} if "reading" in name else real(name)

    monkeypatch.setattr(code_tables, "load_table", without)
    with pytest.raises(ContentError, match="and its source"):
        code_tables.load_codes("https://example.org/x")


def test_an_unknown_system_is_refused() -> None:
    """A table that names a system which nobody defines."""
    with pytest.raises(ContentError, match="no system 'icd9'"):
        SYSTEMS.uris("icd9")


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("http://loinc.org", "loinc"),
        (" http://loinc.org/ ", "loinc"),
        ("http://loinc.org|2.77", "loinc"),
        ("http://snomed.info/sct/900000000000207008/version/20240101", "snomed"),
        ("https://example.org/x/CodeSystem/finding", "finding"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("http://snomed.info/sctx", ""),
        ("urn:other |1", ""),
        (None, ""),
        ({"uri": "http://loinc.org"}, ""),
    ],
)
def test_a_system_is_known_by_any_of_its_names(uri: object, key: str) -> None:
    """With blanks, a version, or a last slash."""
    assert SYSTEMS.key_of(uri) == key


def test_a_site_may_switch_on_the_plain_strings_of_body_parts() -> None:
    """They are not verified and off as shipped (codes.md 3.2)."""
    assert load_imaging(load_table("imaging.toml")).parts == {}
    parts = dict(load_table("imaging.toml")["body_parts"], active=True)
    assert "L1" in load_imaging(changed("imaging.toml", body_parts=parts)).parts["LSPINE"]


def test_everything_is_counted_and_named() -> None:
    """For readiness, for `validate`, and for words on cards."""
    assert codes().count > 500
    assert codes().titles["inr"] == "INR"
    assert codes().titles["dialysis"]
    assert "inr" in codes().measured
    assert "blood_culture" not in codes().measured
    assert Systems({"a": ("urn:a",)}).uris("a") == ("urn:a",)
