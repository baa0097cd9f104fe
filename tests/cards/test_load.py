"""Card files: what a clinician signs is what a rule gets, and nothing in them is ignored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service.cards.load import load_statement
from cds_service.clinical.card import Indicator
from cds_service.clinical.hold import Hold
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.rule import Rule
from cds_service.clinical.statement import Cited, Note, RuleClass, Statement, Words
from cds_service.clinical.when import Window
from cds_service.errors import ContentError

from .builders import never


@dataclass(frozen=True, slots=True)
class Drugs:
    """A group that another file holds."""

    review: Window
    least: Quantity


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the rule."""

    above: Quantity
    window: Window
    recent: Window
    agents: tuple[str, ...]
    holds: tuple[Hold, ...]
    drug: Drugs


RULE = Rule(
    "example",
    "Is there one?",
    never,
    Limits,
    (),
    tiers=("grave",),
    notes=("liver",),
    says=("drug",),
)
SOURCED = 'source = "guide", where = "Table 1"'
HEAD = """
title = "Example"
class = "absolute"
position = 7
"""
SOURCES = """
sources = [{ source = "guide", where = "Table 1", says = "it matters" }]
"""
LIMITS = f"""
[limits]
above = {{ value = 1.50, unit = "1", {SOURCED}, says = "above 1.5" }}
window = {{ days = 30, {SOURCED} }}
recent = {{ hours = 72, {SOURCED} }}
agents = {{ names = ["pmma"], {SOURCED} }}
holds = [{{ agent = "aspirin", days = 5, {SOURCED} }}]
drug = {{ same_as = "other" }}
"""
WHEN = """
[when_yes]
indicator = "critical"
summary = "above $above within $window: $because"
detail = "Wait $recent; $review, $least and $drug at $level for $missing."
suggestions = ["inr"]

[when_unknown]
line = "the example"
suggestions = ["ask"]

[notes.liver]
text = "The liver, $$ and $above."
suggestions = ["two"]

[when_yes.tiers.grave]
indicator = "warning"
summary = "grave: $because"
"""
PLAIN = HEAD + SOURCES + LIMITS + WHEN
OTHER = {
    "review": {"days": 14, "source": "guide", "where": "x"},
    "least": {"value": Decimal(3), "unit": "1", "source": "guide", "where": "x"},
}


def other(name: str) -> Mapping[str, Any]:
    """Give the limits of the one other card file."""
    assert name == "other"
    return OTHER


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """Name a card file to be written."""
    return tmp_path / "example.toml"


def load(path: Path, content: str, rule: Rule = RULE) -> Statement:
    """Write a card file and load it."""
    path.write_text(content, encoding="utf-8")
    return load_statement(path, rule, other)


def test_a_card_file_becomes_a_statement(card: Path) -> None:
    statement = load(card, PLAIN)
    assert (statement.rule, statement.title, statement.position) == ("example", "Example", 7)
    assert statement.rule_class is RuleClass.ABSOLUTE
    assert statement.limits.above == Quantity(Decimal("1.50"), "1")
    assert statement.limits.drug == Drugs(Window(14), Quantity(Decimal(3), "1"))
    assert statement.limit_sources["above"] == Cited("guide", "Table 1", "above 1.5")
    assert statement.sources == (Cited("guide", "Table 1", "it matters"),)
    assert statement.fires[""].indicator is Indicator.CRITICAL
    assert statement.fires[""].suggestions == ("inr",)
    assert (statement.unknown_line, statement.unknown_suggestions) == ("the example", ("ask",))
    assert statement.notes == {"liver": Note("The liver, $$ and $above.", ("two",))}


def test_what_is_left_out_is_empty(card: Path) -> None:
    statement = load(card, PLAIN)
    assert statement.suspected is None
    assert (statement.family, statement.changes, statement.dissent) == ("", "", "")
    assert (statement.joins, statement.anatomical, statement.overrides) == (False, False, ())


def test_what_may_be_said_is_kept(card: Path) -> None:
    more = 'family = "f"\njoins = true\nanatomical = true\noverrides = ["corrected"]\n'
    more += 'changes = "Below $above."\ndissent = "They differ."\n'
    statement = load(card, more + PLAIN)
    assert (statement.family, statement.joins, statement.anatomical) == ("f", True, True)
    assert statement.overrides == ("corrected",)
    assert (statement.changes, statement.dissent) == ("Below $above.", "They differ.")


def test_limits_are_said_as_the_file_writes_them_those_of_another_file_too(card: Path) -> None:
    said = load(card, PLAIN).limit_words
    assert said == {
        "above": "1.50",
        "window": "30 days",
        "recent": "72 hours",
        "review": "14 days",
        "least": "3",
    }


def test_a_tier_changes_only_what_it_names(card: Path) -> None:
    statement = load(card, PLAIN)
    plain, grave = statement.fires[""], statement.fires["grave"]
    assert (grave.indicator, grave.summary) == (Indicator.WARNING, "grave: $because")
    assert (grave.detail, grave.suggestions) == (plain.detail, plain.suggestions)


def test_weak_evidence_always_warns(card: Path) -> None:
    words = '[when_suspected]\nsummary = "possible: $because"\nsuggestions = ["inr"]\n'
    suspected = load(card, PLAIN + words).suspected
    assert suspected == Words(Indicator.WARNING, "possible: $because", "", ("inr",))


LONG = "x" * 86


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Example"', "", "key 'title' is missing"),
        ('title = "Example"', 'titel = "Example"', "did you mean 'title'"),
        ('class = "absolute"', 'class = "severe"', "'class' must be one of absolute, relative"),
        ("position = 7", "position = -7", "'position' must be a whole number"),
        ("position = 7", 'position = 7\njoins = "yes"', "'joins' must be true or false"),
        ("position = 7", "position = 7\nanatomical = 1", "'anatomical' must be true or false"),
        ("position = 7", "position = 7\noverrides = 1", "'overrides' must be a list of texts"),
        ("position = 7", 'position = 7\nnotes = "x"', ""),
        ("position = 7", 'position = 7\nchanges = "$nobody"', r"nothing fills \$nobody"),
        ("position = 7", 'position = 7\ndissent = "$nobody"', r"nothing fills \$nobody"),
        (SOURCES, "\nsources = 5\n", "'sources' must be a list"),
        (SOURCES, '\nsources = ["guide"]\n', "sources: must be a table"),
        (SOURCES, '\nsources = [{ source = "guide" }]\n', "sources: key 'where' is missing"),
        ('"critical"', '"hard-stop"', "'indicator' must be one of critical, warning, info"),
        ("above $above within", "above $agents within", r"nothing fills \$agents"),
        ("above $above within", "above $holds within", r"nothing fills \$holds"),
        ("above $above within", "above $abov within", r"nothing fills \$abov"),
        ("Wait $recent", "Wait $recant", r"nothing fills \$recant"),
        ("Wait $recent", "Wait 5 $ ", r"a lone \$ in"),
        ("above $above within", LONG, "the summary has 8. fixed characters; at most 85 fit"),
        ('line = "the example"', 'line = "the $level"', r"nothing fills \$level"),
        ('line = "the example"', "", r"\[when_unknown\]: key 'line' is missing"),
        ("The liver, $$", "The $liver, $$", r"nothing fills \$liver"),
        ("[notes.liver]", "[notes.kidney]", r"\[notes\]: key 'liver' is missing"),
        ('text = "The liver, $$ and $above."', "", r"\[notes.liver\]: key 'text' is missing"),
        ("[notes.liver]", "[when_yes.tiers.mild]\n[notes.liver]", "unknown key 'mild'"),
        ("[when_yes.tiers.grave]", "[when_yes.tiers.grave]\nx = 1", "unknown key 'x'"),
        ("[when_yes.tiers.grave]", "[when_yes.tiers]", "tiers: unknown key 'indicator'"),
        ("grave: $because", "grave: $nobody", r"nothing fills \$nobody"),
        ("[notes.liver]", '[when_suspected]\nsummary = "$x"\n[notes.liver]', r"nothing fills \$x"),
        (
            "[notes.liver]",
            '[when_suspected]\nsummary = "x"\nindicator = "info"\n[notes.liver]',
            r"\[when_suspected\]: unknown key 'indicator'",
        ),
        (
            'class = "absolute"',
            'class = "relative"\nwhen_suspected = { summary = "x" }',
            "only a rule of class absolute",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(card: Path, old: str, new: str, message: str) -> None:
    assert PLAIN.count(old) == 1
    with pytest.raises(ContentError, match=f"^example.toml.*{message}"):
        load(card, PLAIN.replace(old, new))


def test_a_note_that_the_rule_may_add_must_be_written(card: Path) -> None:
    start, end = PLAIN.index("[notes.liver]"), PLAIN.index("[when_yes.tiers.grave]")
    without = PLAIN[:start] + PLAIN[end:]
    with pytest.raises(ContentError, match=r"\[notes\]: key 'liver' is missing"):
        load(card, without)


def test_a_note_may_stand_for_an_agent_that_only_the_card_file_names(card: Path) -> None:
    statement = load(card, PLAIN + '[notes.warfarin]\ntext = "Check the INR again."\n')
    assert statement.notes["warfarin"] == Note("Check the INR again.")


def test_a_summary_may_have_as_many_fixed_characters_as_leave_room(card: Path) -> None:
    fits = PLAIN.replace("above $above within $window: $because", f"{'x' * 85}$because${{level}}")
    assert load(card, fits).fires[""].summary.startswith("x" * 85)
