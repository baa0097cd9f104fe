"""Every state of a prefetch key, with and without a server that may be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cds_service.clinical.evidence import QUERIES, Sought
from cds_service.clinical.order import HookRequest
from cds_service.evidence.gather import Gatherer

from .conftest import PATIENT, FhirServer

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

ABSENT = object()
CONDITION = {
    "resourceType": "Condition",
    "id": "c1",
    "subject": {"reference": f"Patient/{PATIENT}"},
}
ON_SERVER = CONDITION | {"id": "from-server"}


def bundle(*entries: Any, **more: Any) -> dict[str, Any]:
    """Make a searchset of these entries."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": list(entries), **more}


def outcome(severity: object, **issue: Any) -> dict[str, Any]:
    """Make an OperationOutcome with one issue."""
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, **issue}]}


def entry(resource: Any, **search: str) -> dict[str, Any]:
    """Make an entry of a searchset."""
    return {"resource": resource, "search": search}


NOTHING_FOUND = {
    "details": {"coding": [{"system": "urn:oid:1.2.840.114350.1.13.0", "code": "4101"}]}
}
NEXT = {"link": [{"relation": "next", "url": "Condition?patient=pat-1&_page=1"}]}
REMARK = entry(outcome("information"), mode="outcome")

# what is supplied: (value, ids without a server, state, words without a server)
FINAL = {
    "null": (None, [], Sought.ANSWERED, ""),
    "resource": (CONDITION, ["c1"], Sought.ANSWERED, ""),
    "bundle": (bundle(entry(CONDITION)), ["c1"], Sought.ANSWERED, ""),
    "empty bundle": (bundle(), [], Sought.ANSWERED, ""),
    "bundle without entries": ({"resourceType": "Bundle"}, [], Sought.ANSWERED, ""),
    "bundle with null entries": (
        {"resourceType": "Bundle", "entry": None},
        [],
        Sought.ANSWERED,
        "",
    ),
    "total right": (bundle(entry(CONDITION), total=1), ["c1"], Sought.ANSWERED, ""),
    "total of the page": (bundle(entry(CONDITION), total=0), ["c1"], Sought.ANSWERED, ""),
    "total without sense": (bundle(total="many"), [], Sought.ANSWERED, ""),
    "total too large": (bundle(entry(CONDITION), total=2), ["c1"], Sought.INCOMPLETE, "fewer"),
    "remark": (bundle(REMARK, entry(CONDITION)), ["c1"], Sought.ANSWERED, ""),
    "only a remark": (bundle(REMARK), [], Sought.ANSWERED, ""),
    "epic found nothing": (
        bundle(entry(outcome("warning", **NOTHING_FOUND))),
        [],
        Sought.ANSWERED,
        "",
    ),
    "epic hides": (
        bundle(entry(outcome("warning", details={"coding": [{"code": "59204"}]}))),
        [],
        Sought.INCOMPLETE,
        "missing",
    ),
    "4101 of somebody else": (
        bundle(entry(outcome("warning", details={"coding": [{"system": "x", "code": "4101"}]}))),
        [],
        Sought.INCOMPLETE,
        "missing",
    ),
    "warning": (bundle(entry(outcome("warning"))), [], Sought.INCOMPLETE, "missing"),
    "error": (
        bundle(entry(CONDITION), entry(outcome("error"))),
        ["c1"],
        Sought.INCOMPLETE,
        "missing",
    ),
    "fatal": (bundle(entry(outcome("fatal"))), [], Sought.INCOMPLETE, "missing"),
    "severity without sense": (bundle(entry(outcome(3))), [], Sought.INCOMPLETE, "missing"),
    "outcome without issues": (
        bundle(entry({"resourceType": "OperationOutcome"})),
        [],
        Sought.INCOMPLETE,
        "missing",
    ),
    "issue without sense": (
        bundle(entry({"resourceType": "OperationOutcome", "issue": ["x"]})),
        [],
        Sought.INCOMPLETE,
        "missing",
    ),
}

# as good as not supplied: (value, state and words without a server, whether it is counted)
OPEN = {
    "absent": (ABSENT, Sought.NOT_SOUGHT, "not supplied, and no FHIR server to ask", 0),
    "outcome": (outcome("error"), Sought.FAILED, "the client could not get it", 0),
    "text": ("<html>", Sought.FAILED, "could not be read", 1),
    "number": (3, Sought.FAILED, "could not be read", 1),
    "list": ([CONDITION], Sought.FAILED, "could not be read", 1),
    "true": (True, Sought.FAILED, "could not be read", 1),
    "empty object": ({}, Sought.FAILED, "could not be read", 1),
    "another type": ({"resourceType": "Observation"}, Sought.FAILED, "could not be read", 1),
    "type without sense": ({"resourceType": []}, Sought.FAILED, "could not be read", 1),
    "entry as object": (
        {"resourceType": "Bundle", "entry": {"resource": CONDITION}},
        Sought.FAILED,
        "could not be read",
        1,
    ),
}


def prefetch_with(value: object) -> dict[str, Any]:
    """Make a prefetch in which every other query was answered with nothing."""
    keys: dict[str, Any] = dict.fromkeys(QUERIES)
    del keys["conditions"]
    return keys if value is ABSENT else keys | {"conditions": value}


def ids(evidence: Any) -> list[str]:
    """List the ids of what was gathered."""
    return [item.resource["id"] for item in evidence.items]


@pytest.mark.parametrize("asked", [False, True], ids=["no server", "server"])
@pytest.mark.parametrize("name", FINAL)
def test_what_was_supplied_is_never_asked_again(
    name: str, asked: bool, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Conformance section 3, 8-10: the state is the same whether or not a server is there."""
    value, found, state, words = FINAL[name]
    evidence = gatherer()(hook(prefetch_with(value), server if asked else None), None)
    source = evidence.sources["conditions"]
    assert (ids(evidence), source.state) == (found, state)
    assert words in source.detail
    assert source.origin == "prefetch"
    assert server.seen == []


@pytest.mark.parametrize("name", OPEN)
def test_what_was_not_supplied_is_not_answered_without_a_server(
    name: str, hook: Hook, gatherer: Make
) -> None:
    """Nothing of it can be taken for "none recorded"."""
    value, state, words, counted = OPEN[name]
    evidence = gatherer()(hook(prefetch_with(value)), None)
    assert ids(evidence) == []
    assert evidence.sources["conditions"].state is state
    assert words in evidence.sources["conditions"].detail
    assert len(evidence.unreadable) == counted


@pytest.mark.parametrize("name", OPEN)
def test_what_was_not_supplied_is_fetched_and_nothing_else(
    name: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Conformance section 3, 14: only what lacks is asked."""
    server.resources.append(ON_SERVER)
    value, _, _, counted = OPEN[name]
    evidence = gatherer()(hook(prefetch_with(value), server), None)
    assert ids(evidence) == ["from-server"]
    source = evidence.sources["conditions"]
    assert (source.state, source.origin, source.detail) == (Sought.ANSWERED, "server", "")
    assert len(server.seen) == len(server.asked("Condition")) == 1
    assert len(evidence.unreadable) == counted


@pytest.mark.parametrize("name", OPEN)
def test_what_was_not_supplied_has_failed_where_the_server_may_not_be_asked(
    name: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """A production service asks registered servers only."""
    value, _, _, _ = OPEN[name]
    evidence = gatherer(profile="production")(hook(prefetch_with(value), server), None)
    source = evidence.sources["conditions"]
    assert source.state is Sought.FAILED
    assert source.detail == "this FHIR server is not registered"
    assert evidence.sources["allergies"].state is Sought.ANSWERED
    assert server.seen == []


def test_a_second_page_is_followed_or_the_answer_is_incomplete(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Conformance section 3, 11."""
    server.page_size = 1
    server.resources += [CONDITION, ON_SERVER]
    prefetch = prefetch_with(bundle(entry(CONDITION), **NEXT))
    alone = gatherer()(hook(prefetch), None)
    assert ids(alone) == ["c1"]
    assert alone.sources["conditions"].state is Sought.INCOMPLETE
    assert alone.sources["conditions"].detail == "more pages than were supplied"
    both = gatherer()(hook(prefetch, server), None)
    assert ids(both) == ["c1", "from-server"]
    assert both.sources["conditions"].state is Sought.ANSWERED


@pytest.mark.parametrize("link", [[None], ["x"], [{"relation": "self"}], {}, "x", None])
def test_links_that_lead_nowhere_are_no_second_page(
    link: Any, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Only a `next` is one."""
    evidence = gatherer()(hook(prefetch_with(bundle(link=link)), server), None)
    assert evidence.sources["conditions"].state is Sought.ANSWERED


@pytest.mark.parametrize("url", [None, "", 3, {}, "http://evil.example/x", "\\\\evil", "http://[x"])
def test_a_next_page_that_cannot_be_had_leaves_the_answer_incomplete(
    url: Any, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """A link that nobody can follow still says that there is more."""
    page = bundle(entry(CONDITION), link=[{"relation": "next", "url": url}])
    evidence = gatherer()(hook(prefetch_with(page), server), None)
    assert ids(evidence) == ["c1"]
    assert evidence.sources["conditions"].state is Sought.INCOMPLETE
    assert server.seen == []


@pytest.mark.parametrize(
    "bad",
    [
        None,
        3,
        [],
        {},
        {"resource": None},
        {"resource": "x"},
        {"resource": []},
        {"resource": {}},
        {"resource": {"resourceType": None}},
        {"resource": {"resourceType": ["Condition"]}},
        entry(CONDITION, mode="outcome"),
        entry(bundle()),
    ],
)
def test_one_bad_entry_spoils_nothing_and_is_counted(bad: Any, hook: Hook, gatherer: Make) -> None:
    """Real bundles hold such entries; the others are as good as before."""
    evidence = gatherer()(hook(prefetch_with(bundle(bad, entry(CONDITION)))), None)
    assert ids(evidence) == ["c1"]
    assert evidence.sources["conditions"].state is Sought.ANSWERED
    assert [odd.where for odd in evidence.unreadable] == ["conditions: page 1, entry 1"]


@pytest.mark.parametrize("search", [None, "match", [], {"mode": 3}, {"mode": "include"}, {}])
def test_a_search_element_without_sense_does_not_cost_the_entry(
    search: Any, hook: Hook, gatherer: Make
) -> None:
    """Only the word "outcome" there has a meaning for us."""
    page = bundle({"resource": CONDITION, "search": search, "fullUrl": 3})
    evidence = gatherer()(hook(prefetch_with(page)), None)
    assert ids(evidence) == ["c1"]
    assert evidence.items[0].full_url == ""


def test_keys_of_the_site_are_evidence_but_answer_no_query(hook: Hook, gatherer: Make) -> None:
    """Administrators name keys themselves; what stands there may fire a rule, never clear one."""
    prefetch = {
        "problemList": bundle(entry(CONDITION)),
        "one": ON_SERVER,
        "none": None,
        "junk": "x",
        "failed": outcome("error"),
        "typeless": {},
    }
    evidence = gatherer()(hook(prefetch), None)
    assert ids(evidence) == ["c1", "from-server"]
    assert {source.state for source in evidence.sources.values()} == {Sought.NOT_SOUGHT}
    assert evidence.nothing_could_be_had


@pytest.mark.parametrize("prefetch", [None, {}])
def test_nothing_at_all_is_known_as_such(
    prefetch: dict[str, Any] | None, hook: Hook, gatherer: Make
) -> None:
    """Such a request is answered with 412."""
    evidence = gatherer()(hook(prefetch), None)
    assert tuple(evidence.sources) == QUERIES
    assert evidence.nothing_could_be_had


def test_a_supplied_patient_who_is_another_one_is_no_answer(hook: Hook, gatherer: Make) -> None:
    """The age and sex of somebody else must not decide anything."""
    evidence = gatherer()(hook({"patient": {"resourceType": "Patient", "id": "other"}}), None)
    assert evidence.items == ()
    assert evidence.sources["patient"].state is Sought.FAILED
    assert len(evidence.unreadable) == 1


@pytest.mark.parametrize("code", [404, 410])
def test_an_empty_record_of_somebody_unknown_proves_nothing(
    code: int, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """HAPI and others search for anybody, and find nothing: "no INR on record" would be untrue."""
    server.misdeeds["Patient"] = lambda handler: handler.send({}, code)
    evidence = gatherer()(hook(None, server), None)
    assert evidence.nothing_could_be_had
    told = {source.detail for name, source in evidence.sources.items() if name != "patient"}
    assert told == {"the FHIR server does not know this patient"}


def test_a_record_without_its_patient_is_a_record(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Patient"] = lambda handler: handler.send({}, 404)
    server.resources.append(CONDITION)
    evidence = gatherer()(hook(None, server), None)
    states = {source.state for name, source in evidence.sources.items() if name != "patient"}
    assert states == {Sought.ANSWERED}


def test_what_a_client_supplied_stays_answered(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Patient"] = lambda handler: handler.send({}, 404)
    evidence = gatherer()(hook({"allergies": None}, server), None)
    assert evidence.sources["allergies"].state is Sought.ANSWERED
    assert evidence.sources["conditions"].state is Sought.FAILED


def test_no_thread_is_started_where_all_is_supplied(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """The common case costs no thread and no connection, even with a server at hand."""
    gather = gatherer()
    gather(hook(dict.fromkeys(QUERIES), server), None)
    assert not gather._pool._threads
