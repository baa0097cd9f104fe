"""Lying prone: examined within 30 days, or only suspected (rules.md 3.4)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import When, Window
from cds_service.rules.prone_intolerance import Limits, prone_intolerance
from tests.charts import Some, chart_of, diagnosis, finding
from tests.times import FILED, FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=30), Window(days=30))


def prone(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("prone-tolerance", value, "", when, **more)


def planned(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return finding("planned-anesthesia", value, "", when, **more)


CANNOT, ONLY_GA, WELL = prone("cannot"), prone("with-ga-only"), prone("tolerates")
ORTHOPNEA = diagnosis("respiratory_chronic", marks={"part": "prone"})

TABLE: Table = {
    "cannot": ("fires", [CANNOT]),
    "cannot, even if general anesthesia is planned": ("fires", [CANNOT, planned("general")]),
    "only under general anesthesia": ("fires", [ONLY_GA]),
    "only under general anesthesia, which is planned": ("clear", [ONLY_GA, planned("general")]),
    "only under general anesthesia, sedation planned": ("fires", [ONLY_GA, planned("sedation")]),
    "a plan of long ago": ("fires", [ONLY_GA, planned("general", days(31))]),
    "a plan of thirty days ago": ("clear", [ONLY_GA, planned("general", days(30))]),
    "tolerates": ("clear", [WELL]),
    "tolerates, with a clue": ("clear", [WELL, ORTHOPNEA]),
    "nothing": ("unknown(missing)", []),
    "orthopnea": ("unknown(suspected)", [ORTHOPNEA]),
    "kyphosis": ("unknown(suspected)", [diagnosis("deformity", marks={"part": "prone"})]),
    "acute respiratory failure": ("unknown(suspected)", [diagnosis("respiratory_severe")]),
    "COPD without more is no clue": ("unknown(missing)", [diagnosis("respiratory_chronic")]),
    "scoliosis is no clue": ("unknown(missing)", [diagnosis("deformity")]),
    "orthopnea that has passed": (
        "unknown(missing)",
        [diagnosis("respiratory_chronic", marks={"part": "prone"}, active=False)],
    ),
    "cannot, thirty days ago": ("fires", [prone("cannot", days(30))]),
    "cannot, thirty-one days ago": ("unknown(stale)", [prone("cannot", days(31))]),
    "tolerates, thirty days ago": ("clear", [prone("tolerates", days(30))]),
    "tolerates, thirty-one days ago": ("unknown(stale)", [prone("tolerates", days(31))]),
    "the newest decides": ("clear", [prone("cannot", days(9)), WELL]),
    "both of one day": ("fires", [CANNOT, WELL]),
    "tolerates in a preliminary note": ("unknown(missing)", [prone("tolerates", final=False)]),
    "cannot in a preliminary note": ("fires", [prone("cannot", final=False)]),
    "undated": ("unknown(unparseable)", [prone("tolerates", None)]),
    "filed only": ("unknown(unparseable)", [prone("cannot", FILED)]),
    "in the future": ("unknown(unparseable)", [prone("tolerates", FUTURE)]),
    "unreadable": ("unknown(unparseable)", [prone(None, trouble="words")]),
}


@cases(TABLE)
def test_prone(expected: str, facts: list[Some]) -> None:
    assert ask(prone_intolerance, LIMITS, facts) == expected


def test_anesthesia_may_be_the_answer() -> None:
    assert prone_intolerance.ask(chart_of(ONLY_GA), LIMITS).tier == "with_anesthesia"
    assert prone_intolerance.ask(chart_of(CANNOT), LIMITS).tier == ""
    assert prone_intolerance.ask(chart_of(ONLY_GA, CANNOT), LIMITS).tier == ""


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(prone_intolerance, LIMITS, [WELL], states=states) == "unknown(source-error)"
    assert ask(prone_intolerance, LIMITS, [CANNOT], states=states) == "fires"
    for facts in ([ONLY_GA, planned("general")], [ONLY_GA]):
        assert ask(prone_intolerance, LIMITS, facts, states=states) == "unknown(source-error)"
