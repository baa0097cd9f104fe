"""Age: months of pain count only without edema and cleft (rules.md 3.5)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.fracture_age_chronic import Limits, fracture_age_chronic
from tests.charts import Some, chart_of, finding
from tests.times import LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90), Window(days=365), Window(days=90))


def sign(fact: str, value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding(fact, value, "L1", when, **({"modality": "MR"} | more))


def onset(ago: float) -> Finding:
    return finding("pain-onset", None, "", LAST_WEEK, moment=days(ago))


DRY, CLOSED = sign("marrow-edema", value=False), sign("intravertebral-cleft", value=False)
EDEMA, CLEFT = sign("marrow-edema", value=True), sign("intravertebral-cleft", value=True)
DISPUTED: list[Some] = [DRY, CLOSED, sign("intravertebral-cleft", value=True, modality="CR")]
TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "old, no sign": ("fires", [onset(91), DRY, CLOSED]),
    "ninety days": ("clear", [onset(90), DRY, CLOSED]),
    "old, edema": ("clear", [onset(400), EDEMA]),
    "old, cleft": ("clear", [onset(400), DRY, CLEFT]),
    "old, cleft not stated": ("unknown(missing)", [onset(91), DRY]),
    "old, nothing stated": ("unknown(missing)", [onset(91)]),
    "old, edema on CT against the MRI": (
        "unknown(conflicting)",
        [onset(400), DRY, CLOSED, sign("marrow-edema", value=True, modality="CT")],
    ),
    "old, a cleft on a film against the MRI": ("unknown(conflicting)", [onset(400), *DISPUTED]),
    "new, a cleft on a film against the MRI": ("clear", [onset(20), *DISPUTED]),
    "old, edema, a cleft on a film against the MRI": (
        "clear",
        [onset(400), EDEMA, *DISPUTED[1:]],
    ),
    "old, edema on CT alone": (
        "unknown(missing)",
        [onset(400), sign("marrow-edema", value=True, modality="CT")],
    ),
    "edema, onset unknown": ("clear", [EDEMA]),
    "no sign, onset unknown": ("unknown(missing)", [DRY, CLOSED]),
    "stated as chronic, onset unknown": (
        "unknown(suspected)",
        [DRY, CLOSED, sign("fracture-acuity", "chronic")],
    ),
    "stated as chronic, with edema": ("clear", [EDEMA, sign("fracture-acuity", "chronic")]),
    "new pain on an old fracture": (
        "clear",
        [onset(20), sign("fracture-acuity", "chronic"), DRY, CLOSED],
    ),
    "onset in the future": ("unknown(unparseable)", [onset(-9), DRY, CLOSED]),
    "an MRI of ninety days ago": (
        "fires",
        [onset(200), DRY._replace(when=days(90)), CLOSED._replace(when=days(90))],
    ),
    "an old MRI": (
        "unknown(stale)",
        [onset(200), DRY._replace(when=days(91)), CLOSED._replace(when=days(91))],
    ),
    "an undated MRI": ("unknown(unparseable)", [onset(200), DRY._replace(when=None), CLOSED]),
}


@cases(TABLE)
def test_fracture_age_chronic(expected: str, facts: list[Some]) -> None:
    assert ask(fracture_age_chronic, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    facts: list[Some] = [EDEMA]
    assert ask(fracture_age_chronic, LIMITS, facts, states=states) == "unknown(source-error)"


@pytest.mark.parametrize(("ago", "tier"), [(91, ""), (365, ""), (366, "chronic")])
def test_long_pain_has_stronger_words(ago: int, tier: str) -> None:
    answer = fracture_age_chronic.ask(chart_of(onset(ago), DRY, CLOSED), LIMITS)
    assert (answer.tier, dict(answer.values)["days"]) == (tier, str(ago))
