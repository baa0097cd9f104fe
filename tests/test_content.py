"""Every card file and code list: complete, sourced, within length, used; no number in a rule."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from string import Template

import pytest

from cds_service.cards.samples import prove_suggestions
from cds_service.catalog import load_catalog
from cds_service.clinical.hold import Hold
from cds_service.clinical.procedure import Check, Procedure
from cds_service.clinical.statement import RuleClass
from cds_service.errors import ContentError
from cds_service.settings import Settings
from tests.conftest import PROJECT

RULES = sorted((PROJECT / "cds_service" / "rules").glob("[a-z]*.py"))
CARDS = PROJECT / "cards" / "vertebral_augmentation"
NAMES = [path.stem for path in RULES]
SHOUTING = re.compile(r"\b(?!(?:CDS|CT|MRI|INR|CRP|ESR)\b)[A-Z]{6,}\b|!")


def check(procedure: Procedure, name: str) -> Check:
    return next(one for one in procedure.checks if one.name == name)


@pytest.mark.parametrize("path", RULES, ids=NAMES)
def test_a_rule_holds_no_number_and_no_sentence(path: Path) -> None:
    """Numbers and words belong to the card file, where a clinician signs them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            last = isinstance(node.value, int) and node.value in (0, 1)
            number = isinstance(node.value, int | float) and not isinstance(node.value, bool)
            assert not number or last, f"line {node.lineno}: {node.value!r}"
            assert not isinstance(node.value, str) or node.value.count(" ") <= 2, repr(node.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_its_card_file_and_its_test(name: str) -> None:
    assert (CARDS / f"{name}.toml").is_file()
    assert (PROJECT / "tests" / "rules" / f"test_{name}.py").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_and_every_source_is_one_of_our_papers(name: str, procedure: Procedure) -> None:
    statement = check(procedure, name).statement
    assert statement.sources
    for cited in (*statement.sources, *statement.limit_sources.values()):
        assert cited.source in procedure.papers
        assert cited.where


@pytest.mark.parametrize("name", NAMES)
def test_words_do_not_shout_and_say_what_would_change_the_answer(
    name: str, procedure: Procedure
) -> None:
    statement = check(procedure, name).statement
    assert statement.changes
    every = [*statement.fires.values(), *([statement.suspected] if statement.suspected else [])]
    for words in every:
        assert not SHOUTING.search(words.summary), words.summary


def test_an_absolute_rule_has_words_for_weak_evidence(procedure: Procedure) -> None:
    for one in procedure.checks:
        if one.statement.rule_class is RuleClass.ABSOLUTE:
            assert one.statement.suspected is not None, one.name


def test_every_paper_suggestion_and_override_is_used(procedure: Procedure) -> None:
    """Dead content would be signed and never read."""
    drafts, overrides = set(), {"other"}
    for one in procedure.checks:
        statement = one.statement
        words = [*statement.fires.values(), *([statement.suspected] if statement.suspected else [])]
        drafts |= {key for w in words for key in w.suggestions}
        drafts |= set(statement.unknown_suggestions)
        drafts |= {key for note in statement.notes.values() for key in note.suggestions}
        overrides |= set(statement.overrides)
    assert set(procedure.drafts) == drafts
    assert overrides <= set(procedure.overrides)


def test_every_shared_text_is_filled_by_known_names(procedure: Procedure) -> None:
    known = {"count", "total", "first", "sources", "order", "site", "rules"}
    for text in procedure.texts.values():
        assert set(Template(text).get_identifiers()) <= known, text


def test_suggested_resources_are_fhir(procedure: Procedure) -> None:
    assert prove_suggestions(procedure) >= len(procedure.drafts) - 1


def test_coagulation_limits_are_the_same_wherever_they_stand(procedure: Procedure) -> None:
    """SIR's limits stand in several card files; a change must reach all of them."""
    correctable = check(procedure, "coagulopathy_correctable").statement.limits
    uncorrectable = check(procedure, "coagulopathy_uncorrectable").statement.limits
    anticoagulant = check(procedure, "anticoagulant_active").statement.limits
    missing = check(procedure, "coag_labs_missing").statement.limits
    assert correctable.inr_above == uncorrectable.inr_above == anticoagulant.inr_above
    assert correctable.platelets_below == uncorrectable.platelets_below
    assert correctable.platelets_below == anticoagulant.platelets_below
    assert correctable.window == uncorrectable.window == missing.window
    assert correctable.window_at_risk == uncorrectable.window_at_risk == missing.window_at_risk
    assert correctable.inr_out_of_range_above == anticoagulant.inr_after_hold


def test_fever_is_the_same_wherever_it_stands(procedure: Procedure) -> None:
    rules = ("fever_unexplained", "infection_systemic", "infection_spinal")
    limits = [check(procedure, name).statement.limits for name in rules]
    assert len({(one.fever, one.inpatient, one.outpatient) for one in limits}) == 1


def test_every_held_agent_is_a_drug_that_readers_know(procedure: Procedure) -> None:
    drugs = procedure.codes.drugs
    known = {*drugs.kinds, *(agent for *_, agent in drugs.atc_groups)}
    for name in ("anticoagulant_active", "antiplatelet_active"):
        limits = check(procedure, name).statement.limits
        holds: tuple[Hold, ...] = getattr(limits, "drug", limits).holds
        assert {hold.agent for hold in holds} <= known


@pytest.fixture
def copy(tmp_path: Path, settings: Settings) -> Settings:
    """Give settings whose content may be broken."""
    shutil.copytree(PROJECT / "cards", tmp_path / "cards")
    return settings.model_copy(update={"cards": tmp_path / "cards"})


BREAKS = {
    "an unknown key": ("fever_unexplained.toml", 'title = "', 'titel = "x"\ntitle = "', "titel"),
    "a limit without source": ("fever_unexplained.toml", 'source = "operational", ', "", "source"),
    "a missing limit": ("fever_unexplained.toml", "\nfever =", "\n# fever =", "fever"),
    "a name that nothing fills": ("fever_unexplained.toml", "$because", "$becuase", "becuase"),
    "an unknown paper": ("fever_unexplained.toml", '"rrp"', '"rrrp"', "rrrp"),
    "a wrong class": ("fever_unexplained.toml", 'class = "absolute"', 'class = "abs"', "class"),
    "an unknown suggestion": ("fever_unexplained.toml", '"sg-temp"', '"sg-tmp"', "sg-tmp"),
    "no TOML": ("fever_unexplained.toml", "[limits]", "[limits", "cannot be read"),
    "an unknown text": ("procedure.toml", "closing =", "closng =", "closng"),
    "an unknown kind of fact": ("procedure.toml", '"laboratory"', '"labs"', "labs"),
    "an id that needs escaping": ("procedure.toml", 'id = "vertebral-', 'id = "vertebral ', "URL"),
    "an unknown kind of suggestion": ("suggestions.toml", 'kind = "task"', 'kind = "tsk"', "tsk"),
}


@pytest.mark.parametrize("case", BREAKS.values(), ids=BREAKS.keys())
def test_broken_content_stops_the_start_and_says_where(
    case: tuple[str, str, str, str], copy: Settings
) -> None:
    file, old, new, said = case
    path = copy.cards / "vertebral_augmentation" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=re.escape(said)):
        load_catalog(copy)


def test_a_card_file_without_a_rule_stops_the_start(copy: Settings) -> None:
    folder = copy.cards / "vertebral_augmentation"
    shutil.copy(folder / "fever_unexplained.toml", folder / "fever_explained.toml")
    with pytest.raises(ContentError, match=r"rules/fever_explained\.py is missing"):
        load_catalog(copy)


def test_a_rule_without_a_card_file_stops_the_start(copy: Settings) -> None:
    (copy.cards / "vertebral_augmentation" / "fever_unexplained.toml").unlink()
    with pytest.raises(ContentError, match=r"fever_unexplained\.toml is missing"):
        load_catalog(copy)


def test_a_folder_without_procedures_stops_the_start(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="holds no procedure"):
        load_catalog(settings.model_copy(update={"cards": tmp_path}))


def test_a_changed_word_changes_the_version(copy: Settings, procedure: Procedure) -> None:
    path = copy.cards / "vertebral_augmentation" / "fever_unexplained.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# reviewed\n", encoding="utf-8")
    assert load_catalog(copy).version != procedure.version
