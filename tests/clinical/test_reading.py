"""The newest result decides, also when it cannot be read; a preliminary one never clears (9.2)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.evidence import Sought
from cds_service.clinical.fact import Result, lab
from cds_service.clinical.reading import Reading, as_new, newest
from cds_service.clinical.when import When, Window
from tests.changed import replace
from tests.charts import chart_of, limit, result
from tests.times import FILED, FUTURE, days, hours, month
from tests.verdicts import verdict

WEEK = Window(days=7)
FINE = result("inr", "1.0", days(1))
HIGH = result("inr", "2.0", days(1))


def read(*results: Result, states: dict[str, Sought | None] | None = None) -> Reading:
    return chart_of(*results, states=states).latest(lab("inr"), WEEK)


@pytest.mark.parametrize(
    ("results", "kept"),
    [
        ([], []),
        ([days(1), days(3)], [days(1)]),
        ([days(1), days(1)], [days(1), days(1)]),
        ([hours(20), days(1)], [hours(20), days(1)]),
        ([days(1), month(5)], [days(1), month(5)]),
        ([days(1), month(4)], [days(1)]),
        ([days(3), None], [days(3), None]),
        ([days(3), FILED], [days(3), FILED]),
        ([days(-1), FILED], [days(-1)]),
        ([FILED, None], [FILED, None]),
    ],
)
def test_all_that_may_be_the_newest_stand(results: list[None], kept: list[None]) -> None:
    facts = [replace(FINE, when=when) for when in results]
    assert [fact.when for fact in newest(facts)] == kept


NOON = hours(24)


@pytest.mark.parametrize(
    ("when", "kept"),
    [
        (days(0), True),
        (hours(23.9), True),
        (NOON, True),
        (hours(24.1), False),
        (days(1), True),
        (month(5), True),
        (days(2), False),
        (month(4), False),
        (None, True),
        (FILED, True),
    ],
)
def test_a_preliminary_result_counts_unless_it_is_surely_older(
    when: When | None, *, kept: bool
) -> None:
    """Beside a final one of yesterday noon; with none at all, each counts."""
    draft = replace(HIGH, when=when, final=False)
    final = replace(FINE, when=NOON)
    assert as_new([draft], [final, replace(FINE, when=None)]) == ((draft,) if kept else ())
    for latest in ([], [replace(FINE, when=None)], [replace(FINE, when=FILED)]):
        assert as_new([draft], latest) == (draft,)


def test_an_older_draft_does_not_outweigh_the_final_result() -> None:
    for ago, expected in ((2, "clear"), (1, "fires")):
        draft = replace(HIGH, when=days(ago), final=False)
        assert verdict(read(draft, FINE).above(limit("1.5"))) == expected


@pytest.mark.parametrize(
    ("results", "above", "known"),
    [
        ([], "unknown(missing)", "unknown(missing)"),
        ([FINE], "clear", "fires"),
        ([HIGH], "fires", "fires"),
        ([FINE, HIGH], "fires", "fires"),
        ([FINE, replace(FINE, trouble="words")], "unknown(unparseable)", "unknown(unparseable)"),
        ([HIGH, replace(FINE, trouble="words")], "fires", "unknown(unparseable)"),
        ([replace(FINE, when=days(8))], "unknown(stale)", "unknown(stale)"),
        ([replace(FINE, when=None)], "unknown(unparseable)", "unknown(unparseable)"),
        ([replace(FINE, when=FUTURE)], "unknown(unparseable)", "unknown(unparseable)"),
        ([replace(FINE, final=False)], "unknown(missing)", "unknown(missing)"),
        ([replace(HIGH, final=False)], "fires", "unknown(missing)"),
        ([replace(HIGH, suspected=True)], "unknown(suspected)", "unknown(suspected)"),
        ([replace(FINE, measured=None)], "unknown(unparseable)", "fires"),
    ],
)
def test_questions(results: Sequence[Result], above: str, known: str) -> None:
    reading = read(*results)
    assert verdict(reading.above(limit("1.5"))) == above
    assert verdict(reading.known()) == known


@pytest.mark.parametrize(
    ("normal", "above", "below"),
    [
        (None, "unknown(unparseable)", "unknown(unparseable)"),
        (("", ""), "unknown(unparseable)", "unknown(unparseable)"),
        (("0.8", "1.2"), "clear", "clear"),
        (("0.8", "0.9"), "fires", "clear"),
        (("1.1", "1.2"), "clear", "fires"),
        (("", "1.2"), "clear", "unknown(unparseable)"),
        (("0.8", ""), "unknown(unparseable)", "clear"),
    ],
)
def test_the_range_of_the_laboratory_itself(
    normal: tuple[str, str] | None, above: str, below: str
) -> None:
    reading = read(result("inr", "1.0", normal=normal))
    assert verdict(reading.above_normal()) == above
    assert verdict(reading.below_normal()) == below


def test_one_value_stands_for_those_that_say_the_same() -> None:
    earlier = replace(FINE, when=hours(30), reference="Observation/2")
    assert read(FINE, earlier).value == FINE
    assert read(earlier, FINE).value == FINE
    assert read(FINE, HIGH).value is None
    assert read(replace(FINE, when=days(9))).value is None
    assert read().value is None


@pytest.mark.parametrize("state", [Sought.FAILED, Sought.INCOMPLETE, Sought.NOT_SOUGHT, None])
def test_when_there_may_be_newer_ones_nothing_is_cleared(state: Sought | None) -> None:
    states = {"laboratory": state}
    assert verdict(read(FINE, states=states).above(limit("1.5"))) == "unknown(source-error)"
    assert verdict(read(HIGH, states=states).above(limit("1.5"))) == "fires"
    assert verdict(read(FINE, states=states).known()) == "unknown(source-error)"
    assert verdict(read(states=states).known()) == "unknown(source-error)"
    assert read(FINE, states=states).value is None


RESULTS = st.builds(
    lambda said, ago, final, trouble: replace(
        result("inr", said, days(ago)), final=final, trouble=trouble
    ),
    st.sampled_from(["0.9", "1.5", "1.6", "<1.5", ">1.5", ">=1.4"]),
    st.integers(min_value=0, max_value=9),
    st.booleans(),
    st.sampled_from(["", "", "words"]),
)


@given(st.lists(RESULTS, max_size=5), st.randoms())
def test_the_order_of_a_bundle_never_decides(results: list[Result], random: st.random) -> None:  # type: ignore[name-defined] # hypothesis has no public type for it
    shuffled = list(results)
    random.shuffle(shuffled)
    for question in ("above", "below"):
        first = getattr(read(*results), question)(limit("1.5"))
        second = getattr(read(*shuffled), question)(limit("1.5"))
        assert verdict(first) == verdict(second)
        assert set(first.because) == set(second.because)


@given(st.lists(RESULTS, max_size=5))
def test_the_same_results_twice_change_nothing(results: list[Result]) -> None:
    once, twice = read(*results), read(*results, *results)
    assert verdict(once.above(limit("1.5"))) == verdict(twice.above(limit("1.5")))
    assert verdict(once.known()) == verdict(twice.known())
    assert once.value == twice.value
