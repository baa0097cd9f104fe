"""A normal level: nothing but an MRI that states all of it says so (rules.md 3.5)."""

from __future__ import annotations

from typing import Any

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.when import Window
from cds_service.rules.prophylactic_level import Limits, prophylactic_level
from tests.charts import Some, chart_of, finding, order
from tests.times import FUTURE, LAST_WEEK, days
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(Window(days=90))


def sign(fact: str, value: Any, level: str = "L1", **more: Any) -> Finding:
    when = more.pop("when", LAST_WEEK)
    return finding(fact, value, level, when, **({"modality": "MR"} | more))


FRACTURE, EDEMA, CLEFT = "vertebral-fracture", "marrow-edema", "intravertebral-cleft"
NONE = sign("lesion-matrix", "none")
NORMAL = [sign(FRACTURE, value=False), sign(EDEMA, value=False), NONE]
TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "normal": ("fires", NORMAL),
    "no edema stated": ("unknown(missing)", [sign(FRACTURE, value=False), NONE]),
    "no lesion stated": ("unknown(missing)", NORMAL[:2]),
    "no fracture stated": ("unknown(missing)", NORMAL[1:]),
    "a fracture": ("clear", [sign(FRACTURE, value=True)]),
    "edema": ("clear", [sign(EDEMA, value=True)]),
    "a cleft": ("clear", [sign(CLEFT, value=True)]),
    "a cleft against the rest": ("clear", [*NORMAL, sign(CLEFT, value=True)]),
    "edema on CT against the MRI": (
        "unknown(conflicting)",
        [*NORMAL, sign(EDEMA, value=True, modality="CT")],
    ),
    "edema on CT only": ("unknown(missing)", [sign(EDEMA, value=True, modality="CT")]),
    "a fracture on MRI, edema on CT": (
        "clear",
        [sign(FRACTURE, value=True), *NORMAL[1:], sign(EDEMA, value=True, modality="CT")],
    ),
    "a lytic lesion": ("clear", [sign("lesion-matrix", "lytic")]),
    "a fracture on CT only": ("clear", [sign(FRACTURE, value=True, modality="CT")]),
    "normal on CT only": (
        "unknown(missing)",
        [f._replace(modality="CT") for f in NORMAL],
    ),
    "ninety days": ("fires", [f._replace(when=days(90)) for f in NORMAL]),
    "ninety-one days": ("unknown(stale)", [f._replace(when=days(91)) for f in NORMAL]),
    "in the future": ("unknown(unparseable)", [f._replace(when=FUTURE) for f in NORMAL]),
}


@cases(TABLE)
def test_prophylactic_level(expected: str, facts: list[Some]) -> None:
    assert ask(prophylactic_level, LIMITS, facts) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert (
        ask(prophylactic_level, LIMITS, [sign(EDEMA, value=True)], states=states)
        == "unknown(source-error)"
    )


def test_a_level_between_two_fractures_is_told() -> None:
    beside = [sign(FRACTURE, value=True, level=level) for level in ("T12", "L2")]
    both = prophylactic_level.ask(chart_of(*NORMAL, *beside), LIMITS)
    one = prophylactic_level.ask(chart_of(*NORMAL, beside[0]), LIMITS)
    assert (both.notes, one.notes) == (("sandwich",), ())


def test_the_last_lumbar_level_has_no_fracture_below_it() -> None:
    normal = [f._replace(level="L5") for f in NORMAL]
    above = sign(FRACTURE, value=True, level="L4")
    answer = prophylactic_level.ask(chart_of(*normal, above, orders=(order("L5"),)), LIMITS)
    assert (answer.truth, answer.notes) == ("fires", ())
