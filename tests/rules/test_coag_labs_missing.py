"""INR and platelets: known in 30 days, in 7 where something raises the risk (rules.md 3.6, 5)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Standing
from cds_service.clinical.when import Window
from cds_service.rules.coag_labs_missing import Limits, coag_labs_missing
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, drug, result
from tests.times import FILED, FUTURE, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30), Window(days=7))
INR, PLATELETS = result("inr", "1.0"), result("platelets", "200")
BOTH: list[Some] = [INR, PLATELETS]
WARFARIN = drug("warfarin")

TABLE: Table = {
    "both known": ("clear", BOTH),
    "none": ("fires", []),
    "no INR": ("fires", [PLATELETS]),
    "no platelets": ("fires", [INR]),
    "abnormal values are known values": ("clear", [result("inr", "4"), PLATELETS]),
    "thirty days": ("clear", [replace(INR, when=days(30)), PLATELETS]),
    "thirty-one days": ("fires", [replace(INR, when=days(31)), PLATELETS]),
    "at risk, seven days": ("clear", [WARFARIN, replace(INR, when=days(7)), PLATELETS]),
    "at risk, eight days": ("fires", [WARFARIN, replace(INR, when=days(8)), PLATELETS]),
    "risk unknown, seven days": (
        "clear",
        [replace(WARFARIN, standing=Standing.UNCLEAR), replace(INR, when=days(7)), PLATELETS],
    ),
    "risk unknown, eight days": (
        "unknown(missing)",
        [replace(WARFARIN, standing=Standing.UNCLEAR), replace(INR, when=days(8)), PLATELETS],
    ),
    "risk unknown, thirty-one days": (
        "fires",
        [drug(resolved=False), replace(INR, when=days(31)), PLATELETS],
    ),
    "a line flush is no risk": (
        "clear",
        [drug("heparin", flush=True), replace(INR, when=days(20)), PLATELETS],
    ),
    "an antiplatelet drug is not on the list of risks": (
        "clear",
        [drug("aspirin"), replace(INR, when=days(20)), PLATELETS],
    ),
    "a drug that has nothing to do with clotting is no risk": (
        "clear",
        [drug("colecalciferol", group=""), replace(INR, when=days(20)), PLATELETS],
    ),
    "unreadable": ("unknown(unparseable)", [replace(INR, trouble="words"), PLATELETS]),
    "unreadable and the other missing": ("fires", [replace(INR, trouble="words")]),
    "the newest is unreadable": (
        "unknown(unparseable)",
        [INR, replace(INR, trouble="words", when=days(0)), PLATELETS],
    ),
    "undated": ("unknown(unparseable)", [replace(INR, when=None), PLATELETS]),
    "filed only": ("unknown(unparseable)", [replace(INR, when=FILED), PLATELETS]),
    "in the future": ("unknown(unparseable)", [replace(INR, when=FUTURE), PLATELETS]),
    "preliminary only": ("unknown(missing)", [replace(INR, final=False), PLATELETS]),
    "recognised by words only": ("unknown(suspected)", [replace(INR, suspected=True), PLATELETS]),
    "a bound is known": ("clear", [INR, result("platelets", ">150")]),
    "of two at once one is unreadable": (
        "unknown(unparseable)",
        [INR, replace(INR, trouble="words"), PLATELETS],
    ),
}


@cases(TABLE)
def test_missing_tests(expected: str, facts: list[Some]) -> None:
    assert ask(coag_labs_missing, LIMITS, facts) == expected


@pytest.mark.parametrize(
    "risk",
    [
        WARFARIN,
        *(
            diagnosis(name)
            for name in (
                "bleeding_disorder",
                "chronic_liver_disease",
                "malignancy_spine",
                "dialysis",
                "infection_systemic",
            )
        ),
    ],
)
def test_each_risk_calls_for_fresh_tests_and_a_warning(risk: Some) -> None:
    old: list[Some] = [replace(INR, when=days(8)), PLATELETS]
    answer = coag_labs_missing.ask(chart_of(risk, *old), LIMITS)
    assert (answer.truth, answer.tier) == ("fires", "at_risk")
    assert ask(coag_labs_missing, LIMITS, old) == "clear"


def test_without_a_risk_the_card_is_for_information() -> None:
    assert coag_labs_missing.ask(chart_of(), LIMITS).tier == ""


@pytest.mark.parametrize(
    ("hemoglobin", "notes"),
    [
        ([], ("no_hemoglobin",)),
        ([result("hemoglobin", "13", days(31))], ("no_hemoglobin",)),
        ([result("hemoglobin", "13", days(30))], ()),
    ],
)
def test_hemoglobin_is_a_note_only(hemoglobin: list[Some], notes: tuple[str, ...]) -> None:
    answer = coag_labs_missing.ask(chart_of(*BOTH, *hemoglobin), LIMITS)
    assert (answer.truth, answer.notes) == ("clear", notes)


@unanswered("laboratory")
def test_a_laboratory_that_did_not_answer_is_no_missing_test(
    states: dict[str, Sought | None],
) -> None:
    for facts in ([], BOTH, [replace(INR, when=days(40)), PLATELETS]):
        assert ask(coag_labs_missing, LIMITS, facts, states=states) == "unknown(source-error)"


@unanswered("conditions", "medication_requests")
def test_an_unknown_risk_needs_the_shorter_window(states: dict[str, Sought | None]) -> None:
    old: list[Some] = [replace(INR, when=days(8)), PLATELETS]
    assert ask(coag_labs_missing, LIMITS, old, states=states) == "unknown(source-error)"
    assert ask(coag_labs_missing, LIMITS, BOTH, states=states) == "clear"
