"""Queries adapt to a server: refusals are paid for once, statements spare them, POST and batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cds_service.clinical.evidence import QUERIES, Evidence, Sought
from cds_service.clinical.order import HookRequest
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.learned import BATCH
from cds_service.evidence.server import NOT_OFFERED

from .conftest import CODES, PATIENT, FhirServer, Handler, Misdeed
from .test_gather import INR, RECORD, gist
from .test_peers import nobody, others

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

REFUSED = ("_sort", "_include", "code=")


def strict(status: int) -> Misdeed:
    """Refuse sorting, including and lists of codes, as servers that know little do."""
    return lambda handler: (
        handler.send({}, status)
        if any(word in handler.path for word in REFUSED)
        else handler.answer_well(handler.kind)
    )


def states(evidence: Evidence) -> set[Sought]:
    """Collect how all queries ended."""
    return {source.state for source in evidence.sources.values()}


def searched(server: FhirServer) -> list[str]:
    """List what was asked but the statement, and forget it."""
    paths = [path for path, _ in server.seen if path != "/fhir/metadata"]
    server.seen.clear()
    return paths


@pytest.mark.parametrize("status", [400, 414, 422, 501])
def test_a_refusal_is_paid_for_once(
    status: int, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Twelve forms are refused and put again; from the second gathering on nothing is."""
    server.misdeeds["*"] = strict(status)
    gather = gatherer()
    assert states(gather(hook(None, server), None)) == {Sought.ANSWERED}
    first = [path for path in searched(server) if not path.endswith("_search")]
    refused = [path for path in first if any(word in path for word in REFUSED)]
    assert len(refused) >= 10
    for _ in range(2):
        assert states(gather(hook(None, server), None)) == {Sought.ANSWERED}
        again = searched(server)
        assert len(again) == len(QUERIES)
        assert not [path for path in again if any(word in path for word in REFUSED)]


def test_what_both_forms_are_refused_is_asked_anew_each_time(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """It may be this patient's id that is refused: nothing is learned of that."""
    server.misdeeds["*"] = lambda handler: handler.send({}, 400)
    gather = gatherer()
    gather(hook(None, server), None)
    server.misdeeds.clear()
    server.seen.clear()
    assert states(gather(hook(None, server), None)) == {Sought.ANSWERED}
    assert sum("_sort" in path for path in searched(server)) >= 10


def statement(*lacking: str) -> dict[str, Any]:
    """Declare all types, without sorting parameters, includes and some types."""
    kinds = {"Observation": ("patient", "category"), "Encounter": ("patient", "status")}
    names = (
        "AllergyIntolerance", "Condition", "DiagnosticReport", "DocumentReference", "ImagingStudy",
        "List", "MedicationAdministration", "MedicationDispense", "MedicationRequest",
        "MedicationStatement", "Procedure", "ServiceRequest",
    )  # fmt: skip
    resources = [
        {
            "type": kind,
            "interaction": [{"code": "search-type"}, {"code": "read"}],
            "searchParam": [{"name": name} for name in kinds.get(kind, ("patient", "type"))],
            "searchInclude": [f"{kind}:patient"],
        }
        for kind in ("Patient", *kinds, *names)
        if kind not in lacking
    ]
    return {"resourceType": "CapabilityStatement", "rest": [{"resource": resources}]}


def declared(gather: Gatherer, hook: Hook, server: FhirServer) -> None:
    """Gather once, and wait until the server has said what it offers."""
    gather(hook(None, server), None)
    [peer] = gather.peers._known.values()
    until = time.monotonic() + 10
    while peer.learned.statement is None:
        assert time.monotonic() < until, "the statement was not read"
        time.sleep(0.01)
    server.seen.clear()


def test_a_statement_spares_the_refusals(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    """The second gathering puts each query once, in a form that is taken."""
    server.statement = statement()
    gather = gatherer(statements=True)
    declared(gather, hook, server)
    server.misdeeds["*"] = strict(400)
    assert states(gather(hook(None, server), None)) == {Sought.ANSWERED}
    assert len(searched(server)) == len(QUERIES)


def test_the_statement_is_asked_for_once_without_a_token(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.statement = statement()
    gather = gatherer(statements=True)
    for _ in range(3):
        gather(hook(None, server), None)
    gather.close()
    asked = [headers for path, headers in server.seen if path == "/fhir/metadata"]
    assert len(asked) == 1
    assert "Authorization" not in asked[0]
    assert "Authorization" in server.seen[-1][1]


def test_nobody_asks_for_it_when_nothing_else_is_asked(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """A full prefetch costs no request at all."""
    gather = gatherer(statements=True)
    gather(hook(others(), server), None)
    gather.close()
    assert server.seen == []


def no_statement(handler: Handler) -> None:
    """Answer searches only, and be deaf for the statement until the test is over."""
    if handler.path == "/fhir/metadata":
        handler.fhir.__dict__["released"].wait(10)
        handler.close_connection = True
    else:
        handler.answer_well(handler.kind)


def test_a_gathering_does_not_wait_for_the_statement(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """The answer is there while the statement is still awaited; then that is cut as well."""
    server.__dict__["released"] = threading.Event()
    server.misdeeds["*"] = no_statement
    gather = gatherer(statements=True, deadline_seconds=1)
    assert states(gather(hook(None, server), None)) == {Sought.ANSWERED}
    [peer] = gather.peers._known.values()
    assert peer.learned.statement is None
    gather._pool.shutdown(wait=True)  # ends, though the server never answers
    assert not server.__dict__["released"].is_set()
    server.__dict__["released"].set()


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'{"resourceType": "Bundle"}'])
def test_a_statement_that_is_none_changes_nothing(
    body: bytes, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.resources += RECORD
    expected = gist(gatherer()(hook(None, server), None))
    server.misdeeds["metadata"] = lambda handler: handler.send(body)
    gather = gatherer(statements=True)
    gather(hook(None, server), None)
    assert gist(gather(hook(None, server), None)) == expected


def test_a_type_that_is_neither_declared_nor_answered_is_asked_once_an_hour(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """It could not be asked for: that is never `none found`."""
    server.statement = statement("ImagingStudy", "List")
    gather = gatherer(statements=True)
    declared(gather, hook, server)
    server.misdeeds["ImagingStudy"] = lambda handler: handler.send(b"<html>", 404)
    before = gather(hook(None, server), None).sources["imaging_studies"]
    assert (before.state, before.detail[-10:]) == (Sought.FAILED, "(HTTP 404)")
    server.seen.clear()
    evidence = gather(hook(None, server), None)
    source = evidence.sources["imaging_studies"]
    assert (source.state, source.detail) == (Sought.FAILED, NOT_OFFERED)
    assert server.asked("ImagingStudy") == []
    assert evidence.sources["lists"].state is Sought.ANSWERED  # not declared, and yet there
    assert len(server.asked("List")) == 1


def test_a_declared_type_is_asked_however_often_it_fails(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.statement = statement()
    server.misdeeds["Condition"] = lambda handler: handler.send({}, 404)
    gather = gatherer(statements=True)
    declared(gather, hook, server)
    for times in (1, 2):
        gather(hook(None, server), None)
        assert len(server.asked("Condition")) == times


def short_urls(status: int) -> Misdeed:
    """Take no long URL, and forms of any length."""
    return lambda handler: (
        handler.send({}, status)
        if handler.command == "GET" and "code=" in handler.path
        else handler.answer_well(handler.kind)
    )


@pytest.mark.parametrize(("status", "codes"), [(414, 1), (404, 200)], ids=["414", "IIS"])
def test_a_search_that_is_too_long_is_posted(
    status: int, codes: int, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """IIS says 404 to a long query string; from the second time on the form comes first."""
    server.resources.append(INR)
    server.misdeeds["Observation"] = short_urls(status)
    gather = gatherer()
    listed = [*CODES["laboratory"], *(f"http://loinc.org|{n:05}-0" for n in range(codes))]
    long = gather.queries["laboratory"]
    form = long.template.replace(",".join(CODES["laboratory"]), ",".join(listed))
    gather.queries = {"laboratory": type(long)("laboratory", form, simpler=long.simpler)}
    for requests in (2, 1):
        evidence = gather(hook(None, server), None)
        assert evidence.sources["laboratory"].state is Sought.ANSWERED
        assert [item.resource["id"] for item in evidence.items] == ["inr"]
        assert [headers["X-Method"] for _, headers in server.seen][-1] == "POST"
        assert len(server.seen) == requests
        server.seen.clear()
    assert gather.peers.taken() == {"posted": 1}


def test_a_server_that_takes_no_form_either_is_asked_in_the_simpler_way(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Observation"] = strict(414)
    gather = gatherer()
    for requests in (3, 1):
        evidence = gather(hook(others("laboratory"), server), None)
        assert evidence.sources["laboratory"].state is Sought.ANSWERED
        assert len(server.seen) == requests
        server.seen.clear()


def test_a_type_that_is_not_there_is_posted_once_only(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """A 404 to a long URL may mean just that."""
    server.misdeeds["Observation"] = lambda handler: handler.send({}, 404)
    gather = gatherer()
    listed = ",".join(f"http://loinc.org|{n:05}-0" for n in range(200))
    query = gather.queries["laboratory"]
    gather.queries = {"laboratory": query.with_codes(())}
    long = query.template.replace(",".join(CODES["laboratory"]), listed)
    gather.queries = {"laboratory": type(query)("laboratory", long, simpler=query.simpler)}
    for requests in (2, 1):
        assert gather(hook(None, server), None).sources["laboratory"].state is Sought.FAILED
        assert len(server.seen) == requests
        server.seen.clear()


def literal(handler: Handler) -> None:
    """Take a list of codes for one code, and find nothing."""
    if "code=" in handler.path:
        handler.send(handler.fhir.bundle([], "", 0))
    else:
        handler.answer_well(handler.kind)


def laboratory(hook: Hook, server: FhirServer) -> HookRequest:
    """Ask for laboratory values alone."""
    server.seen.clear()
    return hook(others("laboratory"), server)


def test_a_list_of_codes_that_finds_nothing_is_not_believed_at_once(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """`No INR on record` would be untrue; from the second gathering on the other form is first."""
    server.resources.append(INR)
    server.misdeeds["Observation"] = literal
    gather = gatherer(statements=True)
    declared_or_not = gather(laboratory(hook, server), None)
    assert [item.resource["id"] for item in declared_or_not.items] == ["inr"]
    assert declared_or_not.sources["laboratory"].state is Sought.ANSWERED
    evidence = gather(laboratory(hook, server), None)
    assert [item.resource["id"] for item in evidence.items] == ["inr"]
    [asked] = searched(server)
    assert "category=laboratory" in asked


def test_a_list_of_codes_that_has_found_something_is_believed(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.resources.append(INR)
    gather = gatherer(statements=True)
    gather(laboratory(hook, server), None)
    server.resources.remove(INR)
    evidence = gather(laboratory(hook, server), None)
    assert evidence.sources["laboratory"].state is Sought.ANSWERED
    assert len(searched(server)) == 1


OTHER_RESULT = INR | {"id": "other", "code": {"coding": [{"system": "x", "code": "y"}, 3]}}


@pytest.mark.parametrize("found", [[], [OTHER_RESULT], [INR | {"code": {"coding": 3}}]])
def test_a_patient_without_results_teaches_nothing(
    found: list[dict[str, Any]], hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.resources += found
    server.misdeeds["Observation"] = literal
    gather = gatherer(statements=True)
    for _ in range(2):
        evidence = gather(laboratory(hook, server), None)
        assert evidence.sources["laboratory"].state is Sought.ANSWERED
        assert [item.resource["id"] for item in evidence.items] == [one["id"] for one in found]
        assert len(searched(server)) == 2


def test_where_doubt_is_refused_the_first_answer_stays(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.misdeeds["Observation"] = lambda handler: (
        handler.send({}, 500) if "category=" in handler.path else literal(handler)
    )
    evidence = gatherer(statements=True)(laboratory(hook, server), None)
    source = evidence.sources["laboratory"]
    assert (source.state, source.detail) == (Sought.ANSWERED, "")


def test_findings_are_not_doubted_for_that_would_ask_for_everything(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.seen.clear()
    gatherer(statements=True)(hook(others("findings"), server), None)
    assert len(searched(server)) == 1


def test_a_batch_brings_the_same_evidence_in_one_request(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.resources += RECORD
    expected = gist(gatherer()(hook(None, server), None))
    server.seen.clear()
    gather = gatherer()
    evidence = gather(hook(None, server, batch=True), None)
    assert gist(evidence) == expected
    assert [path for path, _ in server.seen] == ["/fhir", "/fhir/Medication/warfarin"]
    assert server.seen[0][1]["Content-Type"] == "application/fhir+json"
    assert server.seen[0][1]["Authorization"] == "Bearer secret-token"
    assert gather.peers.taken() == {"batched": 1}


def test_without_the_setting_nothing_is_batched(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    gatherer()(hook(None, server), None)
    assert "/fhir" not in [path for path, _ in server.seen]


def test_few_queries_are_asked_one_by_one(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    gatherer()(hook(others("conditions", "lists"), server, batch=True), None)
    assert sorted(path[:14] for path, _ in server.seen) == ["/fhir/Conditio", "/fhir/List?pat"]


@pytest.mark.parametrize("patient", ["", ".", "..", "Patient/.."])
def test_no_batch_asks_for_what_is_no_patient(
    patient: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    evidence = gatherer()(hook(None, server, batch=True, patient_id=patient), None)
    assert evidence.nothing_could_be_had
    assert server.seen == []


def test_each_entry_of_a_batch_keeps_its_own_status(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """A refused form is put again by itself; what failed has failed; the others are there."""
    server.entry_status = {"Procedure": "400", "Condition": "403 Forbidden", "List": "500"}
    evidence = gatherer()(hook(None, server, batch=True), None)
    failed = {n: s.detail for n, s in evidence.sources.items() if s.state is Sought.FAILED}
    assert failed == {
        "conditions": "the FHIR server refused access (HTTP 403)",
        "lists": "the FHIR server did not answer the question (HTTP 500)",
    }
    assert [path for path, _ in server.seen[1:]] == [f"/fhir/Procedure?patient={PATIENT}"]


def test_pages_after_a_batch_are_followed(hook: Hook, gatherer: Make, server: FhirServer) -> None:
    server.page_size = 1
    server.resources += RECORD
    server.resources += [RECORD[-1] | {"id": f"c{number}"} for number in (2, 3)]
    evidence = gatherer()(hook(None, server, batch=True), None)
    assert states(evidence) == {Sought.ANSWERED}
    assert {item.resource["id"] for item in evidence.items} >= {"c1", "c2", "c3"}


def entries(*made: Any, **members: Any) -> Misdeed:
    """Answer a batch with these entries."""
    body = {"resourceType": "Bundle", "type": "batch-response", "entry": list(made)}
    return lambda handler: handler.send(body | members)


def turned(first: int) -> Misdeed:
    """Answer rightly, with the entries from some place on in another order."""

    def act(handler: Handler) -> None:
        send, misdeeds = handler.send, handler.fhir.misdeeds

        def other(body: Any, status: int = 200, **headers: str) -> None:
            made = body["entry"]
            send(body | {"entry": [*made[:first], *made[first:][::-1]]}, status, **headers)

        forms = [query.form for query in handler.fhir.__dict__["queries"].values()]
        urls = [form.replace("{{context.patientId}}", PATIENT) for form in forms]
        handler.fhir.misdeeds, handler.__dict__["send"] = {}, other
        handler.batch({"entry": [{"request": {"url": url}} for url in urls]})
        handler.fhir.misdeeds = misdeeds
        del handler.__dict__["send"]

    return act


def linked(kind: str) -> Misdeed:
    """Answer with empty searchsets that are all about one type, as their links say."""
    link = [{"relation": "other"}, {"relation": "self", "url": f"http://x/fhir/{kind}?patient=1"}]
    found = {"resourceType": "Bundle", "type": "searchset", "link": link}
    return entries(*[{"resource": found, "response": {"status": "200"}}] * len(QUERIES))


BAD_BATCHES: dict[str, Misdeed] = {
    "links of another type": linked("Flag"),
    "refused": lambda handler: handler.send({}, 405),
    "gone": lambda handler: handler.send({}, 404),
    "failed": lambda handler: handler.send({}, 500),
    "html": lambda handler: handler.send(b"<html>"),
    "outcome": lambda handler: handler.send({"resourceType": "OperationOutcome"}),
    "no entries": entries(),
    "too few": entries({"response": {"status": "200"}, "resource": {}}),
    "a searchset": entries(*[{"resource": INR}] * len(QUERIES), type="searchset"),
    "another order": turned(0),
    "another order of searches": turned(1),
    "without status": entries(*[{"resource": {}}] * len(QUERIES)),
    "strange entries": entries(*[3] * len(QUERIES)),
    "strange status": entries(*[{"response": {"status": "2x0"}}] * len(QUERIES)),
    "without resources": entries(*[{"response": {"status": "200 OK"}}] * len(QUERIES)),
}


@pytest.mark.parametrize("name", BAD_BATCHES)
def test_what_a_batch_does_not_bring_is_asked_by_itself(
    name: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    server.resources += RECORD
    gather = gatherer()
    server.__dict__["queries"] = gather.queries
    expected = gist(gather(hook(None, server), None))
    server.misdeeds[""] = BAD_BATCHES[name]
    assert gist(gather(hook(None, server, batch=True), None)) == expected
    assert gist(gather(hook(None, server, batch=True), None)) == expected


@pytest.mark.parametrize(
    "name", ["refused", "failed", "html", "another order", "another order of searches"]
)
def test_a_batch_that_failed_is_not_tried_again_for_an_hour(
    name: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    gather = gatherer()
    server.resources += RECORD
    server.__dict__["queries"] = gather.queries
    server.misdeeds[""] = BAD_BATCHES[name]
    for _ in range(3):
        gather(hook(None, server, batch=True), None)
    assert [path for path, _ in server.seen].count("/fhir") == 1
    assert gather.peers.taken() == {"unbatched": 1}


def test_a_slow_batch_leaves_half_of_the_time_for_the_searches(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """As where a server runs the entries one after another."""
    released = threading.Event()

    def slow(_: Handler) -> None:
        released.wait(10)

    server.misdeeds[""] = slow
    gather = gatherer(deadline_seconds=2)
    evidence = gather(hook(None, server, batch=True), None)
    assert states(evidence) == {Sought.ANSWERED}
    assert not released.is_set()
    released.set()
    [peer] = gather.peers._known.values()
    assert peer.learned.knows(BATCH)


def test_a_batch_that_finds_no_thread_is_no_fault_of_the_server(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    gather = gatherer(threads=1, deadline_seconds=0.6)
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        go.wait(10)

    other = gather._shares.submit("other", hold)
    assert held.wait(10)
    evidence = gather(hook(None, server, batch=True), None)
    assert states(evidence) == {Sought.FAILED}
    go.set()
    other.result(10)
    [peer] = gather.peers._known.values()
    assert not peer.learned.knows(BATCH)
    assert server.seen == []


def test_a_batch_to_a_dead_server_says_nothing_about_batches(hook: Hook, gatherer: Make) -> None:
    gather = gatherer()
    gather(hook(None, nobody(), batch=True), None)
    [peer] = gather.peers._known.values()
    assert not peer.learned.knows(BATCH)
    assert gather.peers.taken() == {"opened": 1}
