"""The trace that a committee signs: nothing without a source, a test and a place in a paper."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cds_service.__main__ import main
from cds_service.cards.coverage import Coverage, load_coverage
from cds_service.catalog import Catalog, load_catalog
from cds_service.clinical.procedure import Procedure
from cds_service.errors import ContentError
from cds_service.facts.code_sets import CodeSet, load_code_sets
from cds_service.settings import Settings
from cds_service.tracing.data import ANSWERS, RuleLine, Trace, errors_of, gather
from cds_service.validate import report
from tests.conftest import PATIENTS, PROJECT

CARDS = PROJECT / "cards" / "vertebral_augmentation"
RULES = sorted(p.stem for p in (PROJECT / "cds_service" / "rules").glob("[a-z]*.py"))
FACTS = PROJECT / "cds_service" / "facts"
NAMED = {"laboratory", "vital_signs", "conditions", "findings", "examinations"}
CODED = NAMED | {"allergies", "drugs", "imaging", "orders"}
SEEDS = {"snis", "jnccn", "rrp", "rmd"}


@pytest.fixture(scope="module")
def trace(settings: Settings, catalog: Catalog) -> Trace:
    (only,) = gather(settings, catalog)
    return only


@pytest.fixture(scope="module")
def coverage(procedure: Procedure) -> Coverage:
    return load_coverage(CARDS, procedure.papers)


@pytest.fixture(scope="module")
def code_sets() -> tuple[CodeSet, ...]:
    raw = tomllib.loads((CARDS / "procedure.toml").read_text(encoding="utf-8"))
    return load_code_sets(raw["orders"])


def line(trace: Trace, rule: str) -> RuleLine:
    return next(one for one in trace.rules if one.rule == rule)


# What must hold of the content


def test_every_item_names_a_paper_of_the_four_and_a_rule(coverage: Coverage) -> None:
    assert {item.paper for item in coverage.items} == SEEDS
    for item in coverage.items:
        assert item.rules, item.item
        assert len(set(item.rules)) == len(item.rules), item.item
    passages = [(item.paper, item.item) for item in coverage.items]
    assert len(set(passages)) == len(passages)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_in_an_item_or_carried_by_no_paper(coverage: Coverage, rule: str) -> None:
    assert bool(coverage.items_of(rule)) != (rule in coverage.no_seed)


@pytest.mark.parametrize("rule", RULES)
def test_every_limit_has_a_source_that_is_one_of_our_papers(trace: Trace, rule: str) -> None:
    papers = {paper.key for paper in trace.papers}
    for limit in line(trace, rule).limits:
        assert limit.value, limit.name
        assert limit.where, limit.name
        assert limit.source in papers, limit.name


@pytest.mark.parametrize("rule", RULES)
def test_every_cited_source_is_one_of_our_papers_with_its_place(trace: Trace, rule: str) -> None:
    papers = {paper.key for paper in trace.papers}
    cited = line(trace, rule).papers
    assert cited
    for paper in cited:
        assert paper.source in papers
        assert paper.where
        assert paper.says


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_its_test_file(trace: Trace, rule: str) -> None:
    assert line(trace, rule).test == f"tests/rules/test_{rule}.py"


@pytest.mark.parametrize("rule", RULES)
def test_a_card_names_every_side_of_a_disagreement(
    coverage: Coverage, trace: Trace, rule: str
) -> None:
    """Section 4 of rules.md: `dissent` names each source that takes a position."""
    assert coverage.unnamed(rule, line(trace, rule).dissent) == ()


def test_the_only_errors_are_rules_that_are_still_to_come(trace: Trace) -> None:
    others = [error for error in trace.errors if not error.endswith(": no such rule")]
    assert others == []


def test_every_topic_of_a_disagreement_is_told_once(coverage: Coverage) -> None:
    topics = [one.topic for one in coverage.disagreements]
    assert len(set(topics)) == len(topics)


# What is found when it does not hold


def spoiled(rule: RuleLine, name: str, value: Any) -> RuleLine:
    return replace(rule, **{name: value})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("rule", "invented", "invented: in no item of coverage.toml"),
        ("test", "", "no test file"),
        ("papers", (), "cites no paper"),
        ("dissent", "SNIS alone.", "dissent does not name JNCCN (Infection: scope)"),
        ("no_seed", "somebody", "listed under [no_seed] as well"),
    ],
)
def test_what_a_committee_could_not_sign_is_an_error(
    trace: Trace, coverage: Coverage, name: str, value: Any, told: str
) -> None:
    papers = {paper.key: paper for paper in trace.papers}
    rule = line(trace, "infection_spinal")
    if name == "rule":
        rule = spoiled(rule, "items", ())
    errors = errors_of([spoiled(rule, name, value)], coverage, papers)
    assert any(told in error for error in errors), errors


@pytest.mark.parametrize(
    ("source", "where", "told"),
    [
        ("", "", "the limit imaging has no source"),
        ("sir", "", "the limit imaging has no source"),
        ("nobody", "page 1", "'nobody' is not in papers.toml"),
    ],
)
def test_a_limit_without_a_source_of_ours_is_an_error(
    trace: Trace, coverage: Coverage, source: str, where: str, told: str
) -> None:
    papers = {paper.key: paper for paper in trace.papers}
    rule = line(trace, "infection_spinal")
    first, *rest = rule.limits
    limits = (replace(first, source=source, where=where), *rest)
    errors = errors_of([spoiled(rule, "limits", limits)], coverage, papers)
    assert any(told in error for error in errors), errors


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('rules = ["cardiopulmonary_severe"]', "rules = []", "no rule carries it"),
        ('paper = "rmd"', 'paper = "rmb"', "'rmb' is not in papers.toml"),
        ('source = "rrp"', 'source = "nobody"', "'nobody' is not in papers.toml"),
        ('rmd = "RMD"\n', "", "'rmd' has no name in [names]"),
        ('shown = "relative', 'show = "relative', "unknown key 'show'"),
        (
            'source = "lcd", says = "relative: a limiting factor"',
            'source = "jnccn", says = "relative"',
            "names fewer than two sources",
        ),
    ],
)
def test_a_coverage_file_that_does_not_fit_says_where(
    tmp_path: Path, procedure: Procedure, before: str, after: str, told: str
) -> None:
    text = (CARDS / "coverage.toml").read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "coverage.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=re.escape(told)):
        load_coverage(tmp_path, procedure.papers)


def test_validate_reads_the_coverage_too(tmp_path: Path, settings: Settings) -> None:
    shutil.copytree(PROJECT / "cards", tmp_path / "cards")
    path = tmp_path / "cards" / "vertebral_augmentation" / "coverage.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[extra]\n", encoding="utf-8")
    with pytest.raises(ContentError, match="unknown key 'extra'"):
        report(settings.model_copy(update={"cards": tmp_path / "cards"}))


def test_content_without_tests_and_patients_is_traced_as_such(
    tmp_path: Path, settings: Settings
) -> None:
    """As in the container image, which has neither."""
    shutil.copytree(PROJECT / "cards", tmp_path / "cards")
    alone = settings.model_copy(update={"cards": tmp_path / "cards"})
    (trace,) = gather(alone, load_catalog(alone))
    assert line(trace, "infection_spinal").test == ""
    assert "infection_spinal: no test file" in trace.errors
    assert not any(line(trace, "infection_spinal").stories.values())


def test_a_patient_that_cannot_be_read_is_named(tmp_path: Path, settings: Settings) -> None:
    shutil.copytree(PROJECT / "cards", tmp_path / "cards")
    story = tmp_path / "fhir_fixtures" / "patients" / "broken"
    story.mkdir(parents=True)
    (story / "expects.toml").write_text("answers = [", encoding="utf-8")
    alone = settings.model_copy(update={"cards": tmp_path / "cards"})
    with pytest.raises(ContentError, match=r"broken/expects\.toml"):
        gather(alone, load_catalog(alone))


# What it shows


def test_a_limit_is_shown_with_value_unit_and_place(trace: Trace) -> None:
    limits = {one.name: one for one in line(trace, "coagulopathy_correctable").limits}
    assert (limits["inr_above"].value, limits["inr_above"].unit) == ("1.5", "{INR}")
    assert limits["inr_above"].label == "SIR 2019 consensus"
    assert (limits["window"].value, limits["window"].unit) == ("30", "days")
    assert limits["platelets_below"].unit == "×10⁹/L"


def test_every_row_of_the_holds_is_shown_with_its_band(trace: Trace) -> None:
    limits = [one.value for one in line(trace, "anticoagulant_active").limits]
    assert "apixaban: 6 doses (clearance from 15, clearance below 50)" in limits
    assert "warfarin: 5 days (needs inr)" in limits
    shared = {one.name: one for one in line(trace, "antiplatelet_active").limits}
    assert shared["drug.holds[0]"].source == "sir"


def test_stories_stand_under_the_answer_that_they_expect(trace: Trace) -> None:
    stories = line(trace, "coagulopathy_correctable").stories
    assert tuple(stories) == ANSWERS
    assert "warfarin_active_inr_2_4" in stories["fires"]
    told = {name for names in stories.values() for name in names}
    assert told <= {path.name for path in PATIENTS.iterdir()}


def test_codes_are_shown_with_where_they_were_verified(trace: Trace) -> None:
    facts = {fact.name: fact for fact in line(trace, "coagulopathy_correctable").facts}
    sets = {one.id: one for one in trace.code_sets}
    (inr,) = facts["inr"].sets
    assert ("6301-6", "VSAC24, VSAC25") in {(c.code, c.verified) for c in sets[inr].codes}
    off = {c.code: c for c in sets["vs-pt"].codes}["5964-2"]
    assert not off.active
    assert not off.usable


def code_rows(table: Any, path: str = "") -> list[str]:
    """List all codes of rows in a table that are meant to be recognised."""
    if isinstance(table, dict):
        own = [table["code"]] if "code" in table else []
        own += [table["rxnorm"]] if isinstance(table.get("rxnorm"), str) else []
        own += table.get("products", []) if path != "excluded" else []
        return own + [
            code for key, one in table.items() if key != "excluded" for code in code_rows(one, key)
        ]
    if isinstance(table, list):
        return [code for one in table for code in code_rows(one, path)]
    return []


@pytest.mark.parametrize("path", sorted(FACTS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_code_of_the_fact_tables_is_in_a_code_set(
    path: Path, code_sets: tuple[CodeSet, ...]
) -> None:
    listed = {row.code for one in code_sets for row in one.rows}
    missing = set(code_rows(tomllib.loads(path.read_text(encoding="utf-8")))) - listed
    assert missing == set()


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_shows_a_code_set_for_each_coded_fact(trace: Trace, rule: str) -> None:
    sets = {one.id: one for one in trace.code_sets}
    for fact in line(trace, rule).facts:
        assert fact.sets or fact.kind not in CODED, fact.name
        if fact.kind in NAMED:
            assert all(sets[key].table.endswith(f"[{fact.name}]") for key in fact.sets)


# The three forms


def run(*words: str) -> str:
    result = CliRunner().invoke(main, ["trace", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_text_shows_passages_rules_and_errors(trace: Trace) -> None:
    text = run()
    titles = ("WHAT THE PAPERS ASK FOR", "WHERE THE SOURCES DISAGREE", "RULES", "CODE SETS")
    places = [text.index(f"\n{title}\n") for title in titles]
    assert places == sorted(places)
    for rule in trace.rules:
        assert f". {rule.rule} [{rule.rule_class}] " in text
        assert rule.question in text
    assert f"\nERRORS: {len(trace.errors)}\n" in text
    for error in trace.errors:
        assert f"error: {error}\n" in text
    assert "limit: inr_above = 1.5 {INR} (SIR 2019 consensus, thresholds" in text


def test_a_rule_that_does_not_exist_is_a_plain_error_line(trace: Trace, coverage: Coverage) -> None:
    errors = errors_of([], coverage, {paper.key: paper for paper in trace.papers})
    assert "infection_spinal: no such rule" in errors
    assert len(errors) == len(coverage.named())


def test_json_is_one_array_with_all_of_it(trace: Trace) -> None:
    (value,) = json.loads(run("--json"))
    assert value["version"] == trace.version
    assert [rule["rule"] for rule in value["rules"]] == [rule.rule for rule in trace.rules]
    assert value["errors"] == list(trace.errors)


class Page(HTMLParser):
    """What a page points at, and whether its tags are closed."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids and links; refuse what would load something."""
        given = dict(attrs)
        self.ids += [one for one in [given.get("id")] if one]
        self.links += [one for one in [given.get("href")] if one]
        assert tag not in {"script", "link", "img", "iframe"}
        assert "src" not in given
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self.open.pop() == tag


def test_the_page_stands_by_itself(trace: Trace) -> None:
    text = run("--html")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert len(set(page.ids)) == len(page.ids)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert {rule.rule for rule in trace.rules} <= set(page.ids)
    assert "url(" not in text
