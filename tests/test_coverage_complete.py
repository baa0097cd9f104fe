"""Every rule that `coverage.toml` names exists and has patients: nothing is only promised."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import PATIENTS, PROJECT

CONTENT = PROJECT / "cards" / "vertebral_augmentation" / "coverage.toml"
COVERAGE: dict[str, Any] = tomllib.loads(CONTENT.read_text(encoding="utf-8"))
RULES = {p.stem for p in (PROJECT / "cds_service" / "rules").glob("[a-z]*.py")}
CATALOGUE = 59
EXPECTED = {
    rule
    for path in PATIENTS.glob("*/expects.toml")
    for rule in tomllib.loads(path.read_text(encoding="utf-8"))["answers"]
}


def named() -> Iterator[str]:
    """Name every rule of the file, each once."""
    places = [*COVERAGE["item"], *COVERAGE["disagreement"], {"rules": list(COVERAGE["no_seed"])}]
    yield from dict.fromkeys(rule for place in places for rule in place["rules"])


NAMED = sorted(named())


@pytest.mark.parametrize("rule", NAMED)
def test_a_rule_that_carries_a_passage_exists(rule: str) -> None:
    assert rule in RULES


def test_the_whole_catalogue_is_named() -> None:
    assert len(NAMED) == CATALOGUE
    assert set(NAMED) >= RULES


@pytest.mark.parametrize("rule", NAMED)
def test_some_patient_expects_an_answer_of_the_rule(rule: str) -> None:
    assert rule in EXPECTED
