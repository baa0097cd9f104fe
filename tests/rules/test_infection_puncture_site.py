"""Infection near the access site: coded in the last 30 days; nothing clears it (rules.md 3.1)."""

from __future__ import annotations

from cds_service.clinical.evidence import Sought
from cds_service.clinical.procedure import Procedure
from cds_service.clinical.when import Window
from cds_service.rules.infection_puncture_site import Limits, infection_puncture_site
from tests.charts import Some, chart_of, diagnosis
from tests.times import FILED, FUTURE, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30))
SKIN = "infection_puncture_site"

TABLE: Table = {
    "coded": ("fires", [diagnosis(SKIN)]),
    "thirty days ago": ("fires", [diagnosis(SKIN, recorded=days(30))]),
    "thirty-one days ago": ("unknown(stale)", [diagnosis(SKIN, recorded=days(31))]),
    "without a date": ("unknown(unparseable)", [diagnosis(SKIN, recorded=None)]),
    "filed only": ("unknown(unparseable)", [diagnosis(SKIN, recorded=FILED)]),
    "in the future": ("unknown(unparseable)", [diagnosis(SKIN, recorded=FUTURE)]),
    "of the trunk": ("unknown(suspected)", [diagnosis(SKIN, possible=True)]),
    "of the trunk, long ago": (
        "unknown(stale)",
        [diagnosis(SKIN, possible=True, recorded=days(31))],
    ),
    "healed": ("unknown(missing)", [diagnosis(SKIN, active=False)]),
    "of an old visit": ("unknown(stale)", [diagnosis(SKIN, dormant=True)]),
    "nothing": ("unknown(missing)", []),
    "elsewhere": ("unknown(missing)", [diagnosis("infection_possible")]),
}


@cases(TABLE)
def test_skin(expected: str, facts: list[Some]) -> None:
    assert ask(infection_puncture_site, LIMITS, facts) == expected


@unanswered("conditions")
def test_what_could_not_be_asked_is_open(states: dict[str, Sought | None]) -> None:
    assert ask(infection_puncture_site, LIMITS, [], states=states) == "unknown(source-error)"
    assert ask(infection_puncture_site, LIMITS, [diagnosis(SKIN)], states=states) == "fires"


def test_no_record_can_clear_it_so_it_is_no_gap(procedure: Procedure) -> None:
    check = next(one for one in procedure.checks if one.name == "infection_puncture_site")
    assert not check.recorded(chart_of(), procedure.kinds)
