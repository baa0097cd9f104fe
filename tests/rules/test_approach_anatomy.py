"""Approach: a pedicle stated as hidden fires, a visible one clears (rules.md 3.7)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.approach_anatomy import Limits, approach_anatomy
from tests.charts import Some, finding
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def view(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    return finding("pedicle-visible", value, level, when, **more)


TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "hidden": ("fires", [view(value=False)]),
    "visible": ("clear", [view(value=True)]),
    "hidden at another level": ("unknown(missing)", [view(value=False, level="L3")]),
    "ninety days": ("clear", [view(value=True, when=days(90))]),
    "ninety-one days": ("unknown(stale)", [view(value=False, when=days(91))]),
    "in the future": ("unknown(unparseable)", [view(value=True, when=FUTURE)]),
    "without a value": ("unknown(unparseable)", [view(None, trouble="words")]),
    "preliminary, hidden": ("fires", [view(value=False, final=False)]),
    "preliminary, visible": ("unknown(missing)", [view(value=True, final=False)]),
    "both on one day": ("fires", [view(value=True), view(value=False)]),
}


@cases(TABLE)
def test_approach_anatomy(expected: str, facts: list[Some]) -> None:
    assert ask(approach_anatomy, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    seen: list[Some] = [view(value=True)]
    hidden: list[Some] = [view(value=False)]
    assert ask(approach_anatomy, LIMITS, seen, states=states) == "unknown(source-error)"
    assert ask(approach_anatomy, LIMITS, hidden, states=states) == "fires"
