"""The query file and the templates of discovery."""

from __future__ import annotations

from pathlib import Path

import pytest

from cds_service.clinical.evidence import QUERIES
from cds_service.errors import ContentError
from cds_service.evidence.prefetch import PATIENT, Query, filled, load, templates

CODES = {
    "laboratory": ["http://loinc.org|6301-6", "http://loinc.org|6301-6", "http://loinc.org|777-3"],
    "vital_signs": ["http://loinc.org|8310-5"],
    "findings": ["https://example.org/finding|marrow-edema"],
}
TABLES = "".join(f'[{name}]\ntemplate = "X?patient={PATIENT}"\n' for name in QUERIES)


def test_full_mode_shows_every_query_in_its_order() -> None:
    """The names of templates are the names by which rules know their sources."""
    assert tuple(templates(load(), CODES, "full")) == QUERIES


def test_lean_mode_shows_the_patient_only() -> None:
    """Conformance section 13.3."""
    assert templates(load(), {}, "lean") == {"patient": f"Patient/{PATIENT}"}


@pytest.mark.parametrize("name", QUERIES)
def test_templates_stay_in_the_subset_that_clients_know(name: str) -> None:
    """CDS Hooks 2.0.1, "Prefetch Template": one token, no repeats, no includes, no dates."""
    template = templates(load(), CODES, "full")[name]
    parameters = [pair.split("=")[0] for pair in template.partition("?")[2].split("&") if pair]
    assert template.count("{{") == template.count("}}") == template.count(PATIENT) == 1
    assert len(parameters) == len(set(parameters))
    assert not {"_include", "_revinclude", "date", "_has"} & set(parameters)
    assert "$" not in template
    assert not template.startswith(("/", "http"))


def test_codes_are_listed_once_and_reach_every_form() -> None:
    """A code of two facts is asked once."""
    template = templates(load(), CODES, "full")["laboratory"]
    assert "code=http://loinc.org|6301-6,http://loinc.org|777-3&" in template


def test_a_query_without_its_codes_stops_the_start() -> None:
    """An empty code list would ask for nothing or for everything."""
    with pytest.raises(ContentError, match="laboratory"):
        filled(load(), {"vital_signs": ["a|b"], "findings": ["a|b"]})


def test_the_service_itself_asks_for_drugs_with_their_medications() -> None:
    """The first form brings Medications along; the simpler one has no parameter to stumble over."""
    query = load()["medication_requests"]
    assert "_include=MedicationRequest:medication" in query.first_url("p")
    assert query.simpler_url("p") == "MedicationRequest?patient=p"


def test_an_id_stays_one_value_whatever_it_holds() -> None:
    """Ids of real systems are opaque, and those of attackers too."""
    query = Query("conditions", f"Condition?patient={PATIENT}")
    assert query.first_url("a/b&c=d#e?f") == "Condition?patient=a%2Fb%26c%3Dd%23e%3Ff"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not toml", "cannot be read"),
        (TABLES.replace("[lists]", "[notes]"), "lists, notes"),
        (TABLES.replace("[lists]\n", '[lists]\nwhy = "x"\n'), "lists: takes"),
        (TABLES.replace("[lists]\ntemplate", "[lists]\nasked"), "lists: takes"),
        (TABLES.replace(PATIENT, "{{today()}}"), "token"),
        (TABLES.replace(PATIENT, PATIENT + PATIENT), "token"),
        (TABLES.replace(PATIENT, PATIENT + "&date=a&date=b"), "repeats"),
        (TABLES.replace(f'"X?patient={PATIENT}"', "1"), "token"),
    ],
)
def test_a_query_file_that_does_not_fit_stops_the_start(
    tmp_path: Path, text: str, complaint: str
) -> None:
    """Content files are closed, and their errors say where."""
    path = tmp_path / "queries.toml"
    path.write_text(text)
    with pytest.raises(ContentError, match=complaint):
        load(path)


def test_a_query_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    """An unreadable file is the maintainers' error as well."""
    with pytest.raises(ContentError, match="cannot be read"):
        load(tmp_path / "none.toml")
