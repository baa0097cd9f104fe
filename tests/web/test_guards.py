"""The guards: size, type, depth, doubles; each against the standard library's own opinion."""

from __future__ import annotations

import io
import json
from typing import Any

import orjson
import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cds_service.errors import BadRequest, RequestError, TooLarge
from cds_service.web.guards import Limits, parse
from tests.web.conftest import SELECT

LIMITS = Limits(body_bytes=1 << 16, depth=10, string_bytes=64)


def has_doubles(raw: bytes) -> bool:
    """Ask the standard library, object by object."""
    doubled = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        doubled.append(len(made) < len(pairs))
        return made

    json.loads(raw, object_pairs_hook=look)
    return any(doubled)


def depth_of(value: Any) -> int:
    """Count the containers in each other."""
    if not isinstance(value, dict | list):
        return 0
    inside = value.values() if isinstance(value, dict) else value
    return 1 + max((depth_of(one) for one in inside), default=0)


KEYS = st.sampled_from(["a", "b", ":", '":', "\\", "\\u003a", "", 'a":"b', "\n:"])


def text_of(value: Any, draw: Any) -> str:
    """Write JSON in odd ways: blanks anywhere, colons and letters as escapes."""
    blank = draw(st.sampled_from(["", " ", "\n\t ", " \r\n"]))
    if isinstance(value, dict):
        members = [(key, text_of(one, draw)) for key, one in value.items()]
        if members and draw(st.booleans()):
            members.append((draw(st.sampled_from(members))[0], "1"))
        inner = ",".join(f"{word(k, draw)}{blank}:{blank}{v}" for k, v in members)
        return f"{{{blank}{inner}{blank}}}"
    if isinstance(value, list):
        return f"[{blank}{','.join(text_of(one, draw) for one in value)}]"
    return word(value, draw) if isinstance(value, str) else json.dumps(value)


def word(text: str, draw: Any) -> str:
    """Write a text, perhaps with its colons escaped."""
    written = json.dumps(text)
    colon = draw(st.sampled_from([":", "\\u003a", "\\u003A"]))
    return written.replace(":", colon)


@st.composite
def odd_json(draw: Any) -> bytes:
    """JSON objects with keys made of all that could confuse a count, some of them twice."""
    leaves = KEYS | st.integers(0, 9) | st.none() | st.booleans()
    value = draw(
        st.recursive(
            leaves,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
            max_leaves=12,
        )
    )
    return text_of(value, draw).encode()


@settings(max_examples=400, deadline=None)
@given(odd_json())
@example(b'{"a":1,"a":"\\u003a"}')
@example(b'{"a":{"b":1},"a":":"}')
@example(b'{"\\\\u003a":1}')
@example(b'{"\\u0061":1,"a":2}')
def test_a_key_that_stands_twice_is_found_and_no_other_is(raw: bytes) -> None:
    wide = Limits(1 << 16, 100, 1 << 16)
    if has_doubles(raw):
        with pytest.raises(BadRequest, match="same key twice"):
            parse(raw, wide)
    else:
        assert parse(raw, wide) == json.loads(raw)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.integers() | KEYS,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
        max_leaves=40,
    )
)
def test_depth_is_the_number_of_containers_in_each_other(value: Any) -> None:
    limits = Limits(1 << 16, 3, 1 << 16)
    raw = json.dumps(value).encode()
    if depth_of(value) > 3:
        with pytest.raises(TooLarge, match="nested deeper than 3"):
            parse(raw, limits)
    else:
        assert parse(raw, limits) == orjson.loads(raw)


@pytest.mark.parametrize("limit", [8, 64, 250])
def test_the_limit_of_the_settings_is_the_last_depth_that_is_taken(limit: int) -> None:
    """It leans on the depth at which orjson gives up writing."""
    limits = Limits(1 << 16, limit, 1 << 16)
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        assert parse(f"{opening * limit}1{closing * limit}".encode(), limits)
        with pytest.raises(TooLarge):
            parse(f"{opening * (limit + 1)}1{closing * (limit + 1)}".encode(), limits)


@pytest.mark.parametrize("levels", [12, 300, 2000, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_any_depth_is_refused_without_falling_over(levels: int, opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    raw = (opening * levels + "1" + closing * levels).encode()
    with pytest.raises(RequestError, match="nested deeper"):
        parse(raw, LIMITS)


@pytest.mark.parametrize("length", [63, 64, 65, 66, 127, 128, 129, 4000])
@pytest.mark.parametrize("before", [0, 1, 20, 63, 64, 65])
def test_a_text_beyond_the_limit_is_found_wherever_it_stands(length: int, before: int) -> None:
    """The key, quotes and comma on its line count; 12 bytes of them never decide."""
    value = ["x"] * before + ["y" * length] + ["z"] * 40
    raw = json.dumps(value).encode()
    if length > LIMITS.string_bytes:
        with pytest.raises(TooLarge, match="a text is longer"):
            parse(raw, LIMITS)
    elif length + 5 <= LIMITS.string_bytes:
        assert parse(raw, LIMITS) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\xff"}',
        b'{"a": 1} trailing',
        b'{"a": 1,}',
        b"{'a': 1}",
        b"\xef\xbb\xbf{}",
        b"\x1f\x8b\x08\x00",
        b'{"a": "\x00"}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_is_400(raw: bytes) -> None:
    """Conformance 2.9, 2.10."""
    with pytest.raises(BadRequest, match="not valid JSON"):
        parse(raw, LIMITS)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/fhir+json",
        "application/vnd.cds+json;charset=UTF-8",
    ],
)
def test_json_by_any_of_its_names_is_taken(
    client: FlaskClient, body: dict[str, Any], kind: str
) -> None:
    """Conformance 2.1."""
    answer = client.post(SELECT, data=json.dumps(body), content_type=kind)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded", "", None],
)
def test_what_is_not_declared_as_json_is_415(
    client: FlaskClient, body: dict[str, Any], kind: str | None
) -> None:
    """Conformance 2.9."""
    answer = client.post(SELECT, data=json.dumps(body), content_type=kind)
    assert answer.status_code == 415
    assert answer.get_json()["resourceType"] == "OperationOutcome"


def test_a_compressed_body_is_415(client: FlaskClient, body: dict[str, Any]) -> None:
    headers = {"Content-Encoding": "gzip"}
    assert client.post(SELECT, json=body, headers=headers).status_code == 415


@pytest.fixture
def narrow(build: Any) -> Flask:
    """Build an application that takes 1024 bytes."""
    app: Flask = build(max_body_bytes="1024")
    return app


@pytest.mark.parametrize(("size", "status"), [(1024, 200), (1025, 413), (100_000, 413)])
@pytest.mark.parametrize("chunked", [False, True], ids=["with length", "chunked"])
def test_a_body_beyond_the_limit_is_413(
    narrow: Flask, body: dict[str, Any], size: int, status: int, *, chunked: bool
) -> None:
    """Conformance section 6; a chunked body announces no length."""
    raw = json.dumps(body).encode()
    raw += b" " * (size - len(raw))
    environ: dict[str, Any] = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = narrow.test_client().post(
        SELECT,
        input_stream=io.BytesIO(raw),
        content_type="application/json",
        environ_overrides=environ if chunked else {"CONTENT_LENGTH": str(size)},
    )
    assert answer.status_code == status
    if status == 413:
        assert answer.get_json()["issue"][0]["code"] == "too-long"


def test_a_body_that_breaks_off_is_400(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each server raises errors of its own where a client goes away or sends broken chunks."""

    def broken(_: Request) -> bytes:
        raise RuntimeError("secret")

    monkeypatch.setattr(Request, "get_data", lambda request, **_: broken(request))
    answer = client.post(SELECT, json={})
    assert answer.status_code == 400
    assert "secret" not in answer.text
