"""Antiplatelet drugs: their holds, aspirin alone, and the heart (rules.md 3.2, 6, 9.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import DrugUse, Standing
from cds_service.clinical.when import When, Window
from cds_service.rules.antiplatelet_active import Limits, antiplatelet_active
from tests import holds
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, drug, result
from tests.times import NOW, days, hours
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(holds.LIMITS, Window(days=365), ("aspirin",))
OTHER = drug("vitamin d", group="")
FLAG = diagnosis("antiplatelet_flag")
STENT = diagnosis("cardiac_severe", marks={"coronary": True}, recorded=days(365))


def now(facts: Sequence[Some], **more: Any) -> str:
    """Ask for a procedure that takes place now, so that all last doses lie in the past."""
    return ask(antiplatelet_active, LIMITS, facts, planned=NOW, **more)


def held(agent: str, last: When) -> DrugUse:
    return drug(agent, last_dose=last)


@pytest.mark.parametrize(
    ("agent", "hold"),
    [("clopidogrel", 5), ("ticagrelor", 5), ("prasugrel", 7), ("aspirin", 5), ("dipyridamole", 5)],
)
def test_days_compare_calendar_dates(agent: str, hold: int) -> None:
    for ago, expected in ((hold - 1, "fires"), (hold, "fires"), (hold + 1, "clear")):
        assert now([held(agent, days(ago))]) == expected


@pytest.mark.parametrize(
    ("agent", "hold"), [("cangrelor", 1), ("abciximab", 24), ("eptifibatide", 8), ("tirofiban", 8)]
)
def test_hours_compare_instants(agent: str, hold: int) -> None:
    for ago, expected in ((hold - 0.1, "fires"), (hold, "clear"), (hold + 0.1, "clear")):
        assert now([held(agent, hours(ago))]) == expected


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "a reviewed list without one": ("clear", [OTHER]),
    "an old list": ("unknown(stale)", [replace(OTHER, dated=days(31))]),
    "taking": ("fires", [drug("clopidogrel")]),
    "taking, perhaps": ("unknown(missing)", [drug("clopidogrel", standing=Standing.UNCLEAR)]),
    "ended, nobody says when": ("unknown(missing)", [drug("aspirin", standing=Standing.ENDED)]),
    "cilostazol runs on": ("clear", [drug("cilostazol")]),
    "another NSAID runs on": ("clear", [drug("nsaid")]),
    "an NSAID beside clopidogrel": ("fires", [drug("nsaid"), drug("clopidogrel")]),
    "not in the table": ("fires", [drug("ticlopidine")]),
    "not in the table, stopped": ("unknown(missing)", [held("vorapaxar", days(60))]),
    "unknown one": ("fires", [drug(group="antiplatelet")]),
    "an anticoagulant": ("clear", [drug("warfarin")]),
    "flag without a drug": ("unknown(suspected)", [OTHER, FLAG]),
    "flag beside an NSAID": ("unknown(suspected)", [drug("nsaid"), FLAG]),
    "flag beside a held drug": ("clear", [held("aspirin", days(6)), FLAG]),
    "unnamed product": ("unknown(unparseable)", [OTHER, drug(resolved=False)]),
    "fixed combination": ("fires", [drug("aspirin", "dipyridamole")]),
    "fixed combination, stopped": ("clear", [drug("aspirin", "dipyridamole", last_dose=days(6))]),
}


@cases(TABLE)
def test_antiplatelets(expected: str, facts: list[Some]) -> None:
    assert now(facts) == expected


@pytest.mark.parametrize(
    ("facts", "tier", "notes"),
    [
        ([drug("aspirin")], "aspirin_alone", set()),
        ([held("aspirin", days(2))], "aspirin_alone", set()),
        ([drug("aspirin"), drug("nsaid")], "", {"two_agents"}),
        ([drug("aspirin"), drug("warfarin")], "", {"two_agents"}),
        ([drug("aspirin"), drug("heparin", flush=True)], "aspirin_alone", set()),
        ([drug("clopidogrel")], "", set()),
        ([drug("aspirin", "dipyridamole")], "", {"cardiology"}),
        ([drug("aspirin"), drug("clopidogrel")], "", {"two_agents", "cardiology"}),
        ([drug("aspirin"), STENT], "", {"cardiology"}),
        ([drug("clopidogrel"), STENT], "", {"cardiology"}),
        ([drug("aspirin"), replace(STENT, recorded=days(366))], "aspirin_alone", set()),
        ([drug("aspirin"), diagnosis("cardiac_severe")], "aspirin_alone", set()),
        ([drug("clopidogrel"), result("platelets", "49")], "", {"laboratory_defect"}),
        ([drug("ticlopidine")], "", {"outside_table"}),
    ],
)
def test_aspirin_alone_is_for_information(facts: list[Some], tier: str, notes: set[str]) -> None:
    answer = antiplatelet_active.ask(chart_of(*facts, planned=NOW), LIMITS)
    assert (answer.truth, answer.tier) == ("fires", tier)
    assert set(answer.notes) & set(antiplatelet_active.notes) == notes


def test_a_combination_is_named_in_full() -> None:
    answer = antiplatelet_active.ask(chart_of(drug("aspirin", "dipyridamole")), LIMITS)
    assert dict(answer.values) == {"drug": "aspirin + dipyridamole", "hold": "5 days"}


@unanswered("medication_requests", "medication_statements")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert now([OTHER], states=states) == "unknown(source-error)"
    assert now([drug("clopidogrel")], states=states) == "fires"
