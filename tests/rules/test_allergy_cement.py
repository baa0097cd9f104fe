"""Allergy to cement: PMMA fires; only a reviewed list clears (rules.md 3.1, 9.4)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.when import Window
from cds_service.rules.allergy_cement import Limits, allergy_cement
from tests.charts import Some, allergy
from tests.times import FILED, FUTURE, days
from tests.verdicts import Table, ask, cases, unanswered

SUSPICIOUS = ("acrylate", "benzoyl_peroxide", "barium", "zirconium", "cement_antibiotic")
LIMITS = Limits(Window(days=365), ("pmma",), SUSPICIOUS, ("all",))
POLLEN = allergy("pollen")
NONE_KNOWN = allergy(none_known="all")

TABLE: Table = {
    "empty list": ("unknown(missing)", []),
    "PMMA": ("fires", [allergy("pmma")]),
    "PMMA long ago": ("fires", [allergy("pmma", dated=days(4000))]),
    "PMMA without a date": ("fires", [allergy("pmma", dated=None)]),
    "PMMA coded as a condition": ("fires", [allergy("pmma", listed=False)]),
    "PMMA no longer active": ("unknown(conflicting)", [allergy("pmma", active=False), POLLEN]),
    "another allergy, one year old": ("clear", [allergy("pollen", dated=days(365))]),
    "another allergy, older": ("unknown(stale)", [allergy("pollen", dated=days(366))]),
    "another allergy without a date": ("unknown(stale)", [allergy("pollen", dated=None)]),
    "another allergy, filed only": ("unknown(stale)", [allergy("pollen", dated=FILED)]),
    "another allergy in the future": ("unknown(stale)", [allergy("pollen", dated=FUTURE)]),
    "a condition is no list": ("unknown(missing)", [allergy("pollen", listed=False)]),
    "no known allergy": ("clear", [NONE_KNOWN]),
    "no known allergy, one year old": ("clear", [allergy(none_known="all", dated=days(365))]),
    "no known allergy, older": ("unknown(stale)", [allergy(none_known="all", dated=days(366))]),
    "no known allergy, no longer so": (
        "unknown(missing)",
        [allergy(none_known="all", active=False)],
    ),
    "no known drug allergy says nothing of cement": (
        "unknown(missing)",
        [allergy(none_known="drugs")],
    ),
    "no known allergy beside PMMA": ("fires", [NONE_KNOWN, allergy("pmma")]),
    "an entry without a name may be any": (
        "unknown(unparseable)",
        [NONE_KNOWN, allergy(unnamed=True)],
    ),
    "one that has passed": ("clear", [NONE_KNOWN, allergy(unnamed=True, active=False)]),
    "contrast medium is not cement": ("clear", [allergy("iodinated_contrast")]),
    "gadolinium is not cement (trap 7)": ("clear", [allergy("gadolinium")]),
}


@cases(TABLE)
def test_cement(expected: str, facts: list[Some]) -> None:
    assert ask(allergy_cement, LIMITS, facts) == expected


@pytest.mark.parametrize("agent", SUSPICIOUS)
def test_a_component_raises_suspicion(agent: str) -> None:
    assert ask(allergy_cement, LIMITS, [POLLEN, allergy(agent)]) == "unknown(suspected)"


def test_a_reviewed_list_clears_even_when_it_is_empty() -> None:
    for when, expected in ((days(365), "clear"), (days(366), "unknown(missing)")):
        assert ask(allergy_cement, LIMITS, [], lists={"allergies": (when,)}) == expected


@unanswered("allergies", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    reviewed = {"allergies": (days(1),)}
    assert ask(allergy_cement, LIMITS, [NONE_KNOWN], states=states) == "unknown(source-error)"
    assert ask(allergy_cement, LIMITS, [], states=states, lists=reviewed) == "unknown(source-error)"
    assert ask(allergy_cement, LIMITS, [allergy("pmma")], states=states) == "fires"
