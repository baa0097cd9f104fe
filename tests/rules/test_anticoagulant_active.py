"""Anticoagulants: the whole table of holds, and what leaves a hold unknown (rules.md 3.2, 6, 9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import DrugUse, Result, Standing
from cds_service.clinical.when import When
from cds_service.rules.anticoagulant_active import anticoagulant_active
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, drug, result
from tests.holds import LIMITS
from tests.times import FILED, FUTURE, NOW, days, hours
from tests.verdicts import Table, ask, cases, unanswered

OTHER = drug("vitamin d", group="")
FLAG = diagnosis("anticoagulant_flag")
GOOD = result("creatinine_clearance", "50")
INR = result("inr", "1.8", days(1))
APTT = result("aptt", "30", days(0), normal=("25", "35"))
WARFARIN = drug("warfarin", started=days(400))


def now(expected_of: Sequence[Some], **more: Any) -> str:
    """Ask for a procedure that takes place now, so that all last doses lie in the past."""
    return ask(anticoagulant_active, LIMITS, expected_of, planned=NOW, **more)


def held(agent: str, last: When, interval: int | None = None, **more: Any) -> DrugUse:
    """Say that a drug was stopped."""
    return drug(agent, last_dose=last, interval_hours=interval, **more)


def clearance(value: str) -> Result:
    return result("creatinine_clearance", value)


IN_HOURS = [
    ("apixaban", 12, "50", 48),
    ("apixaban", 12, "49.9", 72),
    ("apixaban", 12, "15", 72),
    ("rivaroxaban", 24, "30", 48),
    ("rivaroxaban", 24, "29.9", 72),
    ("rivaroxaban", 24, "15", 72),
    ("edoxaban", 24, "90", 48),
    ("dabigatran", 12, "50", 48),
    ("dabigatran", 12, "49.9", 96),
    ("betrixaban", 24, "90", 72),
    ("dalteparin", 24, "90", 24),
    ("dalteparin", 12, "90", 12),
]


@pytest.mark.parametrize(("agent", "interval", "kidney", "hold"), IN_HOURS)
def test_doses_become_hours(agent: str, interval: int, kidney: str, hold: int) -> None:
    for ago, expected in ((hold - 0.1, "fires"), (hold, "clear"), (hold + 0.1, "clear")):
        assert now([held(agent, hours(ago), interval), clearance(kidney)]) == expected


@pytest.mark.parametrize(("agent", "interval", "kidney", "hold"), IN_HOURS)
def test_doses_without_an_interval_say_nothing(
    agent: str, interval: int, kidney: str, hold: int
) -> None:
    assert interval
    facts: list[Some] = [held(agent, hours(hold * 3)), clearance(kidney)]
    assert now(facts) == "unknown(missing)"


@pytest.mark.parametrize(
    ("agent", "kidney", "hold"),
    [("warfarin", "90", 5), ("fondaparinux", "50", 3), ("fondaparinux", "49.9", 5)],
)
def test_days_compare_calendar_dates(agent: str, kidney: str, hold: int) -> None:
    for ago, expected in ((hold - 1, "fires"), (hold, "fires"), (hold + 1, "clear")):
        facts: list[Some] = [held(agent, days(ago)), clearance(kidney), replace(INR, when=days(0))]
        assert now(facts) == expected


@pytest.mark.parametrize(
    ("agent", "hold", "more"),
    [
        ("heparin", 6, {"route": "iv"}),
        ("heparin", 6, {"route": "sc"}),
        ("heparin", 6, {}),
        ("argatroban", 4, {}),
        ("bivalirudin", 4, {}),
    ],
)
def test_hours_compare_instants(agent: str, hold: int, more: dict[str, Any]) -> None:
    later = NOW + timedelta(days=1)
    aptt = replace(APTT, when=hours(1, of=later))
    for ago, expected in ((hold - 0.1, "fires"), (hold + 13, "clear")):
        facts: list[Some] = [held(agent, hours(ago, of=later), **more), aptt]
        assert ask(anticoagulant_active, LIMITS, facts, planned=later) == expected


@pytest.mark.parametrize(("ago", "expected"), [(5.9, "fires"), (6, "clear"), (6.1, "clear")])
def test_heparin_under_the_skin_needs_no_test(ago: float, expected: str) -> None:
    assert now([held("heparin", hours(ago), route="sc")]) == expected


@pytest.mark.parametrize(
    ("more", "interval", "ago", "expected"),
    [
        ({"intent": "prophylactic"}, 24, 23.9, "fires"),
        ({"intent": "prophylactic"}, 24, 24, "clear"),
        ({"intent": "prophylactic"}, 12, 12, "clear"),
        ({"intent": "prophylactic"}, None, 60, "unknown(missing)"),
        ({"intent": "therapeutic"}, 12, 23.9, "fires"),
        ({"intent": "therapeutic"}, 12, 24, "clear"),
        ({"intent": "therapeutic"}, 24, 47.9, "fires"),
        ({"intent": "therapeutic"}, 24, 48, "clear"),
        ({"intent": "therapeutic"}, None, 23.9, "fires"),
        ({"intent": "therapeutic"}, None, 60, "unknown(missing)"),
        ({}, 24, 30, "fires"),
        ({"daily_mg": Decimal(60)}, 24, 30, "clear"),
        ({"daily_mg": Decimal(61)}, 24, 30, "fires"),
    ],
)
def test_enoxaparin_without_a_purpose_is_therapeutic(
    more: dict[str, Any], interval: int | None, ago: float, expected: str
) -> None:
    assert now([held("enoxaparin", hours(ago), interval, **more)]) == expected


LAST = held("warfarin", days(6))
TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "a list reviewed lately": ("clear", [OTHER]),
    "a list reviewed thirty days ago": ("clear", [replace(OTHER, dated=days(30))]),
    "a list reviewed thirty-one days ago": ("unknown(stale)", [replace(OTHER, dated=days(31))]),
    "a list reviewed today": ("clear", [replace(OTHER, dated=days(0))]),
    "the end of a supply is no review (9.4)": (
        "unknown(stale)",
        [drug("vitamin d", group="", dated=None, last_dose=days(3))],
    ),
    "a documented last dose is one for its own drug": ("clear", [replace(LAST, dated=None), INR]),
    "the last dose of another drug is none": (
        "unknown(stale)",
        [drug("aspirin", dated=None, last_dose=days(6))],
    ),
    "a list without a date": ("unknown(stale)", [replace(OTHER, dated=None)]),
    "a list with a date in the future": ("unknown(stale)", [replace(OTHER, dated=FUTURE)]),
    "taking": ("fires", [WARFARIN]),
    "taking, perhaps": ("unknown(missing)", [replace(WARFARIN, standing=Standing.UNCLEAR)]),
    "ended, nobody says when (trap 4)": (
        "unknown(missing)",
        [replace(WARFARIN, standing=Standing.ENDED)],
    ),
    "line flush": ("clear", [drug("heparin", flush=True)]),
    "antiplatelet drug": ("clear", [drug("aspirin")]),
    "not in the table": ("fires", [drug("acenocoumarol")]),
    "unknown anticoagulant": ("fires", [drug(group="anticoagulant")]),
    "not in the table, stopped": ("unknown(missing)", [held("phenprocoumon", days(20))]),
    "flag without a drug": ("unknown(suspected)", [OTHER, FLAG]),
    "flag beside a line flush": ("unknown(suspected)", [drug("heparin", flush=True), FLAG]),
    "flag in the past": ("clear", [OTHER, replace(FLAG, active=False)]),
    "flag in an old encounter": ("unknown(stale)", [OTHER, replace(FLAG, dormant=True)]),
    "flag beside a held drug": ("clear", [LAST, INR, FLAG]),
    "flag beside a drug of years ago": (
        "unknown(suspected)",
        [OTHER, held("warfarin", days(700)), INR, FLAG],
    ),
    "unnamed product": ("unknown(unparseable)", [OTHER, drug(resolved=False)]),
    "unnamed product ended lately": (
        "unknown(unparseable)",
        [OTHER, drug(resolved=False, last_dose=days(30))],
    ),
    "unnamed product ended long ago": ("clear", [OTHER, drug(resolved=False, last_dose=days(31))]),
    "unnamed product ended, nobody says when": (
        "unknown(unparseable)",
        [OTHER, drug(resolved=False, standing=Standing.ENDED)],
    ),
    "unnamed product, perhaps ended long ago": (
        "unknown(unparseable)",
        [OTHER, drug(resolved=False, last_dose=days(31), standing=Standing.UNCLEAR)],
    ),
    "unnamed product beside an active drug": ("fires", [WARFARIN, drug(resolved=False)]),
    "warfarin held, no INR": ("unknown(missing)", [LAST]),
    "warfarin held, INR at the limit": ("clear", [LAST, INR]),
    "warfarin held, INR above the limit": (
        "fires",
        [LAST, replace(INR, measured=result("inr", "1.81").measured)],
    ),
    "warfarin held, INR of the day of the last dose": (
        "unknown(missing)",
        [LAST, replace(INR, when=days(6))],
    ),
    "warfarin held, two INRs of that day": (
        "unknown(missing)",
        [LAST, replace(INR, when=days(6)), result("inr", "1.7", days(6))],
    ),
    "warfarin held, INR seven days old": (
        "clear",
        [held("warfarin", days(8)), replace(INR, when=days(7))],
    ),
    "warfarin held, INR eight days old": (
        "unknown(stale)",
        [held("warfarin", days(9)), replace(INR, when=days(8))],
    ),
    "warfarin held, INR without a date": ("unknown(missing)", [LAST, replace(INR, when=None)]),
    "warfarin held, INR filed only": ("unknown(missing)", [LAST, replace(INR, when=FILED)]),
    "warfarin held, INR unreadable": (
        "unknown(unparseable)",
        [LAST, replace(INR, trouble="words")],
    ),
    "warfarin held, INR preliminary": ("unknown(missing)", [LAST, replace(INR, final=False)]),
    "heparin infusion, no aPTT": ("unknown(missing)", [held("heparin", hours(40), route="iv")]),
    "heparin infusion, aPTT high": (
        "fires",
        [
            held("heparin", hours(40), route="iv"),
            result("aptt", "60", days(0), normal=("25", "35")),
        ],
    ),
    "heparin infusion, aPTT without a range": (
        "unknown(unparseable)",
        [held("heparin", hours(40), route="iv"), result("aptt", "30", days(0))],
    ),
    "heparin by an unknown route needs the aPTT": (
        "unknown(missing)",
        [held("heparin", hours(40))],
    ),
    "heparin by an unheard-of route": (
        "unknown(missing)",
        [held("heparin", hours(40), route="oral")],
    ),
    "last dose in the future": ("fires", [held("warfarin", FUTURE), INR]),
}

SEVERAL: Table = {
    "two stops, one within the hold": ("fires", [LAST, held("warfarin", days(2)), INR]),
    "asked for, and stopped by another source": (
        "unknown(conflicting)",
        [WARFARIN, replace(LAST, reference="MedicationStatement/s"), INR],
    ),
    "asked for on the day of the stop": (
        "unknown(conflicting)",
        [replace(WARFARIN, started=days(6)), replace(LAST, reference="MedicationStatement/s"), INR],
    ),
    "completed on the day of the documented stop": (
        "clear",
        [replace(WARFARIN, standing=Standing.UNCLEAR, started=days(6)), LAST, INR],
    ),
    "asked for again after the stop": (
        "fires",
        [replace(WARFARIN, started=days(4)), replace(LAST, reference="MedicationStatement/s"), INR],
    ),
    "two requests do not contradict each other": ("fires", [WARFARIN, LAST, INR]),
    "asked for at an unknown time": (
        "fires",
        [replace(WARFARIN, started=None), replace(LAST, reference="MedicationStatement/s"), INR],
    ),
    "asked for, and stopped within the hold": (
        "fires",
        [WARFARIN, held("warfarin", days(2), reference="MedicationStatement/s"), INR],
    ),
    "completed long ago, the stop is documented": (
        "clear",
        [replace(WARFARIN, standing=Standing.UNCLEAR), LAST, INR],
    ),
    "completed after the documented stop": (
        "unknown(missing)",
        [replace(WARFARIN, standing=Standing.UNCLEAR, started=days(4)), LAST, INR],
    ),
    "completed, written after the documented stop": (
        "unknown(missing)",
        [replace(WARFARIN, standing=Standing.UNCLEAR, started=None), LAST, INR],
    ),
    "completed at an unknown time": (
        "unknown(missing)",
        [replace(WARFARIN, standing=Standing.UNCLEAR, started=None, dated=None), LAST, INR],
    ),
    "one held, one taken": ("fires", [LAST, INR, drug("apixaban")]),
    "one held, one not known": (
        "unknown(missing)",
        [LAST, INR, drug("apixaban", standing=Standing.UNCLEAR)],
    ),
}


@cases(TABLE, SEVERAL)
def test_anticoagulants(expected: str, facts: list[Some]) -> None:
    assert now(facts) == expected


RENAL: Table = {
    "between the two holds, kidneys unknown": (
        "unknown(missing)",
        [held("apixaban", hours(60), 12)],
    ),
    "within the short hold, kidneys unknown": ("fires", [held("apixaban", hours(40), 12)]),
    "beyond the long hold, kidneys unknown": ("clear", [held("apixaban", hours(72), 12)]),
    "below fifteen": ("unknown(missing)", [held("apixaban", days(9), 12), clearance("14.9")]),
    "dialysis": ("unknown(missing)", [held("apixaban", days(9), 12), GOOD, diagnosis("dialysis")]),
    "dialysis in words": (
        "unknown(suspected)",
        [held("apixaban", hours(60), 12), GOOD, diagnosis("dialysis", by_words=True)],
    ),
    "dialysis, still taking": ("fires", [drug("apixaban"), diagnosis("dialysis")]),
    "old clearance": (
        "unknown(stale)",
        [
            held("apixaban", hours(60), 12),
            replace(GOOD, when=days(31)),
            result("creatinine", "1", days(31)),
        ],
    ),
    "warfarin does not ask the kidneys": ("clear", [LAST, INR, diagnosis("dialysis")]),
}


@cases(RENAL)
def test_kidneys(expected: str, facts: list[Some]) -> None:
    assert now(facts) == expected


@pytest.mark.parametrize(
    ("facts", "drugs", "hold", "notes"),
    [
        ([WARFARIN], "warfarin", "5 days", {"warfarin"}),
        ([drug("apixaban")], "apixaban", "6 doses", {"apixaban", "renal_unknown"}),
        ([drug("apixaban"), GOOD], "apixaban", "4 doses", {"apixaban"}),
        ([drug("apixaban"), clearance("14")], "apixaban", "", {"apixaban", "outside_renal"}),
        ([drug("acenocoumarol")], "acenocoumarol", "", {"acenocoumarol", "outside_table"}),
        (
            [WARFARIN, drug("dalteparin")],
            "dalteparin + warfarin",
            "1 dose, 5 days",
            {"warfarin", "dalteparin", "two_agents"},
        ),
        ([WARFARIN, drug("aspirin")], "warfarin", "5 days", {"warfarin", "two_agents"}),
        (
            [WARFARIN, result("platelets", "49")],
            "warfarin",
            "5 days",
            {"warfarin", "laboratory_defect"},
        ),
        ([WARFARIN, result("platelets", "50")], "warfarin", "5 days", {"warfarin"}),
        ([WARFARIN, result("inr", "3")], "warfarin", "5 days", {"warfarin"}),
        (
            [drug("dalteparin"), result("inr", "1.6")],
            "dalteparin",
            "1 dose",
            {"dalteparin", "laboratory_defect"},
        ),
        ([drug("dalteparin"), result("inr", "1.5")], "dalteparin", "1 dose", {"dalteparin"}),
        (
            [drug("enoxaparin", daily_mg=Decimal(160))],
            "enoxaparin",
            "2 doses or 24 hours",
            {"enoxaparin"},
        ),
    ],
)
def test_the_card_names_drug_hold_and_warnings(
    facts: list[Some], drugs: str, hold: str, notes: set[str]
) -> None:
    answer = anticoagulant_active.ask(chart_of(*facts), LIMITS)
    assert answer.truth == "fires"
    assert dict(answer.values) == {"drug": drugs, "hold": hold}
    assert set(answer.notes) == notes


def test_a_list_without_entries_proves_a_review_when_it_is_dated() -> None:
    for when, expected in ((days(30), "clear"), (days(31), "unknown(missing)")):
        assert now([], lists={"drugs": (when,)}) == expected


DRUG_SOURCES = (
    "medication_requests",
    "medication_statements",
    "medication_dispenses",
    "medication_administrations",
)


@unanswered(*DRUG_SOURCES)
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert now([OTHER], states=states) == "unknown(source-error)"
    assert now([], states=states, lists={"drugs": (days(1),)}) == "unknown(source-error)"
    assert now([WARFARIN], states=states) == "fires"


@unanswered("conditions")
def test_a_flag_that_could_not_be_asked_for_never_clears(
    states: dict[str, Sought | None],
) -> None:
    assert now([OTHER], states=states) == "unknown(source-error)"
    assert now([WARFARIN], states=states) == "fires"


@unanswered("laboratory")
def test_an_inr_that_may_have_a_newer_one_ends_no_hold(states: dict[str, Sought | None]) -> None:
    assert now([LAST, INR], states=states) == "unknown(source-error)"


@pytest.mark.parametrize(("ago", "expected"), [(30, "clear"), (31, "unknown(missing)")])
def test_the_kidneys_of_thirty_days_ago_choose_the_hold(ago: int, expected: str) -> None:
    kidney = result("creatinine_clearance", "90", days(ago))
    assert now([OTHER, held("apixaban", hours(60), 12), kidney]) == expected
