"""Heart and lungs: the word of anesthesia first, then acute, chronic and vague codes (3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.cardiopulmonary_severe import Limits, cardiopulmonary_severe
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, finding, limit, result
from tests.times import FILED, FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

MONTH, YEAR = Window(days=30), Window(days=365)
LIMITS = Limits(MONTH, MONTH, limit("40", "%"), YEAR, None, MONTH)
WITH_SPO2 = replace(LIMITS, spo2_below=limit("90", "%"))


def fitness(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("anesthesia-fitness", value, "", when, **more)


FIT, GA_ONLY, UNFIT = fitness("sedation-ok"), fitness("ga-only"), fitness("unfit")
ACUTE, CHRONIC = diagnosis("cardiac_severe"), diagnosis("cardiac_chronic")
VAGUE = diagnosis("respiratory_chronic", marks={"severity_unknown": "true"})
LUNGS = diagnosis("respiratory_severe")

FITNESS: Table = {
    "nothing": ("unknown(missing)", []),
    "unfit": ("fires", [UNFIT]),
    "unfit thirty days ago": ("fires", [fitness("unfit", days(30))]),
    "unfit thirty-one days ago": ("unknown(stale)", [fitness("unfit", days(31))]),
    "unfit in a preliminary note": ("fires", [fitness("unfit", final=False)]),
    "fit": ("clear", [FIT]),
    "fit for general anesthesia only": ("clear", [GA_ONLY]),
    "fit thirty days ago": ("clear", [fitness("sedation-ok", days(30))]),
    "fit thirty-one days ago": ("unknown(stale)", [fitness("sedation-ok", days(31))]),
    "fit in a preliminary note": ("unknown(missing)", [fitness("sedation-ok", final=False)]),
    "fit, undated": ("unknown(unparseable)", [fitness("sedation-ok", None)]),
    "fit, filed only": ("unknown(unparseable)", [fitness("sedation-ok", FILED)]),
    "fit, in the future": ("unknown(unparseable)", [fitness("sedation-ok", FUTURE)]),
    "unreadable": ("unknown(unparseable)", [fitness(None, trouble="words")]),
    "unfit, later fit": ("clear", [fitness("unfit", days(9)), FIT]),
    "fit and unfit on one day": ("fires", [FIT, UNFIT]),
}

CODED: Table = {
    "acute heart": ("fires", [ACUTE]),
    "acute lungs": ("fires", [LUNGS]),
    "acute, though fit": ("fires", [ACUTE, FIT]),
    "acute thirty days ago": ("fires", [diagnosis("cardiac_severe", recorded=days(30))]),
    "acute thirty-one days ago": (
        "unknown(stale)",
        [diagnosis("cardiac_severe", recorded=days(31))],
    ),
    "acute without a date": ("unknown(unparseable)", [diagnosis("cardiac_severe", recorded=None)]),
    "acute of the past": ("unknown(missing)", [diagnosis("cardiac_severe", active=False)]),
    "acute in words": ("unknown(suspected)", [diagnosis("cardiac_severe", by_words=True)]),
    "chronic": ("fires", [CHRONIC]),
    "chronic, assessed as fit": ("clear", [CHRONIC, FIT]),
    "chronic, assessed for general anesthesia": ("clear", [CHRONIC, GA_ONLY]),
    "chronic, assessed long ago": ("fires", [CHRONIC, fitness("sedation-ok", days(31))]),
    "home oxygen": ("fires", [diagnosis("respiratory_chronic")]),
    "chronic, old visit": ("unknown(stale)", [diagnosis("cardiac_chronic", dormant=True)]),
    "chronic of the past": ("unknown(missing)", [diagnosis("cardiac_chronic", active=False)]),
    "COPD of unknown severity": ("unknown(suspected)", [VAGUE]),
    "COPD of unknown severity, fit": ("clear", [VAGUE, FIT]),
}

MEASURED: Table = {
    "LVEF below": ("fires", [result("lvef", "39", days(20))]),
    "LVEF at the limit": ("fires", [result("lvef", "40", days(20))]),
    "LVEF above": ("unknown(missing)", [result("lvef", "41", days(20))]),
    "LVEF never clears": ("unknown(missing)", [result("lvef", "65", days(20))]),
    "LVEF below, fit": ("clear", [result("lvef", "25", days(20)), FIT]),
    "LVEF of a year ago": ("fires", [result("lvef", "30", days(365))]),
    "LVEF of more than a year ago": ("unknown(missing)", [result("lvef", "30", days(366))]),
    "LVEF at most": ("fires", [result("lvef", "<=40", days(20))]),
    "LVEF undecided": ("unknown(missing)", [result("lvef", "<50", days(20))]),
    "LVEF without a unit": ("unknown(missing)", [result("lvef", "3", trouble="no_unit")]),
    "saturation is off": ("unknown(missing)", [result("spo2", "80", site="room_air")]),
}


@cases(FITNESS, CODED, MEASURED)
def test_heart_and_lungs(expected: str, facts: list[Some]) -> None:
    assert ask(cardiopulmonary_severe, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("said", "site", "expected"),
    [
        ("89", "room_air", "fires"),
        ("90", "room_air", "unknown(missing)"),
        ("91", "room_air", "unknown(missing)"),
        ("85", "", "unknown(missing)"),
        ("94", "", "unknown(missing)"),
        ("85", "supplemental_oxygen", "unknown(missing)"),
    ],
)
def test_saturation_counts_in_room_air_where_a_site_sets_a_limit(
    said: str, site: str, expected: str
) -> None:
    facts: list[Some] = [result("spo2", said, site="".join(list(site)))]
    assert ask(cardiopulmonary_severe, WITH_SPO2, facts) == expected


@pytest.mark.parametrize(("ago", "expected"), [(30, "fires"), (31, "unknown(missing)")])
def test_saturation_counts_for_thirty_days(ago: int, expected: str) -> None:
    facts: list[Some] = [result("spo2", "85", days(ago), site="room_air")]
    assert ask(cardiopulmonary_severe, WITH_SPO2, facts) == expected


def test_the_tiers() -> None:
    for facts, tier in (([UNFIT], ""), ([ACUTE], ""), ([CHRONIC], "chronic")):
        assert cardiopulmonary_severe.ask(chart_of(*facts), LIMITS).tier == tier
    assert cardiopulmonary_severe.ask(chart_of(CHRONIC, ACUTE), LIMITS).tier == ""


@unanswered("findings", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(cardiopulmonary_severe, LIMITS, [FIT], states=states) == "unknown(source-error)"
    assert ask(cardiopulmonary_severe, LIMITS, [ACUTE], states=states) == "fires"
