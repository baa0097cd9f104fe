"""A plan of anesthesia: more than two levels, a risk when prone, opioids (rules.md 3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding, Standing
from cds_service.clinical.when import When, Window
from cds_service.rules.anesthesia_plan import Limits, anesthesia_plan
from tests.charts import Some, chart_of, drug, finding, limit, order
from tests.times import FILED, FUTURE, LAST_WEEK, PLANNED, days, hours
from tests.verdicts import Table, ask, cases, unanswered

MONTH = Window(days=30)
LIMITS = Limits(limit("2", "1"), Window(hours=24), limit("50", "mg"), MONTH, MONTH, MONTH)
ONE, TWO, THREE = order("L1"), order("T12", "L1", count=2), order("T11", "T12", "L1", count=3)
LISTED = drug(reference="MedicationRequest/lisinopril", resolved=True, group="")
OPIOID = drug(reference="MedicationRequest/opioid", kinds=("opioid", "analgesic"), group="")


def planned(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("planned-anesthesia", value, "", when, **more)


def prone(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("prone-tolerance", value, "", when, **more)


PRONE: Table = {
    "no risk, a current list without an opioid": ("clear", [LISTED]),
    "no list": ("unknown(missing)", []),
    "a list of thirty days ago": ("clear", [drug(dated=days(30), group="")]),
    "an old list": ("unknown(stale)", [drug(dated=days(31), group="")]),
    "an opioid of unknown dose": ("unknown(missing)", [LISTED, OPIOID]),
    "an opioid of the past": (
        "clear",
        [LISTED, drug(kinds=("opioid",), group="", standing=Standing.ENDED)],
    ),
    "an unnamed drug": ("unknown(unparseable)", [LISTED, drug(resolved=False, group="")]),
    "cannot lie prone": ("fires", [LISTED, prone("cannot")]),
    "only under general anesthesia": ("fires", [LISTED, prone("with-ga-only")]),
    "lies prone": ("clear", [LISTED, prone("tolerates")]),
    "cannot lie prone, thirty days ago": ("fires", [LISTED, prone("cannot", days(30))]),
    "cannot lie prone, long ago": ("unknown(stale)", [LISTED, prone("cannot", days(31))]),
    "sedation planned": ("clear", [OPIOID, prone("cannot"), planned("sedation")]),
    "local anesthesia planned": ("clear", [OPIOID, planned("local")]),
    "planned thirty days ago": ("clear", [prone("cannot"), planned("general", days(30))]),
    "planned long ago": (
        "unknown(stale)",
        [prone("cannot"), planned("general", days(31))],
    ),
    "planned in a preliminary note": (
        "unknown(missing)",
        [prone("cannot"), planned("general", final=False)],
    ),
    "undated plan": ("unknown(unparseable)", [prone("cannot"), planned("general", None)]),
    "plan filed only": ("unknown(unparseable)", [prone("cannot"), planned("general", FILED)]),
    "plan of the future": ("unknown(unparseable)", [prone("cannot"), planned("general", FUTURE)]),
    "unreadable plan": (
        "unknown(unparseable)",
        [prone("cannot"), planned(None, trouble="words")],
    ),
}


@cases(PRONE)
def test_one_level(expected: str, facts: list[Some]) -> None:
    assert ask(anesthesia_plan, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("orders", "facts", "expected"),
    [
        ((TWO,), [LISTED], "clear"),
        ((THREE,), [LISTED], "fires"),
        ((THREE,), [], "fires"),
        ((THREE,), [LISTED, planned("sedation")], "fires"),
        ((THREE,), [LISTED, planned("local")], "fires"),
        ((THREE,), [LISTED, planned("general")], "clear"),
        ((THREE,), [LISTED, planned("general", days(31))], "unknown(stale)"),
        ((order(),), [LISTED], "unknown(missing)"),
        ((order(),), [LISTED, planned("general")], "clear"),
        ((order(),), [LISTED, planned("sedation")], "unknown(missing)"),
    ],
)
def test_levels(orders: Any, facts: list[Some], expected: str) -> None:
    assert ask(anesthesia_plan, LIMITS, facts, orders=orders) == expected


def test_many_levels_warn() -> None:
    many = anesthesia_plan.ask(chart_of(orders=(THREE,)), LIMITS)
    assert (many.tier, dict(many.values)["count"]) == ("many_levels", "3")
    assert anesthesia_plan.ask(chart_of(LISTED, prone("cannot")), LIMITS).tier == ""


@unanswered("findings", "medication_requests", "service_requests", "procedures")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(anesthesia_plan, LIMITS, [LISTED], states=states) == "unknown(source-error)"


@pytest.mark.parametrize(("ago", "expected"), [(23, "fires"), (24, "fires"), (25, "clear")])
def test_what_was_done_in_the_day_before_counts(ago: int, expected: str) -> None:
    done = ((order("T10"), hours(ago, of=PLANNED)),)
    assert ask(anesthesia_plan, LIMITS, [LISTED], orders=(TWO,), procedures=done) == expected
