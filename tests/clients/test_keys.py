"""Public keys: each for the algorithms that it is meant for, and not too large to check."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cds_service.clients.keys import read_keys
from tests.clients.ehr import jwk


def test_a_key_is_for_the_algorithm_that_it_names() -> None:
    found, problems = read_keys(
        {"keys": [jwk("RS384-a", alg="RS384"), jwk("RS384-b")]}, ("RS384", "PS512")
    )
    assert problems == []
    assert {kid: set(one.ready) for kid, one in found.items()} == {
        "RS384-a": {"RS384"},
        "RS384-b": {"RS384", "PS512"},
    }


def test_a_key_that_takes_too_long_is_refused() -> None:
    modulus = urlsafe_b64encode(((1 << 8999) + 9).to_bytes(1125, "big")).rstrip(b"=").decode()
    found, [problem] = read_keys({"keys": [jwk("RS384-a", n=modulus)]}, ("RS384",))
    assert (found, problem) == ({}, "key 1: has 9000 bits; RSA needs 2048 to 8192")


def test_an_id_that_stands_twice_or_more_names_no_key() -> None:
    other = jwk("ES384-b") | {"kid": "ES384-a"}
    for count in (2, 3, 4):
        listed = [jwk("ES384-a"), *[other] * (count - 1), jwk("ES384-c")]
        found, problems = read_keys({"keys": listed}, ("ES384",))
        assert list(found) == ["ES384-c"]
        assert len(problems) == count - 1
