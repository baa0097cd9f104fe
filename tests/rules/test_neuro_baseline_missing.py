"""A neurological examination of the legs, whatever it found (rules.md 3.6)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.neuro_baseline_missing import Limits, neuro_baseline_missing
from tests.charts import Some, finding
from tests.times import FILED, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30))


def deficit(value: Any, when: When | None = LAST_WEEK, level: str = "", **more: Any) -> Finding:
    return finding("neuro-deficit", value, level, when, **more)


TABLE: Table = {
    "nothing on record": ("fires", []),
    "no deficit": ("clear", [deficit("none")]),
    "a new deficit": ("clear", [deficit("new")]),
    "an old deficit": ("clear", [deficit("stable-old")]),
    "with a level": ("clear", [deficit("none", level="L4")]),
    "twenty-nine days ago": ("clear", [deficit("none", days(29))]),
    "thirty days ago": ("clear", [deficit("none", days(30))]),
    "thirty-one days ago": ("fires", [deficit("none", days(31))]),
    "without a date": ("unknown(unparseable)", [deficit("none", None)]),
    "with the time of filing only": ("unknown(unparseable)", [deficit("none", FILED)]),
    "in words": ("unknown(unparseable)", [deficit(None, trouble="words")]),
    "preliminary": ("unknown(missing)", [deficit("none", final=False)]),
    "newest in words, older readable": (
        "unknown(unparseable)",
        [deficit("none", days(9)), deficit(None, days(2), trouble="words")],
    ),
}


@cases(TABLE)
def test_baseline(expected: str, facts: list[Some]) -> None:
    assert ask(neuro_baseline_missing, LIMITS, facts) == expected


@unanswered("findings")
def test_an_absence_that_could_not_be_asked_never_fires(states: dict[str, Sought | None]) -> None:
    for facts in ([], [deficit("none")]):
        assert ask(neuro_baseline_missing, LIMITS, facts, states=states) == "unknown(source-error)"
