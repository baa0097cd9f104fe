"""Spinal infection: only the newest MRI of the level clears, within ninety days (rules.md 3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Finding
from cds_service.clinical.levels import between
from cds_service.clinical.report import Quote
from cds_service.clinical.truth import Truth
from cds_service.clinical.when import When, Window
from cds_service.rules.infection_spinal import Limits, infection_spinal
from tests.changed import replace
from tests.charts import Some, chart_of, culture, diagnosis, finding, limit, order, result, study
from tests.times import FILED, FUTURE, LAST_WEEK, days, hours
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(
    Window(days=90),
    Window(days=30),
    Window(days=14),
    limit("38.0", "Cel"),
    Window(hours=72),
    Window(hours=168),
)
SPINE = between("C1", "L5")
CODE = diagnosis("infection_spinal")


def discitis(value: Any, when: When | None = LAST_WEEK, level: str = "L1", **more: Any) -> Finding:
    settings = {"modality": "MR"} | more
    return finding("discitis-osteomyelitis-suspected", value, level, when, **settings)


def onset(ago: int) -> Finding:
    return finding("pain-onset", None, "", days(2), moment=days(ago))


CLEAN = discitis(value=False)
CRP = result("crp", "40", normal=("", "5"))
ESR = result("esr", "60", normal=("", "20"))
FEVER = result("temperature", "38.4", hours(10))

TABLE: Table = {
    "nothing on record": ("unknown(missing)", []),
    "clean MRI": ("clear", [CLEAN]),
    "clean by a finding that does not say where it is from": (
        "clear",
        [replace(CLEAN, modality="")],
    ),
    "clean on CT proves nothing": ("unknown(missing)", [discitis(value=False, modality="CT")]),
    "preliminary clean MRI": ("unknown(missing)", [discitis(value=False, final=False)]),
    "clean MRI of the whole study": (
        "clear",
        [discitis(value=False, level="", covers=SPINE)],
    ),
    "clean MRI of another part": (
        "unknown(missing)",
        [discitis(value=False, level="", covers=between("C1", "T1"))],
    ),
    "clean MRI of another level": ("unknown(missing)", [discitis(value=False, level="L3")]),
    "clean at ninety days": ("clear", [discitis(value=False, when=days(90))]),
    "clean at ninety-one days": ("unknown(stale)", [discitis(value=False, when=days(91))]),
    "clean without a date": ("unknown(unparseable)", [discitis(value=False, when=None)]),
    "clean, filed only": ("unknown(unparseable)", [discitis(value=False, when=FILED)]),
    "clean in the future": ("unknown(unparseable)", [discitis(value=False, when=FUTURE)]),
    "unreadable": ("unknown(unparseable)", [discitis(None, trouble="words")]),
    "without a value": ("unknown(unparseable)", [discitis(None)]),
    "clean before the pain began": ("unknown(stale)", [CLEAN, onset(4)]),
    "clean on the day the pain began": ("clear", [CLEAN, onset(5)]),
    "seen on MRI": ("fires", [discitis(value=True)]),
    "seen on CT": ("fires", [discitis(value=True, modality="CT")]),
    "seen in a preliminary report": ("fires", [discitis(value=True, final=False)]),
    "seen, preliminary and newer": (
        "fires",
        [CLEAN, discitis(value=True, when=days(2), final=False)],
    ),
    "seen, preliminary and older": (
        "clear",
        [CLEAN, discitis(value=True, when=days(8), final=False)],
    ),
    "seen, later clean": ("clear", [CLEAN, discitis(value=True, when=days(30))]),
    "clean, later seen": ("fires", [discitis(value=False, when=days(30)), discitis(value=True)]),
    "both of one day": ("fires", [CLEAN, discitis(value=True)]),
    "seen on MRI, later not on CT": (
        "unknown(conflicting)",
        [discitis(value=True, when=days(8)), discitis(value=False, when=days(2), modality="CT")],
    ),
    "seen at ninety days at another level": (
        "fires",
        [CLEAN, discitis(value=True, when=days(90), level="T8")],
    ),
    "seen at ninety-one days at another level": (
        "clear",
        [CLEAN, discitis(value=True, when=days(91), level="T8")],
    ),
    "seen at another level without a date": (
        "unknown(unparseable)",
        [CLEAN, discitis(value=True, when=None, level="T8")],
    ),
    "unreadable at another level": ("unknown(unparseable)", [CLEAN, discitis(None, level="T8")]),
    "seen without a level": ("fires", [CLEAN, discitis(value=True, level="")]),
    "seen without a level, later a preliminary clean one": (
        "fires",
        [
            discitis(value=True, level=""),
            discitis(value=False, level="", when=days(1), final=False),
        ],
    ),
    "seen without a level or date": (
        "unknown(unparseable)",
        [CLEAN, discitis(value=True, level="", when=None)],
    ),
    "seen elsewhere in the spine without a date": (
        "unknown(unparseable)",
        [CLEAN, discitis(value=True, level="", when=None, covers=between("C1", "C7"))],
    ),
    "a newer MRI that nobody has read": ("unknown(missing)", [CLEAN, study("MR", days(2))]),
    "a newer MRI of an unnamed region": (
        "unknown(missing)",
        [CLEAN, study("MR", days(2), covers=None)],
    ),
    "a newer MRI of another part": ("clear", [CLEAN, study("MR", days(2), "C4")]),
    "a newer CT": ("clear", [CLEAN, study("CT", days(2))]),
    "a newer bone scan": ("clear", [CLEAN, study("MR", days(2), bone_scan=True)]),
    "an older MRI": ("clear", [CLEAN, study("MR", days(20))]),
    "the same MRI": ("clear", [CLEAN, study("MR", LAST_WEEK)]),
    "an MRI without a date": ("clear", [CLEAN, study("MR", None)]),
    "coded": ("fires", [CLEAN, CODE]),
    "resolved long ago (trap 6)": ("clear", [CLEAN, replace(CODE, active=False)]),
    "possible code": ("unknown(suspected)", [CLEAN, diagnosis("infection_spinal", possible=True)]),
    "in words": ("unknown(suspected)", [CLEAN, diagnosis("infection_spinal", by_words=True)]),
    "old encounter diagnosis": ("unknown(stale)", [CLEAN, replace(CODE, dormant=True)]),
    "culture of the spine": ("fires", [CLEAN, culture(grown=True, site="spine")]),
    "blood culture": ("unknown(suspected)", [CLEAN, culture(grown=True)]),
    "sepsis": ("unknown(suspected)", [CLEAN, diagnosis("infection_systemic")]),
    "culture of the spine, later cleared": (
        "clear",
        [
            CLEAN,
            culture(grown=True, site="spine", when=days(10)),
            finding("infection-cleared", value=True, level="", when=days(2)),
        ],
    ),
    "new pain with raised CRP": ("unknown(suspected)", [onset(20), CRP]),
    "new pain with raised ESR": ("unknown(suspected)", [onset(20), ESR]),
    "new pain with fever": ("unknown(suspected)", [onset(20), FEVER]),
    "pain at ninety days with raised CRP": ("unknown(suspected)", [onset(90), CRP]),
    "old pain with raised CRP": ("unknown(missing)", [onset(91), CRP]),
    "pain of unknown onset with raised CRP": ("unknown(missing)", [CRP]),
    "new pain with old CRP": ("unknown(missing)", [onset(20), replace(CRP, when=days(15))]),
    "new pain alone": ("unknown(missing)", [onset(20)]),
    "new pain, raised CRP, clean MRI": ("clear", [onset(20), CRP, CLEAN]),
}


@cases(TABLE)
def test_spinal_infection(expected: str, facts: list[Some]) -> None:
    assert ask(infection_spinal, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("levels", "facts", "expected"),
    [
        (("L1", "L2"), [CLEAN], "unknown(missing)"),
        (("L1", "L2"), [CLEAN, discitis(value=False, level="L2")], "clear"),
        (("L1", "L2"), [CLEAN, discitis(value=True, level="L2")], "fires"),
        ((), [CLEAN], "unknown(missing)"),
        (("C5",), [discitis(value=False, level="C5")], "unknown(missing)"),
        (("C5",), [discitis(value=True, level="C5")], "fires"),
    ],
)
def test_the_worst_level_answers(levels: tuple[str, ...], facts: list[Some], expected: str) -> None:
    assert ask(infection_spinal, LIMITS, facts, orders=(order(*levels),)) == expected


@unanswered("conditions", "findings", "laboratory")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    assert ask(infection_spinal, LIMITS, [CLEAN], states=states) == "unknown(source-error)"
    assert ask(infection_spinal, LIMITS, [CODE], states=states) == "fires"


def test_every_sign_of_infection_of_the_blood_is_named() -> None:
    facts: list[Some] = [CLEAN, culture(grown=True), diagnosis("infection_systemic")]
    answer = infection_spinal.ask(chart_of(*facts), LIMITS)
    named = {gap.proof.reference for gap in answer.missing if gap.proof}
    assert named == {"Observation/culture-True", "Condition/infection_systemic"}


def test_findings_that_contradict_each_other_are_all_named() -> None:
    facts: list[Some] = [
        replace(discitis(value=True, when=days(8)), reference="Observation/first"),
        replace(discitis(value=True, when=days(8)), reference="Observation/second"),
        discitis(value=False, when=days(2), modality="CT"),
    ]
    answer = infection_spinal.ask(chart_of(*facts), LIMITS)
    named = {gap.proof.reference for gap in answer.missing if gap.proof}
    assert named == {"Observation/first", "Observation/second"}


@pytest.mark.parametrize(("ago", "expected"), [(30, "fires"), (31, "clear")])
def test_a_culture_of_the_spine_counts_for_thirty_days(ago: int, expected: str) -> None:
    facts: list[Some] = [CLEAN, culture(grown=True, when=days(ago), site="spine")]
    assert ask(infection_spinal, LIMITS, facts) == expected


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        (result("temperature", "37.9", hours(10)), "unknown(missing)"),
        (result("temperature", "38.0", hours(10)), "unknown(suspected)"),
        (result("temperature", "38.4", hours(168)), "unknown(suspected)"),
        (result("temperature", "38.4", hours(169)), "unknown(missing)"),
        (replace(CRP, when=days(14)), "unknown(suspected)"),
        (replace(CRP, when=days(15)), "unknown(missing)"),
    ],
)
def test_new_pain_with_inflammation_calls_for_a_search(sign: Some, expected: str) -> None:
    assert ask(infection_spinal, LIMITS, [onset(20), sign]) == expected


@pytest.mark.parametrize(("ago", "expected"), [(72, "suspected"), (73, "missing")])
def test_for_an_inpatient_fever_counts_for_three_days(ago: int, expected: str) -> None:
    facts: list[Some] = [onset(20), result("temperature", "38.4", hours(ago))]
    assert ask(infection_spinal, LIMITS, facts, inpatient=True) == f"unknown({expected})"


def denial(ago: int, **more: Any) -> Finding:
    """Make what a report's text says against signs of infection: it clears nothing."""
    return discitis(value=False, when=days(ago), final=False, quote=Quote("No discitis."))._replace(
        **more
    )


OLDER, NEWER = discitis(value=True, when=days(30)), discitis(value=True, when=days(20))


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ([NEWER, denial(5)], True),
        ([NEWER, denial(20)], False),
        ([NEWER, denial(25)], False),
        ([OLDER, NEWER, denial(25)], False),
        ([OLDER, NEWER, denial(19)], True),
        ([NEWER, denial(5, quote=None)], False),
        ([NEWER, denial(5, value=None)], False),
        ([NEWER, denial(5, when=None)], False),
        ([NEWER, denial(5, when=FUTURE)], False),
        ([CODE, denial(5)], False),
    ],
)
def test_a_later_denial_in_a_report_is_shown_and_takes_nothing_back(
    facts: list[Some], *, shown: bool
) -> None:
    found = infection_spinal.ask(chart_of(*facts), LIMITS)
    assert found.truth is Truth.YES
    assert ("denied_later" in {proof.note for proof in found.because}) is shown
