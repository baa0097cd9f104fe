"""Allergy to contrast media or the opacifier of the cement (rules.md 3.1, 9.4)."""

from __future__ import annotations

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.when import Window
from cds_service.rules.allergy_contrast import Limits, allergy_contrast
from tests.charts import Some, allergy
from tests.times import days
from tests.verdicts import Table, ask, cases, unanswered

DECISIVE = ("contrast", "iodinated_contrast", "barium", "zirconium")
SUSPICIOUS = ("gadolinium", "iodine", "shellfish")
LIMITS = Limits(Window(days=365), DECISIVE, SUSPICIOUS, ("all", "drugs"))
POLLEN = allergy("pollen")

TABLE: Table = {
    "empty list": ("unknown(missing)", []),
    "another allergy": ("clear", [POLLEN]),
    "another allergy, a year ago": ("clear", [allergy("pollen", dated=days(365))]),
    "another allergy, older than a year": ("unknown(stale)", [allergy("pollen", dated=days(366))]),
    "no known allergy": ("clear", [allergy(none_known="all")]),
    "no known drug allergy": ("clear", [allergy(none_known="drugs")]),
    "no known drug allergy, no longer so": (
        "unknown(missing)",
        [allergy(none_known="drugs", active=False)],
    ),
    "no known drug allergy beside contrast": (
        "fires",
        [allergy(none_known="drugs"), allergy("contrast")],
    ),
    "cement is another question": ("clear", [allergy("pmma")]),
}


@cases(TABLE)
def test_contrast(expected: str, facts: list[Some]) -> None:
    assert ask(allergy_contrast, LIMITS, facts) == expected


@pytest.mark.parametrize("agent", DECISIVE)
def test_each_agent_fires_while_it_is_active(agent: str) -> None:
    assert ask(allergy_contrast, LIMITS, [POLLEN, allergy(agent)]) == "fires"
    past = allergy(agent, active=False)
    assert ask(allergy_contrast, LIMITS, [POLLEN, past]) == "unknown(conflicting)"


@pytest.mark.parametrize("agent", SUSPICIOUS)
def test_a_related_agent_raises_suspicion_only(agent: str) -> None:
    assert ask(allergy_contrast, LIMITS, [POLLEN, allergy(agent)]) == "unknown(suspected)"


@unanswered("allergies", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(allergy_contrast, LIMITS, [POLLEN], states=states) == "unknown(source-error)"
