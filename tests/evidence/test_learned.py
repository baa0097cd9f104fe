"""What is learned of a server chooses the form of a query, for a while; nothing is lost by it."""

from __future__ import annotations

from typing import Any

import pytest

from cds_service.evidence.learned import (
    AGAIN_SECONDS,
    REFUSED_SECONDS,
    STATEMENT_SECONDS,
    Learned,
)
from cds_service.evidence.prefetch import Query
from cds_service.evidence.statement import Statement, read_statement


class Clock:
    """A clock that is put forward by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def learned(clock: Clock) -> Learned:
    return Learned(clock)


def statement(
    *names: str, kind: str = "Observation", includes: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Write a CapabilityStatement with one type."""
    one = {
        "type": kind,
        "interaction": [{"code": "search-type"}],
        "searchParam": [{"name": name} for name in names],
        "searchInclude": list(includes),
    }
    return {"resourceType": "CapabilityStatement", "rest": [{"resource": [one]}]}


def test_a_refusal_is_forgotten_after_an_hour(learned: Learned, clock: Clock) -> None:
    learned.remember("form")
    clock.now += REFUSED_SECONDS - 1
    assert learned.knows("form")
    clock.now += 1
    assert not learned.knows("form")
    assert not learned.knows("another")


def test_a_statement_is_asked_for_once_a_day_and_sooner_after_a_failure(
    learned: Learned, clock: Clock
) -> None:
    assert [learned.is_due() for _ in range(3)] == [True, False, False]
    clock.now += AGAIN_SECONDS
    assert learned.is_due()
    learned.declares(Statement())
    clock.now += STATEMENT_SECONDS - 1
    assert not learned.is_due()
    clock.now += 1
    assert learned.is_due()
    assert learned.statement == Statement()  # and holds until another one comes


CODED = "Observation?patient=x&code=a|1,a|2&_sort=-date&_count=250"
SIMPLER = "Observation?patient=x&category=laboratory&_count=250"
UNSORTED = "Observation?patient=x&code=a|1,a|2&_count=250"
LABORATORY = Query("laboratory", CODED, simpler=SIMPLER)


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [
        (("patient", "code", "date", "category"), CODED, SIMPLER),
        (("patient", "code", "category"), UNSORTED, SIMPLER),
        (("subject", "code", "date"), CODED, SIMPLER),
        (("patient", "date", "category"), SIMPLER, CODED),
        ((), CODED, SIMPLER),
    ],
)
def test_the_statement_chooses_the_form(
    names: tuple[str, ...], first: str, second: str, learned: Learned
) -> None:
    """A type without parameters declares nothing: it is asked as ever."""
    learned.declares(read_statement(statement(*names)))
    assert learned.forms(LABORATORY) == (first, second)


def test_other_types_are_asked_as_ever(learned: Learned) -> None:
    learned.declares(read_statement(statement("patient", kind="Condition")))
    assert learned.forms(LABORATORY) == (CODED, SIMPLER)
    assert not learned.mentions("Observation")
    assert learned.mentions("Condition")


def test_a_server_that_declares_nothing_may_have_all(learned: Learned) -> None:
    assert learned.mentions("Observation")
    learned.declares(read_statement({"resourceType": "CapabilityStatement", "rest": "x"}))
    assert learned.mentions("Observation")
    assert learned.forms(LABORATORY) == (CODED, SIMPLER)


INCLUDING = "MedicationRequest?patient=x&_count=250&_include=MedicationRequest:medication"
PLAIN = "MedicationRequest?patient=x&_count=250"
BARE = "MedicationRequest?patient=x"


@pytest.mark.parametrize(
    ("includes", "first"),
    [
        ((), INCLUDING),
        (("MedicationRequest:medication",), INCLUDING),
        (("*",), INCLUDING),
        (("MedicationRequest:patient",), PLAIN),
    ],
)
def test_an_include_is_left_out_where_others_are_declared(
    includes: tuple[str, ...], first: str, learned: Learned
) -> None:
    query = Query("medication_requests", PLAIN, asked=INCLUDING, simpler=BARE)
    said = statement("patient", kind="MedicationRequest", includes=includes)
    learned.declares(read_statement(said))
    assert learned.forms(query) == (first, BARE)


def test_a_form_that_was_refused_comes_second(learned: Learned) -> None:
    learned.remember(CODED)
    assert learned.forms(LABORATORY) == (SIMPLER, CODED)


def test_what_was_refused_outweighs_what_is_declared(learned: Learned) -> None:
    """A statement may be wrong about either form."""
    learned.declares(read_statement(statement("patient", "date", "category")))
    learned.remember(SIMPLER)
    assert learned.forms(LABORATORY) == (CODED, SIMPLER)
    learned.remember(CODED)
    assert learned.forms(LABORATORY) == (SIMPLER, CODED)
    learned.declares(read_statement(statement("patient", "code", "category")))
    learned.remember(UNSORTED)
    assert learned.forms(LABORATORY) == (SIMPLER, UNSORTED)


def test_of_a_statement_only_the_types_that_we_ask_for_are_kept() -> None:
    said = read_statement(statement("patient", "code"))
    assert said.about(frozenset({"Observation"})) == said
    assert said.about(frozenset({"Condition"})) == Statement()


def test_what_can_only_be_searched_or_only_be_read_is_told_apart() -> None:
    resources = [
        {"type": "Binary", "interaction": [{"code": "read"}]},
        {"type": "List", "interaction": [{"code": "search-type"}], "searchInclude": "List:x"},
        {"type": "Flag"},
        "nothing",
    ]
    said = read_statement({"rest": [{"resource": resources}, {"resource": None}]})
    assert said.reads == {"Binary"}
    assert set(said.searches) == {"List"}
    assert said.types == {"Binary", "List", "Flag"}
    assert said.includes == {"List": frozenset()}


def test_a_query_with_one_form_keeps_it(learned: Learned) -> None:
    query = Query("patient", "Patient/x")
    learned.remember(query.form)
    assert learned.forms(query) == (query.form, "")
