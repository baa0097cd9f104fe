"""Height: more than two thirds lost, per level (rules.md 3.3, 5)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.height_loss_severe import Limits, height_loss_severe
from tests.charts import Some, finding, limit
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("66.7", "%"), limit("0.1", "%"), Window(days=90))


def lost(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    return finding("height-loss", value, level, when, **({"modality": "CT"} | more))


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "none": ("clear", [lost("0")]),
    "the limit": ("clear", [lost("66.7")]),
    "two thirds itself": ("clear", [lost("66.67")]),
    "below the next decimal": ("clear", [lost("66.74")]),
    "just above": ("fires", [lost("66.8")]),
    "a third, as where two thirds remain": ("clear", [lost("34")]),
    "a bound that decides": ("fires", [lost(">70")]),
    "a bound that straddles": ("unknown(unparseable)", [lost(">40")]),
    "a bound below": ("clear", [lost("<50")]),
    "words only": ("unknown(unparseable)", [lost(None, trouble="words")]),
    "on a radiograph": ("clear", [lost("20", modality="XR")]),
    "ninety days": ("clear", [lost("20", days(90))]),
    "ninety-one days": ("unknown(stale)", [lost("20", days(91))]),
    "without a date": ("unknown(unparseable)", [lost("20", None)]),
    "in the future": ("unknown(unparseable)", [lost("20", FUTURE)]),
    "preliminary and large": ("fires", [lost("80", final=False)]),
    "preliminary and small": ("unknown(missing)", [lost("10", final=False)]),
    "at another level": ("unknown(missing)", [lost("80", level="L3")]),
    "without a level beside another abnormal level": (
        "unknown(suspected)",
        [lost("80", level=""), finding("marrow-edema", value=True, level="T8")],
    ),
}


@cases(TABLE)
def test_height_loss_severe(expected: str, facts: list[Some]) -> None:
    assert ask(height_loss_severe, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    facts: list[Some] = [lost("20")]
    assert ask(height_loss_severe, LIMITS, facts, states=states) == "unknown(source-error)"
    facts = [lost("80")]
    assert ask(height_loss_severe, LIMITS, facts, states=states) == "fires"
