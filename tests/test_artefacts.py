"""Our terminology as FHIR: valid, made of the loaded tables, and nothing that was not verified."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fhir.resources.R4B import get_fhir_model_class

from cds_service.__main__ import main
from cds_service.advise import advice_for
from cds_service.artefacts.library import Library, load_library
from cds_service.artefacts.value_sets import COMMENT
from cds_service.catalog import Catalog
from cds_service.clinical.procedure import Procedure
from cds_service.facts.code_sets import CodeSet, load_code_sets
from cds_service.facts.tables import load_table
from cds_service.settings import Settings
from cds_service.stories import story_of_folder
from tests.conftest import PATIENTS, PROJECT
from tests.test_patients import ZONE

BASE = "https://example.org/vertebral-augmentation-cds"
SYSTEMS = ("finding", "finding-value", "override-reason", "topic")
CPT = "http://www.ama-assn.org/go/cpt"


@pytest.fixture(scope="module")
def library(settings: Settings, catalog: Catalog) -> Library:
    return load_library(settings.cards, catalog)


@pytest.fixture(scope="module")
def code_sets() -> dict[str, CodeSet]:
    import tomllib

    path = PROJECT / "cards" / "vertebral_augmentation" / "procedure.toml"
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return {one.id: one for one in load_code_sets(raw["orders"])}


def concepts(library: Library, ident: str) -> dict[str, dict[str, Any]]:
    system = library.get("CodeSystem", ident)
    assert system is not None
    return {one["code"]: one for one in system["concept"]}


def value_set(library: Library, ident: str) -> dict[str, Any]:
    found = library.get("ValueSet", ident)
    assert found is not None
    return found


def parts(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    compose = resource.get("compose", {})
    yield from (*compose.get("include", ()), *compose.get("exclude", ()))


def published(resource: dict[str, Any]) -> set[str]:
    codes = {one["code"] for part in parts(resource) for one in part.get("concept", ())}
    return codes | {one["value"] for part in parts(resource) for one in part.get("filter", ())}


def test_every_resource_is_fhir(library: Library) -> None:
    for (kind, ident), one in library.resources.items():
        assert get_fhir_model_class(kind).model_validate(one).model_dump()["id"] == ident
        assert one["resourceType"] == kind
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", ident)
        assert re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", one["name"])
    get_fhir_model_class("Bundle").model_validate(library.bundle())


def test_every_resource_has_its_own_canonical_url(library: Library) -> None:
    urls = [one["url"] for one in library.resources.values()]
    assert len(set(urls)) == len(urls)
    for (kind, ident), one in library.resources.items():
        assert one["url"] == f"{BASE}/{kind}/{ident}"


@pytest.mark.parametrize("ident", SYSTEMS)
def test_a_code_system_of_ours_says_what_each_code_is_called(library: Library, ident: str) -> None:
    system = library.get("CodeSystem", ident)
    assert system is not None
    assert system["url"] == f"{BASE}/CodeSystem/{ident}"
    assert system["count"] == len(system["concept"]) == len(concepts(library, ident))
    assert all(one["display"] for one in system["concept"])
    assert ("ValueSet", f"vs-{ident}") in library.resources
    assert value_set(library, f"vs-{ident}")["url"] == system["valueSet"]


def test_findings_and_their_values_are_those_of_the_table(library: Library) -> None:
    table = load_table("findings.toml")
    assert list(concepts(library, "finding")) == list(table)
    values = {value for entry in table.values() for value in entry.get("values", ())}
    assert set(concepts(library, "finding-value")) == values
    for name, entry in table.items():
        if entry["value"] == "code":
            own = value_set(library, f"vs-finding-value-{name}")
            assert published(own) == set(entry["values"])


@pytest.mark.parametrize("name", ["warfarin_active_inr_2_4", "almost_everything_at_once"])
def test_topics_and_reasons_of_real_cards_are_in_our_code_systems(
    library: Library, procedure: Procedure, name: str
) -> None:
    story = story_of_folder(PATIENTS / name, procedure)
    evidence = story.evidence()
    advice = advice_for(story.request(), procedure, lambda *_: evidence, story.now(ZONE))
    for card in advice.cards:
        for coding in (card.source.topic, *card.override_reasons):
            if coding is not None and coding.system.startswith(BASE):
                own = concepts(library, coding.system.rpartition("/")[2])
                assert own[coding.code]["display"] == coding.display


def test_there_is_a_value_set_for_each_code_set_of_the_tables(
    library: Library, code_sets: dict[str, CodeSet]
) -> None:
    for ident, one in code_sets.items():
        if not one.table.startswith("findings.toml"):
            assert ("ValueSet", ident) in library.resources


def test_only_codes_in_use_that_were_verified_are_published(
    library: Library, code_sets: dict[str, CodeSet]
) -> None:
    for ident, one in code_sets.items():
        if one.table.startswith("findings.toml"):
            continue
        made = value_set(library, ident)
        assert published(made) == {row.code for row in one.rows if row.usable}
        assert made["status"] == ("active" if "compose" in made else "draft")


@pytest.mark.parametrize(
    ("ident", "there", "missing"),
    [
        ("vs-inr", {"6301-6", "46418-0"}, {"92891-1", "52129-4", "61189-7"}),
        ("vs-pt", {"5902-2"}, {"5964-2", "5894-1"}),
        ("vs-platelets", {"777-3"}, {"34167-7"}),
        ("vs-infection-spinal", {"M46.2", "203241002"}, {"M46.4", "2304001"}),
        ("vs-infection-spinal-possible", {"M46.4", "2304001"}, {"M46.2"}),
        ("vs-bleeding-disorder", {"D66", "D65"}, {"D68.5", "D68.6", "D68"}),
        ("vs-allergen-pmma", {"427811002"}, {"1331"}),
        ("vs-allergen-iodinated", {"426722004", "5956"}, {"768763008"}),
        ("vs-anticoagulant", {"11289", "B01AA03", "855288"}, {"32968"}),
        ("vs-antiplatelet", {"32968"}, {"11289"}),
        ("vs-thrombolytic", {"8410", "B01AD"}, set()),
        ("vs-bone-agent", {"46041", "M05BA04", "M05BA"}, {"M05BX05"}),
        ("vs-anti-infective", {"J01", "J04A", "J02A"}, {"D", "S"}),
        ("vs-trigger-orders", {"22514", "22515", "0QU03JZ"}, {"22524", "0201T", "C7505", "V44.4"}),
        ("vs-past-procedure", {"22524"}, {"22514"}),
        ("vs-imaging-mr", {"36531-2", "72148"}, {"72146", "36112-1"}),
        ("vs-imaging-ct", {"24963-1"}, {"72128"}),
        ("vs-bonescan", {"39879-2", "78306"}, {"78830"}),
        ("vs-vertebra", {"66794005"}, {"421060004"}),
    ],
)
def test_what_stands_in_a_value_set(
    library: Library, ident: str, there: set[str], missing: set[str]
) -> None:
    codes = published(value_set(library, ident))
    assert there <= codes
    assert not missing & codes


def test_prefixes_are_filters_and_what_is_no_member_is_excluded(library: Library) -> None:
    compose = value_set(library, "vs-infection-spinal")["compose"]
    asked = [part["filter"][0] for part in compose["include"] if "filter" in part]
    assert {"property": "concept", "op": "is-a", "value": "M46.2"} in asked
    nsaid = value_set(library, "vs-nsaid")["compose"]
    assert [part["filter"][0]["value"] for part in nsaid["exclude"]] == ["M01AH"]
    entry = load_table("conditions.toml")["malignancy_spine"]
    remissions = {code for row in entry["icd10cm"] for code in row.get("remission_codes", ())}
    made = value_set(library, "vs-malignancy-spine")["compose"]
    excluded = {one["code"] for part in made.get("exclude", ()) for one in part["concept"]}
    assert excluded == remissions != set()


@pytest.mark.parametrize(
    ("code", "member"),
    [("S22.011A", True), ("S32.012B", True), ("S22.010A", False), ("S22.9XXA", False)],
)
def test_a_pattern_is_told_over_codes_as_they_are_written(
    library: Library, code: str, member: bool
) -> None:
    ways = [one for part in parts(value_set(library, "vs-burst")) for one in part.get("filter", ())]
    patterns = [one["value"] for one in ways if one["op"] == "regex"]
    assert any(re.fullmatch(pattern, code) for pattern in patterns) is member


def test_a_pattern_that_cannot_be_told_stays_out_and_its_set_a_draft(library: Library) -> None:
    made = value_set(library, "vs-pregnancy-possible")
    assert made["status"] == "draft"
    assert "compose" not in made


def test_nothing_of_cpt_is_published_but_the_codes(library: Library) -> None:
    seen = 0
    for one in library.resources.values():
        for part in parts(one):
            if part["system"] == CPT:
                assert all(set(concept) == {"code"} for concept in part["concept"])
                assert "American Medical Association" in one["copyright"]
                seen += len(part["concept"])
    assert seen > 10


def test_a_foreign_code_has_no_display_of_ours(library: Library) -> None:
    for one in library.resources.values():
        for part in parts(one):
            for concept in part.get("concept", ()):
                assert ("display" in concept) == part["system"].startswith(BASE)
                for extension in concept.get("extension", ()):
                    assert extension["url"] == COMMENT


def test_the_form_for_local_codes_maps_nothing_by_itself(library: Library) -> None:
    made = library.get("ConceptMap", "local-codes")
    assert made is not None
    assert (made["status"], made["experimental"]) == ("draft", True)
    findings, results = made["group"]
    for group in (findings, results):
        assert "source" not in group
        assert all("code" not in element for element in group["element"])
    assert [one["target"][0]["code"] for one in findings["element"]] == list(
        concepts(library, "finding")
    )
    loinc = {target["code"] for one in results["element"] for target in one["target"]}
    assert "6301-6" in loinc
    assert "5964-2" not in loinc


def test_published_reasons_are_those_of_the_content(library: Library, procedure: Procedure) -> None:
    made = library.get("ConceptMap", "override-reason-published")
    assert made is not None
    (group,) = made["group"]
    given = {one["code"]: one["target"][0]["code"] for one in group["element"]}
    assert given == {
        own[0].code: own[1].code for own in procedure.overrides.values() if len(own) > 1
    }


def test_a_version_changes_with_the_content_and_only_then(
    settings: Settings, catalog: Catalog, library: Library
) -> None:
    again = load_library(settings.cards, catalog)
    assert again.resources == library.resources
    versions = {one["version"] for one in library.resources.values()}
    assert len(versions) == len(library.resources)


def test_search_by_url_id_and_version(library: Library) -> None:
    inr = value_set(library, "vs-inr")
    assert library.search("ValueSet", urls=[inr["url"]]) == [inr]
    assert library.search("ValueSet", urls=[f"{inr['url']}|{inr['version']}"]) == [inr]
    assert library.search("ValueSet", urls=[f"{inr['url']}|0"]) == []
    assert library.search("CodeSystem", urls=[inr["url"]]) == []
    assert len(library.search("ValueSet", idents=["vs-inr", "vs-pt", "nobody"])) == 2
    assert len(library.search("CodeSystem")) == len(SYSTEMS)


# The command


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["artefacts", *words])
    return result.exit_code, result.output


def test_files_hold_one_resource_each(tmp_path: Path, library: Library) -> None:
    code, said = run("--out", str(tmp_path / "new" / "folder"))
    assert code == 0, said
    assert f"{len(library.resources)} resources" in said
    written = sorted((tmp_path / "new" / "folder").iterdir())
    assert len(written) == len(library.resources)
    for path in written:
        one = json.loads(path.read_text(encoding="utf-8"))
        assert path.name == f"{one['resourceType']}-{one['id']}.json"
        assert one == library.get(one["resourceType"], one["id"])


def test_a_dash_prints_one_bundle(library: Library) -> None:
    code, said = run("--out", "-")
    assert code == 0
    assert json.loads(said) == library.bundle()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, said = run("--out", str(tmp_path / "file"))
    assert code == 1
    assert "cannot be written" in said
    assert "Traceback" not in said
