"""What a site file may say: closed names, sizes that can be meant, reasons where they are due."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.__main__ import main
from cds_service.app import create_app
from cds_service.catalog import Catalog, load_catalog
from cds_service.clinical.card import Link
from cds_service.clinical.fact import Kind
from cds_service.clinical.procedure import Check, Procedure
from cds_service.errors import ContentError
from cds_service.settings import Settings
from tests.conftest import PROJECT

from .conftest import Loaded

EXAMPLE = PROJECT / "cards" / "site.example.toml"

REFUSED = {
    "an unknown key": (
        "hospitl = 'x'",
        "site.toml: unknown key 'hospitl'; did you mean 'hospital'",
    ),
    "no TOML": ("[parameters", "site.toml: cannot be read"),
    "an unknown parameter": (
        "[parameters]\ncoag.inr.traget = 1.4",
        "[parameters]: unknown parameter 'coag.inr.traget'; did you mean 'coag.inr.target'",
    ),
    "a parameter cut short": ("[parameters]\ncoag.inr = 1.4", "unknown parameter 'coag.inr'"),
    "the table of holds as a parameter": ("[parameters]\nholds = 1", "unknown parameter 'holds'"),
    "parameters that are no table": ("parameters = 5", "[parameters]: must be a table"),
    "a word for a number": ("[parameters]\ncoag.inr.target = '1.4'", "must be a number, not '1.4'"),
    "yes for a number": ("[parameters]\nlevels.max = true", "must be a number, not True"),
    "a list": ("[parameters]\nlevels.max = [3]", "must be a number"),
    "not a number": ("[parameters]\ncoag.inr.target = nan", "cannot be meant"),
    "too large": (
        "[parameters]\ncoag.inr.target = 140",
        "coag.inr.target: 140 cannot be meant; plausible is 1 to 4 INR",
    ),
    "Fahrenheit": ("[parameters]\nfever.celsius = 100.4", "plausible is 36.5 to 40 °C"),
    "half a level": ("[parameters]\nlevels.max = 2.5", "2.5 must be a whole number of levels"),
    "another unit": (
        '[parameters]\ncoag.platelets.min = { value = 50, unit = "/uL" }',
        "coag.platelets.min: is in ×10⁹/L, not in /uL",
    ),
    "an unknown key of a parameter": (
        "[parameters]\nlevels.max = { value = 2, resaon = 'x' }",
        "levels.max: unknown key 'resaon'; did you mean 'reason'",
    ),
    "no value": ("[parameters]\nlevels.max = { reason = 'x' }", "key 'value' is missing"),
    "set twice": ('[parameters]\nlevels.max = 2\n"levels.max" = 2', "levels.max: is set twice"),
    "looser without a reason": (
        "[parameters]\nlevels.max = 4",
        "levels.max: 4 levels is looser than 3 levels, which stands in a paper: give a reason",
    ),
    "an order that cannot be": (
        "[parameters]\ncoag.inr.target = 2.0",
        "coag.inr.target: 2.0 is above coag.inr.block (1.8): set both",
    ),
    "the same from the other end": (
        "[parameters]\ncoag.window.default = 5",
        "coag.window.risk: 7 days is above coag.window.default (5 days): set both",
    ),
    "a reason of two lines": (
        '[parameters]\nlevels.max = { value = 4, reason = "a\\nb" }',
        "'reason' must be one line",
    ),
    "a reason with markup": (
        '[parameters]\nlevels.max = { value = 4, reason = "a <b>" }',
        "stands on cards as plain words: leave out < >",
    ),
    "a word that is none of the choice": (
        "[parameters]\nsite.spineSurgery = 'maybe'",
        "must be one of none, agreement, on-site",
    ),
    "an unknown rule": (
        "[rules]\nlevels_exceed_tree = 'off'",
        "[rules]: unknown rule 'levels_exceed_tree'; did you mean 'levels_exceed_three'",
    ),
    "an absolute rule without a reason": (
        "[rules]\nfever-unexplained = 'off'",
        "[rules] fever_unexplained: an absolute rule needs a reason",
    ),
    "a rule neither on nor off": (
        "[rules]\nfever_unexplained = 'no'",
        'fever_unexplained ("on", "off", or off with a reason): must be a table',
    ),
    "rules that are no table": ("rules = ['a']", "[rules]: must be a table"),
    "an unknown kind": (
        "[record]\nadds = ['examination']",
        "[record]: unknown kind of facts 'examination'; did you mean 'examinations'",
    ),
    "a link that is not secure": (
        "links = [{ label = 'A', url = 'http://a.example' }]",
        "needs a label and an absolute https URL",
    ),
    "a link with a password": (
        "links = [{ label = 'A', url = 'https://u:p@a.example' }]",
        "needs a label and an absolute https URL",
    ),
    "a link that is none": (
        "links = [{ label = 'A', url = 'https://[a' }]",
        "links: 'https://[a' is no URL",
    ),
    "holds without rows": (
        "[holds]\nsource = 'asra'\nwhere = 'x'\nrows = []",
        "[holds]: 'rows' must list at least one hold",
    ),
    "a hold without a time": (
        "[holds]\nsource = 'asra'\nwhere = 'x'\nrows = [{ agent = 'apixaban' }]",
        "[holds] row 1: a hold needs days, hours or doses",
    ),
    "a hold from nowhere": (
        "[holds]\nsource = 'asrra'\nwhere = 'x'\nrows = [{ agent = 'apixaban', days = 3 }]",
        "[holds] row 1: unknown source 'asrra'; did you mean 'asra'",
    ),
    "a hold of no known drug": (
        "[holds]\nsource = 'asra'\nwhere = 'x'\nrows = [{ agent = 'apixban', days = 3 }]",
        "[holds] row 1: unknown drug 'apixban'; did you mean 'apixaban'",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_stops_the_start_and_says_where(
    case: tuple[str, str], loaded: Loaded
) -> None:
    text, said = case
    with pytest.raises(ContentError, match=re.escape(said)):
        loaded(text)


def test_a_folder_is_no_site_file(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="is no file"):
        load_catalog(settings.model_copy(update={"site": tmp_path}))


def test_an_application_does_not_start_with_a_broken_site_file(
    settings: Settings, site: Callable[[str], Path]
) -> None:
    changed = {"site": site("[parameters]\nlevels.max = 99"), "profile": "production"}
    with pytest.raises(ContentError, match="cannot be meant"):
        create_app(settings.model_copy(update=changed))


def test_serve_refuses_to_start_in_one_line(
    site: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CDS_SITE", str(site("[rules]\nno_such_rule = 'off'")))
    monkeypatch.setenv("CDS_DATABASE_URL", f"sqlite:///{tmp_path}/cds.sqlite3")
    monkeypatch.setenv("CDS_PROFILE", "production")
    result = CliRunner().invoke(main, ["serve", "--port", "0"])
    assert result.exit_code == 1
    assert "error: site.toml [rules]: unknown rule 'no_such_rule'" in result.output


def check(procedure: Procedure, name: str) -> Check:
    return next(one for one in procedure.checks if one.name == name)


def test_an_empty_file_changes_nothing_but_the_version(loaded: Loaded, catalog: Catalog) -> None:
    made, default = loaded("").procedures[0], catalog.procedures[0]
    assert [one.statement for one in made.checks] == [one.statement for one in default.checks]
    assert made.kinds == default.kinds
    assert made.version.startswith(f"{default.version}.")
    assert loaded("").queries.keys() == catalog.queries.keys()


def test_each_state_of_the_file_has_its_own_version(loaded: Loaded) -> None:
    first = loaded("[parameters]\nlevels.max = 2").version
    assert first != loaded("[parameters]\nlevels.max = 1").version
    assert first == loaded("[parameters]\nlevels.max = 2").version


def test_names_may_be_written_with_or_without_quotes(loaded: Loaded) -> None:
    for line in ('"coag.inr.target" = 1.4', "coag.inr.target = 1.4", 'coag."inr.target" = 1.4'):
        limits = check(loaded(f"[parameters]\n{line}").procedures[0], "coagulopathy_correctable")
        assert str(limits.statement.limits.inr_above) == "1.4"


def test_units_may_be_repeated_in_both_spellings(loaded: Loaded) -> None:
    for unit in ("10*9/L", "×10⁹/L"):
        line = f'coag.platelets.min = {{ value = 60, unit = "{unit}" }}'
        made = check(loaded(f"[parameters]\n{line}").procedures[0], "coagulopathy_correctable")
        assert made.statement.limits.platelets_below.value == 60


def test_the_record_and_the_links_are_the_sites_own(loaded: Loaded, procedure: Procedure) -> None:
    text = (
        "links = [{ label = 'Clinic', url = 'https://clinic.example/a' }]\n"
        "[record]\nadds = ['examinations']\nlacks = ['procedures']\n"
    )
    made = loaded(text).procedures[0]
    assert made.kinds == (procedure.kinds | {Kind.EXAMINATION}) - {Kind.PROCEDURE}
    assert made.links == (Link("Clinic", "https://clinic.example/a"),)
    assert made.site == "this site"


def test_words_are_kept_for_whoever_asks(loaded: Loaded) -> None:
    text = "[parameters]\nreports.mayClear = false\nsite.spineSurgery = 'on-site'"
    made = loaded(text)
    assert made.procedures[0].choices == {
        "reports.mayClear": "false",
        "site.spineSurgery": "on-site",
    }


def test_what_no_check_uses_yet_is_told(loaded: Loaded) -> None:
    lines = loaded("[parameters]\nbone.severeTscore = -3.5").site
    assert any("bone.severeTscore" in one and "no check of this" in one for one in lines)


def test_a_site_lets_texts_make_a_card_critical_and_clear_nothing(loaded: Loaded) -> None:
    made = loaded("[parameters]\nreports.mayBeCritical = true\nreports.mayClear = false")
    (procedure,) = made.procedures
    assert all(check.text_critical for check in procedure.checks)
    assert not procedure.codes.text_clears
    assert any("reports.mayBeCritical" in one and "false -> true" in one for one in made.site)
    assert any("reports.mayClear" in one and "true -> false" in one for one in made.site)


def test_without_a_word_of_the_site_texts_warn_and_clear(loaded: Loaded) -> None:
    (procedure,) = loaded("").procedures
    assert not any(check.text_critical for check in procedure.checks)
    assert procedure.codes.text_clears


def test_the_example_loads_and_says_all_that_it_changes(settings: Settings) -> None:
    made = load_catalog(settings.model_copy(update={"site": EXAMPLE}))
    text = "\n".join(made.site)
    for said in (
        "of General Hospital Example",
        "INR above which a check fires: 1.5 -> 1.4 (tighter)",
        "3 levels -> 4 levels (looser): Spine board 2026",
        "greatest age of imaging: 90 days -> 60 days (tighter)",
        "rule fever_unexplained: on -> off: Fever is checked",
        "the record holds examinations",
        "THROM of urn:oid:1.2.276.0.76.3.1.999.1: platelets, in 10*9/L where no unit is given",
        "KYPHO-L of https://hospital.example/orders: kyphoplasty, lumbar (first, lumbar)",
        "questionnaire item exam.tenderness: midline-tenderness",
        "link on every card: Anticoagulation clinic",
        "hold of apixaban: 4 doses (clearance from 50), 6 doses (",
        "(clearance from 15 below 50) -> 3 days (changed, asra, ",
    ):
        assert said in text
    assert "questionnaire_responses" in made.queries
    assert "questionnaire_responses" in made.templates


def test_validate_shows_the_difference_before_the_content() -> None:
    output = CliRunner().invoke(main, ["validate", "--site", str(EXAMPLE)]).output
    assert output.startswith("site file site.example.toml")
    assert output.index("1.5 -> 1.4 (tighter)") < output.index("content 1.0.0")
    assert "all content fits together" in output


def test_validate_without_a_site_says_so() -> None:
    assert CliRunner().invoke(main, ["validate"]).output.startswith("no site file")


def test_a_value_that_is_the_default_changes_nothing(loaded: Loaded, procedure: Procedure) -> None:
    made = loaded("[parameters]\ncoag.inr.target = 1.5")
    assert any("1.5 -> 1.5 (as the default)" in line for line in made.site)
    name = "coagulopathy_correctable"
    assert check(made.procedures[0], name).statement == check(procedure, name).statement
