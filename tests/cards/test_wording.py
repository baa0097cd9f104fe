"""Facts and gaps in words: what, how much, where and when, and why something is not known."""

from __future__ import annotations

import pytest

from cds_service.cards.wording import Wording
from cds_service.clinical.answer import Gap, Proof
from cds_service.clinical.truth import Reason

from .invented import PHRASES

SUMMARY, DETAIL = Wording.for_summary(PHRASES), Wording.for_detail(PHRASES)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("inr", "INR"),
        ("aspirin_dipyridamole", "aspirin/dipyridamole"),
        ("midline-tenderness", "midline tenderness"),
        ("not_in_the_list", "not in the list"),
        ("inr + warfarin", "INR + warfarin"),
        ("inr or platelets", "INR or platelets"),
        ("trial or error", "the whole phrase"),
        ("", ""),
    ],
)
def test_a_key_is_said_in_our_words_or_as_it_is_written(key: str, words: str) -> None:
    assert SUMMARY.name(key) == DETAIL.name(key) == words


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        (Proof("inr", "2.4 {INR}", "2025-05-18"), "INR 2.4 on 2025-05-18"),
        (Proof("inr", ">2.4 {INR}"), "INR >2.4"),
        (Proof("inr"), "INR"),
        (Proof("inr", "110 10*9/L"), "INR 110 ×10⁹/L"),
        (Proof("inr", "38.2 Cel"), "INR 38.2 °C"),
        (Proof("inr", "5 mg/L"), "INR 5 mg/L"),
        (Proof("edema", "yes", "2025-05-01", level="L1"), "edema present at L1 on 2025-05-01"),
        (Proof("edema", "no"), "edema absent"),
        (Proof("drug_stopped", "yes"), "drug stated as stopped"),
        (Proof("infection", "Discitis", level="T12"), "Discitis at T12"),
        (Proof("infection"), "infection"),
        (Proof("infection", "\u200b"), "infection"),
        (Proof("note", "grade 2 {mild}"), "grade 2 {mild}"),
        (Proof("note", "seen {briefly}"), "seen {briefly}"),
    ],
)
def test_a_fact_is_said_with_its_value_its_place_and_its_day(proof: Proof, words: str) -> None:
    assert SUMMARY.fact(proof) == words


def test_what_is_remarkable_about_a_fact_stands_in_brackets() -> None:
    assert SUMMARY.noted(Proof("inr", "2", note="old")) == "INR 2 (too old)"
    assert SUMMARY.noted(Proof("inr", "2", note="quite_new")) == "INR 2 (quite new)"
    assert SUMMARY.noted(Proof("inr", "2")) == "INR 2"


OLD = Proof("inr", "1.2", "2025-01-02")


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (Gap(Reason.MISSING, "inr", "30 days"), "no INR in the last 30 days"),
        (Gap(Reason.MISSING, "inr"), "no INR"),
        (Gap(Reason.MISSING, "edema", "90 days"), "edema not on record in the last 90 days"),
        (Gap(Reason.MISSING, "edema"), "edema not on record"),
        (Gap(Reason.MISSING, "edema", level="L1"), "edema at L1 not on record"),
        (Gap(Reason.STALE, "inr", proof=OLD), "no current INR: INR 1.2 on 2025-01-02"),
        (
            Gap(Reason.UNPARSEABLE, "inr", detail="no_unit", proof=OLD),
            "INR cannot be judged: INR 1.2 on 2025-01-02 without a unit",
        ),
        (Gap(Reason.UNPARSEABLE, "inr", detail="no_unit"), "INR cannot be judged: without a unit"),
        (Gap(Reason.UNPARSEABLE, "inr"), "INR cannot be judged"),
        (Gap(Reason.SOURCE_ERROR, "inr", detail="HTTP 403"), "INR could not be asked: HTTP 403"),
        (Gap(Reason.SOURCE_ERROR, "inr"), "INR could not be asked"),
        (Gap(Reason.CONFLICTING, "inr", proof=OLD), "INR 1.2 on 2025-01-02"),
        (
            Gap(Reason.SUSPECTED, "edema", proof=Proof("note", "maybe", level="L1"), level="L1"),
            "edema: maybe at L1",
        ),
        (Gap(Reason.SUSPECTED, "edema", proof=Proof("note", "seen:")), "edema: seen:"),
    ],
)
def test_a_gap_says_what_is_not_known_and_why(gap: Gap, words: str) -> None:
    assert SUMMARY.gap(gap) == words


def test_a_colon_of_the_record_keeps_its_escape() -> None:
    gap = Gap(Reason.SUSPECTED, "edema", proof=Proof("note", "seen:"))
    assert DETAIL.gap(gap) == "edema: seen\\:"


def test_gaps_are_said_once_and_those_of_several_levels_together() -> None:
    gaps = [
        Gap(Reason.MISSING, "edema", level="T12"),
        Gap(Reason.MISSING, "inr"),
        Gap(Reason.MISSING, "edema", level="L1"),
        Gap(Reason.MISSING, "inr"),
    ]
    assert SUMMARY.gaps(gaps) == ("edema at T12, L1 not on record", "no INR")
    assert SUMMARY.gaps([]) == ()


def test_a_summary_is_plain_and_a_detail_is_escaped() -> None:
    proof = Proof("note", "2*3 <b>", "2025\u202e", note="a*b", level="L_1")
    assert SUMMARY.noted(proof) == "2*3 <b> at L_1 on 2025 (a*b)"
    assert DETAIL.noted(proof) == "2\\*3 &lt;b&gt; at L\\_1 on 2025 (a\\*b)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("323.6882773228069 10*3/uL", "INR ≈323.69 ×10³/µL"),
        ("2.989820772494139", "INR ≈2.99"),
        ("1.504", "INR 1.504"),
        ("<0.00012345 mg/L", "INR <≈0.00012 mg/L"),
        ("seen 2.989820772494139 times", "INR seen 2.989820772494139 times"),
    ],
)
def test_a_number_of_many_decimals_is_rounded_and_says_so(value: str, words: str) -> None:
    assert SUMMARY.fact(Proof("inr", value)) == words


def test_a_fact_from_a_report_is_quoted_where_there_is_room() -> None:
    proof = Proof("edema", "no", "2025-05-01", level="L1", quote="No *edema* <b>at</b> L1.")
    assert SUMMARY.fact(proof) == "edema absent at L1 on 2025-05-01 (report text)"
    assert DETAIL.fact(proof) == (
        "edema absent at L1 on 2025-05-01, report: “No \\*edema\\* &lt;b&gt;at&lt;/b&gt; L1.”"
    )


def test_a_long_quote_is_cut() -> None:
    said = DETAIL.fact(Proof("edema", "no", quote="word " * 100))
    assert len(said) < 300
    assert said.endswith("…”")


def unread(what: str, level: str) -> Gap:
    proof = Proof("report", "MRI lumbar spine", "2025-05-12")
    return Gap(Reason.UNPARSEABLE, what, "90 days", "old", proof, level)


def test_what_may_stand_in_an_unread_report_is_said_once_for_the_report() -> None:
    gaps = [unread("edema", "L1"), unread("inr", "L1"), unread("edema", "T12"), unread("inr", "")]
    assert all(DETAIL.is_unread(gap) for gap in gaps)
    assert not DETAIL.is_unread(Gap(Reason.MISSING, "edema"))
    assert DETAIL.unread(gaps) == (
        "MRI lumbar spine on 2025-05-12: too old, so these cannot be judged: "
        "edema, INR at L1; edema at T12; INR"
    )
    assert SUMMARY.unread_briefly(gaps[0]) == "MRI lumbar spine on 2025-05-12: too old"


def test_a_quote_does_not_end_with_a_joint() -> None:
    assert DETAIL.fact(Proof("edema", "no", quote="Edema of L1; ")).endswith("“Edema of L1”")
