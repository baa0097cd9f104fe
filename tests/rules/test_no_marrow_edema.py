"""No edema: only an adequate MRI since the pain began shows it, and other signs oppose (3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.levels import between
from cds_service.clinical.when import When, Window
from cds_service.rules.no_marrow_edema import Limits, no_marrow_edema
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, finding, order, study
from tests.times import FILED, FUTURE, LAST_WEEK, days, month
from tests.verdicts import Table, ask, cases, unanswered, verdict

LIMITS = Limits(Window(days=90))
SPINE = between("T1", "L5")


def seen(fact: str, value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    settings = {"modality": "MR", "level": "L1"} | more
    return finding(fact, value, settings.pop("level"), when, **settings)


def edema(value: Any, when: When | None = LAST_WEEK, **more: Any) -> Finding:
    return seen("marrow-edema", value, when, **more)


def onset(when: When) -> Finding:
    return finding("pain-onset", None, "", days(2), moment=when)


PRESENT, ABSENT = edema(value=True), edema(value=False)
FLUID = seen("fluid-sensitive-sequence", value=True)
CLEFT = seen("intravertebral-cleft", value=True)
NO_CLEFT = seen("intravertebral-cleft", value=False)
UPTAKE = seen("bone-scan-uptake", value=True, modality="NM")
COLD = seen("bone-scan-uptake", value=False, modality="NM")
WORSE = seen("progressive-height-loss", value=True, modality="XR")
PAINFUL = finding("level-symptomatic", value=True)
FRACTURE = diagnosis("vcf_osteoporotic")
MYELOMA = diagnosis("malignancy_spine", marks={"myeloma": True})
STIR = study("MR", LAST_WEEK, fluid_sensitive=True)

CLEAR: Table = {
    "nothing on record": ("unknown(missing)", []),
    "edema": ("clear", [PRESENT]),
    "edema at ninety days": ("clear", [edema(value=True, when=days(90))]),
    "edema at ninety-one days": ("unknown(stale)", [edema(value=True, when=days(91))]),
    "edema without a date": ("unknown(unparseable)", [edema(value=True, when=None)]),
    "edema, filed only": ("unknown(unparseable)", [edema(value=True, when=FILED)]),
    "edema in the future": ("unknown(unparseable)", [edema(value=True, when=FUTURE)]),
    "edema in a preliminary report": ("unknown(missing)", [edema(value=True, final=False)]),
    "edema, unreadable": ("unknown(unparseable)", [edema(None, trouble="words")]),
    "edema before the pain began": ("unknown(stale)", [PRESENT, onset(days(4))]),
    "edema on the day the pain began": ("clear", [PRESENT, onset(days(5))]),
    "edema within the month the pain began (1.1)": ("unknown(stale)", [PRESENT, onset(month(5))]),
    "edema after the month the pain began": ("clear", [PRESENT, onset(month(4))]),
    "edema at another level (trap 3)": ("unknown(missing)", [edema(value=True, level="T12")]),
    "edema without a level, nothing else abnormal": ("clear", [edema(value=True, level="")]),
    "edema without a level, another level abnormal": (
        "unknown(unparseable)",
        [edema(value=True, level=""), edema(value=True, level="T12")],
    ),
    "the newest wins": ("clear", [edema(value=False, when=days(20)), FLUID, PRESENT]),
    "a cleft that hurts": ("clear", [CLEFT, PAINFUL]),
    "a cleft that is tender": ("clear", [CLEFT, finding("midline-tenderness", value=True)]),
    "a cleft and a fracture code, the only level": ("clear", [CLEFT, FRACTURE]),
    "a cleft and a fracture code, another level abnormal": (
        "unknown(missing)",
        [CLEFT, FRACTURE, edema(value=True, level="T12")],
    ),
    "a cleft that hurts, in a preliminary report": (
        "unknown(missing)",
        [replace(CLEFT, final=False), PAINFUL],
    ),
    "a cleft, pain in a preliminary note": (
        "unknown(missing)",
        [CLEFT, replace(PAINFUL, final=False)],
    ),
    "a cleft without pain": ("unknown(missing)", [CLEFT]),
    "a cleft that does not hurt": (
        "unknown(missing)",
        [CLEFT, finding("level-symptomatic", value=False)],
    ),
    "no cleft": ("unknown(missing)", [NO_CLEFT, PAINFUL]),
}

FIRES: Table = {
    "absent on an adequate MRI": ("fires", [ABSENT, FLUID, NO_CLEFT]),
    "absent, sequence known from a series": ("fires", [ABSENT, STIR]),
    "absent, sequence not known": ("unknown(missing)", [ABSENT, NO_CLEFT]),
    "absent, sequence not known, and a cleft": ("unknown(missing)", [ABSENT, CLEFT]),
    "absent, no such sequence (trap 3)": (
        "unknown(missing)",
        [ABSENT, seen("fluid-sensitive-sequence", value=False)],
    ),
    "absent, no such sequence though a series says so": (
        "unknown(missing)",
        [ABSENT, seen("fluid-sensitive-sequence", value=False), STIR],
    ),
    "absent, the sequence is of another day": (
        "unknown(missing)",
        [ABSENT, seen("fluid-sensitive-sequence", value=True, when=days(9))],
    ),
    "absent, the series is of another day": (
        "unknown(missing)",
        [ABSENT, replace(STIR, when=days(9))],
    ),
    "absent, the series shows another level": (
        "unknown(missing)",
        [ABSENT, study("MR", LAST_WEEK, "C4", fluid_sensitive=True)],
    ),
    "absent, the sequence in a preliminary report": (
        "unknown(missing)",
        [ABSENT, replace(FLUID, final=False)],
    ),
    "absent before the pain began": ("unknown(stale)", [ABSENT, FLUID, onset(days(4))]),
    "absent at ninety days": (
        "fires",
        [edema(value=False, when=days(90)), replace(FLUID, when=days(90))],
    ),
    "absent at ninety-one days": (
        "unknown(stale)",
        [edema(value=False, when=days(91)), replace(FLUID, when=days(91))],
    ),
    "absent at another level": ("unknown(missing)", [edema(value=False, level="T12"), FLUID]),
    "absent over the whole study": (
        "fires",
        [
            edema(value=False, level="", covers=SPINE),
            seen("fluid-sensitive-sequence", value=True, level="", covers=SPINE),
        ],
    ),
    "present and absent on one day": ("fires", [PRESENT, ABSENT, FLUID]),
    "a cleft that hurts does not clear what is stated absent": (
        "fires",
        [ABSENT, FLUID, CLEFT, PAINFUL],
    ),
    "no MRI, bone scan without uptake": ("fires", [COLD]),
    "no MRI, bone scan with uptake": ("unknown(missing)", [UPTAKE]),
    "bone scan without uptake in myeloma (trap 7)": ("unknown(missing)", [COLD, MYELOMA]),
    "bone scan without uptake, other malignancy": ("fires", [COLD, diagnosis("malignancy_spine")]),
    "bone scan without uptake, myeloma in words": (
        "unknown(missing)",
        [COLD, diagnosis("malignancy_spine", by_words=True, marks={"myeloma": True})],
    ),
    "bone scan without uptake, but an MRI": ("unknown(missing)", [COLD, study("MR")]),
    "bone scan without uptake, MRI of an unnamed region": (
        "unknown(missing)",
        [COLD, study("MR", covers=None)],
    ),
    "bone scan without uptake, MRI of another part": (
        "fires",
        [COLD, study("MR", LAST_WEEK, "C4")],
    ),
    "bone scan without uptake, old MRI": ("fires", [COLD, study("MR", days(91))]),
    "bone scan without uptake, CT": ("fires", [COLD, study("CT")]),
    "bone scan without uptake, itself filed as MR": ("fires", [COLD, study("MR", bone_scan=True)]),
    "old bone scan without uptake": ("unknown(missing)", [replace(COLD, when=days(91))]),
}


@cases(CLEAR, FIRES)
def test_edema(expected: str, facts: list[Some]) -> None:
    assert ask(no_marrow_edema, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        ([ABSENT, FLUID, NO_CLEFT], ""),
        ([ABSENT, FLUID, NO_CLEFT, COLD], ""),
        ([ABSENT, FLUID], "cleft_unstated"),
        ([ABSENT, FLUID, CLEFT], "opposed"),
        ([ABSENT, FLUID, NO_CLEFT, UPTAKE], "opposed"),
        ([ABSENT, FLUID, NO_CLEFT, WORSE], "opposed"),
        ([COLD], "bone_scan"),
    ],
)
def test_only_an_unopposed_absence_is_critical(facts: list[Some], tier: str) -> None:
    answer = no_marrow_edema.ask(chart_of(*facts), LIMITS)
    assert (answer.truth, answer.tier) == ("fires", tier)


def test_the_gravest_level_gives_the_card() -> None:
    other = [replace(one, level="L3") for one in (ABSENT, FLUID, CLEFT)]
    chart = chart_of(ABSENT, FLUID, NO_CLEFT, *other, orders=(order("L1", "L3"),))
    answer = no_marrow_edema.ask(chart, LIMITS)
    assert (answer.level, answer.tier) == ("L1", "")
    assert dict(answer.levels)["L3"].tier == "opposed"


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("L1", "L3"), [PRESENT], "unknown(missing)"),
        (("L1", "L3"), [PRESENT, edema(value=True, level="L3")], "clear"),
        (("T8",), [edema(value=True, level="T12")], "unknown(missing)"),
        ((), [PRESENT], "unknown(missing)"),
        (("C5",), [edema(value=True, level="C5")], "unknown(missing)"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(no_marrow_edema, LIMITS, facts, orders=(order(*levels),)) == expected


@unanswered("findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(no_marrow_edema, LIMITS, [PRESENT], states=states) == "unknown(source-error)"
    assert ask(no_marrow_edema, LIMITS, [CLEFT, PAINFUL], states=states) == "unknown(source-error)"


@unanswered("imaging_studies", "diagnostic_reports", "findings", "conditions")
def test_a_cold_bone_scan_needs_certainty_that_there_is_no_mri_and_no_myeloma(
    states: dict[str, Sought | None],
) -> None:
    answer = no_marrow_edema.ask(chart_of(COLD, states=states), LIMITS)
    assert verdict(answer).startswith("unknown")
