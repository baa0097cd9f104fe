"""Another source of the pain: recent codes fire, the operator alone clears (rules.md 3.4)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Diagnosis, Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.alternative_pain_source import Limits, alternative_pain_source
from tests.charts import Some, chart_of, diagnosis, finding, order
from tests.times import LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30), Window(days=180))


def coded(region: str = "", **more: Any) -> Diagnosis:
    return diagnosis("alternative_pain_source", marks={"region": region} if region else {}, **more)


def stated(value: Any, when: When | None = LAST_WEEK, level: str = "L1") -> Finding:
    return finding("exam-imaging-concordance", value, level, when)


AGREES = stated("concordant")

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "recent code": ("fires", [coded()]),
    "recent code, yet the operator agrees": ("fires", [coded(), AGREES]),
    "code of one hundred and eighty days ago": ("fires", [coded(recorded=days(180))]),
    "code of one hundred and eighty-one days ago": (
        "unknown(stale)",
        [coded(recorded=days(181)), AGREES],
    ),
    "code without a date": ("unknown(stale)", [coded(recorded=None), AGREES]),
    "unspecific code": ("unknown(suspected)", [coded(possible=True), AGREES]),
    "old unspecific code": (
        "unknown(suspected)",
        [coded(possible=True, recorded=days(400)), AGREES],
    ),
    "code of the neck": ("clear", [coded("cervical"), AGREES]),
    "code of the neck, long ago": ("clear", [coded("cervical", recorded=days(400)), AGREES]),
    "code of the sacrum": ("fires", [coded("sacral"), AGREES]),
    "resolved code": ("clear", [coded(active=False), AGREES]),
    "code from an old visit": ("unknown(stale)", [coded(dormant=True, recorded=days(400)), AGREES]),
    "the operator agrees": ("clear", [AGREES]),
    "the operator does not agree": ("unknown(suspected)", [stated("discordant")]),
    "agreed thirty days ago": ("clear", [stated("concordant", days(30))]),
    "agreed thirty-one days ago": ("unknown(stale)", [stated("concordant", days(31))]),
    "agreed without a date": ("unknown(unparseable)", [stated("concordant", None)]),
    "old code and a recent one": ("fires", [coded(recorded=days(400)), coded()]),
}


@cases(TABLE)
def test_source(expected: str, facts: list[Some]) -> None:
    assert ask(alternative_pain_source, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("T8", "L1"), [AGREES], "unknown(missing)"),
        (("T8", "L1"), [AGREES, stated("concordant", level="T8")], "clear"),
        (("T8", "L4"), [coded("lumbar")], "fires"),
        (("T8",), [coded("lumbar"), stated("concordant", level="T8")], "clear"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(alternative_pain_source, LIMITS, facts, orders=(order(*levels),)) == expected


@unanswered("findings", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(alternative_pain_source, LIMITS, [AGREES], states=states) == "unknown(source-error)"
    assert ask(alternative_pain_source, LIMITS, [coded()], states=states) == "fires"


def test_a_code_without_a_date_is_named_as_such() -> None:
    for recorded, detail in ((days(181), ""), (None, "undated")):
        answer = alternative_pain_source.ask(chart_of(coded(recorded=recorded), AGREES), LIMITS)
        assert [gap.detail for gap in answer.missing] == [detail]
