"""Calls of the services: every malformed shape, and what real clients send."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask.testing import FlaskClient

from cds_service.clinical.order import HookRequest
from cds_service.errors import DataUnavailable
from cds_service.web.replies import plain
from tests.web.conftest import BODY, CARD, NOW, PLAIN, SELECT, SIGN, Build, Story

Body = dict[str, Any]


class Absent:
    """Stand for a member that is left out; shows under the same name in every process."""

    def __repr__(self) -> str:
        """Name it."""
        return "absent"


ABSENT = Absent()


def spoiled(path: str, value: object) -> Body:
    """Put a value at a path of the right request, or take the member away."""
    body = copy.deepcopy(BODY)
    *way, last = path.split(".")
    place = body
    for step in way:
        place = place[step]
    if value is ABSENT:
        del place[last]
    else:
        place[last] = value
    return body


def outcome_of(answer: Any, status: int) -> Body:
    """Check that an error is an OperationOutcome that FHIR R4B accepts, and give its issue."""
    assert answer.status_code == status, answer.json
    assert answer.mimetype == "application/json"
    OperationOutcome.model_validate(answer.json)
    issue: Body = answer.get_json()["issue"][0]
    assert issue["severity"] == "error"
    return issue


WRONG_TEXTS: list[object] = [ABSENT, None, "", "  ", 5, True, [], {}]
WRONG_OBJECTS: list[object] = [ABSENT, None, "", 5, [], [{}]]


@pytest.mark.parametrize("path", ["hook", "hookInstance", "context.userId", "context.patientId"])
@pytest.mark.parametrize("value", WRONG_TEXTS, ids=repr)
def test_a_required_text_that_is_missing_null_blank_or_no_text_is_400(
    client: FlaskClient, path: str, value: object
) -> None:
    """Conformance 2.2 and 2.11."""
    issue = outcome_of(client.post(SELECT, json=spoiled(path, value)), 400)
    assert issue["code"] == "invalid"
    assert issue["expression"] == [path]


@pytest.mark.parametrize("path", ["context", "context.draftOrders"])
@pytest.mark.parametrize("value", WRONG_OBJECTS, ids=repr)
def test_a_required_object_that_is_missing_null_or_no_object_is_400(
    client: FlaskClient, path: str, value: object
) -> None:
    """Conformance 2.2 and 2.11."""
    issue = outcome_of(client.post(SELECT, json=spoiled(path, value)), 400)
    assert issue["expression"][0].startswith(path)


@pytest.mark.parametrize(
    "value", [ABSENT, None, "ServiceRequest/ours", {}, [], [None], [5], ["", " "]], ids=repr
)
def test_selections_that_select_nothing_are_400(client: FlaskClient, value: object) -> None:
    """Conformance 2.11: an array, at least one."""
    issue = outcome_of(client.post(SELECT, json=spoiled("context.selections", value)), 400)
    assert issue["expression"] == ["context.selections"]


@pytest.mark.parametrize("value", ["order-sign", "Order-Select", "order-select ", "patient-view"])
def test_a_hook_that_is_not_the_services_own_is_400(client: FlaskClient, value: str) -> None:
    """Conformance 2.4."""
    issue = outcome_of(client.post(SELECT, json=spoiled("hook", value)), 400)
    assert issue["expression"] == ["hook"]
    assert value not in issue["diagnostics"]


@pytest.mark.parametrize("value", [[], "text", 5, None, True, [{}]], ids=repr)
def test_json_that_is_no_object_is_400(client: FlaskClient, value: object) -> None:
    """Conformance 2.9."""
    outcome_of(client.post(SELECT, data=json.dumps(value), content_type="application/json"), 400)


@pytest.mark.parametrize(
    "value",
    [
        "",
        5,
        "fhir.example/r4",
        "//fhir.example",
        "ftp://fhir.example",
        "file:///etc/passwd",
        "http://",
        "http:///fhir",
        "http://user:pw@fhir.example/r4",
        "http://fhir.example/r4?x=1",
        "http://fhir.example/r4?",
        "http://fhir.example/r4#x",
        "http://fhir.example/r4#",
        "http://fhir.example/\r\nX: y",
        "http://fhir .example",
        "http://fhir.example\\@evil.example",
        "http://fhir.example:port",
        "http://[::1",
        "http://fhír.example",
    ],
)
def test_a_fhir_server_that_is_no_plain_base_url_is_400(client: FlaskClient, value: object) -> None:
    issue = outcome_of(client.post(SELECT, json=spoiled("fhirServer", value)), 400)
    assert issue["expression"] == ["fhirServer"]


@pytest.mark.parametrize("server", [ABSENT, None])
def test_an_authorization_without_a_server_is_400(client: FlaskClient, server: object) -> None:
    """Conformance 2.6."""
    body = spoiled("fhirAuthorization", {"access_token": "t0ken", "token_type": "Bearer"})
    if server is None:
        body["fhirServer"] = None
    issue = outcome_of(client.post(SELECT, json=body), 400)
    assert issue["expression"] == ["fhirServer"]


@pytest.mark.parametrize(
    ("authorization", "path"),
    [
        ("Bearer x", "fhirAuthorization"),
        ([], "fhirAuthorization"),
        ({}, "fhirAuthorization.access_token"),
        ({"access_token": None}, "fhirAuthorization.access_token"),
        ({"access_token": ""}, "fhirAuthorization.access_token"),
        ({"access_token": 5}, "fhirAuthorization.access_token"),
        ({"access_token": "a\r\nX-Evil: 1"}, "fhirAuthorization.access_token"),
        ({"access_token": "a b"}, "fhirAuthorization.access_token"),
        ({"access_token": "a\x00"}, "fhirAuthorization.access_token"),
        ({"access_token": "tökén"}, "fhirAuthorization.access_token"),
        ({"access_token": "a\n"}, "fhirAuthorization.access_token"),
        ({"access_token": "a" * 16_385}, "fhirAuthorization.access_token"),
        ({"access_token": "a", "token_type": "MAC"}, "fhirAuthorization.token_type"),
        ({"access_token": "a", "token_type": 5}, "fhirAuthorization.token_type"),
    ],
)
def test_a_broken_authorization_is_400_and_never_a_header(
    client: FlaskClient, authorization: object, path: str
) -> None:
    """Conformance 2.7; the token is not repeated in the answer (2.8)."""
    body = spoiled("fhirAuthorization", authorization)
    body["fhirServer"] = "http://127.0.0.1/fhir"
    answer = client.post(SELECT, json=body)
    assert outcome_of(answer, 400)["expression"] == [path]
    assert "Evil" not in answer.text


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        {"access_token": "a.b-c_d~e+f/g=="},
        {"access_token": "t", "token_type": "bearer", "expires_in": "300", "scope": ["x"]},
        {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs"},
        {"access_token": "t", "subject": None, "patient": 5, "extension": {"x": 1}, "new": []},
    ],
)
def test_an_authorization_counts_whatever_stands_beside_the_token(
    client: FlaskClient, story: Story, authorization: Body | None
) -> None:
    """Conformance 2.7."""
    body = spoiled("fhirAuthorization", authorization)
    body["fhirServer"] = "http://127.0.0.1/fhir"
    assert client.post(SELECT, json=body).status_code == 200
    assert story.asked[0].fhir_server == "http://127.0.0.1/fhir"
    assert story.asked[0].token == (authorization or {}).get("access_token")


def test_a_right_request_reaches_the_story_whole(
    client: FlaskClient, story: Story, body: Body
) -> None:
    body["context"]["encounterId"] = "enc-1"
    assert client.post(SELECT, json=body).status_code == 200
    asked = story.asked[0]
    assert asked.hook == "order-select"
    assert asked.hook_instance == body["hookInstance"]
    assert (asked.patient_id, asked.user_id) == ("vcf-1", "Practitioner/example")
    assert asked.encounter_id == "enc-1"
    assert asked.drafts == ({"resourceType": "ServiceRequest", "id": "ours"},)
    assert asked.selections == ("ServiceRequest/ours",)
    assert asked.prefetch == body["prefetch"]
    assert (asked.fhir_server, asked.token) == (None, None)
    assert story.times == [NOW]


def test_order_sign_has_no_selections_and_ignores_stray_ones(
    client: FlaskClient, story: Story, body: Body
) -> None:
    """Conformance 2.19: every order in the Bundle is to be signed."""
    body["hook"] = "order-sign"
    for stray in (["ServiceRequest/other"], [], "x", None):
        body["context"]["selections"] = stray
        assert len(client.post(SIGN, json=body).get_json()["cards"]) == 2
    del body["context"]["selections"]
    assert len(client.post(SIGN, json=body).get_json()["cards"]) == 2
    assert {request.selections for request in story.asked} == {None}


@pytest.mark.parametrize("prefetch", [ABSENT, None, {}, [], "x", 5], ids=repr)
def test_a_prefetch_that_is_none_is_taken(
    client: FlaskClient, story: Story, prefetch: object
) -> None:
    """Conformance 3.12: null, empty or of a wrong type, without falling over."""
    assert client.post(SELECT, json=spoiled("prefetch", prefetch)).status_code == 200
    assert story.asked[0].prefetch == ({} if prefetch == {} else None)


@pytest.mark.parametrize("value", [None, {}, {"resourceType": "OperationOutcome"}, [], "x", 5])
def test_each_state_of_a_prefetch_key_reaches_the_story_as_it_came(
    client: FlaskClient, story: Story, value: object
) -> None:
    """Conformance 3.7 to 3.12: they mean different things, which is not for the wire to judge."""
    client.post(SELECT, json=spoiled("prefetch", {"patient": value, "nobody-asked": value}))
    assert story.asked[0].prefetch == {"patient": value, "nobody-asked": value}


@pytest.mark.parametrize("value", ["vcf-1", "Patient/vcf-1"])
def test_a_patient_id_is_taken_with_and_without_its_type(
    client: FlaskClient, story: Story, value: str
) -> None:
    """Conformance 2.11."""
    assert client.post(SELECT, json=spoiled("context.patientId", value)).status_code == 200
    assert story.asked[0].patient_id == "vcf-1"


@pytest.mark.parametrize(
    "value",
    [
        "a/b",
        "Patient/",
        "Patient/a/b",
        "Patient/Patient/a",
        "..",
        ".",
        "a?b",
        "a b",
        "a\nb",
        "a#b",
        "http://h/Patient/a",
        "a\\b",
        "%2e%2e",
        "a" * 256,
    ],
)
def test_a_patient_id_that_is_more_than_an_id_is_400(client: FlaskClient, value: str) -> None:
    """It becomes part of URLs."""
    issue = outcome_of(client.post(SELECT, json=spoiled("context.patientId", value)), 400)
    assert issue["expression"] == ["context.patientId"]


@pytest.mark.parametrize(
    ("entry", "count"),
    [
        (ABSENT, 0),
        (None, 0),
        ([], 0),
        ([None, 5, "x", [], {}, {"resource": None}, {"resource": "x"}, {"resource": []}], 0),
        ([None, {"resource": {"resourceType": "Novel", "id": "n"}}, {"fullUrl": "x"}], 1),
        ([{"resource": {}}, {"resource": {"resourceType": "ServiceRequest", "id": "ours"}}], 2),
    ],
)
def test_odd_entries_of_draft_orders_are_skipped(
    build: Build, story: Story, entry: object, count: int
) -> None:
    """Conformance 2.15."""
    seen: list[int] = []

    def look(request: HookRequest, procedure: object) -> bool:
        seen.append(len(request.drafts))
        return procedure is None

    story.concerns = look  # type: ignore[method-assign] # only looks
    answer = build().test_client().post(SELECT, json=spoiled("context.draftOrders.entry", entry))
    assert (answer.status_code, answer.json) == (200, {"cards": []})
    assert seen == [count]


@pytest.mark.parametrize(
    ("drafts", "path"),
    [
        ({"resourceType": "ServiceRequest", "id": "ours"}, "context.draftOrders"),
        ({"resourceType": "Bundle", "entry": {"resource": {}}}, "context.draftOrders.entry"),
        ({"resourceType": "Bundle", "entry": "x"}, "context.draftOrders.entry"),
    ],
)
def test_an_order_in_the_place_of_the_bundle_is_not_overlooked(
    client: FlaskClient, drafts: object, path: str
) -> None:
    """Else the clinician would read "all clear"."""
    issue = outcome_of(client.post(SELECT, json=spoiled("context.draftOrders", drafts)), 400)
    assert issue["expression"] == [path]


def test_junk_among_selections_does_not_hide_the_rest(client: FlaskClient, story: Story) -> None:
    selections = [None, 5, "", "ServiceRequest/ours"]
    client.post(SELECT, json=spoiled("context.selections", selections))
    assert story.asked[0].selections == ("ServiceRequest/ours",)


def test_unknown_members_are_ignored_at_every_level(
    client: FlaskClient, story: Story, body: Body
) -> None:
    """Conformance 2.5 and 9.3."""
    extra = {"extension": {"davinci-crd.configuration": {"x": True}}, "new": [None], "": {}}
    body |= extra
    body["context"] |= extra
    body["context"]["draftOrders"] |= extra
    body["fhirServer"] = "http://127.0.0.1/fhir"
    body["fhirAuthorization"] = {"access_token": "t"} | extra
    assert client.post(SELECT, json=body).status_code == 200
    assert story.asked[0].patient_id == "vcf-1"


@pytest.mark.parametrize("value", ["5", "not a uuid", "../../etc/passwd", "x" * 5000, "\x00"])
def test_a_hook_instance_may_be_any_text(client: FlaskClient, value: str) -> None:
    """Conformance 2.3."""
    assert client.post(SELECT, json=spoiled("hookInstance", value)).status_code == 200


REAL: list[tuple[str, str, Callable[[Body], object], int]] = [
    (
        "imaging screen opened, nothing chosen",
        SELECT,
        lambda b: b["context"]["draftOrders"]["entry"][0]["resource"].update(
            code={"coding": [{}]}, reasonCode=[]
        ),
        200,
    ),
    (
        "medication screen opened",
        SELECT,
        lambda b: b["context"]["draftOrders"]["entry"].append(
            {"resource": {"resourceType": "MedicationRequest", "id": "request-123"}}
        ),
        200,
    ),
    (
        "category and reasonCode as objects",
        SELECT,
        lambda b: b["context"]["draftOrders"]["entry"][0]["resource"].update(
            category={"text": "x"}, reasonCode={"text": "x"}
        ),
        200,
    ),
    (
        "medication tab clicked again: no draftOrders, no selections",
        SELECT,
        lambda b: [b["context"].pop(k) for k in ("draftOrders", "selections")],
        400,
    ),
    (
        "imaging screen under the sign hook calls order-select",
        SELECT,
        lambda b: b.update(hook="order-sign"),
        400,
    ),
    ("imaging sign event calls order-sign with order-select", SIGN, lambda _: None, 400),
    (
        "Rx Sign",
        SIGN,
        lambda b: (b.update(hook="order-sign"), b["context"].pop("selections")),
        200,
    ),
    ("no Bundle type, no fullUrl, no encounter", SELECT, lambda _: None, 200),
    ("no prefetch at all", SELECT, lambda b: b.pop("prefetch"), 200),
]


@pytest.mark.parametrize(
    ("url", "change", "status"), [case[1:] for case in REAL], ids=[case[0] for case in REAL]
)
def test_what_the_reference_client_sends_gets_its_status(
    client: FlaskClient, body: Body, url: str, change: Callable[[Body], object], status: int
) -> None:
    """Real clients, section 4."""
    change(body)
    answer = client.post(url, json=body)
    assert answer.status_code == status
    if status == 400:
        outcome_of(answer, 400)


def test_a_foreign_order_leaves_at_once(client: FlaskClient, story: Story, body: Body) -> None:
    """Nothing of the prefetch is looked at, however large, and nobody is asked."""
    body["context"]["selections"] = ["ServiceRequest/foreign"]
    body["prefetch"] = {str(number): None for number in range(100)}
    answer = client.post(SELECT, json=body)
    assert (answer.status_code, answer.data) == (200, b'{"cards":[]}')
    assert story.asked == []


def test_cards_go_out_whole_and_nothing_empty_with_them(client: FlaskClient, body: Body) -> None:
    """Conformance 4.1 to 4.8."""
    answer = client.post(SELECT, json=body)
    assert answer.mimetype == "application/json"
    full, plain = answer.get_json()["cards"]
    assert full == {
        "uuid": CARD.uuid,
        "summary": CARD.summary,
        "indicator": "warning",
        "source": {
            "label": "SIR",
            "url": "https://doi.org/10.1/x",
            "topic": {"system": "https://example.org/t", "code": "bleeding"},
        },
        "detail": "Found: INR 2.4",
        "suggestions": [
            {
                "label": "Order INR",
                "uuid": CARD.suggestions[0].uuid,
                "isRecommended": True,
                "actions": [
                    {
                        "type": "create",
                        "description": "Order INR",
                        "resource": {"resourceType": "ServiceRequest"},
                    }
                ],
            },
            {
                "label": "Remove the order",
                "uuid": CARD.suggestions[1].uuid,
                "actions": [
                    {
                        "type": "delete",
                        "description": "Remove",
                        "resourceId": "ServiceRequest/ours",
                    }
                ],
            },
        ],
        "selectionBehavior": "at-most-one",
        "overrideReasons": [
            {"system": "https://example.org/r", "code": "other", "display": "Other"}
        ],
        "links": [{"label": "SIR 2019", "url": "https://doi.org/10.1/x", "type": "absolute"}],
        "extension": {"org.example.rules": {"version": "1.0"}},
    }
    assert plain == {
        "uuid": PLAIN.uuid,
        "summary": "Not checked",
        "indicator": "info",
        "source": {"label": "SIR"},
    }


def test_no_cards_are_an_empty_list(build: Build, story: Story, body: Body) -> None:
    """Conformance 4.1."""
    story.answer = tuple
    answer = build().test_client().post(SELECT, json=body)
    assert answer.json == {"cards": []}


def test_data_that_could_not_be_had_is_412(build: Build, story: Story, body: Body) -> None:
    """Conformance 3.7."""

    def unavailable() -> tuple[Any, ...]:
        raise DataUnavailable("no patient data", "prefetch")

    story.answer = unavailable
    issue = outcome_of(build().test_client().post(SELECT, json=body), 412)
    assert (issue["code"], issue["expression"]) == ("incomplete", ["prefetch"])


def test_too_many_prefetch_keys_are_413(build: Build, body: Body) -> None:
    client = build(max_prefetch_keys="2").test_client()
    body["prefetch"] = {"a": None, "b": None}
    assert client.post(SELECT, json=body).status_code == 200
    body["prefetch"]["c"] = None
    assert outcome_of(client.post(SELECT, json=body), 413)["expression"] == ["prefetch"]


def test_too_many_entries_of_a_prefetch_key_are_413(build: Build, body: Body) -> None:
    client = build(max_entries="2").test_client()
    body["prefetch"] = {"a": {"entry": [{}, {}]}, "b": {"entry": {}}, "c": [1, 2, 3]}
    assert client.post(SELECT, json=body).status_code == 200
    body["prefetch"]["a"]["entry"].append({})
    assert outcome_of(client.post(SELECT, json=body), 413)["code"] == "too-long"


@pytest.mark.parametrize("url", ["/cds-services/other", "/cds-services/Vertebral-Augmentation"])
def test_an_unknown_service_is_404(client: FlaskClient, body: Body, url: str) -> None:
    """Conformance section 6."""
    assert outcome_of(client.post(url, json=body), 404)["code"] == "not-found"


@pytest.mark.parametrize("url", ["/cds-services//vertebral-augmentation", SELECT + "/"])
def test_a_second_slash_changes_nothing(client: FlaskClient, body: Body, url: str) -> None:
    """Real clients, section 1: a discovery URL that ends in a slash gives //id."""
    answer = client.post(url, json=body)
    assert (answer.status_code, len(answer.get_json()["cards"])) == (200, 2)


def test_an_authorization_header_is_ignored_where_nobody_checks_it(
    client: FlaskClient, body: Body
) -> None:
    """Conformance 8.11."""
    headers = {"Authorization": "Bearer not.a.jwt"}
    assert client.post(SELECT, json=body, headers=headers).status_code == 200


def test_any_accept_header_will_do(client: FlaskClient, body: Body) -> None:
    """Conformance 2.1: never insist on Accept."""
    answer = client.post(SELECT, json=body, headers={"Accept": "text/html"})
    assert answer.mimetype == "application/json"


def test_issued_cards_are_noted(build: Build, body: Body) -> None:
    noted: list[tuple[Any, ...]] = []

    class Notebook:
        """A store that keeps what it is told."""

        lost = 0

        def issued(self, *what: Any) -> None:
            """Keep it."""
            noted.append(what)

    build(store=Notebook()).test_client().post(SELECT, json=body)
    assert noted == [((CARD, PLAIN), "vertebral-augmentation", "1.0+abc", NOW, "")]


def test_resources_of_any_mapping_and_exact_numbers_are_json(
    build: Build, story: Story, body: Body
) -> None:
    """Content files are read as exact numbers and frozen mappings."""
    frozen = MappingProxyType({"limit": Decimal("1.8")})
    story.answer = lambda: (replace(PLAIN, extension={"org.example": frozen}),)
    answer = build().test_client().post(SELECT, json=body)
    assert answer.get_json()["cards"][0]["extension"] == {"org.example": {"limit": 1.8}}
    with pytest.raises(TypeError, match="object is no JSON"):
        plain(object())
