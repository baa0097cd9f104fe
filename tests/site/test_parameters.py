"""The names of the catalogue: each well formed, each where it says it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cds_service.cards.limits import read_limits
from cds_service.cards.tables import read_toml
from cds_service.clinical.procedure import Paper, Procedure
from cds_service.clinical.quantity import Quantity
from cds_service.clinical.when import Window
from cds_service.errors import ContentError
from cds_service.site.apply import Overlay
from cds_service.site.file import Chosen, Site
from cds_service.site.parameters import (
    HOLDS,
    TIMES,
    Parameter,
    Tighter,
    load_parameters,
    proven,
)
from tests.conftest import PROJECT

CARDS = PROJECT / "cards" / "vertebral_augmentation"
PARAMETERS = load_parameters(CARDS)
SEEDS = {"snis", "jnccn", "rrp", "rmd"}

Write = Callable[[str], dict[str, Parameter]]


@pytest.fixture
def load(tmp_path: Path) -> Write:
    def write(text: str) -> dict[str, Parameter]:
        (tmp_path / "parameters.toml").write_text(text, encoding="utf-8")
        return load_parameters(tmp_path)

    return write


PLAIN = 'says = "a limit"\nunit = "%"\ntighter = "lower"\nplausible = [1, 100]\n'


def test_a_limit_may_stand_in_every_card_file(load: Write, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text("limits.age.days = 9", encoding="utf-8")
    (tmp_path / "two.toml").write_text("limits.group.age.days = 9", encoding="utf-8")
    made = load(f"['a.b']\n{PLAIN}limits = ['*.age', '*.group.age', 'one.age']")["a.b"]
    assert made.limits == (("one", "age"), ("two", "group.age"))


def test_a_procedure_without_the_file_has_no_names(tmp_path: Path) -> None:
    assert load_parameters(tmp_path) == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("says", "sais", "unknown key 'sais'; did you mean 'says'"),
        ('"lower"', '"low"', "'tighter' must be one of lower, higher, neither"),
        ("[1, 100]", "[100, 1]", "two numbers, the smaller one first"),
        ("[1, 100]", "[1]", "two numbers"),
        ("[1, 100]", "[1, true]", "two numbers"),
        ("says", 'limits = ["card"]\nsays', "a limit is written card_file.limit"),
    ],
)
def test_a_name_that_is_not_well_formed_is_refused(
    load: Write, old: str, new: str, said: str
) -> None:
    with pytest.raises(ContentError, match=re.escape(said)) as raised:
        load(f"['a.b']\n{PLAIN.replace(old, new, 1)}")
    assert "parameters.toml [a.b]" in str(raised.value)


@pytest.mark.parametrize(
    ("tighter", "new", "said"),
    [
        ("lower", 4, "tighter"),
        ("lower", 6, "looser"),
        ("higher", 4, "looser"),
        ("higher", 6, "tighter"),
        ("neither", 4, "changed"),
        ("lower", 5, "as the default"),
    ],
)
def test_each_change_has_a_direction(tighter: str, new: int, said: str) -> None:
    one = Parameter("a", "a limit", "%", Tighter(tighter))
    assert one.direction(Decimal(5), Decimal(new)) == said


def test_a_limit_that_is_off_can_be_switched_on() -> None:
    one = Parameter("a", "an angle", "deg", Tighter.LOWER, Decimal(5), Decimal(90), seed=True)
    assert one.direction(None, Decimal(40)) == "switched on"
    assert (one.shown(None), one.shown(Decimal(40))) == ("off", "40 deg")


def overlay(folder: Path, parameter: Parameter, chosen: Chosen) -> Overlay:
    """Lay one value over card files of a folder."""
    papers = {"snis": Paper("snis", "SNIS", "x"), "operational": Paper("operational", "Ours", "x")}
    site = Site("site.toml", "abc", chosen={parameter.name: chosen})
    return Overlay(site, {parameter.name: parameter}, papers, folder, frozenset())


@pytest.mark.parametrize(
    ("unit", "raw", "value", "made"),
    [
        ("deg", {"off": True}, Decimal(40), {"value": Decimal(40), "unit": "deg"}),
        ("days", {"off": True}, Decimal(40), {"days": 40}),
        ("days", {"days": 30}, Decimal(40), {"days": 40}),
        ("hours", {"hours": 30}, Decimal(40), {"hours": 40}),
        ("levels", {"value": 3, "unit": "1"}, Decimal(2), {"value": Decimal(2), "unit": "1"}),
    ],
)
def test_a_value_takes_the_form_of_its_limit(
    tmp_path: Path, unit: str, raw: dict[str, Any], value: Decimal, made: dict[str, Any]
) -> None:
    limits = (("card", "group.angle"),)
    one = Parameter("a", "an angle", unit, Tighter.LOWER, limits=limits)
    changed = overlay(tmp_path, one, Chosen(value)).change(
        "card", {"limits": {"group": {"angle": raw | {"source": "snis", "where": "Table 1"}}}}
    )
    limit = changed["limits"]["group"]["angle"]
    assert {key: limit[key] for key in made} == made
    assert set(limit) == {*made, "source", "where", "says"}
    assert limit["where"] == "in place of SNIS, Table 1"
    assert limit["says"].startswith("an angle: limit of this site: ")


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a rule that can do without one of them."""

    angle: Quantity | None
    age: Window | None


def test_a_rule_gets_what_the_site_switched_on(tmp_path: Path) -> None:
    cited = {"source": "operational", "where": "no paper gives one"}
    raw = {"angle": {"off": True, **cited}, "age": {"off": True, **cited}}
    assert read_limits(raw, Limits, "card.toml", lambda _: {})[0] == Limits(None, None)
    one = Parameter("a", "an angle", "deg", limits=(("card", "angle"),))
    two = Parameter("b", "an age", "days", limits=(("card", "age"),))
    for parameter, wanted in (
        (one, Limits(Quantity(Decimal(40), "deg"), None)),
        (two, Limits(None, Window(40))),
    ):
        laid = overlay(tmp_path, parameter, Chosen(Decimal(40)))
        made = laid.change("card", {"limits": raw})["limits"]
        limits, sources = read_limits(made, Limits, "card.toml", lambda _: {})
        assert limits == wanted
        assert any("default off" in source.says for source in sources.values())


def test_a_word_takes_the_form_of_names(tmp_path: Path) -> None:
    one = Parameter("a", "surgery", words=("none", "on-site"), limits=(("card", "surgery"),))
    laid = overlay(tmp_path, one, Chosen("on-site"))
    cited = {"source": "operational", "where": "no clinical source"}
    forms: tuple[dict[str, Any], ...] = ({"names": ["none"]}, {"names": []}, {"off": True})
    for raw in forms:
        made = laid.change("card", {"limits": {"surgery": raw | cited}})["limits"]["surgery"]
        assert made["names"] == ["on-site"]
        assert made["where"] == "in place of a default without a clinical source"


def test_a_limit_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    one = Parameter("a", "an angle", "deg", limits=(("card", "angle"),))
    laid = overlay(tmp_path, one, Chosen(Decimal(5)))
    with pytest.raises(ContentError, match=r"\[a\]: card\.angle: the card file has no such limit"):
        laid.change("card", {"limits": {}})
    with pytest.raises(ContentError, match="no such limit"):
        laid.default("card", "angle")


def test_what_stands_elsewhere_in_a_paper_is_loosened_with_a_reason_only(tmp_path: Path) -> None:
    one = Parameter("a", "lead", "days", Tighter.LOWER, seed=True, place="lead_days")
    assert overlay(tmp_path, one, Chosen(Decimal(9), "so it is")).lead_days(7) == 9
    with pytest.raises(ContentError, match="9 days is looser than 7 days"):
        overlay(tmp_path, one, Chosen(Decimal(9))).lead_days(7)


def test_words_may_be_yes_or_no() -> None:
    one = Parameter("a", "a switch", words=("true", "false"))
    assert proven(one, {"value": True}, "x") == "true"
    with pytest.raises(ContentError, match="must be one of true, false"):
        proven(one, {"value": 1}, "x")


MAPPED = [(name, card, limit) for name, one in PARAMETERS.items() for card, limit in one.limits]


@pytest.mark.parametrize(("name", "card", "limit"), MAPPED, ids=[f"{c}.{x}" for _, c, x in MAPPED])
def test_a_mapped_limit_stands_in_its_card_file(name: str, card: str, limit: str) -> None:
    path = CARDS / f"{card}.toml"
    assert path.is_file(), f"{name}: there is no card file {card}"
    found: Any = read_toml(path)["limits"]
    for key in limit.split("."):
        assert key in found, f"{name}: {card} has no limit {limit}"
        found = found[key]
    if name == HOLDS:
        return
    one = PARAMETERS[name]
    if one.unit in TIMES:
        assert one.unit in found or not set(TIMES) & set(found), name
    elif "unit" in found:
        assert found["unit"] in (one.unit, "1"), name


@pytest.mark.parametrize("name", [name for name, one in PARAMETERS.items() if one.limits])
def test_the_card_files_agree_on_the_default(name: str) -> None:
    if name == HOLDS:
        return
    laid = overlay(CARDS, PARAMETERS[name], Chosen(Decimal(0)))
    defaults = {laid.default(card, limit) for card, limit in PARAMETERS[name].limits}
    assert len(defaults) == 1, defaults
    (default,) = defaults
    one = PARAMETERS[name]
    if isinstance(default, Decimal):
        assert one.low <= default <= one.high


@pytest.mark.parametrize("name", [name for name, one in PARAMETERS.items() if one.limits])
def test_what_stands_in_a_paper_is_marked_as_such(name: str) -> None:
    for card, limit in PARAMETERS[name].limits:
        found: Any = read_toml(CARDS / f"{card}.toml")["limits"]
        for key in limit.split("."):
            found = found[key]
        if name != HOLDS and found["source"] in SEEDS:
            assert PARAMETERS[name].seed, f"{card}.{limit}"


@pytest.mark.parametrize("name", [name for name, one in PARAMETERS.items() if one.waits_for])
def test_a_rule_that_is_waited_for_is_not_there_yet(name: str) -> None:
    """When it is there, its limits belong into `limits`."""
    for rule in PARAMETERS[name].waits_for:
        assert not (CARDS / f"{rule}.toml").is_file(), f"{name}: map the limit of {rule}"


def test_every_name_has_a_place_or_waits_for_one() -> None:
    for name, one in PARAMETERS.items():
        assert one.used or one.waits_for, name


UNMAPPED = {
    "approach_anatomy.statement": "no parameter of the catalogue",
    "adjacent_edema_unaddressed.distance": "no parameter of the catalogue",
    "height_loss_severe.compared_at": "how it is compared, not where it ends",
    "asymptomatic_fracture.no_pain": "no pain is a score of 0 everywhere",
    "cardiopulmonary_severe.heart_function": "no parameter of the catalogue",
    "cardiopulmonary_severe.oxygen": "no parameter of the catalogue",
    "consent_counselling.consent": "no parameter of the catalogue",
    "antibiotic_prophylaxis_plan.plan": "no parameter of the catalogue",
    "oncology_coordination.visits": "no parameter of the catalogue",
    "secondary_osteoporosis_workup.tests": "no parameter of the catalogue",
    "anticoagulant_active.kidney": "the age of creatinine is no parameter of the catalogue",
    "anticoagulant_active.prophylactic_daily_mg": "belongs to the table of holds",
    "canal_compromise_retropulsed_fragment.compared_at": "how it is compared, not where it ends",
    "canal_compromise_retropulsed_fragment.nothing": "how it is compared, not where it ends",
    "canal_compromise_tumor.compared_at": "how it is compared, not where it ends",
}
"""Numbers of card files that the catalogue gives no site to change."""


def test_every_number_of_a_card_file_is_mapped_or_known_not_to_be(procedure: Procedure) -> None:
    """A new limit that nobody maps would stay as it is where a site changes its parameter."""
    mapped = {f"{card}.{limit}" for _, card, limit in MAPPED}
    for check in procedure.checks:
        limits = read_toml(CARDS / f"{check.name}.toml")["limits"]
        for path in _numbers(limits):
            name = f"{check.name}.{path}"
            assert name in mapped or name in UNMAPPED, name


@pytest.mark.parametrize(("name", "card", "limit"), MAPPED, ids=[f"{c}.{x}" for _, c, x in MAPPED])
def test_no_sentence_names_a_number_that_a_site_may_change(
    name: str, card: str, limit: str
) -> None:
    """A sentence says `$limit`: its number would be false where a site has another one."""
    default = (
        None if name == HOLDS else overlay(CARDS, PARAMETERS[name], NOTHING).default(card, limit)
    )
    if not isinstance(default, Decimal):
        return
    raw = read_toml(CARDS / f"{card}.toml")
    spoken = [raw.get("changes", ""), *_sentences(raw["when_yes"]), *_sentences(raw.get("notes"))]
    spoken += _sentences(raw.get("when_suspected"))
    written = re.compile(rf"(?<![\d.]){re.escape(str(default))}(?![\d.]*\d)")
    for sentence in spoken:
        assert not written.search(sentence), sentence


def _sentences(table: Any) -> list[str]:
    """List the sentences of a card, of its tiers, or of notes."""
    if not isinstance(table, dict):
        return []
    own = [table[key] for key in ("summary", "detail", "text") if isinstance(table.get(key), str)]
    return own + [text for inner in table.values() for text in _sentences(inner)]


NOTHING = Chosen(Decimal(0))


def _numbers(limits: dict[str, Any], before: str = "") -> list[str]:
    """List the limits of a card file that are numbers or times, groups included."""
    found = []
    for key, value in limits.items():
        if isinstance(value, dict) and {"value", *TIMES} & set(value):
            found.append(f"{before}{key}")
        elif isinstance(value, dict) and not {"names", "same_as", "source"} & set(value):
            found += _numbers(value, f"{before}{key}.")
    return found
