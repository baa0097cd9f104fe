"""Medical therapy has failed, or has not, or nobody knows (rules.md 3.5, 7.9)."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import DrugUse, Finding, Visit
from cds_service.clinical.when import When, Window
from cds_service.rules.conservative_therapy_inadequate import (
    Limits,
    conservative_therapy_inadequate,
)
from tests.changed import replace
from tests.charts import Some, chart_of, diagnosis, drug, finding, limit, result
from tests.times import FUTURE, days, month
from tests.verdicts import Table, ask, cases, unanswered, verdict

LIMITS = Limits(
    therapy=Window(days=42),
    analgesic=Window(days=1),
    pain_at_least=limit("5", "{score}"),
    pain=Window(days=14),
    exam=Window(days=30),
    review=Window(days=30),
    imaging=Window(days=90),
)
LONG_AGO, TEN_DAYS = days(400), days(10)


def painkiller(started: When | None = TEN_DAYS, **more: Any) -> DrugUse:
    """Make an entry for tramadol, taken unless told otherwise."""
    kinds = ("analgesic", "opioid")
    return drug(group="", kinds=kinds, started=started, reference="MedicationRequest/t", **more)


def onset(ago: float) -> Finding:
    """State when the present pain began."""
    return finding("pain-onset", None, "", days(3), moment=days(ago))


def lesion(ago: int) -> Finding:
    """Say that imaging shows a tumor at the level."""
    return finding("lesion-matrix", "lytic", "L1", days(ago), modality="MR")


def pain(score: str, ago: float = 2) -> Some:
    """Make a pain score."""
    return result("pain_score", score, days(ago))


WALKS = finding("pain-ambulation", "walks", "")
CANNOT = finding("pain-ambulation", "cannot", "")
TOLERATED = finding("analgesic-intolerance", value=False, level="")
BAD = finding("analgesic-intolerance", value=True, level="")
BRACE = finding("bracing-tried", value=True, level="")
EARLY: list[Some] = [WALKS, TOLERATED, onset(12), painkiller()]
LATE: list[Some] = [onset(50), painkiller(days(45)), pain("7")]
OTHER = drug("warfarin")

FAILED: Table = {
    "cannot walk on an analgesic": ("clear", [CANNOT, painkiller()]),
    "cannot walk, analgesic since yesterday": ("clear", [CANNOT, painkiller(days(1))]),
    "cannot walk, analgesic since today": ("unknown(missing)", [CANNOT, painkiller(days(0))]),
    "cannot walk without an analgesic on a list": ("fires", [CANNOT, OTHER]),
    "cannot walk, nothing on the list": ("unknown(missing)", [CANNOT]),
    "not tolerated": ("clear", [BAD]),
    "not tolerated, thirty days ago": ("clear", [replace(BAD, when=days(30))]),
    "not tolerated, thirty-one days ago": ("unknown(stale)", [replace(BAD, when=days(31))]),
    "not tolerated though none is on the list": ("clear", [BAD, OTHER]),
    "forty-five days, strong pain": ("clear", LATE),
    "forty-two days": ("clear", [onset(50), painkiller(days(42)), pain("7")]),
    "forty-two days since the onset": ("clear", [onset(42), painkiller(LONG_AGO), pain("7")]),
    "a pain of five": ("clear", [onset(50), painkiller(days(45)), pain("5")]),
    "a pain of four": ("unknown(missing)", [onset(50), painkiller(days(45)), pain("4")]),
    "a pain of fourteen days ago": ("clear", [onset(50), painkiller(days(45)), pain("7", 14)]),
    "no pain score": ("unknown(missing)", [onset(50), painkiller(days(45))]),
    "a score of fifteen days ago": (
        "unknown(stale)",
        [onset(50), painkiller(days(45)), pain("7", 15)],
    ),
    "an unreadable score": (
        "unknown(unparseable)",
        [onset(50), painkiller(days(45)), result("pain_score", "7", trouble="no_unit")],
    ),
    "therapy that ended after six weeks": (
        "clear",
        [onset(60), painkiller(days(55), last_dose=days(10)), pain("7")],
    ),
}

NOT_FAILED: Table = {
    "short and all known": ("fires", EARLY),
    "forty-one days": ("fires", [WALKS, TOLERATED, onset(90), painkiller(days(41))]),
    "forty-one days of pain": ("fires", [WALKS, TOLERATED, onset(41), painkiller(LONG_AGO)]),
    "forty-two days of pain, no score": (
        "unknown(missing)",
        [WALKS, TOLERATED, onset(42), painkiller(LONG_AGO)],
    ),
    "short, onset not known": ("fires", [WALKS, TOLERATED, painkiller()]),
    "limited walking": (
        "fires",
        [replace(WALKS, value="limited"), TOLERATED, onset(12), painkiller()],
    ),
    "walking not examined": ("unknown(missing)", [TOLERATED, onset(12), painkiller()]),
    "walking examined long ago": (
        "unknown(stale)",
        [replace(WALKS, when=days(31)), TOLERATED, onset(12), painkiller()],
    ),
    "tolerance not known": ("unknown(missing)", [WALKS, onset(12), painkiller()]),
    "nothing but an old fracture code": (
        "unknown(missing)",
        [diagnosis("vcf_osteoporotic", recorded=LONG_AGO)],
    ),
    "an old fracture code is no six weeks of therapy": (
        "fires",
        [*EARLY, diagnosis("vcf_osteoporotic", recorded=LONG_AGO), pain("8")],
    ),
    "an old prescription is no therapy of this pain": (
        "unknown(missing)",
        [painkiller(LONG_AGO), pain("8")],
    ),
    "a start that is known to the month": (
        "unknown(missing)",
        [WALKS, TOLERATED, onset(60), painkiller(month(4)), pain("8")],
    ),
    "an analgesic without a start": (
        "unknown(missing)",
        [WALKS, TOLERATED, painkiller(None), pain("8")],
    ),
    "an unnamed product, onset not known": (
        "unknown(missing)",
        [WALKS, TOLERATED, painkiller(), drug(resolved=False)],
    ),
    "an unnamed product cannot be older than the pain": ("fires", [*EARLY, drug(resolved=False)]),
    "a brace may be older than the drug": (
        "unknown(missing)",
        [WALKS, TOLERATED, painkiller(), BRACE],
    ),
}

UNTREATED: Table = {
    "a list without an analgesic": ("fires", [OTHER]),
    "a list of thirty days ago": ("fires", [replace(OTHER, dated=days(30))]),
    "a list of thirty-one days ago": ("unknown(missing)", [replace(OTHER, dated=days(31))]),
    "an empty list": ("unknown(missing)", []),
    "a brace": ("unknown(missing)", [OTHER, BRACE]),
    "a brace that was not tried": ("fires", [OTHER, replace(BRACE, value=False)]),
    "a product that nobody can name": ("unknown(unparseable)", [OTHER, drug(resolved=False)]),
    "aspirin may be meant against pain": (
        "unknown(missing)",
        [drug("aspirin", kinds=("adjuvant",))],
    ),
    "a list of the future": ("unknown(missing)", [replace(OTHER, dated=FUTURE)]),
}


@cases(FAILED, NOT_FAILED, UNTREATED)
def test_therapy(expected: str, facts: list[Some]) -> None:
    assert ask(conservative_therapy_inadequate, LIMITS, facts) == expected


STAY = Visit("Encounter/i", "Admission", days(3), ("fracture",), staying=True)


@pytest.mark.parametrize(
    ("expected", "more"),
    [
        ("clear", {"inpatient": True, "visits": (STAY,)}),
        ("unknown(missing)", {"inpatient": True, "visits": (replace(STAY, topics=()),)}),
        ("unknown(missing)", {"inpatient": True}),
        ("unknown(source-error)", {"inpatient": None}),
        ("fires", {"inpatient": False}),
    ],
)
def test_a_stay_in_hospital_for_the_pain_is_failed_therapy(
    expected: str, more: dict[str, Any]
) -> None:
    """Trap 9: an inpatient with disabling pain is not delayed."""
    assert ask(conservative_therapy_inadequate, LIMITS, EARLY, **more) == expected


@pytest.mark.parametrize(
    ("facts", "tier", "values"),
    [
        (EARLY, "", {"days": "10 days"}),
        ([OTHER], "untreated", {}),
        ([*EARLY, diagnosis("vcf_neoplastic")], "malignant", {"days": "10 days"}),
        ([*EARLY, lesion(90)], "malignant", {"days": "10 days"}),
        ([*EARLY, lesion(91)], "", {"days": "10 days"}),
        ([OTHER, diagnosis("vcf_neoplastic")], "malignant_untreated", {}),
    ],
)
def test_the_card_follows_cause_and_treatment(
    facts: list[Some], tier: str, values: dict[str, str]
) -> None:
    answer = conservative_therapy_inadequate.ask(chart_of(*facts), LIMITS)
    assert (answer.truth, answer.tier, dict(answer.values)) == ("fires", tier, values)


@unanswered("medication_requests", "findings")
def test_what_could_not_be_asked_never_clears(states: dict[str, Sought | None]) -> None:
    charts: list[list[Some]] = [LATE, [CANNOT, painkiller()], [OTHER]]
    for facts in charts:
        said = ask(conservative_therapy_inadequate, LIMITS, facts, states=states)
        assert said.startswith("unknown(")


@unanswered("vital_signs")
def test_a_pain_that_could_not_be_asked(states: dict[str, Sought | None]) -> None:
    said = ask(conservative_therapy_inadequate, LIMITS, LATE, states=states)
    assert said == "unknown(source-error)"


@unanswered("encounters", "visits")
def test_a_stay_that_could_not_be_asked(states: dict[str, Sought | None]) -> None:
    said = ask(conservative_therapy_inadequate, LIMITS, [CANNOT, painkiller()], states=states)
    assert said == "unknown(source-error)"


UNSAID = When(None, days(5).latest, "2025-05-15")


@pytest.mark.parametrize(
    ("facts", "lacks"),
    [
        ([TOLERATED, onset(60), painkiller(month(4))], True),
        ([TOLERATED, onset(42), painkiller(month(4))], True),
        ([TOLERATED, onset(41), painkiller(month(4))], False),
        ([TOLERATED, onset(12), painkiller()], False),
        ([TOLERATED, replace(onset(5), moment=UNSAID), painkiller(None)], True),
    ],
    ids=["sixty days", "forty-two", "forty-one", "twelve", "pain with an end alone"],
)
def test_the_start_lacks_only_where_therapy_may_have_been_long(
    facts: list[Some], lacks: bool
) -> None:
    answer = conservative_therapy_inadequate.ask(chart_of(*facts), LIMITS)
    assert verdict(answer) == "unknown(missing)"
    assert ("start_of_therapy" in {gap.what for gap in answer.missing}) is lacks


@pytest.mark.parametrize(
    ("facts", "expected"), [([WALKS, TOLERATED, painkiller()], "fires"), (LATE[1:], "clear")]
)
def test_the_onset_that_counts_is_shown_once(facts: list[Some], expected: str) -> None:
    """Pain of last year that has begun anew, said twice on different days."""
    last_year = replace(onset(400), when=days(30), reference="Observation/last-year")
    ended = replace(onset(2), when=days(40), reference="Observation/older-still")
    anew = replace(onset(50), reference="Observation/anew")
    again = replace(onset(50), when=days(4), reference="Observation/again")
    for stated in ([last_year, ended, anew, again], [anew, again, ended, last_year]):
        answer = conservative_therapy_inadequate.ask(chart_of(*facts, *stated), LIMITS)
        shown = [proof.reference for proof in answer.because if proof.what == "pain-onset"]
        assert verdict(answer) == expected
        assert shown == ["Observation/anew"]


def test_an_onset_that_cannot_be_read_is_not_shown() -> None:
    facts: list[Some] = [WALKS, TOLERATED, painkiller(), replace(onset(12), moment=None)]
    answer = conservative_therapy_inadequate.ask(chart_of(*facts), LIMITS)
    assert verdict(answer) == "fires"
    assert "pain-onset" not in {proof.what for proof in answer.because}
