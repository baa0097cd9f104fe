"""Any text as a token, any JSON as a key set: refused, never an error and never let in."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cds_service.clients.checker import Checker
from cds_service.clients.client import Client, Clients
from cds_service.clients.key_sets import KeySets
from cds_service.clients.keys import ALGORITHMS, read_keys
from cds_service.clients.token import Refused
from tests.clients.ehr import ISSUER, NOW, PUBLIC, claims, jwk, key_set, token

NAMES = ("ES384-a", "RS384-a", "EdDSA-a")
ENDPOINT = "/vertebral-augmentation"
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def made() -> Checker:
    """Make a checker that has met no token yet; nothing is fetched or stored."""
    keys, problems = read_keys(key_set(*NAMES), ALGORITHMS)
    assert problems == []
    client = Client("ehr", ISSUER, ("ES384", "RS384", "EdDSA"), key_set=keys)

    class Nothing:
        def first(self, *_: object) -> bool:
            """See each token for the first time."""
            return True

    return Checker(Clients((client,)), PUBLIC, Nothing(), KeySets())


CHECKER = made()
RIGHT = {name: token(claims(jti="same"), name) for name in NAMES}


def refused(header: str | None) -> None:
    with pytest.raises(Refused):
        CHECKER.prove(header, ENDPOINT, NOW)


def part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_spoiled_below_is_right(name: str) -> None:
    assert CHECKER.prove(f"Bearer {RIGHT[name]}", ENDPOINT, NOW).jti == "same"


@given(st.text())
def test_any_header_is_refused(header: str) -> None:
    refused(header)
    refused(f"Bearer {header}")


@given(st.lists(st.binary(max_size=60), min_size=3, max_size=3))
def test_any_three_parts_are_refused(parts: list[bytes]) -> None:
    raw = ".".join(urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)
    refused(f"Bearer {raw}")


@given(header=JSON, said=JSON)
def test_any_objects_are_refused(header: Any, said: Any) -> None:
    refused(f"Bearer {part(header)}.{part(said)}.{part('x')}")


@given(
    member=st.sampled_from(["alg", "kid", "typ", "jku"]),
    claim=st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "tenant"]),
    value=JSON,
)
def test_any_value_anywhere_is_refused_where_the_signature_is_not_ours(
    member: str, claim: str, value: Any
) -> None:
    header = {"alg": "ES384", "kid": "ES384-a", "typ": "JWT", member: value}
    refused(f"Bearer {part(header)}.{part(claims())}.{'A' * 128}")
    header[member] = {"alg": "ES384", "kid": "ES384-a", "typ": "JWT"}.get(member, "x")
    refused(f"Bearer {part(header)}.{part(claims() | {claim: value})}.{'A' * 128}")


@given(
    name=st.sampled_from(NAMES),
    place=st.integers(0, 10_000),
    character=st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]),
)
def test_one_changed_character_is_enough(name: str, place: int, character: str) -> None:
    """But for the last one of a part, of which some bits mean nothing."""
    right = RIGHT[name]
    place %= len(right)
    ends = {len(right) - 1, right.index(".") - 1, right.rindex(".") - 1}
    assume(place not in ends and right[place] not in {".", character})
    refused(f"Bearer {right[:place]}{character}{right[place + 1 :]}")


@given(JSON)
def test_any_json_is_read_as_a_key_set(value: Any) -> None:
    for raw in (value, {"keys": value}, {"keys": [value]}):
        keys, problems = read_keys(raw, ALGORITHMS)
        assert keys == {}
        assert problems or raw == {"keys": []}


@given(
    name=st.sampled_from(NAMES),
    member=st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "key_ops", "kid"]),
    value=JSON,
)
def test_any_member_of_a_key_makes_it_another_key_or_none(
    name: str, member: str, value: Any
) -> None:
    """A key is read whole, under its own id, or it is told what is wrong."""
    raw = jwk(name) | {member: value}
    keys, problems = read_keys({"keys": [raw]}, ALGORITHMS)
    assert len(keys) + len(problems) == 1
    assert all(kid == raw["kid"] and one.ready for kid, one in keys.items())
