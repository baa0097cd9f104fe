"""Prefetched and fetched alike; nothing of another patient; references followed within bounds."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.clinical.evidence import QUERIES, Evidence, Sought
from cds_service.clinical.order import HookRequest
from cds_service.errors import SettingsError
from cds_service.evidence.gather import Gatherer
from cds_service.evidence.prefetch import Query

from .conftest import CODES, PATIENT, FhirServer, Handler

Hook = Callable[..., HookRequest]
Make = Callable[..., Gatherer]

SUBJECT = {"reference": f"Patient/{PATIENT}"}
INR = {
    "resourceType": "Observation",
    "id": "inr",
    "subject": SUBJECT,
    "code": {"coding": [{"system": "http://loinc.org", "code": "6301-6"}]},
    "valueQuantity": {"value": 1.1},
}
WARFARIN = {"resourceType": "Medication", "id": "warfarin", "code": {"text": "Warfarin 5 mg"}}
PRESCRIPTION = {
    "resourceType": "MedicationRequest",
    "id": "rx",
    "subject": SUBJECT,
    "medicationReference": {"reference": "Medication/warfarin"},
}
ALLERGY = {"resourceType": "AllergyIntolerance", "id": "a1", "patient": SUBJECT}
PROBLEM = {"resourceType": "Condition", "id": "c1", "subject": SUBJECT}
RECORD = [INR, WARFARIN, PRESCRIPTION, ALLERGY, PROBLEM]


def prefetch_of(server: FhirServer, queries: dict[str, Query]) -> dict[str, Any]:
    """Do a client's work: fill every template from what the server holds."""
    made: dict[str, Any] = {}
    for name, query in queries.items():
        rows = [r for r in server.resources if r["resourceType"] == query.kind]
        if name in CODES:
            wanted = set(CODES[name])
            rows = [
                r
                for r in rows
                if {f"{c['system']}|{c['code']}" for c in r["code"]["coding"]} & wanted
            ]
        made[name] = rows[0] if query.is_read else server.bundle(rows, "", 0)
    return made


def gist(evidence: Evidence) -> tuple[Any, ...]:
    """All that the rules can see, without the order and the way by which it came."""
    items = sorted((item.full_url, repr(item.resource)) for item in evidence.items)
    states = {name: source.state for name, source in evidence.sources.items()}
    return [resource for _, resource in items], states, len(evidence.unreadable)


def ids(evidence: Evidence) -> list[str]:
    """List the ids of what was gathered, sorted."""
    return sorted(item.resource["id"] for item in evidence.items)


def test_the_whole_record_is_fetched_when_nothing_was_supplied(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """One search a query, all with the token, the right Accept and our own name."""
    server.resources += RECORD
    evidence = gatherer()(hook(None, server), None)
    assert ids(evidence) == ["a1", "c1", "inr", PATIENT, "rx", "warfarin"]
    assert {source.state for source in evidence.sources.values()} == {Sought.ANSWERED}
    assert {source.origin for source in evidence.sources.values()} == {"server"}
    assert len(server.seen) == len(QUERIES) + 1
    for _, headers in server.seen:
        assert headers["Authorization"] == "Bearer secret-token"
        assert headers["Accept"] == "application/fhir+json"
        assert headers["User-Agent"].startswith("vertebral-augmentation")
        assert "Cookie" not in headers


def test_an_open_server_is_asked_without_a_token(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """The sandbox in open mode sends no fhirAuthorization."""
    gatherer()(hook(None, server, token=None), None)
    assert server.seen
    assert all("Authorization" not in headers for _, headers in server.seen)


def test_all_searches_are_on_their_way_at_once(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Nobody is answered before everybody has asked."""
    meeting = threading.Barrier(len(QUERIES), timeout=5)

    def meet(handler: Handler) -> None:
        meeting.wait()
        handler.send({}, 404)

    server.misdeeds["*"] = meet
    evidence = gatherer(deadline_seconds=10)(hook(None, server), None)
    assert {source.detail[-10:] for source in evidence.sources.values()} == {"(HTTP 404)"}


def test_prefetched_and_fetched_data_are_the_same_evidence(
    hook: Hook, gatherer: Make, server: FhirServer, queries: dict[str, Query]
) -> None:
    """Wholly, partly or not at all supplied: the rules cannot tell."""
    server.resources += RECORD
    supplied = prefetch_of(server, queries)
    fetched = gist(gatherer()(hook(None, server), None))
    assert gist(gatherer()(hook(supplied, server), None)) == fetched
    for name in QUERIES:
        some = {key: value for key, value in supplied.items() if key != name}
        assert gist(gatherer()(hook(some, server), None)) == fetched


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(keys=st.sets(st.sampled_from(QUERIES)), size=st.integers(1, 3))
def test_any_part_may_be_supplied_and_pages_of_any_size(
    keys: set[str],
    size: int,
    hook: Hook,
    gatherer: Make,
    server: FhirServer,
    queries: dict[str, Query],
) -> None:
    """The same evidence, however it is cut."""
    server.resources[1:] = [*RECORD, PROBLEM | {"id": "c2"}, PROBLEM | {"id": "c3"}]
    server.page_size = 1000
    whole = gist(gatherer(deadline_seconds=20)(hook(None, server), None))
    supplied = {key: value for key, value in prefetch_of(server, queries).items() if key in keys}
    server.page_size = size
    assert gist(gatherer(deadline_seconds=20)(hook(supplied, server), None)) == whole


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner)
    | st.dictionaries(
        st.sampled_from(
            ["resourceType", "entry", "resource", "link", "search", "mode", "id", "subject",
             "patient", "reference", "total", "issue", "severity", "relation", "url", "fullUrl",
             "medicationReference", "specimen", "details", "coding"]
        ),
        inner | st.sampled_from(["Bundle", "OperationOutcome", "Condition", "Patient", "next"]),
    ),
    max_leaves=25,
)  # fmt: skip


@settings(
    max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(name=st.sampled_from([*QUERIES, "other"]), value=JSON)
def test_any_json_is_some_evidence(name: str, value: Any, hook: Hook, gatherer: Make) -> None:
    """No shape of a prefetch makes the gathering fall over, and none is changed by it."""
    before = copy.deepcopy(value)
    evidence = gatherer()(hook({name: value}), None)
    assert tuple(evidence.sources) == QUERIES
    assert value == before
    assert all(isinstance(item.resource, dict) for item in evidence.items)


FOREIGN = [
    {"subject": {"reference": "Patient/other"}},
    {"subject": {"reference": "http://ehr.example/fhir/Patient/other"}},
    {"subject": {"reference": "Patient/other/_history/1"}},
    {"subject": {"reference": f"Group/{PATIENT}"}},
    {"subject": {"reference": f"http://ehr.example/Device/{PATIENT}"}},
    {"subject": {"reference": "Patient?identifier=1"}},
    {"subject": {"reference": 3}},
    {"subject": "Patient/other"},
    {"subject": ["Patient/other"]},
    {"patient": {"reference": "Patient/other"}},
    {"subject": SUBJECT, "patient": {"reference": "Patient/other"}},
]
NOWHERE = {"subject": {"reference": "urn:uuid:11111111-1111-1111-1111-111111111111"}}

OWN = [
    {},
    {"subject": None},
    {"subject": {}},
    {"subject": {"display": "the patient"}},
    {"subject": {"identifier": {"value": "1"}}},
    {"subject": {"reference": "#contained"}},
    {"subject": {"reference": PATIENT}},
    {"subject": {"reference": f"Patient/{PATIENT}/_history/3"}},
    {"subject": {"reference": f"http://ehr.example/fhir/Patient/{PATIENT}"}},
    {"patient": SUBJECT},
    {"subject": SUBJECT, "patient": SUBJECT},
]


def test_an_entry_that_names_nobody_leaves_its_query_incomplete(hook: Hook, gatherer: Make) -> None:
    """It may be the patient's own: without it an absence proves nothing."""
    entries = [
        {"resource": {"resourceType": "Condition", "id": "x"} | NOWHERE},
        {"resource": PROBLEM},
    ]
    evidence = gatherer()(hook({"conditions": {"resourceType": "Bundle", "entry": entries}}), None)
    assert ids(evidence) == ["c1"]
    assert evidence.sources["conditions"].state is Sought.INCOMPLETE


@pytest.mark.parametrize("extra", FOREIGN)
def test_another_patients_resources_are_dropped_and_counted(
    extra: dict[str, Any], hook: Hook, gatherer: Make
) -> None:
    """They change nothing, neither the facts nor the state of the query."""
    entries = [
        {"resource": {"resourceType": "Condition", "id": "x"} | extra},
        {"resource": PROBLEM},
    ]
    evidence = gatherer()(hook({"conditions": {"resourceType": "Bundle", "entry": entries}}), None)
    assert ids(evidence) == ["c1"]
    assert evidence.sources["conditions"].state is Sought.ANSWERED
    assert [odd.why for odd in evidence.unreadable] == ["another patient's"]


@pytest.mark.parametrize("extra", OWN)
def test_resources_of_this_patient_or_of_nobody_stay(
    extra: dict[str, Any], hook: Hook, gatherer: Make
) -> None:
    """References come in many forms, and Medications have no subject at all."""
    entries = [{"resource": {"resourceType": "Condition", "id": "x"} | extra}]
    evidence = gatherer()(hook({"conditions": {"resourceType": "Bundle", "entry": entries}}), None)
    assert ids(evidence) == ["x"]
    assert evidence.unreadable == ()


def test_a_reference_by_uuid_leads_to_the_patient_through_the_full_url(
    hook: Hook, gatherer: Make
) -> None:
    """Whether the patient stands in this Bundle or in another one."""
    entries = [
        {"fullUrl": "urn:uuid:aaa", "resource": {"resourceType": "Patient", "id": PATIENT}},
        {"fullUrl": "urn:uuid:bbb", "resource": {"resourceType": "Patient", "id": "other"}},
        {"resource": PROBLEM | {"id": "mine", "subject": {"reference": "urn:uuid:aaa"}}},
        {"resource": PROBLEM | {"id": "theirs", "subject": {"reference": "urn:uuid:bbb"}}},
    ]
    evidence = gatherer()(hook({"all": {"resourceType": "Bundle", "entry": entries}}), None)
    assert ids(evidence) == ["mine", PATIENT]
    assert len(evidence.unreadable) == 2


@pytest.mark.parametrize("written", [f"Patient/{PATIENT}", PATIENT])
def test_the_patient_may_be_written_as_a_reference(
    written: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """context.patientId is a bare id; some clients send more."""
    server.resources += RECORD
    evidence = gatherer()(hook(None, server, patient_id=written), None)
    assert "c1" in ids(evidence)
    assert evidence.unreadable == ()


@pytest.mark.parametrize("patient", ["", ".", ".."])
def test_an_id_that_would_name_something_else_is_not_asked(
    patient: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """`Patient/..` is the base of the server, not a patient."""
    evidence = gatherer()(hook(None, server, patient_id=patient), None)
    assert evidence.sources["patient"].detail == "the patient id cannot be asked for"
    assert server.seen == []


def test_a_copy_is_no_second_fact_but_a_version_is(hook: Hook, gatherer: Make) -> None:
    """The same resource under two keys counts once; what differs stays for the readers."""
    prefetch = {
        "conditions": {"resourceType": "Bundle", "entry": [{"resource": dict(PROBLEM)}]},
        "copy": dict(PROBLEM),
        "version": PROBLEM | {"recordedDate": "2026-01-01"},
        "nameless": {"resourceType": "Condition", "id": 3},
        "nameless too": {"resourceType": "Condition", "id": 3},
    }
    evidence = gatherer()(hook(prefetch), None)
    assert len(evidence.items) == 4


def prescription(reference: object, name: str = "rx") -> dict[str, Any]:
    """Prescribe this Medication."""
    return PRESCRIPTION | {"id": name, "medicationReference": reference}


def drugs(*found: dict[str, Any]) -> dict[str, Any]:
    """Make a prefetch that lacks nothing but what these prescriptions refer to."""
    keys: dict[str, Any] = dict.fromkeys(QUERIES)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in found]}
    return keys | {"medication_requests": bundle}


@pytest.mark.parametrize(
    "form", ["Medication/warfarin", "{}/Medication/warfarin", "Medication/warfarin/_history/2"]
)
def test_a_referenced_medication_is_read(
    form: str, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Clients do not include Medications: an unread one would be an unknown drug."""
    server.resources.append(WARFARIN)
    reference = {"reference": form.format(server.url)}
    evidence = gatherer()(hook(drugs(prescription(reference)), server), None)
    assert ids(evidence) == ["rx", "warfarin"]
    assert [path for path, _ in server.seen] == ["/fhir/Medication/warfarin"]


@pytest.mark.parametrize(
    "reference",
    [
        None,
        "Medication/warfarin",
        {"display": "warfarin"},
        {"reference": 3},
        {"reference": "#m1"},
        {"reference": "urn:uuid:aaa"},
        {"reference": "Medication/.."},
        {"reference": "Medication/a/../../admin"},
        {"reference": "Medication/a?_format=xml"},
        {"reference": "Medication/a%2Fb"},
        {"reference": "Binary/b"},
        {"reference": "http://evil.example/fhir/Medication/warfarin"},
        {"reference": "//evil.example/fhir/Medication/warfarin"},
    ],
)
def test_other_references_are_not_followed(
    reference: object, hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Never another host, never another path, never another type."""
    evidence = gatherer()(hook(drugs(prescription(reference)), server), None)
    assert ids(evidence) == ["rx"]
    assert server.seen == []


def test_a_medication_that_is_there_is_not_read(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Wherever it stands, under a key of the site as well."""
    by_site = drugs(PRESCRIPTION) | {"medicines": WARFARIN}
    assert ids(gatherer()(hook(by_site, server), None)) == ["rx", "warfarin"]
    prefetch = drugs(PRESCRIPTION) | {
        "medicines": WARFARIN,
        "medication_dispenses": {"resourceType": "Bundle", "entry": [{"resource": WARFARIN}]},
    }
    assert ids(gatherer()(hook(prefetch, server), None)) == ["rx", "warfarin"]
    assert server.seen == []


def test_a_prescription_under_a_key_of_the_site_is_understood_too(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """It may make a rule fire, so its drug is worth a read."""
    server.resources.append(WARFARIN)
    prefetch = dict.fromkeys(QUERIES) | {"meds": PRESCRIPTION}
    assert ids(gatherer()(hook(prefetch, server), None)) == ["rx", "warfarin"]


def test_medications_are_read_once_and_not_without_end(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """Twenty of a type; the others are counted, and their drugs stay unknown."""
    several = [
        prescription({"reference": f"Medication/m{number % 25}"}, f"rx{number}")
        for number in range(50)
    ]
    evidence = gatherer()(hook(drugs(*several), server), None)
    assert len(server.seen) == len({path for path, _ in server.seen}) == 20
    assert len(evidence.unreadable) == 25
    assert {odd.why for odd in evidence.unreadable} >= {"more references than the limit"}


def test_a_medication_that_cannot_be_read_is_counted(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """The prescription stays: its drug is unknown, which is not "none"."""
    server.misdeeds["Medication"] = lambda handler: handler.send({"resourceType": "Patient"})
    evidence = gatherer()(hook(drugs(PRESCRIPTION), server), None)
    assert ids(evidence) == ["rx"]
    assert [odd.why for odd in evidence.unreadable] == [
        "a resource it refers to could not be read: the answer could not be read"
    ]


def test_a_medication_that_comes_too_late_is_counted(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """One deadline over all, references too."""
    gone = threading.Event()

    def wait(_: Handler) -> None:
        gone.wait(5)

    server.misdeeds["Medication"] = wait
    evidence = gatherer(deadline_seconds=0.3)(hook(drugs(PRESCRIPTION), server), None)
    gone.set()
    assert [odd.why[-17:] for odd in evidence.unreadable] == ["no answer in time"]
    assert evidence.sources["medication_requests"].state is Sought.ANSWERED


def test_the_specimen_of_a_culture_is_read_and_that_of_a_number_is_not(
    hook: Hook, gatherer: Make, server: FhirServer
) -> None:
    """A blood culture is told from another by its specimen."""
    server.resources.append({"resourceType": "Specimen", "id": "blood", "subject": SUBJECT})
    specimen = {"specimen": {"reference": "Specimen/blood"}}
    culture = {"resourceType": "Observation", "id": "culture", "subject": SUBJECT} | specimen
    number = INR | {"specimen": {"reference": "Specimen/other"}}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": culture}, {"resource": number}]}
    evidence = gatherer()(hook(dict.fromkeys(QUERIES) | {"laboratory": bundle}, server), None)
    assert ids(evidence) == ["blood", "culture", "inr"]
    assert [path for path, _ in server.seen] == ["/fhir/Specimen/blood"]


def test_a_site_may_leave_queries_out(hook: Hook, queries: dict[str, Query]) -> None:
    """What no check asks for is not sought, and no rule may read it as none."""
    gather = Gatherer({"patient": queries["patient"]})
    evidence = gather(hook({"conditions": PROBLEM}), None)
    gather.close()
    assert evidence.sources["conditions"].state is Sought.NOT_SOUGHT
    assert evidence.sources["conditions"].detail == "no check asks for it"
    assert ids(evidence) == ["c1"]


def test_settings_make_a_gatherer(queries: dict[str, Query]) -> None:
    """Milliseconds become seconds; origins are read at the start."""
    given_settings = SimpleNamespace(
        profile="production",
        deadline_ms=1500,
        fhir_origins=["https://ehr.example"],
        max_entries=7,
        ca_file=None,
    )
    gather = Gatherer.from_settings(given_settings, queries)
    assert (gather.deadline_seconds, gather.profile) == (1.5, "production")
    assert gather.max_entries == 7
    gather.close()
    given_settings.fhir_origins = ["http://ehr.example"]
    with pytest.raises(SettingsError, match="https in production"):
        Gatherer.from_settings(given_settings, queries)
