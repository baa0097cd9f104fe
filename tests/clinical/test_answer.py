"""Answers: Kleene's logic, and what an answer keeps of its reasons (rules.md 1.2)."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.answer import Answer, Gap, Proof, all_of, any_of, settle, worst
from cds_service.clinical.truth import Reason, Truth
from tests.verdicts import verdict

YES, UNKNOWN, NO = Truth.YES, Truth.UNKNOWN, Truth.NO
RANK = {NO: 0, UNKNOWN: 1, YES: 2}
GAP = Gap(Reason.MISSING, "inr")


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Make an answer with some reasons and words."""
    names = st.sampled_from(["a", "b", "c"])
    truth = draw(st.sampled_from(list(Truth)))
    because = tuple(Proof(name) for name in draw(st.lists(names, max_size=2)))
    reasons = st.sampled_from(list(Reason))
    missing = tuple(Gap(draw(reasons), name) for name in draw(st.lists(names, max_size=2)))
    return Answer(truth, because, missing, notes=tuple(draw(st.lists(names, max_size=2))))


@given(answers(), answers())
def test_or_is_the_worse_and_and_the_better(left: Answer, right: Answer) -> None:
    either, both = (left | right).truth, (left & right).truth
    assert RANK[either] == max(RANK[left.truth], RANK[right.truth])
    assert RANK[both] == min(RANK[left.truth], RANK[right.truth])


@given(answers(), answers(), answers())
def test_the_laws_of_kleene(a: Answer, b: Answer, c: Answer) -> None:
    def same(left: Answer, right: Answer) -> None:
        assert left.truth is right.truth

    same(a | b, b | a)
    same(a & b, b & a)
    same((a | b) | c, a | (b | c))
    same((a & b) & c, a & (b & c))
    same(a & (b | c), (a & b) | (a & c))
    same(a | (a & b), a)
    same(~(a | b), ~a & ~b)
    same(~(a & b), ~a | ~b)
    same(~~a, a)
    same(a | a, a)


@given(answers(), answers())
def test_the_reasons_do_not_depend_on_the_order(a: Answer, b: Answer) -> None:
    for one, other in ((a | b, b | a), (a & b, b & a)):
        assert set(one.because) == set(other.because)
        assert set(one.missing) == set(other.missing)
        assert one.reason == other.reason


@given(answers())
def test_a_doubt_never_turns_a_yes_and_never_leaves_a_no(answer: Answer) -> None:
    doubted = answer.doubted(GAP)
    assert doubted.truth is (YES if answer.truth is YES else UNKNOWN)
    assert answer.doubted(None) is answer


def test_only_the_side_that_decides_is_heard() -> None:
    left, right = Answer.yes(Proof("inr")), Answer.no(Proof("platelets"))
    assert (left | right).because == (Proof("inr"),)
    assert (left & right).because == (Proof("platelets"),)
    assert (left & Answer.unknown(GAP)).because == (Proof("inr"),)
    assert (left & Answer.unknown(GAP)).missing == (GAP,)


def test_words_of_the_first_that_has_them() -> None:
    first = Answer.yes().saying("grave", ["one"], drug="a")
    second = Answer.yes().saying("light", ["two", "one"], drug="b", hold="5 days")
    joined = first | second
    assert (joined.tier, joined.notes) == ("grave", ("one", "two"))
    assert dict(joined.values) == {"drug": "a", "hold": "5 days"}


def test_the_weightiest_reason_is_given() -> None:
    gaps = [Gap(reason, "x") for reason in (Reason.MISSING, Reason.STALE, Reason.SUSPECTED)]
    assert Answer.unknown(*gaps).reason is Reason.SUSPECTED
    assert Answer.unknown(*gaps[:2]).reason is Reason.STALE
    assert Answer.unknown().reason is Reason.MISSING
    assert Answer.yes().reason is None
    assert Answer.no().reason is None
    assert Answer.not_applicable().reason is Reason.NOT_APPLICABLE


def test_only_a_yes_has_proofs_and_fires() -> None:
    proof = Proof("inr")
    assert Answer.yes(proof).only_proofs() == (proof,)
    assert Answer.no(proof).only_proofs() == ()
    assert Answer.yes(proof).only_fires().truth is YES
    assert Answer.unknown(GAP).only_fires().truth is NO


def test_an_answer_knows_whether_it_would_stand_without_the_text_of_a_report() -> None:
    coded, told = Answer.yes(Proof("inr")), Answer.yes(Proof("edema", quote="edema"))
    assert told.by_text
    assert not coded.by_text
    assert not (coded | told).by_text
    assert (told | told).by_text
    assert (coded & told).by_text
    assert (told & Answer.no(Proof("inr"))).by_text is False
    assert (~coded | ~told).by_text
    assert not (~coded & ~told).by_text
    assert told.saying(notes=["a"]).by_text
    assert (~told).by_text
    assert not worst({"T12": told, "L1": coded}).by_text
    assert worst({"L1": told}).by_text
    assert not Answer.no().by_text


def test_none_at_all() -> None:
    assert all_of([]).truth is YES
    assert any_of([]).truth is NO


@pytest.mark.parametrize(("fires", "clear"), list(product(Truth, Truth)))
@pytest.mark.parametrize("suspicions", [(), (Gap(Reason.SUSPECTED, "fever"),)])
def test_without_positive_proof_there_is_no_clear(
    fires: Truth, clear: Truth, suspicions: tuple[Gap, ...]
) -> None:
    got = settle(Answer(fires), Answer(clear), *suspicions).truth
    if fires is YES:
        assert got is YES
    elif (fires, clear) == (NO, YES) and not suspicions:
        assert got is NO
    else:
        assert got is UNKNOWN


def test_what_was_not_decided_keeps_all_that_speaks() -> None:
    fires = Answer.unknown(Gap(Reason.STALE, "inr")).saying(notes=["a"], drug="x")
    clear = Answer.unknown(GAP).saying(notes=["b"], drug="y", hold="z")
    got = settle(fires, clear, Gap(Reason.SUSPECTED, "fever"))
    assert verdict(got) == "unknown(suspected)"
    assert [gap.what for gap in got.missing] == ["fever", "inr", "inr"]
    assert got.notes == ("a", "b")
    assert dict(got.values) == {"drug": "x", "hold": "z"}


@given(st.dictionaries(st.sampled_from(["T12", "L1", "L2"]), answers(), min_size=1))
def test_the_worst_level_speaks(levels: dict[str, Answer]) -> None:
    got = worst(levels)
    assert RANK[got.truth] == max(RANK[answer.truth] for answer in levels.values())
    assert levels[got.level].truth is got.truth
    assert dict(got.levels) == levels


def test_no_level_at_all_is_unknown() -> None:
    assert verdict(worst({})) == "unknown(missing)"


def test_of_unknown_levels_all_gaps_are_kept() -> None:
    levels = {"L1": Answer.unknown(GAP), "L2": Answer.unknown(Gap(Reason.SUSPECTED, "x"))}
    got = worst(levels)
    assert got.level == "L2"
    assert len(got.missing) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer.yes(Proof("inr"))._replace(level="L1"),
        Answer.unknown(GAP)._replace(level="L1"),
        Answer.not_applicable(Proof("sex")),
    ],
    ids=["yes", "unknown", "not applicable"],
)
def test_an_answer_joined_with_itself_or_with_nothing_is_the_same(answer: Answer) -> None:
    for joined in (answer | answer, answer & answer, any_of([answer]), all_of([answer])):
        assert joined == answer
    if answer.truth is not YES:
        assert (answer | Answer.no()) == (Answer.no() | answer) == answer
    if answer.truth is not NO:
        assert (answer & Answer.yes()) == (Answer.yes() & answer) == answer


@pytest.mark.parametrize("order", [("L1", "L2"), ("L2", "L1")])
def test_of_levels_that_fire_the_one_with_the_plain_card_speaks(order: tuple[str, str]) -> None:
    answers = {"L1": Answer.yes().saying("light"), "L2": Answer.yes()}
    assert worst({level: answers[level] for level in order}).level == "L2"


def test_levels_that_fire_do_not_lend_each_other_what_is_missing() -> None:
    levels = {"L1": Answer(YES, (Proof("a"),)), "L2": Answer(YES, (Proof("b"),), (GAP,))}
    got = worst(levels)
    assert (got.level, got.because, got.missing) == ("L1", (Proof("a"),), ())


@pytest.mark.parametrize("order", [("L1", "L2"), ("L2", "L1")])
def test_a_level_that_is_clear_by_proof_speaks_before_one_that_the_rule_spares(
    order: tuple[str, str],
) -> None:
    answers = {"L1": Answer.not_applicable(Proof("sex")), "L2": Answer.no(Proof("mri"))}
    assert worst({level: answers[level] for level in order}).level == "L2"


def test_words_change_nothing_else() -> None:
    spared = Answer.not_applicable(Proof("sex"))
    answer = spared._replace(missing=(GAP,), level="L1", levels=(("L1", Answer.no()),))
    said = answer.saying("light", ["one"], drug="a")
    assert said == answer._replace(tier="light", notes=("one",), values=(("drug", "a"),))


def test_what_clears_a_rule_keeps_its_words_and_its_level() -> None:
    proven = Answer.yes(Proof("age")).saying("light", ["one"], years="80")
    proven = proven._replace(level="L1", applicable=False)
    assert settle(Answer.no(Proof("inr")), proven) == proven._replace(truth=NO)
