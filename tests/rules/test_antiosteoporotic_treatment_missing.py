"""An osteoporotic fracture without a drug for the bone (rules.md 3.7, 5 and 9.19)."""

from __future__ import annotations

import pytest

from cds_service.clinical.bone_agents import LookBack
from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import DrugUse, Finding, Standing
from cds_service.clinical.when import When, Window
from cds_service.rules.antiosteoporotic_treatment_missing import (
    Limits,
    antiosteoporotic_treatment_missing,
)
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, drug, finding
from tests.times import FUTURE, days, hours
from tests.verdicts import Table, ask, cases, unanswered

BACK = LookBack(Window(days=120), Window(days=210), Window(days=425), Window(days=60))
LIMITS = Limits(BACK, Window(days=90))
BONE = diagnosis("vcf_osteoporotic")
CANCER = diagnosis("malignancy_spine")
UNCLEAR = Standing.UNCLEAR


def matrix(ago: int) -> Finding:
    """Say of L1 that it holds no lesion."""
    return finding("lesion-matrix", "none", "L1", days(ago), modality="MR")


def agent(name: str, when: When | None = None, standing: Standing = Standing.ENDED) -> DrugUse:
    """Make a dose of a drug for the bone; without a date it is being taken."""
    if when is None:
        standing, when = Standing.TAKING, days(500)
    last = when if standing is Standing.ENDED else None
    more = {"group": "", "kinds": ("bone_agent",), "ingredients": (name,) if name else ()}
    return drug(standing=standing, last_dose=last, dated=when, started=when, **more)


TABLE: Table = {
    "no drugs at all": ("fires", [BONE]),
    "other drugs only": ("fires", [BONE, drug("warfarin")]),
    "calcium and vitamin D": ("fires", [BONE, drug("colecalciferol", group="")]),
    "alendronate taken, ordered long ago": ("clear", [BONE, agent("alendronate")]),
    "teriparatide taken": ("clear", [BONE, agent("teriparatide")]),
    "a class without a name": ("clear", [BONE, agent("")]),
    "denosumab ordered long ago, no dose": ("unknown(stale)", [BONE, agent("denosumab")]),
    "a dose without a date": (
        "unknown(unparseable)",
        [BONE, drug(group="", kinds=("bone_agent",), standing=UNCLEAR, dated=None)],
    ),
    "a dose that lies ahead": ("unknown(unparseable)", [BONE, agent("denosumab", FUTURE, UNCLEAR)]),
    "a product that nobody can name": ("unknown(unparseable)", [BONE, drug(resolved=False)]),
    "an unnamed product of two years ago": (
        "fires",
        [BONE, drug(resolved=False, last_dose=days(700), dated=days(700))],
    ),
    "no fracture on record": ("unknown(missing)", []),
    "no fracture on record but a drug": ("clear", [agent("alendronate")]),
    "osteoporosis alone": ("unknown(suspected)", [diagnosis("osteoporosis")]),
    "a malignant fracture": ("clear", [diagnosis("vcf_neoplastic")]),
    "no tumor at the level, malignancy known": ("fires", [BONE, CANCER, matrix(90)]),
    "no tumor at the level, long ago": ("unknown(suspected)", [BONE, CANCER, matrix(91)]),
    "history of a fracture": ("unknown(missing)", [diagnosis("vcf_osteoporotic", active=False)]),
    "both causes": ("unknown(conflicting)", [BONE, diagnosis("vcf_neoplastic")]),
}


@cases(TABLE)
def test_treatment(expected: str, facts: list[Some]) -> None:
    assert ask(antiosteoporotic_treatment_missing, LIMITS, facts) == expected


@pytest.mark.parametrize("standing", [Standing.ENDED, UNCLEAR])
@pytest.mark.parametrize(
    ("name", "last"),
    [
        *(("alendronate", 120), ("raloxifene", 120), ("pamidronate", 120), ("", 120)),
        *(("denosumab", 210), ("zoledronic_acid", 425)),
        *(("romosozumab", 60), ("teriparatide", 60), ("abaloparatide", 60)),
    ],
)
def test_each_agent_has_its_look_back(name: str, last: int, standing: Standing) -> None:
    for ago, expected in ((last - 1, "clear"), (last, "clear"), (last + 1, "fires")):
        facts: list[Some] = [BONE, agent(name, days(ago), standing)]
        assert ask(antiosteoporotic_treatment_missing, LIMITS, facts) == expected


def test_the_last_dose_that_was_given_counts_and_not_the_next_one() -> None:
    """Denosumab works for half a year (210 days): planned doses lie ahead, others long behind."""
    given = agent("denosumab", days(100))
    told: list[tuple[str, DrugUse]] = [
        ("clear", replace(given, dated=FUTURE, started=days(300))),
        ("clear", replace(given, last_dose=FUTURE, dated=days(100))),
        ("clear", replace(given, last_dose=hours(0), dated=None, started=days(300))),
        ("clear", replace(given, last_dose=days(0), dated=None, started=days(300))),
        ("clear", replace(given, dated=days(300), started=days(300))),
        ("fires", replace(given, last_dose=days(211), dated=FUTURE, started=days(300))),
        ("unknown(unparseable)", replace(given, last_dose=FUTURE, dated=None, started=None)),
    ]
    for expected, use in told:
        assert ask(antiosteoporotic_treatment_missing, LIMITS, [BONE, use]) == expected


def test_a_dose_that_lies_ahead_is_named_as_such() -> None:
    ahead = replace(agent("denosumab", FUTURE, UNCLEAR), dated=None)
    answer = antiosteoporotic_treatment_missing.ask(chart_of(BONE, ahead), LIMITS)
    assert [gap.detail for gap in answer.missing if gap.what == "bone_agent"] == ["future"]


@unanswered("medication_requests", "medication_statements", "medication_administrations")
def test_an_incomplete_list_proves_nothing(states: dict[str, Sought | None]) -> None:
    charts: list[list[Some]] = [[BONE], [BONE, agent("alendronate")]]
    for facts in charts:
        said = ask(antiosteoporotic_treatment_missing, LIMITS, facts, states=states)
        assert said == "unknown(source-error)"


@unanswered("conditions")
def test_conditions_that_could_not_be_asked(states: dict[str, Sought | None]) -> None:
    said = ask(antiosteoporotic_treatment_missing, LIMITS, [], states=states)
    assert said == "unknown(source-error)"
