"""A neutral line about antibiotics, unless one is on order for a procedure (rules.md 3.7)."""

from __future__ import annotations

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import DrugUse, Standing
from cds_service.clinical.when import Window
from cds_service.rules.antibiotic_prophylaxis_plan import Limits, antibiotic_prophylaxis_plan
from tests.changed import replace
from tests.charts import Some, drug
from tests.times import FUTURE, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30))
PLANNED: DrugUse = drug(
    "cefazolin", group="", anti_infective=True, intent=str(b"procedure", "ascii"), dated=days(2)
)

TABLE: Table = {
    "nothing": ("fires", []),
    "on order for the procedure": ("clear", [PLANNED]),
    "an antibiotic for something else": ("fires", [replace(PLANNED, intent="")]),
    "an antibiotic that is meant as treatment": ("fires", [replace(PLANNED, intent="treatment")]),
    "another drug for the procedure": ("fires", [replace(PLANNED, anti_infective=False)]),
    "of an earlier procedure": ("fires", [replace(PLANNED, standing=Standing.ENDED)]),
    "perhaps ended": ("fires", [replace(PLANNED, standing=Standing.UNCLEAR)]),
    "thirty days ago": ("clear", [replace(PLANNED, dated=days(30))]),
    "thirty-one days ago": ("fires", [replace(PLANNED, dated=days(31))]),
    "undated": ("fires", [replace(PLANNED, dated=None)]),
    "in the future": ("fires", [replace(PLANNED, dated=FUTURE)]),
}


@cases(TABLE)
def test_prophylaxis(expected: str, facts: list[Some]) -> None:
    assert ask(antibiotic_prophylaxis_plan, LIMITS, facts) == expected


@unanswered("medication_requests", "medication_dispenses")
def test_the_line_is_shown_where_drugs_could_not_be_asked(
    states: dict[str, Sought | None],
) -> None:
    for facts in ([], [PLANNED]):
        assert ask(antibiotic_prophylaxis_plan, LIMITS, facts, states=states) == "fires"
