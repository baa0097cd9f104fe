"""A bleeding disorder that cannot be corrected: a statement or DIC fires (rules.md 3.1, 9.7)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.coagulopathy_uncorrectable import Limits, coagulopathy_uncorrectable
from tests import holds
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, drug, finding, limit, result
from tests.times import FILED, FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("1.5"), limit("50"), Window(days=30), Window(days=7), holds.LIMITS)
INR, PLATELETS = result("inr", "1.0"), result("platelets", "200")
LIST = drug("vitamin d", group="")
WELL: list[Some] = [INR, PLATELETS, LIST]
DIC = diagnosis("bleeding_disorder", marks={"dic": True})
DISORDER = diagnosis("bleeding_disorder")


def correctable(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("bleeding-correctable", value, "", when, **more)


TABLE: Table = {
    "well": ("clear", WELL),
    "at both limits": ("clear", [result("inr", "1.5"), result("platelets", "50"), LIST]),
    "stated as not correctable": ("fires", [*WELL, correctable(value=False)]),
    "stated thirty days ago": ("fires", [*WELL, correctable(value=False, when=days(30))]),
    "stated longer ago never clears": (
        "unknown(stale)",
        [*WELL, correctable(value=False, when=days(31))],
    ),
    "stated without a date": ("unknown(unparseable)", [*WELL, correctable(value=False, when=None)]),
    "stated, filed only": ("unknown(unparseable)", [*WELL, correctable(value=False, when=FILED)]),
    "stated in the future": (
        "unknown(unparseable)",
        [*WELL, correctable(value=False, when=FUTURE)],
    ),
    "a preliminary statement": ("fires", [*WELL, correctable(value=False, final=False)]),
    "a statement that cannot be read": ("unknown(unparseable)", [*WELL, correctable(None)]),
    "stated as correctable": ("clear", [*WELL, correctable(value=True)]),
    "stated as correctable long ago": ("clear", [*WELL, correctable(value=True, when=days(90))]),
    "later stated as correctable": (
        "clear",
        [*WELL, correctable(value=False), correctable(value=True, when=days(1))],
    ),
    "two statements of one day": (
        "fires",
        [*WELL, correctable(value=False), correctable(value=True)],
    ),
    "DIC": ("fires", [*WELL, DIC]),
    "DIC resolved": ("clear", [*WELL, replace(DIC, active=False)]),
    "DIC as an old encounter diagnosis": ("unknown(stale)", [*WELL, replace(DIC, dormant=True)]),
    "normal tests do not show every disorder": ("unknown(suspected)", [*WELL, DISORDER]),
    "a possible disorder": (
        "unknown(suspected)",
        [*WELL, diagnosis("bleeding_disorder", possible=True)],
    ),
    "a high INR alone (trap 4)": ("unknown(missing)", [result("inr", "2.4"), PLATELETS, LIST]),
    "low platelets alone": ("unknown(missing)", [INR, result("platelets", "20"), LIST]),
    "INR at the limit": ("clear", [result("inr", "1.5"), PLATELETS, LIST]),
    "INR just above": ("unknown(missing)", [result("inr", "1.6"), PLATELETS, LIST]),
    "platelets at the limit": ("clear", [INR, result("platelets", "50"), LIST]),
    "platelets just below": ("unknown(missing)", [INR, result("platelets", "49"), LIST]),
    "liver disease, tests of seven days": (
        "clear",
        [diagnosis("chronic_liver_disease"), replace(INR, when=days(7)), PLATELETS, LIST],
    ),
    "no tests": ("unknown(missing)", [LIST]),
    "old tests": ("unknown(stale)", [replace(INR, when=days(31)), PLATELETS, LIST]),
    "unreadable test": ("unknown(unparseable)", [replace(INR, trouble="words"), PLATELETS, LIST]),
    "no reviewed list of drugs": ("unknown(missing)", [INR, PLATELETS]),
    "on warfarin": ("unknown(missing)", [*WELL, drug("warfarin")]),
    "on a direct anticoagulant": ("unknown(missing)", [*WELL, drug("apixaban")]),
    "on an antiplatelet drug": ("clear", [*WELL, drug("aspirin")]),
    "low platelets by a code, normal by the count": (
        "unknown(missing)",
        [*WELL, diagnosis("bleeding_disorder", marks={"count_decides": "true"})],
    ),
    "flag of an anticoagulant": ("unknown(missing)", [*WELL, diagnosis("anticoagulant_flag")]),
    "liver disease and old tests": (
        "unknown(stale)",
        [diagnosis("chronic_liver_disease"), replace(INR, when=days(8)), PLATELETS, LIST],
    ),
}


@cases(TABLE)
def test_uncorrectable(expected: str, facts: list[Some]) -> None:
    assert ask(coagulopathy_uncorrectable, LIMITS, facts) == expected


@unanswered("conditions", "laboratory", "findings", "medication_requests", "medication_statements")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(coagulopathy_uncorrectable, LIMITS, WELL, states=states) == "unknown(source-error)"
    assert ask(coagulopathy_uncorrectable, LIMITS, [DIC], states=states) == "fires"


def test_every_value_out_of_its_limit_is_named() -> None:
    chart = chart_of(result("inr", "2.4"), result("platelets", "20"), LIST)
    answer = coagulopathy_uncorrectable.ask(chart, LIMITS)
    named = {gap.proof.what for gap in answer.missing if gap.proof}
    assert named == {"inr", "platelets"}


def test_the_gap_names_the_drug_and_not_the_kidney() -> None:
    """A clearance or a dialysis code decides the hold; it is not what hides the coagulation."""
    dialysis = diagnosis("dialysis")
    chart = chart_of(INR, PLATELETS, LIST, drug("apixaban"), dialysis)
    answer = coagulopathy_uncorrectable.ask(chart, LIMITS)
    (gap,) = [gap for gap in answer.missing if gap.what == "coagulation_without_drug"]
    assert gap.proof is not None
    assert "dialysis" not in gap.proof.what
    assert "apixaban" in gap.proof.what
