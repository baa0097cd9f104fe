"""Pregnancy: codes, status and tests, and for whom the question does not arise (rules.md 3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Patient
from cds_service.clinical.truth import Reason, Truth
from cds_service.clinical.when import When, Window
from cds_service.rules.pregnancy import Limits, pregnancy
from tests.charts import Some, chart_of, diagnosis, finding, limit
from tests.times import FILED, FUTURE, YESTERDAY, days, hours
from tests.verdicts import Table, ask, cases, unanswered

LIMITS = Limits(limit("10", "years"), limit("55", "years"), Window(7), Window(280))
WOMAN = Patient(40, "female", "Patient/w")


def hcg(value: str | None, when: When | None = YESTERDAY, **more: Any) -> Some:
    """Make a pregnancy test."""
    return finding("hcg", value, "", when, **more)


def status(value: str | None, when: When | None = YESTERDAY, **more: Any) -> Some:
    """Make a statement of the status."""
    return finding("pregnancy_status", value, "", when, **more)


def code(ago: float | None = 20, **more: Any) -> Some:
    """Make an active code of pregnancy."""
    return diagnosis("pregnancy", recorded=None if ago is None else days(ago), **more)


FIRES: Table = {
    "active code": ("fires", [code()]),
    "code on the last day of the window": ("fires", [code(280)]),
    "stated": ("fires", [status("pregnant")]),
    "stated on the last day of the window": ("fires", [status("pregnant", days(280))]),
    "positive test": ("fires", [hcg("positive")]),
    "positive test on the last day": ("fires", [hcg("positive", days(7))]),
    "preliminary positive test": ("fires", [hcg("positive", final=False)]),
    "preliminary positive after a negative": (
        "fires",
        [hcg("negative", days(3)), hcg("positive", days(1), final=False)],
    ),
    "negative, then positive": ("fires", [hcg("negative", days(3)), hcg("positive", days(1))]),
    "both on one day": ("fires", [hcg("negative", days(1)), hcg("positive", days(1))]),
    "a code against a negative test": ("fires", [code(), hcg("negative")]),
    "a positive test against a stated absence": (
        "fires",
        [hcg("positive", days(5)), status("not-pregnant")],
    ),
    "a stated pregnancy against a negative test": (
        "fires",
        [status("pregnant", days(60)), hcg("negative")],
    ),
}

CLEAR: Table = {
    "negative test": ("clear", [hcg("negative")]),
    "negative test on the last day": ("clear", [hcg("negative", days(7))]),
    "stated not": ("clear", [status("not-pregnant")]),
    "stated not on the last day": ("clear", [status("not-pregnant", days(7))]),
    "positive, then negative": ("clear", [hcg("positive", days(3)), hcg("negative", days(1))]),
    "a code beyond its window": ("clear", [code(281), hcg("negative")]),
    "an ended pregnancy": ("clear", [code(active=False), hcg("negative")]),
    "stated before, not now": (
        "clear",
        [status("pregnant", days(100)), status("not-pregnant", days(1))],
    ),
}

UNKNOWN: Table = {
    "nothing": ("unknown(missing)", []),
    "an ended pregnancy alone": ("unknown(missing)", [code(active=False)]),
    "an old code alone": ("unknown(missing)", [code(281)]),
    "negative test a day too old": ("unknown(stale)", [hcg("negative", days(8))]),
    "positive test a day too old": ("unknown(stale)", [hcg("positive", days(8))]),
    "stated not a day too early": ("unknown(stale)", [status("not-pregnant", days(8))]),
    "stated a day too early": ("unknown(stale)", [status("pregnant", days(281))]),
    "preliminary negative": ("unknown(missing)", [hcg("negative", final=False)]),
    "unreadable test": ("unknown(unparseable)", [hcg(None, trouble="words")]),
    "unreadable after negative": (
        "unknown(unparseable)",
        [hcg("negative", days(3)), hcg(None, days(1), trouble="words")],
    ),
    "test without a date": ("unknown(unparseable)", [hcg("negative", None)]),
    "test with the day of filing only": ("unknown(unparseable)", [hcg("positive", FILED)]),
    "test of the future": ("unknown(unparseable)", [hcg("negative", FUTURE)]),
    "possible by the test": ("unknown(suspected)", [hcg("possible")]),
    "possible by the status": ("unknown(suspected)", [status("possible"), hcg("negative")]),
    "possible after a negative": (
        "unknown(suspected)",
        [hcg("negative", days(3)), hcg("possible", days(1), final=False)],
    ),
    "a code that may be one": ("unknown(suspected)", [code(possible=True)]),
    "a code that may be one against a test": (
        "unknown(suspected)",
        [code(possible=True), hcg("negative")],
    ),
    "words alone": ("unknown(suspected)", [code(by_words=True), hcg("negative")]),
    "a code without a date": ("unknown(unparseable)", [code(None), hcg("negative")]),
    "a code of the future": ("unknown(unparseable)", [code(-3), hcg("negative")]),
}


@cases(FIRES, CLEAR, UNKNOWN)
def test_a_woman_of_forty(expected: str, facts: Sequence[Some]) -> None:
    assert ask(pregnancy, LIMITS, facts, patient=WOMAN) == expected


@pytest.mark.parametrize(
    ("patient", "asked"),
    [
        (Patient(10, "female"), True),
        (Patient(9, "female"), False),
        (Patient(55, "female"), True),
        (Patient(56, "female"), False),
        (Patient(56, "female", youngest=55), True),
        (Patient(57, "female", youngest=56), False),
        (Patient(56, "other"), False),
        (Patient(40, "male"), False),
        (Patient(None, "male"), False),
        (Patient(40, "male", birth_sex="male"), False),
        (Patient(40, "male", birth_sex="female"), True),
        (Patient(40, "male", birth_sex="unknown"), True),
        (Patient(40, "female", birth_sex="male"), True),
        (Patient(40, "other"), True),
        (Patient(40, "unknown"), True),
        (Patient(40), True),
        (Patient(None, "female"), True),
        (Patient(), True),
    ],
)
def test_for_whom_it_is_asked(patient: Patient, *, asked: bool) -> None:
    answer = pregnancy.ask(chart_of(patient=patient), LIMITS)
    assert (answer.truth is Truth.UNKNOWN) is asked
    assert asked or answer.reason is Reason.NOT_APPLICABLE
    assert asked or answer.because[0].what == "age_and_sex"


@pytest.mark.parametrize("sex", ["", "other", "unknown"])
def test_an_unknown_sex_is_named_and_a_negative_test_clears(sex: str) -> None:
    patient = Patient(40, sex)
    answer = pregnancy.ask(chart_of(patient=patient), LIMITS)
    assert "age_and_sex" in {gap.what for gap in answer.missing}
    assert ask(pregnancy, LIMITS, [hcg("negative")], patient=patient) == "clear"
    assert ask(pregnancy, LIMITS, [hcg("positive")], patient=patient) == "fires"


@pytest.mark.parametrize(
    ("patient", "lacks"),
    [
        (WOMAN, False),
        (Patient(40, "male", birth_sex="female"), False),
        (Patient(None, "female"), True),
        (Patient(40, ""), True),
        (Patient(None, ""), True),
    ],
)
def test_age_and_sex_lack_only_where_one_is_not_told(patient: Patient, *, lacks: bool) -> None:
    answer = pregnancy.ask(chart_of(patient=patient), LIMITS)
    assert ("age_and_sex" in {gap.what for gap in answer.missing}) is lacks


@pytest.mark.parametrize(
    ("patient", "shown"),
    [
        (Patient(70, "female"), "70 years, female"),
        (Patient(None, "male"), "male"),
        (Patient(9, ""), "9 years"),
        (Patient(0, "male"), "0 years, male"),
    ],
)
def test_the_age_and_the_sex_that_exclude_it_are_shown(patient: Patient, shown: str) -> None:
    answer = pregnancy.ask(chart_of(patient=patient), LIMITS)
    assert [proof.value for proof in answer.because] == [shown]


NOBODY_PREGNANT = [Patient(40, "male", "Patient/m"), Patient(70, "female", "Patient/o")]


@pytest.mark.parametrize("patient", NOBODY_PREGNANT)
def test_evidence_against_age_or_sex_is_never_cleared(patient: Patient) -> None:
    """Coded and in the window it fires, and the card shows both facts (rules.md 1.3)."""
    for fact in (code(), status("pregnant"), hcg("positive")):
        answer = pregnancy.ask(chart_of(fact, patient=patient), LIMITS)
        assert answer.truth is Truth.YES
        assert answer.because[-1].what == "age_and_sex"
        assert answer.notes == ("unlikely",)
    for fact in (code(possible=True), code(by_words=True), status("possible"), hcg("possible")):
        assert ask(pregnancy, LIMITS, [fact], patient=patient) == "unknown(suspected)"


@pytest.mark.parametrize("patient", NOBODY_PREGNANT)
def test_what_is_old_undated_or_unreadable_does_not_speak_against_age_or_sex(
    patient: Patient,
) -> None:
    facts = [code(281), code(None), hcg(None, trouble="words"), hcg("positive", days(8))]
    for fact in (*facts, status("unknown"), hcg("unknown")):
        answer = pregnancy.ask(chart_of(fact, patient=patient), LIMITS)
        assert answer.reason is Reason.NOT_APPLICABLE


@unanswered("laboratory", "conditions")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    for facts, expected in (
        ([], "unknown(source-error)"),
        ([hcg("negative")], "unknown(source-error)"),
        ([hcg("positive")], "fires"),
        ([code()], "fires"),
    ):
        assert ask(pregnancy, LIMITS, facts, states=states, patient=WOMAN) == expected
    for patient in NOBODY_PREGNANT:
        assert ask(pregnancy, LIMITS, [], states=states, patient=patient) == "clear"


@unanswered("patient")
def test_a_patient_who_could_not_be_read_is_not_assumed(states: dict[str, Sought | None]) -> None:
    """What a record shows of a patient stands, even where it may not show everything."""
    shown = states["patient"] is Sought.INCOMPLETE
    assert ask(pregnancy, LIMITS, [], states=states) == (
        "clear" if shown else "unknown(source-error)"
    )


def test_days_compare_dates() -> None:
    """A test of the seventh day before counts at any hour of it (rules.md 9.1)."""
    early = hours(7 * 24 + 11)
    assert ask(pregnancy, LIMITS, [hcg("negative", early)], patient=WOMAN) == "clear"
