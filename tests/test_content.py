"""Every card file and code list: complete, sourced, within length, used; no number in a rule."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path
from string import Template

import pytest

from cds_service.cards.samples import prove_suggestions
from cds_service.catalog import Catalog, load_catalog
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


def test_reasons_of_feedback_are_ours_and_the_published_ones(
    catalog: Catalog, procedure: Procedure
) -> None:
    """What the cards offer is known when it comes back."""
    offered = {(one.system, one.code) for own in procedure.overrides.values() for one in own}
    known = {(system, code) for system, codes in catalog.reasons.items() for code in codes}
    assert offered < known
    assert {system for system, _ in known} == {system for system, _ in offered}


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


INDEX = [
    line.split()
    for line in """
infection_spinal ABS critical
infection_systemic ABS critical
infection_puncture_site ABS critical
fever_unexplained ABS critical
coagulopathy_uncorrectable ABS critical
cord_compression_symptomatic ABS critical
allergy_cement ABS critical
allergy_contrast ABS critical
cardiopulmonary_severe ABS/REL critical/warning
asymptomatic_fracture ABS critical
no_marrow_edema ABS/REL critical/warning
exam_imaging_disparity ABS critical
pregnancy ABS critical
coagulopathy_correctable GAP warning
anticoagulant_active GAP warning
antiplatelet_active GAP warning
canal_compromise_retropulsed_fragment REL warning
canal_compromise_tumor REL warning
canal_stenosis_other REL warning
posterior_wall_disruption REL warning
pedicle_extension REL warning
burst_fracture REL warning
height_loss_severe REL warning
mechanical_instability REL warning
radiculopathy_dominant REL warning
alternative_pain_source REL warning
prone_intolerance REL warning
deformity_severe REL warning
surgical_backup REL warning
levels_exceed_three REL warning
conservative_therapy_inadequate IND warning
fracture_not_documented IND warning
fracture_age_chronic IND warning
pain_severity_low IND warning
prophylactic_level IND warning
imaging_missing_or_stale GAP warning
mri_alternative_incomplete GAP warning
axial_imaging_missing GAP warning
posterior_cortex_ct_missing GAP info
level_unspecified_or_mismatch GAP warning
coag_labs_missing GAP warning/info
focal_tenderness_undocumented GAP warning
neuro_baseline_missing GAP warning
anesthesia_plan GAP info/warning
consent_counselling GAP info
preprocedure_visit_timing GAP info
facility_capability GAP info
biopsy_consider ADV info
tumor_type_outside_evidence ADV warning
oncology_coordination ADV info
fracture_cascade ADV warning
adjacent_edema_unaddressed ADV info
approach_anatomy ADV info
antibiotic_prophylaxis_plan ADV info
antiosteoporotic_treatment_missing ADV warning
secondary_osteoporosis_workup ADV info
sagittal_balance ADV info
evidence_uncertain ADV info
postprocedure_plan ADV info
""".strip().splitlines()
]
"""The index of rules.md section 2: rule, class, and what the card is when it fires."""

KINDS = {
    "ABS": {RuleClass.ABSOLUTE},
    "REL": {RuleClass.RELATIVE},
    "IND": {RuleClass.INDICATION},
    "GAP": {RuleClass.GAP, RuleClass.BLEEDING},
    "ADV": {RuleClass.ADVISORY},
}

MILDER = {
    "antiplatelet_active": "aspirin alone (rules.md 3.2)",
    "prone_intolerance": "general anesthesia makes it possible (rules.md 3.4)",
    "conservative_therapy_inadequate": "a malignant fracture (rules.md 3.5)",
}
"""Rules with a tier that only informs, though the index gives no second indicator, and its case."""


def test_the_index_has_every_rule_once() -> None:
    assert len({name for name, *_ in INDEX}) == len(INDEX) == 59
    assert set(NAMES) <= {name for name, *_ in INDEX}


@pytest.mark.parametrize("name", NAMES)
def test_place_class_and_indicator_are_those_of_the_index(name: str, procedure: Procedure) -> None:
    place, kind, fires = next(
        (number, kind, fires)
        for number, (rule, kind, fires) in enumerate(INDEX, start=1)
        if rule == name
    )
    statement = check(procedure, name).statement
    assert statement.position == place
    assert statement.rule_class in KINDS[kind.partition("/")[0]]
    shown = {words.indicator.value for words in statement.fires.values()}
    assert shown == {*fires.split("/"), *(["info"] if name in MILDER else [])}


@pytest.mark.parametrize("name", NAMES)
def test_a_title_has_two_to_five_words_and_is_the_only_one(name: str, procedure: Procedure) -> None:
    titles = [one.statement.title for one in procedure.checks]
    title = check(procedure, name).statement.title
    assert 2 <= len(title.split()) <= 5
    assert titles.count(title) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_card_file_holds_no_detail_that_no_card_shows(name: str, procedure: Procedure) -> None:
    """A gap is a line on the card of open checks; nobody would read more of it."""
    statement = check(procedure, name).statement
    said = [words.detail for words in statement.fires.values()]
    assert statement.rule_class is not RuleClass.GAP or not any(said)


@pytest.mark.parametrize("name", NAMES)
def test_a_summary_of_weak_evidence_says_that_it_is_not_confirmed(
    name: str, procedure: Procedure
) -> None:
    words = check(procedure, name).statement.suspected
    if words is not None:
        assert words.summary.startswith("possible ")
        assert words.summary.endswith(", not confirmed: $because")


BRITISH = re.compile(
    r"\b(?:\w+isation|individualise\w*|criticise\w*|recognise\w*|stabilise\w*|localise\w*"
    r"|oedema\w*|tumour\w*|anaesth\w*|haem\w+|favour\w*|neighbour\w*|centre\w*|labell\w+)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", sorted(CARDS.glob("*.toml")), ids=lambda path: path.stem)
def test_words_are_spelled_the_american_way(path: Path) -> None:
    """Only the heading of a paper keeps its own spelling ("randomised studies")."""
    assert BRITISH.findall(path.read_text(encoding="utf-8")) == []


HEADINGS = {
    "snis": (
        "Introduction",
        "Clinical outcome",
        "Procedural safety",
        "All complications",
        "Procedural indications",
        "Absolute contraindications",
        "Relative contraindications",
        "Technical requirements",
        "Pre-procedure evaluation",
        "Procedural care",
        "Post-procedural care",
        "Recommendations",
    ),
    "jnccn": (
        "opening text",
        "Clinical Presentation and Diagnostic Evaluation",
        "Evidence Supporting Use",
        "Table 1",
        "Complications and Adverse Effects",
        "Clinical Case",
    ),
    "rrp": ("section 2", "section 3", *(f"section 4.{part}" for part in range(1, 7))),
    "rmd": (
        "The vertebroplasty procedure",
        "Primary objective: relieving pain",
        "Open-label, randomised studies",
        "Double-blind, randomised studies",
        "Table 1",
        "Risk of new fractures",
        "Secondary objective: preserving mechanical conditions",
        "Conclusion",
    ),
}
"""The four papers' own headings, under which a reader finds what is cited."""


@pytest.mark.parametrize("name", NAMES)
def test_a_paper_is_cited_under_one_of_its_own_headings(name: str, procedure: Procedure) -> None:
    statement = check(procedure, name).statement
    for cited in (*statement.sources, *statement.limit_sources.values()):
        headings = HEADINGS.get(cited.source)
        assert headings is None or cited.where.startswith(headings), cited.where


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
