"""Any JSON, any bytes, to any address: a documented status with a JSON body, never 500."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from cds_service.errors import BadRequest
from cds_service.web.incoming import REQUESTS, request_of
from cds_service.web.reading import read
from cds_service.web.schemas import load_request
from tests.web.conftest import BODY, SELECT, SIGN

PATHS = [
    SELECT,
    SIGN,
    SELECT + "/feedback",
    "/cds-services",
    "/cds-services/unknown",
    "/healthz",
    "/readyz",
    "/openapi.json",
]
DOCUMENTED = {200, 400, 404, 405, 412, 413, 415}
ONCE = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["order-select", "Bundle", "ServiceRequest/ours", "accepted", "http://h"])
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["hook", "context", "prefetch", "feedback", "entry", "resource", "card", "reason", "id"]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)
FEEDBACK: dict[str, Any] = {
    "feedback": [
        {
            "card": "c",
            "outcome": "accepted",
            "outcomeTimestamp": "2026-11-21T09:30:00Z",
            "acceptedSuggestions": [{"id": "s"}],
            "overrideReason": {"reason": {"code": "x", "system": "y"}, "userComment": "z"},
        }
    ]
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths of all members and items."""
    steps = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [found for step, one in steps for found in [(*path, step), *places(one, (*path, step))]]


@st.composite
def almost_right(draw: Any) -> Any:
    """Make a right body with a few places taken by something else."""
    body = copy.deepcopy(draw(st.sampled_from([BODY, FEEDBACK])))
    body.setdefault("fhirServer", "http://127.0.0.1/fhir")
    body.setdefault("fhirAuthorization", {"access_token": "t", "token_type": "Bearer"})
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(places(body)))
        place = body
        for step in way:
            place = place[step]
        place[last] = draw(VALUES)
    return body


def check(answer: Any) -> None:
    """Hold an answer against what is documented."""
    assert answer.status_code in DOCUMENTED, answer.text
    assert answer.mimetype == "application/json"
    assert isinstance(answer.json, dict)
    if answer.status_code >= 400:
        assert answer.get_json()["resourceType"] == "OperationOutcome"


@ONCE
@given(path=st.sampled_from(PATHS), value=VALUES)
def test_any_json(client: FlaskClient, path: str, value: Any) -> None:
    check(client.post(path, data=json.dumps(value), content_type="application/json"))


@ONCE
@given(path=st.sampled_from(PATHS[:3]), value=almost_right())
def test_almost_right_json(client: FlaskClient, path: str, value: Any) -> None:
    check(client.post(path, data=json.dumps(value), content_type="application/json"))


@ONCE
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH"]),
    raw=st.binary(max_size=200),
    kind=st.sampled_from(
        ["application/json", "application/fhir+json", "text/plain", "", ";;=", "é"]
    ),
)
def test_any_bytes(client: FlaskClient, path: str, method: str, raw: bytes, kind: str) -> None:
    check(client.open(path, method=method, data=raw, content_type=kind))


@ONCE
@given(path=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_address(client: FlaskClient, path: str) -> None:
    check(client.post(f"/cds-services/{path}", json=BODY))


@ONCE
@given(value=almost_right() | VALUES, hook=st.sampled_from(sorted(REQUESTS)))
def test_the_short_way_reads_what_the_schema_reads(value: Any, hook: str) -> None:
    """What marshmallow refuses is refused, what it takes is read alike."""
    try:
        expected = REQUESTS[hook]().load(value)
    except ValidationError:
        with pytest.raises(BadRequest):
            load_request(hook, value)
    else:
        assert load_request(hook, value) == expected
        assert request_of(read(REQUESTS[hook], value)) == expected
