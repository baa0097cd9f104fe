"""Coagulation tests: INR above 1.5, platelets below 50; what a normal INR does not show (3.2)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Standing
from cds_service.clinical.when import Window
from cds_service.rules.coagulopathy_correctable import Limits, coagulopathy_correctable
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, drug, limit, result
from tests.times import FILED, FUTURE, days, hours, month
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(
    limit("1.5"),
    limit("1.8"),
    limit("50"),
    Window(days=30),
    Window(days=7),
    limit("2.5"),
    limit("30"),
    limit("100"),
    ("apixaban", "heparin"),
)
INR, PLATELETS = result("inr", "1.0"), result("platelets", "200")
BOTH: list[Some] = [INR, PLATELETS]
WARFARIN = drug("warfarin", started=days(400))
LIVER = diagnosis("chronic_liver_disease")

VALUES: Table = {
    "both inside": ("clear", BOTH),
    "at both limits": ("clear", [result("inr", "1.5"), result("platelets", "50")]),
    "INR just above": ("fires", [result("inr", "1.51"), PLATELETS]),
    "platelets just below": ("fires", [INR, result("platelets", "49.9")]),
    "one bad is enough": ("fires", [result("inr", "2.4")]),
    "no INR": ("unknown(missing)", [PLATELETS]),
    "no platelets": ("unknown(missing)", [INR]),
    "platelets below by a comparator": ("fires", [INR, result("platelets", "<20")]),
    "platelets below 50 by a comparator": ("fires", [INR, result("platelets", "<50")]),
    "platelets at most 50": ("unknown(unparseable)", [INR, result("platelets", "<=50")]),
    "platelets below something higher": (
        "unknown(unparseable)",
        [INR, result("platelets", "<100")],
    ),
    "platelets above by a comparator": ("clear", [INR, result("platelets", ">=50")]),
    "INR above by a comparator": ("fires", [result("inr", ">1.5"), PLATELETS]),
    "INR at least 1.5": ("unknown(unparseable)", [result("inr", ">=1.5"), PLATELETS]),
    "INR below by a comparator": ("clear", [result("inr", "<1.5"), PLATELETS]),
    "no unit": ("unknown(unparseable)", [INR, replace(PLATELETS, trouble="no_unit")]),
    "the newest is unreadable": (
        "unknown(unparseable)",
        [INR, PLATELETS, replace(PLATELETS, trouble="clotted", when=days(0))],
    ),
    "the newest wins": ("clear", [result("inr", "3", days(9)), *BOTH]),
    "an older normal value does not": (
        "fires",
        [replace(INR, when=days(9)), result("inr", "3"), PLATELETS],
    ),
    "two of one moment": ("fires", [*BOTH, result("inr", "3")]),
    "the same twice": ("clear", [*BOTH, *BOTH]),
    "a month beside a day in it": ("fires", [*BOTH, result("inr", "3", month(5))]),
    "preliminary and high": ("fires", [*BOTH, result("inr", "3", final=False)]),
    "preliminary, high and of the same moment": (
        "fires",
        [
            replace(INR, when=hours(9)),
            replace(PLATELETS, when=hours(9)),
            result("inr", "3", hours(9), final=False),
        ],
    ),
    "preliminary, high and older": ("clear", [*BOTH, result("inr", "3", days(3), final=False)]),
    "preliminary and normal": ("unknown(missing)", [replace(INR, final=False), PLATELETS]),
    "preliminary and unreadable beside a final one": (
        "clear",
        [*BOTH, replace(INR, final=False, trouble="words")],
    ),
    "thirty days": ("clear", [replace(INR, when=days(30)), PLATELETS]),
    "thirty-one days": ("unknown(stale)", [replace(INR, when=days(31)), PLATELETS]),
    "out of limit but too old": ("unknown(stale)", [result("inr", "3", days(31)), PLATELETS]),
    "undated": ("unknown(unparseable)", [replace(INR, when=None), PLATELETS]),
    "undated beside a dated one": ("unknown(unparseable)", [*BOTH, result("inr", "3", None)]),
    "filed later than a dated one": ("unknown(unparseable)", [*BOTH, result("inr", "3", FILED)]),
    "in the future": ("unknown(unparseable)", [replace(INR, when=FUTURE), PLATELETS]),
    "by words alone": ("unknown(suspected)", [result("inr", "3", suspected=True), PLATELETS]),
    "thrombocytopenia with a normal count (9.7)": (
        "clear",
        [*BOTH, diagnosis("bleeding_disorder")],
    ),
    "at risk, seven days": (
        "clear",
        [diagnosis("bleeding_disorder"), replace(INR, when=days(7)), PLATELETS],
    ),
    "at risk, eight days": (
        "unknown(stale)",
        [diagnosis("bleeding_disorder"), replace(INR, when=days(8)), PLATELETS],
    ),
}

DRUGS: Table = {
    "warfarin, INR since": ("clear", [*BOTH, WARFARIN]),
    "direct anticoagulant (trap 2)": (
        "unknown(suspected)",
        [*BOTH, drug("apixaban", started=days(400))],
    ),
    "direct anticoagulant perhaps": (
        "unknown(suspected)",
        [*BOTH, drug("apixaban", started=days(400), standing=Standing.UNCLEAR)],
    ),
    "direct anticoagulant, INR out of limit": ("fires", [result("inr", "2"), drug("apixaban")]),
    "direct anticoagulant ended long ago": ("clear", [*BOTH, drug("apixaban", last_dose=days(60))]),
    "unknown anticoagulant": (
        "unknown(suspected)",
        [*BOTH, drug(group="anticoagulant", started=days(400))],
    ),
    "line flush": ("clear", [*BOTH, drug("heparin", flush=True)]),
    "unnamed drug": ("unknown(unparseable)", [*BOTH, drug(resolved=False)]),
    "started after the test": ("unknown(stale)", [*BOTH, replace(WARFARIN, started=days(0))]),
    "started on the day of the test": (
        "unknown(stale)",
        [*BOTH, replace(WARFARIN, started=days(1))],
    ),
    "started the day before": ("clear", [*BOTH, replace(WARFARIN, started=days(2))]),
    "stopped on the day of the test": (
        "unknown(stale)",
        [*BOTH, drug("warfarin", last_dose=days(1))],
    ),
    "stopped hours before the test": (
        "clear",
        [
            replace(INR, when=hours(5)),
            replace(PLATELETS, when=hours(5)),
            drug("warfarin", last_dose=hours(6)),
        ],
    ),
    "stopped the day before": ("clear", [*BOTH, drug("warfarin", last_dose=days(2))]),
    "stopped after two tests of one moment": (
        "unknown(stale)",
        [*BOTH, result("inr", "1.1"), drug("warfarin", last_dose=days(0))],
    ),
    "supply that ends in the future is a plan": (
        "clear",
        [*BOTH, replace(WARFARIN, last_dose=FUTURE)],
    ),
    "started in the month of the test": (
        "unknown(stale)",
        [*BOTH, replace(WARFARIN, started=month(5))],
    ),
    "without a start, written before the test": ("clear", [*BOTH, replace(WARFARIN, started=None)]),
    "without a start, written after the test": (
        "unknown(stale)",
        [*BOTH, replace(WARFARIN, started=None, dated=days(0))],
    ),
    "without any date": ("unknown(missing)", [*BOTH, replace(WARFARIN, started=None, dated=None)]),
    "ended, nobody says when": (
        "unknown(missing)",
        [*BOTH, replace(WARFARIN, standing=Standing.ENDED, dated=None)],
    ),
}


@cases(VALUES, DRUGS)
def test_coagulation(expected: str, facts: list[Some]) -> None:
    assert ask(coagulopathy_correctable, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("facts", "notes"),
    [
        ([result("inr", "1.8"), PLATELETS], {"borderline"}),
        ([result("inr", "1.81"), PLATELETS], {"out_of_range"}),
        ([INR, result("platelets", "40")], set()),
        (
            [result("inr", "2.2", note="point_of_care"), PLATELETS],
            {"out_of_range", "point_of_care"},
        ),
        (
            [LIVER, result("inr", "2.4"), result("platelets", "31"), result("fibrinogen", "101")],
            {"out_of_range", "liver_inside"},
        ),
        (
            [LIVER, result("inr", "2.5"), result("platelets", "31"), result("fibrinogen", "101")],
            {"out_of_range", "liver_outside"},
        ),
        (
            [LIVER, result("inr", "2.4"), result("platelets", "30"), result("fibrinogen", "101")],
            {"out_of_range", "liver_outside"},
        ),
        (
            [LIVER, result("inr", "2.4"), result("platelets", "31"), result("fibrinogen", "100")],
            {"out_of_range", "liver_outside"},
        ),
        (
            [LIVER, result("inr", "2.4"), result("platelets", "31")],
            {"out_of_range", "liver_outside"},
        ),
    ],
)
def test_the_card_says_how_far_and_what_the_liver_makes_of_it(
    facts: list[Some], notes: set[str]
) -> None:
    answer = coagulopathy_correctable.ask(chart_of(*facts), LIMITS)
    assert answer.truth == "fires"
    assert set(answer.notes) == notes


@unanswered("laboratory", "medication_requests", "medication_dispenses")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(coagulopathy_correctable, LIMITS, BOTH, states=states) == "unknown(source-error)"
    bad: list[Some] = [result("inr", "3"), PLATELETS]
    assert ask(coagulopathy_correctable, LIMITS, bad, states=states) == "fires"


@unanswered("conditions")
def test_an_unknown_risk_needs_the_shorter_window(states: dict[str, Sought | None]) -> None:
    old: list[Some] = [replace(INR, when=days(8)), PLATELETS]
    assert ask(coagulopathy_correctable, LIMITS, old, states=states) == "unknown(source-error)"
    assert ask(coagulopathy_correctable, LIMITS, BOTH, states=states) == "clear"


def test_an_antiplatelet_drug_hides_nothing_from_an_inr() -> None:
    """Whether its agent is known or not, unlike an anticoagulant that the tables do not name."""
    for group, expected in (("antiplatelet", "clear"), ("anticoagulant", "unknown(suspected)")):
        use = drug(group=group, standing=Standing.UNCLEAR, started=days(400), dated=days(400))
        assert ask(coagulopathy_correctable, LIMITS, [*BOTH, use]) == expected


def test_a_test_that_is_too_old_only_at_risk_is_named_with_the_risk() -> None:
    old = [replace(test, when=days(20)) for test in (INR, PLATELETS)]
    answer = coagulopathy_correctable.ask(chart_of(*old, drug(resolved=False)), LIMITS)
    assert {"inr", "platelets"} <= {gap.what for gap in answer.missing if gap.reason == "stale"}
    assert any(
        gap.proof and gap.proof.reference == "MedicationRequest/drug" for gap in answer.missing
    )
